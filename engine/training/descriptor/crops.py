"""Random crops of pictures, varied in scale, colour and grain: what descriptors learn from.

A descriptor is looked through while a picture is still noise or flat colour, so crops are blurred
and speckled, too; on nothing but clean pictures a student's features are free to be anything there.
"""

import zlib
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from engine.errors import EngineError
from engine.image import open_image

SUFFIXES = (".jpg", ".jpeg", ".png")
LONGEST = 1600
"""Pictures are shrunk to this many pixels on their longer side."""

QUAD = 4
"""Crops come in fours: two of one picture and two of others."""

_PARTS, _HELD_OUT_PART = 8, 6


def picture_files(folder: Path) -> list[Path]:
    """The pictures of a folder, by name. Raises EngineError when there are none."""
    if not folder.is_dir():
        raise EngineError(f"{folder} is not a folder.")
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not files:
        raise EngineError(f"{folder} holds no pictures ({', '.join(SUFFIXES)}).")
    return files


def is_held_out(path: Path) -> bool:
    """Whether a picture is kept from training, to judge by.

    Decided by the first two words of its name, which copies of one work share
    (``vangogh_starry_night.jpg``, ``vangogh_starry_night_google.jpg``); about one in eight is.
    """
    words = "_".join(path.stem.split("_")[:2])
    return zlib.crc32(words.encode()) % _PARTS == _HELD_OUT_PART


def load_pictures(files: Sequence[Path]) -> list[np.ndarray]:
    """Pictures as (H, W, 3) uint8 RGB, at most LONGEST pixels long."""
    return [_shrunk(open_image(path)) for path in files]


def _shrunk(picture: np.ndarray) -> np.ndarray:
    share = LONGEST / max(picture.shape[:2])
    if share >= 1:
        return picture
    return cv2.resize(picture, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)


def random_quad(
    rng: np.random.Generator, folders: Sequence[Sequence[np.ndarray]], side: int
) -> np.ndarray:
    """(4, side, side, 3) uint8: two crops of one picture, one each of two more; all varied."""
    first, second, third = (_random_picture(rng, folders) for _ in range(3))
    crops = [random_crop(rng, picture, side) for picture in (first, first, second, third)]
    return np.stack([_varied(rng, crop) for crop in crops])


def _random_picture(
    rng: np.random.Generator, folders: Sequence[Sequence[np.ndarray]]
) -> np.ndarray:
    """Every folder is as likely as the others: few paintings weigh as much as many photos."""
    pictures = folders[rng.integers(len(folders))]
    return pictures[rng.integers(len(pictures))]


def random_crop(
    rng: np.random.Generator, picture: np.ndarray, side: int, enlarge: float = 1.5
) -> np.ndarray:
    """(side, side, 3) uint8 at a random place and scale, enlarged at most by ``enlarge``."""
    shortest = min(picture.shape[:2])
    smallest = min(shortest, side / enlarge)
    span = round(smallest * (shortest / smallest) ** (rng.random() ** 1.5))
    top, left = (int(rng.integers(length - span + 1)) for length in picture.shape[:2])
    window = picture[top : top + span, left : left + span]
    way = cv2.INTER_AREA if span > side else cv2.INTER_CUBIC
    return cv2.resize(window, (side, side), interpolation=way)


def _varied(rng: np.random.Generator, crop: np.ndarray) -> np.ndarray:
    """A crop turned over, recoloured and, now and then, blurred or speckled; uint8."""
    if rng.random() < 0.5:
        crop = crop[:, ::-1]
    if rng.random() < 0.25:
        crop = np.rot90(crop, rng.integers(1, 4))
    crop = np.ascontiguousarray(crop)
    if rng.random() < 0.15:
        crop = cv2.GaussianBlur(crop, (0, 0), rng.uniform(0.5, 3))
    colours = crop.astype(np.float32) / 255
    if rng.random() < 0.8:
        colours = _recoloured(rng, colours)
    if rng.random() < 0.25:
        grain = rng.standard_normal(colours.shape, np.float32)
        colours = colours + np.float32(rng.exponential(0.08)) * grain
    return (colours.clip(0, 1) * 255).round().astype(np.uint8)


def _recoloured(rng: np.random.Generator, colours: np.ndarray) -> np.ndarray:
    """Saturation, hue, contrast, brightness and gamma, (H, W, 3) 0-1 -> the same."""
    grey = colours.mean(-1, keepdims=True)
    colours = grey + (colours - grey) * np.float32(rng.uniform(0, 1.8))
    if rng.random() < 0.3:
        colours = colours[..., rng.permutation(3)]
    middle = colours.mean((0, 1), keepdims=True)
    gains = np.exp(rng.normal(0, 0.1, 3) + rng.normal(0, 0.3)).astype(np.float32)
    colours = (colours - middle) * gains + middle + rng.normal(0, 0.06, 3).astype(np.float32)
    return colours.clip(0, 1) ** np.float32(np.exp(rng.normal(0, 0.25)))
