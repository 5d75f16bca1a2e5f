"""What a writer has to know before the first row."""

from dataclasses import dataclass

from engine.formats.provenance import Provenance


@dataclass(frozen=True)
class Sheet:
    """Size in pixels, bits a channel, quality 1-100 where a format has one, and who made it.

    ``alpha``: a fourth channel comes with the rows; ``camera``: EXIF to keep, see ``camera``.
    """

    width: int
    height: int
    bits: int = 8
    quality: int = 92
    provenance: Provenance | None = None
    alpha: bool = False
    camera: bytes = b""

    @property
    def channels(self) -> int:
        """Of a pixel in colour."""
        return 4 if self.alpha else 3
