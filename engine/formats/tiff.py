"""Write uncompressed TIFF row by row, which every program reads."""

import os
from typing import Any, BinaryIO

import numpy as np
from PIL import ExifTags, Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from engine.formats.camera import KEPT, read_exif
from engine.formats.sheet import Sheet
from resources.colour_profiles import srgb_profile

XMP_TAG, BYTES, ASCII, LONG = 700, 1, 2, 4
DIRECTORIES = {"ExifTag": ExifTags.IFD.Exif, "GPSTag": ExifTags.IFD.GPSInfo}
"""tifffile's names of the camera's EXIF directories, which are written after the pixels."""


class TiffWriter:
    """Lets tifffile write the header and reserve space, then fills it from top to bottom."""

    def __init__(self, file: BinaryIO, sheet: Sheet) -> None:
        self._file, self._sheet = file, sheet
        self._type = np.dtype("<u2" if sheet.bits == 16 else "u1")
        exif = read_exif(sheet.camera)
        tags = [(name, LONG, 1, 0, True) for name, part in DIRECTORIES.items() if part in exif]
        place, size = self._head(exif, tags)
        self._behind = b""
        if tags:
            # The header's length does not depend on the offsets, so they are known now.
            places = self._directories(exif, place + size + (place + size) % 2)
            place, size = self._head(
                exif, [(name, LONG, 1, places[name], True) for name, *_ in tags]
            )
        file.seek(place)

    def _head(self, exif: Image.Exif, tags: list[tuple[Any, ...]]) -> tuple[int, int]:
        """Write the header; return the position of the pixels and their size in bytes."""
        import tifffile  # takes 0.1 s, so only when a TIFF is written

        sheet, made = self._sheet, self._sheet.provenance
        xmp = made.xmp() if made is not None else b""
        extra: list[tuple[Any, ...]] = [(XMP_TAG, BYTES, len(xmp), xmp, True)] if xmp else []
        extra += [(int(tag), ASCII, 0, _ascii(str(exif[tag])), True) for tag in KEPT if tag in exif]
        self._file.seek(0)
        place = tifffile.imwrite(
            self._file, shape=(sheet.height, sheet.width, sheet.channels), dtype=self._type,
            byteorder="<", photometric="rgb", metadata=None, iccprofile=srgb_profile(),
            returnoffset=True, extrasamples=["unassalpha"] if sheet.alpha else None,
            software=_ascii(made.maker) if made is not None else None,
            description=_ascii(made.sentence) if made is not None else None,
            extratags=[*extra, *tags],
        )  # fmt: skip
        assert place is not None
        return place

    def _directories(self, exif: Image.Exif, place: int) -> dict[str, int]:
        """Encode the camera's directories for ``place``, after the pixels; return their offsets."""
        places = {}
        for name, part in DIRECTORIES.items():
            directory = ImageFileDirectory_v2(prefix=b"II")
            for tag, value in exif.get_ifd(part).items():
                directory[tag] = value
            places[name] = place + len(self._behind)
            self._behind += directory.tobytes(places[name])
            self._behind += bytes(len(self._behind) % 2)
        return places

    def write(self, rows: np.ndarray) -> None:
        """Write rows: (h, W, 3 or 4) uint8 or uint16."""
        self._file.write(np.ascontiguousarray(rows, self._type).data)

    def close(self) -> None:
        """Append the camera's directories after the pixels."""
        if self._behind:
            self._file.seek(0, os.SEEK_END)
            self._file.write(bytes(self._file.tell() % 2) + self._behind)


def open_tiff(file: BinaryIO, sheet: Sheet) -> TiffWriter:
    """Open an RGB or RGBA TIFF of 8 or 16 bits per channel, in sRGB."""
    return TiffWriter(file, sheet)


def _ascii(text: str) -> str:
    # These tags allow only ASCII; the XMP packet has the full text.
    return text.encode("ascii", "replace").decode()
