"""Edits: undo and redo of a repaint restore every level to the last bit."""

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.flow import NEUTRAL
from engine.strokes import synthesis
from engine.strokes.edits import StrokeEdit, difference
from engine.strokes.live import LiveStrokes
from engine.strokes.painter import StrokeStyle
from engine.strokes.synthesis import StrokePainting, repaint
from engine.strokes.target import StrokeTarget
from engine.tiles import Window
from tests.support.stroke_pictures import doodle, painted, painter, uses

BOXES = st.tuples(
    st.integers(0, 130), st.integers(0, 90), st.integers(1, 60), st.integers(1, 40)
).map(lambda box: Window(box[0], box[1], box[0] + box[2], box[1] + box[3]))


def everything(painting: StrokePainting) -> list[np.ndarray]:
    """Copies of all that decides how the painting goes on."""
    found: list[np.ndarray] = [painting.target.regions]
    for level in painting.levels:
        found += [level.regions, level.field, level.picture, level.used, level.areas]
        if level.guides is not None:
            found += [*level.guides.layers()]
    return copy.deepcopy(found)


def alike(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def daubed(regions: np.ndarray, box: Window, region: int) -> np.ndarray:
    changed = regions.copy()
    changed[box.top : box.bottom, box.left : box.right] = region
    return changed


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 99), st.lists(st.tuples(BOXES, st.integers(0, 2)), min_size=1, max_size=3))
def test_undo_and_redo_restore_every_level(seed: int, dabs: list[Any]) -> None:
    painting = painted(doodle(115, 150, 3, seed), seed=seed)
    states, edits = [everything(painting)], []
    for box, region in dabs:
        changed = box.clipped(painting.target.canvas)
        regions = daubed(painting.target.regions, changed, region)
        edits.append(StrokeEdit(painting, changed))
        for _ in repaint(painting, StrokeTarget(regions, seed), changed):
            pass
        states.append(everything(painting))
    for edit, before in zip(edits[::-1], states[-2::-1], strict=True):
        edit.exchange(painting)
        assert alike(everything(painting), before)
    for edit, after in zip(edits, states[1:], strict=True):
        edit.exchange(painting)
        assert alike(everything(painting), after)
    for level, paintings in zip(painting.levels, painting.source.levels, strict=True):
        assert (level.used == uses(level.field, paintings.places.shape)).all()


