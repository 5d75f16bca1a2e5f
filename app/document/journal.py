"""The journal's format: an append-only row of records that an unsaved doodle comes back from.

A record is a step: the whole of the small state (style, seed, ...) and, of the doodle, the boxes
that differ from the record before. Undo and redo are steps like any other, so replay goes one way.

Each is framed as three little-endian uint32 - the payload's length, the crc32 of that length, the
crc32 of the payload - and the payload: the head's length, the head as JSON, the boxes' pixels one
after the other as zlib-1. A record that was cut off at the end never happened; after one that is
damaged in the middle nothing can be trusted.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, BinaryIO
from urllib.parse import quote_from_bytes, unquote_to_bytes

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.document.document_state import DocumentState, Stamp, UnsavedWork
from app.document.errors import DocumentError
from app.document.file_schema import Corner, Length, Look, MaterialId, fitting_background
from app.document.label_map import TILE, LabelMap, LabelSnapshot
from app.document.patch import box_of
from app.document.photo import FIRST_LOOK
from app.document.rect import Rect
from app.document.refined import Refined

FORMAT = 2
# What a Daub without photos reads as well.
WITHOUT_PHOTO = 1
LARGEST_SIDE = 16384
# Stands for the photo's file in the head of a refined picture, where only the look counts.
OF_PHOTO = "photo"
# Bytes of a picture that are packed at a time: some 30 ms.
STRIP = 2**22
# Brush strokes hold no runs that a slower way would find.
FAST = [
    cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY,
    cv2.IMWRITE_PNG_STRATEGY_HUFFMAN_ONLY,
]  # fmt: skip

_FRAME = struct.Struct("<III")
_LENGTH = struct.Struct("<I")


Box = tuple[float, float, float, float]
"""Left, top, width and height, in canvas pixels."""


class JournalError(DocumentError):
    """A journal that cannot be used."""


class DamageError(JournalError):
    """What follows in the journal cannot be trusted."""


@dataclass(frozen=True, eq=False)
class Replay:
    """What a journal tells: the work, and the files with its refined picture and photo ("": none).

    `underlay`: the file with the picture to trace, and its place. `damaged`: a later part of the
    journal could not be read.
    """

    work: UnsavedWork
    picture: str
    damaged: bool
    photo: str = ""
    underlay: tuple[str, Box] | None = None


Side = Annotated[int, Field(ge=1, le=LARGEST_SIDE)]
Place = Annotated[int, Field(ge=0, le=LARGEST_SIDE)]


class _Kind(BaseModel):
    """The one thing that every version of the head tells."""

    format: int


class _Head(BaseModel):
    """A record without its pixels. `size` is there when the canvas is a new one, and blank."""

    model_config = ConfigDict(frozen=True)

    format: int = WITHOUT_PHOTO
    size: tuple[Side, Side] | None
    boxes: tuple[tuple[Place, Place, Place, Place], ...]
    style: str
    seed: int
    path: str
    unsaved: bool
    steps: int
    time: float
    background: MaterialId = 0
    picture: str = Field(pattern=r"^[\w.-]*$")
    photo: str = Field("", pattern=r"^[\w.-]*$")
    look: Look | None = None
    stamp: Stamp | None = None
    underlay: Annotated[str, Field(pattern=r"^[\w.-]*$")] = ""
    underlay_box: tuple[Corner, Corner, Length, Length] | None = None

    def rects(self, bounds: Rect) -> list[Rect]:
        """The boxes. Raises DamageError when they do not fit on the canvas."""
        rects = [Rect(*box) for box in self.boxes]
        if any(rect.clipped(bounds) != rect for rect in rects):
            raise DamageError("a box beyond the canvas")
        if sum(rect.area for rect in rects) > bounds.area:
            raise DamageError("boxes that lie on each other")
        return rects


# -- writing --------------------------------------------------------------------------------


def step_record(
    old: UnsavedWork | None,
    new: UnsavedWork,
    picture: str = "",
    photo: str = "",
    underlay: str = "",
) -> bytes:
    """The record that leads from `old` to `new`; from None or another size, all of `new`.

    `picture`, `photo` and `underlay` are the files that hold these.
    """
    state = new.state
    under, labels = state.underlay if underlay else None, state.labels
    fresh = old is None or old.state.labels.bounds != labels.bounds
    before = LabelMap(labels.width, labels.height).snapshot() if fresh else old.state.labels  # type: ignore[union-attr]
    boxes = changed_boxes(before, labels)
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
        picture=picture,
        photo=photo,
        look=Look(**asdict(state.look)) if photo else None,
        underlay=underlay,
        underlay_box=(under.left, under.top, under.width, under.height) if under else None,
    )
    text = head.model_dump_json().encode()
    return framed(_LENGTH.pack(len(text)) + text + _packed(labels, boxes))


def picture_records(refined: Refined) -> Iterator[bytes]:
    """A refined picture as records of its own: what it was made from, then strips of rows."""
    look = refined.look or FIRST_LOOK
    state = DocumentState(refined.labels, refined.style_id, refined.seed, look=look)
    yield step_record(None, UnsavedWork(state), photo=OF_PHOTO if refined.look is not None else "")
    yield from strip_records(refined.pixels)


def strip_records(pixels: np.ndarray) -> Iterator[bytes]:
    """H x W x C uint8 as records of some rows each."""
    height, width, channels = pixels.shape
    rows = max(1, STRIP // (channels * width))
    for top in range(0, height, rows):
        # OpenCV takes red for blue, here as in `read_strips`.
        done, packed = cv2.imencode(".png", pixels[top : top + rows], FAST)
        assert done
        yield framed(packed.tobytes())


def changed_boxes(old: LabelSnapshot, new: LabelSnapshot) -> list[Rect]:
    """Where two doodles of one size differ: a tight box a tile, and shared tiles cost nothing."""
    columns = -(-new.width // TILE)
    boxes = []
    for index, (before, after) in enumerate(zip(old.tiles, new.tiles, strict=True)):
        if before is not after:
            left, top = index % columns * TILE, index // columns * TILE
            inside = Rect(left, top, left + TILE, top + TILE).clipped(new.bounds)
            differs = (before != after)[: inside.height, : inside.width]
            box = box_of(differs)
            if not box.empty:
                boxes.append(box.moved(left, top))
    return boxes


def _packed(labels: LabelSnapshot, boxes: list[Rect]) -> bytes:
    packer = zlib.compressobj(1)
    return b"".join([*(packer.compress(labels.read(box).data) for box in boxes), packer.flush()])


def framed(payload: bytes) -> bytes:
    """A record with this payload."""
    length = _LENGTH.pack(len(payload))
    return _FRAME.pack(len(payload), zlib.crc32(length), zlib.crc32(payload)) + payload


# -- reading --------------------------------------------------------------------------------


def replay(file: BinaryIO) -> Replay | None:
    """What the journal leads to; None when not even its first record is whole.

    Raises JournalError when a newer Daub has written it.
    """
    reader, damaged = _Reader(), False
    try:
        for payload in payloads(file):
            reader.take(payload)
    except DamageError:
        damaged = True
    return reader.result(damaged)


def read_picture(file: BinaryIO) -> Refined | None:
    """A refined picture; None when it is not all there."""
    reader = _Reader()
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
    return Refined(pixels, labels, state.style_id, state.seed, look)


def read_strips(records: Iterator[bytes], shape: tuple[int, int, int]) -> np.ndarray:
    """What `strip_records` wrote, writable. Raises DamageError when it is not all there."""
    pixels, row = np.empty(shape, np.uint8), 0
    way = cv2.IMREAD_UNCHANGED if shape[2] == 4 else cv2.IMREAD_COLOR
    for packed in records:
        try:
            strip = cv2.imdecode(np.frombuffer(packed, np.uint8), way)
        except cv2.error as error:
            raise DamageError("a strip that is no picture") from error
        if strip is None or strip.shape[1:] != shape[1:] or row + len(strip) > shape[0]:
            raise DamageError("a strip that does not fit")
        pixels[row : row + len(strip)] = strip
        row += len(strip)
    if row < shape[0]:
        raise DamageError("too few strips")
    return pixels


@dataclass
class _Reader:
    """Follows the records."""

    labels: LabelMap | None = None
    head: _Head | None = None

    def take(self, payload: bytes) -> None:
        """Make one more step, or none of it. Raises JournalError."""
        head, packed = _opened(payload)
        labels = LabelMap(*head.size) if head.size is not None else self.labels
        if labels is None:
            raise DamageError("a journal that does not begin with a canvas")
        rects = head.rects(labels.bounds)
        pixels = _unpacked(packed, sum(rect.area for rect in rects))
        ends = np.cumsum([rect.area for rect in rects])
        for rect, block in zip(rects, np.split(pixels, ends[:-1]), strict=False):
            labels.write(rect, block.reshape(rect.height, rect.width))
        self.labels, self.head = labels, head

    def result(self, damaged: bool) -> Replay | None:
        labels, head = self.labels, self.head
        if labels is None or head is None:
            return None
        state = DocumentState(
            labels.snapshot(), head.style, head.seed,
            fitting_background(head.background, bool(head.photo)), look=(head.look or Look()).value,
        )  # fmt: skip
        path = _unpacked_path(head.path)
        work = UnsavedWork(state, path, head.unsaved, head.steps, head.time, head.stamp)
        box = head.underlay_box
        underlay = (head.underlay, box) if head.underlay and box is not None else None
        return Replay(work, head.picture, damaged, head.photo, underlay)


def payloads(file: BinaryIO) -> Iterator[bytes]:
    """Of all whole records. Raises DamageError at one that is damaged."""
    while len(start := file.read(_FRAME.size)) == _FRAME.size:
        length, length_sum, payload_sum = _FRAME.unpack(start)
        if zlib.crc32(start[: _LENGTH.size]) != length_sum:
            # After a power cut a file may end in room for what never came: that was cut off, too.
            if not start.strip(b"\0") and not file.read().strip(b"\0"):
                return
            raise DamageError("a length that is not one")
        payload = file.read(length)
        if len(payload) < length:
            return
        if zlib.crc32(payload) != payload_sum:
            if not file.read(1):
                return
            raise DamageError("a record that is not what was written")
        yield payload


def _opened(payload: bytes) -> tuple[_Head, memoryview]:
    try:
        (length,) = _LENGTH.unpack_from(payload)
        end = _LENGTH.size + length
        text = payload[_LENGTH.size : end]
        if _Kind.model_validate_json(text).format > FORMAT:
            raise JournalError("It was written by a newer Daub.")
        head = _Head.model_validate_json(text)
    except (struct.error, ValidationError) as error:
        raise DamageError("a head that is not one") from error
    return head, memoryview(payload)[end:]


def _unpacked(packed: memoryview, size: int) -> np.ndarray:
    try:
        raw = zlib.decompressobj().decompress(packed, size + 1)
    except zlib.error as error:
        raise DamageError("pixels that cannot be unpacked") from error
    if len(raw) != size:
        raise DamageError("more or fewer pixels than boxes")
    return np.frombuffer(raw, np.uint8)


def _packed_path(path: Path | None) -> str:
    # JSON is text, and the name of a file may be none.
    return "" if path is None else quote_from_bytes(os.fsencode(path))


def _unpacked_path(text: str) -> Path | None:
    return Path(os.fsdecode(unquote_to_bytes(text))) if text else None
