"""Race conditions of Refine: requests that overtake each other."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.document.document_state import DocumentState
from app.document.export_options import ExportOptions
from app.document.label_map import LabelMap
from app.services.refine import RefineState
from app.window.main_window import MainWindow
from engine.studio import StyleInfo
from tests.support.fakes import FakeStudio
from tests.support.hand import drag
from tests.support.refining import begin, hold_in_tile, refine
from tests.support.waiting import round_trip


def test_an_older_wish_to_stop_does_not_swallow_the_next(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    session, saving, saved = window.session, threading.Event(), threading.Event()

    def slow_disk(*_: object) -> Iterator[float]:
        saving.set()
        saved.wait(20)
        yield 1.0

    monkeypatch.setattr(studio, "export", slow_disk)
    hold_in_tile(qtbot, window, studio, drafted=False)
    session.export(ExportOptions(tmp_path / "out.png"))
    session.refine.stop()  # its second half waits behind the picture
    qtbot.waitUntil(lambda: not session.refine.active and saving.is_set())
    begin(window)
    session.refine.stop()
    saved.set()
    qtbot.waitUntil(lambda: not session.refine.active)
    assert not session.history.can_undo


def test_the_tile_in_hand_does_not_hide_that_refine_is_paused(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio
) -> None:
    refiner, steps = window.session.preview.engine.refiner, list[object]()
    refiner.stepped.connect(lambda _run, step: steps.append(step))
    hold_in_tile(qtbot, window, studio, drafted=False)
    window.actions_by_id["refine.pause"].trigger()
    studio.let_go()
    round_trip(qtbot, refiner)
    assert len(steps) == 1
    assert window.session.refine.state is RefineState.PAUSED
    assert window.refine_bar.time_left.text() == "paused"


def test_a_painting_that_failed_is_not_refined_before_it_is_painted(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio
) -> None:
    session = window.session
    studio.hold()
    drag(window.workspace.canvas, [(40, 40), (80, 40)])
    qtbot.waitUntil(studio.waiting.is_set)
    studio.fail_once(MemoryError())
    drag(window.workspace.canvas, [(40, 90), (80, 90)])
    begin(window)
    studio.let_go()
    qtbot.waitUntil(lambda: not session.refine.active)
    assert not studio.refined
    assert "not complete" in window.workspace.messages.text
    begin(window)
    qtbot.waitUntil(lambda: session.history.undo_text == "Refine")
    assert (studio.refined[0].start == session.document.preview).all()


def test_a_sketch_asked_for_while_another_fails_is_painted(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    loading, go, load, seen = threading.Event(), threading.Event(), studio.load_style, []

    def slow_load(style_id: str) -> StyleInfo:
        if style_id == "other":
            loading.set()
            go.wait(20)
        return load(style_id)

    monkeypatch.setattr(studio, "load_style", slow_load)
    studio.broken_styles.add("other")
    window.session.sketch.painted.connect(lambda style, _: seen.append(style))
    window.session.sketch.show("other")
    qtbot.waitUntil(loading.is_set)
    window.session.sketch.show("third")
    go.set()
    qtbot.waitUntil(lambda: seen == ["third"])


def test_pictures_of_a_run_do_not_begin_the_comparison_anew(
    qtbot: QtBot, window: MainWindow
) -> None:
    refine(qtbot, window)
    document, space = window.session.document, window.workspace
    window.actions_by_id["compare"].trigger()
    before = space._before
    assert before is not None
    assert document.refined is not None
    document.set_draft(replace(document.refined, pixels=document.preview))
    assert space._before is before
    document.replace_canvas(DocumentState(LabelMap(64, 48).snapshot()))
    assert space._before is None
