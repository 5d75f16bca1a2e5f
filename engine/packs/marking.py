"""Mark a picture's materials with a few scribbles: a map of all its pixels, and how sure it is.

Features of a reduced picture, its cells, are computed once: colours at several blurs, how strong
and how directed its structure is, layers of the compact descriptor, and the place. Scribbles are
fitted by ridge regression on random Fourier features (Rahimi & Recht 2007). The mean field of a
random field (Krähenbühl & Koltun 2011) with a guided filter (He et al. 2010) then makes neighbours
agree, except across edges. See "Marking a picture" in docs/how-it-works.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch

from engine.descriptors.descriptor import compact
from engine.errors import EngineError

NONE, AVOID = 255, 254
"""Values of a scribble map beside the ids of materials: not marked, and never copied."""

CELLS = 60_000
"""Most pixels of the reduced picture."""

LEAST = 64
"""Least pixels on the shorter side of a picture."""

BLURS = ((1.0, 6.0), (3.0, 4.0), (8.0, 2.0))
"""Deviation of each blur of the colours, in cells of a square of CELLS, and its weight."""

STRUCTURE, DESCRIBED, PLACE = 0.5, 0.3, 3.0
"""Weights of the other features."""

LAYERS, COMPONENTS = ("relu2_1", "relu3_1", "relu4_1"), 8
"""Layers of the descriptor, and how many principal components of each are features."""

BASIS, WIDTH, RIDGE = 500, 0.1, 0.01
"""Number of random Fourier features, width of their spectrum, and ridge of the regression."""

SURE = 4.0
"""What a score of the regression counts in the random field."""

AGREE, ROUNDS, AROUND = 8.0, 5, 8
"""Weight of the neighbours in the random field, its rounds, and their reach in cells."""

FINE = 2
"""Reach in cells of the guided filter that finds the borders in the picture itself."""

FLAT = 1e-3
"""Variance of light, 0-1 squared, below which the guided filter sees no edge."""


@dataclass(frozen=True, eq=False)
class Marked:
    """A map of a picture; both arrays have its size.

    ``labels``: (H, W) uint8, a scribbled material's id or AVOID; ``certainty``: (H, W) float32, 0
    where two are equally likely to 1.
    """

    labels: np.ndarray
    certainty: np.ndarray


class Marking:
    """The features of a picture, by which scribbles are classified.

    ``picture``: (H, W, 3) uint8. Computing them takes about a second. Everything is deterministic.
    Raises EngineError for a picture that is too small.
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
        features = _features(small)
        self._features = features.reshape(-1, features.shape[-1])
        self._basis = _fourier(self._features)
        self._light, self._small_light = _light(picture), _light(small)

    def propose(self, clusters: int = 6) -> np.ndarray:
        """Return a first division without any scribble, (H, W) uint8 below ``clusters``."""
        cv2.setRNGSeed(0)
        stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 30, 1e-3)
        _, numbers, _ = cv2.kmeans(self._features, clusters, None, stop, 3, cv2.KMEANS_PP_CENTERS)
        scores = np.eye(clusters, dtype=np.float32)[numbers.ravel()]
        return self._settled(self._planes(scores))[0]

    def classify(self, scribbles: np.ndarray) -> Marked:
        """Classify every pixel by (H, W) uint8 scribbles: ids of materials, AVOID, or NONE.

        Scribbled pixels keep what they were marked as. AVOID only grows around its own scribbles: a
        signature must not take its colour out of the whole picture. Raises EngineError when nothing
        is marked or the scribbles have another size than the picture.
        """
        if scribbles.shape != self._shape:
            raise EngineError("The scribbles and the picture differ in size.")
        marked = scribbles != NONE
        found = np.unique(scribbles[marked])
        if len(found) == 0:
            raise EngineError("Nothing is marked yet.")
        scores = self._planes(_ridge(self._basis, *self._examples(scribbles, found), len(found)))
        numbers, certainty = self._settled(scores)
        if found[-1] == AVOID and len(found) > 1:
            far = ~_connected(numbers == len(found) - 1, scribbles == AVOID)
            numbers = np.where(far, self._settled(scores[:-1])[0], len(found) - 1)
        labels = found[numbers]
        labels[marked], certainty[marked] = scribbles[marked], 1
        return Marked(labels, certainty)

    def _planes(self, scores: np.ndarray) -> np.ndarray:
        """Return (n, C) scores of the cells as pictures, (C, h, w)."""
        width, height = self._size
        return np.ascontiguousarray(SURE * scores.T).reshape(-1, height, width)

    def _examples(self, scribbles: np.ndarray, found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the scribbled cells and the number in ``found`` of each."""
        width, height = self._size
        y, x = np.nonzero(scribbles != NONE)
        cells = (y * height // self._shape[0]) * width + x * width // self._shape[1]
        pairs = np.unique(cells * 256 + np.searchsorted(found, scribbles[y, x]))
        return pairs // 256, pairs % 256

    def _settled(self, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the class of every pixel, (H, W) uint8, and its certainty, (H, W) float32.

        ``scores``: (C, h, w). The certainty is what the scores themselves say about the class in
        the neighbourhood: the random field is sure everywhere but at borders.
        """
        light = self._small_light
        alone = shares = _softmax(scores)
        for _ in range(ROUNDS):
            around = [_filtered(share, light, light, AROUND) for share in shares]
            shares = _softmax(scores + AGREE * np.stack(around))
        numbers = _largest(_filtered(share, light, self._light, FINE) for share in shares)
        margin = _margin([_filtered(share, light, light, FINE) for share in alone], shares)
        return numbers, cv2.resize(margin, self._shape[::-1])


def _features(small: np.ndarray) -> np.ndarray:
    """Return the features of the reduced picture, (h, w, F) float32."""
    height, width = small.shape[:2]
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB) / 100
    unit = (height * width / CELLS) ** 0.5
    colours = [cv2.GaussianBlur(lab, (0, 0), sigma * unit) * weight for sigma, weight in BLURS]
    place = np.stack(np.mgrid[:height, :width], -1).astype(np.float32) / max(height, width)
    others = _structure(lab[..., 0], unit), _described(small), place * PLACE
    return np.concatenate([*colours, *others], -1)


