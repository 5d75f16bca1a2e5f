"""The journal format: an append-only sequence of records from which unsaved work is recovered.

A record is a state. It holds all of the small state (style, seed, ...) and the rectangles of the
doodle and of the pen's directions that differ from the previous record. Undo and redo are ordinary
records, so replay only runs forward. A record also says where its state lies in the undo history
(`journal_history.py`); readers that do not know of it find the same states.

A record consists of three little-endian uint32 (length of the payload, crc32 of that length, crc32
of the payload) and the payload: the length of the header, the header as JSON, and the pixels of all
rectangles in order, compressed with zlib level 1. The directions follow in the same way, in a
second stream, which versions of Daub without directions do not read. A truncated last record is
ignored. Everything after a damaged record is discarded.
"""

import math
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, BinaryIO
from urllib.parse import quote_from_bytes, unquote_to_bytes

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.document.directions import DirectionMap, DirectionSnapshot
from app.document.document_state import DocumentState, Stamp, UnsavedWork
from app.document.doodle import Doodle, EditableDoodle
from app.document.errors import DocumentError
from app.document.file_schema import (
    BrushworkEntry,
    Look,
    MaterialId,
    fitting_background,
)
from app.document.journal_history import (
    Box,
    FileName,
    HistoryReader,
    NameOf,
    place_entry,
    read_place,
    underlay_value,
    without_step,
)
from app.document.label_map import LabelMap
from app.document.patch import box_of
from app.document.photo import FIRST_LOOK
from app.document.rect import Rect
from app.document.refined import Refined
from app.document.tile_grid import TILE, TileGrid, TrackedGrid
from app.document.undo_steps import NO_HISTORY, Place, UndoHistory

FORMAT = 2
# Also readable by versions of Daub that do not support photos.
WITHOUT_PHOTO = 1
LARGEST_SIDE = 16384
# Placeholder for the photo's file in the header of a refined picture, which needs only the look.
OF_PHOTO = "photo"
# Bytes of a picture that are compressed at a time: about 30 ms.
STRIP = 2**22
# Slower PNG strategies find no more repetitions in brush strokes.
FAST = [
    cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY,
    cv2.IMWRITE_PNG_STRATEGY_HUFFMAN_ONLY,
]  # fmt: skip

_FRAME = struct.Struct("<III")
_LENGTH = struct.Struct("<I")


class JournalError(DocumentError):
    """Raised when a journal cannot be used."""


class DamageError(JournalError):
    """Raised for a damaged record; the rest of the journal is discarded."""


@dataclass(frozen=True, eq=False)
class Replay:
    """The result of reading a journal.

    `work`: the recovered work; `picture` and `photo`: names of the files with its refined picture
    and its photo, empty for none; `underlay`: name of the file with the picture to trace, and its
    box; `damaged`: whether a later part of the journal could not be read; `history`: the undo
    steps, if they were asked for. The named files may be missing.
    """

    work: UnsavedWork
    picture: str
    damaged: bool
    photo: str = ""
    underlay: tuple[str, Box] | None = None
    history: UndoHistory = NO_HISTORY


Side = Annotated[int, Field(ge=1, le=LARGEST_SIDE)]
Edge = Annotated[int, Field(ge=0, le=LARGEST_SIDE)]


class _Kind(BaseModel):
    """The one key that the header has in every version."""

    format: int


class _Head(BaseModel):
    """The header of a record. `size` is set when the record starts with a new, blank canvas."""

    model_config = ConfigDict(frozen=True)

    format: int = WITHOUT_PHOTO
    size: tuple[Side, Side] | None
    boxes: tuple[tuple[Edge, Edge, Edge, Edge], ...]
    style: str
    seed: int
    path: str
    unsaved: bool
    steps: int
    time: float
    background: MaterialId = 0
    picture: FileName
    photo: FileName = ""
    look: Look | None = None
    brushwork: BrushworkEntry = BrushworkEntry()
    stamp: Stamp | None = None
    underlay: FileName = ""
    underlay_box: Box | None = None
    # Checked when it is used: what a newer version says here damages nothing.
    place: Any = None
    directions: tuple[tuple[Edge, Edge, Edge, Edge], ...] = ()

    @staticmethod
    def rects(boxes: Sequence[tuple[int, int, int, int]], bounds: Rect) -> list[Rect]:
        """Return boxes. Raise DamageError if they do not fit into `bounds`."""
        rects = [Rect(*box) for box in boxes]
        if any(rect.clipped(bounds) != rect for rect in rects):
            raise DamageError("a box outside the canvas")
        if sum(rect.area for rect in rects) > bounds.area:
            raise DamageError("overlapping boxes")
        return rects


