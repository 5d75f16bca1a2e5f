"""Flood fill."""

import math

import cv2
import numpy as np

from app.document.document import Document
from app.document.label_map import LabelMap
from app.document.rect import Rect
from app.document.stroke import PointerSample
from app.tools.base import Gesture, ToolOptions


class Fill:
    """Fills the connected area under the pointer with the chosen material."""

    id = "fill"
    name = "Fill"
    shortcut = "F"
    icon = "fill"
    tip = "Fill the area under the pointer with the chosen material"
    has_size = False
    paints_material = True

    def begin(self, document: Document, options: ToolOptions, sample: PointerSample) -> Gesture:
        """Fill at once; the drag that follows does nothing."""
        flood_fill(document.labels, math.floor(sample.x), math.floor(sample.y), options.material)
        return _Done()


class _Done:
    def move(self, sample: PointerSample) -> None:
        """Nothing more to do."""

    def finish(self) -> None:
        """Nothing more to do."""


def flood_fill(labels: LabelMap, x: int, y: int, material: int) -> None:
    """Give the 4-connected area of equal pixels around (x, y) the material."""
    inside = 0 <= x < labels.width and 0 <= y < labels.height
    if not inside or labels.at(x, y) == material:
        return
    filled = labels.read(labels.bounds)
    # OpenCV wants a frame of one pixel around the mask it keeps its own notes in.
    notes = np.zeros((labels.height + 2, labels.width + 2), np.uint8)
    _, _, _, (left, top, width, height) = cv2.floodFill(filled, notes, (x, y), material, flags=4)
    box = Rect(left, top, left + width, top + height)
    labels.write(box, filled[box.slices])
