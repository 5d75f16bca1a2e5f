"""Match fields carried to the next picture."""

import numpy as np
import pytest

from engine.strokes.carry import (
    begin_from,
    carried,
    field_of,
    joined,
    paint_lost,
    places_of,
    shown,
    stretched,
    without_specks,
)
from engine.strokes.guides import GuideWeights
from engine.strokes.kernels import REACH
from engine.strokes.large import UNIT
from engine.strokes.painter import StrokePainter
from engine.strokes.source import SourcePart, StrokeSource, prepare_source
from engine.strokes.synthesis import StrokePainting, StrokeSettings, paint
from engine.strokes.target import StrokeTarget


@pytest.fixture(scope="module")
def source() -> StrokeSource:
    rgb = np.random.default_rng(0).integers(0, 256, (60, 80, 3)).astype(np.uint8)
    avoid = np.zeros((60, 80), bool)
    avoid[:, 70:] = True
    return prepare_source(SourcePart(rgb, np.zeros((60, 80), np.uint8), avoid), GuideWeights())


@pytest.fixture
def painting(source: StrokeSource) -> StrokePainting:
    painting = StrokePainting(source, StrokeTarget(np.zeros((48, 64), np.uint8)))
    for _ in paint(painting):
        pass
    return painting


def flow_of(dx: float, dy: float) -> np.ndarray:
    return np.zeros((48, 64, 2), np.float32) + np.array([dx, dy], np.float32)


def plain(x: float = 20, y: float = 15) -> np.ndarray:
    """Return places of one large stroke."""
    across, down = np.meshgrid(np.arange(64), np.arange(48))
    return np.stack([across / 2 + x, down / 2 + y], 2).astype(np.float32)


def test_slow_motion_adds_up() -> None:
    places = first = places_of((np.arange(48)[:, None] << 16 | np.arange(64)).astype(np.int32))
    for _ in range(10):
        places, _ = carried(places, flow_of(-0.3, 0.1))
    moved = places - first
    assert np.abs(moved[5:-5, 8:-8] - (-3, 1)).max() < 0.01


def test_what_comes_from_outside_is_told() -> None:
    _, outside = carried(plain(), flow_of(3, 0))
    assert outside[:, -3:].all()
    assert not outside[:, :-3].any()


def test_places_that_may_not_be_copied_are_told(source: StrokeSource) -> None:
    places = np.array([[[30, 30], [75, 30], [0, 0], [500, 30]]], np.float32)
    field, unusable = field_of(places, source.levels[0])
    assert unusable.tolist() == [[False, True, True, True]]
    assert (field & 0xFFFF).max() <= 80 - 1 - REACH
    assert (field >> 16).min() >= REACH


@pytest.mark.parametrize("enlarged", [UNIT, 24])
def test_whole_places_are_shown_as_painted(painting: StrokePainting, enlarged: int) -> None:
    source = painting.source
    rng = np.random.default_rng(1)
    sides = (60 * enlarged // UNIT, 80 * enlarged // UNIT, 3)
    large = source.rgb if enlarged == UNIT else rng.integers(0, 256, sides).astype(np.uint8)
    painter = StrokePainter(source, large, enlarged, StrokeSettings())
    shape = 48 * enlarged // UNIT, 64 * enlarged // UNIT
    found = shown(large, enlarged, places_of(painting.field), shape)
    unlike = np.abs(found.astype(int) - painter.picture(painting.field, shape))
    # At other sizes the painter rounds to whole pixels of the painting.
    assert unlike.max() <= 1 if enlarged == UNIT else unlike.mean() < 40


def test_a_fraction_of_a_pixel_is_shown_between_pixels() -> None:
    slope = np.repeat(np.arange(100, dtype=np.uint8)[None, :, None] * 2, 60, 0).repeat(3, 2)
    across, down = np.meshgrid(np.arange(40.0), np.arange(30.0))
    places = np.stack([across + 10.25, down + 10], 2).astype(np.float32)
    found = shown(np.ascontiguousarray(slope), UNIT, places, (30, 40)).astype(float)
    assert np.abs(found[..., 0] - 2 * places[..., 0]).max() <= 1


def test_stretched_strokes_are_found_and_seams_are_not() -> None:
    across, down = np.meshgrid(np.arange(64.0), np.arange(48.0))
    whole = np.stack([across, down], 2).astype(np.float32)
    assert not stretched(whole).any()
    assert stretched(whole * 0.5).all()
    seam = whole.copy()
    seam[:, 32:] += (300, 200)
    assert not stretched(seam).any()


def test_strokes_are_joined_again_and_seams_stay() -> None:
    across, down = np.meshgrid(np.arange(64.0), np.arange(48.0))
    whole = np.stack([across, down], 2).astype(np.float32)
    whole[:, 32:] += (300, 200)
    noisy = whole + np.random.default_rng(0).normal(0, 0.1, whole.shape).astype(np.float32)
    found = joined(noisy)
    assert np.abs(found - whole).mean() < 0.5 * np.abs(noisy - whole).mean()
    assert np.abs(found - whole).max() < 2


def test_specks_are_dropped() -> None:
    mask = np.zeros((48, 64), bool)
    mask[5, 5] = mask[20:30, 20:30] = True
    found = without_specks(mask)
    assert not found[:10, :10].any()
    assert found[18:32, 18:32].all()


def test_only_what_is_lost_is_painted(painting: StrokePainting) -> None:
    field, picture = painting.field.copy(), painting.picture.copy()
    mask = np.zeros(field.shape, bool)
    mask[10:30, 20:45] = True
    again = StrokePainting(painting.source, painting.target)
    begin_from(again, field, picture)
    for _ in paint_lost(again, mask, 5):
        pass
    assert np.array_equal(again.field[~mask], field[~mask])
    assert np.array_equal(again.picture[~mask], picture[~mask])
    assert (again.field[mask] != field[mask]).mean() > 0.1
    assert field_of(places_of(again.field), painting.source.levels[0])[1].sum() == 0
