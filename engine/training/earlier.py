"""What Daub wrote before: weights that it may replace, runs that it may go on with."""

import json
from dataclasses import MISSING, asdict, fields
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

CONFIG = "config.json"
"""Name of a run's configuration in its folder."""


def write_config(run: Path, config: Any) -> None:
    """Write a dataclass of settings into the folder of a run."""
    (run / CONFIG).write_text(json.dumps(asdict(config), indent=1))


def is_run(kind: Any, run: Path) -> bool:
    """Whether a folder is that of a run with settings of this kind, a dataclass."""
    said = read_config(run)
    always = {f.name for f in fields(kind) if f.default is f.default_factory is MISSING}
    return said is not None and always <= said.keys()


def read_config(run: Path) -> dict[str, Any] | None:
    """Return what ``write_config`` wrote; None if there is nothing that can be read."""
    try:
        said = json.loads((run / CONFIG).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return said if isinstance(said, dict) else None


def is_weights(path: Path) -> bool:
    """Whether a file holds weights and says, as all that Daub writes alone, what they are of."""
    try:
        with safe_open(path, "numpy") as file:
            return bool({"daub", "styles"} & (file.metadata() or {}).keys())
    except (OSError, SafetensorError):
        return False
