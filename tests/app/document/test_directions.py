"""The directions of the pen: measured from strokes, transformed, compressed for undo."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.document import canvas_transform, directions
from app.document.directions import (
    CELL,
    DirectionMap,
    DirectionSnapshot,
    PenDirection,
    Sway,
    blended,
    coded,
    share_of,
)
from app.document.document import Changed, Document
from app.document.document_state import DocumentState
from app.document.label_map import LabelMap
from app.document.patch import Patch
from app.document.rect import Rect
from app.document.symmetry import Symmetry
from engine.flow import pen
from tests.support.paper import directions_of


def angle_of(code: np.ndarray) -> np.ndarray:
    """Return the angle of coded directions in degrees, 0 to 180."""
    vector = np.asarray(code, float) - directions.ZERO
    return np.degrees(np.arctan2(vector[..., 1], vector[..., 0])) / 2 % 180


def code_of(degrees: float, weight: float = 1.0) -> np.ndarray:
    doubled = math.radians(2 * degrees)
    return coded(weight * np.array([math.cos(doubled), math.sin(doubled)]))


def state_of(width: int, height: int, seed: int) -> DocumentState:
    return DocumentState(
        LabelMap(width, height).snapshot(), directions=directions_of(width, height, seed)
    )


def test_application_and_engine_mean_the_same() -> None:
    assert (directions.CELL, directions.ZERO) == (pen.CELL, pen.ZERO)


# -- transforms -----------------------------------------------------------------------------

PAIRS = (
    (canvas_transform.flipped_across, canvas_transform.flipped_across),
    (canvas_transform.flipped_down, canvas_transform.flipped_down),
    (canvas_transform.turned_left, canvas_transform.turned_right),
)


@settings(max_examples=20)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 99), st.sampled_from(PAIRS))
def test_flips_and_turns_can_be_taken_back(width, height, seed, pair):
    before = state_of(4 * width, 4 * height, seed)
    there, back = pair
    middle = there(before)
    assert middle.directions.bounds == middle.labels.bounds.cells(CELL)
    again = back(middle).directions.array()
    # Codes of more than full weight are limited on the way.
    vectors = before.directions.array().astype(float) - 128
    fair = np.hypot(vectors[..., 0], vectors[..., 1]) <= 127
    assert (again[fair] == before.directions.array()[fair]).all()


@pytest.mark.parametrize(
    ("transform", "spot", "degrees"),
    [
        (canvas_transform.flipped_across, (8, 13), 150),
        (canvas_transform.flipped_down, (1, 6), 150),
        (canvas_transform.turned_left, (13, 8), 120), (canvas_transform.turned_right, (6, 1), 120),
        (canvas_transform.cropped_to(Rect(8, 20, 40, 38)), (3, 4), 30),
        (canvas_transform.laid_on(100, 90, 12, 8, 0), (10, 9), 30),
        (canvas_transform.scaled_to(160, 80), (16, 13), 30),
    ],
)  # fmt: skip
def test_a_direction_goes_with_the_canvas(transform, spot, degrees):
    cells = np.full((10, 20, 2), 128, np.uint8)
    cells[8, 6] = code_of(30)
    state = DocumentState(LabelMap(80, 40).snapshot(), directions=DirectionSnapshot.of_array(cells))
    moved = transform(state)
    found = moved.directions.array()
    assert moved.directions.bounds == moved.labels.bounds.cells(CELL)
    row, column = spot
    assert angle_of(found[row, column]) == pytest.approx(degrees, abs=1)


def test_a_canvas_that_is_stretched_stretches_directions():
    state = DocumentState(
        LabelMap(40, 40).snapshot(),
        directions=DirectionSnapshot.of_array(np.broadcast_to(code_of(45), (10, 10, 2))),
    )
    wide = canvas_transform.scaled_to(80, 40)(state).directions.array()
    assert angle_of(wide[5, 5]) == pytest.approx(math.degrees(math.atan(0.5)), abs=1)
    assert state.directions_at((20, 20)).shape == (5, 5, 2)
    assert replace(state, directions=None).directions_at((20, 20)) is None
    assert canvas_transform.flipped_down(replace(state, directions=None)).directions is None


# -- undo -----------------------------------------------------------------------------------


@settings(max_examples=15)
@given(st.integers(0, 1000), st.booleans(), st.booleans())
def test_a_patch_takes_labels_and_directions_back(seed, packed, both):
    rng = np.random.default_rng(seed)
    document = Document(LabelMap(1400, 700))
    box = Rect(int(rng.integers(0, 300)), 30, int(rng.integers(301, 350)), 170)
    document.directions.write(Rect(0, 0, 350, 175), directions_of(1400, 700, seed).array())
    document.publish_labels()
    before, labels = document.directions.snapshot(), document.labels.snapshot()
    new = before.read(box)
    new[::2] = rng.integers(1, 256, new[::2].shape)
    document.directions.write(box, new)
    if both:
        document.labels.paint(Rect(3, 3, 30, 30), None, 5)
    document.publish_labels()
    after, painted = document.directions.snapshot(), document.labels.snapshot()
    turned = Patch.of_directions(before, document.directions, document.directions.bounds)
    patch = Patch.between(labels, document.labels, document.bounds)
    patch = turned if patch is None else patch.joined(turned)
    assert patch is not None
    while packed and patch.pack():
        pass
    assert all(isinstance(piece, bytes if packed else np.ndarray) or both for piece in patch.held())
    seen = []
    document.subscribe(lambda change: seen.append(change))
    for _ in range(2):
        document.undo_patch(patch)
        assert (document.directions.snapshot().array() == before.array()).all()
        assert (document.labels.snapshot().array() == labels.array()).all()
        document.redo_patch(patch)
        assert (document.directions.snapshot().array() == after.array()).all()
        assert (document.labels.snapshot().array() == painted.array()).all()
    whats = {change.what for change in seen} - {Changed.MODIFIED}
    assert whats == {Changed.LABELS if both else Changed.DIRECTIONS}


def test_an_empty_canvas_has_no_directions_and_costs_nothing():
    document = Document(LabelMap(4096, 4096))
    assert document.state().directions is None
    assert document.directions.nbytes == 256 * 256 * 2
    document.directions.write(Rect(0, 0, 2, 2), np.full((2, 2, 2), 9, np.uint8))
    document.publish_labels()
    assert document.state().directions is not None
    assert document.directions.snapshot().array().nbytes == 2 * 1024 * 1024


# -- the pen --------------------------------------------------------------------------------


def swayed(points, radius=10.0, joined=True) -> list[Sway]:
    measured = PenDirection(joined)
    found = [measured.add(x, y, radius) for x, y in points]
    return [sway for sway in found if sway is not None]


@given(st.floats(0, 180), st.floats(0.5, 100))
def test_a_straight_stroke_has_its_direction(degrees, radius):
    angle = math.radians(degrees)
    points = [(50 + 9 * k * math.cos(angle), 50 + 9 * k * math.sin(angle)) for k in range(20)]
    found = swayed(points, radius)
    assert found[0].first
    assert not any(sway.first for sway in found[1:])
    for sway in found:
        off = abs(math.degrees(math.atan2(sway.sin, sway.cos)) / 2 - degrees) % 180
        assert min(off, 180 - off) < 1e-6


def test_a_circle_has_its_tangents_and_tremor_does_not_show():
    rng = np.random.default_rng(1)
    for tremor, most in ((0.0, 8), (0.7, 20)):
        turns = np.linspace(0, 2 * math.pi, 120)
        points = np.stack([100 * np.cos(turns), 100 * np.sin(turns)], 1)
        points += rng.normal(0, tremor, points.shape) if tremor else 0
        offs = []
        for sway in swayed(points.tolist(), 12):
            tangent = math.degrees(math.atan2(sway.end_y, sway.end_x)) + 90
            off = abs(math.degrees(math.atan2(sway.sin, sway.cos)) / 2 - tangent) % 180
            offs.append(min(off, 180 - off))
        assert np.mean(offs) < most / 2
        assert max(offs) < most * 1.5


def test_a_dot_and_a_tiny_movement_have_no_direction():
    assert swayed([(5, 5)]) == []
    assert swayed([(5, 5), (5.5, 5), (6, 5.2), (12, 9)]) == []
    assert len(swayed([(5, 5), (5.5, 5), (15, 5.2), (15.5, 5)])) == 1


@given(st.booleans(), st.booleans(), st.integers(0, 1000))
def test_mirror_images_cover_the_mirrored_cells(left_right, top_bottom, seed):
    rng = np.random.default_rng(seed)
    x, y, end_x, end_y = rng.uniform(20, 140, 4)
    sway = Sway(x, y, end_x, end_y, 14.0, 0.6, 0.8, bool(seed % 2))
    symmetry = Symmetry(160, 160, left_right, top_bottom)
    cells, whole = Rect(0, 0, 40, 40), sway.covers(Rect(0, 0, 40, 40))
    for image, (across, down) in zip(sway.images(symmetry), symmetry.flips, strict=True):
        mirrored = whole[:: -1 if down else 1, :: -1 if across else 1]
        assert (image.covers(cells) == mirrored).mean() > 0.999  # a cell may lie on the edge
        assert image.sin == (-0.8 if across != down else 0.8)
        rows, columns = np.nonzero(image.covers(cells))
        box = image.box.cells(CELL)
        assert rows.min() >= box.top
        assert rows.max() < box.bottom
        assert columns.min() >= box.left
        assert columns.max() < box.right


@given(
    st.integers(-5, 30), st.integers(-5, 30), st.integers(1, 30), st.integers(1, 30),
    st.integers(0, 99),
)  # fmt: skip
def test_the_share_of_cells_is_that_of_their_pixels(left, top, width, height, seed):
    box = Rect(left, top, left + width, top + height)
    mask = np.random.default_rng(seed).random((height, width)) < 0.3
    share, cells = share_of(mask, box), box.cells(CELL)
    assert share.shape == (cells.height, cells.width)
    for row, column in np.ndindex(share.shape):
        here = Rect(column, row, column + 1, row + 1).moved(cells.left, cells.top).scaled(CELL)
        count = mask[here.clipped(box).slices_in(box)].sum() if not here.clipped(box).empty else 0
        assert share[row, column] == pytest.approx(255 * count / 16, abs=1)
        assert (share[row, column] > 0) == (count > 0)


def test_blending_moves_directions_the_whole_way_or_a_part():
    old = np.broadcast_to(code_of(0), (1, 3, 2))
    wanted = np.array([math.cos(math.pi / 2), math.sin(math.pi / 2)])
    found = blended(old, wanted, np.array([[0.0, 0.5, 1.0]]))
    assert (found[0, 0] == code_of(0)).all()
    assert angle_of(found[0, 1]) == pytest.approx(22.5, abs=1)
    assert (found[0, 2] == code_of(45)).all()


def test_editing_a_map_leaves_its_snapshots():
    turned = DirectionMap(500, 300)
    before = turned.snapshot()
    assert before.blank
    turned.write(Rect(4, 4, 6, 6), np.full((2, 2, 2), 3, np.uint8))
    assert before.blank
    assert not turned.snapshot().blank
    assert not turned.empty_in(Rect(0, 0, 2, 2))
    assert DirectionMap.from_snapshot(turned.snapshot()).snapshot().shares_all(turned.snapshot())
    turned.restore(before, Rect(0, 0, 9, 9))
    assert turned.snapshot().blank


def test_what_is_cleared_or_undone_is_blank_again():
    document = Document(LabelMap(500, 300))
    before = document.directions.snapshot()
    document.directions.write(Rect(4, 4, 6, 6), np.full((2, 2, 2), 3, np.uint8))
    patch = Patch.of_directions(before, document.directions, document.directions.bounds)
    assert patch is not None
    while patch.pack():
        pass
    document.undo_patch(patch)
    assert document.state().directions is None
    document.redo_patch(patch)
    assert document.state().directions is not None
    document.directions.write(Rect(2, 2, 9, 9), np.full((7, 7, 2), 128, np.uint8))
    assert document.state().directions is None
