"""The interface through which gestures paint on the doodle."""

from collections.abc import Callable, Sequence
from itertools import zip_longest

import numpy as np

from app.document.directions import CELL, ZERO, Sway, coded, share_of
from app.document.document import Document
from app.document.patch import Patch
from app.document.rect import NOWHERE, Rect
from app.document.symmetry import Symmetry
from app.document.tile_grid import TILE

# A box of the canvas and a mask of its pixels, h x w bool.
Area = tuple[Rect, np.ndarray]


class Ink:
    """Paints materials and directions during one gesture, and can replace what it painted.

    It paints only inside the selection (as it was at the start of the gesture), mirrors what it
    paints and reports changes to the document's listeners. `before` is the label map at the start;
    `touched` is the box of all changes since.

    What is painted has the directions of the pen, if `along` gives them, or none. Without `along`
    the directions there are cleared; an empty `along` keeps them.

    `areas`: H x W uint8, other areas for Fill than those of the doodle; None for the doodle's.
    """

    def __init__(
        self,
        document: Document,
        symmetry: Symmetry | None = None,
        areas: np.ndarray | None = None,
    ) -> None:
        self.document = document
        self.areas = areas
        self.before = document.labels.snapshot()
        self._directions_before = document.directions.snapshot()
        self.selection = document.selection
        self.symmetry = symmetry if symmetry is not None else Symmetry.of_canvas(document.bounds)
        self.touched = NOWHERE
        self._painted: list[Rect] = []

    def patch(self) -> Patch | None:
        """Return everything that the gesture has changed so far; None for nothing."""
        document, cells = self.document, self.touched.cells(CELL)
        labels = Patch.between(self.before, document.labels, self.touched)
        turned = Patch.of_directions(self._directions_before, document.directions, cells)
        return turned if labels is None else labels.joined(turned)

    def drop(self) -> None:
        """Undo everything that the gesture has changed."""
        self._restore_box(self.touched)
        self.document.labels.mark(self.touched)
        self.document.publish_labels()

    def lay(
        self, box: Rect, mask: np.ndarray, material: int, along: Sequence[Sway] | None = None
    ) -> None:
        """Paint the pixels set in `mask` (h x w bool over `box`) and their mirror images."""
        swayed = None if along is None else [sway.images(self.symmetry) for sway in along]
        for image, (part, marks) in enumerate(self.symmetry.images(box, mask)):
            own = None if swayed is None else [images[image] for images in swayed]
            self.lay_here(part, marks, material, own)

    def lay_here(
        self,
        box: Rect,
        mask: np.ndarray | None,
        material: int,
        along: Sequence[Sway] | None = None,
    ) -> None:
        """Paint the pixels set in `mask` (h x w bool over `box`), or all, without mirroring."""
        inside = box.clipped(self.document.bounds)
        marks = None if mask is None else mask[inside.slices_in(box)]
        if not inside.empty and self.selection is not None:
            selected = self.selection.mask[inside.slices]
            marks = selected if marks is None else marks & selected
        self.document.labels.paint(inside, marks, material)
        if not inside.empty:
            self._turn(inside, marks, along)
        self._painted.append(inside)
        self._publish()

    def turn(self, sway: Sway, change: Callable[[Sway, Rect, np.ndarray], np.ndarray]) -> None:
        """Change the directions around a movement and its mirror images, without painting.

        `change` gets the movement, a box of cells and their directions (h x w x 2 uint8), and
        returns the new ones.
        """
        directions = self.document.directions
        for image in sway.images(self.symmetry):
            cells = image.box.cells(CELL).clipped(directions.bounds)
            if not cells.empty:
                old = directions.read(cells)
                new = change(image, cells, old)
                if self.selection is not None:
                    new = np.where(self._selected(cells)[..., None], new, old)
                directions.write(cells, new)
            self._publish()

    def _turn(self, box: Rect, marks: np.ndarray | None, along: Sequence[Sway] | None) -> None:
        """Write the directions of the pixels set in `marks` (h x w bool over `box`), or clear."""
        directions, cells = self.document.directions, box.cells(CELL)
        if (along is None and directions.empty_in(cells)) or (along is not None and not along):
            return
        share = np.full((cells.height, cells.width), 255, np.uint8)
        if marks is not None:
            share = share_of(marks, box)
        block = directions.read(cells)
        if along is None:
            block[share >= 128] = ZERO
        for sway in along or ():
            block[sway.covers(cells) & (share > 0)] = coded(np.array([sway.cos, sway.sin]))
        directions.write(cells, block)

    def _selected(self, cells: Rect) -> np.ndarray:
        """Return which cells are at least half selected, h x w bool."""
        assert self.selection is not None
        box = cells.scaled(CELL).clipped(self.document.bounds)
        return share_of(self.selection.mask[box.slices], box) >= 128

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

    def put_anew(
        self,
        box: Rect,
        block_of: Callable[[Rect], np.ndarray],
        turn: Callable[[], None] = lambda: None,
    ) -> None:
        """Undo everything painted so far and write pixels to `box`, which must lie on the canvas.

        `block_of` returns the pixels (h x w uint8) of a part of `box`. It is called for one row of
        tiles at a time, which fits into the processor's cache. Selection and symmetry are ignored.
        `turn` changes directions in the box, see `move_directions`.
        """
        for old in self._restore():
            self.document.labels.mark(old)
        for top in range(box.top // TILE * TILE, box.bottom, TILE):
            row = box.clipped(Rect(box.left, top, box.right, top + TILE))
            self.document.labels.write(row, block_of(row))
        turn()
        self._painted.append(box.grown(CELL).clipped(self.document.bounds))
        self._publish()

    def move_directions(self, source: Rect, offset: tuple[int, int], copy: bool) -> None:
        """Move the directions of the selected part of `source` by about `offset` pixels.

        `copy` keeps the originals.
        """
        before, directions = self._directions_before, self.document.directions
        cells = source.cells(CELL)
        if before.blank:
            return
        taken = np.ones((cells.height, cells.width), bool)
        if self.selection is not None:
            taken = self._selected(cells)
        came = before.read(cells)
        if not copy:
            directions.write(cells, np.where(taken[..., None], np.uint8(ZERO), came))
        goal = cells.moved(*(round(step / CELL) for step in offset))
        inside = goal.clipped(directions.bounds)
        if not inside.empty:
            part = inside.slices_in(goal)
            there = taken[part][..., None]
            directions.write(inside, np.where(there, came[part], directions.read(inside)))

    def _restore(self) -> list[Rect]:
        """Restore the doodle without reporting it; return the boxes that this changes."""
        stale, self._painted = self._painted, []
        for box in stale:
            self._restore_box(box)
        return stale

    def _restore_box(self, box: Rect) -> None:
        directions, cells = self.document.directions, box.cells(CELL)
        self.document.labels.restore(self.before, box)
        directions.restore(self._directions_before, cells)

    def _publish(self) -> None:
        # One box per mirror image: the box around two may be as wide as the canvas.
        self.touched = self.touched.union(self.document.publish_labels())
