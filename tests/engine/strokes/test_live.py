"""Live strokes: only what a change can change is painted, and stopped work is made up for."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.flow import NEUTRAL
from engine.strokes import live as module
from engine.strokes import synthesis
from engine.strokes.guides import GuideWeights
from engine.strokes.live import LiveStep, LiveStrokes
from engine.strokes.painter import StrokePainter, StrokeStyle
from engine.strokes.source import joined_source, prepare_part
from engine.strokes.synthesis import StrokeSettings, paint, repainted
from engine.tiles import Window
from resources.materials import EDGES
from tests.support.stroke_pictures import doodle as any_doodle
from tests.support.stroke_pictures import painter, part, stripes

DAB = Window(70, 50, 90, 70)


@pytest.fixture(scope="module")
def style() -> StrokeStyle:
    return style_of(16)


def style_of(enlarged: int) -> StrokeStyle:
    of = painter(enlarged, 2, [NEUTRAL, NEUTRAL])
    return StrokeStyle(of, (np.arange(256) % 2).astype(np.uint8))


def doodle(dab: bool) -> np.ndarray:
    labels = np.zeros((128, 160), np.uint8)
    labels[80:] = 1
    if dab:
        labels[DAB.top : DAB.bottom, DAB.left : DAB.right] = 1
    return labels


def done(
    live: LiveStrokes, labels: np.ndarray, changed: Window | None
) -> tuple[Window, np.ndarray]:
    return last_of(live.steps(labels, changed))


def last_of(steps: Iterator[LiveStep]) -> tuple[Window, np.ndarray]:
    last = list(steps)[-1]
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


def test_a_change_of_directions_stays_inside_its_window(style: StrokeStyle) -> None:
    live = LiveStrokes(style, 3)
    whole, before = done(live, doodle(dab=False), None)
    directions = np.full((32, 40, 2), 128, np.uint8)
    directions[12:18, 17:23] = 1, 128
    window, pixels = last_of(live.steps(doodle(dab=False), DAB, directions=directions))
    assert window == repainted(DAB).clipped(whole)
    now = before.copy()
    now[window.within(whole)] = pixels
    assert (live._painting.picture == now).all()
    assert (now != before).any()
    # A painting with directions may lose them again, and gain them on a new canvas.
    _, pixels = last_of(live.steps(doodle(dab=False), DAB))
    assert (pixels != now[window.within(whole)]).any()
    straight = last_of(LiveStrokes(style, 3).steps(doodle(dab=False), None, directions=directions))
    assert (straight[1] != before).any()


@pytest.mark.parametrize("enlarged", [24, 64])
def test_larger_strokes_follow_directions_too(enlarged: int) -> None:
    live = LiveStrokes(style_of(enlarged), 3)
    whole, before = done(live, doodle(dab=False), None)
    directions = np.full((32, 40, 2), 128, np.uint8)
    directions[12:18, 17:23] = 1, 128
    window, pixels = last_of(live.steps(doodle(dab=False), DAB, directions=directions))
    assert (pixels != before[window.within(whole)]).any()
    assert live._painting.target.directions.shape[0] >= -(-live._painting.target.canvas.height // 4)


@pytest.mark.parametrize("enlarged", [16, 40])
def test_the_flow_is_that_of_the_guides(enlarged: int) -> None:
    live = LiveStrokes(style_of(enlarged), 3)
    assert live.flow() is None
    directions = np.full((32, 40, 2), 128, np.uint8)
    directions[:, :20] = 1, 128
    last_of(live.steps(doodle(dab=False), None, directions=directions))
    flow = live.flow()
    height, width = live._painting.target.regions.shape
    assert flow.shape == (-(-height // 4), -(-width // 4), 2)
    assert (flow[:, 1 : flow.shape[1] // 2 - 2, 0] < 10).all()


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


@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.parametrize("enlarged", [16, 40])
def test_the_visible_part_comes_first_and_changes_nothing(enlarged: int, begun: bool) -> None:
    style = style_of(enlarged)
    canonical = done(LiveStrokes(style, 3), doodle(dab=True), None)[1]
    live, focus = LiveStrokes(style, 3), Window(60, 40, 100, 80)
    changed = None
    if begun:  # a dab comes before the first painting is there
        steps, changed = live.steps(doodle(dab=False), None), DAB
        next(steps)
        steps.close()
    made = list(live.steps(doodle(dab=True), changed, focus))
    first = [step for step in made if step.provisional]
    assert made[: len(first)] == first
    assert [step.window for step in first] == [focus] * len(first)
    assert [step.share for step in made] == sorted({step.share for step in made})
    shown = first[-1].pixels
    assert shown is not None
    assert shown.shape == (40, 40, 3)
    part = canonical[focus.within(Window(0, 0, 160, 128))]
    assert abs(shown.mean((0, 1)) - part.mean((0, 1))).max() < 20, "the same materials"
    if enlarged == 16:  # the surroundings of larger strokes are the whole of this small canvas
        assert (shown != part).any()
    assert made[-1].pixels is not None
    assert (made[-1].pixels == canonical).all()


def test_the_visible_part_has_borders_and_directions_of_the_whole() -> None:
    plain, rng = style_of(16), np.random.default_rng(1)
    style = replace(plain, edges=np.full(256, EDGES.index("ragged"), np.uint8))
    directions = rng.integers(1, 256, (32, 40, 2)).astype(np.uint8)
    labels, focus = doodle(dab=True), Window(66, 61, 98, 81)
    around = Window(16, 12, 148, 128)  # whole cells of the directions
    here = labels[around.top : around.bottom, around.left : around.right]
    place = focus.within(around)

    def shown(of: StrokeStyle, turned: np.ndarray | None) -> np.ndarray:
        steps = LiveStrokes(of, 3).steps(labels, None, focus, turned)
        first = [step.pixels for step in steps if step.provisional][-1]
        assert first is not None
        cells = None if turned is None else turned[3:32, 4:37]
        alone = of.begin(here, 3, directions=cells)
        for _ in paint(alone):
            pass
        assert (first == alone.picture[place]).all()
        return first

    both = shown(style, directions)
    assert (both != shown(plain, directions)).any()
    assert (both != shown(style, None)).any()


@pytest.mark.parametrize("focus", [Window(0, 0, 160, 100), Window(-90, 0, -5, 40)])
def test_a_small_canvas_or_nothing_visible_is_painted_at_once(
    style: StrokeStyle, focus: Window
) -> None:
    steps = LiveStrokes(style, 3).steps(doodle(dab=False), None, focus)
    assert not next(steps).provisional
    steps.close()


def test_what_is_visible_is_not_painted_first_for_a_change(style: StrokeStyle) -> None:
    live = LiveStrokes(style, 3)
    done(live, doodle(dab=False), None)
    steps = live.steps(doodle(dab=True), DAB, DAB)
    assert not any(step.provisional for step in steps)


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


# Larger strokes.


class Canvas:
    """The picture that the steps of live strokes make, and what they have painted so far."""

    def __init__(self, height: int, width: int) -> None:
        self.picture = np.zeros((height, width, 3), np.uint8)
        self.whole = Window(0, 0, width, height)

    def take(self, live: LiveStrokes, labels: np.ndarray, changed: Window | None) -> np.ndarray:
        """Apply all steps; return where they painted, (h, w) bool."""
        shares, painted = [0.0], np.zeros(labels.shape, bool)
        for step in live.steps(labels, changed):
            shares.append(step.share)
            if step.pixels is not None:
                assert step.pixels[..., 0].size <= max(module.PIECE, step.window.width)
                place = step.window.within(self.whole)
                self.picture[place], painted[place] = step.pixels, True
        assert shares == sorted(shares)
        assert (shares[-1], shares.count(1.0)) == (1.0, 1)
        return painted


def canonical(style: StrokeStyle, labels: np.ndarray) -> np.ndarray:
    begun = style.begin(labels, 3)
    *_, last = style.painter.paint(begun, labels.shape)
    return last.picture


SIZES = st.sampled_from([16, 17, 20, 24, 31, 32, 48, 64])


@settings(max_examples=15)
@given(
    enlarged=SIZES,
    height=st.integers(1, 200),
    width=st.integers(1, 200),
    strip=st.sampled_from([2000, 10**6]),
    piece=st.sampled_from([900, 10**6]),
)
def test_the_whole_picture_is_the_canonical_one(enlarged, height, width, strip, piece):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(synthesis, "STRIP", strip)
        patch.setattr(module, "PIECE", piece)
        style, labels = style_of(enlarged), any_doodle(height, width, 2, height)
        canvas = Canvas(height, width)
        assert canvas.take(LiveStrokes(style, 3), labels, None).all()
        assert (canvas.picture == canonical(style, labels)).all()


@settings(max_examples=25)
@given(
    enlarged=SIZES,
    height=st.integers(1, 260),
    width=st.integers(1, 260),
    places=st.lists(st.tuples(*[st.integers(0, 99)] * 4), min_size=1, max_size=3),
    piece=st.sampled_from([900, 10**6]),
)
def test_a_dab_of_any_size_changes_its_surroundings_only(enlarged, height, width, places, piece):
    style, labels = style_of(enlarged), any_doodle(height, width, 2, width)
    live, canvas = LiveStrokes(style, 3), Canvas(height, width)
    canvas.take(live, labels, None)
    reach = -(-(synthesis.MARGIN + 2) * enlarged // 16)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PIECE", piece)
        for x, y, right, down in places:
            left, top = x * width // 100, y * height // 100
            dab = Window(left, top, left + 1 + right // 3, top + 1 + down // 3)
            labels = labels.copy()
            labels[dab.clipped(canvas.whole).within(canvas.whole)] ^= 1
            before = canvas.picture.copy()
            painted = canvas.take(live, labels, dab)
            far = np.ones(labels.shape, bool)
            far[dab.grown(reach).clipped(canvas.whole).within(canvas.whole)] = False
            assert not painted[far].any()
            assert (canvas.picture[~painted] == before[~painted]).all()
            now = style.painter.read(live._painting, canvas.whole, canvas.whole)
            assert (canvas.picture == now).all(), "what is shown follows from the matches"


def test_strokes_stopped_between_two_pieces_are_painted_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    style, canvas = style_of(32), Canvas(128, 160)
    live = LiveStrokes(style, 3)
    canvas.take(live, doodle(dab=False), None)
    monkeypatch.setattr(module, "PIECE", 160 * 8)
    steps = live.steps(doodle(dab=True), DAB)
    while next(steps).pixels is None:
        pass
    steps.close()
    canvas.take(live, doodle(dab=True), Window(10, 10, 12, 12))
    now = style.painter.picture(live._painting.field, (128, 160))
    assert (canvas.picture == now).all()


def test_a_source_that_grows_keeps_what_is_painted() -> None:
    """A material that comes up later brings its piece; all else stays, to the last bit."""
    main, *pieces = (
        prepare_part(replace(part(*size, 2), regions=regions), GuideWeights(), levels=3)
        for size, regions in [
            ((96, 120), stripes(96, 120, 2)),
            ((50, 70), np.full((50, 70), 2, np.uint8)),
            ((60, 40), np.full((60, 40), 3, np.uint8)),
        ]
    )
    table = np.arange(256, dtype=np.uint8)
    flows, settings = [NEUTRAL] * 4, StrokeSettings()
    few, many = (
        StrokeStyle(StrokePainter(source, source.rgb, 16, settings, flows), table)
        for source in (joined_source(each, GuideWeights()) for each in ([main], [main, *pieces]))
    )
    grown, straight = LiveStrokes(few, 3), LiveStrokes(many, 3)
    for one in (grown, straight):
        done(one, doodle(dab=False), None)
    grown.extend(many)
    labels = doodle(dab=False)
    labels[DAB.top : DAB.bottom, DAB.left : DAB.right] = 3
    assert np.array_equal(done(grown, labels, DAB)[1], done(straight, labels, DAB)[1])
    rows = grown._painting.field[DAB.top : DAB.bottom, DAB.left : DAB.right] >> 16
    assert (rows >= 96).all()
