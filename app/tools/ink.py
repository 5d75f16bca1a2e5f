"""The interface through which gestures paint on the doodle."""

from collections.abc import Callable, Sequence
from itertools import zip_longest

import numpy as np

from app.document.document import Document
from app.document.rect import NOWHERE, Rect
from app.document.symmetry import Symmetry
from app.document.tile_grid import TILE

# A box of the canvas and a mask of its pixels, h x w bool.
Area = tuple[Rect, np.ndarray]


class Ink:
    """Paints materials on the doodle during one gesture, and can replace what it painted.

    It paints only inside the selection (as it was at the start of the gesture), mirrors what it
    paints and reports changes to the document's listeners. `before` is the doodle at the start;
    `touched` is the box of all changes since.
    """

    def __init__(self, document: Document, symmetry: Symmetry | None = None) -> None:
        self.document = document
        self.before = document.labels.snapshot()
        self.selection = document.selection
        self.symmetry = symmetry if symmetry is not None else Symmetry.of_canvas(document.bounds)
        self.touched = NOWHERE
        self._painted: list[Rect] = []

    def lay(self, box: Rect, mask: np.ndarray, material: int) -> None:
        """Paint the pixels set in `mask` (h x w bool over `box`) and their mirror images."""
        for part, marks in self.symmetry.images(box, mask):
            self.lay_here(part, marks, material)

    def lay_here(self, box: Rect, mask: np.ndarray | None, material: int) -> None:
        """Paint the pixels set in `mask` (h x w bool over `box`), or all, without mirroring."""
        inside = box.clipped(self.document.bounds)
        marks = None if mask is None else mask[inside.slices_in(box)]
        if not inside.empty and self.selection is not None:
            selected = self.selection.mask[inside.slices]
            marks = selected if marks is None else marks & selected
        self.document.labels.paint(inside, marks, material)
        self._painted.append(inside)
        self._publish()

    def lay_anew(self, areas: Sequence[Area], material: int) -> None:
        """Undo everything painted so far and paint these areas and their mirror images."""
        stale = self._restore()
        fresh = [image for area in areas for image in self.symmetry.images(*area)]
        for old, new in zip_longest(stale, fresh):
            # Report an old and a new box together, so that the preview repaints them at once.
            self.document.labels.mark(old if old is not None else NOWHERE)
            if new is not None:
                self.lay_here(new[0], new[1], material)
            self._publish()

    def put_anew(self, box: Rect, block_of: Callable[[Rect], np.ndarray]) -> None:
        """Undo everything painted so far and write pixels to `box`, which must lie on the canvas.

        `block_of` returns the pixels (h x w uint8) of a part of `box`. It is called for one row of
        tiles at a time, which fits into the processor's cache. Selection and symmetry are ignored.
        """
        for old in self._restore():
            self.document.labels.mark(old)
        for top in range(box.top // TILE * TILE, box.bottom, TILE):
            row = box.clipped(Rect(box.left, top, box.right, top + TILE))
            self.document.labels.write(row, block_of(row))
        self._painted.append(box)
        self._publish()

    def _restore(self) -> list[Rect]:
        """Restore the doodle without reporting it; return the boxes that this changes."""
        stale, self._painted = self._painted, []
        for box in stale:
            self.document.labels.restore(self.before, box)
        return stale

    def _publish(self) -> None:
        # One box per mirror image: the box around two may be as wide as the canvas.
        self.touched = self.touched.union(self.document.publish_labels())
