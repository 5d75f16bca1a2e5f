"""The picture formats that can be written: the table FORMATS, for dialogs and the command line."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np

from engine.errors import EngineError
from engine.formats.png import PngWriter, open_doodle_ids, open_png
from engine.formats.provenance import Provenance, to_look_at, told_by
from engine.formats.sheet import Sheet
from engine.formats.tiff import open_tiff
from engine.formats.whole import open_jpeg, open_webp

__all__ = [
    "FORMATS",
    "Format",
    "PngWriter",
    "Provenance",
    "Sheet",
    "Writer",
    "find_format",
    "to_look_at",
    "told_by",
]


class Writer(Protocol):
    """Interface of a writer; it takes a picture from top to bottom, some rows at a time."""

    def write(self, rows: np.ndarray) -> None:
        """Write the next rows: (h, W, 3) RGB, (h, W, 4) RGBA, or (h, W) ids if indexed."""

    def close(self) -> None:
        """Finish the file after the last row."""


@dataclass(frozen=True)
class Format:
    """A picture format. The first of ``extensions`` is the default one.

    ``depths``: supported bits per channel; ``has_quality``: whether there is a quality setting;
    ``holds``: what is written: "painting", the doodle's "colours" or its material "ids";
    ``most_pixels``: largest picture, 0 for no limit but the canvas's; a format with a limit keeps
    the whole picture in memory until it is encoded; ``has_alpha``: whether transparency is kept.
    """

    id: str
    name: str
    extensions: tuple[str, ...]
    depths: tuple[int, ...]
    open: Callable[[BinaryIO, Sheet], Writer]
    has_quality: bool = False
    longest_side: int = 2**31 - 1
    most_pixels: int = 0
    holds: str = "painting"
    has_alpha: bool = False

    def check(self, path: Path, width: int, height: int, bits: int) -> None:
        """Raise EngineError, in one sentence, if this format cannot store such a picture."""
        if path.suffix.lower() not in self.extensions:
            raise EngineError(
                f"{path} cannot be written: {self.name} files end in {self.extensions[0]}."
            )
        if bits not in self.depths:
            known = " or ".join(str(depth) for depth in self.depths)
            raise EngineError(
                f"{path} cannot be written: {self.name} has {known} bits per channel, not {bits}."
            )
        if limit := self.too_large(width, height):
            raise EngineError(
                f"{path} cannot be written: {limit}, and this would be {width} x {height}."
            )

    def too_large(self, width: int, height: int) -> str:
        """Return why a picture of this size cannot be written, as a clause; empty if it can."""
        if max(width, height) > self.longest_side:
            return f"{self.name} allows up to {self.longest_side} pixels per side"
        if 0 < self.most_pixels < width * height:
            return f"{self.name} allows up to {self.most_pixels // 2**20} megapixels"
        return ""


FORMATS: tuple[Format, ...] = (
    Format("png", "PNG", (".png",), (8, 16), open_png, has_alpha=True),
    Format("jpeg", "JPEG", (".jpg", ".jpeg"), (8,), open_jpeg, True, 65_500, 144 * 2**20),
    # 16,383 is the format's own limit; its encoder needs 20 bytes per pixel.
    Format("webp", "WebP", (".webp",), (8,), open_webp, True, 16_383, 32 * 2**20, has_alpha=True),
    Format("tiff", "TIFF", (".tif", ".tiff"), (8, 16), open_tiff, has_alpha=True),
    Format("doodle", "Doodle in colours, PNG", (".png",), (8,), open_png, holds="colours"),
    Format("ids", "Doodle of material ids, PNG", (".png",), (8,), open_doodle_ids, holds="ids"),
)
"""The formats. JPEG and WebP are limited to what fits into 1.5 GB together with the engine."""


def find_format(path: Path, format_id: str = "") -> Format:
    """Return the format with this id, or the first with the file's extension.

    Raises EngineError if there is none.
    """
    ending = path.suffix.lower()
    for entry in FORMATS:
        if entry.id == format_id or (not format_id and ending in entry.extensions):
            return entry
    endings = ", ".join(dict.fromkeys(end for entry in FORMATS for end in entry.extensions))
    raise EngineError(f"{path} cannot be written: the supported file extensions are {endings}.")
