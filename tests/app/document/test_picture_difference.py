"""The difference between two pictures leads from each to the other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.document import picture_difference
from app.document.picture import Picture, PictureSnapshot
from app.document.picture_difference import PictureDifference
from app.document.rect import Rect

WIDTH, HEIGHT = 700, 300
RECTS = st.tuples(
    st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1), st.integers(1, 500), st.integers(1, 300)
).map(
    lambda box: Rect(*box[:2], box[0] + box[2], box[1] + box[3]).clipped(
        Rect.of_size(WIDTH, HEIGHT)
    )
)


def noise(rect: Rect, seed: int) -> np.ndarray:
    shape = rect.height, rect.width, 3
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)


@settings(max_examples=30)
@given(st.lists(RECTS, max_size=3), st.booleans())
def test_there_and_back(rects: list[Rect], compared: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if not compared:
            patch.setattr(picture_difference, "MOST_COMPARED", 0)
        picture = Picture(WIDTH, HEIGHT, 44)
        first = picture.snapshot()
        for number, rect in enumerate(rects):
            picture.write(rect, noise(rect, number))
        second = picture.snapshot()
        difference = PictureDifference(first, second)
        for now, wanted in ((second, first), (first, second), (second, first)):
            other = difference.cross(now)
            assert (other.array() == wanted.array()).all()


def test_a_small_change_takes_little_memory_and_a_large_one_shares_its_tiles() -> None:
    picture = Picture(WIDTH, HEIGHT, 44)
    first = picture.snapshot()
    picture.write(Rect(10, 10, 30, 20), noise(Rect(10, 10, 30, 20), 0))
    assert PictureDifference(first, picture.snapshot()).nbytes == 20 * 10 * 3
    picture.write(picture.bounds, noise(picture.bounds, 1))
    large = PictureDifference(first, picture.snapshot())
    other = large.cross(picture.snapshot())
    assert other.tiles[0] is first.tiles[0]


def test_the_same_picture_takes_no_memory() -> None:
    picture = Picture.from_array(noise(Rect.of_size(WIDTH, HEIGHT), 0)).snapshot()
    assert PictureDifference(picture, picture).nbytes == 0


def test_pictures_of_two_sizes() -> None:
    one = PictureSnapshot.from_array(noise(Rect.of_size(40, 30), 0))
    other = PictureSnapshot.from_array(noise(Rect.of_size(30, 40), 1))
    difference = PictureDifference(one, other)
    assert difference.nbytes == one.nbytes
    assert difference.cross(other) is one
    assert difference.cross(one) is other
