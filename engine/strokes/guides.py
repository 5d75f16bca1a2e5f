"""Guides: what, besides colour, decides which source pixel a target pixel may copy.

Guides are uint8 pictures, 0-255; in signed ones 128 stands for zero. A packed picture holds red,
green, blue, a code of the region and the guides, each scaled to 0 ... its weight, in units of the
RGB range. Everything is integer arithmetic, or exact in float32.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np

CHANNELS = 12
"""Channels of a packed picture without additional guides."""

MORE_CHANNELS = 24
"""Channels of a packed picture with up to MOST_MORE channels of additional guides."""

MOST_MORE = MORE_CHANNELS - CHANNELS

LAYERS = 5
"""Layers of ``Guides.layers`` without additional guides."""

CODES = 5
"""Channels of a packed picture that hold the code of the region."""

FAR = 48
"""Distance in pixels from a region border at which the distance guide saturates."""

GAP = 255
"""Region number of pixels without a region."""

ZERO = 128
"""Value of a signed guide that stands for zero."""

# Numbers with an even number of set bits: any two of them differ in two or four bits.
_CODES = tuple(number for number in range(32) if number.bit_count() % 2 == 0)

MAX_REGIONS = len(_CODES)
"""Number of regions with a code of their own; further ones share codes with these."""


@dataclass(frozen=True)
class GuideWeights:
    """Weights of the guides relative to colour, each 0-255 in units of the RGB range.

    ``region``: for a different region in a patch; ``distance``: to the nearest region border;
    ``direction``: of the strokes; ``streaks``: light and dark along them. Raises ValueError for a
    weight outside 0-255.
    """

    region: int = 110
    distance: int = 60
    direction: int = 70
    streaks: int = 70

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not 0 <= value <= 255:
                raise ValueError(f"The weight {name} is 0 to 255, not {value}.")


@dataclass(frozen=True, eq=False)
class Guides:
    """The guides of one picture, all (H, W) uint8.

    ``regions``: region numbers; ``distance``: 255 is FAR and beyond; ``cos``, ``sin``: of twice the
    strokes' angle times their certainty, signed; ``streaks``: signed; ``more``: additional guides,
    already scaled to their weights; ``pen``: how much of the direction is the user's, or None for
    nothing (in paintings always). Where regions have no weight, the first additional guides take
    the channels of their codes, so that a picture with CODES of them is still packed narrowly.
    """

    regions: np.ndarray
    distance: np.ndarray
    cos: np.ndarray
    sin: np.ndarray
    streaks: np.ndarray
    more: tuple[np.ndarray, ...] = ()
    pen: np.ndarray | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        height, width = self.regions.shape
        return height, width

    def channels(self, weights: GuideWeights) -> int:
        """Return the number of channels of the packed picture."""
        free = 0 if weights.region else CODES
        return MORE_CHANNELS if len(self.more) > free else CHANNELS

    @property
    def nbytes(self) -> int:
        """Memory in bytes, without the regions."""
        pen = 0 if self.pen is None else self.pen.nbytes
        return pen + sum(guide.nbytes for guide in self.all[1:])

    def halved(self) -> "Guides":
        """Return the guides at half the size, rounded up."""
        return replace(self.mapped(halved), regions=halved_regions(self.regions))

    def part(self, place: tuple[slice, slice]) -> "Guides":
        """Return the guides inside row and column slices."""
        return self.mapped(lambda guide: guide[place])

    def with_part(self, place: tuple[slice, slice], part: "Guides") -> "Guides":
        """Return a copy with the guides of ``part`` inside row and column slices."""
        copies = self.mapped(np.copy)
        for mine, theirs in zip(copies.all, part.all, strict=True):
            mine[place] = theirs
        return copies

    @property
    def all(self) -> tuple[np.ndarray, ...]:
        """Regions and all guides."""
        return self.regions, self.distance, self.cos, self.sin, self.streaks, *self.more

    def mapped(self, change: Callable[[np.ndarray], np.ndarray]) -> "Guides":
        """Return the guides with ``change`` applied to each of them."""
        return Guides(
            change(self.regions),
            change(self.distance),
            change(self.cos),
            change(self.sin),
            change(self.streaks),
            tuple(change(guide) for guide in self.more),
            None if self.pen is None else change(self.pen),
        )

    def layers(self) -> np.ndarray:
        """Return all guides as one (layers, H, W) uint8 array; ``guides_of`` is the reverse."""
        return np.stack(self.all)

    def packed(
        self, rgb: np.ndarray | None, weights: GuideWeights, out: np.ndarray | None = None
    ) -> np.ndarray:
        """Pack a picture, (H, W, 3) uint8 or black, with its guides: (H, W, channels) uint8.

        ``out``: the array of this shape to write into, by default a new one.
        """
        free = 0 if weights.region else min(CODES, len(self.more))
        black = np.zeros(self.shape, np.uint8)
        layers = [
            *([black] * 3 if rgb is None else cv2.split(rgb)),
            *self.more[:free],
            *_region_codes(self.regions, weights.region)[free:],
            _scaled(self.distance, weights.distance),
            _direction(self.cos, weights.direction, self.pen),
            _direction(self.sin, weights.direction, self.pen),
            _scaled(self.streaks, weights.streaks),
            *self.more[free:],
        ]
        layers += [black] * (self.channels(weights) - len(layers))
        return cv2.merge(layers, out)


def guides_of(layers: np.ndarray) -> Guides:
    """Return the guides from an array made by ``Guides.layers``."""
    regions, distance, cos, sin, streaks, *more = layers
    return Guides(regions, distance, cos, sin, streaks, tuple(more))


def joined_guides(guides: Sequence[Guides]) -> Guides:
    """Stack the guides of pictures with equal widths below each other."""
    more = zip(*(each.more for each in guides), strict=True)
    return Guides(
        np.concatenate([each.regions for each in guides]),
        np.concatenate([each.distance for each in guides]),
        np.concatenate([each.cos for each in guides]),
        np.concatenate([each.sin for each in guides]),
        np.concatenate([each.streaks for each in guides]),
        tuple(np.concatenate(layers) for layers in more),
        _joined_pens(guides),
    )


def _joined_pens(guides: Sequence[Guides]) -> np.ndarray | None:
    if all(each.pen is None for each in guides):
        return None
    return np.concatenate(
        [np.zeros_like(each.cos) if each.pen is None else each.pen for each in guides]
    )


def _region_codes(regions: np.ndarray, weight: int) -> list[np.ndarray]:
    """Return CODES channels of 0 or ``weight``; any two of the first MAX_REGIONS differ in two."""
    return [cv2.LUT(regions, bits * np.uint8(weight)) for bits in _code_table()]


@lru_cache
def _code_table() -> np.ndarray:
    """Return the bits of each region's code, (CODES, 256) uint8."""
    numbers = np.array(_CODES, np.uint8)[np.arange(256) % MAX_REGIONS]
    return numbers >> np.arange(CODES, dtype=np.uint8)[:, None] & 1


