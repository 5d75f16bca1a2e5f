"""Style previews do not change the document."""

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.document.brushwork import Brushwork, Meaning
from app.document.document_state import DocumentState
from app.document.label_map import LabelMap
from app.services.meanings import PaintedBy
from app.services.style_preview_worker import (
    STYLE_PREVIEW_AREA,
    StylePreviewJob,
    StylePreviewSlot,
    small_labels,
)
from app.window.main_window import MainWindow
from tests.support.fakes import FakeStudio, fake_paint
from tests.support.hand import press, release
from tests.support.waiting import round_trip


def labels_of(window: MainWindow) -> np.ndarray:
    return window.session.document.labels.snapshot().array()


def sketches(window: MainWindow) -> list[tuple[str, np.ndarray]]:
    """Collect every style preview that is painted."""
    seen: list[tuple[str, np.ndarray]] = []
    window.session.sketch.painted.connect(lambda style, pixels: seen.append((style, pixels)))
    return seen


def assert_up_to_date(qtbot: QtBot, window: MainWindow) -> None:
    document = window.session.document
    qtbot.waitUntil(lambda: not window.session.preview.busy)
    wanted = fake_paint(labels_of(window), document.style_id, document.seed)
    assert (document.painting == wanted).all()


def test_a_sketch_leaves_the_document_alone(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio
) -> None:
    session, seen = window.session, sketches(window)
    before = session.document.painting.copy()
    session.sketch.show("other")
    qtbot.waitUntil(lambda: bool(seen))
    assert seen[0][0] == "other"
    assert (seen[0][1] == fake_paint(labels_of(window), "other", 1)).all()
    assert (session.document.painting == before).all()
    assert session.document.style_id == "starry-night"
    assert not session.document.modified
    assert not session.history.can_undo
    asked = len(studio.requests)
    session.sketch.show("")
    round_trip(qtbot, session.preview.engine.worker)
    assert len(studio.requests) == asked  # the painting is still there: nothing is repainted


def test_the_newest_sketch_wins(qtbot: QtBot, window: MainWindow, studio: FakeStudio) -> None:
    seen, sketch = sketches(window), window.session.sketch
    studio.hold()
    sketch.show("other")
    qtbot.waitUntil(studio.waiting.is_set)
    sketch.show("starry-night")
    sketch.show("third")
    studio.let_go()
    qtbot.waitUntil(lambda: bool(seen))
    assert [style for style, _ in seen] == ["third"]
    assert [request.style_id for request in studio.requests[-2:]] == ["other", "third"]


def test_a_sketch_not_wanted_any_more_is_given_up(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio
) -> None:
    seen = sketches(window)
    studio.hold()
    window.session.sketch.show("other")
    qtbot.waitUntil(studio.waiting.is_set)
    window.session.sketch.show("")
    patches = len(studio.patches)
    studio.let_go()
    round_trip(qtbot, window.session.preview.engine.worker)
    assert not seen
    assert len(studio.patches) <= patches + 1


def test_a_dab_goes_before_a_sketch(qtbot: QtBot, window: MainWindow, studio: FakeStudio) -> None:
    seen, canvas = sketches(window), window.workspace.canvas
    studio.hold()
    window.session.sketch.show("other")
    qtbot.waitUntil(studio.waiting.is_set)
    press(canvas, (100, 100))
    studio.let_go()
    assert_up_to_date(qtbot, window)
    release(canvas, (100, 100))
    qtbot.waitUntil(lambda: bool(seen))
    assert (seen[-1][1] == fake_paint(labels_of(window), "other", 1)).all()
    styles = [request.style_id for request in studio.requests]
    first = styles.index("other")
    assert styles[first : first + 2] == ["other", "starry-night"]


