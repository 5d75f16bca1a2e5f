"""What a Daub that did not end well has left, and the folder where that lies."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import platformdirs


def journal_folder() -> Path:
    """Where the journals are kept."""
    return Path(platformdirs.user_state_dir("daub", appauthor=False)) / "journals"


@dataclass(frozen=True, eq=False)
class RecoverableWork:
    """Work that a Daub which did not end well has left.

    `thumbnail`: its doodle in the palette's colours, h x w x 3 uint8 RGB, 288 x 216 at most;
    `steps`, `time` and `path` as in UnsavedWork; `damaged`: its newest part is lost.
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
