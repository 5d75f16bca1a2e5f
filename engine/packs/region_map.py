"""Region maps of a painting: which region (sky, tree, ...) each pixel belongs to.

A region map is an (H, W) uint8 array of region numbers counted from 0, in the order of the region
names; `UNASSIGNED` (255) marks pixels that belong to no region.
"""

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, PngImagePlugin

from engine.errors import EngineError
from engine.files import replace_file
from engine.image import reading

REGIONS = "regions.png"
"""File name of a pack's region map."""

UNASSIGNED = 255
UNASSIGNED_NAME = "none"
UNASSIGNED_COLOUR = (128, 128, 128)

LARGEST = 64_000_000
"""Largest region map in pixels; larger ones are not decoded."""

Colour = tuple[int, int, int]
Shape = Mapping[str, Any]


def draw_shapes(shapes: Iterable[Shape], names: Sequence[str], size: tuple[int, int]) -> np.ndarray:
    """Draw polygons, discs and ellipses in order, later shapes over earlier ones.

    shapes: each `{"region": name, ...}` with, in pixels, one of `"polygon": [[x, y], ...]`,
        `"circle": [x, y, radius]` and `"ellipse": [x, y, x radius, y radius]`, the latter with
        degrees clockwise as a fifth number if it is turned; the name "none" erases. A polygon
        with `"smooth": True` is rounded to a curve through its corners.
    names: region names; a name's place is its region number.
    size: (width, height) in pixels.
    Returns H x W uint8, region numbers 0..len(names)-1, 255 where nothing was drawn.
    """
    regions = np.full((size[1], size[0]), UNASSIGNED, np.uint8)
    for shape in shapes:
        _draw_shape(regions, shape, _region_number(shape["region"], names))
    return regions


def draw_avoided(
    outlines: Iterable[Sequence[Sequence[float]]], size: tuple[int, int]
) -> np.ndarray:
    """Draw the mask of what is never copied from a painting: (H, W) bool, True inside an outline.

    outlines: polygons, each `[[x, y], ...]` in pixels. size: (width, height) in pixels.
    """
    mask = np.zeros((size[1], size[0]), np.uint8)
    for outline in outlines:
        cv2.fillPoly(mask, [np.rint(np.array(outline, np.float64)).astype(np.int32)], 1)
    return mask > 0


def _region_number(name: str, names: Sequence[str]) -> int:
    return UNASSIGNED if name == UNASSIGNED_NAME else list(names).index(name)


def _draw_shape(regions: np.ndarray, shape: Shape, number: int) -> None:
    if "circle" in shape:
        x, y, radius = (round(value) for value in shape["circle"])
        cv2.circle(regions, (x, y), radius, number, cv2.FILLED)
    elif "ellipse" in shape:
        x, y, *radii, angle = (*shape["ellipse"], 0)[:5]
        box = (x, y), tuple(2 * radius for radius in radii), angle
        cv2.ellipse(regions, box, number, cv2.FILLED)
    else:
        corners = np.array(shape["polygon"], np.float64)
        outline = rounded(corners) if shape.get("smooth") else corners
        cv2.fillPoly(regions, [np.rint(outline).astype(np.int32)], number)


def rounded(corners: np.ndarray, pieces: int = 12) -> np.ndarray:
    """Return a closed curve through a polygon's corners, (n, 2) -> (n * pieces, 2), in pixels.

    A centripetal Catmull-Rom spline: a uniform one makes loops where a short edge follows a long
    one, which is common in polygons along the frame.
    """
    following, before = np.roll(corners, -1, 0), np.roll(corners, 1, 0)
    gaps = np.sqrt(np.linalg.norm(following - corners, axis=1, keepdims=True)).clip(min=1e-3)
    slopes, gaps_before = (following - corners) / gaps, np.roll(gaps, 1, 0)
    tangents = slopes + np.roll(slopes, 1, 0) - (following - before) / (gaps + gaps_before)
    t = np.linspace(0, 1, pieces, endpoint=False)[:, None, None]
    curve = (
        (1 + 2 * t) * (1 - t) ** 2 * corners
        + t * (1 - t) ** 2 * tangents * gaps
        + t**2 * (3 - 2 * t) * following
        + t**2 * (t - 1) * np.roll(tangents, -1, 0) * gaps
    )
    return curve.transpose(1, 0, 2).reshape(-1, 2)


