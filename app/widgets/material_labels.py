"""Letters on the doodle's areas, for users with colour vision deficiency."""

import math
from typing import NamedTuple

import cv2
import numpy as np
from PySide6.QtCore import QObject, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen

from app.document.document import Change, Changed, Document
from app.document.label_map import TILE, LabelSnapshot
from app.widgets.viewport import Viewport
from resources.materials import PHOTO, materials_by_id

LONGEST_SIDE = 256
"""Areas are found on a doodle subsampled to this size: 2 ms, whatever the canvas size."""

SMALLEST = 1.5
"""Half the width of the narrowest area with a letter, in subsampled pixels."""

SIZE = 15
"""Height of a letter in screen pixels; areas that are narrower on screen get no letter."""

MOST = 80
REST_MS = 150


class Spot(NamedTuple):
    """A point inside an area of one material, and its distance to the area's border."""

    x: float
    y: float
    reach: float
    material: int


class MaterialLabels(QObject):
    """Finds one spot inside every area of the doodle and draws the material's letter there.

    While letters are wanted, the spots are updated when no change has come for REST_MS
    milliseconds; then `changed` is emitted.
    """

    changed = Signal()

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._spots: list[Spot] = []
        self._wanted = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REST_MS)
        self._timer.timeout.connect(self._read)
        document.subscribe(self._on_change)

    def set_wanted(self, wanted: bool) -> None:
        """Turn the letters on or off."""
        self._wanted = wanted
        self._read()

    def _on_change(self, change: Change) -> None:
        if self._wanted and change.what in (Changed.LABELS, Changed.CANVAS):
            self._timer.start()

    def _read(self) -> None:
        labels = self._document.labels.snapshot()
        step = thinning(labels.width, labels.height)
        self._spots = [
            Spot((s.x + 0.5) * step, (s.y + 0.5) * step, s.reach * step, s.material)
            for s in (area_spots(thinned(labels, step)) if self._wanted else ())
            if s.material != PHOTO
        ]
        self.changed.emit()

    def draw(self, painter: QPainter, view: Viewport) -> None:
        """Draw the letters at a constant size on screen, whatever the zoom."""
        if not self._spots:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(painter.font())
        font.setPixelSize(SIZE)
        font.setBold(True)
        painter.setFont(font)
        for spot in self._spots:
            if 2 * spot.reach * view.scale >= SIZE:
                middle = QPointF(*view.to_widget(spot.x, spot.y))
                draw_letter(painter, middle, materials_by_id()[spot.material].letter)
        painter.restore()


def draw_letter(painter: QPainter, middle: QPointF, letter: str) -> None:
    """Draw a white letter with a dark outline, visible on every colour."""
    box = QRectF(painter.fontMetrics().tightBoundingRect(letter))
    path = QPainterPath()
    path.addText(middle - box.center(), painter.font(), letter)
    painter.strokePath(path, QPen(QColor(0, 0, 0, 190), 3, j=Qt.PenJoinStyle.RoundJoin))
    painter.fillPath(path, QColor(255, 255, 255))


def thinning(width: int, height: int) -> int:
    """Return the subsampling step, a power of two, for at most LONGEST_SIDE rows and columns."""
    return int(2 ** max(0, math.ceil(math.log2(max(width, height) / LONGEST_SIDE))))


def thinned(labels: LabelSnapshot, step: int) -> np.ndarray:
    """Return every `step`-th row and column of the doodle as h x w uint8 material ids.

    The step must divide the side of a tile.
    """
    columns = -(-labels.width // TILE)
    tiles = [tile[::step, ::step] for tile in labels.tiles]
    rows = [np.hstack(tiles[at : at + columns]) for at in range(0, len(tiles), columns)]
    return np.vstack(rows)[: -(-labels.height // step), : -(-labels.width // step)]


def area_spots(labels: np.ndarray) -> list[Spot]:
    """Return the innermost point of each area of an h x w label map, widest areas first.

    At most MOST spots are returned, and none for areas with a reach below SMALLEST.
    """
    found: list[Spot] = []
    for material in np.unique(labels):
        # A border of zeros, so that areas end at the edge of the canvas.
        mask = cv2.copyMakeBorder((labels == material).view(np.uint8), 1, 1, 1, 1, 0)
        depth = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
        _, areas, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
        largest = np.argsort(-stats[1:, cv2.CC_STAT_AREA])[:MOST] + 1
        found += [_deepest(areas, depth, area, stats[area], int(material)) for area in largest]
    found.sort(key=lambda spot: -spot.reach)
    return [spot for spot in found[:MOST] if spot.reach >= SMALLEST]


def _deepest(
    areas: np.ndarray, depth: np.ndarray, area: int, stats: np.ndarray, material: int
) -> Spot:
    left, top, width, height, _ = (int(value) for value in stats)
    box = (slice(top, top + height), slice(left, left + width))
    inside = np.where(areas[box] == area, depth[box], 0)
    y, x = np.unravel_index(int(inside.argmax()), inside.shape)
    return Spot(left + int(x) - 1, top + int(y) - 1, float(inside[y, x]), material)
