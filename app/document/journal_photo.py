"""A document's photo in the journal: it is written once, to a separate file."""

import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, BinaryIO

import numpy as np
from pydantic import Field, ValidationError

from app.document.file_schema import Entry
from app.document.journal import (
    LARGEST_SIDE,
    DamageError,
    JournalError,
    UnsavedWork,
    framed,
    payloads,
    read_strips,
    strip_records,
)
from app.document.label_map import LabelMap
from app.document.photo import Photo
from resources.colour_depth import from_bytes, lower_bytes, upper_bytes
from resources.materials import materials

_Side = Annotated[int, Field(ge=1, le=LARGEST_SIDE)]
_LENGTH = struct.Struct("<I")


class _Head(Entry):
    name: str
    width: _Side
    height: _Side
    alpha: bool
    deep: bool = False


def photo_records(photo: Photo) -> Iterator[bytes]:
    """Yield the records of a photo: its name and camera data, then its strips."""
    head = _Head(
        name=photo.name, width=photo.width, height=photo.height, alpha=photo.alpha is not None,
        deep=photo.deep is not None,
    )  # fmt: skip
    text = head.model_dump_json().encode()
    yield framed(_LENGTH.pack(len(text)) + text + photo.camera)
    planes = photo.pixels if photo.alpha is None else np.dstack([photo.pixels, photo.alpha])
    if photo.deep is not None:
        planes = np.concatenate([planes, upper_bytes(photo.deep), lower_bytes(photo.deep)])
    yield from strip_records(planes)


def read_photo(file: BinaryIO) -> Photo | None:
    """Read the records of `photo_records`; None if they are incomplete or damaged."""
    try:
        records = payloads(file)
        head, camera = _opened(next(records, b""))
        rows = 3 * head.height if head.deep else head.height
        planes = read_strips(records, (rows, head.width, 4 if head.alpha else 3))
    except JournalError:
        return None
    deep = None
    if head.deep:
        planes, upper, lower = np.split(planes, 3)
        deep = from_bytes(upper, lower)
    if not head.alpha:
        return Photo(head.name, planes, None, camera, deep)
    pixels, alpha = np.ascontiguousarray(planes[..., :3]), np.ascontiguousarray(planes[..., 3])
    return Photo(head.name, pixels, alpha, camera, deep)


def with_photo(work: UnsavedWork, photo: Photo | None) -> UnsavedWork:
    """Return the work with its photo.

    If the photo is missing or has another size, the work gets none: painted materials stay, and
    photo materials become material 0.
    """
    state = work.state
    if photo is not None and (photo.width, photo.height) == (
        state.labels.width,
        state.labels.height,
    ):
        return replace(work, state=replace(state, photo=photo))
    labels = state.labels.array()
    if labels.max() < len(materials()):
        return work
    painted = np.where(labels < len(materials()), labels, 0).astype(np.uint8)
    background = state.background if state.background < len(materials()) else 0
    bare = replace(state, labels=LabelMap.from_array(painted).snapshot(), background=background)
    return replace(work, state=bare)


def _opened(payload: bytes) -> tuple[_Head, bytes]:
    try:
        (length,) = _LENGTH.unpack_from(payload)
        end = _LENGTH.size + length
        return _Head.model_validate_json(payload[_LENGTH.size : end]), payload[end:]
    except (struct.error, ValidationError) as error:
        raise DamageError("an invalid header") from error
