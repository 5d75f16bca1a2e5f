"""Films of doodles: strokes go with their things, everything else stands still."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from engine.errors import EngineError
from engine.flow import NEUTRAL
from engine.strokes.kernels import ANY
from engine.strokes.painter import StrokeStyle
from engine.video import doodle_painter
from engine.video.doodle_painter import DoodleLook, NetworkDoodles, StrokeDoodles, pen_drift
from engine.video.doodles import Doodle, DoodleFrame, Timing, film_frames
from engine.video.layers import continued
from resources.materials import in_colours
from tests.support.directions import layer
from tests.support.scenes import BOAT, GRASS, SKY, SUN, WATER, scene
from tests.support.stroke_pictures import painter

EVENLY = Timing(Fraction(1), Fraction(0), Fraction(11), smooth=False)
FROM, TO = scene(sun=(30, 20), boat=None), scene(sun=(85, 20), boat=None)


def style(enlarged: int = 16) -> StrokeStyle:
    table = np.zeros(256, np.uint8)
    table[[SKY, SUN, GRASS, WATER, BOAT]] = range(5)
    return StrokeStyle(painter(enlarged, 5, [NEUTRAL] * 5), table)


def film(
    *doodles: np.ndarray | Doodle, timing: Timing = EVENLY, look: DoodleLook | None = None
) -> tuple[StrokeDoodles, list[DoodleFrame], list[np.ndarray]]:
    strokes = StrokeDoodles(style(), look or DoodleLook("any", 3))
    all_ = [each if isinstance(each, Doodle) else Doodle(each) for each in doodles]
    frames = list(film_frames(all_, timing))
    pictures = [strokes.paint(number, frame).copy() for number, frame in enumerate(frames)]
    return strokes, frames, pictures


def change(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(int) - other).mean())


def test_strokes_move_with_their_thing_and_the_rest_stands_still() -> None:
    _, _, pictures = film(FROM, TO)
    for number, (before, after) in enumerate(pairwise(pictures)):
        x = 30 + 5 * number
        sun = np.s_[15:26, x - 5 : x + 6]
        assert np.array_equal(before[sun], after[15:26, x : x + 11])
        still = np.ones(before.shape[:2], bool)
        still[8:33, x - 12 : x + 18] = False
        assert np.array_equal(before[still], after[still])
        assert not np.array_equal(before, after)


def test_every_frame_shows_the_regions_of_its_moment() -> None:
    strokes = StrokeDoodles(style(), DoodleLook("any"))
    source = strokes._style.painter.source.levels[0]
    doodles = [Doodle(scene()), Doodle(scene((120, 30), 90, 44)), Doodle(scene(None, None, 10))]
    timing = Timing(Fraction(1), Fraction(0), Fraction(8))
    for number, frame in enumerate(film_frames(doodles, timing)):
        strokes.paint(number, frame)
        labels = strokes._way(*frame.between).at(frame.share).labels
        if frame.share in (0, 1):
            shown = frame.between[round(frame.share)]
            assert np.array_equal(labels, strokes._style.table[shown.labels])
        at = np.rint(strokes.memory.places[..., :2]).astype(int)
        x, y = (
            at[..., 0].clip(0, source.places.shape[1] - 1),
            at[..., 1].clip(0, source.places.shape[0] - 1),
        )
        rule = source.rule(labels)
        assert ((source.places[y, x] == rule) | (rule == ANY)).mean() > 0.97


def test_doodles_that_are_held_stand_still() -> None:
    timing = Timing(Fraction(1, 2), Fraction(1), Fraction(4))
    _, frames, pictures = film(FROM, TO, TO.copy(), timing=timing)
    for (one, frame), (other, later) in pairwise(zip(pictures, frames, strict=True)):
        still = later.share == later.before or later.between[0].labels is TO
        assert np.array_equal(one, other) == still, (frame.share, later.share)


def test_strokes_that_boil_are_painted_anew_every_few_frames() -> None:
    timing = Timing(Fraction(1), Fraction(1), Fraction(6))
    _, _, pictures = film(FROM, look=DoodleLook("any", boil=2), timing=timing)
    equal = [np.array_equal(one, other) for one, other in pairwise(pictures)]
    assert equal == [True, False, True, False, True]


def test_films_are_the_same_again_and_after_a_stop() -> None:
    loop = Timing(Fraction(1), Fraction(0), Fraction(5), loop=True)
    doodles = Doodle(scene()), Doodle(scene((90, 30), 100, 40))
    _, frames, wanted = film(*doodles, timing=loop)
    for stop in (1, 3, 7):
        begun = StrokeDoodles(style(), DoodleLook("any", 3))
        for number in range(stop):
            assert np.array_equal(begun.paint(number, frames[number]), wanted[number])
        resumed = StrokeDoodles(style(), DoodleLook("any", 3))
        resumed.resume(begun.memory)
        for number in range(stop, len(frames)):
            assert np.array_equal(resumed.paint(number, frames[number]), wanted[number])


def test_a_loop_closes() -> None:
    loop = Timing(Fraction(1), Fraction(0), Fraction(8), loop=True)
    _, _, pictures = film(scene(), scene((90, 30), 100, 44), timing=loop)
    steps = [change(one, other) for one, other in pairwise(pictures)]
    assert change(pictures[-1], pictures[0]) < 1.3 * max(steps)
    opened = film(scene(), scene((90, 30), 100, 44), scene(), timing=EVENLY)[2]
    assert change(pictures[-1], pictures[0]) < change(opened[-1], opened[0]) + max(steps)


def test_less_flickers_than_frame_by_frame() -> None:
    doodles = scene(), scene((90, 30), 100, 44)
    timing = Timing(Fraction(1), Fraction(0), Fraction(8))
    _, frames, pictures = film(*doodles, timing=timing)
    alone = []
    for frame in frames:
        labels = Doodle(StrokeDoodles(style(), DoodleLook("any", 3))._way(*frame.between).at(
            frame.share).labels)  # fmt: skip
        plain = StrokeStyle(style().painter, np.arange(256).astype(np.uint8))
        single = StrokeDoodles(plain, DoodleLook("any", 3))
        alone.append(single.paint(0, DoodleFrame((labels, labels), 0.0, None)))
    carried = np.mean([change(*pair) for pair in pairwise(pictures)])
    assert carried < 0.5 * np.mean([change(*pair) for pair in pairwise(alone)])


def test_strokes_follow_a_pen_that_turns() -> None:
    ends = [Doodle(scene(), layer((96, 160), angle)) for angle in (0.0, 1.4)]
    timing = Timing(Fraction(1), Fraction(0), Fraction(6))
    strokes, frames, _ = film(*ends, timing=timing)
    way, ground = strokes._way(*frames[-1].between), strokes.memory.places[..., 2:4]
    painting = strokes._painting(way.at(1.0).ground, way.directions(1.0), 3)
    source = painting.source.levels[0]
    guides = painting.target.guides(painting.target.canvas)
    drift = pen_drift(guides, doodle_painter.field_of(ground, source)[0], source)
    alone = StrokeDoodles(style(), DoodleLook("any", 3))
    alone.paint(0, DoodleFrame((ends[1], ends[1]), 0.0, None))
    assert drift.mean() < alone.memory.drift.mean() + doodle_painter.TURNED


@pytest.mark.parametrize("enlarged", [24, 32])
def test_larger_strokes(enlarged: int) -> None:
    strokes = StrokeDoodles(style(enlarged), DoodleLook("any"))
    frames = film_frames([Doodle(FROM, layer((96, 160), 0.3)), Doodle(TO)], EVENLY)
    pictures = [strokes.paint(number, frame) for number, frame in enumerate(frames)]
    assert all(picture.shape == (96, 160, 3) for picture in pictures)


def test_a_doodle_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doodle_painter, "STRIP", 1000)
    with pytest.raises(EngineError, match=r"a.png is too large .* use --longest"):
        film(Doodle(FROM, name="a.png"), TO)
    frame = next(film_frames([Doodle(FROM), Doodle(TO)], EVENLY))
    with pytest.raises(EngineError, match="too large"):
        NetworkDoodles(lambda labels, _: in_colours(labels)).paint(0, frame)


def test_strokes_are_continued_up_to_a_distance() -> None:
    places = np.zeros((8, 20, 2), np.float32)
    places[..., 0], places[..., 1] = np.arange(20) + 100, np.arange(8)[:, None] + 50
    known = np.zeros((8, 20), bool)
    known[:, :5] = True
    lost = places.copy()
    lost[~known] = 0
    things = np.zeros((8, 20), np.int16)
    things[4:, 6:] = 1
    found, left = continued(lost, known, things)
    assert np.allclose(found[:4, :9], places[:4, :9])
    assert np.array_equal(np.flatnonzero(~left[0]), np.arange(9))
    assert left[6, 6:].all()  # another thing
    assert not left[6, :6].any()


def test_the_network_stands_still_when_nothing_moves() -> None:
    calls = []

    def render(labels: np.ndarray, directions: np.ndarray | None) -> np.ndarray:
        calls.append(directions)
        return in_colours(labels)

    network = NetworkDoodles(render)
    frames = list(
        film_frames([Doodle(FROM), Doodle(TO)], Timing(Fraction(1), Fraction(1), Fraction(4)))
    )
    pictures = [network.paint(number, frame) for number, frame in enumerate(frames)]
    assert len(calls) == 5
    assert np.array_equal(pictures[0], in_colours(FROM))
    assert np.array_equal(pictures[3], pictures[0])
    inside = np.s_[14:26, 79:92]
    assert change(pictures[-1][inside], in_colours(TO)[inside]) < 2
    resumed = NetworkDoodles(render)
    begun = NetworkDoodles(render)
    for number in range(6):
        begun.paint(number, frames[number])
    resumed.resume(begun.memory)
    assert np.array_equal(resumed.paint(6, frames[6]), pictures[6])


def test_bad_looks_are_refused() -> None:
    with pytest.raises(ValueError, match="boil is 0 frames or more"):
        DoodleLook("any", boil=-1)
    with pytest.raises(ValueError, match="Only strokes can boil"):
        DoodleLook("any", by="network", boil=2)
