"""Paint photos with brush strokes copied from a painting, without training.

The photo is moved to the painting's colours, and guided patch synthesis (``engine.strokes``) finds
for every place strokes of that colour, light and direction. Where the photo is plain, strokes
follow a flow field of the painting's character. A photo is matched at a *working size* of WORKING
to MOST pixels; for a larger one, and for larger strokes, the match field is enlarged and read from
the enlarged painting, which is at most LARGEST; what is larger still is interpolated. A smaller one
is painted at WORKING and reduced: strokes are a share of the picture.
"""

import math
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from PIL import Image, ImageFilter

from engine.errors import EngineError
from engine.flow import REACH as FLOW_REACH
from engine.flow import FlowField, flow_field, measure_character
from engine.packs.borrowing import FindPack
from engine.packs.painting import read_painting
from engine.packs.style_pack import read_pack, stamp
from engine.photo.pixels import Colours, matching, matching_light, resized, shrunk, with_light_of
from engine.photo.transport import colour_table, lab, recoloured
from engine.picture_files import open_foreign
from engine.requests import PhotoLook, StrokeStep
from engine.strokes.guides import (
    ZERO,
    Guides,
    GuideWeights,
    luminance,
    painting_directions,
    painting_streaks,
    signed,
)
from engine.strokes.large import UNIT, Original, enlarged_source
from engine.strokes.painter import StrokePainter, stroke_sixteenths
from engine.strokes.source import (
    PreparedPart,
    SourcePart,
    joined_source,
    part_windows,
    prepare_part,
)
from engine.strokes.source_store import stored_guides
from engine.strokes.synthesis import StrokePainting, StrokeSettings
from engine.strokes.target import StrokeTarget
from engine.tiles import Window
from resources.colour_depth import as_floats, eight_bits, rounded

MOST = 1_500_000
"""Largest number of pixels that are matched."""

LARGEST = 8 * UNIT
"""Largest size of the painting that is copied from, in sixteenths, which limits its memory."""

WORKING = 1024
"""Least pixels on the longer side that are matched at stroke size 1; else a face is few strokes."""

TINY = 0.5
"""Least size of a photo relative to what is matched: tiny ones are not enlarged further."""

LONGEST_SIDE = 16_384
"""Longest side that is matched, for panoramas; flow fields have a limit, too."""

SMALL = 512
"""Longer side of the picture that is shown first."""

LONGEST = 1280
"""Longest side of a picture that is no style pack, in pixels at stroke size 1."""

LEAST = 32
"""Least pixels on the shorter side of a picture to copy strokes from."""

UNIFORMITY = 30
"""Price of repetition; lower than for doodles, since a photo differs from place to place."""

LOW = 6.0
"""Standard deviation, in working pixels, of the blur that separates colours from strokes."""

BAND = 1 << 20
"""Pixels that are finished at once."""

SOURCE_BLUR, TARGET_BLUR = 1.2, 0.8
"""Standard deviations of the blur of the colour guides of painting and photo, in pixels."""

SHARP = 6.0
"""Standard deviation of the blur against which the photo's light is sharpened, in pixels."""

UNREST = 150
"""Weight of the guide of unrest at freedom 0."""

CELL, AROUND = 4, 2.5
"""Side in pixels of the cells whose mean colours are compared, so that strokes do not count, and
standard deviation, in cells, of the blur in which they are."""

MOST_UNREST = 30.0
"""Deviation of L*a*b* from which on the guide of unrest is full."""

_STORED = GuideWeights(region=0, distance=0)  # similar places are found with these weights
_CHROMA = 2.4  # steps of the colour guides for one unit of a* or b*, near grey
_PLAIN = 12  # mean streaks of the photo, in steps of the guide, that leave none of the field


@dataclass(frozen=True, eq=False)
class Model:
    """A painting to copy strokes from.

    ``rgb``: (H, W, 3) uint8; ``avoid``: (H, W) bool, what is never copied; ``width``: in pixels at
    stroke size 1.
    """

    rgb: np.ndarray
    avoid: np.ndarray
    width: int

    def original(self, place: Window) -> Original:
        """Return the painting with its place in a source."""
        return Original(lambda: self.rgb, place)