# -- writing --------------------------------------------------------------------------------


def no_name(_picture: object) -> str:
    """Leave out the pictures."""
    return ""


def step_record(
    old: UnsavedWork | None, new: UnsavedWork, name_of: NameOf = no_name, photo: str = ""
) -> bytes:
    """Return the record for the step from `old` to `new`.

    With None or another canvas size as `old`, it contains all of `new`. `name_of` returns the names
    of the files with its pictures; `photo` is the name of its photo, if that is not part of `new`.
    """
    state = new.state
    under, labels = state.underlay, state.labels
    fresh = old is None or old.state.labels.bounds != labels.bounds
    before = LabelMap(labels.width, labels.height).snapshot() if fresh else old.state.labels  # type: ignore[union-attr]
    boxes = changed_boxes(before, labels)
    place = place_entry(new.place, name_of)
    photo = photo or name_of(state.photo)
    empty = DirectionSnapshot.empty(labels.bounds)
    turned = state.directions or empty
    turned_before = empty if fresh else old.state.directions or empty  # type: ignore[union-attr]
    turned_boxes = changed_boxes(turned_before, turned)
    head = _Head(
        format=FORMAT if photo else WITHOUT_PHOTO,
        size=(labels.width, labels.height) if fresh else None,
        boxes=tuple(boxes),
        style=state.style_id,
        seed=state.seed,
        path=_packed_path(new.path),
        stamp=new.stamp,
        unsaved=new.unsaved,
        steps=new.steps,
        time=new.time,
        background=state.background,
        picture=name_of(state.refined),
        photo=photo,
        look=Look(**asdict(state.look)) if photo else None,
        brushwork=BrushworkEntry.of(state.brushwork),
        underlay=name_of(under.pixels) if under is not None else "",
        underlay_box=(under.left, under.top, under.width, under.height) if under else None,
        place=place,
        directions=tuple(turned_boxes),
    )
    return _record(head, labels, turned)


def _record(head: _Head, labels: TileGrid, turned: TileGrid) -> bytes:
    """Return the record with a header and the pixels of its boxes."""
    text = head.model_dump_json().encode()
    pixels = _packed(labels, [Rect(*box) for box in head.boxes])
    if head.directions:
        pixels += _packed(turned, [Rect(*box) for box in head.directions])
    return framed(_LENGTH.pack(len(text)) + text + pixels)


def picture_records(refined: Refined) -> Iterator[bytes]:
    """Yield the records of a refined picture: what it was made from, then its strips."""
    look = refined.look or FIRST_LOOK
    state = DocumentState(
        refined.labels, refined.style_id, refined.seed, look=look, brushwork=refined.brushwork,
        directions=refined.directions,
    )  # fmt: skip
    yield step_record(None, UnsavedWork(state), photo=OF_PHOTO if refined.look is not None else "")
    yield from strip_records(refined.pixels)


