"""What the pen has painted and the painting does not show yet, if only that is seen."""

import numpy as np

from app.document.document import Document
from app.document.label_map import LabelMap, LabelSnapshot
from app.document.rect import NOWHERE, Rect
from app.widgets.tile_cache import TileCache
from app.widgets.tile_pixels import doodle_pixels, shrunk
from resources.materials import materials

OPACITY = 192
"""Of the material's colour over the painting, 0-256."""


class WetInk:
    """Colours pixels whose material has changed until the network has painted them.

    Without it, nobody would see a stroke before the network answers. `surface`: the colours, None
    while they are not shown.
    """

    def __init__(self, document: Document, table: np.ndarray) -> None:
        """Show nothing yet. `table`: the materials' colours, a `lookup_table`."""
        self._document, self._table = document, table
        self._colours = len(materials())
        self.surface: TileCache | None = None
        # The labels that the painting shows, and the box of all that differ.
        self._dry, self._wet = LabelMap(1, 1), NOWHERE

    def start(self) -> None:
        """Show what is painted from now on."""
        document = self._document
        self._dry = LabelMap.from_snapshot(document.labels.snapshot())
        self._wet = NOWHERE
        self.surface = TileCache(document.width, document.height, self._read, opaque=False)

    def stop(self) -> None:
        """Show nothing."""
        self.surface = None

    def paint(self, rect: Rect) -> None:
        """Colour a rectangle that a gesture has changed."""
        if self.surface is not None:
            self._wet = self._wet.union(rect)
            self.surface.changed(rect)

    def dry(self, rect: Rect, labels: LabelSnapshot) -> bool:
        """Note that the painting shows these labels in `rect`; return whether to draw it again."""
        if self.surface is None or labels.bounds != self._dry.bounds:
            return False
        self._dry.adopt(labels, rect)
        if self._wet.clipped(rect).empty:
            return False
        if self._wet.clipped(rect) == self._wet and self._document.labels.shares_all(labels):
            self._wet = NOWHERE
        self.surface.changed(rect)
        return True

    def _read(self, rect: Rect, step: int) -> np.ndarray:
        labels = self._document.labels
        wet = labels.differing(self._dry, rect)
        pixels = np.zeros((rect.height, rect.width, 4), np.uint8)
        if wet.any():
            materials_here = labels.read(rect)
            wet &= materials_here < self._colours  # others let the photo through
            colours = doodle_pixels(materials_here, self._table)[wet].astype(np.uint16)
            pixels[wet] = colours * OPACITY // 256
        return shrunk(pixels, step)
