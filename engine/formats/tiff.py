"""TIFF, uncompressed: every program reads it, and rows go to disk as they are painted."""

from typing import BinaryIO

import numpy as np

from engine.formats.sheet import Sheet, srgb_profile

XMP_TAG, BYTES = 700, 1


class TiffWriter:
    """Lets tifffile write the header and reserve the room, then fills that from the top."""

    def __init__(self, file: BinaryIO, sheet: Sheet) -> None:
        import tifffile  # a tenth of a second that no other picture should wait for

        made = sheet.provenance
        xmp = made.xmp() if made is not None else b""
        self._file = file
        self._type = np.dtype("<u2" if sheet.bits == 16 else "u1")
        place = tifffile.imwrite(
            file, shape=(sheet.height, sheet.width, 3), dtype=self._type, byteorder="<",
            photometric="rgb", metadata=None, iccprofile=srgb_profile(), returnoffset=True,
            software=_ascii(made.maker) if made is not None else None,
            description=_ascii(made.sentence) if made is not None else None,
            extratags=[(XMP_TAG, BYTES, len(xmp), xmp, True)] if xmp else (),
        )  # fmt: skip
        assert place is not None
        file.seek(place[0])

    def write(self, rows: np.ndarray) -> None:
        """(h, W, 3) uint8 or uint16."""
        self._file.write(np.ascontiguousarray(rows, self._type).data)

    def close(self) -> None:
        """Nothing is left to do: the room is full."""


def open_tiff(file: BinaryIO, sheet: Sheet) -> TiffWriter:
    """RGB of 8 or 16 bits a channel, in sRGB."""
    return TiffWriter(file, sheet)


def _ascii(text: str) -> str:
    # TIFF knows nothing else in these tags; the XMP packet beside them has the full text.
    return text.encode("ascii", "replace").decode()
