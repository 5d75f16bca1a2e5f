"""Unsaved work of an instance that crashed, and the folder of its journal."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import platformdirs


def journal_folder() -> Path:
    """Return the folder of the journals."""
    return Path(platformdirs.user_state_dir("daub", appauthor=False)) / "journals"


@dataclass(frozen=True, eq=False)
class RecoverableWork:
    """Unsaved work that can be recovered after a crash.

    `name`: name of its journal; `thumbnail`: the doodle in palette colours, h x w x 3 uint8 RGB,
    288 x 216 at most; `width`, `height`: size of the canvas in pixels; `steps`, `time` and `path`:
    as in UnsavedWork; `refined`: it has a refined picture; `damaged`: its newest part is lost.
    """

    name: str
    thumbnail: np.ndarray
    width: int
    height: int
    style_id: str
    path: Path | None
    steps: int
    time: float
    refined: bool
    damaged: bool
