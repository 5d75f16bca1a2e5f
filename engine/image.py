"""Pictures in and out: one clear sentence for every bad file, atomic writes."""

import io
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo

from engine.errors import EngineError
from engine.files import replace_file
from resources.materials import PHOTO, Material, materials, palette, photo_materials

MAX_PIXELS = 16384 * 16384
"""Largest picture that is opened; more is refused before anything is decoded."""

DEFLATE_RATIO = 1032
"""Bytes that one byte of deflated data can stand for, at most."""

OPAQUE = 128
"""Of 255: what is less so counts as transparent in a doodle over a photo."""

KNOWN = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "PPM", "TGA")
"""What is opened. Others of Pillow's readers are little tested, or start programs."""


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Whatever goes wrong with this picture in here becomes an EngineError of one sentence."""
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        yield
    except FileNotFoundError as error:
        raise EngineError(f"{path} does not exist.") from error
    except UnidentifiedImageError as error:
        raise EngineError(f"{path} is not a picture that Daub can read.") from error
    except (EngineError, MemoryError):
        raise
    except Exception as error:
        # A damaged file makes Pillow's readers raise anything: struct.error, IndexError ...
        # Some say it in several lines.
        said = " ".join(str(error).split()) or type(error).__name__
        raise EngineError(f"{path} cannot be read: {said}.") from error
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def open_picture(
    path: Path, most: int = MAX_PIXELS, longest: int = 0, formats: tuple[str, ...] = KNOWN
) -> Image.Image:
    """An image with its pixels loaded. Raises EngineError with one sentence.

    A JPEG with sides above ``longest`` is decoded smaller, where that is set.
    """
    with reading(path), Image.open(path, formats=formats) as image:
        if image.width * image.height > most:
            raise EngineError(
                f"{path} is {image.width} x {image.height} pixels; Daub opens up to "
                f"{most // 1_000_000} megapixels."
            )
        if image.format == "PNG" and _overstated(image, path.stat().st_size):
            raise EngineError(f"{path} cannot be read: most of the picture is missing.")
        if max(image.size) > longest > 0:
            image.draft("RGB", _draft_size(image.size, longest))
        image.load()
        return image


def _draft_size(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """At least twice what is wanted a side, for a good filter to make that of it."""
    scale = 2 * longest / max(size)
    return math.ceil(size[0] * scale), math.ceil(size[1] * scale)


def _overstated(image: Image.Image, size: int) -> bool:
    """A PNG that claims more pixels than its bytes can hold; Pillow would make black ones."""
    bits = {"RGB": 24, "RGBA": 32}.get(image.mode, 1)
    return image.width * image.height * bits // 8 > size * DEFLATE_RATIO


def open_image(path: Path | str) -> np.ndarray:
    """Read a picture as H x W x 3 uint8 RGB. Raises EngineError."""
    return np.asarray(open_picture(Path(path)).convert("RGB"))


def read_doodle(path: Path | str, over_photo: bool = False) -> np.ndarray:
    """Read a doodle as H x W uint8 material ids, with PHOTO and KEEP if it lies ``over_photo``.

    An indexed PNG holds the ids themselves; in any other picture each pixel takes the material
    with the nearest palette colour, and over a photo what is transparent is PHOTO. Raises
    EngineError, also for ids outside the vocabulary.
    """
    image, known = open_picture(Path(path)), photo_materials() if over_photo else ()
    known = (*materials(), *known)
    if image.mode == "P":
        for found in np.flatnonzero(image.histogram()):
            if all(found != material.id for material in known):
                raise EngineError(f"{path} holds the id {found}, which is no material's.")
        return np.asarray(image)
    labels = nearest_materials(np.asarray(image.convert("RGB")), known)
    if over_photo and image.has_transparency_data:
        labels[np.asarray(image.convert("RGBA"))[..., 3] < OPAQUE] = PHOTO
    return labels


def nearest_materials(rgb: np.ndarray, known: Sequence[Material] = ()) -> np.ndarray:
    """Material ids (H, W) uint8 by nearest palette colour of an (H, W, 3) uint8 picture.

    ``known``: which there are; those of doodles if none are given.
    """
    best = np.full(rgb.shape[:2], np.iinfo(np.int32).max, np.int32)
    labels = np.zeros(rgb.shape[:2], np.uint8)
    for material in known or materials():
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
    image.putpalette(palette().tobytes())
    _write(Path(path), image, PngInfo())


def _write(path: Path, image: Image.Image, chunks: PngInfo) -> None:
    encoded = io.BytesIO()
    image.save(encoded, "PNG", pnginfo=chunks)
    replace_file(path, encoded.getvalue())
