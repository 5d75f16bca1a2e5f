"""Lower the priority of compute threads, so that the UI thread stays responsive."""

import os
import sys
import threading

NICE = 5
"""Added to the niceness; the UI thread then gets about three times as much CPU time."""


def give_way() -> None:
    """Lower the priority of the calling thread and of threads it starts; only on Linux.

    torch computes on as many threads as there are cores, which would leave none for the window.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        lower = min(os.getpriority(os.PRIO_PROCESS, thread) + NICE, 19)
        os.setpriority(os.PRIO_PROCESS, thread, lower)
