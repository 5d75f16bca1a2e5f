"""The preview of a large canvas: coarse at first, resumed after a dab, with progress, stoppable."""

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.document.directions import CELL
from app.document.document import Change, Changed
from app.document.label_map import LabelMap
from app.document.rect import Rect
from app.services import doodle_painter
from app.services.doodle_painter import COARSE_TILE
from app.window import painting_progress
from app.window.main_window import MainWindow
from tests.support.fakes import FakeStudio, fake_paint
from tests.support.hand import press, release
from tests.support.waiting import round_trip

WIDTH, HEIGHT = COARSE_TILE + 300, COARSE_TILE + 200
TILE = 256


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch, studio: FakeStudio, window: MainWindow) -> MainWindow:
    """A window in which every canvas counts as large."""
    monkeypatch.setattr(doodle_painter, "LARGE", 0)
    monkeypatch.setattr(doodle_painter, "COARSE_AREA", 200 * 200)
    monkeypatch.setattr(painting_progress, "MOMENT", 0.0)
    studio.tile = TILE
    return window


def begin(window: MainWindow) -> np.ndarray:
    """Open a large doodle of two materials; return its whole painting."""
    labels = np.zeros((HEIGHT, WIDTH), np.uint8)
    labels[HEIGHT // 2 :] = 6
    state = window.session._blank(LabelMap.from_array(labels))
    window.session.become(state)
    return painted(window)


def painted(window: MainWindow) -> np.ndarray:
    document = window.session.document
    return fake_paint(document.labels.snapshot().array(), document.style_id, document.seed)


def begin_and_hold(qtbot: QtBot, window: MainWindow, studio: FakeStudio, tiles: int) -> None:
    """Open a large doodle and stop the studio when so many of its fine tiles are on screen."""
    shown = []

    def on_change(change: Change) -> None:
        if change.what is Changed.PAINTING and change.rect.width <= TILE:
            shown.append(change.rect)
            if len(shown) == tiles:
                studio.hold()

    begin(window)
    window.session.document.subscribe(on_change)
    qtbot.waitUntil(lambda: len(shown) >= tiles and studio.waiting.is_set())


def settle(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: not window.session.preview.busy)


def test_a_coarse_picture_covers_the_canvas_before_the_first_fine_tile(
    qtbot: QtBot, large: MainWindow, studio: FakeStudio
) -> None:
    document, seen = large.session.document, []

    def on_change(change: Change) -> None:
        if change.what is Changed.PAINTING:
            seen.append((change.rect, document.painting))

    document.subscribe(on_change)
    final = begin(large)
    settle(qtbot, large)
    coarse = [rect for rect, _ in seen[:4]]
    assert sum(rect.area for rect in coarse) == document.bounds.area, "four patches, no overlap"
    inside = slice(0, HEIGHT // 2 - 20)
    difference = np.abs(seen[3][1][inside].astype(int) - final[inside])
    assert difference.max() <= 8, "the same picture, enlarged"
    assert (document.painting == final).all()
    assert studio.requests[-2].labels.size <= 201 * 201


def test_a_repaint_and_a_saved_painting_are_never_blurred(
    qtbot: QtBot, large: MainWindow, studio: FakeStudio
) -> None:
    begin(large)
    settle(qtbot, large)
    asked = len(studio.requests)
    large.session.preview.repaint()
    settle(qtbot, large)
    large.session.become(large.session.document.state(preview=True))
    settle(qtbot, large)
    assert [request.labels.shape for request in studio.requests[asked:]] == 2 * [(HEIGHT, WIDTH)]


def test_a_dab_does_not_start_the_canvas_over(
    qtbot: QtBot, large: MainWindow, studio: FakeStudio
) -> None:
    begin_and_hold(qtbot, large, studio, 12)
    canvas, run = large.workspace.canvas, large.session.preview.serial
    press(canvas, (40, 40))
    studio.let_go()
    settle(qtbot, large)
    release(canvas, (40, 40))
    settle(qtbot, large)
    rest = next(
        request for request in studio.requests if request.serial > run and request.dirty is None
    )
    near = Rect(0, 0, 256, 256)
    assert len(rest.done) >= 12 - 4, "what was painted stays, except around the dab"
    assert near not in rest.done
    again = [Rect(*patch.rect) for patch in studio.patches if patch.serial == rest.serial]
    assert not rest.done & set(again)
    assert (large.session.document.painting == painted(large)).all()


def comb(window: MainWindow, at: Rect) -> None:
    """Set directions of the pen in a rectangle of the canvas."""
    document, cells = window.session.document, at.cells(CELL)
    document.directions.write(cells, np.full((cells.height, cells.width, 2), 200, np.uint8))
    document.publish_labels()


def test_the_coarse_picture_has_the_directions_of_the_reduced_canvas(
    qtbot: QtBot, large: MainWindow, studio: FakeStudio
) -> None:
    begin(large)
    comb(large, Rect(0, 0, WIDTH, HEIGHT // 2))
    settle(qtbot, large)
    asked = len(studio.requests)
    large.session.set_seed(5)
    settle(qtbot, large)
    small, whole = studio.requests[asked:]
    for request in (small, whole):
        rows, columns = (-(-side // CELL) for side in request.labels.shape)
        assert request.directions.shape == (rows, columns, 2)
        assert (request.directions[: rows // 3] == 200).all()
    assert small.labels.size < whole.labels.size


def test_what_was_painted_before_a_change_of_directions_is_painted_again(
    qtbot: QtBot, large: MainWindow, studio: FakeStudio
) -> None:
    begin_and_hold(qtbot, large, studio, 12)
    run, done = large.session.preview.serial, [Rect(*patch.rect) for patch in studio.patches]
    # The job for a large change joins the one in progress.
    comb(large, large.session.document.bounds)
    studio.let_go()
    settle(qtbot, large)
    rest = next(
        request for request in studio.requests if request.serial > run and request.dirty is None
    )
    assert done
    assert not rest.done


def test_progress_belongs_to_the_newest_run_and_begins_at_0(
    qtbot: QtBot, large: MainWindow, studio: FakeStudio
) -> None:
    preview, shares = large.session.preview, []
    preview.progressed.connect(lambda share, _seconds: shares.append(share))
    preview.run_begun.connect(lambda: shares.append(None))
    begin(large)
    qtbot.waitUntil(lambda: len(shares) > 3)
    begin(large)
    settle(qtbot, large)
    runs = [at for at, share in enumerate(shares) if share is None]
    assert len(runs) == 2
    first, second = shares[1 : runs[1]], shares[runs[1] + 1 :]
    for run in (first, second):
        assert run == sorted(run)
        assert run[0] < 0.2
    assert second[-1] == 1


def test_the_status_bar_shows_it_until_all_is_painted(
    qtbot: QtBot, large: MainWindow, studio: FakeStudio
) -> None:
    widget = large.painting_progress.widget
    assert widget.isHidden()
    begin(large)
    qtbot.waitUntil(lambda: not widget.isHidden())
    settle(qtbot, large)
    assert widget.isHidden()


def test_stopping_keeps_what_is_painted_and_dabs_go_on(
    qtbot: QtBot, large: MainWindow, studio: FakeStudio
) -> None:
    preview, document = large.session.preview, large.session.document
    begin_and_hold(qtbot, large, studio, 8)
    large.painting_progress.widget.stop_button.click()
    studio.let_go()
    settle(qtbot, large)
    assert not preview.whole
    asked = len(studio.requests)
    press(large.workspace.canvas, (40, 40))
    release(large.workspace.canvas, (40, 40))
    settle(qtbot, large)
    round_trip(qtbot, preview.engine.worker)
    assert all(request.dirty is not None for request in studio.requests[asked:])
    assert (document.painting[30:50, 30:50] == painted(large)[30:50, 30:50]).all()
    assert not preview.whole
    preview.repaint()
    settle(qtbot, large)
    assert preview.whole
    assert (document.painting == painted(large)).all()
