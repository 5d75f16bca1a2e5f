"""Write JPEG and WebP, whose encoders need the whole picture at once."""

from typing import Any, BinaryIO

import numpy as np
from PIL import ExifTags, Image

from engine.formats.camera import exif_bytes, read_exif
from engine.formats.sheet import Sheet
from resources.colour_profiles import srgb_profile


class WholeWriter:
    """Collects the rows and encodes them at the end, with four bytes per pixel and no copy."""

    def __init__(self, file: BinaryIO, sheet: Sheet, kind: str, options: dict[str, Any]) -> None:
        self._file, self._sheet = file, sheet
        self._kind, self._options = kind, options
        # Pillow uses pixels of four bytes without copying them.
        self._pixels = np.empty((sheet.height, sheet.width, 4), np.uint8)
        self._row = 0

    def write(self, rows: np.ndarray) -> None:
        """Add rows: (h, W, 3 or 4) uint8."""
        place = self._pixels[self._row : self._row + len(rows)]
        place[..., : rows.shape[2]] = rows
        self._row += len(rows)

    def close(self) -> None:
        """Encode the picture and write it."""
        made, size = self._sheet.provenance, (self._sheet.width, self._sheet.height)
        mode = "RGBA" if self._sheet.alpha else "RGBX"
        image = Image.frombuffer(mode, size, self._pixels, "raw", mode, 0, 1)
        extra: dict[str, Any] = {"icc_profile": srgb_profile(), "quality": self._sheet.quality}
        exif = read_exif(self._sheet.camera)
        if made is not None:
            exif[ExifTags.Base.ImageDescription] = made.sentence
            exif[ExifTags.Base.Software] = made.maker
            extra["xmp"] = made.xmp()
        if len(exif):
            extra["exif"] = exif_bytes(exif)
        image.save(self._file, self._kind, **self._options, **extra)


def open_jpeg(file: BinaryIO, sheet: Sheet) -> WholeWriter:
    """Open a JPEG without chroma subsampling, because painted strokes are full of colour edges."""
    return WholeWriter(file, sheet, "JPEG", {"subsampling": 0})


def open_webp(file: BinaryIO, sheet: Sheet) -> WholeWriter:
    """Open a WebP, lossless at quality 100."""
    return WholeWriter(file, sheet, "WEBP", {"lossless": sheet.quality >= 100, "method": 3})
