"""TIFF, uncompressed: every program reads it, and rows go to disk as they are painted."""

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
"""Names that tifffile gives the camera's directories; these lie behind the pixels."""


class TiffWriter:
    """Lets tifffile write the header and reserve the room, then fills that from the top."""

    def __init__(self, file: BinaryIO, sheet: Sheet) -> None:
        self._file, self._sheet = file, sheet
        self._type = np.dtype("<u2" if sheet.bits == 16 else "u1")
        exif = read_exif(sheet.camera)
        tags = [(name, LONG, 1, 0, True) for name, part in DIRECTORIES.items() if part in exif]
        place, size = self._head(exif, tags)
        self._behind = b""
        if tags:
            # The header is as long whatever it says, so now it is known what lies where.
            places = self._directories(exif, place + size + (place + size) % 2)
            place, size = self._head(
                exif, [(name, LONG, 1, places[name], True) for name, *_ in tags]
            )
        file.seek(place)

    def _head(self, exif: Image.Exif, tags: list[tuple[Any, ...]]) -> tuple[int, int]:
        """Write the header; where the pixels begin and how many bytes they take."""
        import tifffile  # a tenth of a second that no other picture should wait for

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
        """Lay the camera's directories behind the pixels, from ``place`` on: where each begins."""
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
        """(h, W, 3 or 4) uint8 or uint16."""
        self._file.write(np.ascontiguousarray(rows, self._type).data)

    def close(self) -> None:
        """The room is full; what the camera wrote comes behind."""
        if self._behind:
            self._file.seek(0, os.SEEK_END)
            self._file.write(bytes(self._file.tell() % 2) + self._behind)


def open_tiff(file: BinaryIO, sheet: Sheet) -> TiffWriter:
    """RGB, or RGBA, of 8 or 16 bits a channel, in sRGB."""
    return TiffWriter(file, sheet)


def _ascii(text: str) -> str:
    # TIFF knows nothing else in these tags; the XMP packet beside them has the full text.
    return text.encode("ascii", "replace").decode()
