"""How well photos are painted: texture compared with the painting, edges with the photo.

Neither figure decides alone: a copy of the painting has its texture, the photo itself its edges.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from engine.descriptors.descriptor import Descriptor
from engine.packs.painting import read_painting
from engine.packs.style_pack import read_pack
from engine.photo.pixels import resized
from engine.photo.strokes import reduction
from engine.strokes.guides import luminance
from engine.studio import PhotoLook, Studio

LAYERS = ("relu2_1", "relu3_1", "relu4_1")
"""Layers of the descriptor whose means and deviations describe a crop."""

CROP, STEP = 96, 24
"""Side of a crop in pixels, and the distance of two."""

FAR = 4.0
"""Deviations from the painting's mean at which a crop's features are clipped."""

EDGE_BLUR, WINDOW = 1.5, 4.0
"""Standard deviations in pixels of the blur before edges, and of the window that compares them."""

_FLOOR = 4.0  # variance of edges, as of a nearly plain place, that is added to both


@dataclass(frozen=True)
class PhotoQuality:
    """``texture``: crop distance from the painting, 0 is equal; ``edges``: likeness to the photo's,
    up to 1."""

    texture: float
    edges: float


class PhotoJudge:
    """Compares painted photos with one style's painting."""

    def __init__(self, studio: Studio, style: str, descriptor: Descriptor) -> None:
        folder = studio.describe(style).folder
        pack = read_pack(folder)
        self._rgb, self._width = read_painting(folder, pack).rgb, pack.strokes.width
        self._descriptor = descriptor
        self._crops: dict[int, np.ndarray] = {}

    def quality(self, photo: np.ndarray, painted: np.ndarray, by: str) -> PhotoQuality:
        """Judge a painted photo; both (H, W, 3) uint8, ``by``: "network" or "strokes"."""
        # The painting at the size of its strokes in the picture: small photos have smaller ones.
        scale = min(1.0, reduction(photo.shape)) if by == "strokes" else 1.0
        width = round(self._width * scale)
        if width not in self._crops:
            height = round(self._rgb.shape[0] * width / self._rgb.shape[1])
            self._crops[width] = self._features(resized(self._rgb, (width, height)))
        texture = kernel_distance(self._crops[width], self._features(painted))
        return PhotoQuality(texture, edge_likeness(photo, painted))

    @torch.inference_mode()
    def _features(self, rgb: np.ndarray) -> np.ndarray:
        """Return the features of all crops of a picture, (crops, features) float64."""
        pixels = torch.from_numpy(rgb.astype(np.float32)).permute(2, 0, 1)[None] / 255
        found = self._descriptor(pixels, LAYERS)
        return torch.cat([_pooled(found[layer].float(), rgb.shape) for layer in LAYERS], 1).numpy()


def _pooled(features: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Return means and deviations of a layer over every crop, (crops, 2 C) float64."""
    shrunk = round(shape[1] / features.shape[3])
    size, step = CROP // shrunk, STEP // shrunk
    mean = functional.avg_pool2d(features, size, step)
    square = functional.avg_pool2d(features * features, size, step)
    deviation = (square - mean * mean).clamp_min(0).sqrt()
    both = torch.cat([mean, deviation], 1).flatten(2)[0].T.double()
    return both / features.shape[1] ** 0.5


def kernel_distance(wanted: np.ndarray, found: np.ndarray) -> float:
    """Return the kernel distance (KID) of two sets of features, (n, d) and (m, d) float64.

    In units of the first set's deviations; small ones are raised, and outliers are clipped, or one
    odd crop would decide.
    """
    mean, deviation = wanted.mean(0), wanted.std(0)
    deviation = deviation + 0.5 * np.median(deviation) + 1e-9
    one, other = (((each - mean) / deviation).clip(-FAR, FAR) for each in (wanted, found))

    def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return (a @ b.T / a.shape[1] + 1) ** 3

    def inside(a: np.ndarray) -> float:
        table, count = kernel(a, a), len(a)
        return float((table.sum() - np.trace(table)) / (count * (count - 1)))

    return inside(one) + inside(other) - 2 * float(kernel(one, other).mean())


def edge_likeness(photo: np.ndarray, painted: np.ndarray) -> float:
    """Return the structural similarity (the structure term of SSIM) of edges, up to 1.

    Both (H, W, 3) uint8.
    """
    one, other = _edges(photo), _edges(painted)

    def local(values: np.ndarray) -> np.ndarray:
        return cv2.GaussianBlur(values, (0, 0), WINDOW)

    means = local(one), local(other)
    spreads = [local(x * x) - mean * mean for x, mean in zip((one, other), means, strict=True)]
    together = local(one * other) - means[0] * means[1]
    scale = np.sqrt((spreads[0].clip(0) + _FLOOR) * (spreads[1].clip(0) + _FLOOR))
    return float(((together + _FLOOR) / scale).mean())


def _edges(rgb: np.ndarray) -> np.ndarray:
    light = cv2.GaussianBlur(luminance(rgb).astype(np.float32), (0, 0), EDGE_BLUR)
    across, down = (cv2.Scharr(light, cv2.CV_32F, *way) / 16 for way in ((1, 0), (0, 1)))
    return np.hypot(across, down)


def paint_whole(studio: Studio, photo: np.ndarray, style: str, by: str) -> np.ndarray:
    """Paint a whole photo, (H, W, 3) uint8, in a style, with the usual look."""
    look = PhotoLook(style, by=by)
    for _ in studio.photo_steps(photo, look):
        pass
    return next(studio.photo_windows(photo, look, [(0, 0, *photo.shape[1::-1])]))[1]
