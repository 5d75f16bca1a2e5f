"""The state of a document as one value, and what the document file and journal add to it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.document.brushwork import FIRST_BRUSHWORK, Brushwork
from app.document.directions import DirectionSnapshot
from app.document.doodle import Doodle
from app.document.label_map import LabelSnapshot
from app.document.photo import FIRST_LOOK, Photo, PhotoLook
from app.document.picture import PictureSnapshot
from app.document.refined import Refined
from app.document.selection import Selection
from app.document.underlay import Underlay
from app.document.undo_steps import NO_HISTORY, Place, UndoHistory

SUFFIX = ".ora"

PICTURES = (
    ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".tif", ".tiff", ".heic", ".heif", ".hif",
    ".bmp", ".gif",
)  # fmt: skip
"""File name endings of the other pictures that can be opened."""

Stamp = tuple[int, int, int]
"""Inode, size and modification time of a file, to detect that another program has written it."""


@dataclass(frozen=True, eq=False)
class DocumentState:
    """An immutable snapshot of a whole document that any thread can read.

    `background`: id of the material that erasing leaves; `refined`: the refined picture, shown or
    not; `look`: how the photo is painted; `brushwork`: how strokes paint the doodle; `underlay`: a
    picture to trace; `preview`: the picture below the refined one, None without one; `directions`:
    of the pen, None where it has left nothing.
    """

    labels: LabelSnapshot
    style_id: str = ""
    seed: int = 1
    background: int = 0
    refined: Refined | None = None
    photo: Photo | None = None
    look: PhotoLook = FIRST_LOOK
    brushwork: Brushwork = FIRST_BRUSHWORK
    underlay: Underlay | None = None
    selection: Selection | None = None
    preview: PictureSnapshot | None = None
    directions: DirectionSnapshot | None = None

    @property
    def doodle(self) -> Doodle:
        """Labels and directions."""
        return Doodle(self.labels, self.directions)

    @property
    def direction_cells(self) -> np.ndarray | None:
        """Directions as the engine takes them, h x w x 2 uint8, read-only; None for none."""
        return None if self.directions is None else self.directions.array()

    def directions_at(self, shape: tuple[int, ...]) -> np.ndarray | None:
        """Return the directions for the doodle scaled to (rows, columns), as `direction_cells`."""
        if self.directions is None:
            return None
        height, width = shape
        old = self.labels.bounds
        back = (old.width / width, 0.0, 0.0), (0.0, old.height / height, 0.0)
        return self.directions.transformed(width, height, back).array()

    @property
    def photo_look(self) -> PhotoLook | None:
        """Settings for painting the photo; None without a photo."""
        return self.look if self.photo is not None else None

    def same_canvas(self, other: "DocumentState") -> bool:
        """Return whether everything on the canvas except the preview is identical."""
        return (
            self.doodle.shares_all(other.doodle)
            and self.refined is other.refined
            and self.selection is other.selection
            and self.photo is other.photo
            and self.underlay is other.underlay
        )


@dataclass(frozen=True, eq=False)
class SavedDocument:
    """The content of a document file.

    `state`: its preview is the whole painting, including the refined picture; None when nothing was
    painted yet. `style_hash`: SHA-256 that identifies the version of the style. `opacity`: opacity
    of the underlay, 0-1.
    """

    state: DocumentState
    style_hash: str = ""
    opacity: float = 0.5


@dataclass(frozen=True, eq=False)
class UnsavedWork:
    """The content of a journal: a document's state and what is known of its file.

    `path`: the file it was opened from or saved to; `unsaved`: whether it differs from that file;
    `steps`: number of changes since saving; `time`: when the state was recorded, in seconds since
    1970; `stamp`: the file's stamp when Daub last read or wrote it; `place`: of the state in the
    undo history, if that is known; `history`: the undo steps, in work that was recovered.
    """

    state: DocumentState
    path: Path | None = None
    unsaved: bool = True
    steps: int = 0
    time: float = 0.0
    stamp: Stamp | None = None
    place: Place | None = None
    history: UndoHistory = NO_HISTORY
