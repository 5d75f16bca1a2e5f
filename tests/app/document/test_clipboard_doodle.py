"""Copying and pasting parts of a doodle."""

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.document.clipboard_doodle import _HEAD, _MARK, ClipboardDoodle
from app.document.document import Document
from app.document.label_map import LabelMap
from app.document.patch import UNTOUCHED
from app.document.rect import Rect
from app.document.selection import Selection


def doodle() -> Document:
    labels = np.random.default_rng(0).integers(0, 14, (60, 80), np.uint8)
    return Document(LabelMap.from_array(labels))


def select(document: Document, box: Rect) -> None:
    mask = np.zeros((document.height, document.width), bool)
    mask[box.slices] = True
    document.set_selection(Selection.of_mask(mask))


def labels_of(document: Document) -> np.ndarray:
    return document.labels.read(document.bounds)


def paste(document: Document, clip: ClipboardDoodle) -> None:
    patch = clip.patch_on(document)
    assert patch is not None
    document.redo_patch(patch)


def test_a_copied_selection_comes_back_to_its_place() -> None:
    document = doodle()
    before = labels_of(document)
    mask = np.zeros((60, 80), bool)
    mask[10:30, 20:40] = np.tri(20, dtype=bool)
    document.set_selection(Selection.of_mask(mask.copy()))
    clip = ClipboardDoodle.unpacked(
        ClipboardDoodle.of(document.labels.snapshot(), document.selection).packed()
    )
    assert clip is not None
    assert (clip.left, clip.top) == (20, 10)
    document.set_selection(None)
    document.labels.write(document.bounds, np.full((60, 80), 5, np.uint8))
    paste(document, clip)
    assert np.array_equal(labels_of(document), np.where(mask, before, 5))


def test_a_paste_keeps_to_the_selection() -> None:
    document = doodle()
    before = labels_of(document)
    select(document, Rect(50, 30, 60, 40))
    paste(document, ClipboardDoodle(np.full((30, 30), 3, np.uint8), 0, 0))
    after = labels_of(document)
    assert (after[30:40, 50:60] == 3).all()
    after[30:40, 50:60] = before[30:40, 50:60]
    assert np.array_equal(after, before)


def test_a_clip_outside_the_canvas_is_centred() -> None:
    document = doodle()
    paste(document, ClipboardDoodle(np.full((10, 20), 14, np.uint8), 500, 500))
    assert (labels_of(document)[25:35, 30:50] == 14).all()
    assert (labels_of(document) == 14).sum() == 200


def test_a_clip_larger_than_the_canvas_is_cropped() -> None:
    document = doodle()
    paste(document, ClipboardDoodle(np.full((200, 300), 7, np.uint8), -20, -20))
    assert (labels_of(document) == 7).all()


def test_pasting_without_a_change_is_no_step() -> None:
    document = doodle()
    assert (
        ClipboardDoodle.of(document.labels.snapshot(), document.selection).patch_on(document)
        is None
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"daubclip",
        _HEAD.pack(b"somebody", 4, 4, 0, 0) + zlib.compress(bytes(16)),
        _HEAD.pack(_MARK, 4, 4, 0, 0) + b"not packed",
        _HEAD.pack(_MARK, 4, 4, 0, 0) + zlib.compress(bytes(15)),
        _HEAD.pack(_MARK, 4, 4, 0, 0) + zlib.compress(bytes(15) + b"\x77"),
        _HEAD.pack(_MARK, 2**30, 2**30, 0, 0) + zlib.compress(bytes(16)),
        _HEAD.pack(_MARK, -4, -4, 0, 0) + zlib.compress(bytes(16)),
    ],
)
def test_invalid_clips_are_refused(content: bytes) -> None:
    assert ClipboardDoodle.unpacked(content) is None


def test_a_decompression_bomb_is_not_unpacked() -> None:
    bomb = _HEAD.pack(_MARK, 4, 4, 0, 0) + zlib.compress(bytes(200_000_000), 9)
    clip = ClipboardDoodle.unpacked(bomb)
    assert clip is not None
    assert clip.labels.shape == (4, 4)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_clip_or_none(content: bytes) -> None:
    clip = ClipboardDoodle.unpacked(_HEAD.pack(_MARK, 3, 2, 0, 0) + content)
    assert clip is None or clip.labels.shape == (2, 3)
    assert clip is None or clip.labels.max() <= UNTOUCHED
