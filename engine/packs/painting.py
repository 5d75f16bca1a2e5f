"""Read a style pack's painting: its pixels, their regions, and the mask of what is never copied."""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from engine.errors import EngineError
from engine.flow import RegionFlow, measure_character
from engine.image import reading
from engine.packs.region_map import UNASSIGNED
from engine.packs.style_pack import Painting, StylePack, declared
from engine.strokes.guides import fill_gaps

LONGEST_SIDE = 4096
"""Largest side of a painting in pixels; a larger one is rejected before it is decoded."""

LARGEST_FILE = 32_000_000
"""Largest painting, map or mask file in bytes."""

PAINTING_FORMATS = ("WEBP", "PNG")
MAP_FORMATS = ("PNG",)

LARGEST_PAINTING = 450_000
"""Largest ``painting.webp`` in bytes that the pack check accepts."""


Box = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels of a painting; it may reach beyond the painting."""


@dataclass(frozen=True)
class PackPainting:
    """A painting to copy brush strokes from; all arrays are read-only.

    ``rgb``: (H, W, 3) uint8. ``regions``: (H, W) uint8, the region of every pixel, without gaps.
    ``avoid``: (H, W) bool, what is never copied. ``regions_drawn``: (H, W) bool, where the map
    itself assigns a region; elsewhere ``regions`` has the nearest one.
    """

    rgb: np.ndarray
    regions: np.ndarray
    avoid: np.ndarray
    regions_drawn: np.ndarray


def read_painting(folder: Path, pack: StylePack) -> PackPainting:
    """Read the painting of the pack ``folder`` with its region map and its avoid mask.

    Raises EngineError, with one sentence that names the file, when the pack has no painting, or a
    file is missing, damaged, has another checksum than declared, or another size than the painting.
    """
    painting = _painting_of(folder, pack)
    path, map_path = folder / painting.file, folder / painting.map
    rgb = np.array(_opened(path, painting.sha256, PAINTING_FORMATS).convert("RGB"))
    drawn = _region_numbers(map_path, painting.map_sha256, len(pack.region))
    _check_size(map_path, drawn, path, rgb)
    avoid = np.zeros(drawn.shape, bool)
    if painting.avoid is not None and painting.avoid_sha256 is not None:
        avoid_path = folder / painting.avoid
        avoid = np.array(_opened(avoid_path, painting.avoid_sha256, MAP_FORMATS).convert("L")) > 127
        _check_size(avoid_path, avoid, path, rgb)
    arrays = rgb, fill_gaps(drawn), avoid, drawn != UNASSIGNED
    for array in arrays:
        array.flags.writeable = False
    return PackPainting(*arrays)


def check_painting(folder: Path, pack: StylePack) -> None:
    """Check that a pack's painting, map and mask are those that it declares, decoding nothing.

    Raises EngineError as ``read_painting``.
    """
    painting = _painting_of(folder, pack)
    declared(folder / painting.file, painting.sha256, LARGEST_FILE)
    declared(folder / painting.map, painting.map_sha256, LARGEST_FILE)
    if painting.avoid is not None and painting.avoid_sha256 is not None:
        declared(folder / painting.avoid, painting.avoid_sha256, LARGEST_FILE)


def _painting_of(folder: Path, pack: StylePack) -> Painting:
    if pack.painting is None:
        raise EngineError(
            f"{folder} has no painting; daub styles {folder} --upgrade adds it to the pack."
        )
    return pack.painting


def fullest_part(inside: np.ndarray, most: tuple[float, float]) -> Box:
    """Return the fullest part of a region, (H, W) bool, of at most so many rows and columns.

    The region must not be empty.
    """
    rows, columns = (np.flatnonzero(inside.any(axis)) for axis in (1, 0))
    top, left = int(rows[0]), int(columns[0])
    within = inside[top : rows[-1] + 1, left : columns[-1] + 1]
    high, wide = (max(1, min(pair)) for pair in zip(within.shape, map(round, most), strict=True))
    # Sums of all windows, from the sums of all rectangles that begin at the upper left.
    sums = cv2.integral(within.astype(np.uint8))
    full = sums[high:, wide:] - sums[:-high, wide:] - sums[high:, :-wide] + sums[:-high, :-wide]
    y, x = np.unravel_index(int(full.argmax()), full.shape)
    return left + int(x), top + int(y), left + int(x) + wide, top + int(y) + high


def region_means(painting: PackPainting, count: int) -> np.ndarray:
    """Return the mean colour of the regions 0 to ``count`` - 1, (count, 3) uint8.

    What is never copied does not count; a region without pixels has the mean of the painting.
    """
    regions = np.where(painting.avoid, UNASSIGNED, painting.regions).ravel()
    pixels = np.maximum(np.bincount(regions, minlength=256)[:count], 1)
    sums = [
        np.bincount(regions, painting.rgb[..., channel].ravel(), minlength=256)[:count]
        for channel in range(3)
    ]
    means = np.stack(sums, 1) / pixels[:, None]
    means[~np.isin(np.arange(count), regions)] = painting.rgb.mean((0, 1))
    return np.rint(means).astype(np.uint8)


def painting_flows(painting: PackPainting, width: int, count: int) -> tuple[RegionFlow, ...]:
    """Measure the flow of the regions 0 to ``count`` - 1, without what is never copied.

    ``width``: in pixels, of the painting at stroke size 1.
    """
    regions = np.where(painting.avoid, UNASSIGNED, painting.regions).astype(np.uint8)
    size = width, max(1, round(len(regions) * width / regions.shape[1]))
    rgb = painting.rgb
    if size != regions.shape[::-1]:
        rgb = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    return measure_character(rgb, cv2.resize(regions, size, interpolation=cv2.INTER_NEAREST), count)


def _region_numbers(path: Path, sha256: str, count: int) -> np.ndarray:
    """Read the region map, (H, W) uint8: 0 to ``count`` - 1, 255 = unassigned."""
    picture = _opened(path, sha256, MAP_FORMATS)
    if picture.mode != "P":
        raise EngineError(f"The region map {path} is not an indexed PNG.")
    regions = np.array(picture)
    numbers = [int(number) for number in np.unique(regions) if number != UNASSIGNED]
    if not numbers:
        raise EngineError(f"{path} contains no region.")
    if max(numbers) >= count:
        raise EngineError(f"{path} has a region {max(numbers)}; style.toml lists 0 to {count - 1}.")
    return regions


def _check_size(path: Path, array: np.ndarray, painting_path: Path, painting: np.ndarray) -> None:
    if array.shape != painting.shape[:2]:
        raise EngineError(
            f"{path} is {array.shape[1]} x {array.shape[0]} pixels, {painting_path.name} is "
            f"{painting.shape[1]} x {painting.shape[0]}."
        )


def _opened(path: Path, sha256: str, formats: tuple[str, ...]) -> Image.Image:
    """Decode a picture file of a pack, after checking its checksum and size."""
    content = declared(path, sha256, LARGEST_FILE)
    _check_side(path, webp_size(content))
    with reading(path), Image.open(BytesIO(content), formats=formats) as picture:
        _check_side(path, picture.size)
        picture.load()
        return picture


def _check_side(path: Path, size: tuple[int, int]) -> None:
    if max(size) > LONGEST_SIDE:
        raise EngineError(
            f"{path} is {size[0]} x {size[1]} pixels; sides may have up to {LONGEST_SIDE} pixels."
        )


def webp_size(content: bytes) -> tuple[int, int]:
    """Return (width, height) from the header of a WebP file; (0, 0) for other files.

    Pillow allocates the whole picture when it opens a WebP file, so the size is checked before.
    """
    if len(content) < 30 or content[:4] != b"RIFF" or content[8:12] != b"WEBP":
        return 0, 0
    kind = content[12:16]
    if kind == b"VP8X":
        return _number(content[24:27]) + 1, _number(content[27:30]) + 1
    if kind == b"VP8L":
        bits = _number(content[21:25])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return _number(content[26:28]) & 0x3FFF, _number(content[28:30]) & 0x3FFF


def _number(content: bytes) -> int:
    return int.from_bytes(content, "little")
