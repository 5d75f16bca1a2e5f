"""Rotate, flip, crop, extend and scale the canvas with everything on it."""

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from app.document.directions import DirectionSnapshot, Matrix
from app.document.document_state import DocumentState
from app.document.label_map import LabelMap, LabelSnapshot
from app.document.patch import UNTOUCHED
from app.document.photo import Photo
from app.document.picture import PictureSnapshot
from app.document.rect import Rect
from app.document.resample import resized_labels
from app.document.selection import Selection
from app.document.underlay import Underlay

EDGES = None
"""Used as a material: continue the material at the canvas edge into the new pixels."""

MIRRORED = -1
"""Fill value of photos: mirror the photo at its edge; repeating the edge would draw lines."""


Transform = Callable[[DocumentState], DocumentState]
"""Function from a state with its preview to the state on the new canvas. The transformed preview is
shown until the canvas is repainted. Slow on a large canvas: do not call it on the UI thread."""


def flipped_across(state: DocumentState) -> DocumentState:
    """Flip the canvas horizontally."""
    back = (-1, 0, state.labels.width), (0, 1, 0)
    return _moved(state, lambda pixels, _: pixels[:, ::-1], Underlay.flipped_across, back)


def flipped_down(state: DocumentState) -> DocumentState:
    """Flip the canvas vertically."""
    back = (1, 0, 0), (0, -1, state.labels.height)
    return _moved(state, lambda pixels, _: pixels[::-1], Underlay.flipped_down, back)


def turned_left(state: DocumentState) -> DocumentState:
    """Rotate the canvas by 90 degrees counter-clockwise."""
    back = (0, -1, state.labels.width), (1, 0, 0)
    return _moved(state, lambda pixels, _: np.rot90(pixels), Underlay.turned_left, back)


def turned_right(state: DocumentState) -> DocumentState:
    """Rotate the canvas by 90 degrees clockwise."""
    back = (0, 1, 0), (-1, 0, state.labels.height)
    return _moved(state, lambda pixels, _: np.rot90(pixels, -1), Underlay.turned_right, back)


def cropped_to(rect: Rect) -> Transform:
    """Return a transform that crops to `rect`, which must lie on the canvas."""

    def follow(underlay: Underlay, _canvas: Rect) -> Underlay:
        return underlay.moved(-rect.left, -rect.top)

    back = (1, 0, rect.left), (0, 1, rect.top)
    return lambda state: _moved(state, lambda pixels, _: pixels[rect.slices], follow, back)


def laid_on(width: int, height: int, left: int, top: int, material: int | None) -> Transform:
    """Return a transform that puts the old canvas at (left, top) of a new one and crops it.

    New pixels get `material`, or with EDGES the material at the edge. The refined picture never
    shows there, and a photo is mirrored at its edges.
    """

    def transform(state: DocumentState) -> DocumentState:
        canvas = Rect.of_size(width, height)
        kept = state.labels.bounds.moved(left, top).clipped(canvas)

        def lay(pixels: np.ndarray, filling: int | None) -> np.ndarray:
            part = pixels[kept.moved(-left, -top).slices]
            sides = (kept.top, height - kept.bottom, kept.left, width - kept.right)
            part = np.ascontiguousarray(part)
            if filling is EDGES:
                return cv2.copyMakeBorder(part, *sides, cv2.BORDER_REPLICATE)
            if filling is MIRRORED:
                return cv2.copyMakeBorder(part, *sides, cv2.BORDER_REFLECT)
            value = (filling,) * 4
            return cv2.copyMakeBorder(part, *sides, cv2.BORDER_CONSTANT, value=value)

        back = (1, 0, -left), (0, 1, -top)
        return _moved(state, lay, lambda underlay, _: underlay.moved(left, top), back, material)

    return transform