def test_a_sketch_goes_before_the_rest_of_a_large_job(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio
) -> None:
    seen = sketches(window)
    studio.hold()
    window.session.set_seed(9)
    qtbot.waitUntil(studio.waiting.is_set)
    window.session.sketch.show("other")
    studio.let_go()
    qtbot.waitUntil(lambda: bool(seen))
    assert_up_to_date(qtbot, window)
    styles = [request.style_id for request in studio.requests[-3:]]
    assert styles == ["starry-night", "other", "starry-night"]
    assert sum(patch.serial == studio.requests[-3].serial for patch in studio.patches) > 1


def test_a_sketch_is_kept_until_the_doodle_changes(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio
) -> None:
    seen, sketch = sketches(window), window.session.sketch
    for style in ("other", "third", "other"):
        count = len(seen)
        sketch.show(style)
        qtbot.waitUntil(lambda count=count: len(seen) > count)
    assert [request.style_id for request in studio.requests[-2:]] == ["other", "third"]
    window.session.clear()
    qtbot.waitUntil(lambda: len(seen) == 4)  # what is looked at follows the doodle
    assert seen[3][0] == "other"
    assert (seen[3][1] == fake_paint(labels_of(window), "other", 1)).all()


def test_a_sketch_is_painted_again_after_a_choice_of_what_paints_a_material(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio
) -> None:
    session, seen = window.session, sketches(window)
    session.sketch.show("other")
    qtbot.waitUntil(lambda: len(seen) == 1)
    session.document.set_brushwork(Brushwork(meanings=(Meaning("other", 9, "other", "sky"),)))
    qtbot.waitUntil(lambda: len(seen) == 2)
    assert studio.requests[-1].meanings == {9: PaintedBy("other", "sky")}


def test_a_sketch_stands_in_until_the_chosen_style_is_painted(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio
) -> None:
    seen, session = sketches(window), window.session
    session.sketch.show("other")
    qtbot.waitUntil(lambda: bool(seen))
    studio.hold()
    session.choose_style("other")
    assert (session.document.painting == seen[0][1]).all()
    studio.let_go()
    assert_up_to_date(qtbot, window)
    session.undo()
    assert_up_to_date(qtbot, window)
    assert not session.history.can_undo


def test_a_style_that_does_not_load_is_told_and_the_worker_lives_on(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio
) -> None:
    studio.broken_styles.add("other")
    with qtbot.waitSignal(window.session.sketch.failed) as told:
        window.session.sketch.show("other")
    assert told.args == ["other", "styles/other cannot be loaded."]
    seen = sketches(window)
    window.session.sketch.show("third")
    qtbot.waitUntil(lambda: bool(seen))


def test_sketches_come_while_refine_runs(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio
) -> None:
    seen, session = sketches(window), window.session
    studio.hold_refine()
    session.begin_refine()
    qtbot.waitUntil(studio.in_tile.is_set)
    session.sketch.show("other")
    qtbot.waitUntil(lambda: bool(seen))
    assert session.refine.active
    studio.let_go()
    qtbot.waitUntil(lambda: not session.refine.active)
    assert session.document.shows_refined


@pytest.mark.parametrize("shape", [(192, 256), (768, 1024), (3000, 4001), (20, 8192)])
def test_small_labels(shape: tuple[int, int]) -> None:
    labels = np.zeros(shape, np.uint8)
    labels[shape[0] // 2 :] = 6
    small = small_labels(labels)
    height, width = small.shape
    assert small.size <= max(STYLE_PREVIEW_AREA * 1.01, height)
    assert small.size >= min(labels.size, STYLE_PREVIEW_AREA) * 0.99
    assert height / shape[0] == pytest.approx(width / shape[1], rel=0.02)
    assert set(np.unique(small)) == {0, 6}
    assert abs((small == 6).mean() - 0.5) < 0.03


def test_the_slot_keeps_a_newer_wish() -> None:
    slot, state = StylePreviewSlot(), DocumentState(LabelMap(8, 8).snapshot())
    older, newer = StylePreviewJob(1, state), StylePreviewJob(2, state)
    assert slot.post(older)
    assert not slot.post(newer)
    slot.settle(older)
    assert slot.newest is newer
    slot.settle(newer)
    assert slot.newest is None
    assert not slot.post(None)
