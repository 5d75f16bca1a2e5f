"""Memory freed by painting is returned to the system."""

import ctypes
import sys
import threading
import time

import pytest
from pytestqt.qtbot import QtBot

from app.harness.bench_app import resident_bytes
from app.platform.settings import Settings
from app.services import engine_worker, memory
from app.services.engine_worker import EngineWorker
from app.services.mailbox import Mailbox
from app.services.style_preview_worker import StylePreviewSlot
from app.window.main_window import MainWindow
from tests.support.fakes import FakeStudio

glibc = pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="glibc only"
)


@glibc
def test_free_memory_between_what_stays_is_given_back() -> None:
    # Blocks that are small enough to lie beside one another, and one behind them that stays.
    blocks = [bytearray(b"x" * 100_000) for _ in range(1000)]
    last = bytearray(b"x" * 100_000)
    del blocks
    held = resident_bytes()
    memory.give_back()
    assert held - resident_bytes() > 30e6
    assert last[0] == ord("x")


def test_the_engines_thread_gives_back_after_work(
    qtbot: QtBot, studio: FakeStudio, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []
    monkeypatch.setattr(engine_worker, "TIDY_MS", 1)
    monkeypatch.setattr(memory, "give_back", lambda: threads.append(threading.get_ident()))
    window = MainWindow(studio, settings)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: bool(threads))
    assert threads[0] != threading.get_ident()
    qtbot.waitUntil(lambda: not window.session.preview.busy)
    done = len(threads)
    window.session.reroll()
    qtbot.waitUntil(lambda: len(threads) > done)


def test_a_thread_that_never_rests_gives_back_as_well(
    qtbot: QtBot, studio: FakeStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[bool] = []
    monkeypatch.setattr(engine_worker, "TIDY_MS", 1)
    monkeypatch.setattr(memory, "give_back", lambda: given.append(True))
    worker = EngineWorker(Mailbox(), StylePreviewSlot(), lambda: studio)
    worker.studio = studio
    worker.serve()
    assert not given
    time.sleep(0.01)
    worker.serve()  # and the event loop has had no turn
    assert given
