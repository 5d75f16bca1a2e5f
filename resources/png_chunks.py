"""Read or remove PNG chunks that Pillow ignores or rejects."""

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TEXT = (b"tEXt", b"zTXt", b"iTXt")


def code_points(file: BinaryIO) -> bytes:
    """Return the content of the cICP chunk, 4 bytes: primaries and transfer curve first.

    Empty if ``file`` has no cICP chunk or is no PNG.
    """
    for kind, start, length in _chunks(file):
        if kind == b"IDAT":
            break
        if kind == b"cICP" and length == 4:
            file.seek(start + 8)
            return file.read(4)
    return b""


def without_text(file: BinaryIO) -> BinaryIO:
    """Return a copy of a PNG without its text chunks; Pillow rejects files with too much text."""
    kept = [SIGNATURE]
    for kind, start, length in _chunks(file):
        if kind not in _TEXT:
            file.seek(start)
            kept.append(file.read(length + 12))
    return io.BytesIO(b"".join(kept))


def too_much_text(error: Exception) -> bool:
    """Return whether Pillow's error means that valid text chunks are too long for it."""
    message = str(error)
    return "MAX_TEXT_CHUNK" in message or "text chunks" in message


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Yield each chunk's type, the position of its start and the length of its content."""
    file.seek(0)
    if file.read(8) != SIGNATURE:
        return
    place = 8
    while len(head := _at(file, place)) == 8:
        length, kind = struct.unpack(">I4s", head)
        yield kind, place, length
        place += length + 12


def _at(file: BinaryIO, place: int) -> bytes:
    file.seek(place)
    return file.read(8)
