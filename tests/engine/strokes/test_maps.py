"""Tests of reading hand-coloured maps, also with soft or damaged borders."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from engine.strokes.maps import ALIKE, hexadecimal, read_colour_map, read_with_colours

COLOURS = np.array([[220, 40, 40], [40, 60, 210], [240, 220, 60], [30, 140, 60]], np.uint8)


def regions_drawn(side: int = 200) -> np.ndarray:
    """Return four regions of different sizes, the largest first."""
    drawn = np.zeros((side, side), np.uint8)
    drawn[110:] = 1
    drawn[:60, 130:] = 2
    drawn[140:180, 20:70] = 3
    return drawn


def away_from_borders(regions: np.ndarray, pixels: int) -> np.ndarray:
    side = 2 * pixels + 1
    nine = np.ones((side, side), np.uint8)
    return cv2.dilate(regions, nine) == cv2.erode(regions, nine)


def as_jpeg(rgb: np.ndarray, quality: int) -> np.ndarray:
    content = io.BytesIO()
    Image.fromarray(rgb).save(content, "JPEG", quality=quality)
    return np.asarray(Image.open(content).convert("RGB"))


@pytest.mark.parametrize("quality", [30, 60, 90])
def test_damage_by_jpeg_adds_no_region(quality):
    drawn = regions_drawn()
    found = read_colour_map(as_jpeg(COLOURS[drawn], quality))
    assert len(found.colours) == len(COLOURS)
    inside = away_from_borders(drawn, 3)
    assert (found.regions == drawn)[inside].mean() > 0.99


def test_soft_borders_take_one_of_the_two_regions_that_meet():
    drawn = np.zeros((120, 120), np.uint8)
    drawn[:, 60:] = 1
    soft = cv2.GaussianBlur(COLOURS[drawn], (0, 0), 1.2)
    found = read_colour_map(soft)
    assert len(found.colours) == 2
    assert (found.regions == drawn).mean() > 0.98


def test_only_the_largest_regions_stay():
    rng = np.random.default_rng(3)
    colours = np.array([[r, g, b] for r in (0, 127, 255) for g in (0, 127, 255) for b in (0, 255)])
    sizes = rng.permutation(len(colours)) + 4
    rgb = np.concatenate(
        [np.broadcast_to(c, (s * 3, 60, 3)) for c, s in zip(colours, sizes, strict=True)]
    ).astype(np.uint8)
    found = read_colour_map(rgb)
    assert len(found.colours) == 12
    largest = colours[np.argsort(-sizes)[:12]]
    assert {tuple(c) for c in found.colours.tolist()} == {tuple(c) for c in largest.tolist()}


def test_one_colour_is_one_region():
    found = read_colour_map(np.full((40, 30, 3), 90, np.uint8))
    assert found.colours.tolist() == [[90, 90, 90]]
    assert (found.regions == 0).all()


def test_a_missing_colour_is_reported_with_its_replacement():
    doodle = np.zeros((80, 80, 3), np.uint8)
    doodle[:40], doodle[40:] = COLOURS[1], (255, 150, 60)
    regions, lacking = read_with_colours(doodle, COLOURS)
    assert (regions[:40] == 1).all()
    ((own, other),) = lacking
    assert hexadecimal(own) == "#ff963c"
    nearest = np.linalg.norm(COLOURS.astype(float) - own, axis=1).argmin()
    assert (other == COLOURS[nearest]).all()
    assert (regions[40:] == nearest).all()


def test_slightly_different_colours_are_the_maps_own():
    doodle = np.clip(COLOURS[regions_drawn()].astype(int) + 8, 0, 255).astype(np.uint8)
    regions, lacking = read_with_colours(doodle, COLOURS)
    assert not lacking
    assert (regions == regions_drawn()).all()
    assert 8 * np.sqrt(3) < ALIKE
