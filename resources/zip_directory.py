"""Check the size of a zip archive's directory before it is read; ``zipfile`` reads all of it."""

import io
import struct
from typing import BinaryIO

_END, _LOCATOR_64 = b"PK\5\6", b"PK\6\7"
_END_SIZE, _LOCATOR_SIZE, _LONGEST_COMMENT = 22, 20, 2**16


def has_directory(file: BinaryIO) -> bool:
    """Return whether a file ends with a zip archive's directory."""
    return _end(file) is not None


def has_small_directory(file: BinaryIO, most: int) -> bool:
    """Return whether the directory lists at most ``most`` files, with names of usual length.

    False also for a file without a directory and for the 64-bit form, which small archives do not
    need.
    """
    found = _end(file)
    if found is None:
        return False
    entries, directory, is_large = found
    return not is_large and entries <= most and directory <= 256 * most


def _end(file: BinaryIO) -> tuple[int, int, bool] | None:
    """Return number of entries, bytes of the directory and whether it has the 64-bit form."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - _END_SIZE - _LOCATOR_SIZE - _LONGEST_COMMENT))
    tail = file.read()
    end = len(tail) - _END_SIZE
    if end < 0 or tail[end : end + 4] != _END or tail[-2:] != b"\0\0":
        end = tail.rfind(_END, 0, len(tail) - _END_SIZE + 4)
    if end < 0 or len(tail) - end < _END_SIZE:
        return None
    entries, directory = struct.unpack("<HL", tail[end + 10 : end + 16])
    locator = tail[max(0, end - _LOCATOR_SIZE) : end]
    return entries, directory, locator.startswith(_LOCATOR_64)
