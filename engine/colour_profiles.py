"""Colours of files into sRGB, by the profile that a file brings along."""

import io
import struct
from collections.abc import Sequence
from functools import cache

import numpy as np
from PIL import Image, ImageCms

from engine.formats.sheet import srgb_profile

ADOBE_RGB = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
DISPLAY_P3 = ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06))
"""Chromaticities x, y of red, green and blue; white is D65."""

_D65, _D50 = np.array([0.9505, 1, 1.0891]), np.array([0.9642, 1, 0.8249])
# Bradford's cones, as ICC profiles adapt white (ICC.1:2022, annex E).
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
_SPACES = {"RGB": "RGB", "L": "GRAY", "CMYK": "CMYK", "LAB": "Lab"}


def in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """An image of mode RGB, L, CMYK or LAB as RGB in sRGB; ``profile`` is an ICC one, or empty.

    Relative colorimetric with black point compensation, as programs for photos do. A profile that
    is damaged or another mode's does not count. Without one grey and RGB are sRGB's, and inks are
    those of Pillow and of browsers, full and plain: no profile of a press may be given away.
    """
    source = _source(image.mode, profile)
    if source is None:
        return image.convert("RGB")
    try:
        return _converted(image, source)
    except (ImageCms.PyCMSError, ValueError, OSError):
        return image.convert("RGB") if image.mode != "LAB" else _converted(image, _lab())


def _source(mode: str, profile: bytes) -> ImageCms.ImageCmsProfile | None:
    """The profile, where it is one and of this mode; None when there is nothing to convert."""
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
def matrix_profile(primaries: Sequence[tuple[float, float]], gamma: float) -> bytes:
    """An ICC profile (version 2) of an RGB space with these primaries, white D65, a plain gamma.

    Cameras set to Adobe RGB write no profile at all, only a letter in their metadata.
    """
    columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in primaries]).T
    adapt = np.linalg.inv(_BRADFORD) @ np.diag(_BRADFORD @ _D50 / (_BRADFORD @ _D65)) @ _BRADFORD
    colorants = adapt @ columns * np.linalg.solve(columns, _D65)
    curve = b"curv" + struct.pack(">IIH", 0, 1, round(gamma * 256)) + bytes(2)
    name = b"RGB\0"
    tags = {
        b"desc": b"desc" + struct.pack(">II", 0, len(name)) + name + bytes(78),
        b"cprt": b"text" + bytes(4) + b"CC0\0",
        b"wtpt": _xyz(_D50),
        **{key: _xyz(colorants[:, i]) for i, key in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))},
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    return _packed(tags)


def _xyz(values: np.ndarray) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(value * 65536) for value in values))


def _packed(tags: dict[bytes, bytes]) -> bytes:
    """Header, table and tags, each on a multiple of four bytes."""
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for key, tag in tags.items():
        table += key + struct.pack(">II", start + len(body), len(tag))
        body += tag + bytes(-len(tag) % 4)
    size = struct.pack(">I", start + len(body))
    head = size + bytes(4) + b"\x02\x10\0\0" + b"mntrRGB XYZ " + bytes(12) + b"acsp"
    head = head.ljust(68, b"\0") + _xyz(_D50)[8:]
    return head.ljust(128, b"\0") + table + body
