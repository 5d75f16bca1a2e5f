"""A whole document, as its file and as the journal hold it; reading and writing are elsewhere."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.document.label_map import LabelSnapshot
from app.document.photo import FIRST_LOOK, Photo, PhotoLook
from app.document.refined import Refined
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
class Contents:
    """What a document file holds; arrays are given away with it and not written to any more.

    `painting`: H x W x 3 uint8 RGB, what is seen; None when there was none yet. `style_hash` tells
    editions of a style apart. `background`: id of the material that is erased to. `look`: how the
    photo is painted. `opacity`: 0-1, how strongly the underlay shines through the doodle.
    """

    labels: LabelSnapshot
    painting: np.ndarray | None
    style_id: str
    style_hash: str
    seed: int
    refined: Refined | None = None
    background: int = 0
    photo: Photo | None = None
    look: PhotoLook = FIRST_LOOK
    underlay: Underlay | None = None
    opacity: float = 0.5


@dataclass(frozen=True, eq=False)
class Work:
    """A document as it is at one moment; never changes, readable from any thread.

    `path`: the file it was opened from or saved to; `unsaved`: it is not what that file holds, and
    `steps` changes away from it; `time`: of this moment, in seconds since 1970; `background`: id of
    the material that is erased to; `look`: how the photo is painted; `stamp`: of the file as Daub
    has left it.
    """

    labels: LabelSnapshot
    style_id: str
    seed: int
    refined: Refined | None = None
    path: Path | None = None
    unsaved: bool = True
    steps: int = 0
    time: float = 0.0
    background: int = 0
    photo: Photo | None = None
    look: PhotoLook = FIRST_LOOK
    stamp: Stamp | None = None
    underlay: Underlay | None = None
