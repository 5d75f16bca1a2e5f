"""Pictures for drawing a region map by hand: the painting under a grid, the map over the painting.

Coordinates are pixels of the region map, whatever the picture's zoom.
"""

import colorsys
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from engine.doodle import export
from engine.errors import EngineError
from engine.formats import to_look_at
from engine.packs.region_map import UNASSIGNED
from engine.training.annotate import Annotation

Box = tuple[int, int, int, int]

VIEW = 1600
"""Longer side of the pictures, in pixels."""

TINT = 0.3
"""How much of a region's colour lies over the painting."""

GRID = (255, 255, 255, 90)
WHITE, BLACK = (255, 255, 255), (0, 0, 0)


def grid_picture(painting: np.ndarray, crop: Box | None = None) -> np.ndarray:
    """The painting (H x W x 3 uint8), or a crop of it, enlarged under a grid of coordinates.

    crop: (left, top, right, bottom). Raises EngineError if it holds nothing of the painting.
    """
    box = _inside(crop, painting)
    return _with_grid(_zoomed(painting, box, cv2.INTER_CUBIC), box)


def review_picture(annotation: Annotation, crop: Box | None = None) -> np.ndarray:
    """As ``grid_picture``, with every region tinted and outlined, and a legend.

    The colours are far apart instead of those of ``style.toml``, which are close to the painting.
    """
    box = _inside(crop, annotation.painting)
    picture = _zoomed(annotation.painting, box, cv2.INTER_CUBIC)
    regions = _zoomed(annotation.regions, box, cv2.INTER_NEAREST)
    for number, colour in [*enumerate(_colours(len(annotation.names))), (UNASSIGNED, BLACK)]:
        _tint(picture, (regions == number).astype(np.uint8), colour)
    return _with_legend(_with_grid(picture, box), annotation)


def save_picture(path: Path, pixels: np.ndarray) -> None:
    """Write H x W x 3 uint8 RGB in the format that the name ends in. Raises EngineError."""
    export.save_picture(path, pixels, to_look_at("regions of a painting"))


def _inside(crop: Box | None, painting: np.ndarray) -> Box:
    height, width = painting.shape[:2]
    left, top, right, bottom = crop if crop is not None else (0, 0, width, height)
    box = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
    if box[0] >= box[2] or box[1] >= box[3]:
        raise EngineError(f"The crop {crop} holds nothing of {width} x {height} pixels.")
    return box


def _zoom(box: Box) -> float:
    return VIEW / max(box[2] - box[0], box[3] - box[1])


def _zoomed(picture: np.ndarray, box: Box, interpolation: int) -> np.ndarray:
    left, top, right, bottom = box
    size = round((right - left) * _zoom(box)), round((bottom - top) * _zoom(box))
    return cv2.resize(picture[top:bottom, left:right], size, interpolation=interpolation)


def _colours(count: int) -> list[tuple[int, int, int]]:
    """Saturated colours, each hue as far as can be from the ones before."""
    hues = (0.618034 * i % 1 for i in range(count))
    return [
        (round(255 * red), round(255 * green), round(255 * blue))
        for red, green, blue in (colorsys.hsv_to_rgb(hue, 1, 1) for hue in hues)
    ]


def _tint(picture: np.ndarray, mask: np.ndarray, colour: tuple[int, int, int]) -> None:
    inside = mask > 0
    picture[inside] = np.rint((1 - TINT) * picture[inside] + TINT * np.array(colour))
    outlines, _ = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(picture, outlines, -1, colour, 1)


def _with_grid(picture: np.ndarray, box: Box) -> np.ndarray:
    """Lines every 100 pixels, closer in a small crop, with their coordinates."""
    left, top, right, bottom = box
    zoom, spacing = _zoom(box), _spacing(box)
    image = Image.fromarray(picture)
    pen = ImageDraw.Draw(image, "RGBA")
    for x in range(-(-left // spacing) * spacing, right, spacing):
        at = round((x - left) * zoom)
        pen.line([(at, 0), (at, image.height)], GRID)
        _write(pen, (at + 2, 0), str(x))
    for y in range(-(-top // spacing) * spacing, bottom, spacing):
        at = round((y - top) * zoom)
        pen.line([(0, at), (image.width, at)], GRID)
        if at > 20:  # above it stands the first x
            _write(pen, (0, at + 2), str(y))
    return np.array(image)


def _spacing(box: Box) -> int:
    longer = max(box[2] - box[0], box[3] - box[1])
    return next((spacing for spacing in (10, 20, 50) if longer <= 12 * spacing), 100)


def _write(pen: ImageDraw.ImageDraw, place: tuple[int, int], text: str) -> None:
    pen.text(place, text, WHITE, _font(), stroke_width=2, stroke_fill=BLACK)


@cache
def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=16)


def _with_legend(picture: np.ndarray, annotation: Annotation) -> np.ndarray:
    """Names, colours and shares of the regions on a strip below the picture."""
    shares = annotation.shares()
    cell, columns = picture.shape[1] // 4, 4
    rows = -(-len(shares) // columns)
    image = Image.fromarray(np.pad(picture, ((0, 28 * rows + 4), (0, 0), (0, 0))))
    pen = ImageDraw.Draw(image)
    for i, ((name, share), colour) in enumerate(
        zip(shares.items(), _colours(len(shares)), strict=True)
    ):
        x, y = i % columns * cell, picture.shape[0] + 4 + i // columns * 28
        pen.rectangle((x + 6, y + 2, x + 26, y + 20), colour)
        _write(pen, (x + 34, y), f"{name} {share:.1%}")
    return np.array(image)
