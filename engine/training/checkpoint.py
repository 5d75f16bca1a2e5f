"""Training checkpoints: weights, optimiser, configuration and step in one safetensors file."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from engine.errors import EngineError
from engine.files import replace_file


def save_checkpoint(path: Path, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """Write atomically: a run killed at any moment finds its last whole checkpoint again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
    replace_file(path, save(whole, {"daub": json.dumps(facts)}))


def load_checkpoint(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors and facts of a checkpoint; EngineError names the file when it is no checkpoint."""
    try:
        with safe_open(path, "pt") as file:
            facts = json.loads((file.metadata() or {})["daub"])
            return {key: file.get_tensor(key) for key in file.keys()}, facts  # noqa: SIM118
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise EngineError(f"{path} is not a training checkpoint: {error}.") from error


def adam_tensors(optimiser: torch.optim.Adam) -> dict[str, Tensor]:
    """Adam's moments and step counts under names that ``restore_adam`` knows."""
    state = optimiser.state_dict()["state"]
    return {
        f"adam.{index}.{key}": torch.as_tensor(value)
        for index, entry in state.items()
        for key, value in entry.items()
    }


def restore_adam(optimiser: torch.optim.Adam, tensors: Mapping[str, Tensor]) -> None:
    """Put back what ``adam_tensors`` gave."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        if name.startswith("adam."):
            _, index, key = name.split(".")
            state.setdefault(int(index), {})[key] = value
    optimiser.load_state_dict(
        {"state": state, "param_groups": optimiser.state_dict()["param_groups"]}
    )


def under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Those whose names begin with ``prefix``, without it."""
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
