"""Convert colours to sRGB by the colour profile of a file, and build ICC profiles."""

import io
import struct
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from PIL import Image, ImageCms

Point = tuple[float, float]
"""Chromaticity (x, y)."""

D65: Point = (0.3127, 0.329)
SRGB: tuple[Point, ...] = ((0.64, 0.33), (0.3, 0.6), (0.15, 0.06))
ADOBE_RGB: tuple[Point, ...] = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
DISPLAY_P3: tuple[Point, ...] = ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06))
BT2020: tuple[Point, ...] = ((0.708, 0.292), (0.17, 0.797), (0.131, 0.046))
"""Chromaticities of red, green and blue; the white point is D65."""

# Code points of ITU-T H.273, as in PNG's cICP and HEIC's nclx. Video curves are treated as sRGB, as
# browsers do; those of high dynamic range (16, 18) are not supported.
_PRIMARIES = {1: SRGB, 9: BT2020, 12: DISPLAY_P3}
_GAMMAS = {1: 0.0, 4: 2.2, 5: 2.8, 6: 0.0, 8: 1.0, 13: 0.0, 14: 0.0, 15: 0.0}

NEAR = 0.05
"""Relative difference to sRGB's gamma below which sRGB's curve is used: libpng's threshold."""

_D50 = np.array([0.9642, 1, 0.8249])
# Bradford cone matrix, for the chromatic adaptation of ICC profiles (ICC.1:2022, annex E).
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
_SPACES = {"RGB": "RGB", "L": "GRAY", "CMYK": "CMYK", "LAB": "Lab"}


def in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert an image of mode RGB, L, CMYK or LAB to RGB in sRGB.

    ``profile``: ICC profile of the image, or empty. Uses relative colorimetric intent with black
    point compensation, as photo programs do. A damaged profile, or one for another mode, is
    ignored. Without a profile grey and RGB are taken as sRGB, and CMYK is converted by Pillow's
    plain formula, as in browsers, because printing profiles may not be redistributed.
    """
    source = _source(image.mode, profile)
    if source is None:
        return image.convert("RGB")
    try:
        return _converted(image, source)
    except (ImageCms.PyCMSError, ValueError, OSError):
        return image.convert("RGB") if image.mode != "LAB" else _converted(image, _lab())


def _source(mode: str, profile: bytes) -> ImageCms.ImageCmsProfile | None:
    """Return the profile if it is valid and fits the mode; None if nothing is to be converted."""
    plain = _lab() if mode == "LAB" else None
    if not profile or profile == srgb_profile():
        return plain
    try:
        found = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    except (OSError, ValueError, TypeError):
        return plain
    return found if found.profile.xcolor_space.strip() == _SPACES[mode] else plain


def _lab() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))


def _converted(image: Image.Image, source: ImageCms.ImageCmsProfile) -> Image.Image:
    flags = ImageCms.Flags.BLACKPOINTCOMPENSATION
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    transform = ImageCms.buildTransform(source, _srgb(), image.mode, "RGB", intent, flags)
    if image.mode == "RGB":
        transform.apply_in_place(image)
        return image
    return transform.apply(image)


def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile()))


@cache
def srgb_profile() -> bytes:
    """Return an ICC profile of sRGB; the bytes are reproducible."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # Little CMS writes the current time; zeros mean "unknown".
    profile[24:36] = bytes(12)
    return bytes(profile)


def told_profile(info: Mapping[Any, Any], grey: bool) -> bytes:
    """Return an image's ICC profile, from Pillow's ``info``; empty for sRGB or none.

    The order is that of the PNG specification: code points (cICP, in HEIC nclx), ICC, sRGB, gAMA
    with cHRM. ``grey``: whether the image has one channel.
    """
    if coded := _coded_profile(info, grey):
        return coded
    if info.get("icc_profile") or "srgb" in info:
        return info.get("icc_profile") or b""
    return _chunks_profile(info, grey)


