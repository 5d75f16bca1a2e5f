"""Refine in the window: real thread, real signals, a fake studio that can be held inside a tile."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.document.export_options import ExportOptions
from app.document.rect import Rect
from app.document.refined import FEATHER, REACH
from app.platform.settings import Settings
from app.platform.time_left import time_left
from app.services.refine import SHORT, STALE, RefineState, quicker_size
from app.services.refine_worker import Outcome
from app.window.main_window import MainWindow
from engine.studio import EngineError, Studio
from tests.support.fakes import HEIGHT, REFINE_STEPS, REFINE_TILES, WIDTH, FakeStudio, fake_paint
from tests.support.hand import drag, other_canvas
from tests.support.refining import begin, hold_in_tile, refine
from tests.support.waiting import round_trip


def expected_preview(window: MainWindow) -> np.ndarray:
    document = window.session.document
    return fake_paint(document.labels.snapshot().array(), document.style_id, document.seed)


def test_a_run_ends_in_one_undo_step(qtbot: QtBot, window: MainWindow, studio: FakeStudio) -> None:
    document, history = window.session.document, window.session.history
    preview, seen = expected_preview(window), []
    window.session.refine.progressed.connect(lambda share, _words, _loss: seen.append(share))
    refine(qtbot, window)
    assert len(seen) == 1 + REFINE_STEPS * REFINE_TILES
    assert seen == sorted(seen)
    assert seen[-1] == 1
    assert (document.painting == 255 - preview).all()
    assert (document.preview == preview).all()
    assert history.undo_text == "Refine"
    assert history.nbytes >= 3 * WIDTH * HEIGHT
    assert document.modified
    window.session.undo()
    assert (document.painting == preview).all()
    assert not history.can_undo
    window.session.redo()
    assert (document.painting == 255 - preview).all()
    (request,) = studio.refined
    assert (request.start == preview).all()
    assert (request.style_id, request.seed, request.selection) == ("starry-night", 1, None)


def test_it_waits_for_the_preview_to_be_whole(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio
) -> None:
    studio.hold()
    drag(window.workspace.canvas, [(40, 40), (80, 40)])
    qtbot.waitUntil(studio.waiting.is_set)
    begin(window)
    assert window.session.refine.state is RefineState.WAITING
    assert window.refine_bar.time_left.text() == "waiting for the preview"
    studio.let_go()
    qtbot.waitUntil(lambda: window.session.history.undo_text == "Refine")
    assert (studio.refined[0].start == expected_preview(window)).all()
    assert (studio.refined[0].labels == window.session.document.labels.snapshot().array()).all()


def test_it_waits_for_the_strokes_and_starts_from_them(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio
) -> None:
    session, preview = window.session, window.session.preview
    strokes = preview.overlay = Strokes()
    begin(window)
    assert session.refine.state is RefineState.WAITING
    assert not studio.refined
    painted = np.full((HEIGHT, WIDTH, 3), 77, np.uint8)
    session.document.merge_painting(session.document.bounds, painted)
    strokes.busy = False
    session.strokes.busy_changed.emit(False)
    qtbot.waitUntil(lambda: session.history.undo_text == "Refine")
    assert (studio.refined[0].start == painted).all()


class Strokes:
    """Strokes that are still being painted until `busy` is set to False."""

    active, busy = True, True

    def network_part(self, rect: Rect) -> Rect:
        return rect


def test_a_long_run_says_once_how_long_it_takes_and_what_is_quicker(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    window.session.said.connect(said.append)
    refine(qtbot, window)
    assert not [text for text in said if "takes" in text]
    monkeypatch.setattr("app.services.refine.LONG", 0)
    refine(qtbot, window)
    (text,) = (text for text in said if "takes" in text)
    assert text.startswith("Refine takes about 0 min at this size.")


def test_a_quarter_of_the_time_is_half_the_size() -> None:
    assert quicker_size(Rect.of_size(1000, 800), 4 * SHORT) == (500, 400)


@pytest.mark.parametrize("answer", ["Keep", "Discard", "close"])
def test_cancel_takes_effect_inside_a_tile(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, slow_refine: None, answer: str
) -> None:
    document, messages = window.session.document, window.workspace.messages
    preview = document.painting.copy()
    hold_in_tile(qtbot, window, studio, drafted=True)
    QTest.keyClick(window, Qt.Key.Key_Escape)
    breaths = studio.breaths
    qtbot.waitUntil(lambda: not window.session.refine.active)
    assert studio.breaths - breaths <= 1
    assert messages.text == "Stopped. Keep the refined picture so far?"
    assert [button.text() for button in messages.buttons] == ["Keep", "Discard"]
    if answer == "close":
        messages._close()
    else:
        next(button for button in messages.buttons if button.text() == answer).click()
    assert not messages.isVisible()
    kept = answer != "Discard"
    assert window.session.history.undo_text == ("Refine" if kept else "")
    assert (document.painting == (255 - preview if kept else preview)).all()
    window.session.undo()
    assert (document.painting == preview).all()


def test_cancel_before_the_first_picture_says_so_and_asks_nothing(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio
) -> None:
    hold_in_tile(qtbot, window, studio, drafted=False)
    window.actions_by_id["refine.cancel"].trigger()
    qtbot.waitUntil(lambda: not window.session.refine.active)
    messages = window.workspace.messages
    assert messages.text == "Refine was stopped before it had a better picture."
    assert not messages.buttons
    assert not window.session.history.can_undo
    studio.let_go()
    refine(qtbot, window)  # and the next run is not stopped by the old wish
    assert window.session.history.undo_text == "Refine"


def test_a_question_returns_after_a_message(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, slow_refine: None
) -> None:
    hold_in_tile(qtbot, window, studio, drafted=True)
    window.session.refine.stop()
    qtbot.waitUntil(lambda: not window.session.refine.active)
    messages = window.workspace.messages
    messages.say("Saved x.png.")
    assert not messages.buttons
    messages._close()
    assert messages.isVisible()
    assert [button.text() for button in messages.buttons] == ["Keep", "Discard"]


def test_an_undecided_picture_is_kept_when_the_next_run_begins(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, slow_refine: None
) -> None:
    hold_in_tile(qtbot, window, studio, drafted=True)
    window.session.refine.stop()
    qtbot.waitUntil(lambda: not window.session.refine.active)
    studio.let_go()
    refine(qtbot, window)
    assert not window.workspace.messages.buttons
    window.session.undo()
    assert window.session.history.undo_text == "Refine"


def test_pause_and_resume(qtbot: QtBot, window: MainWindow, studio: FakeStudio) -> None:
    pause, refiner = window.actions_by_id["refine.pause"], window.session.preview.engine.refiner
    steps: list[object] = []
    refiner.stepped.connect(lambda _run, step: steps.append(step))
    hold_in_tile(qtbot, window, studio, drafted=False)
    pause.trigger()
    assert (pause.text(), window.refine_bar.time_left.text()) == ("&Resume", "paused")
    studio.let_go()
    round_trip(qtbot, refiner)
    assert len(steps) == 1  # the tile in hand is finished, and no other begun
    assert window.session.refine.state is RefineState.PAUSED
    drag(window.workspace.canvas, [(40, 40), (80, 40)])
    qtbot.waitUntil(lambda: not window.session.preview.busy)
    pause.trigger()
    qtbot.waitUntil(lambda: not window.session.refine.active)
    assert len(steps) == REFINE_STEPS * REFINE_TILES
    assert window.session.history.undo_text == "Refine"


def test_a_paused_run_can_be_cancelled(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, slow_refine: None
) -> None:
    begin(window)
    qtbot.waitUntil(lambda: window.session.refine.draft is not None)
    window.session.refine.toggle_pause()
    window.session.refine.stop()
    qtbot.waitUntil(lambda: not window.session.refine.active)
    assert window.workspace.messages.buttons


def test_dabs_are_painted_during_a_refine_tile(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, slow_refine: None
) -> None:
    document = window.session.document
    hold_in_tile(qtbot, window, studio, drafted=True)
    drag(window.workspace.canvas, [(30, 30), (50, 30)])
    qtbot.waitUntil(lambda: not window.session.preview.busy)
    assert (document.preview == expected_preview(window)).all()
    assert (document.painting[30, 30:50] == document.preview[30, 30:50]).all()
    assert window.session.refine.active
    assert len(window.session.preview.latency.milliseconds) > 0
    studio.let_go()
    qtbot.waitUntil(lambda: not window.session.refine.active)
    assert (document.painting[30, 30:50] == document.preview[30, 30:50]).all()
    assert (document.painting[:, 200:] == 255 - document.preview[:, 200:]).all()


def test_cancel_interrupts_a_large_repaint_inside_a_tile(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, slow_refine: None
) -> None:
    hold_in_tile(qtbot, window, studio, drafted=False)
    studio.hold()
    window.session.preview.repaint()
    qtbot.waitUntil(studio.waiting.is_set)
    painted, by_then = len(studio.patches), []
    window.session.preview.engine.refiner.ended.connect(
        lambda *_: by_then.append(len(studio.patches)), Qt.ConnectionType.DirectConnection
    )
    window.session.refine.stop()
    studio.let_go()
    qtbot.waitUntil(lambda: bool(by_then) and not window.session.refine.active)
    assert by_then[0] - painted <= 1
    qtbot.waitUntil(lambda: not window.session.preview.busy)  # and the rest follows
    assert (window.session.document.painting == expected_preview(window)).all()


def test_what_is_repainted_shows_the_preview_until_that_is_undone(
    qtbot: QtBot, window: MainWindow
) -> None:
    document, session, said = window.session.document, window.session, []
    session.said.connect(said.append)
    refine(qtbot, window)
    refined = document.painting.copy()
    drag(window.workspace.painting, [(20, 20), (30, 20)])
    qtbot.waitUntil(lambda: not session.preview.busy)
    assert (document.painting[:40, : 30 + REACH] == document.preview[:40, : 30 + REACH]).all()
    right = 30 + 17 + REACH + FEATHER
    assert (document.painting[:, right:] == refined[:, right:]).all()
    assert said == [STALE]
    drag(window.workspace.painting, [(60, 20), (70, 20)])
    assert said == [STALE]
    session.undo()
    session.undo()
    assert (document.painting == refined).all()


def test_another_style_or_seed_hides_the_refined_picture_until_undone(
    qtbot: QtBot, window: MainWindow
) -> None:
    document, session = window.session.document, window.session
    refine(qtbot, window)
    refined = document.painting.copy()
    session.choose_style("other")
    session.set_seed(5)
    qtbot.waitUntil(lambda: not session.preview.busy)
    assert (document.painting == expected_preview(window)).all()
    assert not window.actions_by_id["compare"].isEnabled()
    session.undo()
    session.undo()
    assert (document.painting == refined).all()
    other_canvas(window, 50, 40)
    assert document.painting.shape == (40, 50, 3)
    assert document.refined is None
    session.undo()
    assert (document.painting == refined).all()


CHANGES: dict[str, Callable[[MainWindow], None]] = {
    "style": lambda window: window.session.choose_style("other"),
    "seed": lambda window: window.session.set_seed(9),
    "canvas": lambda window: other_canvas(window, 64, 48),
}


@pytest.mark.parametrize("word", CHANGES)
def test_another_style_seed_or_canvas_ends_the_run_and_keeps_its_picture(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, slow_refine: None, word: str
) -> None:
    document, session, said = window.session.document, window.session, []
    session.said.connect(said.append)
    hold_in_tile(qtbot, window, studio, drafted=True)
    draft = document.painting.copy()
    CHANGES[word](window)
    qtbot.waitUntil(lambda: not session.refine.active and not session.preview.busy)
    assert len(said) == 1
    assert said[0].startswith("Refine was stopped")
    assert word in said[0]
    assert (document.painting == expected_preview(window)).all()
    session.undo()
    assert session.history.undo_text == "Refine"
    assert (document.painting == draft).all()


@pytest.mark.parametrize(
    ("step", "error", "words"),
    [
        (0, EngineError("styles/x has no targets."), "styles/x has no targets."),
        (1, RuntimeError("tensor a does not\nmatch b"), "RuntimeError: tensor a does not"),
        (4, MemoryError(), "not enough memory"),
    ],
)
def test_a_failure_is_one_sentence_and_the_worker_lives_on(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, slow_refine: None,
    step: int, error: Exception, words: str,
) -> None:  # fmt: skip
    studio.fail_refine(step, error)
    messages = window.workspace.messages
    refine(qtbot, window)
    assert words in messages.text
    assert "\n" not in messages.text
    assert bool(messages.buttons) == (step == 4)  # there is a picture to keep by then
    drag(window.workspace.canvas, [(40, 40), (80, 40)])
    qtbot.waitUntil(lambda: not window.session.preview.busy)
    refine(qtbot, window)
    assert (window.session.document.painting == 255 - expected_preview(window)).all()


def test_without_a_style_there_is_nothing_to_refine(qtbot: QtBot, settings: Settings) -> None:
    window = MainWindow(FakeStudio(), settings)  # not shown: the engine is not started
    qtbot.addWidget(window)
    begin(window)
    assert window.workspace.messages.text == "There is no painting to refine yet."
    assert not window.session.refine.active


@pytest.mark.parametrize("paused", [False, True])
def test_closing_in_the_middle_of_a_tile_is_quick_and_clean(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, slow_refine: None,
    monkeypatch: pytest.MonkeyPatch, paused: bool,
) -> None:  # fmt: skip
    worker, breaths = window.session.preview.engine.worker, list[int]()
    close = worker.close

    def noted_close() -> None:
        close()
        breaths.append(studio.breaths)

    monkeypatch.setattr(worker, "close", noted_close)
    hold_in_tile(qtbot, window, studio, drafted=True)
    if paused:
        window.session.refine.toggle_pause()
    thread = studio.thread
    assert thread is not None
    window.close()
    assert studio.breaths - breaths[0] <= 1
    assert not thread.isRunning()


def test_an_export_runs_during_refine(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, slow_refine: None, tmp_path: Path
) -> None:
    begin(window)
    qtbot.waitUntil(lambda: window.session.refine.draft is not None)
    window.session.export(ExportOptions(tmp_path / "out.png"))
    qtbot.waitUntil(lambda: not window.session.exports.busy)
    assert (tmp_path / "out.png").exists()
    assert window.session.refine.active


@pytest.mark.parametrize(
    ("seconds", "share", "words"),
    [
        (1, 0.001, "estimating the time left"),
        (10, 0.5, "about 10 s left"),
        (19, 0.5, "about 20 s left"),
        (9, 0.9, "a few seconds left"),
        (60, 0.5, "about 1 min left"),
        (60, 0.25, "about 3 min left"),
        (4000, 0.5, "about 1 h 7 min left"),
    ],
)
def test_time_left(seconds: float, share: float, words: str) -> None:
    assert time_left(seconds, share) == words


def test_the_real_engine_refines_and_stops(qtbot: QtBot, settings: Settings) -> None:
    settings.canvas_width, settings.canvas_height = 96, 64
    settings.refine_quality = "quick"
    window = MainWindow(Studio, settings)
    qtbot.addWidget(window)
    window.resize(1000, 600)
    window.show()
    session, document = window.session, window.session.document
    qtbot.waitUntil(lambda: session.preview.serial > 0 and not session.preview.busy, timeout=60000)
    begin(window)
    qtbot.waitUntil(lambda: not session.refine.active, timeout=60000)
    assert session.history.undo_text == "Refine", window.workspace.messages.text
    away = np.abs(document.painting.astype(int) - document.preview).mean()
    assert 1 < away < 80
    session.set_refine_options(quality="best")
    refiner, steps, outcomes = session.preview.engine.refiner, list[object](), list[object]()
    refiner.stepped.connect(lambda _run, step: steps.append(step))
    refiner.ended.connect(lambda _run, outcome, _problem: outcomes.append(outcome))
    begin(window)
    qtbot.waitUntil(lambda: bool(steps), timeout=60000)
    session.refine.stop()
    done = len(steps)
    qtbot.waitUntil(lambda: bool(outcomes) and not session.refine.active, timeout=60000)
    assert outcomes == [Outcome.STOPPED]
    assert len(steps) - done <= 1
    session.refine.discard()
    assert session.history.undo_text == "Refine"