def follow_strokes(painting: np.ndarray, rough: np.ndarray, band: int) -> np.ndarray:
    """Move the borders of a roughly drawn region map onto the edges of the brush strokes.

    painting: H x W x 3 uint8 RGB, 0..255.
    rough: H x W uint8 region map, 255 = unassigned (kept like a region of its own).
    band: how far, in pixels, a border may move to either side.
    Returns H x W uint8 region map with a 3 pixel line of 255 between regions.
    """
    seeds = _padded(_seeds(rough, band))
    smooth = cv2.bilateralFilter(painting, d=0, sigmaColor=40, sigmaSpace=2)
    flooded = cv2.watershed(_padded(smooth), seeds)[1:-1, 1:-1]
    borders = cv2.dilate((flooded < 0).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return np.where(borders, UNASSIGNED, flooded - 1).astype(np.uint8)


def _padded(picture: np.ndarray) -> np.ndarray:
    """Add one pixel on all sides, because watershed marks the picture's edge as border."""
    return cv2.copyMakeBorder(picture, 1, 1, 1, 1, cv2.BORDER_REPLICATE)


def _seeds(rough: np.ndarray, band: int) -> np.ndarray:
    """Return watershed markers, (H, W) int32: region number + 1 in the cores, 0 near borders."""
    seeds = np.zeros(rough.shape, np.int32)
    for number in np.unique(rough):
        seeds[_core(rough == number, band)] = int(number) + 1
    return seeds


def _core(mask: np.ndarray, band: int) -> np.ndarray:
    """Return the pixels of a mask at least `band` inside it, or in the middle of thinner parts."""
    depth = cv2.distanceTransform(np.pad(mask, 1, "edge").astype(np.uint8), cv2.DIST_L2, 5)
    depth = depth[1:-1, 1:-1]
    window = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * band + 1, 2 * band + 1))
    local_depth = cv2.dilate(depth, window)
    return mask & (depth >= np.minimum(float(band), 0.6 * local_depth))


def save_region_map(
    path: Path, regions: np.ndarray, colours: Sequence[Colour], metadata: Mapping[str, str]
) -> None:
    """Write a region map as an indexed PNG that any picture viewer shows in `colours`.

    path: the file to write.
    regions: H x W uint8, region numbers 0..len(colours)-1, 255 = unassigned (shown grey).
    colours: one (red, green, blue) per region, each 0..255.
    metadata: PNG text chunks, such as `painting` and `painting-sha256`.
    Raises EngineError if the file cannot be written.
    """
    replace_file(path, region_map_file(regions, colours, metadata))


def region_map_file(
    regions: np.ndarray, colours: Sequence[Colour], metadata: Mapping[str, str]
) -> bytes:
    """Return the content of the file that ``save_region_map`` writes."""
    indexed = Image.fromarray(regions)
    indexed.putpalette(_palette(colours))
    content = BytesIO()
    indexed.save(content, "PNG", pnginfo=_text_chunks(metadata), optimize=False)
    return content.getvalue()


def is_drawn(path: Path) -> bool:
    """Return whether a file is a region map with its painting's checksum, as Daub writes them."""
    try:
        with reading(path), Image.open(path, formats=("PNG",)) as picture:
            return "painting-sha256" in picture.info
    except EngineError:
        return False


def _palette(colours: Sequence[Colour]) -> bytes:
    table = np.tile(np.array(UNASSIGNED_COLOUR, np.uint8), (256, 1))
    table[: len(colours)] = np.array(colours, np.uint8)
    return table.tobytes()


def _text_chunks(metadata: Mapping[str, str]) -> PngImagePlugin.PngInfo:
    chunks = PngImagePlugin.PngInfo()
    for key, value in metadata.items():
        chunks.add_text(key, value)
    return chunks


def load_region_map(path: Path) -> np.ndarray:
    """Read a region map that `save_region_map` wrote.

    Returns H x W uint8 region numbers, 255 = unassigned.
    Raises EngineError if the file is missing, too large, or not an indexed PNG.
    """
    try:
        with Image.open(path, formats=("PNG",)) as picture:
            if picture.width * picture.height > LARGEST:
                raise EngineError(f"The region map {path} is too large.")
            mode, regions = picture.mode, np.array(picture)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise EngineError(f"The region map {path} cannot be read as a picture.") from error
    if mode != "P":
        raise EngineError(f"The region map {path} is not an indexed PNG.")
    return regions
