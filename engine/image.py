"""Pictures in and out: one clear sentence for every bad file, atomic writes."""

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo

from engine.errors import EngineError
from engine.files import replace_file
from resources.materials import materials

MAX_PIXELS = 16384 * 16384
"""Largest picture that is opened; more is refused before anything is decoded."""


def _open(path: Path) -> Image.Image:
    """An image with its pixels loaded. Raises EngineError with one sentence."""
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        with Image.open(path) as image:
            if image.width * image.height > MAX_PIXELS:
                raise EngineError(
                    f"{path} is {image.width} x {image.height} pixels; Daub opens up to "
                    f"{MAX_PIXELS // 1_000_000} megapixels."
                )
            image.load()
            return image
    except FileNotFoundError as error:
        raise EngineError(f"{path} does not exist.") from error
    except UnidentifiedImageError as error:
        raise EngineError(f"{path} is not a picture that Daub can read.") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise EngineError(f"{path} cannot be read: {error}.") from error
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def open_image(path: Path | str) -> np.ndarray:
    """Read a picture as H x W x 3 uint8 RGB. Raises EngineError."""
    return np.asarray(_open(Path(path)).convert("RGB"))


def read_doodle(path: Path | str) -> np.ndarray:
    """Read a doodle as H x W uint8 material ids.

    An indexed PNG holds the ids themselves; in any other picture each pixel takes the material
    with the nearest palette colour. Raises EngineError, also for ids outside the vocabulary.
    """
    image = _open(Path(path))
    if image.mode != "P":
        return nearest_materials(np.asarray(image.convert("RGB")))
    labels = np.asarray(image)
    if labels.max() >= len(materials()):
        raise EngineError(
            f"{path} holds material id {labels.max()}; the last one is {len(materials()) - 1}."
        )
    return labels


def nearest_materials(rgb: np.ndarray) -> np.ndarray:
    """Material ids (H, W) uint8 by nearest palette colour of an (H, W, 3) uint8 picture."""
    best = np.full(rgb.shape[:2], np.iinfo(np.int32).max, np.int32)
    labels = np.zeros(rgb.shape[:2], np.uint8)
    for material in materials():
        distance = np.square(rgb.astype(np.int32) - material.rgb).sum(-1)
        closer = distance < best
        labels[closer], best[closer] = material.id, distance[closer]
    return labels


def save_png(
    path: Path | str, pixels: np.ndarray, metadata: Mapping[str, str] | None = None
) -> None:
    """Write H x W x 3 uint8 RGB as PNG with text metadata; the old file stays whole on failure."""
    chunks = PngInfo()
    for key, value in (metadata or {}).items():
        chunks.add_itxt(key, value)
    _write(Path(path), Image.fromarray(pixels), chunks)


def save_doodle(path: Path | str, labels: np.ndarray) -> None:
    """Write H x W material ids as an indexed PNG in the palette's colours."""
    image = Image.fromarray(labels)
    image.putpalette([value for material in materials() for value in material.rgb])
    _write(Path(path), image, PngInfo())


def _write(path: Path, image: Image.Image, chunks: PngInfo) -> None:
    encoded = io.BytesIO()
    image.save(encoded, "PNG", pnginfo=chunks)
    replace_file(path, encoded.getvalue())
