"""The live preview: real thread, real signals, a fake studio that can be blocked."""

import gc
import threading
import time

import numpy as np
import pytest
from PySide6.QtCore import QThread
from pytestqt.qtbot import QtBot

from app.document.document import Change, Changed
from app.document.rect import Rect
from app.platform.settings import Settings
from app.services.gc_control import UiCollector
from app.window.main_window import MainWindow
from engine.studio import EngineError
from tests.support.fakes import FakeStudio, ThreadWatch, fake_paint, starter_labels
from tests.support.hand import drag, move, other_canvas, press, release


def settle(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: not window.session.preview.busy)


def expected(window: MainWindow) -> np.ndarray:
    """Return the expected painting of the document."""
    document = window.session.document
    return fake_paint(document.labels.snapshot().array(), document.style_id, document.seed)


def assert_up_to_date(window: MainWindow) -> None:
    assert (window.session.document.painting == expected(window)).all()


def test_it_starts_with_the_styles_doodle_and_its_painting(window: MainWindow) -> None:
    assert (window.session.document.labels.snapshot().array() == starter_labels()).all()
    assert_up_to_date(window)
    assert not window.session.document.modified
    assert not window.session.history.can_undo


def test_who_painted_before_the_engine_was_ready_keeps_the_doodle(
    qtbot: QtBot, studio: FakeStudio, settings: Settings
) -> None:
    window = MainWindow(studio, settings)
    qtbot.addWidget(window)
    window.resize(1200, 700)
    window.workspace.resize(900, 600)
    drag(window.workspace.canvas, [(50, 50), (90, 50)])
    window.show()
    qtbot.waitUntil(lambda: bool(studio.requests) and not window.session.preview.busy)
    assert window.session.document.labels.at(70, 50) == 4
    assert window.session.document.labels.at(70, 180) == 0
    assert_up_to_date(window)


def test_last_shown_is_last_asked(qtbot: QtBot, window: MainWindow, studio: FakeStudio) -> None:
    canvas, asked = window.workspace.canvas, len(studio.requests)
    studio.hold()
    press(canvas, (20, 20))
    qtbot.waitUntil(studio.waiting.is_set)
    for step in range(1, 30):
        move(canvas, (20 + 7 * step, 20 + 5 * step))
    release(canvas, (230, 170))
    newest = window.session.preview.serial
    studio.let_go()
    settle(qtbot, window)
    assert studio.requests[-1].serial == newest
    assert len(studio.requests) - asked < 5  # 31 wishes, the ones in between were never painted
    assert studio.patches[-1].serial == newest
    assert_up_to_date(window)


def test_the_dirty_part_of_an_interrupted_job_is_never_lost(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio
) -> None:
    """A whole repaint is interrupted by a dab, which is painted first; then comes the rest."""
    session, canvas = window.session, window.workspace.canvas
    studio.hold()
    session.set_seed(33)
    qtbot.waitUntil(studio.waiting.is_set)
    press(canvas, (240, 180))
    studio.let_go()
    settle(qtbot, window)
    interrupted, dab, rest = studio.requests[-3:]
    assert sum(patch.serial == interrupted.serial for patch in studio.patches) == 1
    assert dab.dirty is not None
    assert rest.dirty is None
    assert_up_to_date(window)
    release(canvas, (240, 180))
    settle(qtbot, window)
    assert_up_to_date(window)


def test_a_dabs_own_pixels_come_first(qtbot: QtBot, window: MainWindow, studio: FakeStudio) -> None:
    """Otherwise a fast user would see each dab only in part."""
    canvas = window.workspace.canvas
    studio.hold()
    press(canvas, (64, 64))
    qtbot.waitUntil(studio.waiting.is_set)
    first = studio.requests[-1]
    move(canvas, (200, 64))
    studio.let_go()
    settle(qtbot, window)
    missing = [Rect(48, 48, 80, 80)]
    for patch in studio.patches:
        if patch.serial == first.serial:
            missing = [left for part in missing for left in part.minus(Rect(*patch.rect))]
    assert not missing
    assert studio.requests[-1].dirty == first.dirty  # what lies around them was still owed
    release(canvas, (200, 64))
    settle(qtbot, window)
    assert_up_to_date(window)


def test_patches_of_another_seed_or_style_are_dropped(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio
) -> None:
    session, fresh = window.session, []
    studio.hold()
    session.set_seed(20)
    qtbot.waitUntil(studio.waiting.is_set)
    session.choose_style("other")

    def look(change: Change) -> None:
        if change.what is Changed.PAINTING:
            now = session.document.painting[change.rect.slices]
            fresh.append((now == expected(window)[change.rect.slices]).all())

    session.document.subscribe(look)
    studio.let_go()
    settle(qtbot, window)
    assert [patch for patch in studio.patches if patch.serial == session.preview.serial - 1]
    assert fresh
    assert all(fresh)
    assert_up_to_date(window)


