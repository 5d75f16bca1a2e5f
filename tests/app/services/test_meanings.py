"""Tests that every way of painting a document knows what the user chose for a material."""

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.document.brushwork import Brushwork, Meaning
from app.document.export_options import ExportOptions
from app.services.meanings import meanings_of
from app.services.variations_worker import Variation
from app.window.main_window import MainWindow
from engine.requests import PaintedBy
from engine.strokes import live
from tests.support.fakes import FakeStudio

RED_SKY = PaintedBy("starry-night", "sky", "#c04020")


@pytest.fixture
def meant(qtbot: QtBot, window: MainWindow) -> MainWindow:
    """A window in which water is painted as red sky, in its style and in another one."""
    document = window.session.document
    chosen = (
        Meaning(style, 9, RED_SKY.style, RED_SKY.region, RED_SKY.tint)
        for style in (document.style_id, "other")
    )
    document.set_brushwork(Brushwork(meanings=tuple(chosen)))
    qtbot.waitUntil(lambda: not window.session.preview.busy)
    return window


def test_meanings_are_those_of_one_style(meant: MainWindow) -> None:
    state = meant.session.document.state()
    assert meanings_of(state) == meanings_of(state, "other") == {9: RED_SKY}
    assert meanings_of(state, "third") == {}


@pytest.mark.parametrize("scale", [1, 2])
def test_exports(
    qtbot: QtBot, meant: MainWindow, studio: FakeStudio, tmp_path: Path, scale: int
) -> None:
    with qtbot.waitSignal(meant.session.exports.written):
        meant.session.export(ExportOptions(tmp_path / "out.png", scale=scale))
    assert studio.exports[-1].meanings == {9: RED_SKY}


def test_refine(qtbot: QtBot, meant: MainWindow, studio: FakeStudio) -> None:
    with qtbot.waitSignal(meant.session.refine.finished):
        meant.session.begin_refine()
    assert studio.refined[-1].meanings == {9: RED_SKY}


def test_variations_and_sketches(
    qtbot: QtBot, meant: MainWindow, studio: FakeStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "ensure_compiled", lambda *_: True)
    session = meant.session
    with qtbot.waitSignal(session.sketch.painted):
        session.sketch.show("other")
    assert studio.requests[-1].meanings == {9: RED_SKY}
    wanted = [Variation(style, 3, strokes=True) for style in (session.style_id, "other")]
    session.variations.begin(wanted, 200)
    qtbot.waitUntil(lambda: len(studio.stroked) == 2)
    assert [request.meanings for request in studio.stroked] == [{9: RED_SKY}] * 2
