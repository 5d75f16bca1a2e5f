"""Read and write pictures: one clear error sentence for every bad file, atomic writes."""

import io
import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo

from engine.errors import EngineError
from engine.files import replace_file
from resources.colour_depth import eight_bits
from resources.materials import Material, materials, palette
from resources.png_chunks import code_points, too_much_text, without_text

# Pillow warns about many files that it still reads; for others it raises an error.
warnings.filterwarnings("ignore", module=r"PIL\.")

MAX_PIXELS = 16384 * 16384
"""Largest picture that is opened; larger ones are rejected before decoding."""

DEFLATE_RATIO = 1032
"""Highest compression ratio of deflate: uncompressed bytes per compressed byte."""

STRIP = 256
"""Rows that are processed at once."""

_OTHER_BYTE = {
    "RGB;16B": "RGB;16L", "RGB;16L": "RGB;16B", "RGB;16N": "RGB;16B",
    "RGBA;16B": "RGBA;16L", "RGBA;16L": "RGBA;16B", "RGBA;16N": "RGBA;16B",
}  # fmt: skip

_GREY_STEPS = {"L;2": 85, "L;4": 17}

KNOWN = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "PPM", "TGA")
"""Formats that are opened. Pillow's other readers are little tested or start other programs."""


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Convert every error while reading this picture into an EngineError of one sentence."""
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
        if path.is_dir():
            raise EngineError(f"{path} is a folder, not a picture.") from error
        # Pillow's readers raise many types for a damaged file: struct.error, IndexError ...
        # Some messages have several lines.
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        reason = reason or type(error).__name__
        raise EngineError(f"{path} cannot be read: {reason}.") from error
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def open_picture(
    path: Path,
    most: int = MAX_PIXELS,
    longest: int = 0,
    formats: tuple[str, ...] = KNOWN,
    deep: bool = False,
) -> Image.Image:
    """Open an image and load its pixels.

    ``most``: largest number of pixels that is accepted. ``longest``: if above 0, a JPEG with a
    longer side is decoded at a smaller size. Colours of 16 bits are rounded to 8; with ``deep``
    they are also kept, as ``info["deep"]``, (H, W, 3 or 4) uint16. Raises EngineError.
    """
    with reading(path), path.open("rb") as file:
        codes = code_points(file)
        try:
            image = _loaded(path, file, most, longest, formats, deep)
        except ValueError as error:
            if not too_much_text(error):
                raise
            image = _loaded(path, without_text(file), most, longest, formats, deep)
        if codes:
            image.info["cicp"] = codes
        return image


def _loaded(
    path: Path, file: BinaryIO, most: int, longest: int, formats: tuple[str, ...], deep: bool
) -> Image.Image:
    file.seek(0)
    with Image.open(file, formats=formats) as image:
        if image.width * image.height > most:
            raise EngineError(
                f"{path} is {image.width} x {image.height} pixels; Daub opens up to "
                f"{most // 1_000_000} megapixels."
            )
        if image.format == "PNG" and _overstated(image, path.stat().st_size):
            raise EngineError(f"{path} cannot be read: most of the picture is missing.")
        if max(image.size) > longest > 0:
            image.draft("RGB", _draft_size(image.size, longest))
        lower = _lower_bytes(file, image, formats)
        _spread_transparency(image)
        covered = _first_frame(image)
        image.load()
        if lower is not None:
            if deep:
                image.info["deep"] = np.empty((*image.size[::-1], len(image.getbands())), np.uint16)
            _round(image, lower, image.info.get("deep"))
        if image.mode == "P" and image.palette is None:
            raise EngineError(f"{path} cannot be read: its palette is missing.")
        return image if covered is None else _clear_outside(image, covered)


def _spread_transparency(image: Image.Image) -> None:
    """Scale the transparent grey of a 2-bit or 4-bit PNG to 0-255, like Pillow's pixels."""
    clear = image.info.get("transparency")
    if image.format == "PNG" and image.mode == "L" and isinstance(clear, int):
        kinds = [tile.args for tile in image.tile]  # type: ignore[attr-defined]
        image.info["transparency"] = clear * _GREY_STEPS.get(kinds[0], 1)


