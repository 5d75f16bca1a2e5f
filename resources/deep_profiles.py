"""Convert colours of 16 bits to sRGB by an ICC profile.

Pillow's colour management has 8 bits per channel. Profiles of cameras, screens and photo programs
consist of three curves and a matrix, which are applied here; profiles with tables are not.
"""

import struct
from collections.abc import Mapping

import numpy as np

from resources.colour_depth import DEEPEST
from resources.colour_profiles import srgb_profile

STRIP = 1 << 20
"""Pixels that are converted at once."""

DARK = np.float32(0.18)
"""Most light that black may have: L* 50, as in Little CMS."""

_CURVES = {b"GRAY": (b"kTRC",), b"RGB ": (b"rTRC", b"gTRC", b"bTRC")}
_COLORANTS = (b"rXYZ", b"gXYZ", b"bXYZ")
_PARAMETERS = (1, 3, 4, 5, 7)  # of the ICC's parametric curves 0 to 4


def deep_in_srgb(colours: np.ndarray, profile: bytes) -> np.ndarray | None:
    """Convert (H, W) grey or (H, W, 3) RGB, uint16, to RGB in sRGB, (H, W, 3) uint16.

    ``profile``: ICC profile of the colours, or empty for sRGB. Returns None for a profile that does
    not consist of curves and a matrix, or is damaged.
    """
    planes = colours[..., None] if colours.ndim == 2 else colours
    if not profile or profile == srgb_profile():
        return np.ascontiguousarray(np.broadcast_to(planes, (*planes.shape[:2], 3)))
    try:
        curves, matrix, black = _transform(profile, planes.shape[2])
    except (ValueError, KeyError, IndexError, ArithmeticError, struct.error):
        return None
    result = np.empty((*planes.shape[:2], 3), np.uint16)
    rows = max(1, STRIP // planes.shape[1])
    for top in range(0, len(planes), rows):
        strip = planes[top : top + rows]
        light = np.stack([curve[strip[..., i]] for i, curve in enumerate(curves)], -1)
        result[top : top + rows] = _encoded((light @ matrix - black) / (1 - black))
    return result


def _transform(profile: bytes, channels: int) -> tuple[list[np.ndarray], np.ndarray, np.float32]:
    """Return the tables from values to light, 0-1, the matrix to sRGB's light, transposed, and the
    light of black, which becomes 0 (black point compensation, as in ``in_srgb``).

    Raises ValueError and others for a profile that is damaged or of another kind.
    """
    tags, space = _tags(profile), profile[16:20]
    if any(key.startswith(b"A2B") for key in tags) or profile[20:24] != b"XYZ ":
        raise ValueError("a profile with tables")
    if channels != len(_CURVES.get(space, ())):
        raise ValueError("a profile for other colours")
    curves = [_curve(tags[key]) for key in _CURVES[space]]
    dark = np.array([curve[0] for curve in curves])
    if channels == 1:
        return curves, np.ones((1, 3), np.float32), min(dark[0], DARK)
    matrix = _matrix(tags)
    to_srgb = np.linalg.inv(_matrix(_tags(srgb_profile())))
    black = np.float32(matrix[1] @ dark)  # its Y
    return curves, (to_srgb @ matrix).T.astype(np.float32), min(max(black, np.float32(0)), DARK)


def _tags(profile: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack_from(">I", profile, 128)
    if count > len(profile) // 12:
        raise ValueError("too many tags")
    entries = (struct.unpack_from(">4sII", profile, 132 + 12 * i) for i in range(count))
    return {key: profile[start : start + size] for key, start, size in entries}


def _matrix(tags: Mapping[bytes, bytes]) -> np.ndarray:
    """Return the colorants as columns, X, Y and Z as rows."""
    columns = [struct.unpack_from(">3i", tags[key], 8) for key in _COLORANTS]
    return np.array(columns).T / 65536


def _curve(tag: bytes) -> np.ndarray:
    """Return the light, 0-1, of all 16-bit values, (65536,) float32."""
    value = np.linspace(0, 1, DEEPEST + 1)
    if tag[:4] == b"para":
        with np.errstate(all="ignore"):  # a damaged profile may have any numbers
            light = np.nan_to_num(_parametric(tag, value))
        return light.clip(0, 1).astype(np.float32)
    if tag[:4] != b"curv":
        raise ValueError("an unknown curve")
    (count,) = struct.unpack_from(">I", tag, 8)
    points = np.frombuffer(tag, ">u2", count, 12)
    if count == 0:
        return value.astype(np.float32)
    if count == 1:
        return (value ** (points[0] / 256)).astype(np.float32)
    places = np.linspace(0, 1, count)
    return np.interp(value, places, points / DEEPEST).astype(np.float32)


def _parametric(tag: bytes, value: np.ndarray) -> np.ndarray:
    """Evaluate a curve of type 0-4 of ICC.1:2022, 10.18."""
    (kind,) = struct.unpack_from(">H", tag, 8)
    numbers = struct.unpack_from(f">{_PARAMETERS[kind]}i", tag, 12)
    gamma, a, b, c, d, e, f = [part / 65536 for part in numbers] + [0.0] * (7 - len(numbers))
    if kind == 0:
        return value**gamma
    power = np.maximum(a * value + b, 0) ** gamma
    if kind < 3:  # kind 1 has no c
        return np.where(value >= -b / a, power + c, c)
    return np.where(value >= d, power + e, c * value + f)


def _encoded(light: np.ndarray) -> np.ndarray:
    """Apply sRGB's curve to float32 light, 0-1 without what lies outside; returns uint16."""
    light = light.clip(0, 1)
    value = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(value * DEEPEST).clip(0, DEEPEST).astype(np.uint16)
