"""Tests of the direction: along borders near them, along the flow elsewhere, by character."""

import numpy as np
import pytest

from engine.flow import NEUTRAL, REACH, FlowField, RegionFlow, flow_field, measure_character
from engine.flow.bend import RADIUS
from engine.flow.measure import structure
from engine.tiles import Window

SIDE = 320
WINDOW = Window(0, 0, SIDE, SIDE)


def regions_of(inside) -> np.ndarray:
    """Return region 1 where ``inside(columns, rows)``, in canvas pixels, else 0."""
    rows, columns = np.mgrid[-REACH : SIDE + REACH, -REACH : SIDE + REACH]
    return inside(columns, rows).astype(np.uint8)


def disc(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.hypot(x - 160, y - 160) < 80


def doubled_angle_of_streaks(field: FlowField) -> tuple[np.ndarray, np.ndarray]:
    """Measure the direction in the picture of the streaks, as unit vectors."""
    grey = (field.streaks.astype(np.int16) + 128).astype(np.uint8)
    tensor = structure(np.repeat(grey[..., None], 3, 2))
    length = np.hypot(tensor.cos, tensor.sin) + 1e-6
    return tensor.cos / length, tensor.sin / length


@pytest.mark.parametrize("seed", range(4))
def test_streaks_run_along_a_border(seed):
    field = flow_field(regions_of(disc), WINDOW, seed)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    near = np.abs(np.hypot(columns - 160, rows - 160) - 80) < 8
    angle = 2 * (np.arctan2(rows - 160, columns - 160) + np.pi / 2)
    tangent = np.cos(angle), np.sin(angle)
    declared = (field.cos * tangent[0] + field.sin * tangent[1])[near] / 127
    assert declared.mean() > 0.9
    cos, sin = doubled_angle_of_streaks(field)
    assert (cos * tangent[0] + sin * tangent[1])[near].mean() > 0.85


def test_far_from_borders_the_flow_is_unchanged():
    bent = flow_field(regions_of(disc), WINDOW, 3)
    plain = flow_field(regions_of(lambda x, y: x < -999), WINDOW, 3)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    far = np.abs(np.hypot(columns - 160, rows - 160) - 80) > RADIUS + 8
    assert far.sum() > 5000
    assert np.array_equal(bent.cos[far], plain.cos[far])
    assert np.array_equal(bent.sin[far], plain.sin[far])
    assert not np.array_equal(bent.cos, plain.cos)


@pytest.mark.parametrize("seed", range(3))
def test_streaks_run_along_the_flow(seed):
    field = flow_field(regions_of(lambda x, y: x < -999), WINDOW, seed)
    cos, sin = doubled_angle_of_streaks(field)
    agree = (field.cos * cos + field.sin * sin) / np.maximum(np.hypot(field.cos, field.sin), 1)
    assert agree.mean() > 0.8


def test_directions_have_no_sign():
    """Streaks are the same on both sides of a border and at opposite sides of a disc."""
    field = flow_field(regions_of(disc), WINDOW, 0)
    for one, other in (((160, 78), (160, 82)), ((160, 80), (160, 240)), ((80, 160), (240, 160))):
        assert abs(int(field.cos[one]) - int(field.cos[other])) < 25


def test_strength_0_has_no_direction_and_no_streaks():
    regions = regions_of(disc)
    dots = flow_field(regions, WINDOW, 1, [RegionFlow(strength=0)] * 2)
    assert not dots.cos.any()
    assert not dots.sin.any()
    along = {name: streak_length(field) for name, field in both(regions, dots)}
    assert along["dots"] < 0.6 * along["streaks"]
    assert dots.streaks.std() == pytest.approx(28, abs=6)


def both(regions: np.ndarray, dots: FlowField):
    return ("dots", dots), ("streaks", flow_field(regions, WINDOW, 1))


def streak_length(field: FlowField) -> float:
    tensor = structure(
        np.repeat((field.streaks.astype(int) + 128)[..., None], 3, 2).astype(np.uint8)
    )
    return float(np.hypot(tensor.cos, tensor.sin).sum() / tensor.energy.sum())


@pytest.mark.parametrize("direction", [-90, -30, 0, 45, 90])
def test_bias_1_is_straight(direction):
    flow = RegionFlow(direction=direction, bias=1)
    field = flow_field(regions_of(lambda x, y: x < -999), WINDOW, 5, [flow])
    angle = 2 * np.radians(direction)
    assert np.abs(field.cos - 127 * np.cos(angle)).max() <= 1
    assert np.abs(field.sin - 127 * np.sin(angle)).max() <= 1


def test_45_degrees_run_from_upper_left_to_lower_right():
    flow = RegionFlow(direction=45, bias=1)
    streaks = flow_field(regions_of(disc), WINDOW, 5, [flow, flow]).streaks.astype(int)
    middle = streaks[140:180, 140:180]
    along = np.abs(middle[1:, 1:] - middle[:-1, :-1]).mean()
    assert along < 0.6 * np.abs(middle[1:, :-1] - middle[:-1, 1:]).mean()


def test_a_longer_turn_turns_more_slowly():
    plain = regions_of(lambda x, y: x < -999)
    steep = []
    for turn in (102, 256, 640):
        field = flow_field(plain, WINDOW, 2, [RegionFlow(turn=turn)])
        cos, sin = field.cos.astype(float), field.sin.astype(float)
        steep.append(np.hypot(np.diff(cos, axis=1), np.diff(sin, axis=1)).mean())
    assert steep[0] > 1.5 * steep[1] > 1.5 * 1.5 * steep[2]


def test_neighbours_of_another_character_meet_smoothly():
    flows = [RegionFlow(direction=0, bias=1), RegionFlow(direction=90, bias=1, strength=0.2)]
    field = flow_field(regions_of(lambda x, y: y > 160), WINDOW, 4, flows)
    jumps = np.abs(np.diff(field.cos.astype(int), axis=0))
    assert jumps.max() < 40
    assert field.cos[40].mean() > 120
    assert field.cos[280].mean() == pytest.approx(-0.2 * 127, abs=3)


@pytest.mark.parametrize(
    "hostile",
    [
        {"strength": -0.1}, {"strength": 1.1}, {"strength": float("nan")}, {"bias": 2},
        {"direction": 91}, {"direction": float("inf")}, {"turn": 15}, {"turn": 4000},
        {"swirl": 1}, {"strength": "very"}, {"bias": None},
    ],
)  # fmt: skip
def test_hostile_characters_are_refused(hostile):
    with pytest.raises(ValueError, match=next(iter(hostile))):
        RegionFlow(**hostile)


def test_a_character_is_a_value():
    assert RegionFlow() == NEUTRAL
    assert hash(RegionFlow(bias=0.5)) == hash(RegionFlow(bias=0.5))
    with pytest.raises(ValueError, match="frozen"):
        NEUTRAL.strength = 0.5


def test_more_characters_than_numbers_are_no_error():
    plain = np.zeros((2 * REACH + 8, 2 * REACH + 8), np.uint8)
    flow_field(plain, Window(0, 0, 8, 8), 0, [RegionFlow(bias=1)] * 300)


# -- measuring ------------------------------------------------------------------------------


def stripes(angle: float, side: int = 300) -> np.ndarray:
    """Return stripes along ``angle`` degrees (clockwise on screen), (side, side, 3) uint8."""
    rows, columns = np.mgrid[:side, :side]
    across = columns * -np.sin(np.radians(angle)) + rows * np.cos(np.radians(angle))
    grey = (128 + 80 * np.sin(across)).astype(np.uint8)
    return np.repeat(grey[..., None], 3, 2)


@pytest.mark.parametrize("angle", [-60, -20, 0, 45, 80])
def test_stripes_are_strong_and_straight(angle):
    [flow] = measure_character(stripes(angle), np.zeros((300, 300), np.uint8), 1)
    assert flow.strength == 1
    assert flow.bias > 0.9
    assert flow.direction == pytest.approx(angle, abs=2)


def test_dots_have_no_strength():
    rng = np.random.default_rng(1)
    picture = rng.integers(0, 255, (300, 300, 3)).astype(np.uint8)
    [flow] = measure_character(picture, np.zeros((300, 300), np.uint8), 1)
    assert flow.strength < 0.2


def test_regions_are_measured_by_themselves():
    picture, regions = stripes(0), np.zeros((300, 300), np.uint8)
    picture[:, 150:], regions[:, 150:] = stripes(90)[:, 150:], 1
    regions[:, 290:] = 255
    one, other, none = measure_character(picture, regions, 3)
    assert one.direction == pytest.approx(0, abs=2)
    assert abs(other.direction) == pytest.approx(90, abs=2)
    assert none == NEUTRAL


def test_what_has_no_structure_is_neutral():
    flat = np.full((200, 200, 3), 90, np.uint8)
    assert measure_character(flat, np.zeros((200, 200), np.uint8), 1) == (NEUTRAL,)
    assert measure_character(flat[:5, :5], np.zeros((5, 5), np.uint8), 1) == (NEUTRAL,)


@pytest.mark.parametrize("turn", [102, 256, 640])
def test_the_field_measures_as_what_it_is(turn):
    regions = np.zeros((700 + 2 * REACH, 900 + 2 * REACH), np.uint8)
    found = []
    for seed in range(3):
        field = flow_field(regions, Window(0, 0, 900, 700), seed, [RegionFlow(turn=turn)])
        picture = np.repeat((field.streaks.astype(int) + 128)[..., None], 3, 2).astype(np.uint8)
        found += measure_character(picture, regions[REACH:-REACH, REACH:-REACH], 1)
    assert np.median([flow.turn for flow in found]) == pytest.approx(turn, rel=0.45)
    assert all(flow.strength > 0.6 for flow in found)
    assert np.median([flow.bias for flow in found]) < 0.25


@pytest.mark.parametrize("shape", [(10, 10), (10, 12, 1), (8, 10, 3)])
def test_arrays_that_do_not_fit_are_refused(shape):
    with pytest.raises(ValueError, match="does not fit"):
        measure_character(np.zeros(shape, np.uint8), np.zeros((10, 10), np.uint8), 1)
