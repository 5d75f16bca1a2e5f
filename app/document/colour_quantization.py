"""Reduce a foreign picture to a few colours and map these to materials."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from resources.materials import palette

MOST_COLOURS = 24
"""Most flat colours of a drawing; a picture with more counts as a photo."""

# Colours that a photo is reduced to. More are tedious to map; fewer merge its parts.
PHOTO_COLOURS = 8

# Least share of a drawing that flat colours cover; the rest are anti-aliased borders.
FLAT_SHARE = 0.6

# Least number of pixels with eight equal neighbours for a colour to count as flat.
FEWEST_SOLID = 4

# `surely_photo`: largest share of a photo that its MOST_COLOURS most frequent colours cover.
PHOTO_SHARE = 0.45

SAMPLES = 20_000
NOTHING = 255

# Rows processed at a time, to limit memory: the distance transform takes 8 bytes per pixel.
BAND = 1024


@dataclass(frozen=True, eq=False)
class ForeignColours:
    """A picture reduced to a few colours.

    `index`: H x W uint8, for each pixel a row of `colours` (k x 3 uint8 RGB). `shares`: share of
    the picture that each colour covers, 0-1, in descending order. `flat`: whether the picture is a
    drawing with flat colours, not a photo.
    """

    index: np.ndarray
    colours: np.ndarray
    shares: np.ndarray
    flat: bool

    @property
    def exact(self) -> bool:
        """Whether all colours are palette colours, apart from soft borders between them."""
        known = (self.colours[:, None] == palette()).all(-1).any(-1)
        return self.flat and bool(known.all())

    def suggested(self) -> list[int]:
        """Return for each colour the material with the nearest colour, as `daub render` uses it."""
        far = np.square(self.colours[:, None].astype(np.int32) - palette()).sum(-1)
        return [int(material) for material in far.argmin(1)]

    def labels(self, chosen: Sequence[int]) -> np.ndarray:
        """Return H x W uint8 material ids, with material `chosen[i]` for colour i."""
        return np.array(chosen, np.uint8)[self.index]


def foreign_colours(rgb: np.ndarray) -> ForeignColours:
    """Reduce an H x W x 3 uint8 picture to a few colours.

    A drawing keeps its flat colours, and pixels of soft borders get the nearest flat area's colour.
    A photo's colours are found by clustering.
    """
    red, green, blue = (rgb[..., channel].astype(np.uint32) for channel in range(3))
    packed = (red << 16) | (green << 8) | blue
    flat = _flat_colours(rgb, packed)
    if flat is None:
        colours, index = _clustered(rgb)
    else:
        colours = np.stack([flat >> 16, flat >> 8 & 255, flat & 255], 1).astype(np.uint8)
        index = _flat_index(packed, flat)
    return _sorted(colours, index, flat is not None)


def surely_photo(rgb: np.ndarray) -> bool:
    """Return whether an H x W x 3 uint8 picture is certainly not a drawing.

    Takes a few milliseconds, because it looks at about SAMPLES pixels.
    """
    step = max(1, math.isqrt(rgb.shape[0] * rgb.shape[1] // SAMPLES))
    some = rgb[step // 2 :: step, step // 2 :: step].reshape(-1, 3).astype(np.uint32)
    counts = np.unique(some @ np.array([1 << 16, 1 << 8, 1], np.uint32), return_counts=True)[1]
    return bool(np.sort(counts)[-MOST_COLOURS:].sum() < PHOTO_SHARE * len(some))


def _flat_colours(rgb: np.ndarray, packed: np.ndarray) -> np.ndarray | None:
    """Return the flat colours of a drawing as packed 0xRRGGBB; None for a photo."""
    counts = np.bincount(packed.ravel(), minlength=2**24)
    edge = cv2.morphologyEx(rgb, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    solid = np.bincount(packed[~edge.any(-1)], minlength=2**24)
    known = solid >= FEWEST_SOLID
    # Thin lines have no solid pixels, so palette colours always count as flat.
    own = palette().astype(np.uint32) @ (1 << 16, 1 << 8, 1)
    known[own] |= counts[own] > 0
    flat = np.flatnonzero(known)
    drawing = len(flat) <= MOST_COLOURS and counts[flat].sum() >= FLAT_SHARE * packed.size
    return flat if drawing else None


def _flat_index(packed: np.ndarray, flat: np.ndarray) -> np.ndarray:
    table = np.full(2**24, NOTHING, np.uint8)
    table[flat] = np.arange(len(flat))
    index = table[packed]
    for top in range(0, len(index), BAND):
        _fill_from_nearest(index[top : top + BAND])
    return index


def _fill_from_nearest(index: np.ndarray) -> None:
    """Replace each NOTHING with the index of the nearest known pixel, in place."""
    unknown = index == NOTHING
    if not unknown.any():
        return
    if unknown.all():
        index[:] = 0
        return
    _, nearest = cv2.distanceTransformWithLabels(
        unknown.view(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    numbers = np.zeros(nearest.max() + 1, np.uint8)
    numbers[nearest[~unknown]] = index[~unknown]
    index[unknown] = numbers[nearest[unknown]]


def _clustered(rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the colours of a photo (k x 3 uint8) and each pixel's index (H x W uint8)."""
    calm = cv2.medianBlur(np.ascontiguousarray(rgb), 5)
    flat = calm.reshape(-1, 3)
    samples = _lab(flat[:: max(1, len(flat) // SAMPLES)])
    cv2.setRNGSeed(1)  # the same picture always gives the same colours
    wanted = min(PHOTO_COLOURS, len(samples))
    ends = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 30, 0.5)
    _, _, centres = cv2.kmeans(samples, wanted, None, ends, 3, cv2.KMEANS_PP_CENTERS)  # type: ignore[call-overload]
    index = _nearest_centres(calm, centres)
    return _from_lab(centres), _without_specks(index, wanted)


def _nearest_centres(rgb: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return H x W uint8 indices, from a table of 32 x 32 x 32 colours for speed."""
    steps = np.arange(4, 256, 8, dtype=np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), -1).reshape(-1, 3)
    far = np.square(_lab(cube)[:, None] - centres[None]).sum(-1)
    red, green, blue = (rgb[..., channel].astype(np.uint16) >> 3 for channel in range(3))
    return far.argmin(1).astype(np.uint8)[(red << 10) | (green << 5) | blue]


def _without_specks(index: np.ndarray, count: int) -> np.ndarray:
    """Replace each pixel's index with the most frequent one around it."""
    best, result = np.zeros(index.shape, np.uint8), np.zeros_like(index)
    for number in range(count):
        share = cv2.blur(np.where(index == number, 255, 0).astype(np.uint8), (7, 7))
        more = share > best
        result[more], best[more] = number, share[more]
    return result


def _sorted(colours: np.ndarray, index: np.ndarray, flat: bool) -> ForeignColours:
    """Sort the colours by area, largest first, and drop unused ones."""
    counts = np.bincount(index.ravel(), minlength=len(colours))
    order = [int(number) for number in np.argsort(-counts) if counts[number]]
    places = np.zeros(256, np.uint8)
    places[order] = np.arange(len(order))
    shares = counts[order] / index.size
    return ForeignColours(places[index], colours[order], shares, flat)


def _lab(rgb: np.ndarray) -> np.ndarray:
    """Convert (n, 3) uint8 RGB to (n, 3) float32 L*a*b*."""
    return cv2.cvtColor(rgb[None].astype(np.float32) / 255, cv2.COLOR_RGB2Lab)[0]


def _from_lab(lab: np.ndarray) -> np.ndarray:
    rgb = cv2.cvtColor(lab[None].astype(np.float32), cv2.COLOR_Lab2RGB)[0]
    return (rgb * 255).round().clip(0, 255).astype(np.uint8)
