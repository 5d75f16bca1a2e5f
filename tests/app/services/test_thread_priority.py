"""The engine thread has a lower priority than the UI thread."""

import os
import sys
import threading

import pytest

from app.services.thread_priority import NICE, give_way


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


@pytest.mark.skipif(sys.platform != "linux", reason="threads have a niceness on Linux only")
def test_a_thread_and_those_it_starts_are_lowered_and_no_other() -> None:
    before, seen = niceness(), []

    def work() -> None:
        give_way()
        helper = threading.Thread(target=lambda: seen.append(niceness()))
        helper.start()
        helper.join()
        seen.append(niceness())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [min(before + NICE, 19)] * 2
    assert niceness() == before


@pytest.mark.skipif(sys.platform != "linux", reason="threads have a niceness on Linux only")
@pytest.mark.usefixtures("window")
def test_the_engine_has_given_way() -> None:
    tasks = [int(name) for name in os.listdir("/proc/self/task")]
    lowered = [task for task in tasks if os.getpriority(os.PRIO_PROCESS, task) > niceness()]
    assert lowered