def _scaled(guide: np.ndarray, weight: int) -> np.ndarray:
    """Scale 0-255 to 0-``weight``, rounded."""
    table = (np.arange(256) * weight + 127) // 255
    return cv2.LUT(guide, table.astype(np.uint8))


def _direction(guide: np.ndarray, weight: int, pen: np.ndarray | None) -> np.ndarray:
    """Scale a signed guide 0-255 to a range of ``weight`` around about 128.

    The user's directions are scaled beyond the range of any painting: the place with the most
    similar direction is then the nearest by far. Moving the range by a constant changes no
    distance; multiples of 4 keep the rounding of ``similar_places``.
    """
    found = _scaled(guide, weight) + np.uint8((ZERO - (ZERO * weight + 127) // 255) // 4 * 4)
    if pen is None:
        return found
    share = pen.astype(np.float32) * np.float32(1 / 254)
    return np.rint(found + share * (guide.astype(np.float32) - found)).astype(np.uint8)


def border_distance(regions: np.ndarray) -> np.ndarray:
    """Return the distance to the nearest region border, (H, W) uint8, 255 from FAR pixels on."""
    inside = np.ones(regions.shape, np.uint8)
    across, down = regions[:, 1:] != regions[:, :-1], regions[1:] != regions[:-1]
    inside[:, 1:][across] = inside[:, :-1][across] = 0
    inside[1:][down] = inside[:-1][down] = 0
    if inside.all():
        return np.full(regions.shape, 255, np.uint8)
    distance = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    return np.rint(np.minimum(distance, FAR) * np.float32(255 / FAR)).astype(np.uint8)


def halved_regions(regions: np.ndarray) -> np.ndarray:
    """Halve a region map: the most frequent region of four pixels, or the upper left of a tie."""
    even = _evened(regions)
    a, b, c, d = even[::2, ::2], even[::2, 1::2], even[1::2, ::2], even[1::2, 1::2]
    found = a.copy()
    alone = np.nonzero((a != b) & (a != c) & (a != d))  # few: most pixels lie inside a region
    a, b, c, d = a[alone], b[alone], c[alone], d[alone]
    found[alone] = np.where((b == c) | (b == d), b, np.where(c == d, c, a))
    return found


def halved(picture: np.ndarray) -> np.ndarray:
    """Halve a (H, W) or (H, W, 3) uint8 picture: means of four pixels, rounded half up."""
    even = _evened(picture)
    # For one and three channels OpenCV computes (a + b + c + d + 2) >> 2.
    size = even.shape[1] // 2, even.shape[0] // 2
    return cv2.resize(even, size, interpolation=cv2.INTER_AREA)


def _evened(picture: np.ndarray) -> np.ndarray:
    """Repeat the last row and column of a picture where their number is odd."""
    below, right = picture.shape[0] % 2, picture.shape[1] % 2
    if not (below or right):
        return picture
    return cv2.copyMakeBorder(picture, 0, below, 0, right, cv2.BORDER_REPLICATE)


def fill_gaps(regions: np.ndarray) -> np.ndarray:
    """Assign the nearest region to each GAP pixel, (H, W) uint8."""
    gaps = regions == GAP
    if not gaps.any() or gaps.all():
        return regions
    _, nearest = cv2.distanceTransformWithLabels(
        gaps.astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    lookup = np.zeros(nearest.max() + 1, np.uint8)
    lookup[nearest[~gaps]] = regions[~gaps]
    return lookup[nearest]


def luminance(rgb: np.ndarray) -> np.ndarray:
    """Convert (H, W, 3) uint8 RGB to luminance, (H, W) uint8 (Rec. 601)."""
    red, green, blue = (rgb[..., channel].astype(np.uint32) for channel in range(3))
    return ((77 * red + 150 * green + 29 * blue + 128) >> 8).astype(np.uint8)


def painting_guides(rgb: np.ndarray, regions: np.ndarray) -> Guides:
    """Return the guides of a painting, (H, W, 3) uint8, with its gapless regions, (H, W) uint8."""
    grey = luminance(rgb)
    cos, sin = painting_directions(grey)
    return Guides(regions, border_distance(regions), cos, sin, painting_streaks(grey, regions))


def painting_streaks(grey: np.ndarray, regions: np.ndarray) -> np.ndarray:
    """Return fine contrast of (H, W) uint8 luminance, signed: 32 is its deviation in the region.

    The fine contrast is a blur by 1 pixel minus a blur by 12 pixels.
    """
    fine = cv2.GaussianBlur(grey.astype(np.uint16) << 4, (0, 0), 1.0).astype(np.int64)
    detail = fine - cv2.GaussianBlur(grey.astype(np.uint16) << 4, (0, 0), 12.0)
    streaks = np.full(grey.shape, ZERO, np.uint8)
    for region in np.unique(regions):
        here = regions == region
        values = detail[here]
        values = values - round(int(values.sum()) / len(values))
        deviation = max(math.sqrt(int((values * values).sum()) / len(values)), 8.0)
        streaks[here] = signed(values * (32 / deviation))
    return streaks


def painting_directions(grey: np.ndarray, blur: float = 6.0) -> tuple[np.ndarray, np.ndarray]:
    """Return the direction of the strokes in (H, W) uint8 luminance: cos 2a and sin 2a, signed.

    From the structure tensor, smoothed by ``blur`` pixels: the axis of least change, times its
    coherence. It is computed in float64, so that rounding errors do not change the coarse steps of
    the guides.
    """
    smooth = cv2.GaussianBlur(grey.astype(np.float64), (0, 0), 1.0)
    dx, dy = cv2.Scharr(smooth, cv2.CV_64F, 1, 0), cv2.Scharr(smooth, cv2.CV_64F, 0, 1)
    xx, xy, yy = (cv2.GaussianBlur(v, (0, 0), blur) for v in (dx * dx, dx * dy, dy * dy))
    total = (xx + yy + 1) / 127
    return signed((yy - xx) / total), signed(-2 * xy / total)


def signed(values: np.ndarray) -> np.ndarray:
    """Convert numbers around 0 to a signed guide, uint8; clip them to +-127."""
    return (np.rint(values).clip(-127, 127) + ZERO).astype(np.uint8)
