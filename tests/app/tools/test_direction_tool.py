"""Directions: recorded by the brush, kept or cleared by other tools, combed by their own tool."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.document.document import Change, Changed, Document
from app.document.label_map import LabelMap
from app.document.rect import Rect
from app.document.selection import Selection
from app.document.stroke import Keys, PointerSample
from app.document.symmetry import Symmetry
from app.tools import COMBS, TOOLS, Ink, ToolOptions
from app.tools.base import Gesture

WIDTH, HEIGHT = 160, 120
Path = Sequence[tuple[float, float]]
ACROSS = [(float(x), 60.0) for x in range(20, 141, 5)]
DOWN = [(80.0, float(y)) for y in range(10, 111, 5)]
PAINT = ToolOptions("brush", 4, 24, smoothing=0.0)
COMB = ToolOptions("direction", 4, 48)


def begin(document: Document, options: ToolOptions, path: Path, **more) -> tuple[Ink, Gesture]:
    """Drag a tool along points, without finishing."""
    ink = Ink(document, more.get("symmetry"))
    keys = more.get("keys", Keys.NONE)
    gesture = TOOLS[options.tool].begin(ink, options, PointerSample(*path[0], keys=keys))
    for point in path[1:]:
        gesture.move(PointerSample(*point, keys=keys))
    return ink, gesture


def draw(document: Document, options: ToolOptions, path: Path, **more) -> Ink:
    ink, gesture = begin(document, options, path, **more)
    gesture.finish()
    return ink


def empty() -> Document:
    return Document(LabelMap(WIDTH, HEIGHT))


def vectors(document: Document) -> np.ndarray:
    """Return the directions as vectors of length 0-1, per cell."""
    return (document.directions.snapshot().array().astype(float) - 128) / 127


def weights(document: Document) -> np.ndarray:
    return np.hypot(*np.moveaxis(vectors(document), 2, 0))


def angle(document: Document, x: float, y: float) -> float:
    """Return the direction at a pixel in degrees, 0 to 180."""
    cos, sin = vectors(document)[int(y) // 4, int(x) // 4]
    return math.degrees(math.atan2(sin, cos)) / 2 % 180


def near(found: float, wanted: float) -> bool:
    return abs((found - wanted + 90) % 180 - 90) < 3


# -- the brush ------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "degrees"), [(ACROSS, 0), (DOWN, 90), (ACROSS[::-1], 0)])
@pytest.mark.parametrize("brush", ["round", "square", "ragged"])
def test_a_stroke_has_the_direction_of_the_pen_under_it(path, degrees, brush):
    document = empty()
    draw(document, ToolOptions("brush", 4, 24, smoothing=0.0, brush=brush), path)
    assert near(angle(document, 80, 60), degrees)
    there = weights(document) > 0
    painted = (document.labels.snapshot().array() == 4).reshape(HEIGHT // 4, 4, WIDTH // 4, 4)
    assert not there[~painted.any((1, 3))].any(), "only under the paint"
    assert there[painted.all((1, 3))].mean() > 0.95
    assert weights(document)[there].min() > 0.98


def test_the_direction_does_not_depend_on_how_events_divide_a_stroke():
    coarse, fine = empty(), empty()
    draw(coarse, PAINT, [(20, 20), (140, 100)])
    draw(fine, PAINT, [(20 + 3 * k, 20 + 2 * k) for k in range(41)])
    both = (weights(coarse) > 0) & (weights(fine) > 0)
    assert both.sum() > 0.9 * (weights(coarse) > 0).sum()
    assert np.abs(vectors(coarse) - vectors(fine))[both].max() < 0.05


def test_the_newest_stroke_counts():
    document = empty()
    draw(document, PAINT, ACROSS)
    draw(document, PAINT, DOWN)
    assert near(angle(document, 80, 60), 90)
    assert near(angle(document, 40, 60), 0)


def test_a_bend_follows_the_pen_and_the_tail_stays():
    document = empty()
    path = [(20.0 + 4 * k, 30.0) for k in range(20)] + [(100.0, 30.0 + 4 * k) for k in range(20)]
    draw(document, PAINT, path)
    assert near(angle(document, 40, 30), 0)
    assert near(angle(document, 100, 90), 90)


def test_a_dot_has_none_and_clears_what_was_there():
    document = empty()
    draw(document, PAINT, ACROSS)
    draw(document, ToolOptions("brush", 5, 20), [(80, 60)])
    assert weights(document)[15, 20] == 0
    assert near(angle(document, 40, 60), 0)


def test_a_dot_of_an_unsteady_hand_has_none_either():
    document = empty()
    draw(document, ToolOptions("brush", 5, 30, smoothing=0.0), [(80, 60), (83, 62), (86, 58)])
    assert not weights(document).any()


def test_a_stroke_of_small_steps_has_its_direction_from_the_start():
    document = empty()
    draw(document, PAINT, [(40 + k, 60.0) for k in range(60)])
    assert near(angle(document, 34, 60), 0)
    assert near(angle(document, 41, 68), 0)
    assert near(angle(document, 100, 52), 0)


@pytest.mark.parametrize(
    "options",
    [
        ToolOptions("eraser", 4, 24, smoothing=0.0), ToolOptions("brush", 5, 24, follow=False),
        ToolOptions("line", 5, 24), ToolOptions("rectangle", 5), ToolOptions("ellipse", 5),
    ],
)  # fmt: skip
def test_what_records_nothing_clears_what_it_covers(options):
    document = empty()
    draw(document, PAINT, DOWN)
    draw(document, options, [(40, 44), (120, 76)])
    assert weights(document)[15, 20] == 0
    assert near(angle(document, 80, 16), 90)


def test_fill_keeps_directions():
    document = empty()
    draw(document, PAINT, ACROSS)
    before = vectors(document)
    draw(document, ToolOptions("fill", 6), [(80, 60)])
    assert document.labels.at(80, 60) == 6
    assert (vectors(document) == before).all()


def test_a_shape_in_progress_gives_back_what_it_no_longer_covers():
    document = empty()
    draw(document, PAINT, ACROSS)
    before = vectors(document)
    ink, gesture = begin(document, ToolOptions("rectangle", 5), [(30, 30), (130, 100)])
    assert not weights(document)[15, 10:30].any()
    gesture.move(PointerSample(34, 34))
    assert (vectors(document) == before).all()
    gesture.move(PointerSample(120, 90))
    ink.drop()
    assert (vectors(document) == before).all()
    assert (document.labels.snapshot().array() == 4).any()


def test_spaced_dabs_have_the_direction_too():
    document = empty()
    draw(document, ToolOptions("brush", 4, 20, spacing=1.5, jitter=0.5), ACROSS)
    there = weights(document) > 0
    assert there.any()
    assert np.abs(vectors(document)[there] - (1, 0)).max() < 0.1


@pytest.mark.parametrize("copies", [False, True])
@pytest.mark.parametrize("selected", [False, True])
def test_moving_takes_directions_along(copies, selected):
    document = empty()
    draw(document, PAINT, [(20, 60), (60, 60)])
    before = vectors(document)
    if selected:
        document.set_selection(Selection.of_box(Rect(8, 40, 72, 80), document.bounds))
    keys = Keys.ALT if copies else Keys.NONE
    ink, gesture = begin(document, ToolOptions("move"), [(40, 60), (90, 20), (120, 81)], keys=keys)
    gesture.finish()
    expected = np.zeros_like(before)
    if copies:
        expected[:] = before
    shifted = np.zeros_like(before)
    shifted[5:, 20:] = before[:-5, :-20]
    moved = (np.abs(shifted) > 0).any(2)
    expected[moved] = shifted[moved]
    if copies or selected:
        assert (vectors(document) == expected).all()
    else:
        assert (vectors(document)[moved] == shifted[moved]).all()
        assert not vectors(document)[15, 5:15].any()
    patch = ink.patch()
    assert patch is not None
    document.undo_patch(patch)
    assert (vectors(document) == before).all()


# -- selection, symmetry and undo -----------------------------------------------------------


@pytest.mark.parametrize("options", [PAINT, COMB])
def test_only_the_selection_changes(options):
    document = empty()
    document.set_selection(Selection.of_box(Rect(80, 0, 160, 120), document.bounds))
    draw(document, options, ACROSS)
    assert not weights(document)[:, :20].any()
    assert weights(document)[15, 25] > 0.9


SYMMETRIES = [(True, False), (False, True), (True, True)]


@pytest.mark.parametrize(("left_right", "top_bottom"), SYMMETRIES)
@pytest.mark.parametrize("comb", ["paint", *COMBS])
def test_mirror_images_have_mirrored_directions(left_right, top_bottom, comb):
    document = empty()
    options = PAINT if comb == "paint" else ToolOptions("direction", 4, 40, comb=comb)
    flat = np.full((HEIGHT // 4, WIDTH // 4, 2), 128, np.uint8)
    flat[..., 0] = 255
    document.directions.write(document.directions.bounds, flat)
    symmetry = Symmetry(WIDTH, HEIGHT, left_right, top_bottom)
    draw(document, options, [(20, 18), (28, 26), (40, 30), (50, 34)], symmetry=symmetry)
    found = vectors(document)
    if left_right:
        assert np.allclose(found, found[:, ::-1] * (1, -1), atol=0.02)
    if top_bottom:
        assert np.allclose(found, found[::-1] * (1, -1), atol=0.02)
    assert (vectors(document)[6, 6] != (1, 0)).any()


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-20, 180), st.floats(-20, 140)), min_size=1, max_size=6),
    st.sampled_from(["paint", *COMBS]),
)
def test_a_gesture_is_undone_and_redone_as_one(path, kind):
    document = empty()
    draw(document, PAINT, ACROSS)
    before, labels = vectors(document), document.labels.snapshot().array()
    options = PAINT if kind == "paint" else ToolOptions("direction", 4, 60, comb=kind)
    ink = draw(document, options, path)
    after, painted = vectors(document), document.labels.snapshot().array()
    patch = ink.patch()
    if patch is None:
        assert (after == before).all()
        assert (painted == labels).all()
        return
    while patch.pack():
        pass
    document.undo_patch(patch)
    assert (vectors(document) == before).all()
    assert (document.labels.snapshot().array() == labels).all()
    document.redo_patch(patch)
    assert (vectors(document) == after).all()
    assert (document.labels.snapshot().array() == painted).all()


def test_changes_are_reported_where_they_are():
    document = empty()
    seen: list[Change] = []
    document.subscribe(seen.append)
    draw(document, PAINT, [(40, 40), (60, 40)])
    labels = [change for change in seen if change.what is Changed.LABELS]
    assert labels
    assert not any(change.what is Changed.DIRECTIONS for change in seen), "one job per dab"
    for change in labels:
        assert change.rect.clipped(Rect(24, 24, 76, 56)) == change.rect
    seen.clear()
    draw(document, ToolOptions("direction", 4, 16), [(100, 80), (120, 80)])
    assert {change.what for change in seen} == {Changed.DIRECTIONS}
    for change in seen:
        assert change.rect.clipped(Rect(84, 64, 136, 96)) == change.rect


# -- the direction tool ---------------------------------------------------------------------


@pytest.mark.parametrize("strength", [1.0, 0.5])
def test_combing_turns_directions_and_paints_nothing(strength):
    document = empty()
    draw(document, PAINT, ACROSS)
    labels = document.labels.snapshot()
    draw(document, ToolOptions("direction", 4, 48, strength=strength), DOWN)
    assert document.labels.snapshot().shares_all(labels)
    assert near(angle(document, 80, 60), 90)
    assert weights(document)[15, 20] == pytest.approx(strength, abs=0.05)
    assert near(angle(document, 30, 60), 0)
    edge = weights(document)[5, 20:27]
    assert (np.diff(edge) <= 0).all()
    assert edge[-1] == 0


def test_a_click_combs_nothing():
    document = empty()
    assert draw(document, COMB, [(80, 60)]).patch() is None


def test_alt_takes_directions_away():
    document = empty()
    draw(document, PAINT, ACROSS)
    draw(document, COMB, DOWN, keys=Keys.ALT)
    assert weights(document)[15, 20] < 0.02
    assert near(angle(document, 30, 60), 0)
    assert (document.labels.snapshot().array() == 4).any()


@pytest.mark.parametrize(
    ("comb", "right", "below"),
    [("fountain", 0, 90), ("whirl-left", 115, 25), ("whirl-right", 65, 155)],
)
def test_a_click_of_the_other_brushes_is_enough(comb, right, below):
    document = empty()
    draw(document, ToolOptions("direction", 4, 100, comb=comb), [(82, 62)])
    assert near(angle(document, 102, 62), right)
    assert near(angle(document, 82, 82), below)
    assert near(angle(document, 62, 62), right)
    assert not weights(document)[15, 36:].any()


def test_dragging_a_fountain_moves_its_middle():
    document = empty()
    path = [(x - 2.0, 62.0) for x, _ in ACROSS]
    draw(document, ToolOptions("direction", 4, 60, comb="fountain"), path)
    assert angle(document, 138, 78) == pytest.approx(90, abs=12)
