"""The photo of a document, and the settings for painting it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from app.document.resample import resized_picture
from resources.colour_depth import eight_bits

COLOURS = ("style", "luminance", "statistics")
PAINTED_BY = ("strokes", "network")
FINEST, BROADEST = 0.5, 4.0


@dataclass(frozen=True)
class PhotoLook:
    """How the photo is painted, apart from the document's style and seed.

    `strength`: 0-1, where 0 shows the photo unchanged; `second`: id of another style, with `blend`
    0-1 as its share; `stroke`: size of the strokes, FINEST to BROADEST; `colours`: one of COLOURS;
    `by`: one of PAINTED_BY. For strokes only, 0-1: `detail` of the photo that is kept; `freedom` of
    the strokes to depart from the photo; `shapes`: how closely they follow its shapes.
    """

    strength: float = 1.0
    second: str | None = None
    blend: float = 0.0
    stroke: float = 1.0
    colours: str = "style"
    by: str = "strokes"
    detail: float = 0.8
    freedom: float = 0.25
    shapes: float = 0.5


FIRST_LOOK = PhotoLook()
"""The default settings for painting a photo."""


@dataclass(frozen=True, eq=False)
class Photo:
    """An imported photo: immutable, any thread can read it.

    `pixels`: H x W x 3 uint8 RGB, read-only; `alpha`: H x W uint8, read-only, None when all of it
    is opaque; `camera`: the camera data as an EXIF block, empty if there is none; `deep`: the
    photo in 16 bits per channel for exports, H x W x 3 uint16, or x 4 with alpha, read-only; None
    if the file had 8.
    """

    name: str
    pixels: np.ndarray
    alpha: np.ndarray | None = None
    camera: bytes = b""
    deep: np.ndarray | None = None

    def __post_init__(self) -> None:
        for plane in self.planes:
            plane.flags.writeable = False

    @property
    def planes(self) -> tuple[np.ndarray, ...]:
        """The arrays that the photo has."""
        every = self.pixels, self.alpha, self.deep
        return tuple(plane for plane in every if plane is not None)

    @property
    def width(self) -> int:
        """Width in pixels."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.pixels.shape[0])

    def scaled(self, width: int, height: int) -> "Photo":
        """Return the photo at another size in pixels."""
        return self.altered(lambda plane: resized_picture(plane, width, height))

    def altered(self, change: Callable[[np.ndarray], np.ndarray]) -> "Photo":
        """Return the photo with each of its arrays replaced by `change` of it."""
        if self.deep is not None:  # so that both round alike
            deep = np.ascontiguousarray(change(self.deep))
            pixels, alpha = eight_bits(deep[..., :3]), None
            if self.alpha is not None:
                alpha = eight_bits(deep[..., 3])
            return Photo(self.name, pixels, alpha, self.camera, deep)
        pixels = np.ascontiguousarray(change(self.pixels))
        alpha = None if self.alpha is None else np.ascontiguousarray(change(self.alpha))
        return Photo(self.name, pixels, alpha, self.camera)
