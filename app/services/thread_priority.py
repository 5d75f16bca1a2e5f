"""Threads that compute stand back for the one that the pen is drawn on."""

import os
import sys
import threading

NICE = 5
"""By how much: as long as the window has anything to do, it gets three times as much."""


def give_way() -> None:
    """Lower the calling thread, and those it will start, where threads have a niceness: Linux.

    torch computes on as many threads as there are cores, so there is none left for the window.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        lower = min(os.getpriority(os.PRIO_PROCESS, thread) + NICE, 19)
        os.setpriority(os.PRIO_PROCESS, thread, lower)