class StrokePhotos:
    """Paints photos with the strokes of style packs, or of any picture. For one thread."""

    def __init__(self, find: FindPack) -> None:
        self._find = find
        self._models: dict[tuple[str, str, Hashable], Model] = {}

    def small(self, photo: np.ndarray, look: PhotoLook) -> np.ndarray:
        """Return the photo in the painting's colours, SMALL pixels at most, to show it first."""
        work = shrunk(photo, SMALL)
        tables = colour_tables(work, self.models_of(look))
        return finished(_in_colours(work, tables, look), work, look, 1.0)

    def begin(
        self, photo: np.ndarray, look: PhotoLook, threads: int = 1, shown: np.ndarray | None = None
    ) -> "StrokedPhoto":
        """Return a photo, (H, W, 3) uint8, that is not painted yet; ``threads``: to paint it with;
        ``shown``: the same photo in 16 bits, uint16, or a whole number of times as large: it gets
        the same strokes, larger.

        Raises EngineError, in one sentence, for a style without a painting or a picture that cannot
        be read.
        """
        models = self.models_of(look)
        sixteenths = stroke_sixteenths(look.stroke)
        enlarged = math.ceil(max(sixteenths, UNIT) * reduction(photo.shape))
        size = tuple(max(1, -(-side * UNIT // enlarged)) for side in photo.shape[1::-1])
        work = resized(photo, (size[0], size[1]))
        if shown is not None:
            enlarged *= len(shown) // len(photo)
        printed = min(max(enlarged, UNIT), LARGEST)
        painter = stroke_painter(models, look, min(sixteenths, UNIT), printed)
        target = photo_target(work, shared_guides(work, models, look), look)
        painting = StrokePainting(painter.source, target, painter.settings)
        shown = photo if shown is None else shown
        return StrokedPhoto(shown, look, painter, painting, enlarged / UNIT, threads)

    def models_of(self, look: PhotoLook) -> list[Model]:
        """Return the paintings of a look: one, or two that are blended."""
        names = [("", look.like) if look.like else (look.style, "")]
        if look.second is not None and look.blend > 0:
            names.append((look.second, ""))
        keys = [(*name, stamp(self._find(name[0])) if name[0] else None) for name in names]
        self._models = {key: self._models.get(key) or self._read(*key[:2]) for key in keys}
        return list(self._models.values())

    def _read(self, style: str, like: str) -> Model:
        if like:
            return model_of(open_foreign(like, LONGEST), like)
        folder = self._find(style)
        pack = read_pack(folder)
        painting = read_painting(folder, pack)
        return Model(painting.rgb, painting.avoid, pack.strokes.width)


def reduction(shape: tuple[int, ...]) -> float:
    """Return the pixels of a photo of (rows, columns) for one that is matched at stroke size 1."""
    area, side = shape[0] * shape[1], max(shape[:2])
    small = min(1.0, max(TINY, side / WORKING))
    return max(small, math.sqrt(area / MOST), side / LONGEST_SIDE)


def model_of(rgb: np.ndarray, name: str) -> Model:
    """Return a picture, (H, W, 3) uint8, as a model. Raises EngineError if it is too small."""
    if min(rgb.shape[:2]) < LEAST:
        raise EngineError(
            f"{name} is {rgb.shape[1]} x {rgb.shape[0]} pixels; a picture to copy strokes from has "
            f"at least {LEAST} on each side."
        )
    return Model(rgb, np.zeros(rgb.shape[:2], bool), rgb.shape[1])


class StrokedPhoto:
    """One photo in one look, painted when it is first read; keeps the whole picture.

    ``scale``: photo pixels for one pixel that is matched.
    """

    def __init__(
        self,
        photo: np.ndarray,
        look: PhotoLook,
        painter: StrokePainter,
        painting: StrokePainting,
        scale: float,
        threads: int,
    ) -> None:
        self._photo, self._look, self._scale = photo, look, scale
        self._matched, self._enlarged = painting.target.canvas, painter.enlarged / UNIT
        rows, columns = (math.ceil(side * self._enlarged / scale) for side in photo.shape[:2])
        self._steps = painter.paint(painting, (rows, columns), threads)
        self._picture: np.ndarray | None = None

    @property
    def bounds(self) -> Window:
        """Window of the whole photo."""
        return Window(0, 0, *self._photo.shape[1::-1])

    @property
    def matched(self) -> Window:
        """Window of the photo at the size that is matched."""
        return self._matched

    def shows(self, photo: np.ndarray, look: PhotoLook) -> bool:
        """Return whether this is the same photo, by array identity, in the same look."""
        return self._photo is photo and self._look == look

    def window(self, rect: Window) -> np.ndarray:
        """Return a window of the painted photo, (h, w, 3), read-only.

        uint8, or uint16 if the photo is and shows through.
        """
        for _ in self.prepare():
            pass
        assert self._picture is not None
        return self._picture[rect.within(self.bounds)]

    def steps(self, rect: Window) -> Iterator[None]:  # noqa: ARG002
        """Paint what a window needs: nothing after ``prepare``."""
        yield from ()

    def prepare(self) -> Iterator[StrokeStep]:
        """Paint the whole photo, coarse to fine; the steps' pictures are as large as painted.

        May be stopped and called again, which continues.
        """
        if self._picture is not None:
            return
        picture = self._photo.view()
        if self._look.strength > 0:
            painted: np.ndarray | None = None
            for step in self._steps:
                if step.share < 1:
                    yield self._shown(step)
                else:
                    painted = resized(step.picture, self.bounds[2:])
            assert painted is not None, "painting has failed before"
            picture = finished(painted, self._photo, self._look, self._scale)
        picture.flags.writeable = False
        self._picture = picture

    def _shown(self, step: StrokeStep) -> StrokeStep:
        """Return a step in the colours and strength of the look."""
        height, width = step.picture.shape[:2]
        small = eight_bits(resized(self._photo, (width, height)))
        scale = self._enlarged / step.scale
        return replace(step, picture=finished(step.picture, small, self._look, scale))


def stroke_painter(
    models: list[Model], look: PhotoLook, sixteenths: int, enlarged: int
) -> StrokePainter:
    """Return the painter of a look; ``sixteenths``: size of the paintings that are matched."""
    parts = [_part(model, sixteenths) for model in models]
    first = _prepared(parts[0], look)
    others = [_prepared(part, look, len(first.levels)) for part in parts[1:]]
    source = joined_source([first, *others], _weights(look))
    places = part_windows(parts)
    originals = [model.original(place) for model, place in zip(models, places, strict=True)]
    large = enlarged_source(source.rgb, originals, enlarged)
    settings = StrokeSettings(UNIFORMITY, round(100 - 80 * look.detail))
    return StrokePainter(source, large, enlarged, settings, originals=originals)


def _prepared(part: SourcePart, look: PhotoLook, levels: int | None = None) -> PreparedPart:
    """Return a painting prepared for a look; its similar places are the same for all looks."""
    guides, similar = stored_guides(part, _STORED, levels)
    colours = blurred_lab(part.rgb, SOURCE_BLUR)
    unrest = _unrest(colours)
    restless = _scaled_unrest(unrest - np.median(unrest))  # its own strokes are no unrest
    guides = replace(guides, distance=restless, more=colour_guides(colours, _gain(look)))
    return prepare_part(part, _weights(look), guides, similar, levels)


def _part(model: Model, sixteenths: int) -> SourcePart:
    """Return a painting at its width times ``sixteenths`` / 16."""
    rows, columns = model.avoid.shape
    width = max(1, round(model.width * sixteenths / UNIT))
    size = width, max(1, round(rows * width / columns))
    avoid = cv2.resize(model.avoid.astype(np.uint8), size, interpolation=cv2.INTER_AREA) > 0
    return SourcePart(_scaled(model.rgb, size), np.zeros(avoid.shape, np.uint8), avoid)


def _scaled(rgb: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.LANCZOS))


@dataclass(frozen=True, eq=False)
class SharedGuides:
    """What all frames of a shot share: ``tables`` of colours, and ``field`` where it is plain."""

    tables: list[ImageFilter.Color3DLUT]
    field: FlowField


def shared_guides(work: np.ndarray, models: list[Model], look: PhotoLook) -> SharedGuides:
    """Return what the guides of a photo and of similar ones of its size share."""
    regions = np.zeros(work.shape[:2], np.uint8)
    small = _part(models[0], UNIT)
    flows = measure_character(small.rgb, small.regions, 1)
    whole = Window(0, 0, work.shape[1], work.shape[0])
    field = flow_field(np.pad(regions, FLOW_REACH), whole, look.seed, flows)
    return SharedGuides(colour_tables(work, models), field)


def photo_target(work: np.ndarray, shared: SharedGuides, look: PhotoLook) -> "PhotoTarget":
    """Return the guides of a photo at its working size, (h, w, 3) uint8."""
    regions = np.zeros(work.shape[:2], np.uint8)
    colours = blurred_lab(_in_colours(work, shared.tables, look), TARGET_BLUR)
    unrest = _scaled_unrest(_unrest(colours))
    light = colours[..., 0]
    light += 2 * look.detail * (light - cv2.GaussianBlur(light, (0, 0), SHARP))
    cos, sin, streaks = _directions(work, shared.field)
    guides = Guides(regions, unrest, cos, sin, streaks, colour_guides(colours, _gain(look)))
    return PhotoTarget(regions, look.seed, whole=guides)


def _directions(work: np.ndarray, field: FlowField) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return cos, sin and streaks of a photo, signed guides; where it is plain, of a flow field."""
    regions, grey = np.zeros(work.shape[:2], np.uint8), luminance(work)
    own = (*painting_directions(grey), painting_streaks(grey, regions))
    strength = np.abs(own[2].astype(np.float32) - ZERO)
    plain = (1 - cv2.GaussianBlur(strength, (0, 0), SHARP) / _PLAIN).clip(0, 1)
    others = (field.cos, field.sin, field.streaks)
    cos, sin, streaks = (
        signed(mine.astype(np.float32) - ZERO + plain * other)
        for mine, other in zip(own, others, strict=True)
    )
    return cos, sin, streaks


@dataclass(frozen=True, eq=False)
class PhotoTarget(StrokeTarget):
    """A photo to be painted; ``whole``: its guides."""

    whole: Guides | None = None

    def guides(self, window: Window) -> Guides:
        """Return the guides inside a window."""
        assert self.whole is not None
        return self.whole.part(window.within(self.canvas))


def _weights(look: PhotoLook) -> GuideWeights:
    direction, streaks = round(80 * look.shapes), round(50 + 60 * look.detail)
    unrest = round(UNREST * (1 - look.freedom))
    return GuideWeights(region=0, distance=unrest, direction=direction, streaks=streaks)


def _gain(look: PhotoLook) -> float:
    """Return the factor of the colour guides: low for much freedom."""
    return 1.2 - 0.8 * look.freedom


def colour_guides(colours: np.ndarray, gain: float) -> tuple[np.ndarray, ...]:
    """Convert (h, w, 3) L*a*b* to five guides: light three times, then a* and b*."""
    light = np.rint((colours[..., 0] * 2.55 * gain).clip(0, 255)).astype(np.uint8)
    chroma = np.tanh(colours[..., 1:] * (_CHROMA * gain / 127))  # a clipped guide would be flat
    across, along = (signed(127 * chroma[..., axis]) for axis in range(2))
    return light, light, light, across, along


def _unrest(colours: np.ndarray) -> np.ndarray:
    """Return how much colours differ around every pixel, (h, w) float32, of (h, w, 3) L*a*b*.

    High on objects like a moon or a church, which are not to be copied where a photo is plain.
    """
    height, width = colours.shape[:2]
    size = max(1, width // CELL), max(1, height // CELL)
    cells = cv2.resize(colours, size, interpolation=cv2.INTER_AREA)
    mean = cv2.GaussianBlur(cells, (0, 0), AROUND)
    square = cv2.GaussianBlur(cells * cells, (0, 0), AROUND)
    unrest = np.sqrt((square - mean * mean).sum(2).clip(0))
    return cv2.resize(unrest, (width, height), interpolation=cv2.INTER_LINEAR)


def _scaled_unrest(unrest: np.ndarray) -> np.ndarray:
    return np.rint((unrest * (255 / MOST_UNREST)).clip(0, 255)).astype(np.uint8)


def blurred_lab(rgb: np.ndarray, deviation: float) -> np.ndarray:
    """Blur (h, w, 3) uint8 RGB and convert it to L*a*b*, float32."""
    return lab(cv2.GaussianBlur(rgb, (0, 0), deviation))


def colour_tables(work: np.ndarray, models: list[Model]) -> list[ImageFilter.Color3DLUT]:
    """Return the tables that move a photo's colours to those of the paintings."""
    return [colour_table(_smoothed(work), shrunk(model.rgb, LONGEST)) for model in models]


def _smoothed(work: np.ndarray) -> np.ndarray:
    return cv2.bilateralFilter(work, 7, 25, 5)


def _in_colours(
    work: np.ndarray, tables: list[ImageFilter.Color3DLUT], look: PhotoLook
) -> np.ndarray:
    """Return a photo, smoothed inside its edges, in the colours of the paintings."""
    smooth = _smoothed(work)
    moved = [recoloured(smooth, table) for table in tables]
    if len(moved) == 1:
        return moved[0]
    return cv2.addWeighted(moved[0], 1 - look.blend, moved[1], look.blend, 0)


def finishing_colours(painted: np.ndarray, photo: np.ndarray, look: PhotoLook) -> Colours | None:
    """Return the transform that gives a painting the colours of a look, or None for nothing."""
    if look.colours == "style":
        return None
    match = matching if look.colours == "statistics" else matching_light
    return match(painted, eight_bits(photo))


def finished(
    painted: np.ndarray,
    photo: np.ndarray,
    look: PhotoLook,
    scale: float,
    colours: Colours | None = None,
) -> np.ndarray:
    """Give a painting, (H, W, 3) uint8, the colours and strength of a look.

    ``photo``: (H, W, 3) uint8 or uint16; the result has its type where the photo shows through.
    ``scale``: photo pixels for one pixel that was matched; ``colours``: those of the look, by
    default for this painting.
    """
    colours = colours or finishing_colours(painted, photo, look)
    if colours is not None:
        painted = _coloured(painted, photo, look, colours)
    return painted if look.strength == 1 else _weakened(painted, photo, look.strength, scale)


def _coloured(
    painted: np.ndarray, photo: np.ndarray, look: PhotoLook, colours: Colours
) -> np.ndarray:
    """Return a painting with these colours, or with the photo's: as 16 bits if the photo has."""
    result, rows = np.empty_like(photo), max(1, BAND // photo.shape[1])
    for top in range(0, len(photo), rows):
        part, own = painted[top : top + rows], photo[top : top + rows]
        moved = colours.applied(part, photo.dtype)
        result[top : top + rows] = (
            with_light_of(moved, own) if look.colours == "luminance" else moved
        )
    return result


def _weakened(painted: np.ndarray, photo: np.ndarray, strength: float, scale: float) -> np.ndarray:
    """Blend colours of photo and painting by ``strength``; strokes stay whole from one half on.

    Blending both as pictures would look like a double exposure. Returns the type of ``photo``.
    """
    result, reach = np.empty_like(photo), math.ceil(3 * LOW * scale)
    rows = max(1, BAND // photo.shape[1])
    for top in range(0, len(photo), rows):
        bottom = min(top + rows, len(photo))
        first, last = max(0, top - reach), min(len(photo), bottom + reach)
        own, other = (as_floats(part[first:last]) for part in (photo, painted))
        own_low, other_low = (cv2.GaussianBlur(part, (0, 0), LOW * scale) for part in (own, other))
        strokes = min(1.0, 2 * strength)
        mixed = own_low + strength * (other_low - own_low)
        mixed += (1 - strokes) * (own - own_low) + strokes * (other - other_low)
        result[top:bottom] = rounded(mixed[top - first : bottom - first], photo.dtype)
    return result
