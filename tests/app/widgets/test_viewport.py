import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.document.rect import Rect
from app.widgets.viewport import LARGEST_SCALE, SMALLEST_SCALE, Viewport

sides = st.integers(16, 8192)
lengths = st.integers(50, 4000)
shares = st.floats(0, 1)


@st.composite
def viewports(draw: st.DrawFn) -> Viewport:
    width, height = draw(sides), draw(sides)
    scale = draw(st.floats(SMALLEST_SCALE, LARGEST_SCALE))
    x, y = draw(shares) * width, draw(shares) * height
    angle = draw(st.one_of(st.sampled_from([0.0, 90.0, 180.0, 270.0]), st.floats(0, 359.9)))
    mirrored = draw(st.booleans())
    return Viewport(width, height, draw(lengths), draw(lengths), scale, x, y, angle, mirrored)


def close(one: tuple[float, float], other: tuple[float, float], slack: float = 1e-6) -> bool:
    return math.hypot(one[0] - other[0], one[1] - other[1]) <= slack


@given(viewports(), shares, shares)
def test_there_and_back(view: Viewport, across: float, down: float) -> None:
    point = (across * view.width, down * view.height)
    assert close(view.to_widget(*view.to_canvas(*point)), point)
    a, b, c, d, e, f = view.matrix
    x, y = view.to_canvas(*point)
    assert close((a * x + c * y + e, b * x + d * y + f), point, 1e-5)  # what Qt draws with


@given(viewports(), shares, shares, st.floats(-720, 720))
def test_turning_keeps_the_point_under_the_fingers(
    view: Viewport, across: float, down: float, degrees: float
) -> None:
    point = (across * view.width, down * view.height)
    before, turned = view.to_canvas(*point), view.turned(degrees, *point)
    if 0 < turned.x < view.canvas_width and 0 < turned.y < view.canvas_height:
        assert close(turned.to_canvas(*point), before, 1e-5 / view.scale)


@given(viewports(), shares, shares)
def test_a_mirror_swaps_left_and_right_of_what_is_seen(
    view: Viewport, across: float, down: float
) -> None:
    x, y = across * view.width, down * view.height
    seen, other = view.to_canvas(x, y), view.flipped().to_canvas(view.width - x, y)
    assert close(seen, other, 1e-6 / view.scale)
    assert close(view.flipped().flipped().to_canvas(x, y), seen, 1e-6 / view.scale)


@given(st.sampled_from([0.0, 90.0, 180.0, 270.0]), st.booleans())
def test_quarter_turns_lay_pixels_on_pixels(angle: float, mirrored: bool) -> None:
    view = Viewport(100, 80, 200, 300, 1.0, 50, 40, angle, mirrored)
    for x, y in ((0, 0), (100, 80), (31, 7)):
        left, top = view.to_widget(x, y)
        assert left == int(left)
        assert top == int(top)


@given(viewports(), shares, shares, st.floats(0.5, 2))
def test_zoom_keeps_the_point_under_the_cursor(
    view: Viewport, across: float, down: float, factor: float
) -> None:
    cursor = (across * view.width, down * view.height)
    before, zoomed = view.to_canvas(*cursor), view.zoomed(*cursor, factor)
    free = 0 < zoomed.x < view.canvas_width and 0 < zoomed.y < view.canvas_height
    if free:  # otherwise the view was held back at the canvas's edge
        assert close(zoomed.to_canvas(*cursor), before, 1e-5)
    expected = min(LARGEST_SCALE, max(SMALLEST_SCALE, view.scale * factor))
    assert zoomed.scale == pytest.approx(expected)


@given(viewports(), st.floats(-9000, 9000), st.floats(-9000, 9000))
def test_panning_never_loses_the_canvas(view: Viewport, dx: float, dy: float) -> None:
    panned = view.panned(dx, dy)
    middle = panned.to_canvas(view.width / 2, view.height / 2)
    assert -1e-6 <= middle[0] <= view.canvas_width + 1e-6
    assert -1e-6 <= middle[1] <= view.canvas_height + 1e-6


@given(viewports())
def test_fit_shows_everything_in_the_middle(view: Viewport) -> None:
    fitted = view.fitted(margin=10)
    if fitted.scale == SMALLEST_SCALE:
        return
    box = fitted.box_to_widget(Rect.of_size(view.canvas_width, view.canvas_height), 0)
    slack = 2 + math.ceil(fitted.scale)
    assert min(box.left, box.top) >= 10 - slack
    assert box.right <= view.width - 10 + slack
    assert box.bottom <= view.height - 10 + slack
    middle = fitted.to_canvas(view.width / 2, view.height / 2)
    assert middle == pytest.approx((view.canvas_width / 2, view.canvas_height / 2))


@given(viewports(), shares, shares)
def test_visible_and_box_agree_on_what_is_seen(view: Viewport, across: float, down: float) -> None:
    x, y = view.to_canvas(across * view.width, down * view.height)
    pixel = Rect(math.floor(x), math.floor(y), math.floor(x) + 1, math.floor(y) + 1)
    on_canvas = not pixel.clipped(Rect.of_size(view.canvas_width, view.canvas_height)).empty
    if on_canvas and 0 < across < 1 and 0 < down < 1:
        assert pixel.clipped(view.visible()) == pixel
        box = view.box_to_widget(pixel)
        assert box.left <= across * view.width <= box.right
        assert box.top <= down * view.height <= box.bottom


def test_views_of_different_sizes_look_at_the_same_spot() -> None:
    one = Viewport(1000, 800, 600, 500, 0.5, 300, 200)
    other = Viewport(1000, 800, 300, 700, 0.5, 300, 200)
    assert one.to_canvas(300, 250) == other.to_canvas(150, 350) == (300, 200)
