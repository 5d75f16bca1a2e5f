"""Conversion of 16-bit colours to sRGB, compared with Little CMS at 8 bits and with formulas."""

import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from resources.colour_depth import sixteen_bits
from resources.colour_profiles import (
    ADOBE_RGB,
    BT2020,
    DISPLAY_P3,
    grey_profile,
    in_srgb,
    matrix_profile,
    srgb_profile,
)
from resources.deep_profiles import deep_in_srgb

COLOURS = np.random.default_rng(0).integers(0, 256, (50, 60, 3)).astype(np.uint8)


def converted(colours: np.ndarray, profile: bytes) -> np.ndarray:
    result = deep_in_srgb(sixteen_bits(colours), profile)
    assert result is not None
    return result / 257


@pytest.mark.parametrize("primaries", [ADOBE_RGB, DISPLAY_P3, BT2020])
@pytest.mark.parametrize("gamma", [0, 1.8, 2.2])
def test_matrix_profiles_are_applied_as_by_little_cms(primaries: tuple, gamma: float) -> None:
    profile = matrix_profile(primaries, gamma)
    told = np.asarray(in_srgb(Image.fromarray(COLOURS), profile))
    assert np.abs(converted(COLOURS, profile) - told).max() < 1.5


def test_grey_profiles_are_applied_as_by_little_cms() -> None:
    profile, grey = grey_profile(1.5), COLOURS[..., 0].copy()
    told = np.asarray(in_srgb(Image.fromarray(grey), profile))
    far = np.abs(converted(grey, profile) - told)
    assert far.max() < 2.5, "Little CMS is less exact in the dark"
    assert far.mean() < 0.4


def curve_profile(curve: bytes) -> bytes:
    """Return an sRGB-like profile whose three curves are ``curve``."""
    profile = matrix_profile(ADOBE_RGB, 2.2)
    content = bytearray(profile)
    (count,) = struct.unpack_from(">I", content, 128)
    for place in range(132, 132 + 12 * count, 12):
        if content[place : place + 4] in (b"rTRC", b"gTRC", b"bTRC"):
            struct.pack_into(">II", content, place + 4, len(content), len(curve))
    content += curve + bytes(-len(curve) % 4)
    struct.pack_into(">I", content, 0, len(content))
    return bytes(content)


def parametric(kind: int, *numbers: float) -> bytes:
    packed = struct.pack(f">{len(numbers)}i", *(round(number * 65536) for number in numbers))
    return b"para" + bytes(4) + struct.pack(">HH", kind, 0) + packed


TABLE = np.rint(np.linspace(0, 1, 64) ** 1.9 * 65535).astype(">u2").tobytes()
CURVES = [
    parametric(0, 2.4),
    parametric(1, 2.2, 0.95, 0.05),
    parametric(2, 2.2, 0.9, 0.05, 0.02),
    parametric(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045),
    parametric(4, 2.4, 0.93, 0.05, 0.08, 0.04, 0.01, 0.005),
    b"curv" + struct.pack(">II", 0, 64) + TABLE,
    b"curv" + struct.pack(">II", 0, 0),
]


@pytest.mark.parametrize("curve", CURVES)
def test_all_kinds_of_curves_are_applied_as_by_little_cms(curve: bytes) -> None:
    profile = curve_profile(curve)
    told = np.asarray(in_srgb(Image.fromarray(COLOURS), profile))
    assert not np.array_equal(told, COLOURS), "Little CMS has taken the profile"
    far = np.abs(converted(COLOURS, profile) - told)
    # Where black has light, it interpolates coarsely in a table.
    assert np.quantile(far, 0.97) < 2
    assert far.mean() < 0.4


def test_srgb_itself_stays_bit_for_bit() -> None:
    values = np.random.default_rng(1).integers(0, 65536, (40, 50, 3)).astype(np.uint16)
    for profile in (b"", srgb_profile()):
        same = deep_in_srgb(values, profile)
        assert same is not None
        assert np.array_equal(same, values)


def test_a_profile_that_is_damaged_or_of_another_kind_is_not_applied() -> None:
    values = sixteen_bits(COLOURS)
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    good = matrix_profile(DISPLAY_P3, 2.2)
    for profile in (lab, grey_profile(2.2), good[:100], good[:300], b"nothing"):
        assert deep_in_srgb(values, profile) is None
    rng = np.random.default_rng(2)
    for _ in range(300):
        bad = bytearray(good)
        for place in rng.integers(128, len(bad), 4):
            bad[place] = rng.integers(256)
        found = deep_in_srgb(values, bytes(bad))
        assert found is None or found.shape == values.shape