def strip_records(pixels: np.ndarray) -> Iterator[bytes]:
    """Yield H x W x C uint8 pixels as records, each a PNG with a strip of rows."""
    height, width, channels = pixels.shape
    rows = max(1, STRIP // (channels * width))
    for top in range(0, height, rows):
        # OpenCV expects BGR: red and blue are swapped here and back in `read_strips`.
        done, packed = cv2.imencode(".png", pixels[top : top + rows], FAST)
        assert done
        yield framed(packed.tobytes())


def changed_boxes(old: TileGrid, new: TileGrid) -> list[Rect]:
    """Return the boxes where two grids of the same size differ: one tight box per tile."""
    columns = -(-new.width // TILE)
    boxes = []
    for index, (before, after) in enumerate(zip(old.tiles, new.tiles, strict=True)):
        if before is not after:
            left, top = index % columns * TILE, index // columns * TILE
            inside = Rect(left, top, left + TILE, top + TILE).clipped(new.bounds)
            differs = (before != after)[: inside.height, : inside.width]
            box = box_of(differs.any(2) if differs.ndim == 3 else differs)
            if not box.empty:
                boxes.append(box.moved(left, top))
    return boxes


def _packed(grid: TileGrid, boxes: list[Rect]) -> bytes:
    packer = zlib.compressobj(1)
    return b"".join([*(packer.compress(grid.read(box).data) for box in boxes), packer.flush()])


def framed(payload: bytes) -> bytes:
    """Return the record with this payload."""
    length = _LENGTH.pack(len(payload))
    return _FRAME.pack(len(payload), zlib.crc32(length), zlib.crc32(payload)) + payload


def record_length(payload: bytes) -> int:
    """Return the length of the record with this payload, in bytes."""
    return _FRAME.size + len(payload)


# -- reading --------------------------------------------------------------------------------


def replay(file: BinaryIO, history: bool = False) -> Replay | None:
    """Read a journal up to the first damaged record; None if it has no complete record.

    `history`: collect its undo steps too. Raise JournalError if a newer version of Daub has written
    it.
    """
    reader, damaged = Reader(HistoryReader() if history else None), False
    try:
        for payload in payloads(file):
            reader.take(payload)
    except DamageError:
        damaged = True
    return reader.result(damaged)


def read_picture(file: BinaryIO) -> Refined | None:
    """Read a refined picture; None if it is incomplete or damaged."""
    reader = Reader()
    try:
        records = payloads(file)
        reader.take(next(records, b""))
        made_from = reader.result(damaged=False)
        if made_from is None:
            return None
        labels = made_from.work.state.labels
        pixels = read_strips(records, (labels.height, labels.width, 3))
    except JournalError:
        return None
    pixels.flags.writeable = False
    state = made_from.work.state
    look = state.look if made_from.photo else None
    return Refined(
        pixels, labels, state.style_id, state.seed, look, state.brushwork,
        directions=state.directions,
    )  # fmt: skip


def read_strips(records: Iterator[bytes], shape: tuple[int, int, int]) -> np.ndarray:
    """Read the strips of `strip_records` as a writable array; DamageError if incomplete."""
    pixels, row = np.empty(shape, np.uint8), 0
    read_mode = cv2.IMREAD_UNCHANGED if shape[2] == 4 else cv2.IMREAD_COLOR
    for packed in records:
        try:
            strip = cv2.imdecode(np.frombuffer(packed, np.uint8), read_mode)
        except cv2.error as error:
            raise DamageError("a strip that is not a picture") from error
        if strip is None or strip.shape[1:] != shape[1:] or row + len(strip) > shape[0]:
            raise DamageError("a strip that does not fit")
        pixels[row : row + len(strip)] = strip
        row += len(strip)
    if row < shape[0]:
        raise DamageError("too few strips")
    return pixels


@dataclass
class Reader:
    """Applies the records of a journal one by one. With a `history`, it collects the undo steps."""

    history: HistoryReader | None = None
    labels: LabelMap | None = None
    directions: DirectionMap | None = None
    head: _Head | None = None

    def take(self, payload: bytes) -> None:
        """Apply one record. Raise JournalError and change nothing if it is damaged."""
        head, packed = _opened(payload)
        labels, directions = self.labels, self.directions
        if head.size is not None:
            labels, directions = LabelMap(*head.size), DirectionMap(*head.size)
        if labels is None or directions is None:
            raise DamageError("a first record without a canvas")
        rects = head.rects(head.boxes, labels.bounds)
        turned = head.rects(head.directions, directions.bounds)
        pixels, rest = _unpacked(packed, sum(rect.area for rect in rects))
        vectors = np.zeros(0, np.uint8)
        if turned:
            vectors, _ = _unpacked(rest, 2 * sum(rect.area for rect in turned))
        old = self._doodle() if self.history else None
        _write(labels, rects, pixels)
        _write(directions, turned, np.maximum(vectors, 1))
        if self.history is not None:
            boxes = rects if head.size is None else None
            now, place = EditableDoodle(labels, directions), read_place(head.place)
            self.history.follow(old, now, _values(head), place, boxes)
        self.labels, self.directions, self.head = labels, directions, head

    def _doodle(self) -> Doodle | None:
        """Return the doodle so far, immutable."""
        if self.labels is None or self.directions is None:
            return None
        return Doodle(self.labels.snapshot(), self.directions.snapshot())

    @property
    def place(self) -> Place | None:
        """The place of the state in the undo history, if the record says it."""
        return read_place(self.head.place) if self.head is not None else None

    def record(self) -> bytes:
        """Return a record that contains all of the state."""
        labels, turned, head = self.labels, self.directions, self.head
        assert labels is not None
        assert turned is not None
        assert head is not None
        boxes = changed_boxes(LabelMap(labels.width, labels.height), labels)
        turned_boxes = changed_boxes(DirectionMap(labels.width, labels.height), turned)
        changes = {
            "size": (labels.width, labels.height), "boxes": tuple(boxes),
            "directions": tuple(turned_boxes), "place": without_step(head.place),
        }  # fmt: skip
        return _record(head.model_copy(update=changes), labels, turned)

    def result(self, damaged: bool) -> Replay | None:
        """Return the state after the last record; None before the first one."""
        labels, head = self.labels, self.head
        if labels is None or self.directions is None or head is None:
            return None
        turned = self.directions.snapshot()
        state = DocumentState(
            labels.snapshot(), head.style, head.seed,
            fitting_background(head.background, bool(head.photo)),
            look=head.look.value if head.look is not None else FIRST_LOOK,
            brushwork=head.brushwork.value, directions=None if turned.blank else turned,
        )  # fmt: skip
        path = _unpacked_path(head.path)
        work = UnsavedWork(
            state,
            path,
            head.unsaved,
            head.steps,
            head.time,
            head.stamp,
            place=read_place(head.place),
        )
        underlay = underlay_value(head.underlay, head.underlay_box)
        history = self.history.result() if self.history is not None else NO_HISTORY
        return Replay(work, head.picture, damaged, head.photo, underlay, history)


def _values(head: _Head) -> dict[str, Any]:
    """Return the values of a record, see `journal_history.Values`."""
    return {
        "style_id": head.style, "seed": head.seed, "background": head.background,
        "look": (head.look or Look()).value, "brushwork": head.brushwork.value,
        "refined": head.picture, "photo": head.photo,
        "underlay": underlay_value(head.underlay, head.underlay_box),
    }  # fmt: skip


def _write(grid: TrackedGrid, rects: list[Rect], pixels: np.ndarray) -> None:
    """Write the pixels of all rectangles, one after another."""
    depth = grid.tiles[0].shape[2:]
    ends = np.cumsum([rect.area * math.prod(depth) for rect in rects])
    for rect, block in zip(rects, np.split(pixels, ends[:-1]), strict=False):
        grid.write(rect, block.reshape(rect.height, rect.width, *depth))


def payloads(file: BinaryIO) -> Iterator[bytes]:
    """Yield the payloads of all complete records. Raise DamageError at a damaged one."""
    while len(start := file.read(_FRAME.size)) == _FRAME.size:
        length, length_sum, payload_sum = _FRAME.unpack(start)
        if zlib.crc32(start[: _LENGTH.size]) != length_sum:
            # A power cut can leave zeros at the end of the file: treat them as a truncated record.
            if not start.strip(b"\0") and not file.read().strip(b"\0"):
                return
            raise DamageError("an invalid length")
        payload = file.read(length)
        if len(payload) < length:
            return
        if zlib.crc32(payload) != payload_sum:
            if not file.read(1):
                return
            raise DamageError("a record with a wrong checksum")
        yield payload


def _opened(payload: bytes) -> tuple[_Head, memoryview]:
    try:
        (length,) = _LENGTH.unpack_from(payload)
        end = _LENGTH.size + length
        text = payload[_LENGTH.size : end]
        if _Kind.model_validate_json(text).format > FORMAT:
            raise JournalError("It was written by a newer version of Daub.")
        head = _Head.model_validate_json(text)
    except (struct.error, ValidationError) as error:
        raise DamageError("an invalid header") from error
    return head, memoryview(payload)[end:]


def _unpacked(packed: memoryview | bytes, size: int) -> tuple[np.ndarray, bytes]:
    """Return the bytes of a compressed stream, which must be `size`, and what follows it."""
    packer = zlib.decompressobj()
    try:
        raw = packer.decompress(packed, size + 1)
    except zlib.error as error:
        raise DamageError("pixels that cannot be unpacked") from error
    if len(raw) != size:
        raise DamageError("a wrong number of pixels")
    return np.frombuffer(raw, np.uint8), packer.unused_data


def _packed_path(path: Path | None) -> str:
    # A file name may not be valid text, but JSON is.
    return "" if path is None else quote_from_bytes(os.fsencode(path))


def _unpacked_path(text: str) -> Path | None:
    return Path(os.fsdecode(unquote_to_bytes(text))) if text else None
