"""Read photos: upright, in sRGB, with their transparency and the camera's EXIF data."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import ExifTags, Image

from engine.errors import EngineError
from engine.formats.camera import camera_exif, without_place
from engine.image import KNOWN, open_picture, reading
from resources.colour_depth import DEEPEST, eight_bits, sixteen_bits
from resources.colour_profiles import ADOBE_RGB, in_srgb, matrix_profile, told_profile
from resources.deep_profiles import deep_in_srgb

MAX_PHOTO = 128_000_000
"""Largest photo in pixels, enough for any camera. Reading takes 7 to 8 bytes per pixel, and two to
four times as many where 16 bits are kept."""

ENDINGS = (
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".tif", ".tiff", ".heic", ".heif", ".hif",
    ".bmp", ".gif",
)  # fmt: skip
"""File name extensions of photos, for listing folders; file formats are detected by content."""

STRIP = 256
"""Rows that are copied at once."""

_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")
_WHITE_IS_ZERO, _PLANES_APART, _UNCALIBRATED = 0, 2, 0xFFFF
_BITS, _PHOTOMETRIC, _PLANES, _SAMPLE_FORMAT = 258, 262, 284, 339  # TIFF's tags
_UNSIGNED, _SIGNED = 1, 2
_DEEP_GREY_ALPHA = b"\x10\x04"  # in the header of a 16-bit grey PNG; Pillow makes it RGBA


@dataclass(frozen=True, eq=False)
class Photo:
    """A photo read from a file; the arrays are read-only.

    ``pixels``: (H, W, 3) uint8, upright, in sRGB; ``alpha``: (H, W) uint8, None when nothing is
    transparent; ``bits``: bits per channel in the file, more than 8 are rounded to 8; ``profile``:
    the ICC profile that the colours were converted from, empty for sRGB; ``exif``: the camera's
    EXIF data; ``deep``: colours and alpha before rounding, (H, W, 3 or 4) uint16, where the file
    has 16 bits and they were asked for.
    """

    pixels: np.ndarray
    alpha: np.ndarray | None = None
    bits: int = 8
    profile: bytes = b""
    exif: bytes = b""
    deep: np.ndarray | None = None

    def camera(self, place: bool = False) -> bytes:
        """Return the EXIF data for a painting of this photo; the location only if ``place``."""
        return self.exif if place else without_place(self.exif)

    def on_white(self) -> np.ndarray:
        """Return the pixels blended onto white, (H, W, 3) uint8."""
        if self.alpha is None:
            return self.pixels
        share = self.alpha[..., None].astype(np.uint16)
        return ((self.pixels * share + 255 * (255 - share) + 127) // 255).astype(np.uint8)


def read_photo(path: Path | str, longest: int = 0, deep: bool = False) -> Photo:
    """Read a photo: JPEG, PNG, WebP, TIFF, HEIC or another format in ``engine.image.KNOWN``.

    With ``longest`` above 0 the photo is reduced until no side is longer; a JPEG is then decoded at
    a smaller size, which is several times as fast. ``deep``: also return 16 bits, if a PNG or TIFF
    has them, except in grey with alpha or with a profile of tables. Raises EngineError with one
    sentence that names the file.
    """
    path = Path(path)
    return photo_from(path, open_photo(path, MAX_PHOTO, longest, deep), longest, deep)


def open_photo(
    path: Path, most: int = MAX_PHOTO, longest: int = 0, deep: bool = False
) -> Image.Image:
    """Open a picture of any supported format with at most ``most`` pixels; see ``open_picture``."""
    with reading(path):
        return open_picture(path, most, longest, _readers(path, _head(path)), deep)


def photo_from(path: Path, image: Image.Image, longest: int = 0, deep: bool = False) -> Photo:
    """Convert an image from ``open_photo`` to a Photo; see ``read_photo``."""
    with reading(path):
        exif, bits = image.getexif(), _bits(_head(path), image)
        turn = exif.get(ExifTags.Base.Orientation, 1)
        values = _deep_values(image) if deep else None
        info, image = image.info, _plain(path, image)
        profile = told_profile(info, image.mode in ("L", "LA")) or _implied_profile(exif)
        if 0 < longest < max(image.size):
            image.thumbnail((longest, longest), Image.Resampling.LANCZOS, reducing_gap=3.0)
        alpha = image.getchannel("A") if image.mode in ("RGBA", "LA") else None
        if alpha is not None:
            image = image.convert("RGB") if image.mode == "RGBA" else image.getchannel("L")
        seen = alpha is not None and alpha.getextrema()[0] < 255
        above = _upright(alpha, turn) if alpha is not None and seen else None
        fine = None if values is None else _deep(values, image.size, profile, turn)
        if fine is not None:
            pixels = _read_only(eight_bits(fine[..., :3]))
            fine = _with_alpha(fine, above)
            if above is not None:  # reduced by another filter than the colours of 16 bits
                above = _read_only(eight_bits(fine[..., 3]))
        else:
            pixels = _upright(in_srgb(image, profile), turn)
        return Photo(pixels, above, bits, profile, camera_exif(exif), fine)


def open_foreign(path: Path | str, longest: int) -> np.ndarray:
    """Read a photo blended onto white, (H, W, 3) uint8 RGB; ``longest`` as in ``read_photo``."""
    return read_photo(path, longest).on_white()


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(32)


def _readers(path: Path, head: bytes) -> tuple[str, ...]:
    """Return Pillow's readers for a file that starts with ``head``; load HEIC's only for HEIC."""
    if head[4:8] != b"ftyp" or head[8:12] not in _HEIF_BRANDS:
        return KNOWN
    try:
        from pillow_heif import register_heif_opener
    except ImportError as error:
        raise EngineError(
            f"{path} is a HEIC photo; pillow-heif, which reads it, is missing."
        ) from error
    register_heif_opener()
    return ("HEIF",)


def _bits(head: bytes, image: Image.Image) -> int:
    """Return the bits per channel in the file."""
    if image.format == "PNG":
        return max(8, head[24])
    if image.format == "TIFF":
        return max(8, *image.tag_v2.get(_BITS, (8,)))  # type: ignore[attr-defined]
    return int(image.info.get("bit_depth", 8))


def _plain(path: Path, image: Image.Image) -> Image.Image:
    """Return the image in mode RGB, RGBA, L, LA, CMYK or LAB, rounded to 8 bits per channel."""
    if image.mode == "F" or _scrambled(image) or _signed(image):
        raise EngineError(f"{path} cannot be read: Daub does not support its channel format.")
    if image.mode.startswith("I"):
        return _from_deep_grey(image)
    if image.mode == "La":  # Pillow cannot convert this mode
        return _grey_divided(image)
    grey = image.mode in ("1", "L", "LA") or _head(path)[:26].endswith(_DEEP_GREY_ALPHA)
    if image.has_transparency_data:
        return image.convert("LA" if grey else "RGBA")
    if image.mode in ("1", "LA"):
        return image.convert("L")
    return image if image.mode in ("RGB", "L", "CMYK", "LAB") else image.convert("RGB")


def _scrambled(image: Image.Image) -> bool:
    """Return whether this is a 16-bit TIFF with separate planes, which Pillow reads as 8-bit."""
    if image.format != "TIFF":
        return False
    tags = image.tag_v2  # type: ignore[attr-defined]
    return tags.get(_PLANES) == _PLANES_APART and max(tags.get(_BITS, (8,))) > 8


def _signed(image: Image.Image) -> bool:
    """Return whether this is a TIFF of signed integers, which Pillow reads as unsigned."""
    if image.format != "TIFF":
        return False
    return _SIGNED in image.tag_v2.get(_SAMPLE_FORMAT, ())  # type: ignore[attr-defined]


def _grey_divided(image: Image.Image) -> Image.Image:
    """Convert grey with premultiplied alpha to LA: divide each grey value by its alpha."""
    grey, alpha = (np.asarray(band).astype(np.float32) for band in image.split())
    plain = np.rint(grey * 255 / np.maximum(alpha, 1)).clip(0, 255)
    return Image.fromarray(np.dstack([plain, alpha]).astype(np.uint8), "LA")


def _from_deep_grey(image: Image.Image) -> Image.Image:
    """Convert 16-bit or unsigned 32-bit grey to L, or to LA if the file has a transparent value."""
    values = _deep_grey(image)
    grey = Image.fromarray(eight_bits(values))
    clear = image.info.get("transparency")
    if clear is not None:
        grey.putalpha(Image.fromarray(np.where(values == clear, 0, 255).astype(np.uint8)))
    return grey


def _deep_grey(image: Image.Image) -> np.ndarray:
    """Return 16-bit or unsigned 32-bit grey, (H, W) uint16, where 0 is black."""
    tags = image.tag_v2 if image.format == "TIFF" else {}  # type: ignore[attr-defined]
    values = np.asarray(image)
    if tags.get(_BITS) == (32,) and tags.get(_SAMPLE_FORMAT, (1,)) == (_UNSIGNED,):
        values = values.view(np.uint32) >> 16  # Pillow reads them as signed
    values = values.clip(0, DEEPEST).astype(np.uint16)
    return DEEPEST - values if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO else values


def _deep_values(image: Image.Image) -> np.ndarray | None:
    """Return what the file of an image has in 16 bits, (H, W) or (H, W, 3 or 4), if anything."""
    if image.mode.startswith("I") and not _signed(image):
        return _deep_grey(image)
    return image.info.pop("deep", None)


def _deep(
    values: np.ndarray, size: tuple[int, int], profile: bytes, turn: int
) -> np.ndarray | None:
    """Return 16-bit values in ``size``, upright and in sRGB, (H, W, 3 or 4) uint16.

    Returns None for a profile with tables.
    """
    if size != values.shape[1::-1]:
        values = cv2.resize(values, size, interpolation=cv2.INTER_AREA)
    colours = deep_in_srgb(values[..., :3] if values.ndim == 3 else values, profile)
    if colours is None:
        return None
    if values.ndim == 3 and values.shape[2] == 4:
        colours = np.dstack([colours, values[..., 3]])
    if turn not in range(2, 9):
        return colours
    height, width = values.shape[:2]
    shape = (width, height) if turn in (5, 6, 7, 8) else (height, width)
    upright = np.empty((*shape, colours.shape[2]), np.uint16)
    _as_lying(upright, turn)[:] = colours
    return upright


def _with_alpha(deep: np.ndarray, alpha: np.ndarray | None) -> np.ndarray:
    """Return colours with their own alpha, else with ``alpha``, (H, W) uint8; read-only.

    Without ``alpha`` nothing is transparent: the fourth channel is left out.
    """
    if alpha is None:
        deep = np.ascontiguousarray(deep[..., :3])
    elif deep.shape[2] == 3:
        deep = np.dstack([deep, sixteen_bits(alpha)])
    return _read_only(deep)


def _read_only(pixels: np.ndarray) -> np.ndarray:
    pixels.flags.writeable = False
    return pixels


def _implied_profile(exif: Image.Exif) -> bytes:
    """Return the Adobe RGB profile if the EXIF data implies it (R03, DCF 2.0), else nothing.

    Cameras set to Adobe RGB write R03 and no profile.
    """
    if exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.ColorSpace) != _UNCALIBRATED:
        return b""
    index = exif.get_ifd(ExifTags.IFD.Interop).get(1)
    return matrix_profile(ADOBE_RGB, 563 / 256) if index == "R03" else b""


def _upright(image: Image.Image, turn: int) -> np.ndarray:
    """Return the pixels, (H, W) or (H, W, 3) uint8, rotated upright (EXIF orientation 1-8).

    Copies strip by strip, so that a large photo is in memory twice, not four times.
    """
    width, height = image.size
    depth = () if image.mode == "L" else (3,)
    pixels = np.empty(
        (width, height, *depth) if turn in (5, 6, 7, 8) else (height, width, *depth), np.uint8
    )
    lying = _as_lying(pixels, turn)
    for top in range(0, height, STRIP):
        bottom = min(top + STRIP, height)
        lying[top:bottom] = np.asarray(image.crop((0, top, width, bottom)))
    pixels.flags.writeable = False
    return pixels


def _as_lying(upright: np.ndarray, turn: int) -> np.ndarray:
    """Return a view of an upright picture with the rows as the camera stored them."""
    if turn in (5, 6, 7, 8):
        upright = upright.swapaxes(0, 1)
    rows = slice(None, None, -1 if turn in (3, 4, 6, 7) else 1)
    columns = slice(None, None, -1 if turn in (2, 3, 7, 8) else 1)
    return upright[rows, columns]
