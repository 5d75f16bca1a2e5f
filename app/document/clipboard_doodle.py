"""A piece of doodle on its way over the clipboard."""

import struct
import zlib
from dataclasses import dataclass

import numpy as np

from app.document.document import Document
from app.document.label_map import LabelMap, LabelSnapshot
from app.document.patch import UNTOUCHED, Patch
from app.document.rect import Rect
from app.document.selection import Selection
from resources.materials import materials, materials_by_id

_HEAD = struct.Struct("<8s4i")
_MARK = b"daubclip"
LARGEST = 8192


@dataclass(frozen=True, eq=False)
class ClipboardDoodle:
    """`labels`: h x w uint8 material ids, UNTOUCHED where nothing was selected; its old place."""

    labels: np.ndarray
    left: int
    top: int

    @classmethod
    def of(cls, doodle: LabelSnapshot, selection: Selection | None) -> "ClipboardDoodle":
        """The selected part of a doodle, or all of it."""
        rect = doodle.bounds if selection is None else selection.box
        labels = doodle.read(rect)
        if selection is not None:
            labels[~selection.mask[rect.slices]] = UNTOUCHED
        return cls(labels, rect.left, rect.top)

    @property
    def count(self) -> int:
        """How many pixels it holds."""
        return int(np.count_nonzero(self.labels != UNTOUCHED))

    def packed(self) -> bytes:
        """As bytes for the clipboard."""
        height, width = self.labels.shape
        head = _HEAD.pack(_MARK, width, height, self.left, self.top)
        return head + zlib.compress(self.labels.tobytes(), 1)

    @classmethod
    def unpacked(cls, content: bytes) -> "ClipboardDoodle | None":
        """The other way round; None for anything but a clip, however it was made."""
        try:
            mark, width, height, left, top = _HEAD.unpack_from(content)
            if mark != _MARK or not (0 < width <= LARGEST and 0 < height <= LARGEST):
                return None
            # No more than announced is unpacked, whatever the bytes hold.
            raw = zlib.decompressobj().decompress(content[_HEAD.size :], width * height)
            labels = np.frombuffer(raw, np.uint8).reshape(height, width)
        except (struct.error, zlib.error, ValueError):
            return None
        known = np.isin(labels, [*materials_by_id(), UNTOUCHED])
        return cls(labels, left, top) if known.all() else None

    def patch_on(self, document: Document) -> Patch | None:
        """The change that laying it on the doodle is; None when nothing would differ.

        It goes where something is selected, and only there; else where it was, or to the middle
        when that is not on the canvas.
        """
        before = document.labels.snapshot()
        rect = self._place(document)
        part = rect.clipped(document.bounds)
        block = self.labels[part.slices_in(rect)]
        # Without a photo what belongs to one is nothing.
        kept = block == UNTOUCHED if document.photo is not None else block >= len(materials())
        if document.selection is not None:
            kept |= ~document.selection.mask[part.slices]
        now = LabelMap.from_snapshot(before)
        now.write(part, np.where(kept, now.read(part), block))
        return Patch.between(before, now, part)

    def _place(self, document: Document) -> Rect:
        height, width = self.labels.shape
        rect = Rect.of_size(width, height).moved(self.left, self.top)
        if document.selection is not None:
            box = working_box(document)
            return rect if not rect.clipped(box).empty else _onto(rect, box)
        return rect if not rect.clipped(document.bounds).empty else _onto(rect, document.bounds)


def working_box(document: Document) -> Rect:
    """The box of what is selected, or the whole canvas."""
    if document.selection is None:
        return document.bounds
    return document.selection.box


def _onto(rect: Rect, box: Rect) -> Rect:
    """`rect` in the middle of `box`."""
    left = box.left + (box.width - rect.width) // 2
    top = box.top + (box.height - rect.height) // 2
    return Rect.of_size(rect.width, rect.height).moved(left, top)
