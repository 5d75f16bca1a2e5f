"""Read zip archives and PNGs from untrusted sources.

Sizes are checked before anything is unpacked, so a small file cannot use much memory or time.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple

import numpy as np
from PIL import Image

from app.document.errors import DocumentError
from resources.colour_profiles import in_srgb, told_profile
from resources.png_chunks import code_points, without_text
from resources.zip_directory import has_directory, has_small_directory

LARGEST_SIDE = 8192

# Far more entries than any painting program writes.
MOST_ENTRIES = 1000

# Extra bytes allowed: incompressible PNG data is slightly larger than its pixels.
SLACK = 2**20

# Bytes allowed for text chunks of a PNG, which are skipped.
MOST_TEXT = 2**24

# Largest compression ratio of deflate.
DEFLATE_RATIO = 1032

DAMAGED = (
    OSError, EOFError, ValueError, SyntaxError, TypeError, IndexError, KeyError, ArithmeticError,
    NotImplementedError, RuntimeError, struct.error, zlib.error, zipfile.BadZipFile,
    Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip
"""Exceptions that zipfile and Pillow raise for damaged files."""

_HEAD_SIZE = 33  # PNG signature and first chunk


class Picture(NamedTuple):
    """Size and pixel format of a PNG, from its header."""

    width: int
    height: int
    depth: int
    colour_type: int

    @property
    def area(self) -> int:
        """Number of pixels."""
        return self.width * self.height

    @property
    def bits(self) -> int:
        """Bits per pixel."""
        return self.depth * {2: 3, 4: 2, 6: 4}.get(self.colour_type, 1)


GREY, RGB, RGBA = 0, 2, 6


class Archive:
    """A zip archive opened for reading; use it in a ``with`` statement.

    All methods raise a DocumentError that names `path` when the file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._document_errors():
            self._file = path.open("rb")
        try:
            with self._document_errors():
                self._check_directory(self._file)
                self._zip = zipfile.ZipFile(self._file)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> "Archive":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._zip.close()
        self._file.close()

    def __contains__(self, name: str) -> bool:
        return name in self._zip.NameToInfo

    def error(self, what: str) -> DocumentError:
        """Return a DocumentError that says why this file cannot be opened."""
        return DocumentError(f"{self.path} cannot be opened: {what}.")

    def read(self, name: str, limit: int) -> bytes:
        """Return an entry's content. Raise DocumentError if it is larger than `limit` bytes."""
        info = self._entry(name)
        if info.file_size > limit:
            raise self.error(f"{name} is too large")
        with self._document_errors(name), self._zip.open(info) as entry:
            return entry.read(limit)

    def picture(self, name: str) -> Picture:
        """Read the header of a PNG entry and check that its sides are 1 to LARGEST_SIDE pixels."""
        info = self._entry(name)
        with self._document_errors(name), self._zip.open(info) as entry:
            head = entry.read(_HEAD_SIZE)
        if len(head) < _HEAD_SIZE or head[:16] != b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR":
            raise self.error(f"{name} is not a PNG")
        picture = Picture(*struct.unpack(">IIBB", head[16:26]))
        if not (1 <= picture.width <= LARGEST_SIDE and 1 <= picture.height <= LARGEST_SIDE):
            raise self.error(
                f"{name} is {picture.width} x {picture.height} pixels, "
                f"and sides must be 1 to {LARGEST_SIDE}"
            )
        return picture

    def rgba(self, name: str) -> Image.Image:
        """Read a PNG of any pixel format as an RGBA image in sRGB."""
        return self._image(name, self.picture(name), "RGBA")

    def pixels(self, name: str, colour_type: int, size: tuple[int, int] | None) -> np.ndarray:
        """Read an 8-bit PNG as uint8: H x W for GREY, H x W x 3 for RGB, H x W x 4 for RGBA.

        The array is writable. Raise DocumentError if the PNG has another colour type, or another
        size than `size` (width, height).
        """
        picture = self.picture(name)
        if (picture.depth, picture.colour_type) != (8, colour_type):
            raise self.error(f"{name} has the wrong pixel format")
        if size is not None and (picture.width, picture.height) != size:
            raise self.error(
                f"{name} is {picture.width} x {picture.height} pixels, but the doodle is "
                f"{size[0]} x {size[1]}"
            )
        # A PNG with a transparent colour (tRNS) has another mode than its colour type says.
        modes = {GREY: "L", RGB: "RGB", RGBA: "RGBA"}
        return np.array(self._image(name, picture, modes[colour_type]))

    def _entry(self, name: str) -> zipfile.ZipInfo:
        if name not in self:
            raise self.error(f"{name or 'a layer'} is missing")
        info = self._zip.getinfo(name)
        # zipfile does not limit the output of its other decompressors.
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise self.error(f"{name} uses a compression method that OpenRaster does not support")
        return info

    def _image(self, name: str, picture: Picture, mode: str) -> Image.Image:
        content = self.read(name, 8 * picture.area + 8 * picture.height + SLACK + MOST_TEXT)
        # Pillow would fill missing pixels with black, however many there are.
        if picture.area * picture.bits // 8 > len(content) * DEFLATE_RATIO:
            raise self.error(f"{name} is damaged")
        with self._document_errors(name):
            file = without_text(io.BytesIO(content))
            image: Image.Image = Image.open(file, formats=("PNG",))
            if image.size != (picture.width, picture.height):  # a second header
                raise self.error(f"{name} is damaged")
            image.load()
            if codes := code_points(file):
                image.info["cicp"] = codes
            if image.mode == "I;16":  # Image.convert would clip the values
                info, image = image.info, Image.fromarray(np.asarray(image) >> 8).convert("L")
                image.info.update(info)
            return image.convert(mode) if mode == "L" else _as_srgb(image, mode)

    def _check_directory(self, file: BinaryIO) -> None:
        """Check the central directory's size before zipfile reads it whole; raise DocumentError."""
        if not has_directory(file):
            raise self.error("it is not an OpenRaster file")
        if not has_small_directory(file, MOST_ENTRIES):
            raise self.error("it contains too many files")

    @contextmanager
    def _document_errors(self, name: str = "") -> Iterator[None]:
        """Turn errors raised in the block into a DocumentError."""
        try:
            yield
        except FileNotFoundError as error:
            raise DocumentError(f"{self.path} does not exist.") from error
        except MemoryError as error:
            raise self.error("there is not enough memory") from error
        except DAMAGED as error:
            raise self.error(_reason(error, name)) from error


def _as_srgb(image: Image.Image, mode: str) -> Image.Image:
    """Convert a PNG's image to `mode` (RGB or RGBA) in sRGB."""
    grey = image.mode in ("1", "L", "LA")
    profile = told_profile(image.info, grey)
    if not profile:
        return image.convert(mode)
    alpha = image.convert("RGBA").getchannel("A")
    colour = in_srgb(image.convert("L" if grey else "RGB"), profile).convert(mode)
    if mode == "RGBA":
        colour.putalpha(alpha)
    return colour


def _reason(error: Exception, name: str) -> str:
    if isinstance(error, OSError) and error.errno is not None:
        return (error.strerror or str(error)).lower()
    return f"{name} is damaged" if name else "it is damaged"
