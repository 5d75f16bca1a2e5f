"""What the painter asks for when a picture is to be written."""

from dataclasses import dataclass
from pathlib import Path

SCALES = range(1, 9)


@dataclass(frozen=True)
class ExportOptions:
    """`format`: an id of the formats; empty goes by the path's ending. `bits`: a channel, 8 or 16.

    `quality`: 1-100, where a format has one. `scale`: the doodle is enlarged that often and painted
    anew. `refined`: the refined picture where there is one, at scale 1 only. `camera`: what the
    photo's camera noted goes into the file.
    """

    path: Path
    format: str = ""
    bits: int = 8
    quality: int = 92
    scale: int = 1
    refined: bool = True
    camera: bool = False