def _first_frame(image: Image.Image) -> tuple[int, int, int, int] | None:
    """Return the box of a GIF's first frame; None if it fills the picture or for other formats."""
    if image.format != "GIF" or not image.tile:  # type: ignore[attr-defined]
        return None
    box = image.tile[0].extents  # type: ignore[attr-defined]
    return None if box is None or box == (0, 0, *image.size) else box


def _clear_outside(image: Image.Image, box: tuple[int, int, int, int]) -> Image.Image:
    """Return the image as RGBA, transparent outside ``box``, as browsers show it."""
    clear = Image.new("RGBA", image.size)
    clear.paste(image.crop(box).convert("RGBA"), box)
    return clear


def _lower_bytes(
    file: BinaryIO, image: Image.Image, formats: tuple[str, ...]
) -> Image.Image | None:
    """Return the lower bytes of 16-bit colours, of which Pillow reads only the upper bytes.

    Returns None for 8-bit colours.
    """
    if image.format not in ("PNG", "TIFF"):
        return None
    tiles = [_swapped(tile) for tile in image.tile]  # type: ignore[attr-defined]
    if None in tiles or not tiles:
        return None
    place = file.tell()
    file.seek(0)
    other = Image.open(file, formats=formats)
    other.tile = tiles
    other.info.pop("transparency", None)
    other.load()
    file.seek(place)
    return other


def _swapped(tile: Any) -> Any:
    """Return a Pillow tile that reads the other byte of each value; None for 8-bit values."""
    arguments = tile.args if isinstance(tile.args, tuple) else (tile.args,)
    if arguments[0] not in _OTHER_BYTE:
        return None
    swapped = (_OTHER_BYTE[arguments[0]], *arguments[1:])
    return tile._replace(args=swapped if isinstance(tile.args, tuple) else swapped[0])


def _round(image: Image.Image, lower: Image.Image, deep: np.ndarray | None) -> None:
    """Round 16-bit values to 8 bits, in place, strip by strip; write them to ``deep`` if given."""
    for top in range(0, image.height, STRIP):
        box = (0, top, image.width, min(top + STRIP, image.height))
        high, low = (np.asarray(part.crop(box)).astype(np.uint16) for part in (image, lower))
        values = 256 * high + low
        image.paste(Image.fromarray(eight_bits(values), image.mode), box)
        if deep is not None:
            deep[top : box[3]] = values


def _draft_size(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """Return a decoding size of at least twice the wanted one, for good quality after resizing."""
    scale = 2 * longest / max(size)
    return math.ceil(size[0] * scale), math.ceil(size[1] * scale)


def _overstated(image: Image.Image, size: int) -> bool:
    """Return whether a PNG is too small for its pixels; Pillow would fill in black ones."""
    bits = {"RGB": 24, "RGBA": 32}.get(image.mode, 1)
    return image.width * image.height * bits // 8 > size * DEFLATE_RATIO


def open_image(path: Path | str) -> np.ndarray:
    """Read a picture as (H, W, 3) uint8 RGB. Raises EngineError."""
    return np.asarray(open_picture(Path(path)).convert("RGB"))


def nearest_materials(rgb: np.ndarray, known: Sequence[Material] = ()) -> np.ndarray:
    """Return ids of the materials nearest in colour to an (H, W, 3) uint8 picture, (H, W) uint8.

    ``known``: materials to choose from; by default those of doodles.
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
    """Write (H, W, 3) uint8 RGB as PNG with text metadata.

    Raises EngineError; the old file is then unchanged.
    """
    chunks = PngInfo()
    for key, value in (metadata or {}).items():
        chunks.add_itxt(key, value)
    _write(Path(path), Image.fromarray(pixels), chunks)


def save_doodle(path: Path | str, labels: np.ndarray) -> None:
    """Write (H, W) material ids as an indexed PNG in the palette's colours. Raises EngineError."""
    image = Image.fromarray(labels)
    image.putpalette(palette().tobytes())
    _write(Path(path), image, PngInfo())


def _write(path: Path, image: Image.Image, chunks: PngInfo) -> None:
    encoded = io.BytesIO()
    image.save(encoded, "PNG", pnginfo=chunks)
    replace_file(path, encoded.getvalue())
