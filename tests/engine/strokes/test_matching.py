"""Tests of matching finished pictures with a painting."""

import numpy as np
import pytest

from engine.strokes import matching
from engine.strokes.kernels import REACH, UNUSABLE
from engine.strokes.matching import matches_of
from tests.support.stroke_pictures import brushwork, doodle, painted, source


def finished(steps):
    """Run a generator to its end: what it yields, and what it returns."""
    shares = []
    while True:
        try:
            shares.append(next(steps))
        except StopIteration as end:
            return shares, end.value


def test_a_piece_of_the_painting_is_found():
    of = source(192, 240)
    piece = np.ascontiguousarray(of.rgb[40:120, 60:180])
    shares, field = finished(matches_of(piece, of))
    rows, columns = np.arange(40, 120)[:, None], np.arange(60, 180)
    assert (field == ((rows << 16) | columns)).mean() > 0.9
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)


def test_strokes_are_found_where_they_were_copied_from():
    painting = painted(doodle(90, 120, 3, 5), source(192, 240))
    _, field = finished(matches_of(painting.picture, painting.source))
    assert (field == painting.field).mean() > 0.5


def test_all_matches_lie_where_the_painting_may_be_copied():
    of = source(192, 240)
    noise = (128 + brushwork(70, 50, 9)).astype(np.uint8)
    _, field = finished(matches_of(noise, of))
    rows, columns = field >> 16, field & 0xFFFF
    assert (of.levels[0].places[rows, columns] != UNUSABLE).all()
    assert min(rows.min(), columns.min()) >= REACH


@pytest.mark.parametrize("threads", [2, 5])
def test_any_number_of_threads_finds_the_same(threads, monkeypatch):
    monkeypatch.setattr(matching, "BAND", 1500)
    painting = painted(doodle(90, 120, 3, 5))
    _, one = finished(matches_of(painting.picture, painting.source, 1))
    _, many = finished(matches_of(painting.picture, painting.source, threads))
    assert (one == many).all()


def test_it_can_be_stopped():
    steps = matches_of(painted(doodle(90, 120, 3, 5)).picture, source(), 2)
    next(steps)
    steps.close()
    assert list(steps) == []
