"""Write PNG row by row, also with 16 bits per channel, which no library does."""

import struct
import zlib
from collections.abc import Sequence
from typing import BinaryIO

import numpy as np

from engine.formats.sheet import Sheet
from resources.colour_profiles import srgb_profile
from resources.materials import KEEP, in_colours

# Higher levels take longer and hardly make paintings smaller.
LEVEL = 5
CHUNK = 1 << 20
GREY_TYPE, RGB_TYPE, INDEXED_TYPE, RGBA_TYPE = 0, 2, 3, 6
UP, PAETH = 2, 4


def open_png(file: BinaryIO, sheet: Sheet) -> "PngWriter":
    """Open an RGB or RGBA PNG of 8 or 16 bits per channel, in sRGB."""
    profile = b"sRGB\0\0" + zlib.compress(srgb_profile(), 9)
    return PngWriter(file, sheet, RGBA_TYPE if sheet.alpha else RGB_TYPE, [(b"iCCP", profile)])


def open_doodle_ids(file: BinaryIO, sheet: Sheet) -> "PngWriter":
    """Open an indexed PNG of material ids with the palette's colours."""
    colours = in_colours(np.arange(KEEP + 1, dtype=np.uint8))
    return PngWriter(file, sheet, INDEXED_TYPE, [(b"PLTE", colours.tobytes())])


class PngWriter:
    """Writes the header on creation and the rows as they come."""

    def __init__(
        self, file: BinaryIO, sheet: Sheet, colour_type: int, chunks: Sequence[tuple[bytes, bytes]]
    ) -> None:
        self._file = file
        self._packer = zlib.compressobj(LEVEL)
        self._packed = bytearray()
        self._indexed = colour_type == INDEXED_TYPE
        self._pixel = (1 if self._indexed else sheet.channels) * sheet.bits // 8
        self._above = np.zeros(sheet.width * self._pixel, np.uint8)
        file.write(b"\x89PNG\r\n\x1a\n")
        size = struct.pack(">IIBBBBB", sheet.width, sheet.height, sheet.bits, colour_type, 0, 0, 0)
        self._chunk(b"IHDR", size)
        for kind, content in chunks:
            self._chunk(kind, content)
        if sheet.provenance is not None:
            for key, text in sheet.provenance.texts().items():
                self._chunk(b"iTXt", key.encode("latin-1") + b"\0\0\0\0\0" + text.encode())
        if sheet.camera:
            self._chunk(b"eXIf", sheet.camera.removeprefix(b"Exif\0\0"))

    def write(self, rows: np.ndarray) -> None:
        """Write rows: (h, W, 3 or 4) uint8 or uint16, or (h, W) uint8 ids."""
        big_endian = np.ascontiguousarray(rows, rows.dtype.newbyteorder(">"))
        raw = big_endian.view(np.uint8).reshape(len(rows), -1)
        lines = np.empty((len(raw), raw.shape[1] + 1), np.uint8)
        above = np.concatenate([self._above[None], raw[:-1]])
        self._above = raw[-1]
        if self._indexed:
            lines[:, 0], lines[:, 1:] = UP, raw - above
        else:
            lines[:, 0], lines[:, 1:] = PAETH, _paeth(raw, above, self._pixel)
        self._packed += self._packer.compress(lines.data)
        if len(self._packed) >= CHUNK:
            self._flush()

    def close(self) -> None:
        """Write the remaining compressed data and the end chunk."""
        self._packed += self._packer.flush()
        self._flush()
        self._chunk(b"IEND", b"")

    def _flush(self) -> None:
        self._chunk(b"IDAT", bytes(self._packed))
        self._packed.clear()

    def _chunk(self, kind: bytes, content: bytes) -> None:
        self._file.write(struct.pack(">I", len(content)) + kind + content)
        self._file.write(struct.pack(">I", zlib.crc32(content, zlib.crc32(kind))))


def _paeth(raw: np.ndarray, above: np.ndarray, pixel: int) -> np.ndarray:
    """Return (h, n) uint8 rows minus the Paeth prediction from left, above and above left."""
    up = above.astype(np.int16)
    left, corner = np.zeros_like(up), np.zeros_like(up)
    left[:, pixel:], corner[:, pixel:] = raw[:, :-pixel], above[:, :-pixel]
    far_left, far_up = np.abs(up - corner), np.abs(left - corner)
    far_corner = np.abs(left + up - 2 * corner)
    nearest = np.where(far_up <= far_corner, up, corner)
    take_left = (far_left <= far_up) & (far_left <= far_corner)
    return raw - np.where(take_left, left, nearest).astype(np.uint8)
