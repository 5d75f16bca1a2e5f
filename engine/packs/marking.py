"""Mark a picture's materials with a few scribbles: a map of all its pixels, and how sure it is.

Features of a reduced picture are computed once: colours at several blurs, how strong and how
directed its structure is, the compact descriptor's layers, and the place. Each scribble then fits a
kernel ridge regression to all scribbled pixels, on random Fourier features (Rahimi & Recht 2007),
and a guided filter (He et al. 2010) moves the borders of the result to the edges of the picture.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import torch

from engine.descriptors.descriptor import compact
from engine.errors import EngineError

NONE, AVOID = 255, 254
"""Values of a scribble map beside the ids of materials: not marked, and never copied."""

CELLS = 60_000
"""Pixels of the reduced picture that is classified."""

LEAST = 64
"""Least pixels on the shorter side of a picture."""


@dataclass(frozen=True, eq=False)
class Marked:
    """A map of a picture; both arrays have its size.

    ``labels``: (H, W) uint8, a scribbled material's id or AVOID; ``certainty``: (H, W) float32, 0
    where two are equally likely to 1.
    """

    labels: np.ndarray
    certainty: np.ndarray


class Marking:
    """The features of a picture, which scribbles are classified by.

    ``picture``: (H, W, 3) uint8. Raises EngineError for a picture that is too small.
    """

    def __init__(self, picture: np.ndarray) -> None:
        height, width = picture.shape[:2]
        if min(height, width) < LEAST:
            raise EngineError(
                f"The picture is {width} x {height} pixels; marking needs {LEAST} on each side."
            )
        self._shape = height, width
        share = min(1.0, (CELLS / (height * width)) ** 0.5)
        self._size = max(1, round(width * share)), max(1, round(height * share))
        small = cv2.resize(picture, self._size, interpolation=cv2.INTER_AREA)
        self._features = _features(small)
        self._basis = _fourier(self._features.reshape(-1, self._features.shape[-1]))
        self._guide = _Guide(picture)

    def propose(self, clusters: int = 6) -> np.ndarray:
        """Return a first division without any scribble, (H, W) uint8 below ``clusters``."""
        flat = np.ascontiguousarray(self._features.reshape(-1, self._features.shape[-1]))
        cv2.setRNGSeed(0)
        stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 30, 1e-3)
        _, numbers, _ = cv2.kmeans(flat, clusters, None, stop, 3, cv2.KMEANS_PP_CENTERS)
        shares = np.eye(clusters, dtype=np.float32)[numbers.ravel()]
        return self._smoothed(shares).argmax(-1).astype(np.uint8)

    def classify(self, scribbles: np.ndarray) -> Marked:
        """Classify every pixel by (H, W) uint8 scribbles: ids of materials, AVOID, or NONE.

        Scribbled pixels keep what they were marked as. Raises EngineError when nothing is marked
        or the scribbles have another size than the picture.
        """
        if scribbles.shape != self._shape:
            raise EngineError("The scribbles and the picture differ in size.")
        marked = scribbles != NONE
        found = np.unique(scribbles[marked])
        if len(found) == 0:
            raise EngineError("Nothing is marked yet.")
        cells, classes = self._examples(scribbles, found)
        shares = self._smoothed(_ridge(self._basis, cells, classes, len(found)))
        order = np.sort(shares, -1)
        sure = order[..., -1] - (order[..., -2] if len(found) > 1 else 0)
        labels = found[shares.argmax(-1)]
        labels[marked] = scribbles[marked]
        certainty = np.where(marked, 1, sure).clip(0, 1).astype(np.float32)
        return Marked(labels, certainty)

    def _examples(self, scribbles: np.ndarray, found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the scribbled cells and the number in ``found`` of each."""
        width, height = self._size
        y, x = np.nonzero(scribbles != NONE)
        cells = (y * height // self._shape[0]) * width + x * width // self._shape[1]
        pairs = np.unique(cells * 256 + np.searchsorted(found, scribbles[y, x]))
        return pairs // 256, pairs % 256

    def _smoothed(self, shares: np.ndarray) -> np.ndarray:
        """Smooth (cells, classes) shares along the picture's edges, (H, W, classes) float32."""
        width, height = self._size
        return self._guide.filtered(shares.reshape(height, width, -1))


def _features(small: np.ndarray) -> np.ndarray:
    """Return (h, w, F) float32 with about equal weight of every kind."""
    height, width = small.shape[:2]
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB) / 100
    unit = (height * width) ** 0.5 / 245
    parts = [
        cv2.GaussianBlur(lab, (0, 0), sigma * unit) * weight
        for sigma, weight in ((1, 4.0), (3, 4.0), (8, 3.0))
    ]
    parts.append(_structure(lab[..., 0], unit))
    parts.append(_described(small))
    y, x = np.mgrid[:height, :width].astype(np.float32) / max(height, width)
    parts.append(np.stack([y, x], -1) * 3)
    return np.concatenate(parts, -1)


