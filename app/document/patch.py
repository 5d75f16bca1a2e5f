"""What undo stores: the pixels of one edit before and after it, compressed."""

import zlib
from dataclasses import dataclass

import numpy as np

from app.document.label_map import LabelMap, LabelSnapshot
from app.document.rect import Rect

# Marks a pixel that the edit did not touch; materials are 0-254. Undo then restores exactly what
# the stroke painted, and the long runs of one value compress to almost nothing.
UNTOUCHED = 255


@dataclass(frozen=True)
class Patch:
    """The pixels in `rect` that an edit changed; both sides are zlib-1 of uint8 rows."""

    rect: Rect
    before: bytes
    after: bytes

    @classmethod
    def between(cls, old: LabelSnapshot, new: LabelMap, rect: Rect) -> "Patch | None":
        """The change from `old` to `new` inside `rect`; None when nothing differs there."""
        changed = new.differing(old, rect)
        tight = box_of(changed)
        if tight.empty:
            return None
        box, same = tight.moved(rect.left, rect.top), ~changed[tight.slices]
        sides = old.read(box), new.read(box)
        for side in sides:
            np.copyto(side, UNTOUCHED, where=same)
        return cls(box, *map(_packed, sides))

    @property
    def nbytes(self) -> int:
        """Memory held."""
        return len(self.before) + len(self.after)

    def undo(self, labels: LabelMap) -> None:
        """Put the old pixels back."""
        self._apply(labels, self.before)

    def redo(self, labels: LabelMap) -> None:
        """Put the new pixels back."""
        self._apply(labels, self.after)

    def _apply(self, labels: LabelMap, packed: bytes) -> None:
        wanted = _unpacked(self.rect, packed)
        block = labels.read(self.rect)
        np.copyto(block, wanted, where=wanted != UNTOUCHED)
        labels.write(self.rect, block)


def box_of(mask: np.ndarray) -> Rect:
    """The smallest box around all that is set in an h x w bool mask."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not rows.size:
        return Rect(0, 0, 0, 0)
    return Rect(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def _packed(block: np.ndarray) -> bytes:
    return zlib.compress(block.data, 1)


def _unpacked(rect: Rect, packed: bytes) -> np.ndarray:
    return np.frombuffer(zlib.decompress(packed), np.uint8).reshape(rect.height, rect.width)
