"""The judge of painted photos: what is alike is near, what differs is far."""

import cv2
import numpy as np
import pytest

from engine.benchmarks.photo_quality import PhotoJudge, edge_likeness, kernel_distance
from engine.descriptors.descriptor import compact
from engine.packs.painting import read_painting
from engine.packs.style_pack import BUILT_IN, read_pack
from engine.studio import Studio


def photo_of() -> np.ndarray:
    """Return discs on a slope, 256 x 192."""
    y, x = np.mgrid[:192, :256]
    photo = np.stack([x // 2, y // 2, np.full_like(x, 90)], -1).astype(np.uint8)
    for left in (40, 120, 200):
        cv2.circle(photo, (left, 90), 30, (220, 200, 180), -1)
    return photo


def test_one_distribution_is_nearer_than_another() -> None:
    random = np.random.default_rng(0)
    wanted, same = random.normal(size=(2, 80, 12))
    moved = random.normal(1.5, 1.0, (80, 12))
    assert abs(kernel_distance(wanted, same)) < 0.1 < kernel_distance(wanted, moved)


def test_edges_are_those_of_the_photo_whatever_the_colours() -> None:
    photo = photo_of()
    assert edge_likeness(photo, photo) == pytest.approx(1, abs=1e-6)
    tinted = (photo * np.array([0.7, 0.9, 0.8])).astype(np.uint8)
    noise = np.random.default_rng(0).integers(0, 256, photo.shape).astype(np.uint8)
    likes = [edge_likeness(photo, other) for other in (tinted, cv2.blur(tinted, (15, 15)), noise)]
    assert likes == sorted(likes, reverse=True)
    assert likes[0] > 0.9


def test_the_painting_itself_has_its_texture() -> None:
    """A part of the painting is nearer than a photo, in the size of strokes in each method."""
    judge, photo = PhotoJudge(Studio("cpu"), "great-wave", compact()), photo_of()
    folder = BUILT_IN / "great-wave"
    pack = read_pack(folder)
    whole, width = read_painting(folder, pack).rgb, pack.strokes.width
    for by, scale in (("network", 1.0), ("strokes", 0.5)):
        size = round(width * scale), round(width * scale * whole.shape[0] / whole.shape[1])
        part = cv2.resize(whole, size, interpolation=cv2.INTER_AREA)[:192, :256]
        own = judge.quality(photo, part, by)
        other = judge.quality(photo, photo, by)
        assert own.texture < other.texture
        assert own.edges < other.edges == pytest.approx(1, abs=1e-6)
