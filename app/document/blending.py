"""OpenRaster's composite operations, as defined in W3C "Compositing and Blending Level 1"."""

from collections.abc import Callable

import numpy as np
from PIL import Image

SRC_OVER = "svg:src-over"

# Rows composed at a time, to limit memory: a float pixel takes 16 bytes, in several copies.
BAND = 256

_LUMINOSITY = np.array([0.3, 0.59, 0.11], np.float32)

_Blend = Callable[[np.ndarray, np.ndarray], np.ndarray]


def compose(
    canvas: Image.Image, source: Image.Image, place: tuple[int, int], operation: str
) -> None:
    """Compose `source` onto `canvas` in place, with its top left corner at `place`; both are RGBA.

    Unknown operations count as svg:src-over, as the OpenRaster specification requires.
    """
    (x, y), (width, height) = place, canvas.size
    left, top, right, bottom = 0, 0, width, height
    if operation not in _BEYOND:
        left, top = max(0, x), max(0, y)
        right, bottom = min(width, x + source.width), min(height, y + source.height)
    for row in range(top, bottom, BAND):
        end = min(bottom, row + BAND)
        if left >= right:
            return
        over = source.crop((left - x, row - y, right - x, end - y))  # transparent outside
        under = canvas.crop((left, row, right, end))
        canvas.paste(_composed(under, over, operation), (left, row))


def _composed(under: Image.Image, over: Image.Image, operation: str) -> Image.Image:
    if operation == SRC_OVER or (operation not in _BLENDS and operation not in _SHARES):
        return Image.alpha_composite(under, over)
    backdrop, source = (np.asarray(image, np.float32) / 255 for image in (under, over))
    behind, front = backdrop[..., 3:], source[..., 3:]
    colour = source[..., :3]
    if operation in _BLENDS:
        blended = _BLENDS[operation](backdrop[..., :3], colour)
        colour = (1 - behind) * colour + behind * blended
    share, share_behind = _SHARES.get(operation, _SHARES[SRC_OVER])
    front, behind = front * share(behind), behind * share_behind(front)
    alpha = front + behind
    colour = front * colour + behind * backdrop[..., :3]
    alpha = np.minimum(alpha, 1)  # the sum of svg:plus can exceed 1
    colour /= np.maximum(alpha, 1e-6)
    result = np.concatenate([colour, alpha], -1).clip(0, 1)
    return Image.fromarray((result * 255 + 0.5).astype(np.uint8))


# -- Porter-Duff factors: of the source, from the backdrop's alpha; of the backdrop, the reverse ---


def _all(alpha: np.ndarray) -> np.ndarray:
    return np.ones_like(alpha)


def _none(alpha: np.ndarray) -> np.ndarray:
    return np.zeros_like(alpha)


def _inside(alpha: np.ndarray) -> np.ndarray:
    return alpha


def _outside(alpha: np.ndarray) -> np.ndarray:
    return 1 - alpha


_Share = Callable[[np.ndarray], np.ndarray]

_SHARES: dict[str, tuple[_Share, _Share]] = {
    SRC_OVER: (_all, _outside),
    "svg:plus": (_all, _all),
    "svg:src-atop": (_inside, _outside),
    "svg:dst-in": (_none, _inside),
    "svg:dst-out": (_none, _outside),
    "svg:dst-atop": (_outside, _inside),
}

_BEYOND = ("svg:dst-in", "svg:dst-atop")
"""Operations that also change the backdrop where the source is transparent."""


# -- blend functions of backdrop and source colours, H x W x 3 float32 in 0-1 --------------------


def _screen(under: np.ndarray, over: np.ndarray) -> np.ndarray:
    return under + over - under * over


def _hard_light(under: np.ndarray, over: np.ndarray) -> np.ndarray:
    return np.where(over <= 0.5, 2 * under * over, _screen(under, 2 * over - 1))


def _soft_light(under: np.ndarray, over: np.ndarray) -> np.ndarray:
    root = np.where(under <= 0.25, ((16 * under - 12) * under + 4) * under, np.sqrt(under))
    darker = under - (1 - 2 * over) * under * (1 - under)
    return np.where(over <= 0.5, darker, under + (2 * over - 1) * (root - under))


def _color_dodge(under: np.ndarray, over: np.ndarray) -> np.ndarray:
    lighter = np.minimum(1, under / np.maximum(1 - over, 1e-6))
    return np.where(under <= 0, 0, lighter)


def _color_burn(under: np.ndarray, over: np.ndarray) -> np.ndarray:
    darker = 1 - np.minimum(1, (1 - under) / np.maximum(over, 1e-6))
    return np.where(under >= 1, 1, darker)


def _luminosity(colour: np.ndarray) -> np.ndarray:
    return (colour @ _LUMINOSITY)[..., None]


def _with_luminosity(colour: np.ndarray, of: np.ndarray) -> np.ndarray:
    """Set the luminosity of `colour` to `of` (H x W x 1) and clip the colour to 0-1."""
    colour = colour + (of - _luminosity(colour))
    low, high = colour.min(-1, keepdims=True), colour.max(-1, keepdims=True)
    colour = np.where(low < 0, of + (colour - of) * of / np.maximum(of - low, 1e-6), colour)
    return np.where(high > 1, of + (colour - of) * (1 - of) / np.maximum(high - of, 1e-6), colour)


def _saturation(colour: np.ndarray) -> np.ndarray:
    return np.ptp(colour, axis=-1, keepdims=True)


def _with_saturation(colour: np.ndarray, of: np.ndarray) -> np.ndarray:
    shifted = colour - colour.min(-1, keepdims=True)
    return shifted * of / np.maximum(_saturation(colour), 1e-6)


def _hue(under: np.ndarray, over: np.ndarray) -> np.ndarray:
    return _with_luminosity(_with_saturation(over, _saturation(under)), _luminosity(under))


def _saturated(under: np.ndarray, over: np.ndarray) -> np.ndarray:
    return _with_luminosity(_with_saturation(under, _saturation(over)), _luminosity(under))


_BLENDS: dict[str, _Blend] = {
    "svg:multiply": lambda under, over: under * over,
    "svg:screen": _screen,
    "svg:overlay": lambda under, over: _hard_light(over, under),
    "svg:darken": np.minimum,
    "svg:lighten": np.maximum,
    "svg:color-dodge": _color_dodge,
    "svg:color-burn": _color_burn,
    "svg:hard-light": _hard_light,
    "svg:soft-light": _soft_light,
    "svg:difference": lambda under, over: np.abs(under - over),
    "svg:color": lambda under, over: _with_luminosity(over, _luminosity(under)),
    "svg:luminosity": lambda under, over: _with_luminosity(under, _luminosity(over)),
    "svg:hue": _hue,
    "svg:saturation": _saturated,
}