def _structure(light: np.ndarray, unit: float) -> np.ndarray:
    across, down = cv2.Scharr(light, cv2.CV_32F, 1, 0), cv2.Scharr(light, cv2.CV_32F, 0, 1)
    xx, yy, xy = (
        cv2.GaussianBlur(part, (0, 0), 4 * unit) for part in (across**2, down**2, across * down)
    )
    energy = np.sqrt(xx + yy + 1e-6)
    return np.stack([energy, (yy - xx) / energy, 2 * xy / energy], -1) * 0.5


def _described(small: np.ndarray) -> np.ndarray:
    """Return the main components of the compact descriptor's layers, (h, w, 12) float32."""
    rgb = torch.from_numpy(small.copy()).permute(2, 0, 1)[None].float() / 255
    size = small.shape[1], small.shape[0]
    with torch.inference_mode():
        layers = compact()(rgb, ("relu2_1", "relu3_1"))
    parts = []
    for layer in layers.values():
        values = layer[0].permute(1, 2, 0).numpy()
        values = cv2.GaussianBlur(values, (0, 0), 1.0)
        flat = values.reshape(-1, values.shape[-1])
        flat = np.asarray((flat - flat.mean(0)) / (flat.std(0).mean() + 1e-6))
        _, vectors = np.linalg.eigh(flat.T @ flat / len(flat))
        main = flat @ vectors[:, -6:]
        shape = *values.shape[:2], -1
        picture = (main / (main.std() + 1e-6)).reshape(shape).astype(np.float32)
        parts.append(cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR) * 0.3)
    return np.concatenate(parts, -1)


def _fourier(flat: np.ndarray, count: int = 400) -> np.ndarray:
    rng = np.random.default_rng(0)
    directions = rng.standard_normal((flat.shape[1], count)).astype(np.float32)
    phases = rng.uniform(0, 2 * np.pi, count).astype(np.float32)
    return np.asarray(np.cos(flat @ directions + phases) * np.float32((2 / count) ** 0.5))


def _ridge(basis: np.ndarray, cells: np.ndarray, classes: np.ndarray, count: int) -> np.ndarray:
    """Return (cells, count) float32 scores of all cells, about 0-1."""
    known = basis[cells].astype(np.float64)
    weights = 1.0 / np.bincount(classes, minlength=count)[classes]
    targets = np.eye(count)[classes]
    gram = (known * weights[:, None]).T @ known + 0.01 * np.eye(basis.shape[1])
    solved = np.linalg.solve(gram, (known * weights[:, None]).T @ targets)
    return (basis @ solved.astype(np.float32)).astype(np.float32)


class _Guide:
    """A guided filter whose guide is a picture, (H, W, 3) uint8."""

    def __init__(self, picture: np.ndarray) -> None:
        height, width = picture.shape[:2]
        self._size = width, height
        light = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
        self._light = cv2.GaussianBlur(light, (0, 0), 1.0)

    def filtered(self, shares: np.ndarray) -> np.ndarray:
        """Return (h, w, classes) float32 at the guide's size, smoothed along its edges."""
        height, width = shares.shape[:2]
        radius = max(2, round(0.012 * max(height, width)))
        side = 2 * radius + 1, 2 * radius + 1
        small = cv2.resize(self._light, (width, height), interpolation=cv2.INTER_AREA)
        mean = cv2.blur(small, side)
        variance = cv2.blur(small * small, side) - mean * mean + 1e-3
        channels = []
        for number in range(shares.shape[2]):
            share = np.ascontiguousarray(shares[..., number])
            own = cv2.blur(share, side)
            slope = (cv2.blur(share * small, side) - own * mean) / variance
            base = cv2.blur(own - slope * mean, side)

            steep, level = (cv2.resize(each, self._size) for each in (cv2.blur(slope, side), base))
            channels.append(steep * self._light + level)
        return np.stack(channels, -1)
