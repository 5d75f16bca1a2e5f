"""The description of a picture that a writer needs before the first row."""

from dataclasses import dataclass

from engine.formats.provenance import Provenance


@dataclass(frozen=True)
class Sheet:
    """Size in pixels, bits per channel, quality 1-100 where a format has one, and provenance.

    ``alpha``: whether the rows have a fourth channel; ``camera``: EXIF to keep, see ``camera``.
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
        """Channels per pixel of a colour picture."""
        return 4 if self.alpha else 3
