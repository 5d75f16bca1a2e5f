"""The options for exporting a picture."""

from dataclasses import dataclass
from pathlib import Path

SCALES = range(1, 9)


@dataclass(frozen=True)
class ExportOptions:
    """Where and how to export a picture.

    `format`: id of a file format; when empty, the ending of `path` decides. `bits`: bits per
    channel, 8 or 16. `quality`: 1-100, for formats that have one. `scale`: size relative to the
    canvas. `refined`: export the refined picture where there is one. `camera`: write the photo's
    camera data (EXIF) to the file.
    """

    path: Path
    format: str = ""
    bits: int = 8
    quality: int = 92
    scale: int = 1
    refined: bool = True
    camera: bool = False