def _structure(light: np.ndarray, unit: float) -> np.ndarray:
    """Return strength and direction of the structure, (h, w, 3) float32."""
    across, down = cv2.Scharr(light, cv2.CV_32F, 1, 0), cv2.Scharr(light, cv2.CV_32F, 0, 1)
    xx, yy, xy = (
        cv2.GaussianBlur(part, (0, 0), 4 * unit) for part in (across**2, down**2, across * down)
    )
    energy = np.sqrt(xx + yy + 1e-6)
    return np.stack([energy, (yy - xx) / energy, 2 * xy / energy], -1) * STRUCTURE


def _described(small: np.ndarray) -> np.ndarray:
    """Return the principal components of the descriptor's layers, (h, w, F) float32."""
    rgb = torch.from_numpy(small.copy()).permute(2, 0, 1)[None].float() / 255
    with torch.inference_mode():
        layers = compact()(rgb, LAYERS)
    size = small.shape[1], small.shape[0]
    parts = [
        cv2.resize(_components(layer[0].permute(1, 2, 0).numpy()), size)
        for layer in layers.values()
    ]
    return np.concatenate(parts, -1) * np.float32(DESCRIBED)


def _components(layer: np.ndarray) -> np.ndarray:
    """Return the COMPONENTS principal components of (h, w, C), with a deviation of 1 together."""
    values = cv2.GaussianBlur(layer, (0, 0), 1.0).reshape(-1, layer.shape[-1])
    values = values - values.mean(0)
    _, vectors = np.linalg.eigh(values.T @ values / len(values))
    main = values @ vectors[:, -COMPONENTS:]
    unit = main / (main.std() + 1e-6)
    return np.asarray(unit.reshape(*layer.shape[:2], -1), np.float32)


