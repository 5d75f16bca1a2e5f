"""The clipboard format for a part of a doodle."""

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
    """A copied part of a doodle.

    `labels`: h x w uint8 material ids, UNTOUCHED where nothing was selected; `left` and `top`: its
    original position in canvas pixels.
    """

    labels: np.ndarray
    left: int
    top: int

    @classmethod
    def of(cls, doodle: LabelSnapshot, selection: Selection | None) -> "ClipboardDoodle":
        """Copy the selected part of a doodle, or all of it without a selection."""
        rect = doodle.bounds if selection is None else selection.box
        labels = doodle.read(rect)
        if selection is not None:
            labels[~selection.mask[rect.slices]] = UNTOUCHED
        return cls(labels, rect.left, rect.top)

    @property
    def count(self) -> int:
        """Number of copied pixels."""
        return int(np.count_nonzero(self.labels != UNTOUCHED))

    def packed(self) -> bytes:
        """Return the bytes for the clipboard: a header and zlib-compressed labels."""
        height, width = self.labels.shape
        head = _HEAD.pack(_MARK, width, height, self.left, self.top)
        return head + zlib.compress(self.labels.tobytes(), 1)

    @classmethod
    def unpacked(cls, content: bytes) -> "ClipboardDoodle | None":
        """Read the bytes that `packed` returns; None when they are anything else or damaged."""
        try:
            mark, width, height, left, top = _HEAD.unpack_from(content)
            if mark != _MARK or not (0 < width <= LARGEST and 0 < height <= LARGEST):
                return None
            # Limit the output to the announced size: the bytes are not trusted.
            raw = zlib.decompressobj().decompress(content[_HEAD.size :], width * height)
            labels = np.frombuffer(raw, np.uint8).reshape(height, width)
        except (struct.error, zlib.error, ValueError):
            return None
        known = np.isin(labels, [*materials_by_id(), UNTOUCHED])
        return cls(labels, left, top) if known.all() else None

    def patch_on(self, document: Document) -> Patch | None:
        """Return the patch that pastes these labels into the doodle; None if it changes nothing.

        Pastes at the original position, or at the centre of the selection (without one, of the
        canvas) if the original position is outside. With a selection only its pixels change.
        """
        before = document.labels.snapshot()
        rect = self._place(document)
        part = rect.clipped(document.bounds)
        block = self.labels[part.slices_in(rect)]
        # Ids from len(materials()) on are UNTOUCHED and materials of photos: without a photo, none
        # of these is pasted.
        unchanged = block == UNTOUCHED if document.photo is not None else block >= len(materials())
        if document.selection is not None:
            unchanged |= ~document.selection.mask[part.slices]
        after = LabelMap.from_snapshot(before)
        after.write(part, np.where(unchanged, after.read(part), block))
        return Patch.between(before, after, part)

    def _place(self, document: Document) -> Rect:
        height, width = self.labels.shape
        rect = Rect.of_size(width, height).moved(self.left, self.top)
        if document.selection is not None:
            box = working_box(document)
            return rect if not rect.clipped(box).empty else _centred(rect, box)
        return rect if not rect.clipped(document.bounds).empty else _centred(rect, document.bounds)


def working_box(document: Document) -> Rect:
    """Return the bounding box of the selection, or the whole canvas without one."""
    if document.selection is None:
        return document.bounds
    return document.selection.box


def _centred(rect: Rect, box: Rect) -> Rect:
    """Centre `rect` in `box`."""
    left = box.left + (box.width - rect.width) // 2
    top = box.top + (box.height - rect.height) // 2
    return Rect.of_size(rect.width, rect.height).moved(left, top)
