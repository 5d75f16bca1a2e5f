"""Motion between frames, and cuts."""

from itertools import pairwise

import cv2
import numpy as np
import pytest

from engine.benchmarks.video import MadeFrame, made_clip
from engine.photo.pixels import resized
from engine.picture_files import read_photo
from engine.video.flow import is_cut, motion
from resources import path as resource

PHOTOS = resource("..").resolve() / "docs/photos"
SIZE = 320, 180


def photo(name: str) -> np.ndarray:
    return read_photo(PHOTOS / f"{name}.jpg").pixels


def clip(kind: str) -> list[MadeFrame]:
    return list(made_clip(kind, photo("astronaut"), 3, SIZE, photo("cat")))


@pytest.mark.parametrize("kind", ["pan", "zoom", "layers"])
@pytest.mark.parametrize("size", [SIZE, (480, 270)])
def test_known_motion_is_found(kind: str, size: tuple[int, int]) -> None:
    _, before, after = clip(kind)
    found = motion(before.pixels, after.pixels, size)
    scale = size[0] / SIZE[0]
    flow = resized_flow(after.flow, size) * scale
    sure = found.trust > 0.9
    error = np.hypot(*np.moveaxis(found.flow - flow, 2, 0))
    assert np.median(error[sure]) < 0.3 * scale
    assert sure.mean() > 0.6


def resized_flow(flow: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return cv2.resize(flow, size)


def test_what_was_hidden_is_not_trusted() -> None:
    before, after = (resized(photo("astronaut"), SIZE).copy() for _ in range(2))
    square = resized(photo("cat"), (80, 80))
    before[40:120, 80:160], after[40:120, 92:172] = square, square
    trust = motion(before, after, SIZE).trust
    assert trust[50:110, 82:91].mean() < 0.5
    assert trust[50:110, 104:162].mean() > 0.9


def test_cuts_are_found_and_motion_is_none() -> None:
    for kind in ("pan", "zoom", "layers"):
        frames = clip(kind)
        assert not any(is_cut(a.pixels, b.pixels) for a, b in pairwise(frames))
    rocket, cat = (resized(photo(name), SIZE) for name in ("rocket", "cat"))
    assert is_cut(rocket, cat)
    brighter = np.rint(rocket * 1.04).clip(0, 255).astype(np.uint8)
    assert not is_cut(rocket, brighter)