def test_patches_of_another_canvas_size_are_dropped(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio
) -> None:
    studio.hold()
    window.session.set_seed(20)
    qtbot.waitUntil(studio.waiting.is_set)
    other_canvas(window, 50, 40)
    studio.let_go()
    settle(qtbot, window)
    assert window.session.document.painting.shape == (40, 50, 3)
    assert_up_to_date(window)
    window.session.undo()
    settle(qtbot, window)
    assert_up_to_date(window)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (EngineError("styles/x is broken."), "styles/x is broken."),
        (RuntimeError("tensor a does not\nmatch b"), "RuntimeError: tensor a does not"),
        (MemoryError(), "not enough memory"),
    ],
)
def test_a_failure_is_one_sentence_and_the_worker_lives_on(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, error: Exception, words: str
) -> None:
    studio.fail_once(error)
    drag(window.workspace.canvas, [(30, 30), (60, 60)])
    messages = window.workspace.messages
    qtbot.waitUntil(lambda: words in messages.text)
    assert messages.isVisible()
    assert "\n" not in messages.text
    drag(window.workspace.canvas, [(200, 150)])
    settle(qtbot, window)
    assert_up_to_date(window)  # the failed part, too, was painted by the next request


def test_a_style_that_does_not_load_is_taken_back(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio
) -> None:
    studio.broken_styles.add("other")
    window.session.choose_style("other")
    qtbot.waitUntil(lambda: "cannot be loaded" in window.workspace.messages.text)
    settle(qtbot, window)
    assert window.session.document.style_id == "starry-night"
    assert window.gallery.cards.card.in_use == "starry-night"
    assert not window.session.history.can_undo
    assert_up_to_date(window)


def test_when_the_remembered_style_does_not_load_another_is_used(
    qtbot: QtBot, studio: FakeStudio, settings: Settings
) -> None:
    studio.broken_styles.add("starry-night")
    window = MainWindow(studio, settings)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: bool(studio.requests) and not window.session.preview.busy)
    assert window.session.document.style_id == "other"
    assert window.workspace.messages.text == "styles/starry-night cannot be loaded."
    assert_up_to_date(window)


def test_a_studio_that_cannot_be_made_leaves_a_usable_window(
    qtbot: QtBot, settings: Settings
) -> None:
    def broken() -> FakeStudio:
        raise EngineError("There is no engine here.")

    window = MainWindow(broken, settings)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: window.workspace.messages.text == "There is no engine here.")
    drag(window.workspace.canvas, [(50, 50), (90, 50)])
    assert window.session.document.labels.at(70, 50) == 4


def test_focus_is_the_dab(qtbot: QtBot, window: MainWindow, studio: FakeStudio) -> None:
    press(window.workspace.canvas, (100, 100))
    settle(qtbot, window)
    request = studio.requests[-1]
    assert request.dirty == request.focus
    assert Rect(*request.dirty).clipped(Rect(84, 84, 116, 116)) == Rect(84, 84, 116, 116)
    assert Rect(*request.dirty).width <= 36
    release(window.workspace.canvas, (100, 100))


def test_latency_is_measured_to_the_frame_that_shows_the_dab(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio
) -> None:
    waits = window.session.preview.latency.milliseconds
    assert not waits
    studio.hold()
    began = time.perf_counter()
    press(window.workspace.canvas, (100, 100))
    pressed = time.perf_counter()
    qtbot.waitUntil(studio.waiting.is_set)
    with qtbot.waitSignal(window.workspace.frame_shown):
        window.workspace.painting.update()
    assert not waits  # that frame did not show the dab
    held = time.perf_counter() - pressed
    studio.let_go()
    qtbot.waitUntil(lambda: len(waits) == 1)
    assert held <= waits[0] / 1000 <= time.perf_counter() - began
    assert window.status.latency.text() == f"{waits[0]:.0f} ms"
    release(window.workspace.canvas, (100, 100))


def test_closing_in_the_middle_of_a_job_joins_the_thread(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio
) -> None:
    studio.hold()
    window.session.set_seed(5)
    qtbot.waitUntil(studio.waiting.is_set)
    thread = studio.thread
    assert thread is not None
    assert thread.isRunning()
    studio.let_go()
    window.close()
    assert not thread.isRunning()
    assert sum(patch.serial == studio.requests[-1].serial for patch in studio.patches) < 12


def test_garbage_is_collected_on_the_ui_thread_only(qtbot: QtBot) -> None:
    collector, died_on = UiCollector(), []

    class Knot:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            died_on.append(threading.get_ident())

    collector.start()
    try:
        Knot()
        kept: list[list[int]] = []
        thread = threading.Thread(target=lambda: kept.extend([i] for i in range(5_000)))
        thread.start()
        thread.join()
        assert not died_on
        collector.collect()
    finally:
        collector.stop()
    assert died_on == [threading.get_ident()]
    assert gc.isenabled()


def test_a_thread_left_running_is_noticed(thread_watch: ThreadWatch) -> None:
    thread = QThread()
    thread.start()
    assert thread_watch.running() == [thread]
    thread.quit()
    thread.wait()
    assert thread_watch.running() == []
