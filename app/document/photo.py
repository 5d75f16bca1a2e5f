"""The photo of a document, and how it is painted."""

from dataclasses import dataclass

import numpy as np

from app.document.resample import resized_picture

COLOURS = ("style", "luminance", "statistics")
FINEST, BROADEST = 0.5, 4.0


@dataclass(frozen=True)
class PhotoLook:
    """How the photo is painted, beside style and seed, which are the document's.

    `strength` 0-1: 0 is the photo itself; `blend` 0-1: share of `second`, another style's id;
    `stroke`: size of the strokes, FINEST to BROADEST; `colours`: one of COLOURS.
    """

    strength: float = 1.0
    second: str | None = None
    blend: float = 0.0
    stroke: float = 1.0
    colours: str = "style"


FIRST_LOOK = PhotoLook()
"""How a photo is painted before anything was chosen."""


@dataclass(frozen=True, eq=False)
class Photo:
    """A photo as it was taken in; never changes, readable from any thread.

    `pixels`: H x W x 3 uint8 RGB, read-only; `alpha`: H x W uint8, read-only, None when all of it
    is opaque; `camera`: what the camera noted, as an EXIF block, empty for nothing.
    """

    name: str
    pixels: np.ndarray
    alpha: np.ndarray | None = None
    camera: bytes = b""

    def __post_init__(self) -> None:
        for plane in (self.pixels, self.alpha):
            if plane is not None:
                plane.flags.writeable = False

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.pixels.shape[0])

    def scaled(self, width: int, height: int) -> "Photo":
        """The same at another size."""
        alpha = None if self.alpha is None else resized_picture(self.alpha, width, height)
        pixels = resized_picture(self.pixels, width, height)
        return Photo(self.name, pixels, alpha, self.camera)
