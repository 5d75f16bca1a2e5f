import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.document.document import Change, Changed, Document
from app.document.document_state import DocumentState
from app.document.label_map import LabelMap
from app.document.patch import Patch
from app.document.rect import NOWHERE, Rect
from app.document.resample import covering_labels, resized_labels
from app.document.tile_grid import TILE

SIZE = (TILE + 40, 2 * TILE - 30)
"""Height and width that are not multiples of the tile size."""


@st.composite
def rects(draw: st.DrawFn, height: int = SIZE[0], width: int = SIZE[1]) -> Rect:
    left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    right, bottom = draw(st.integers(left + 1, width)), draw(st.integers(top + 1, height))
    return Rect(left, top, right, bottom)


def mask(rect: Rect) -> np.ndarray:
    inside = np.zeros(SIZE, bool)
    inside[rect.slices] = True
    return inside


@given(rects(), rects())
def test_rect_arithmetic_matches_pixel_sets(one: Rect, other: Rect) -> None:
    assert (mask(one.clipped(other)) == mask(one) & mask(other)).all()
    assert one.union(other).area == Rect(*_bounds(mask(one) | mask(other))).area
    parts = one.minus(other)
    assert sum(part.area for part in parts) == (mask(one) & ~mask(other)).sum()
    assert not any(mask(part)[mask(other)].any() for part in parts)


def _bounds(inside: np.ndarray) -> tuple[int, int, int, int]:
    rows, columns = np.nonzero(inside)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


def test_nowhere_adds_nothing() -> None:
    rect = Rect(3, 4, 5, 6)
    assert rect.union(NOWHERE) == NOWHERE.union(rect) == rect
    assert rect.clipped(Rect(5, 4, 9, 9)) == NOWHERE
    assert NOWHERE.empty


@given(st.lists(st.tuples(rects(), st.integers(1, 14)), max_size=6), rects())
def test_label_map_reads_what_was_written(writes: list[tuple[Rect, int]], window: Rect) -> None:
    labels, plain = LabelMap(SIZE[1], SIZE[0]), np.zeros(SIZE, np.uint8)
    dirty = NOWHERE
    for rect, material in writes:
        labels.write(rect, np.full((rect.height, rect.width), material, np.uint8))
        plain[rect.slices] = material
        dirty = dirty.union(rect)
    assert (labels.read(window) == plain[window.slices]).all()
    assert labels.at(window.left, window.top) == plain[window.top, window.left]
    assert labels.take_dirty() == dirty
    assert labels.take_dirty() == NOWHERE


@given(rects())
def test_a_snapshot_never_changes(rect: Rect) -> None:
    before = np.random.default_rng(1).integers(0, 15, SIZE).astype(np.uint8)
    labels = LabelMap.from_array(before)
    snapshot = labels.snapshot()
    labels.write(rect, np.full((rect.height, rect.width), 77, np.uint8))
    assert (snapshot.array() == before).all()
    assert (LabelMap.from_snapshot(snapshot).snapshot().array() == before).all()
    assert not snapshot.array().flags.writeable


def test_a_blank_canvas_of_any_size_holds_one_tile() -> None:
    assert LabelMap(8192, 8192).snapshot().nbytes == TILE * TILE


@given(rects(), rects())
def test_patch_undo_and_redo(first: Rect, second: Rect) -> None:
    rng = np.random.default_rng(2)
    labels = LabelMap.from_array(rng.integers(0, 15, SIZE).astype(np.uint8))
    before = labels.snapshot()
    for rect in (first, second):
        labels.write(rect, rng.integers(0, 15, (rect.height, rect.width)).astype(np.uint8))
    after = labels.snapshot().array()
    patch = Patch.between(before, labels, first.union(second))
    if patch is None:  # the dice fell as they lay
        assert (after == before.array()).all()
        return
    patch.undo(labels)
    assert (labels.snapshot().array() == before.array()).all()
    patch.redo(labels)
    assert (labels.snapshot().array() == after).all()


def test_patch_is_tight_small_and_leaves_the_rest_alone() -> None:
    labels = LabelMap(1024, 1024)
    before = labels.snapshot()
    labels.write(Rect(10, 20, 110, 60), np.full((40, 100), 4, np.uint8))
    patch = Patch.between(before, labels, labels.bounds)
    assert patch is not None
    while patch.pack():
        pass
    assert sum(len(piece) for piece in patch.held()) < 200
    assert Patch.between(labels.snapshot(), labels, labels.bounds) is None


def test_document_notifies_listeners() -> None:
    document = Document(LabelMap(64, 48), "a")
    heard: list[Change] = []
    document.subscribe(heard.append)
    document.labels.write(Rect(1, 2, 3, 4), np.ones((2, 2), np.uint8))
    assert document.publish_labels() == Rect(1, 2, 3, 4)
    assert document.publish_labels() == NOWHERE
    document.merge_painting(Rect(0, 0, 2, 2), np.full((2, 2, 3), 9, np.uint8))
    document.set_seed(5)
    document.replace_canvas(DocumentState(LabelMap(30, 20).snapshot()))
    assert [change.what for change in heard] == [
        Changed.LABELS, Changed.MODIFIED, Changed.PAINTING, Changed.SEED, Changed.CANVAS,
    ]  # fmt: skip
    assert heard[0].rect == Rect(1, 2, 3, 4)
    assert (document.width, document.height, document.painting.shape) == (30, 20, (20, 30, 3))


def test_the_painting_cannot_be_written_from_outside() -> None:
    document = Document(LabelMap(8, 8))
    with pytest.raises(ValueError, match="read-only"):
        document.painting[0, 0] = 1
    document.merge_painting(Rect(0, 0, 1, 1), np.full((1, 1, 3), 9, np.uint8))
    assert document.painting[0, 0].tolist() == [9, 9, 9]


def test_resizing_keeps_materials_and_proportions() -> None:
    labels = np.zeros((60, 80), np.uint8)
    labels[:, 40:] = 7
    labels[10:30, 10:30] = 12
    large = resized_labels(labels, 240, 180)
    assert set(np.unique(large)) == {0, 7, 12}
    assert (large[:, 120:] == 7).mean() > 0.99
    square = covering_labels(labels, 120, 120)
    rows, columns = np.nonzero(square == 12)
    assert np.ptp(rows) == np.ptp(columns)  # a square stays a square on a square canvas


def test_unchanged_tiles_stay_shared() -> None:
    labels = LabelMap(3 * TILE, 2 * TILE, 4)
    before = labels.snapshot()
    block = labels.read(labels.bounds)
    block[10, TILE + 10] = 5
    labels.write(labels.bounds, block)
    assert [index for index, _, _ in labels.unlike_tiles(before, labels.bounds)] == [1]


def test_tiles_of_one_material_are_the_same_object() -> None:
    labels = LabelMap(3 * TILE, TILE + 40)
    labels.paint(Rect(0, 0, 2 * TILE, TILE + 40), None, 5)
    assert len({id(tile) for tile in labels.tiles}) == 2
    labels.paint(Rect(0, 0, 2 * TILE - 1, TILE + 40), None, 6)
    assert len({id(tile) for tile in labels.tiles}) == 4
    assert labels.at(2 * TILE - 1, 0) == 5
