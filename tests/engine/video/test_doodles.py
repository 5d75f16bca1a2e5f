"""Doodles as keyframes: timing, directions, reading."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from engine.errors import EngineError
from engine.flow.pen import ZERO
from engine.video.doodles import (
    Doodle,
    DoodleSequence,
    Timing,
    Way,
    clip_doodles,
    film_frames,
    turned,
)
from engine.video.files import open_clip
from resources.materials import in_colours
from tests.support.clips import write_clip
from tests.support.directions import layer, some_directions
from tests.support.scenes import SKY, SUN, scene

TEN = Timing(Fraction(1), Fraction(3, 10), Fraction(10))


def named(*names: str) -> list[Doodle]:
    return [Doodle(scene(sun=(20 + 10 * number, 20)), name=name) for number, name in
            enumerate(names)]  # fmt: skip


def told(timing: Timing, *names: str) -> list[tuple[str, float, float | None]]:
    frames = film_frames(named(*names), timing)
    return [
        ("".join(each.name for each in frame.between), frame.share, frame.before)
        for frame in frames
    ]


@given(
    count=st.integers(1, 5),
    seconds=st.fractions(0, 3),
    hold=st.fractions(0, 2),
    rate=st.fractions(1, 30),
    loop=st.booleans(),
    smooth=st.booleans(),
)
def test_frames_go_from_one_doodle_to_the_next(
    count: int, seconds: Fraction, hold: Fraction, rate: Fraction, loop: bool, smooth: bool
) -> None:
    timing = Timing(seconds, hold, rate, loop, smooth)
    doodles = named(*"abcde"[:count])
    frames = list(film_frames(doodles, timing))
    assert len(frames) == timing.count(count)
    assert [frame.before is None for frame in frames] == [True] + [False] * (len(frames) - 1)
    shown = [frame.between[round(frame.share)] for frame in frames if frame.share in (0, 1)]
    assert [shown.count(doodle) for doodle in doodles] == [timing.held] * count
    for frame, later in pairwise(frames):
        if later.between == frame.between:
            assert later.before == frame.share
            assert later.share >= frame.share
        else:
            assert frame.share == 1 or frame.between[0] is frame.between[1]
            assert later.before == 0
            assert later.between[0] is frame.between[1]


def test_a_film_of_three_holds_each_and_ends_at_the_last() -> None:
    frames = told(TEN, "a", "b", "c")
    assert len(frames) == 3 * 3 + 2 * 9
    assert frames[:4] == [
        ("ab", 0, None),
        ("ab", 0, 0),
        ("ab", 0, 0),
        ("ab", pytest.approx(0.028), 0),
    ]
    assert frames[12][:2] == ("ab", 1)
    assert frames[13] == ("bc", 0, 0)
    assert frames[-1] == ("bc", 1, 1)


def test_a_loop_goes_back_to_the_first_but_does_not_show_it_again() -> None:
    loop = Timing(Fraction(1), Fraction(0), Fraction(4), loop=True, smooth=False)
    frames = list(film_frames(named("a", "b"), loop))
    assert [frame.share for frame in frames] == [0, 0.25, 0.5, 0.75, 1, 0.25, 0.5, 0.75]
    assert [frame.closing for frame in frames] == [()] * 5 + [(0.25, 0.5, 0.75)] * 3
    assert frames[-1].between[1] is frames[0].between[0]


def test_smooth_ways_start_and_stop_softly() -> None:
    steps = np.diff([0, *TEN.shares])
    assert steps[0] < steps[4]
    assert steps[-1] < steps[4]
    assert np.allclose(steps, steps[::-1])


def test_negative_times_are_refused() -> None:
    with pytest.raises(ValueError, match="0 seconds or more"):
        Timing(seconds=Fraction(-1))


def test_doodles_have_one_size() -> None:
    doodles = [Doodle(scene(), name="a.png"), Doodle(scene()[:50], name="b.png")]
    with pytest.raises(EngineError, match=r"b\.png is 160 x 50 pixels, but a\.png is 160 x 96"):
        DoodleSequence(lambda: doodles)
    with pytest.raises(EngineError, match="no doodle"):
        DoodleSequence(list)
    found = DoodleSequence(lambda: doodles[:1])
    assert (found.size, found.count, found.used) == ((160, 96), 1, (0, 2, 6, 9, 13))


def test_a_doodle_becomes_smaller() -> None:
    doodle = Doodle(scene().repeat(3, 0).repeat(3, 1), layer((288, 480), 0.3))
    small = doodle.reduced(163)
    assert small.labels.shape == (96, 162)
    assert small.directions is not None
    assert small.directions.shape == (24, 41, 2)
    assert (small.labels == SUN).mean() == pytest.approx((scene() == SUN).mean(), rel=0.05)
    assert doodle.reduced(480) is doodle.reduced(0) is doodle


def test_directions_turn_the_shorter_way() -> None:
    one, other = (layer((40, 40), np.radians(angle)) for angle in (80, 110))
    half = turned(one, other, 0.5).astype(float) - ZERO
    angles = np.degrees(np.arctan2(half[..., 1], half[..., 0])) / 2 % 180
    assert np.allclose(angles, 95, atol=1)
    assert np.hypot(*np.moveaxis(half, 2, 0)).min() > 120
    away = np.full_like(one, ZERO)
    gone = turned(one, away, 0.75).astype(float) - ZERO
    assert np.allclose(np.hypot(*np.moveaxis(gone, 2, 0)), 127 / 4, atol=1)


@given(st.integers(0, 9), st.integers(10, 19), st.floats(0, 1))
def test_directions_between_two_are_directions(one: int, other: int, share: float) -> None:
    ends = some_directions(one, 12, 20), some_directions(other, 12, 20)
    found = turned(*ends, share)
    assert found.min() >= 1
    assert found.dtype == np.uint8
    exact = [turned(*ends, end) for end in (0.0, 1.0)]
    for end, wanted in zip(exact, ends, strict=True):
        assert np.abs(end.astype(int) - np.maximum(wanted, 1)).max() <= 1


def test_directions_go_with_their_things() -> None:
    cells = [np.full((24, 40, 2), ZERO, np.uint8) for _ in range(2)]
    for each, column in zip(cells, (20, 120), strict=True):
        each[3:7, column // 4 - 2 : column // 4 + 2] = (255, ZERO)
    way = Way(
        Doodle(scene(sun=(20, 20)), cells[0]), Doodle(scene(sun=(120, 20)), cells[1])
    )  # fmt: skip
    found = way.directions(0.5)
    assert found is not None
    columns = np.flatnonzero((found != ZERO).any((0, 2)))
    assert columns.min() >= 15
    assert columns.max() <= 19
    assert np.array_equal(way.directions(0.0), cells[0])
    assert np.array_equal(way.directions(1.0), cells[1])
    assert Way(Doodle(scene()), Doodle(scene())).directions(0.5) is None


def test_frames_of_a_clip_are_doodles(tmp_path: Path) -> None:
    doodles = [scene(sun=(30 + 4 * number, 24)) for number in range(3)]
    pictures = [Image.fromarray(in_colours(labels)) for labels in doodles]
    pictures[0].save(tmp_path / "a.gif", save_all=True, append_images=pictures[1:], duration=80)
    read = list(clip_doodles(open_clip(tmp_path / "a.gif")))
    assert all(np.array_equal(a.labels, b) for a, b in zip(read, doodles, strict=True))
    clip = write_clip(tmp_path / "a.mp4", map(np.asarray, pictures))
    for found, labels in zip(clip_doodles(open_clip(clip)), doodles, strict=True):
        # Compression blurs borders; no other material appears there.
        assert (found.labels != labels).mean() < 0.03
        assert set(np.unique(found.labels)) <= set(np.unique(labels))
        assert found.labels[5, 5] == SKY
