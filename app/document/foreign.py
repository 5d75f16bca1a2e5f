"""OpenRaster files of other programs (Krita, MyPaint, GIMP), flattened to one picture."""

import math
from collections.abc import Iterator
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np
from PIL import Image

from app.document.archive import LARGEST_SIDE, Archive

MERGED = "mergedimage.png"
STACK = "stack.xml"
MOST_XML = 2**20
DEEPEST = 32
FARTHEST = 2**20
# More than any person has patience for, but not more than memory and seconds can bear.
MOST_LAYER_PIXELS = 8 * LARGEST_SIDE * LARGEST_SIDE
PAPER = (255, 255, 255, 255)


class _Layer(NamedTuple):
    source: str
    x: int
    y: int
    opacity: float


class _Refused(Exception):
    """Something in the XML that no painting program writes."""


class _Builder(ElementTree.TreeBuilder):
    """Builds a tree, but none with entities, which can grow without limit, or very deep."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise _Refused

    def start(self, tag: str, attrs: dict[str, str], /) -> ElementTree.Element:
        self._depth += 1
        if self._depth > DEEPEST:
            raise _Refused
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> ElementTree.Element:
        self._depth -= 1
        return super().end(tag)


def flatten(archive: Archive) -> np.ndarray:
    """The picture as H x W x 3 uint8 RGB, on white where it is transparent.

    Raises DocumentError.
    """
    if MERGED in archive:
        return _on_paper(archive.rgba(MERGED))
    root = _stack(archive)
    width, height = (int(_number(archive, root, side, 0)) for side in ("w", "h"))
    if not (1 <= width <= LARGEST_SIDE and 1 <= height <= LARGEST_SIDE):
        raise archive.error(f"it is {width} x {height} pixels; sides go from 1 to {LARGEST_SIDE}")
    layers = list(_layers(archive, root, 1.0))
    if sum(archive.picture(layer.source).area for layer in layers) > MOST_LAYER_PIXELS:
        raise archive.error("it has more layers than can be flattened")
    canvas = Image.new("RGBA", (width, height), PAPER)
    for layer in reversed(layers):  # the topmost comes first in the file
        _compose(archive, canvas, layer)
    return np.array(canvas.convert("RGB"))


def _stack(archive: Archive) -> ElementTree.Element:
    parser = ElementTree.XMLParser(target=_Builder())
    try:
        return ElementTree.fromstring(archive.read(STACK, MOST_XML), parser)
    except (ElementTree.ParseError, _Refused, ValueError, LookupError) as error:
        raise archive.error(f"{STACK} in it is damaged") from error


def _layers(archive: Archive, parent: ElementTree.Element, opacity: float) -> Iterator[_Layer]:
    """The layers that are visible; every mode of blending is taken for the normal one."""
    for entry in parent:
        if entry.get("visibility") == "hidden":
            continue
        share = opacity * min(1.0, max(0.0, _number(archive, entry, "opacity", 1.0)))
        if entry.tag == "stack":
            yield from _layers(archive, entry, share)
        elif entry.tag == "layer":
            place = int(_number(archive, entry, "x", 0)), int(_number(archive, entry, "y", 0))
            yield _Layer(entry.get("src", ""), *place, share)


def _number(archive: Archive, entry: ElementTree.Element, name: str, default: float) -> float:
    try:
        value = float(entry.get(name, default))
    except ValueError:
        value = math.nan
    if not abs(value) <= FARTHEST:
        raise archive.error(f"{STACK} in it has an impossible {name}")
    return value


def _compose(archive: Archive, canvas: Image.Image, layer: _Layer) -> None:
    image = archive.rgba(layer.source)
    if layer.opacity < 1:
        image.putalpha(image.getchannel("A").point(lambda value: round(value * layer.opacity)))
    # Through an empty canvas: what lies outside of the edges is cut off, also left and above.
    whole = Image.new("RGBA", canvas.size)
    whole.paste(image, (layer.x, layer.y))
    canvas.alpha_composite(whole)


def _on_paper(image: Image.Image) -> np.ndarray:
    paper = Image.new("RGBA", image.size, PAPER)
    paper.alpha_composite(image)
    return np.array(paper.convert("RGB"))
