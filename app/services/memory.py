"""Memory that is free goes back to the system.

Painting takes and frees large blocks, between which small ones stay. glibc keeps all of it for
later: an hour of strokes would hold half a gigabyte more than is in use.
"""

import ctypes
import sys


def give_back() -> None:
    """Hand over what is free, where the C library keeps it; some 15 ms, without Python's lock."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:  # musl has none
        trim(0)