def _fourier(features: np.ndarray) -> np.ndarray:
    """Return random Fourier features of the Laplace kernel, (n, BASIS) float32.

    Its spectrum is a Cauchy distribution. With a Gaussian kernel, a single strange feature would
    make a pixel unlike all others.
    """
    rng = np.random.default_rng(0)
    spectrum = WIDTH * rng.standard_cauchy((features.shape[1], BASIS)).astype(np.float32)
    phases = rng.uniform(0, 2 * np.pi, BASIS).astype(np.float32)
    return np.asarray(np.cos(features @ spectrum + phases) * np.float32((2 / BASIS) ** 0.5))


def _ridge(basis: np.ndarray, cells: np.ndarray, classes: np.ndarray, count: int) -> np.ndarray:
    """Fit the classes of some cells and return the scores of all, (n, count) float32, about 0-1.

    All classes have the same weight, however much of each is scribbled.
    """
    known = basis[cells].astype(np.float64)
    weighted = known / np.bincount(classes, minlength=count)[classes][:, None]
    gram = weighted.T @ known + RIDGE * np.eye(basis.shape[1])
    solution = np.linalg.solve(gram, weighted.T @ np.eye(count)[classes])
    return basis @ solution.astype(np.float32)


def _light(picture: np.ndarray) -> np.ndarray:
    """Return the light of a picture, a little blurred, (H, W) float32 0-1."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return cv2.GaussianBlur(grey / 255, (0, 0), 0.7)


def _filtered(share: np.ndarray, small: np.ndarray, light: np.ndarray, around: int) -> np.ndarray:
    """Smooth (h, w) values along the edges of the light ``small``, (h, w): a guided filter.

    The result has the size of ``light``, the same picture, (H, W) float32.
    """
    side, size = (2 * around + 1, 2 * around + 1), light.shape[::-1]
    mean, own = cv2.blur(small, side), cv2.blur(share, side)
    variance = cv2.blur(small * small, side) - mean * mean + FLAT
    slope = (cv2.blur(share * small, side) - own * mean) / variance
    steep, level = (cv2.blur(part, side) for part in (slope, own - slope * mean))
    if small is not light:
        steep, level = (cv2.resize(part, size) for part in (steep, level))
    return np.asarray(steep * light + level)


def _softmax(scores: np.ndarray) -> np.ndarray:
    """Return shares that add up to 1 along the first axis."""
    powers = np.exp(scores - scores.max(0))
    return np.asarray(powers / powers.sum(0))


def _largest(planes: Iterable[np.ndarray]) -> np.ndarray:
    """Return the number of the plane with the largest value, (H, W) uint8."""
    numbers, best = np.zeros(0, np.uint8), np.zeros(0)
    for number, plane in enumerate(planes):
        if number == 0:
            numbers, best = np.zeros(plane.shape, np.uint8), plane
            continue
        numbers[plane > best] = number
        best = np.maximum(plane, best)
    return numbers


def _margin(alone: Sequence[np.ndarray], shares: np.ndarray) -> np.ndarray:
    """Return by how much the planes of the largest ``shares`` exceed all others, (h, w) 0-1."""
    chosen, planes = shares.argmax(0)[None], np.stack(alone)
    own = np.take_along_axis(planes, chosen, 0)[0]
    np.put_along_axis(planes, chosen, 0, 0)
    return (own - planes.max(0)).clip(0, 1)


def _connected(mask: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """Return the connected parts of a mask that contain a seed, (H, W) bool."""
    count, parts = cv2.connectedComponents((mask | seeds).astype(np.uint8))
    kept = np.zeros(count, bool)
    kept[np.unique(parts[seeds])] = True
    return kept[parts] & mask
