"""What gestures write to the doodle with."""

from collections.abc import Callable, Sequence
from itertools import zip_longest

import numpy as np

from app.document.document import Document
from app.document.rect import NOWHERE, Rect
from app.document.symmetry import Symmetry
from app.document.tile_grid import TILE

# A box of the canvas and which of its pixels are meant, h x w bool.
Area = tuple[Rect, np.ndarray]


class Ink:
    """Lays materials on the doodle during one gesture, tells the listeners, and can take it back.

    It keeps inside the selection that there was in the beginning, and mirrors what it lays.
    `before` is the doodle as it was; `touched` the box of all that may have changed since.
    """

    def __init__(self, document: Document, symmetry: Symmetry | None = None) -> None:
        self.document = document
        self.before = document.labels.snapshot()
        self.selection = document.selection
        self.symmetry = symmetry if symmetry is not None else Symmetry.of_canvas(document.bounds)
        self.touched = NOWHERE
        self._wet: list[Rect] = []

    def lay(self, box: Rect, mask: np.ndarray, material: int) -> None:
        """Paint what is set in `mask` (h x w bool over `box`), and its images in the axes."""
        for part, marks in self.symmetry.images(box, mask):
            self.lay_here(part, marks, material)

    def lay_here(self, box: Rect, mask: np.ndarray | None, material: int) -> None:
        """Paint what is set in `mask` (h x w bool over `box`), or all of it, without images."""
        inside = box.clipped(self.document.bounds)
        marks = None if mask is None else mask[inside.slices_in(box)]
        if not inside.empty and self.selection is not None:
            selected = self.selection.mask[inside.slices]
            marks = selected if marks is None else marks & selected
        self.document.labels.paint(inside, marks, material)
        self._wet.append(inside)
        self._publish()

    def lay_anew(self, areas: Sequence[Area], material: int) -> None:
        """Paint these areas and their images in place of all that was laid before."""
        stale = self._take_back()
        fresh = [image for area in areas for image in self.symmetry.images(*area)]
        for old, new in zip_longest(stale, fresh):
            # An old place is told together with a new one, or both would be painted in turn.
            self.document.labels.mark(old if old is not None else NOWHERE)
            if new is not None:
                self.lay_here(new[0], new[1], material)
            self._publish()

    def put_anew(self, box: Rect, block_of: Callable[[Rect], np.ndarray]) -> None:
        """Put pixels in place of all that was laid before.

        `block_of` gives those (h x w uint8) of a part of `box`; a row of tiles at a time, for that
        much stays in the processor's cache. `box` lies on the canvas; neither selection nor axes
        matter.
        """
        for old in self._take_back():
            self.document.labels.mark(old)
        for top in range(box.top // TILE * TILE, box.bottom, TILE):
            row = box.clipped(Rect(box.left, top, box.right, top + TILE))
            self.document.labels.write(row, block_of(row))
        self._wet.append(box)
        self._publish()

    def _take_back(self) -> list[Rect]:
        """Put the doodle back as it was, and tell nobody yet; the boxes that this changes."""
        stale, self._wet = self._wet, []
        for box in stale:
            self.document.labels.restore(self.before, box)
        return stale

    def _publish(self) -> None:
        # One box for each image: the box around two may be as wide as the canvas.
        self.touched = self.touched.union(self.document.publish_labels())
