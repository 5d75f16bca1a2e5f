"""Flatten OpenRaster files of other programs (Krita, MyPaint, GIMP) to one picture."""

import math
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np
from PIL import Image

from app.document.archive import LARGEST_SIDE, Archive
from app.document.blending import SRC_OVER, compose
from app.document.errors import DocumentError

MERGED = "mergedimage.png"
STACK = "stack.xml"
MOST_XML = 2**20
DEEPEST = 32
FARTHEST = 2**20
# A limit on memory and time, far above the layers of real files.
MOST_LAYER_PIXELS = 8 * LARGEST_SIDE * LARGEST_SIDE
PAPER = (255, 255, 255, 255)


class Foreign(NamedTuple):
    """The flattened picture of a file.

    `pixels`: H x W x 3 uint8 RGB, with white below transparent pixels. `left_out`: names of the
    parts of the file that could not be read.
    """

    pixels: np.ndarray
    left_out: tuple[str, ...] = ()


class _TooManyLayers(Exception):
    """Raised when the layers have more than MOST_LAYER_PIXELS pixels in total."""


class _InvalidXml(Exception):
    """Raised for XML that no painting program writes."""


class _Builder(ElementTree.TreeBuilder):
    """Builds an XML tree; refuses a DOCTYPE (entities can expand without limit) and deep trees."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise _InvalidXml

    def start(self, tag: str, attrs: dict[str, str], /) -> ElementTree.Element:
        self._depth += 1
        if self._depth > DEEPEST:
            raise _InvalidXml
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> ElementTree.Element:
        self._depth -= 1
        return super().end(tag)


def flatten(archive: Archive) -> Foreign:
    """Return the merged image of a file, or its composed layers if that is missing or damaged.

    Raise DocumentError if neither can be read.
    """
    if MERGED not in archive:
        return _Flattening(archive).run()
    try:
        return Foreign(_on_white(archive.rgba(MERGED)))
    except DocumentError as error:
        try:
            picture = _Flattening(archive).run()
        except DocumentError:
            raise error from None
    return picture._replace(left_out=(MERGED, *picture.left_out))


class _Flattening:
    """Composes the layers of a file and records those that could not be read."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._root = _stack(archive)
        self._errors: dict[str, DocumentError] = {}
        self._composed = self._pixels = 0

    def run(self) -> Foreign:
        """Return the picture. Raise DocumentError if no layer is readable or there are too many."""
        archive, root = self._archive, self._root
        width, height = (int(_number(archive, root, side, 0)) for side in ("w", "h"))
        if not (1 <= width <= LARGEST_SIDE and 1 <= height <= LARGEST_SIDE):
            what = f"it is {width} x {height} pixels, and sides must be 1 to {LARGEST_SIDE}"
            raise archive.error(what)
        canvas = Image.new("RGBA", (width, height))
        self._add_all(root, canvas)
        if self._errors and not self._composed:
            raise next(iter(self._errors.values()))
        return Foreign(_on_white(canvas), tuple(self._errors))

    def _add_all(self, parent: ElementTree.Element, canvas: Image.Image) -> None:
        for entry in reversed(parent):  # the file lists the top layer first
            if entry.get("visibility") == "hidden" or entry.tag not in ("layer", "stack"):
                continue
            try:
                (self._add_layer if entry.tag == "layer" else self._add_group)(entry, canvas)
            except _TooManyLayers as error:
                raise self._archive.error("it has too many layers") from error
            except DocumentError as error:
                name = entry.get("src") or entry.get("name") or f"a {entry.tag}"
                self._errors.setdefault(name, error)

    def _add_layer(self, entry: ElementTree.Element, canvas: Image.Image) -> None:
        archive, source = self._archive, entry.get("src", "")
        place = int(_number(archive, entry, "x", 0)), int(_number(archive, entry, "y", 0))
        opacity = self._opacity(entry)
        self._count(archive.picture(source).area)
        image = archive.rgba(source)
        compose(canvas, _with_opacity(image, opacity), place, entry.get("composite-op", SRC_OVER))
        self._composed += 1

    def _add_group(self, entry: ElementTree.Element, canvas: Image.Image) -> None:
        operation, opacity = entry.get("composite-op", SRC_OVER), self._opacity(entry)
        if entry.get("isolation") != "isolate" and opacity == 1 and operation == SRC_OVER:
            self._add_all(entry, canvas)  # its layers blend with what is below the group
            return
        self._count(canvas.width * canvas.height)
        group = Image.new("RGBA", canvas.size)
        self._add_all(entry, group)
        compose(canvas, _with_opacity(group, opacity), (0, 0), operation)

    def _count(self, pixels: int) -> None:
        self._pixels += pixels
        if self._pixels > MOST_LAYER_PIXELS:
            raise _TooManyLayers

    def _opacity(self, entry: ElementTree.Element) -> float:
        return min(1.0, max(0.0, _number(self._archive, entry, "opacity", 1.0)))


def _stack(archive: Archive) -> ElementTree.Element:
    parser = ElementTree.XMLParser(target=_Builder())
    try:
        return ElementTree.fromstring(archive.read(STACK, MOST_XML), parser)
    except (ElementTree.ParseError, _InvalidXml, ValueError, LookupError) as error:
        raise archive.error(f"{STACK} is damaged") from error


def _number(archive: Archive, entry: ElementTree.Element, name: str, default: float) -> float:
    try:
        value = float(entry.get(name, default))
    except ValueError:
        value = math.nan
    if not abs(value) <= FARTHEST:
        raise archive.error(f"{STACK} has an invalid {name}")
    return value


def _with_opacity(image: Image.Image, opacity: float) -> Image.Image:
    if opacity < 1:
        image.putalpha(image.getchannel("A").point(lambda value: round(value * opacity)))
    return image


def _on_white(image: Image.Image) -> np.ndarray:
    paper = Image.new("RGBA", image.size, PAPER)
    paper.alpha_composite(image)
    return np.array(paper.convert("RGB"))
