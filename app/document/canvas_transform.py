"""The canvas turned, flipped, cut, extended or scaled, with all that lies on it."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from app.document.label_map import LabelMap, LabelSnapshot
from app.document.patch import UNTOUCHED
from app.document.photo import Photo
from app.document.picture import Picture, PictureSnapshot
from app.document.rect import Rect
from app.document.refined import Refined
from app.document.resample import resized_labels
from app.document.selection import Selection
from app.document.underlay import Underlay

EDGES = None
"""Stands for a material: extend with whatever material lies along the canvas's edge."""

MIRRORED = -1
"""The same for a photo, whose edge drawn out would be a row of lines."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """What lies on a canvas of one size; all of it is turned and cut together."""

    labels: LabelSnapshot
    preview: PictureSnapshot
    refined: Refined | None = None
    selection: Selection | None = None
    photo: Photo | None = None
    underlay: Underlay | None = None

    def same_as(self, other: "Sheet") -> bool:
        """Nothing but the preview has changed in between."""
        return (
            self.labels.shares_all(other.labels)
            and self.refined is other.refined
            and self.selection is other.selection
            and self.photo is other.photo
            and self.underlay is other.underlay
        )


@dataclass(frozen=True, eq=False)
class Reshaped:
    """The same after a change of the canvas; `preview` stands in until it is repainted."""

    labels: LabelMap
    preview: Picture
    refined: Refined | None
    selection: Selection | None
    photo: Photo | None = None
    underlay: Underlay | None = None


Reshape = Callable[[Sheet], Reshaped]
"""Takes a while on a large canvas, so not on the UI thread."""


def flipped_across(sheet: Sheet) -> Reshaped:
    """Left is right."""
    return _moved(sheet, lambda pixels, _: pixels[:, ::-1], Underlay.flipped_across)


def flipped_down(sheet: Sheet) -> Reshaped:
    """Top is bottom."""
    return _moved(sheet, lambda pixels, _: pixels[::-1], Underlay.flipped_down)


def turned_left(sheet: Sheet) -> Reshaped:
    """A quarter turn against the clock."""
    return _moved(sheet, lambda pixels, _: np.rot90(pixels), Underlay.turned_left)


def turned_right(sheet: Sheet) -> Reshaped:
    """A quarter turn with the clock."""
    return _moved(sheet, lambda pixels, _: np.rot90(pixels, -1), Underlay.turned_right)


def cropped_to(rect: Rect) -> Reshape:
    """Keep what lies in `rect`, which lies on the canvas."""

    def follow(underlay: Underlay, _canvas: Rect) -> Underlay:
        return underlay.moved(-rect.left, -rect.top)

    return lambda sheet: _moved(sheet, lambda pixels, _: pixels[rect.slices], follow)


def laid_on(width: int, height: int, left: int, top: int, material: int | None) -> Reshape:
    """Put the old canvas's corner at (left, top) of a new one; what stands over is cut off.

    What is new is of one material, or continues the EDGES. A refined picture never shows there,
    and a photo is mirrored at its edges.
    """

    def reshape(sheet: Sheet) -> Reshaped:
        canvas = Rect.of_size(width, height)
        kept = sheet.labels.bounds.moved(left, top).clipped(canvas)

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

        return _moved(sheet, lay, lambda underlay, _: underlay.moved(left, top), material)

    return reshape


def scaled_to(width: int, height: int) -> Reshape:
    """The doodle at another size, with smooth edges.

    A refined picture is left out: its strokes would change their size.
    """

    def reshape(sheet: Sheet) -> Reshaped:
        labels = LabelMap.from_array(resized_labels(sheet.labels.array(), width, height))
        size = (width, height)
        preview = cv2.resize(sheet.preview.array(), size, interpolation=cv2.INTER_LINEAR)
        selection = None
        if sheet.selection is not None:
            mask = sheet.selection.mask.view(np.uint8) * np.uint8(255)
            share = cv2.resize(mask, size, interpolation=cv2.INTER_LINEAR)
            selection = Selection.of_mask(share >= 128)
        photo = None if sheet.photo is None else sheet.photo.scaled(width, height)
        underlay, bounds = sheet.underlay, sheet.labels.bounds
        if underlay is not None:
            underlay = underlay.scaled(width / bounds.width, height / bounds.height)
        return Reshaped(labels, Picture.from_array(preview), None, selection, photo, underlay)

    return reshape


def edge_material(labels: LabelSnapshot) -> int:
    """The material that most of the canvas's edge is of."""
    bounds = labels.bounds
    sides = (
        bounds._replace(bottom=1), bounds._replace(top=bounds.bottom - 1),
        bounds._replace(right=1), bounds._replace(left=bounds.right - 1),
    )  # fmt: skip
    edge = np.concatenate([labels.read(side).ravel() for side in sides])
    return int(np.bincount(edge).argmax())


_Move = Callable[[np.ndarray, int | None], np.ndarray]
_Follow = Callable[[Underlay, Rect], Underlay]


def _moved(sheet: Sheet, move: _Move, follow: _Follow, material: int | None = 0) -> Reshaped:
    """`move` takes an array of the canvas and what to fill new pixels with; `follow` the underlay
    and the canvas as it was.
    """
    labels = LabelMap.from_array(move(sheet.labels.array(), material))
    refined, selection = sheet.refined, sheet.selection
    if refined is not None:
        pixels = np.ascontiguousarray(move(refined.pixels, 0))
        pixels.flags.writeable = False
        # No material is UNTOUCHED: new pixels differ from the doodle for ever.
        doodle = LabelMap.from_array(move(refined.labels.array(), UNTOUCHED)).snapshot()
        refined = Refined(pixels, doodle, refined.style_id, refined.seed, refined.look)
    if selection is not None:
        mask = move(selection.mask.view(np.uint8), 0).view(bool)
        selection = Selection.of_mask(np.ascontiguousarray(mask))
    preview = Picture.from_array(move(sheet.preview.array(), EDGES))
    photo, underlay = _moved_photo(sheet.photo, move), sheet.underlay
    if underlay is not None:
        underlay = follow(underlay, sheet.labels.bounds)
    return Reshaped(labels, preview, refined, selection, photo, underlay)


def _moved_photo(photo: Photo | None, move: _Move) -> Photo | None:
    if photo is None:
        return None
    alpha = None if photo.alpha is None else np.ascontiguousarray(move(photo.alpha, MIRRORED))
    pixels = np.ascontiguousarray(move(photo.pixels, MIRRORED))
    return Photo(photo.name, pixels, alpha, photo.camera)
