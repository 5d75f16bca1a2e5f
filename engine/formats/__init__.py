"""What pictures are written as: one line of FORMATS each, read by dialogs and command line."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np

from engine.errors import EngineError
from engine.formats.png import PngWriter, open_doodle_ids, open_png
from engine.formats.provenance import Provenance
from engine.formats.sheet import Sheet
from engine.formats.tiff import open_tiff
from engine.formats.whole import open_jpeg, open_webp

__all__ = ["FORMATS", "Format", "PngWriter", "Provenance", "Sheet", "Writer", "find_format"]


class Writer(Protocol):
    """Takes a picture from its top, some rows at a time."""

    def write(self, rows: np.ndarray) -> None:
        """The next rows: (h, W, 3) RGB, or (h, W) ids for an indexed picture."""

    def close(self) -> None:
        """All rows were written."""


@dataclass(frozen=True)
class Format:
    """One way to write a picture. The first of ``extensions`` is the usual one.

    ``depths``: bits a channel; ``has_quality``: pictures lose something, by choice; ``holds``:
    what is written - the painting, the doodle's colours or its material ids. ``streams``: rows are
    on disk as soon as they are painted; otherwise the whole picture is held in memory.
    """

    id: str
    name: str
    extensions: tuple[str, ...]
    depths: tuple[int, ...]
    longest_side: int
    open: Callable[[BinaryIO, Sheet], Writer]
    has_quality: bool = False
    holds: str = "painting"

    def check(self, path: Path, width: int, height: int, bits: int) -> None:
        """Raises EngineError, in one sentence, for what this format cannot hold."""
        if bits not in self.depths:
            known = " or ".join(str(depth) for depth in self.depths)
            raise EngineError(
                f"{path} cannot be written: {self.name} has {known} bits a channel, not {bits}."
            )
        if max(width, height) > self.longest_side:
            raise EngineError(
                f"{path} cannot be written: {self.name} holds up to {self.longest_side} pixels a "
                f"side, and this would be {width} x {height}."
            )


FORMATS: tuple[Format, ...] = (
    Format("png", "PNG", (".png",), (8, 16), 2**31 - 1, open_png),
    Format("jpeg", "JPEG", (".jpg", ".jpeg"), (8,), 65_500, open_jpeg, has_quality=True),
    # 16,383 is the format's own limit.
    Format("webp", "WebP", (".webp",), (8,), 16_383, open_webp, has_quality=True),
    Format("tiff", "TIFF", (".tif", ".tiff"), (8, 16), 2**31 - 1, open_tiff),
    Format("doodle", "Doodle", (".png",), (8,), 2**31 - 1, open_png, holds="colours"),
    Format("ids", "Doodle, indexed", (".png",), (8,), 2**31 - 1, open_doodle_ids, holds="ids"),
)


def find_format(path: Path, format_id: str = "") -> Format:
    """The format with this id, or the first that a file's ending speaks of. Raises EngineError."""
    ending = path.suffix.lower()
    for entry in FORMATS:
        if entry.id == format_id or (not format_id and ending in entry.extensions):
            return entry
    endings = ", ".join(dict.fromkeys(end for entry in FORMATS for end in entry.extensions))
    raise EngineError(
        f"{path} cannot be written: Daub writes pictures that end in one of {endings}."
    )
