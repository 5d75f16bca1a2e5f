"""The state of a document as one value, and what its file and its journal add to that."""

from dataclasses import dataclass
from pathlib import Path

from app.document.label_map import LabelSnapshot
from app.document.photo import FIRST_LOOK, Photo, PhotoLook
from app.document.picture import PictureSnapshot
from app.document.refined import Refined
from app.document.selection import Selection
from app.document.underlay import Underlay

SUFFIX = ".ora"

PICTURES = (
    ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".tif", ".tiff", ".heic", ".heif", ".hif",
    ".bmp", ".gif",
)  # fmt: skip
"""What the names of other pictures that can be opened end in."""

Stamp = tuple[int, int, int]
"""Inode, size and time of change: another program that writes a file changes them."""


@dataclass(frozen=True, eq=False)
class DocumentState:
    """All that a document is at one moment; never changes, readable from any thread.

    `background`: id of the material that is erased to; `refined`: the refined picture, shown or
    not; `look`: how the photo is painted; `underlay`: a picture to trace; `preview`: what is seen
    below the refined picture, None when there is none.
    """

    labels: LabelSnapshot
    style_id: str = ""
    seed: int = 1
    background: int = 0
    refined: Refined | None = None
    photo: Photo | None = None
    look: PhotoLook = FIRST_LOOK
    underlay: Underlay | None = None
    selection: Selection | None = None
    preview: PictureSnapshot | None = None

    @property
    def photo_look(self) -> PhotoLook | None:
        """How the photo is painted; None without a photo."""
        return self.look if self.photo is not None else None

    def same_canvas(self, other: "DocumentState") -> bool:
        """Return whether all that lies on the canvas is the same, but for the preview."""
        return (
            self.labels.shares_all(other.labels)
            and self.refined is other.refined
            and self.selection is other.selection
            and self.photo is other.photo
            and self.underlay is other.underlay
        )


@dataclass(frozen=True, eq=False)
class SavedDocument:
    """What a document file holds.

    `state`: its preview is the whole painting, the refined picture laid over; None when there was
    none yet. `style_hash` tells editions of a style apart. `opacity`: 0-1, how strongly the
    underlay shines through the doodle.
    """

    state: DocumentState
    style_hash: str = ""
    opacity: float = 0.5


@dataclass(frozen=True, eq=False)
class UnsavedWork:
    """What the journal holds: a document's state, and what is known of its file.

    `path`: the file it was opened from or saved to; `unsaved`: it is not what that file holds, and
    `steps` changes away from it; `time`: of this moment, in seconds since 1970; `stamp`: of the
    file as Daub has left it.
    """

    state: DocumentState
    path: Path | None = None
    unsaved: bool = True
    steps: int = 0
    time: float = 0.0
    stamp: Stamp | None = None