def scaled_to(width: int, height: int) -> Transform:
    """Return a transform that scales the canvas, with smooth edges between materials.

    The refined picture is dropped, because scaling would change the size of its strokes.
    """

    def transform(state: DocumentState) -> DocumentState:
        labels = LabelMap.from_array(resized_labels(state.labels.array(), width, height))
        size, preview = (width, height), None
        if state.preview is not None:
            pixels = cv2.resize(state.preview.array(), size, interpolation=cv2.INTER_LINEAR)
            preview = PictureSnapshot.from_array(pixels)
        selection = None
        if state.selection is not None:
            mask = state.selection.mask.view(np.uint8) * np.uint8(255)
            share = cv2.resize(mask, size, interpolation=cv2.INTER_LINEAR)
            selection = Selection.of_mask(share >= 128)
        photo = None if state.photo is None else state.photo.scaled(width, height)
        underlay, bounds = state.underlay, state.labels.bounds
        if underlay is not None:
            underlay = underlay.scaled(width / bounds.width, height / bounds.height)
        back = (bounds.width / width, 0, 0), (0, bounds.height / height, 0)
        return replace(
            state, labels=labels.snapshot(), refined=None, photo=photo, underlay=underlay,
            selection=selection, preview=preview,
            directions=_moved_directions(state.directions, labels.bounds, back),
        )  # fmt: skip

    return transform


def edge_material(labels: LabelSnapshot) -> int:
    """Return the most frequent material along the canvas edge."""
    bounds = labels.bounds
    sides = (
        bounds._replace(bottom=1), bounds._replace(top=bounds.bottom - 1),
        bounds._replace(right=1), bounds._replace(left=bounds.right - 1),
    )  # fmt: skip
    edge = np.concatenate([labels.read(side).ravel() for side in sides])
    return int(np.bincount(edge).argmax())


_Move = Callable[[np.ndarray, int | None], np.ndarray]
_Follow = Callable[[Underlay, Rect], Underlay]


def _moved(
    state: DocumentState, move: _Move, follow: _Follow, back: Matrix, material: int | None = 0
) -> DocumentState:
    """Apply `move` to all arrays of the canvas and `follow` to the underlay.

    `move` takes an array and the fill value of new pixels; `follow` takes the underlay and the
    bounds of the old canvas; `back` maps the new canvas to the old one. `material` fills new pixels
    of the doodle.
    """
    labels = LabelMap.from_array(move(state.labels.array(), material))
    refined, selection = state.refined, state.selection
    if refined is not None:
        pixels = np.ascontiguousarray(move(refined.pixels, 0))
        pixels.flags.writeable = False
        # UNTOUCHED is no material: new pixels always differ from the doodle.
        doodle = LabelMap.from_array(move(refined.labels.array(), UNTOUCHED)).snapshot()
        turned = _moved_directions(refined.directions, labels.bounds, back)
        refined = replace(refined, pixels=pixels, labels=doodle, directions=turned)
    if selection is not None:
        mask = move(selection.mask.view(np.uint8), 0).view(bool)
        selection = Selection.of_mask(np.ascontiguousarray(mask))
    preview = state.preview
    if preview is not None:
        preview = PictureSnapshot.from_array(move(preview.array(), EDGES))
    photo, underlay = _moved_photo(state.photo, move), state.underlay
    if underlay is not None:
        underlay = follow(underlay, state.labels.bounds)
    return replace(
        state, labels=labels.snapshot(), refined=refined, photo=photo, underlay=underlay,
        selection=selection, preview=preview,
        directions=_moved_directions(state.directions, labels.bounds, back),
    )  # fmt: skip


def _moved_directions(
    directions: DirectionSnapshot | None, canvas: Rect, back: Matrix
) -> DirectionSnapshot | None:
    if directions is None:
        return None
    return directions.transformed(canvas.width, canvas.height, back)


def _moved_photo(photo: Photo | None, move: _Move) -> Photo | None:
    if photo is None:
        return None
    return photo.altered(lambda plane: move(plane, MIRRORED))
