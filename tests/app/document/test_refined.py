"""Blending a refined picture with the preview."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from app.document.brushwork import Brushwork, Meaning
from app.document.directions import DirectionSnapshot
from app.document.document import Document
from app.document.doodle import Doodle
from app.document.label_map import LabelMap
from app.document.rect import Rect
from app.document.refined import FEATHER, WHOLLY, Refined, preview_share
from app.editing.commands import RefineCommand
from app.editing.history import History

WIDTH, HEIGHT, REACH = 320, 290, 20


def picture(seed: int) -> np.ndarray:
    pixels = np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    pixels.flags.writeable = False
    return pixels


def refined_document(seed: int = 1) -> Document:
    """Return a document that shows all of its refined picture."""
    document = Document(LabelMap(WIDTH, HEIGHT), "a", 1, REACH)
    document.merge_painting(document.bounds, picture(0))
    document.set_refined(Refined(picture(seed), document.labels.snapshot(), "a", 1))
    return document


def paint(document: Document, rect: Rect, material: int) -> None:
    document.labels.write(rect, np.full((rect.height, rect.width), material, np.uint8))
    document.publish_labels()


boxes = st.tuples(
    st.integers(0, WIDTH - 12), st.integers(0, HEIGHT - 12), st.integers(1, 12), st.integers(1, 12)
).map(lambda box: Rect(box[0], box[1], box[0] + box[2], box[1] + box[3]))


@settings(max_examples=30, deadline=None)
@given(boxes)
def test_preview_shows_as_far_as_a_label_reaches_and_then_fades(box: Rect) -> None:
    labels = LabelMap(WIDTH, HEIGHT)
    old = labels.snapshot()
    labels.write(box, np.full((box.height, box.width), 3, np.uint8))
    share = preview_share(Doodle(old), Doodle(labels), labels.bounds, REACH)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    down = np.maximum(0, np.maximum(box.top - rows, rows - box.bottom + 1))
    across = np.maximum(0, np.maximum(box.left - columns, columns - box.right + 1))
    distance = np.hypot(across, down)
    # OpenCV's 5 x 5 distances are up to 2 % off.
    assert (share[distance <= 0.97 * REACH] == WHOLLY).all()
    assert (share[distance >= 1.03 * (REACH + FEATHER)] == 0).all()
    middle = np.abs(distance - REACH - FEATHER / 2) < 1
    assert np.all((share[middle] > 50) & (share[middle] < 205))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(boxes, st.integers(0, 2)), min_size=1, max_size=8))
def test_incremental_updates_equal_a_full_update(dabs: list[tuple[Rect, int]]) -> None:
    document = refined_document()
    for box, material in dabs:
        paint(document, box, material)
    assert document.refined is not None
    whole = preview_share(document.refined.labels, document.labels, document.bounds, REACH)
    assert document.layer is not None
    assert document.layer.whole == (not whole.any())
    unlike = document.layer.stale != (whole >= 128)
    assert np.all(np.abs(whole[unlike].astype(int) - 128) <= 2)
    document.merge_painting(document.bounds, picture(0))
    assert (document.painting[whole == 0] == picture(1)[whole == 0]).all()
    assert (document.painting[whole == WHOLLY] == picture(0)[whole == WHOLLY]).all()


def test_the_blend_is_continuous() -> None:
    document = refined_document()
    black, white = np.zeros_like(picture(0)), np.full_like(picture(0), 255)
    document.merge_painting(document.bounds, white)
    document.set_refined(Refined(black, document.labels.snapshot(), "a", 1))
    paint(document, Rect(100, 100, 110, 110), 3)
    document.merge_painting(document.bounds, white)
    row = document.painting[105, :, 0].astype(int)
    assert row[105] == 255
    assert row[0] == 0
    assert np.abs(np.diff(row)).max() <= 255 / FEATHER + 1


def test_changed_pixels_keep_their_colours_until_repainted() -> None:
    document = refined_document()
    rect = Rect(100, 100, 110, 110)
    paint(document, rect, 3)
    assert (document.painting[rect.slices] == picture(1)[rect.slices]).all()
    document.merge_painting(rect, picture(2)[rect.slices])
    assert (document.painting[rect.slices] == picture(2)[rect.slices]).all()


def test_new_preview_pixels_show_where_the_preview_is_visible() -> None:
    document = refined_document()
    paint(document, Rect(100, 100, 110, 110), 3)
    document.merge_painting(Rect(90, 90, 120, 120), picture(2)[90:120, 90:120])
    assert (document.painting[95:115, 95:115] == picture(2)[95:115, 95:115]).all()
    document.merge_painting(Rect(200, 0, 300, 50), picture(2)[:50, 200:300])
    assert (document.painting[:50, 200:] == picture(1)[:50, 200:]).all()
    assert (document.preview[:50, 200:300] == picture(2)[:50, 200:300]).all()


def test_a_draft_lies_over_the_refined_picture_until_it_is_taken_away() -> None:
    document = refined_document()
    paint(document, Rect(100, 100, 110, 110), 3)
    document.set_modified(False)
    document.set_draft(Refined(picture(5), document.labels.snapshot(), "a", 1))
    assert (document.painting == picture(5)).all()
    document.set_draft(None)
    assert (document.painting[120, 105] == picture(0)[120, 105]).all()
    assert (document.painting[200, 200] == picture(1)[200, 200]).all()
    assert not document.modified


def test_a_recovered_document_has_no_holes() -> None:
    """The preview is not painted yet, and the doodle has changed since Refine."""
    before = refined_document()
    assert before.refined is not None
    paint(before, Rect(100, 100, 110, 110), 3)
    document = Document(LabelMap(8, 8), "a", 1, REACH)
    document.become(before.state())
    assert (document.painting == picture(1)).all()
    assert not document.stands_in


def test_refine_steps_count_in_the_historys_budget(qtbot: QtBot) -> None:
    document = refined_document()
    size = picture(0).nbytes
    history = History(budget=6 * size)
    for seed in range(2, 8):
        refined = Refined(picture(seed), document.labels.snapshot(), "a", 1)
        history.push(RefineCommand(document, refined))
        qtbot.waitUntil(lambda: history.nbytes <= 6 * size)
    steps = 0
    while history.can_undo:
        history.undo()
        steps += 1
        assert (document.painting == picture(7 - steps)).all()
    assert steps == 4  # a picture that two steps share counts once


@settings(max_examples=30, deadline=None)
@given(st.integers(0, WIDTH // 4 - 2), st.integers(0, HEIGHT // 4 - 2), st.integers(1, 3))
def test_preview_shows_where_directions_have_changed(left: int, top: int, side: int) -> None:
    document = refined_document()
    assert document.layer is not None
    assert document.layer.whole
    cells = Rect(left, top, left + side, top + side).clipped(document.directions.bounds)
    document.directions.write(cells, np.full((cells.height, cells.width, 2), 200, np.uint8))
    rect = document.publish_labels()
    assert rect == cells.scaled(4).clipped(document.bounds)
    assert not document.layer.whole
    document.merge_painting(document.bounds, picture(0))
    assert (document.read_painting(rect) == picture(0)[rect.slices]).all()
    refined, far = picture(1), np.ones((HEIGHT, WIDTH), bool)
    far[rect.grown(REACH + FEATHER).clipped(document.bounds).slices] = False
    assert (document.painting[far] == refined[far]).all()
    # A refined picture that was made with these directions is whole.
    turned = document.state().directions
    labels = document.labels.snapshot()
    document.set_refined(Refined(refined, labels, "a", 1, directions=turned))
    assert document.layer.whole
    assert (document.painting == refined).all()


def test_a_doodle_differs_where_labels_or_directions_differ() -> None:
    rng, bounds = np.random.default_rng(4), Rect.of_size(1100, 600)
    labels, cells = LabelMap(1100, 600), np.full((150, 275, 2), 128, np.uint8)
    old = Doodle(labels.snapshot(), DirectionSnapshot.of_array(cells))
    assert old.shares_all(Doodle(labels.snapshot(), old.directions))
    spots = rng.integers(0, (150, 275), (9, 2))
    cells[tuple(spots.T)] = 9
    labels.write(Rect(500, 300, 501, 302), np.full((2, 1), 3, np.uint8))
    new = Doodle(labels, DirectionSnapshot.of_array(cells))
    assert not new.shares_all(old)
    expected = (cells != 128).any(2).repeat(4, 0).repeat(4, 1)
    expected[300:302, 500] = True
    assert (new.differing(old, bounds) == expected).all()
    part = Rect(33, 21, 1099, 599)
    assert (new.differing(old, part) == expected[part.slices]).all()
    assert (new.differing(Doodle(old.labels), part) == expected[part.slices]).all()
    for step in (1, 2, 4, 8):
        marks = np.zeros((600 // step, -(-1100 // step)), np.uint8)
        new.mark_differing(old, bounds, marks, step)
        wide = np.zeros((600, marks.shape[1] * step), bool)
        wide[:, :1100] = expected
        blocks = wide.reshape(600 // step, step, -1, step).any((1, 3))
        assert ((marks > 0) == blocks).all(), step


def test_it_is_shown_again_after_a_choice_in_another_style() -> None:
    """What paints a material in one style says nothing about pictures in another."""
    own, other = Meaning("third", 9, "third", "sky"), Meaning("other", 9, "other", "sky")
    labels = LabelMap(40, 30).snapshot()
    pixels = np.zeros((30, 40, 3), np.uint8)
    refined = Refined(pixels, labels, "third", 1, brushwork=Brushwork(meanings=(own,)))
    assert refined.fits("third", 1, brushwork=Brushwork(meanings=(other, own)))
    assert not refined.fits("third", 1, brushwork=Brushwork(meanings=(other,)))
    assert not refined.fits("third", 1, brushwork=Brushwork(2.0, (own,)))
