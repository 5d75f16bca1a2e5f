"""A part painted with other strokes: nothing else changes, and no seam shows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.strokes import synthesis
from engine.strokes.edits import StrokeEdit
from engine.strokes.reroll import reroll, rerolled_rects
from engine.strokes.synthesis import StrokePainting, repaint
from engine.strokes.target import StrokeTarget
from engine.tiles import Window
from tests.engine.strokes.test_edits import alike, everything
from tests.support.stroke_pictures import doodle, painted, source, uses

NOTHING = Window(0, 0, 0, 0)
SEEDS = st.integers(0, 999)


def disc(height: int, width: int) -> np.ndarray:
    """(h, w) bool: an ellipse that touches all sides."""
    rows, columns = np.arange(height)[:, None], np.arange(width)
    y, x = (2 * rows + 1 - height) / height, (2 * columns + 1 - width) / width
    return np.asarray(y * y + x * x <= 1)


def rerolled(
    painting: StrokePainting, part: Window, mask: np.ndarray, seed: int, threads: int = 1
) -> list[float]:
    return [step.share for step in reroll(painting, part, mask, seed, threads)]


def selected(painting: StrokePainting, part: Window, mask: np.ndarray) -> np.ndarray:
    inside = np.zeros(painting.picture.shape[:2], bool)
    inside[part.within(painting.target.canvas)] = mask
    return inside


@settings(max_examples=12, deadline=None)
@given(SEEDS, st.integers(0, 110), st.integers(0, 80), st.integers(1, 90), st.integers(1, 70))
def test_no_other_pixel_changes_and_undo_restores_all(
    seed: int, left: int, top: int, width: int, height: int
) -> None:
    painting = painted(doodle(115, 151, 3, seed), seed=seed)
    part = Window(left, top, left + width, top + height).clipped(painting.target.canvas)
    mask = disc(part.height, part.width)
    before, picture, field = everything(painting), painting.picture.copy(), painting.field.copy()
    edit = StrokeEdit(painting, NOTHING, rerolled_rects(painting, part))
    shares = rerolled(painting, part, mask, seed + 1)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    inside = selected(painting, part, mask)
    assert (painting.picture[~inside] == picture[~inside]).all()
    assert (painting.field[~inside] == field[~inside]).all()
    for level, paintings in zip(painting.levels, painting.source.levels, strict=True):
        assert (level.used == uses(level.field, paintings.places.shape)).all()
    after = everything(painting)
    edit.exchange(painting)
    assert alike(everything(painting), before)
    edit.exchange(painting)
    assert alike(everything(painting), after)


PART = Window(30, 20, 120, 90)


@pytest.fixture(scope="module")
def mask() -> np.ndarray:
    return disc(PART.height, PART.width)


def test_every_seed_gives_other_strokes_of_the_same_materials(mask: np.ndarray) -> None:
    regions = doodle(115, 150, 3, 5)
    pictures = []
    for seed in (7, 8):
        painting = painted(regions)
        rerolled(painting, PART, mask, seed)
        pictures.append(painting.picture[selected(painting, PART, mask)])
        places, found = source().levels[0].places, painting.field
        assert (places[found >> 16, found & 0xFFFF] == regions).all()
    pictures.append(painted(regions).picture[selected(painting, PART, mask)])
    for number, picture in enumerate(pictures):
        changed = (picture != pictures[number - 1]).any(-1).mean()
        assert changed > 0.6
        assert abs(picture.mean(0) - pictures[number - 1].mean(0)).max() < 12


def test_the_result_depends_neither_on_threads_nor_on_memory(
    mask: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    regions = doodle(115, 150, 3, 5)
    one, other = painted(regions), painted(regions)
    rerolled(one, PART, mask, 7)
    rerolled(other, PART, mask, 7, threads=4)
    assert alike(everything(one), everything(other))
    third = painted(regions)
    third.levels[0].guides = None  # as on a large canvas
    rerolled(third, PART, mask, 7)
    assert (third.picture == one.picture).all()


def test_a_large_part_is_painted_in_strips(
    mask: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    painting = painted(doodle(200, 150, 3, 5))
    before, part = painting.picture.copy(), Window(10, 10, 140, 190)
    large = disc(part.height, part.width)
    monkeypatch.setattr(synthesis, "STRIP", 130 * 70)
    windows = {step.window for step in reroll(painting, part, large, 3) if step.scale == 1}
    assert len(windows) == 3
    inside = selected(painting, part, large)
    assert (painting.picture[~inside] == before[~inside]).all()
    assert (painting.picture[inside] != before[inside]).any(-1).mean() > 0.6


def test_the_edge_is_no_seam(mask: np.ndarray) -> None:
    """Colours change no more across it than they do elsewhere inside."""
    painting = painted(np.zeros((115, 150), np.uint8))
    part = Window(40, 30, 110, 85)
    rerolled(painting, part, np.ones((part.height, part.width), bool), 9)
    picture = painting.picture.astype(int)
    across = abs(np.diff(picture, axis=1)).sum(-1)
    edge = np.r_[across[30:85, 39], across[30:85, 109]].mean()
    usual = across[34:81, 44:105].mean()
    assert edge < 1.5 * usual


def test_a_later_dab_beside_it_leaves_it_alone(mask: np.ndarray) -> None:
    painting = painted(doodle(115, 150, 3, 5))
    part = Window(90, 20, 140, 100)
    rerolled(painting, part, np.ones((80, 50), bool), 9)
    before, regions = painting.picture.copy(), painting.target.regions.copy()
    changed = Window(10, 10, 30, 30)
    regions[10:30, 10:30] = 2
    for _ in repaint(painting, StrokeTarget(regions), changed):
        pass
    assert (painting.picture[20:100, 90:140] == before[20:100, 90:140]).all()
