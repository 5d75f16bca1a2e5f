"""The fill tool."""

import math

import cv2
import numpy as np

from app.document.rect import Rect
from app.document.stroke import Keys, PointerSample
from app.tools.base import Drag, Gesture, ToolOptions
from app.tools.ink import Ink

# Value that OpenCV writes into the mask; 1 marks a pixel that is not filled.
FILLED = 2


class Fill:
    """Replaces one material with another, in a connected area or everywhere."""

    id = "fill"
    name = "Fill"
    shortcut = "F"
    icon = "fill"
    tip = "Fill the area under the pointer with the chosen material; Shift fills everywhere"
    uses = frozenset({"material", "connected"})

    def begin(self, ink: Ink, options: ToolOptions, sample: PointerSample) -> Gesture:
        """Fill immediately; the rest of the drag does nothing."""
        connected = options.connected != bool(sample.keys & Keys.SHIFT)
        for x, y in ink.symmetry.points(sample.x, sample.y):
            fill(ink, math.floor(x), math.floor(y), options.material, connected)
        return Drag()


def fill(ink: Ink, x: int, y: int, material: int, connected: bool = True) -> None:
    """Replace the material at (x, y) with `material` inside the selection.

    `connected`: replace only the 4-connected area around (x, y) within the selection. Directions
    stay. If the ink has other `areas`, that at (x, y) gets the material.
    """
    labels, selection = ink.document.labels, ink.selection
    on_canvas = 0 <= x < labels.width and 0 <= y < labels.height
    if not on_canvas or (selection is not None and not selection.holds(x, y)):
        return
    box = labels.bounds if selection is None else selection.box
    if ink.areas is not None:
        old, block = int(ink.areas[y, x]), np.ascontiguousarray(ink.areas[box.slices])
    else:
        old, block = labels.at(x, y), labels.read(box)
        if old == material:
            return
    if not connected:
        ink.lay_here(box, block == old, material, along=())
        return
    walls = None if selection is None else ~selection.mask[box.slices]
    around, found = connected_area(block, (x - box.left, y - box.top), walls)
    ink.lay_here(around.moved(box.left, box.top), found, material, along=())


def connected_area(
    block: np.ndarray, spot: tuple[int, int], walls: np.ndarray | None
) -> tuple[Rect, np.ndarray]:
    """Return the 4-connected area of `block` (h x w uint8) with the value at `spot` (x, y).

    The result is its bounding box and its bool mask over that box. `walls`: h x w bool, pixels to
    exclude.
    """
    # OpenCV requires a border of one pixel around the mask.
    marks = np.zeros((block.shape[0] + 2, block.shape[1] + 2), np.uint8)
    if walls is not None:
        marks[1:-1, 1:-1] = walls
    flags = 4 | FILLED << 8 | cv2.FLOODFILL_MASK_ONLY
    _, _, _, (left, top, width, height) = cv2.floodFill(block, marks, spot, 0, flags=flags)
    around = Rect.of_size(width, height).moved(left, top)
    return around, marks[1:-1, 1:-1][around.slices] == FILLED
