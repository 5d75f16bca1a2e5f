"""Tests of painted photos: windows equal the whole; strength, strokes, colours, KEEP."""

from itertools import pairwise

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.device import Device
from engine.errors import EngineError
from engine.photo import painter as painting
from engine.photo.composite import OverPhoto, composed
from engine.photo.painter import LEAST, WORKING, PaintedPhoto, PhotoPainter, working_size
from engine.photo.pixels import Colours, luminance, matching, with_light_of
from engine.requests import PhotoLook
from engine.tiles import Window
from resources.materials import KEEP, PHOTO
from tests.conftest import random_stylizer


def painter(dtype: torch.dtype = torch.float32) -> PhotoPainter:
    return PhotoPainter(random_stylizer(), Device(torch.device("cpu"), dtype))


@pytest.fixture(scope="module")
def plain() -> PhotoPainter:
    return painter()


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Return soft shapes with grain, like a photo."""
    rng = np.random.default_rng(seed)
    rough = rng.integers(0, 256, (height // 8 + 2, width // 8 + 2, 3), np.uint8)
    smooth = cv2.resize(rough, (width, height), interpolation=cv2.INTER_CUBIC).astype(int)
    return (smooth + rng.integers(-12, 13, smooth.shape)).clip(0, 255).astype(np.uint8)


def whole(painter: PhotoPainter, photo: np.ndarray, look: PhotoLook) -> np.ndarray:
    painted = painter.begin(photo, look)
    return painted.window(painted.bounds)


def over(labels: OverPhoto, photo: np.ndarray, painted: PaintedPhoto, rect: Window) -> np.ndarray:
    """Return the visible pixels of the painted photo where labels keep some of it."""
    own = photo[rect.within(painted.bounds)]
    return composed(labels, own, painted.window(rect), rect, unpainted)


def unpainted(labels: OverPhoto, tile: Window) -> np.ndarray:
    raise AssertionError("there is no material over the photo")


LOOKS = [
    PhotoLook("wave", 0.7, "night", 0.3),
    PhotoLook("night", colours="luminance", stroke=2.5),
    PhotoLook("wave", colours="statistics", stroke=0.7),
]


@settings(max_examples=8)
@given(st.data())
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("look", LOOKS)
def test_windows_in_any_order_and_tiles_of_any_size_equal_the_whole(
    look: PhotoLook, dtype: torch.dtype, data: st.DataObject
) -> None:
    width, height = data.draw(st.integers(1, 240)), data.draw(st.integers(1, 200))
    photo, own = picture(height, width), painter(dtype)
    labels = OverPhoto(np.where(picture(height, width, 1)[..., 0] > 128, KEEP, PHOTO))
    at_once = own.begin(photo, look, tile=1024)
    wanted = over(labels, photo, at_once, at_once.bounds)
    tile = data.draw(st.sampled_from([64, 96, 128]))
    piecemeal = own.begin(photo, look, tile)
    for _ in range(3):
        left, top = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
        right = data.draw(st.integers(left + 1, width))
        rect = Window(left, top, right, data.draw(st.integers(top + 1, height)))
        seen = over(labels, photo, piecemeal, rect)
        assert np.array_equal(seen, wanted[rect.within(piecemeal.bounds)])


@pytest.mark.parametrize("stroke", [0.5, 1, 3])
@pytest.mark.parametrize("colours", ["style", "luminance", "statistics"])
def test_no_strength_is_the_photo_bit_for_bit(
    plain: PhotoPainter, stroke: float, colours: str
) -> None:
    photo = picture(120, 151)
    look = PhotoLook("wave", 0.0, stroke=stroke, colours=colours)
    assert np.array_equal(whole(plain, photo, look), photo)
    assert np.array_equal(plain.small(photo, look), photo)


@pytest.mark.parametrize("stroke", [1, 3])
def test_a_little_strength_is_nearly_the_photo_and_more_is_further(
    plain: PhotoPainter, stroke: float
) -> None:
    photo = picture(160, 200).astype(int)
    looks = [PhotoLook("wave", strength, stroke=stroke) for strength in (0.02, 0.2, 0.5)]
    far = [np.abs(whole(plain, photo.astype(np.uint8), look) - photo).mean() for look in looks]
    assert far[0] < 6
    assert all(less < more for less, more in pairwise(far))


def test_strokes_have_a_size_of_the_picture_not_of_its_pixels() -> None:
    assert working_size(6000, 4000, 1) == (WORKING, round(WORKING * 2 / 3))
    assert working_size(600, 400, 1) == (600, 400)
    assert working_size(600, 400, 2) == (300, 200)
    assert working_size(600, 400, 0.5) == (1200, 800)
    assert working_size(6000, 4000, 4) == (WORKING // 4, round(WORKING / 6))
    assert working_size(200, 100, 4) == (LEAST, LEAST // 2)
    assert working_size(90, 3, 4) == (90, 3)


def test_a_large_photo_is_painted_as_its_smaller_version(
    plain: PhotoPainter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(painting, "WORKING", 200)
    large = cv2.resize(picture(150, 200), (800, 600), interpolation=cv2.INTER_CUBIC)
    small = cv2.resize(large, (200, 150), interpolation=cv2.INTER_AREA)
    shrunk = cv2.resize(
        whole(plain, large, PhotoLook("night")), (200, 150), interpolation=cv2.INTER_AREA
    )
    away = np.abs(shrunk.astype(int) - whole(plain, small, PhotoLook("night"))).mean()
    other = np.abs(whole(plain, small, PhotoLook("wave")).astype(int) - shrunk).mean()
    assert away < 5 < other


def test_the_first_picture_is_small_and_looks_like_the_later_one(plain: PhotoPainter) -> None:
    photo = picture(450, 600)
    small = plain.small(photo, PhotoLook("night"))
    assert small.shape == (384, 512, 3)
    later = cv2.resize(whole(plain, photo, PhotoLook("night")), (512, 384))
    assert np.abs(small.astype(int) - later).mean() < 30


def test_steps_paint_a_tile_each_and_never_again(plain: PhotoPainter) -> None:
    painted = plain.begin(picture(100, 300), PhotoLook("wave"), tile=128)
    assert len(list(painted.steps(Window(0, 0, 129, 50)))) == 2
    assert len(list(painted.steps(painted.bounds))) == 1
    assert list(painted.steps(painted.bounds)) == []


def test_a_painting_of_one_photo_shows_no_other(plain: PhotoPainter) -> None:
    photo, look = picture(20, 30), PhotoLook("wave")
    painted = plain.begin(photo, look)
    assert painted.shows(photo, PhotoLook("wave"))
    assert not painted.shows(photo.copy(), look)
    assert not painted.shows(photo, PhotoLook("wave", seed=2))
    assert not painted.window(painted.bounds).flags.writeable


def test_a_style_that_was_not_learnt_is_one_sentence(plain: PhotoPainter) -> None:
    with pytest.raises(EngineError, match="has not learnt the style sunflowers"):
        plain.begin(picture(20, 20), PhotoLook("sunflowers"))
    assert plain.styles == ("wave", "night")


# -- colours and what is kept -----------------------------------------------------------------


def test_luminance_keeps_the_photo_s_colours(plain: PhotoPainter) -> None:
    photo = (picture(80, 90) // 3 + 85).astype(np.uint8)
    style, own = (
        whole(plain, photo, PhotoLook("wave", 0.3, colours=c)) for c in ("style", "luminance")
    )
    inside = (own.min(-1) > 0) & (own.max(-1) < 255)
    assert inside.mean() > 0.5
    change = own.astype(int) - photo
    assert np.ptp(change[inside], axis=-1).max() <= 1  # all channels alike: no hue has moved
    light, wanted = luminance(own), luminance(photo)
    assert abs(light.mean() - wanted.mean()) < 5  # neither bleached nor darkened ...
    assert abs(light.std() / wanted.std() - 1) < 0.15
    assert np.corrcoef(light.ravel(), luminance(style).ravel())[0, 1] > 0.9  # ... but painted
    assert np.array_equal(with_light_of(photo, photo), photo)


def test_statistics_of_colour_become_the_photo_s() -> None:
    rng, mixing = np.random.default_rng(5), np.array([[1, 0.4, 0], [0.2, 1, 0.1], [0, -0.3, 0.8]])
    painted = (rng.normal(0, 24, (90, 80, 3)) @ mixing + 120).clip(0, 255).astype(np.uint8)
    photo = (rng.normal(0, 25, (70, 60, 3)) * (1, 0.7, 0.5) + (90, 120, 140)).astype(np.uint8)
    moved, wanted = (
        rgb.reshape(-1, 3).astype(float)
        for rgb in (matching(painted, photo).applied(painted), photo)
    )
    assert np.abs(moved.mean(0) - wanted.mean(0)).max() < 2
    gap = np.cov(moved.T) - np.cov(wanted.T)
    assert np.abs(gap).max() < 0.08 * np.cov(wanted.T).max()


def test_matching_a_picture_with_itself_or_with_grey_is_stable() -> None:
    photo, flat = picture(40, 50), np.full((40, 50, 3), 77, np.uint8)
    assert np.abs(matching(photo, photo).applied(photo).astype(int) - photo).max() <= 1
    assert np.abs(matching(flat, flat).applied(flat).astype(int) - 77).max() <= 1
    assert np.abs(matching(photo, flat).applied(photo).astype(int) - 77).mean() < 15
    swap = Colours(np.eye(3, dtype=np.float32)[::-1], np.zeros(3, np.float32))
    assert np.array_equal(swap.applied(photo), photo[..., ::-1])


def test_what_is_kept_is_the_photo_with_a_soft_border(plain: PhotoPainter) -> None:
    photo, look = picture(300, 600), PhotoLook("night", colours="statistics")
    labels = np.full((300, 600), PHOTO, np.uint8)
    labels[:, 306:] = KEEP
    painted = plain.begin(photo, look)
    bare = painted.window(painted.bounds)
    mixed = over(OverPhoto(labels), photo, painted, painted.bounds)
    assert np.array_equal(mixed[:, 320:], photo[:, 320:])
    assert np.array_equal(mixed[:, :280], bare[:, :280])
    away = np.abs(mixed.astype(int) - photo).mean((0, 2))
    assert away[290] > away[300] > away[308]
