"""Live strokes: only what a change can change is painted, and stopped work is made up for."""

import numpy as np
import pytest

from engine.flow import NEUTRAL
from engine.strokes import synthesis
from engine.strokes.live import LiveStrokes
from engine.strokes.painter import StrokePainter, StrokeStyle
from engine.strokes.synthesis import StrokeSettings, repainted
from engine.tiles import Window
from tests.support.stroke_pictures import source

DAB = Window(70, 50, 90, 70)


@pytest.fixture(scope="module")
def style() -> StrokeStyle:
    paintings = source(count=2)
    painter = StrokePainter(paintings, paintings.rgb, 16, StrokeSettings(), [NEUTRAL, NEUTRAL])
    return StrokeStyle(painter, (np.arange(256) % 2).astype(np.uint8))


def doodle(dab: bool) -> np.ndarray:
    labels = np.zeros((128, 160), np.uint8)
    labels[80:] = 1
    if dab:
        labels[DAB.top : DAB.bottom, DAB.left : DAB.right] = 1
    return labels


def done(
    live: LiveStrokes, labels: np.ndarray, changed: Window | None
) -> tuple[Window, np.ndarray]:
    last = list(live.steps(labels, changed))[-1]
    assert last.share == 1
    assert last.pixels is not None
    return last.window, last.pixels


def test_a_change_stays_inside_its_window(style: StrokeStyle) -> None:
    live = LiveStrokes(style, 3)
    whole, before = done(live, doodle(dab=False), None)
    assert whole == Window(0, 0, 160, 128)
    window, pixels = done(live, doodle(dab=True), DAB)
    assert window == repainted(DAB).clipped(whole)
    now = before.copy()
    now[window.within(whole)] = pixels
    assert (live._painting.picture == now).all()
    assert (pixels != before[window.within(whole)]).any()


def test_stopped_work_is_made_up_for(style: StrokeStyle) -> None:
    live, straight = LiveStrokes(style, 3), LiveStrokes(style, 3)
    for one in (live, straight):
        done(one, doodle(dab=False), None)
    steps = live.steps(doodle(dab=True), DAB)
    next(steps)
    steps.close()
    window, _ = done(live, doodle(dab=True), Window(10, 10, 12, 12))
    whole = Window(0, 0, 160, 128)
    assert window == repainted(Window(10, 10, DAB.right, DAB.bottom)).clipped(whole)


def test_a_painting_that_was_stopped_is_painted_whole(style: StrokeStyle) -> None:
    live = LiveStrokes(style, 3)
    steps = live.steps(doodle(dab=False), None)
    next(steps)
    steps.close()
    window, pixels = done(live, doodle(dab=True), DAB)
    assert window == Window(0, 0, 160, 128)
    assert (pixels == done(LiveStrokes(style, 3), doodle(dab=True), None)[1]).all()


def test_another_size_begins_anew(style: StrokeStyle) -> None:
    live = LiveStrokes(style, 3)
    done(live, doodle(dab=False), None)
    window, _ = done(live, doodle(dab=False)[:64], Window(0, 0, 1, 1))
    assert window == Window(0, 0, 160, 64)


def test_a_large_canvas_comes_strip_by_strip(
    style: StrokeStyle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not painted yet is not shown: it would be black."""
    monkeypatch.setattr(synthesis, "STRIP", 160 * 70)
    shown = [
        step
        for step in LiveStrokes(style, 3).steps(doodle(dab=False), None)
        if step.pixels is not None
    ]
    windows = [step.window for step in shown]
    assert windows[0] == Window(0, 0, 160, 70)
    assert windows[-1] == Window(0, 38, 160, 128)
    canvas = np.zeros((128, 160, 3), np.uint8)
    for step in shown:
        assert (step.pixels.max(-1) > 0).mean() > 0.99
        canvas[step.window.top : step.window.bottom] = step.pixels
    assert (canvas.max(-1) > 0).mean() > 0.99
