"""Memory freed by painting is returned to the system."""

import ctypes
import subprocess
import sys
import threading

import pytest
from pytestqt.qtbot import QtBot

from app.platform import memory
from app.platform.settings import Settings
from app.services import engine_worker
from app.window.main_window import MainWindow
from tests.support.fakes import FakeStudio

glibc = pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallopt"), reason="glibc only"
)

# Blocks of one size, each followed by a small one that stays, as painting leaves them. The first
# block raises glibc's own limit, so that the others lie beside the small ones.
PROGRAM = """
from pathlib import Path

import numpy as np

from app.platform.memory import LARGE, return_large_blocks, return_small_blocks

def resident_bytes():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

before, after, size = {before}, {after}, {size}
before()
np.full(16 * LARGE, 1, np.uint8)
free, kept = [], []
for _ in range(100 * LARGE // size):
    free.append(np.full(size, 1, np.uint8))
    kept.append(np.full(4000, 1, np.uint8))
held = resident_bytes()
free.clear()
after()
print((held - resident_bytes()) // LARGE)
"""


def returned(size: str, before: str = "int", after: str = "int") -> int:
    """Return how many MiB of 100 MiB a process returns when it frees them.

    `before`, `after`: functions to call before they are allocated and after they are freed.
    """
    program = PROGRAM.format(size=size, before=before, after=after)
    command = [sys.executable, "-c", program]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@glibc
def test_large_blocks_are_returned_when_they_are_freed() -> None:
    assert returned("LARGE") < 50
    assert returned("LARGE", before="return_large_blocks") > 90


@glibc
def test_small_blocks_between_others_are_returned_on_request() -> None:
    assert returned("100_000", before="return_large_blocks") < 50
    assert returned("100_000", after="return_small_blocks") > 80


def test_the_engines_thread_returns_memory_when_it_rests(
    qtbot: QtBot, studio: FakeStudio, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []
    monkeypatch.setattr(engine_worker, "REST_MS", 1)
    monkeypatch.setattr(
        memory, "return_small_blocks", lambda: threads.append(threading.get_ident())
    )
    window = MainWindow(studio, settings)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: bool(threads))
    assert threading.get_ident() not in threads
    qtbot.waitUntil(lambda: not window.session.preview.busy)
    done = len(threads)
    window.session.reroll()
    qtbot.waitUntil(lambda: len(threads) > done)
