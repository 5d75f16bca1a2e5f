"""Return freed memory to the operating system.

Painting allocates and frees large blocks with small blocks between them. glibc keeps the freed
memory: after an hour of strokes this is half a gigabyte.
"""

import ctypes
import sys
from collections.abc import Callable

LARGE = 2**20
"""Bytes from which a block gets memory of its own."""

_M_MMAP_THRESHOLD = -3


def return_large_blocks() -> None:
    """Give every large block its own mapping, which is returned when the block is freed."""
    set_option = _glibc("mallopt")
    if set_option is not None:
        set_option(_M_MMAP_THRESHOLD, LARGE)


def return_small_blocks() -> None:
    """Return what is free between other blocks.

    Call it while nobody paints: other threads that allocate memory wait for up to 85 ms.
    """
    trim = _glibc("malloc_trim")
    if trim is not None:
        trim(0)


def _glibc(name: str) -> Callable[..., int] | None:
    """Return a function of glibc; None on other systems, also with musl."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
