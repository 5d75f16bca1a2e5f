"""Chunks of PNG files that Pillow does not read, or refuses."""

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TEXT = (b"tEXt", b"zTXt", b"iTXt")


def code_points(file: BinaryIO) -> bytes:
    """The content of cICP, primaries and curve first; empty without, or if ``file`` is no PNG."""
    for kind, start, length in _chunks(file):
        if kind == b"IDAT":
            break
        if kind == b"cICP" and length == 4:
            file.seek(start + 8)
            return file.read(4)
    return b""


def without_text(file: BinaryIO) -> BinaryIO:
    """The same PNG without its text, of which Pillow reads no more than some."""
    kept = [SIGNATURE]
    for kind, start, length in _chunks(file):
        if kind not in _TEXT:
            file.seek(start)
            kept.append(file.read(length + 12))
    return io.BytesIO(b"".join(kept))


def too_much_text(error: Exception) -> bool:
    """Whether this is what Pillow says of a text that is sound, but long."""
    said = str(error)
    return "MAX_TEXT_CHUNK" in said or "text chunks" in said


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Each chunk's kind, where it starts and how long its content is."""
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