def test_a_large_canvas_without_guides_at_the_finest_level(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(synthesis, "STRIP", 150 * 70)
    painting = painted(doodle(115, 150, 3, 1))
    assert painting.levels[0].guides is None
    before, changed = everything(painting), Window(40, 50, 70, 80)
    edit = StrokeEdit(painting, changed)
    regions = daubed(painting.target.regions, changed, 2)
    for _ in repaint(painting, StrokeTarget(regions), changed):
        pass
    assert not alike(everything(painting), before)
    edit.exchange(painting)
    assert alike(everything(painting), before)


def test_an_edit_takes_memory_for_its_rectangle_only() -> None:
    painting = painted(doodle(400, 500, 3, 1))
    edit = StrokeEdit(painting, Window(200, 200, 220, 210))
    assert 0 < edit.nbytes < painting.nbytes / 10


def test_all_arrays_of_a_painting_count_as_its_memory() -> None:
    regions, directions = doodle(60, 80, 3, 1), np.full((15, 20, 2), 200, np.uint8)
    plain = painted(regions)
    more = painted(regions, kinds=np.zeros_like(regions), directions=directions)
    pens = [level.guides.pen for level in more.levels if level.guides is not None]
    planes = [regions, directions, *(pen for pen in pens if pen is not None)]
    assert len(planes) == 2 + len(more.levels)
    assert more.nbytes - plain.nbytes == sum(plane.nbytes for plane in planes)


def test_the_difference_of_two_doodles() -> None:
    painting = painted(doodle(60, 80, 3, 1))
    regions = painting.target.regions
    assert difference(painting, regions).empty
    other = daubed(regions, Window(10, 20, 11, 21), (regions[20, 10] + 1) % 3)
    other[40, 70] += 1
    assert difference(painting, other) == Window(10, 20, 71, 41)


def test_another_kind_of_border_is_a_difference() -> None:
    regions = doodle(60, 80, 3, 1)
    kinds = np.zeros_like(regions)
    painting = painted(regions, kinds=kinds)
    assert difference(painting, regions, kinds=kinds.copy()).empty
    other = daubed(kinds, Window(10, 20, 12, 23), 1)
    assert difference(painting, regions, kinds=other) == Window(10, 20, 12, 23)


def test_live_strokes_see_materials_of_one_region_with_other_borders() -> None:
    of = painter(16, 2, [NEUTRAL, NEUTRAL])
    edges = (np.arange(256) % 7).astype(np.uint8)
    live = LiveStrokes(StrokeStyle(of, np.zeros(256, np.uint8), edges), 3)
    labels = np.zeros((60, 80), np.uint8)
    for _ in live.steps(labels, None):
        pass
    assert live.difference(labels).empty
    assert live.difference(daubed(labels, Window(10, 20, 12, 23), 1)) == Window(10, 20, 12, 23)


class Hand:
    """Live strokes of one style, and a doodle that is changed by dabs."""

    def __init__(self, enlarged: int = 16) -> None:
        of = painter(enlarged, 2, [NEUTRAL, NEUTRAL])
        style = StrokeStyle(of, (np.arange(256) % 2).astype(np.uint8))
        self.live, self.labels = LiveStrokes(style, 3), doodle(115, 150, 2, 4)
        self.paint(None)
        self.live.take_edits()

    def paint(self, changed: Window | None, steps: int = 999) -> None:
        """So many steps of a job."""
        made = self.live.steps(self.labels, changed)
        for _ in zip(range(steps), made, strict=False):
            pass
        made.close()

    def dab(self, box: Window, material: int, steps: int = 999) -> None:
        self.labels = daubed(self.labels, box, material)
        self.paint(box, steps)

    @property
    def state(self) -> list[np.ndarray]:
        assert self.live._painting is not None
        return everything(self.live._painting)


ONE, OTHER = Window(30, 30, 50, 44), Window(90, 60, 101, 80)


@pytest.mark.parametrize("enlarged", [16, 25, 64])
def test_live_strokes_go_back_over_several_dabs_and_forward_again(enlarged: int) -> None:
    hand, labels = Hand(enlarged), Hand(enlarged).labels
    before = hand.state
    hand.dab(ONE, 1)
    hand.dab(OTHER, 0)
    after, edits = hand.state, hand.live.take_edits()
    hand.live.exchange(edits)
    assert alike(hand.state, before)
    changed = hand.live.difference(hand.labels)
    assert not changed.empty
    assert changed.clipped(ONE.united(OTHER).grown(enlarged // 8)) == changed
    assert hand.live.difference(labels).empty
    hand.live.exchange(edits)
    assert alike(hand.state, after)


@pytest.mark.parametrize("steps", [1, 4, 9])
def test_a_stopped_dab_leaves_no_trace(steps: int) -> None:
    """Neither when it is taken back, nor when the next dab takes over its part."""
    hand, straight = Hand(), Hand()
    before = hand.state
    hand.dab(ONE, 1, steps)
    hand.live.revert()
    assert alike(hand.state, before)
    hand.labels = straight.labels
    hand.dab(ONE, 1, steps)
    hand.dab(OTHER, 0)
    straight.labels = daubed(straight.labels, ONE, 1)
    straight.dab(OTHER, 0, 0)
    straight.live.revert()
    straight.paint(ONE.united(OTHER))
    assert alike(hand.state, straight.state)
    assert hand.live.difference(hand.labels).empty


def test_what_follows_an_undo_is_as_if_nothing_had_been() -> None:
    hand, straight = Hand(), Hand()
    labels = hand.labels
    hand.dab(ONE, 1)
    hand.live.exchange(hand.live.take_edits())
    hand.labels = labels
    for one in (hand, straight):
        one.dab(OTHER, 1)
    assert alike(hand.state, straight.state)


def test_a_whole_painting_that_was_stopped_in_its_last_round_is_begun_anew() -> None:
    hand, straight = Hand(), Hand()
    live = hand.live
    count = len(list(live.steps(hand.labels, None)))
    hand.paint(None, count - 1)
    hand.dab(ONE, 1)
    straight.labels = hand.labels
    straight.paint(None)
    assert alike(hand.state, straight.state)