def _coded_profile(info: Mapping[Any, Any], grey: bool) -> bytes:
    nclx: dict[str, int] = info.get("nclx_profile") or {}
    codes = info.get("cicp") or (
        nclx.get("color_primaries", 0), nclx.get("transfer_characteristics", 0),
    )  # fmt: skip
    if info.get("icc_profile") and "cicp" not in info:
        return b""
    primaries, gamma = _PRIMARIES.get(codes[0]), _GAMMAS.get(codes[1])
    if primaries is None or gamma is None:
        return b""
    if (grey or primaries == SRGB) and gamma == 0:
        return srgb_profile()
    return grey_profile(gamma) if grey else matrix_profile(primaries, gamma)


def _chunks_profile(info: Mapping[Any, Any], grey: bool) -> bytes:
    encoded, points = info.get("gamma", 0.0), info.get("chromaticity")
    if not 0.1 < encoded < 10:
        return b""  # cHRM alone does not define a colour space
    white, *primaries = zip(points[::2], points[1::2], strict=True) if points else (D65, *SRGB)
    if grey or not _possible(white, primaries):
        white, primaries = D65, list(SRGB)
    usual = np.allclose((white, *primaries), (D65, *SRGB), atol=0.002)
    if usual and abs(encoded * 2.2 - 1) < NEAR:
        return b""
    gamma = 1 / encoded
    return grey_profile(gamma) if grey else matrix_profile(tuple(primaries), gamma, white)


def _possible(white: Point, primaries: Sequence[Point]) -> bool:
    """Return whether a colour space can have these chromaticities.

    Each must be a valid point, and red, green and blue must not be collinear.
    """
    if any(y <= 0 or not 0 <= x <= 1 or x + y > 1 for x, y in (white, *primaries)):
        return False
    return abs(float(np.linalg.det([[x, y, 1] for x, y in primaries]))) > 1e-3


@cache
def matrix_profile(primaries: Sequence[Point], gamma: float, white: Point = D65) -> bytes:
    """Return an ICC profile (version 2) of an RGB space with these primaries and this gamma.

    A gamma of 0 stands for sRGB's curve.
    """
    columns, light = np.array([_whole(point) for point in primaries]).T, _whole(white)
    adapt = np.linalg.inv(_BRADFORD) @ np.diag(_BRADFORD @ _D50 / (_BRADFORD @ light)) @ _BRADFORD
    colorants = adapt @ columns * np.linalg.solve(columns, light)
    return _packed(b"RGB ", {
        **{key: _xyz(colorants[:, i]) for i, key in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))},
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), _curve(gamma)),
    })  # fmt: skip


@cache
def grey_profile(gamma: float) -> bytes:
    """Return an ICC profile (version 2) of grey with this gamma; 0 stands for sRGB's curve."""
    return _packed(b"GRAY", {b"kTRC": _curve(gamma)})


def _whole(point: Point) -> np.ndarray:
    """Return X, Y, Z of a chromaticity with Y = 1."""
    x, y = point
    return np.array([x / y, 1, (1 - x - y) / y])


def _curve(gamma: float) -> bytes:
    if gamma:
        return b"curv" + struct.pack(">IIH", 0, 1, round(gamma * 256)) + bytes(2)
    value = np.linspace(0, 1, 4096)
    light = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return b"curv" + struct.pack(">II", 0, 4096) + np.rint(light * 65535).astype(">u2").tobytes()


def _xyz(values: np.ndarray) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(value * 65536) for value in values))


def _packed(space: bytes, own: dict[bytes, bytes]) -> bytes:
    """Return a profile's bytes: header, tag table and tags, each aligned to four bytes."""
    name = b"RGB\0"
    tags = {
        b"desc": b"desc" + struct.pack(">II", 0, len(name)) + name + bytes(78),
        b"cprt": b"text" + bytes(4) + b"CC0\0",
        b"wtpt": _xyz(_D50),
        **own,
    }
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for key, tag in tags.items():
        table += key + struct.pack(">II", start + len(body), len(tag))
        body += tag + bytes(-len(tag) % 4)
    size = struct.pack(">I", start + len(body))
    head = size + bytes(4) + b"\x02\x10\0\0" + b"mntr" + space + b"XYZ " + bytes(12) + b"acsp"
    head = head.ljust(68, b"\0") + _xyz(_D50)[8:]
    return head.ljust(128, b"\0") + table + body
