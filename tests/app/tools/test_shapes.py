"""Shapes, brushes and their mirror images, checked per pixel."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.document.document import Document
from app.document.label_map import LabelMap
from app.document.patch import Patch
from app.document.rect import Rect
from app.document.selection import Selection
from app.document.stroke import Keys, PointerSample, Stamp, StrokePath
from app.document.symmetry import Symmetry
from app.tools import BRUSH_SHAPES, TOOLS, Ink, ToolOptions
from app.tools.brush_shape import RaggedBrush, SquareBrush, covered

WIDTH, HEIGHT = 90, 70
ROWS, COLUMNS = np.mgrid[:HEIGHT, :WIDTH] + 0.5
xs, ys = st.floats(-20, 110), st.floats(-20, 90)
points = st.tuples(xs, ys)
sizes = st.integers(1, 30)


def sample(x: float, y: float, keys: Keys = Keys.NONE) -> PointerSample:
    return PointerSample(x, y, keys=keys)


def gesture(
    document: Document, options: ToolOptions, path: list[tuple[float, float]],
    symmetry: Symmetry | None = None, keys: Keys = Keys.NONE,
) -> Ink:  # fmt: skip
    """Drag a tool along points of a document."""
    ink = Ink(document, symmetry)
    begun = TOOLS[options.tool].begin(ink, options, sample(*path[0], keys))
    for point in path[1:]:
        begun.move(sample(*point, keys))
    begun.lift(sample(*path[-1], keys))
    begun.finish()
    return ink


def drawn(options: ToolOptions, path: list[tuple[float, float]]) -> np.ndarray:
    """Return what a drag paints on an empty canvas, HEIGHT x WIDTH bool."""
    document = Document(LabelMap(WIDTH, HEIGHT))
    gesture(document, options, path)
    return document.labels.snapshot().array() == 4


@given(points, points)
def test_a_rectangle_is_every_pixel_between(a: tuple, b: tuple) -> None:
    (left, right), (top, bottom) = sorted((a[0], b[0])), sorted((a[1], b[1]))
    expected = (left <= COLUMNS) & (right > COLUMNS) & (top <= ROWS) & (bottom > ROWS)
    assert (drawn(ToolOptions("rectangle", 4), [a, b]) == expected).all()


@given(points, points, sizes)
def test_a_frame_is_as_wide_as_the_brush(a: tuple, b: tuple, size: int) -> None:
    if a == b:
        return
    (left, right), (top, bottom) = sorted((a[0], b[0])), sorted((a[1], b[1]))

    def inside(m: float) -> np.ndarray:
        across = (left - m <= COLUMNS) & (right + m > COLUMNS)
        return across & (top - m <= ROWS) & (bottom + m > ROWS)

    frame = drawn(ToolOptions("rectangle", 4, size, filled=False), [a, b])
    assert (frame == inside(size / 2) & ~inside(-size / 2)).all()


@given(points, points, sizes, st.booleans())
def test_an_ellipse_is_where_its_equation_holds(
    a: tuple, b: tuple, size: int, filled: bool
) -> None:
    x, y = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
    wide, high = abs(a[0] - b[0]) / 2, abs(a[1] - b[1]) / 2
    margin = 0 if filled else size / 2

    def level(m: float) -> np.ndarray:
        if wide + m < 1e-3 or high + m < 1e-3:
            return np.full(ROWS.shape, 9.0)
        return ((COLUMNS - x) / (wide + m)) ** 2 + ((ROWS - y) / (high + m)) ** 2

    painted = drawn(ToolOptions("ellipse", 4, size, filled=filled), [a, b])
    if a == b:
        assert not painted.any()
        return
    outer, inner = level(margin), level(-margin) if not filled else np.full(ROWS.shape, 9.0)
    sure = (np.abs(outer - 1) > 1e-3) & (np.abs(inner - 1) > 1e-3)
    assert (painted == (outer <= 1) & (inner > 1))[sure].all()


@given(points, points, sizes)
def test_a_line_is_all_within_half_its_width(a: tuple, b: tuple, size: int) -> None:
    if math.dist(a, b) < 1e-3:
        return
    along = np.array(b) - a
    away = np.stack([COLUMNS - a[0], ROWS - a[1]], -1)
    share = np.clip(away @ along / (along @ along), 0, 1)
    distance = np.linalg.norm(away - share[..., None] * along, axis=-1)
    line, reach = drawn(ToolOptions("line", 4, size), [a, b]), max(size / 2, 0.71)
    assert line[distance < reach - 3e-3].all()
    assert not line[distance > reach + 3e-3].any()


@settings(max_examples=40)
@given(points, points, st.floats(1, 20), st.floats(1, 20))
def test_a_square_brush_covers_its_movement(a: tuple, b: tuple, first: float, last: float) -> None:
    """The result covers all of many squares along the line, and nothing far from them."""
    bounds = Rect(0, 0, WIDTH, HEIGHT)
    box, mask = covered(SquareBrush(), [Stamp(*a, first), Stamp(*b, last)], bounds)
    painted = np.zeros((HEIGHT, WIDTH), bool)
    painted[box.slices] = mask
    depth = np.full((HEIGHT, WIDTH), -np.inf)
    for t in np.linspace(0, 1, 400):
        x, y, r = a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]), first + t * (last - first)
        depth = np.maximum(depth, r - np.maximum(np.abs(COLUMNS - x), np.abs(ROWS - y)))
    assert painted[depth > 1e-2].all()
    assert not painted[depth < -0.5].any()


@given(points, points, st.floats(4, 30))
def test_a_ragged_edge_stays_inside_the_round_one(a: tuple, b: tuple, radius: float) -> None:
    bounds, stamps = Rect(0, 0, WIDTH, HEIGHT), [Stamp(*a, radius), Stamp(*b, radius)]
    ragged = covered(RaggedBrush(2 * radius, 0.5, (1, 2)), stamps, bounds)[1]
    whole = covered(BRUSH_SHAPES["round"](1, 0, ()), stamps, bounds)[1]
    core = covered(
        BRUSH_SHAPES["round"](1, 0, ()), [Stamp(*s[:2], radius * 0.4) for s in stamps], bounds
    )
    assert not (ragged & ~whole).any()
    box, mask = core
    assert mask.sum() <= ragged.sum() or box.empty


def test_a_ragged_edge_is_ragged_and_the_same_again() -> None:
    options = ToolOptions("brush", 4, 40, 0.0, brush="ragged", jitter=0.5)
    path = [(20.0, 35.0), (40.0, 30.0), (70.0, 35.0)]
    stroke = drawn(options, path)
    assert (stroke == drawn(options, path)).all()
    assert (stroke != drawn(options, [(x + 0.5, y) for x, y in path])).any()
    edges = np.argmax(stroke[:, 25:65], axis=0)
    assert len(set(edges.tolist())) > 6
    finer = drawn(options, [path[0], (30, 32.5), path[1], (55, 32.5), path[2]])
    # The curve between other samples is another one, but the leaves are where they were.
    assert (finer != stroke).mean() < 0.05


def test_spaced_dabs_stand_apart() -> None:
    options = ToolOptions("brush", 4, 6, 0.0, spacing=2.0)
    stroke = drawn(options, [(10, 35), (82, 35)])
    row = stroke[35].astype(int)
    assert (np.diff(row) == 1).sum() == 7  # every 12 pixels, 6 wide, from 10 to 82
    uneven = drawn(ToolOptions("brush", 4, 6, 0.0, spacing=2.0, jitter=1.0), [(10, 35), (82, 35)])
    assert (uneven != stroke).any()


def test_shift_makes_shapes_regular() -> None:
    def box(tool: str) -> np.ndarray:
        document = Document(LabelMap(WIDTH, HEIGHT))
        gesture(document, ToolOptions(tool, 4, 2), [(10, 10), (50, 30)], keys=Keys.SHIFT)
        return np.argwhere(document.labels.snapshot().array() == 4)

    for tool in ("rectangle", "ellipse"):
        assert np.ptp(box(tool), axis=0).tolist() == [39, 39]
    line = box("line")  # 26.6 degrees: the nearest of eight directions is 45
    assert abs(np.ptp(line[:, 0]) - np.ptp(line[:, 1])) <= 1


plain_or_mirrored = st.tuples(st.booleans(), st.booleans()).filter(any)


@settings(max_examples=40)
@given(
    st.sampled_from(["brush", "line", "rectangle", "ellipse", "fill", "eraser"]),
    st.sampled_from(sorted(BRUSH_SHAPES)), st.lists(points, min_size=1, max_size=4),
    plain_or_mirrored,
    st.booleans(), st.floats(0, 1),
)  # fmt: skip
def test_symmetry_is_the_flip_of_the_result(
    tool: str, brush: str, path: list[tuple], axes: tuple[bool, bool], filled: bool, jitter: float
) -> None:
    start = np.zeros((HEIGHT, WIDTH), np.uint8)
    start[10:60, 20:70] = 6
    start[30:40, 30:60] = 2
    document = Document(LabelMap.from_array(start))
    document.set_background(8)
    options = ToolOptions(tool, 4, 14, 0.0, brush=brush, jitter=jitter, filled=filled)
    symmetry = Symmetry(WIDTH, HEIGHT, *axes)
    gesture(document, options, path, symmetry)
    after = document.labels.snapshot().array()
    if axes[0]:
        assert (after == after[:, ::-1]).all()
    if axes[1]:
        assert (after == after[::-1]).all()
    # And what was drawn without axes is part of it.
    alone = Document(LabelMap.from_array(start))
    alone.set_background(8)
    gesture(alone, options, path)
    changed = alone.labels.snapshot().array() != start
    assert (after != start)[changed].all()


@settings(max_examples=40)
@given(st.integers(0, 2 * WIDTH), points)
def test_an_axis_can_be_anywhere(axis: int, point: tuple) -> None:
    document = Document(LabelMap(WIDTH, HEIGHT))
    symmetry = Symmetry(axis, 0, left_right=True)
    gesture(document, ToolOptions("brush", 4, 9, 0.0), [point], symmetry)
    after = document.labels.snapshot().array()
    for column in range(WIDTH):
        image = axis - 1 - column
        if 0 <= image < WIDTH and 5 < point[0] < WIDTH - 5:
            assert (after[:, column] == after[:, image]).all()


@settings(max_examples=40)
@given(st.sampled_from(sorted(TOOLS)), st.lists(points, min_size=2, max_size=4), st.booleans())
def test_every_tool_keeps_to_the_selection(tool: str, path: list, filled: bool) -> None:
    document = Document(LabelMap(WIDTH, HEIGHT, 6))
    selection = Selection.of_box(Rect(20, 15, 60, 50), document.bounds)
    document.set_selection(selection)
    options = ToolOptions(tool, 4, 20, filled=filled)
    gesture(document, options, path, Symmetry(WIDTH, HEIGHT, True, True))
    after = document.labels.snapshot().array()
    if tool != "move":
        assert selection is not None
        assert (after[~selection.mask] == 6).all()


@given(st.integers(-60, 60), st.integers(-60, 60), st.booleans())
def test_moving_moves_exactly_the_selected_part(dx: int, dy: int, copy: bool) -> None:
    rng = np.random.default_rng(3)
    start = rng.integers(1, 9, (HEIGHT, WIDTH)).astype(np.uint8)
    document = Document(LabelMap.from_array(start))
    document.set_background(9)
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[20:40, 30:60] = rng.random((20, 30)) < 0.7
    document.set_selection(Selection.of_mask(mask.copy()))
    keys = Keys.ALT if copy else Keys.NONE
    gesture(document, ToolOptions("move"), [(45, 30), (45 + dx, 30 + dy)], keys=keys)
    expected = start.copy()
    if not copy:
        expected[mask] = 9
    rows, columns = np.nonzero(mask)
    for row, column in zip(rows, columns, strict=True):
        if 0 <= row + dy < HEIGHT and 0 <= column + dx < WIDTH:
            expected[row + dy, column + dx] = start[row, column]
    assert (document.labels.snapshot().array() == expected).all()
    moved = np.zeros_like(mask)
    inside = (rows + dy >= 0) & (rows + dy < HEIGHT) & (columns + dx >= 0) & (columns + dx < WIDTH)
    moved[rows[inside] + dy, columns[inside] + dx] = True
    selection = document.selection
    assert (selection.mask == moved).all() if selection is not None else not moved.any()


@settings(max_examples=40)
@given(st.integers(-5, 5), st.integers(0, 2**32 - 1))
def test_growing_and_shrinking_go_by_distance(pixels: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    mask = np.zeros((14, 18), bool)
    mask[rng.integers(0, 6) :, rng.integers(0, 8) :] = True
    mask &= rng.random(mask.shape) < 0.97
    selection = Selection.of_mask(mask.copy())
    if selection is None:
        return
    wide = np.pad(mask, 6)
    spots = np.argwhere(wide if pixels >= 0 else ~wide)
    all_spots = np.stack(np.mgrid[: wide.shape[0], : wide.shape[1]], -1)
    distance = np.array([((all_spots - spot) ** 2).sum(-1) for spot in spots]).min(0)
    expected = (distance <= pixels**2 if pixels >= 0 else distance > pixels**2)[6:-6, 6:-6]
    grown = selection.grown(pixels)
    assert (grown.mask == expected).all() if grown is not None else not expected.any()


def test_selections_add_and_subtract() -> None:
    bounds = Rect(0, 0, 20, 10)
    left, middle = (
        Selection.of_box(Rect(0, 0, 8, 10), bounds),
        Selection.of_box(Rect(5, 0, 12, 10), bounds),
    )
    assert left is not None
    assert middle is not None
    joined, rest = left.joined(middle), left.without(middle)
    assert joined is not None
    assert joined.box == Rect(0, 0, 12, 10)
    assert rest is not None
    assert rest.box == Rect(0, 0, 5, 10)
    assert left.without(left) is None
    assert Selection.of_box(Rect(30, 0, 40, 5), bounds) is None


def test_filling_everywhere_and_inside_a_selection() -> None:
    start = np.zeros((HEIGHT, WIDTH), np.uint8)
    start[:, 30] = 3
    for connected, expected in ((True, 30 * HEIGHT), (False, (WIDTH - 1) * HEIGHT)):
        document = Document(LabelMap.from_array(start))
        gesture(document, ToolOptions("fill", 4, connected=connected), [(5, 5)])
        assert (document.labels.snapshot().array() == 4).sum() == expected
        document = Document(LabelMap.from_array(start))
        other = ToolOptions("fill", 4, connected=not connected)
        gesture(document, other, [(5, 5)], keys=Keys.SHIFT)
        assert (document.labels.snapshot().array() == 4).sum() == expected
    document = Document(LabelMap(WIDTH, HEIGHT))
    wall = np.ones((HEIGHT, WIDTH), bool)
    wall[:, 40] = False
    document.set_selection(Selection.of_mask(wall))
    gesture(document, ToolOptions("fill", 4), [(5, 5)])
    assert (document.labels.snapshot().array() == 4)[:, :40].all()
    assert not (document.labels.snapshot().array() == 4)[:, 40:].any()


@given(st.lists(points, min_size=2, max_size=6))
def test_only_the_last_shape_of_a_drag_stays(path: list[tuple]) -> None:
    options = ToolOptions("ellipse", 4)
    assert (drawn(options, path) == drawn(options, [path[0], path[-1]])).all()


def test_a_large_shape_is_painted_when_the_pointer_is_lifted() -> None:
    document = Document(LabelMap(2000, 1500))
    ink = Ink(document)
    begun = TOOLS["rectangle"].begin(ink, ToolOptions("rectangle", 4), sample(10, 10))
    begun.move(sample(300, 300))
    assert document.labels.at(200, 200) == 4
    begun.move(sample(1900, 1400))
    assert document.labels.at(200, 200) == 0
    assert len(begun.trace[0]) == 5
    begun.finish()
    assert document.labels.at(1899, 1399) == 4
    patch = Patch.between(ink.before, document.labels, ink.touched)
    assert patch is not None
    patch.undo(document.labels)
    assert not document.labels.array().any()


def test_untouched_tiles_stay_shared() -> None:
    labels = LabelMap(1024, 512)
    before = labels.snapshot()
    mask = np.zeros((512, 1024), bool)
    mask[300, 700] = True
    labels.paint(labels.bounds, mask, 4)
    shared = [a is b for a, b in zip(before.tiles, labels.snapshot().tiles, strict=True)]
    assert shared.count(False) == 1
    assert labels.at(700, 300) == 4
    labels.restore(before, Rect(690, 290, 710, 310))
    assert not labels.differing(before, labels.bounds).any()


def test_the_rope_pulls_only_when_it_is_taut() -> None:
    path = StrokePath(4, smoothing=0.5, rope=True)  # 60 pixels long
    first = path.add(sample(0, 0))
    assert [(s.x, s.y) for s in first] == [(0, 0)]
    assert path.add(sample(0, 50)) == []
    assert path.add(sample(59, 0)) == []
    stamps = path.add(sample(160, 0)) + path.finish()
    assert (stamps[-1].x, stamps[-1].y) == pytest.approx((100, 0))
    assert path.rope == (pytest.approx((100, 0)), (160, 0))


@pytest.mark.parametrize(("gamma", "order"), [(0.5, 1), (2.0, -1)])
def test_the_pens_curve(gamma: float, order: int) -> None:
    plain, bent = (StrokePath(40, gamma=g).add(PointerSample(5, 5, 0.4))[0] for g in (1.0, gamma))
    assert np.sign(bent.radius - plain.radius) == order
    assert StrokePath(40, gamma=gamma).add(PointerSample(5, 5, 1.0))[0].radius == 20
