"""The document: doodle, style, seed, selection and the painting made from them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum, auto

import numpy as np

from app.document.brushwork import FIRST_BRUSHWORK, Brushwork
from app.document.directions import CELL, DirectionMap
from app.document.document_state import DocumentState
from app.document.doodle import Doodle
from app.document.label_map import LabelMap
from app.document.patch import Patch
from app.document.photo import FIRST_LOOK, Photo, PhotoLook
from app.document.picture import Picture, PictureSnapshot, Placeholder
from app.document.rect import NOWHERE, Rect
from app.document.refined import Refined, RefinedLayer
from app.document.selection import Selection
from app.document.underlay import Underlay

# Grey value of the canvas before the first painted rectangle arrives.
BARE_CANVAS = 44

# Up to this many changed pixels keep their old colours until they are repainted; copying more would
# delay the stroke.
MOST_KEPT = 2**20


class Changed(Enum):
    """The part of the document that has changed.

    LABELS may include the directions there; DIRECTIONS is a change of directions alone.
    """

    LABELS = auto()
    DIRECTIONS = auto()
    PAINTING = auto()
    STYLE = auto()
    SEED = auto()
    CANVAS = auto()
    REFINED = auto()
    SELECTION = auto()
    BACKGROUND = auto()
    LOOK = auto()
    BRUSHWORK = auto()
    UNDERLAY = auto()
    MODIFIED = auto()


@dataclass(frozen=True)
class Change:
    """A change and the rectangle of the canvas that it affects."""

    what: Changed
    rect: Rect


Listener = Callable[[Change], None]


@dataclass(frozen=True, eq=False)
class PaintingSnapshot:
    """An immutable snapshot of the painting that any thread can read."""

    preview: PictureSnapshot
    layer: RefinedLayer | None

    def array(self) -> np.ndarray:
        """Return the painting as H x W x 3 uint8 RGB, read-only. Slow on a large canvas."""
        pixels = self.read(self.preview.bounds)
        pixels.flags.writeable = False
        return pixels

    def read(self, rect: Rect) -> np.ndarray:
        """Return the painting in `rect` as h x w x 3 uint8 RGB."""
        preview = self.preview
        return preview.read(rect) if self.layer is None else self.layer.read(preview, rect)


class Document:
    """A label map, the style and seed to paint it with, and the current painting.

    The painting shows the refined picture where doodle, style, seed and look are still the ones it
    was made from, and the live preview elsewhere. `reach` is the distance in pixels around a
    changed label within which the preview replaces the refined picture. With a photo, the labels
    say where it is restyled, kept or painted over, and `look` says how it is restyled. Change the
    document only through its methods; they call the listeners on the same thread.
    """

    def __init__(self, labels: LabelMap, style_id: str = "", seed: int = 1, reach: int = 0) -> None:
        self._listeners: list[Listener] = []
        self._style_id = style_id
        self._seed = seed
        self._reach = reach
        self._modified = False
        self._batching = False
        self._draft: Refined | None = None
        self._selection: Selection | None = None
        self._background = 0
        self._look = FIRST_LOOK
        self._brushwork = FIRST_BRUSHWORK
        self._set_canvas(labels, DocumentState(labels.snapshot()))

    @property
    def labels(self) -> LabelMap:
        """The doodle. Call `publish_labels` after writing to it."""
        return self._labels

    @property
    def directions(self) -> DirectionMap:
        """The directions of the pen. Call `publish_labels` after writing to them."""
        return self._directions

    @property
    def painting(self) -> np.ndarray:
        """The whole painting as H x W x 3 uint8 RGB, a read-only copy.

        On the UI thread, read a part (`read_painting`) or pass on a `painting_snapshot` instead.
        """
        return self.painting_snapshot().array()

    @property
    def preview(self) -> np.ndarray:
        """The live preview, also where it is hidden: H x W x 3 uint8 RGB, a read-only copy."""
        return self._preview.array()

    @property
    def reach(self) -> int:
        """Radius in pixels around changed labels within which the preview is shown."""
        return self._reach

    @property
    def refined(self) -> Refined | None:
        """The refined picture, shown or not; its style or seed may differ from the document's."""
        return self._refined

    @property
    def shows_refined(self) -> bool:
        """Whether a refined picture or a draft of one is part of the painting."""
        return self._layer is not None

    @property
    def layer(self) -> RefinedLayer | None:
        """The refined picture as a layer over the preview, read-only; None without one."""
        return self._layer

    @property
    def shown_refined(self) -> Refined | None:
        """The refined picture or draft that is part of the painting; None without one."""
        return None if self._layer is None else self._layer.refined

    @property
    def selection(self) -> Selection | None:
        """The selected part of the canvas; None means all of it."""
        return self._selection

    @property
    def width(self) -> int:
        """Width of the canvas in pixels."""
        return self._labels.width

    @property
    def height(self) -> int:
        """Height of the canvas in pixels."""
        return self._labels.height

    @property
    def bounds(self) -> Rect:
        """Rectangle of the whole canvas."""
        return self._labels.bounds

    @property
    def style_id(self) -> str:
        """Id of the style pack; empty until the engine has listed the packs."""
        return self._style_id

    @property
    def seed(self) -> int:
        """Seed of the noise: the same doodle, style and seed give the same painting."""
        return self._seed

    @property
    def background(self) -> int:
        """Id of the material that erasing, clearing and moving leave behind."""
        return self._background

    @property
    def photo(self) -> Photo | None:
        """The photo under the doodle, of the canvas's size; None without one."""
        return self._photo

    @property
    def look(self) -> PhotoLook:
        """Settings for painting the photo."""
        return self._look

    @property
    def brushwork(self) -> Brushwork:
        """How strokes paint the doodle."""
        return self._brushwork

    @property
    def underlay(self) -> Underlay | None:
        """The picture to trace; None without one."""
        return self._underlay

    @property
    def stands_in(self) -> bool:
        """Whether the preview began as this painting: as saved, or before a canvas transform."""
        return self._stands_in

    @property
    def modified(self) -> bool:
        """Whether the document has changed since it was last saved."""
        return self._modified

    def read_painting(self, rect: Rect) -> np.ndarray:
        """Return the painting in `rect` as h x w x 3 uint8 RGB."""
        preview = self._preview
        return preview.read(rect) if self._layer is None else self._layer.read(preview, rect)

    def read_preview(self, rect: Rect) -> np.ndarray:
        """Return the live preview in `rect` as h x w x 3 uint8 RGB."""
        return self._preview.read(rect)

    def sampled_preview(self, step: int) -> np.ndarray:
        """Return every `step`-th pixel of every `step`-th row of the live preview."""
        return self._preview.sampled(step)

    def painting_snapshot(self, refined: bool = True) -> PaintingSnapshot:
        """Return a snapshot of the painting; costs only two list copies.

        Without `refined` the refined picture is left out.
        """
        layer, doodle = self._layer if refined else None, self.state().doodle
        frozen = None if layer is None else RefinedLayer(layer.refined, doodle, self._reach)
        return PaintingSnapshot(self._preview.snapshot(), frozen)

    def state(self, preview: bool = False) -> DocumentState:
        """Return the document's current state; costs only a list copy.

        With `preview` it includes the live preview. Leave that out of states that are kept long.
        """
        directions = self._directions.snapshot()
        return DocumentState(
            labels=self._labels.snapshot(),
            style_id=self._style_id,
            seed=self._seed,
            background=self._background,
            refined=self._refined,
            photo=self._photo,
            look=self._look,
            brushwork=self._brushwork,
            underlay=self._underlay,
            selection=self._selection,
            preview=self._preview.snapshot() if preview else None,
            directions=None if directions.blank else directions,
        )

    def preview_snapshot(self) -> PictureSnapshot:
        """Return a snapshot of the live preview; costs only a list copy."""
        return self._preview.snapshot()

    def subscribe(self, listener: Listener) -> None:
        """Call `listener` with every future Change."""
        self._listeners.append(listener)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Report all changes of the doodle in the block as one change."""
        self._batching = True
        try:
            yield
        finally:
            self._batching = False
            self.publish_labels()

    def publish_labels(self) -> Rect:
        """Report what was written to `labels` and `directions` since the last call.

        Return its rectangle.
        """
        if self._batching:
            return NOWHERE
        painted = self._labels.take_dirty()
        turned = self._directions.take_dirty().scaled(CELL).clipped(self.bounds)
        dirty = painted.union(turned)
        if dirty.empty:
            return dirty
        uncovered = None if self._layer is None else self._uncover(self._layer, dirty)
        self._notify_modified(Changed.DIRECTIONS if painted.empty else Changed.LABELS, dirty)
        if uncovered is not None:
            self._notify(Change(Changed.PAINTING, uncovered))
        return dirty

    def _uncover(self, layer: RefinedLayer, dirty: Rect) -> Rect:
        """Show the preview around a change of the doodle; return the rectangle to redraw.

        A small change keeps its old colours until it is repainted.
        """
        if dirty.width * dirty.height <= MOST_KEPT:
            self._preview.write(dirty, self.read_painting(dirty))
        return layer.follow(dirty)

    def undo_patch(self, patch: Patch) -> None:
        """Undo an edit of the doodle."""
        patch.undo(self._labels, self._directions)
        self.publish_labels()

    def redo_patch(self, patch: Patch) -> None:
        """Redo an edit of the doodle."""
        patch.redo(self._labels, self._directions)
        self.publish_labels()

    def set_style(self, style_id: str) -> None:
        """Set the style pack to paint with."""
        self._stands_in &= not self._style_id
        self._style_id = style_id
        self._notify_modified(Changed.STYLE, self.bounds)
        self._update_layer()

    def set_seed(self, seed: int) -> None:
        """Set the seed to paint with."""
        self._seed, self._stands_in = seed, False
        self._notify_modified(Changed.SEED, self.bounds)
        self._update_layer()

    def set_background(self, material: int) -> None:
        """Set the material that erasing leaves behind."""
        self._background = material
        self._notify_modified(Changed.BACKGROUND, self.bounds)

    def set_look(self, look: PhotoLook) -> None:
        """Set how the photo is painted."""
        self._look, self._stands_in = look, False
        self._notify_modified(Changed.LOOK, self.bounds)
        self._update_layer()

    def set_brushwork(self, brushwork: Brushwork) -> None:
        """Set how strokes paint the doodle."""
        self._brushwork, self._stands_in = brushwork, False
        self._notify_modified(Changed.BRUSHWORK, self.bounds)
        self._update_layer()

    def set_underlay(self, underlay: Underlay | None) -> None:
        """Set or remove the picture to trace."""
        self._underlay = underlay
        self._notify_modified(Changed.UNDERLAY, self.bounds)

    def replace_canvas(self, state: DocumentState) -> None:
        """Replace the canvas, of any size, and everything on it.

        Style, seed, background, look and brushwork do not change. The state's preview is shown
        until the canvas is repainted; without one the canvas is blank.
        """
        self._set_canvas(LabelMap.from_snapshot(state.labels), state)
        self._notify_modified(Changed.CANVAS, self.bounds)

    def become(self, state: DocumentState) -> None:
        """Replace the document; the state's preview is shown until the canvas is painted.

        Without a preview, its refined picture is shown, even where the doodle has changed since.
        """
        self._style_id, self._seed, self._look = state.style_id, state.seed, state.look
        self._brushwork = state.brushwork
        if state.preview is None and state.refined is not None:
            state = replace(state, preview=Placeholder.from_array(state.refined.pixels))
        self._set_canvas(LabelMap.from_snapshot(state.labels), state)
        self._notify_modified(Changed.CANVAS, self.bounds)

    def merge_painting(self, rect: Rect, pixels: np.ndarray) -> None:
        """Write painted pixels (h x w x 3 uint8 RGB) to the preview."""
        self._preview.write(rect, pixels)
        self._notify(Change(Changed.PAINTING, rect))

    def restore_preview(self, picture: PictureSnapshot) -> None:
        """Show an earlier picture of this canvas as the preview; shares its tiles."""
        dirty = self._preview.restore(picture)
        if not dirty.empty:
            self._notify(Change(Changed.PAINTING, dirty))

    def set_refined(self, refined: Refined | None) -> None:
        """Set or remove the refined picture over the preview. A draft hides it."""
        self._refined = refined
        self._update_layer()
        self.set_modified(True)

    def set_draft(self, draft: Refined | None) -> None:
        """Show `draft` instead of `refined`; None shows `refined` again."""
        if draft is not self._draft:
            self._draft = draft
            self._update_layer()

    def set_selection(self, selection: Selection | None) -> None:
        """Set the selection; None means the whole canvas."""
        if selection is not self._selection:
            self._selection = selection
            self._notify(Change(Changed.SELECTION, self.bounds))

    def set_modified(self, modified: bool) -> None:
        """Mark the document as saved (False) or changed (True)."""
        if modified != self._modified:
            self._modified = modified
            self._notify(Change(Changed.MODIFIED, self.bounds))

    def _set_canvas(self, labels: LabelMap, state: DocumentState) -> None:
        self._labels = labels
        self._directions = DirectionMap(labels.width, labels.height)
        if state.directions is not None:
            self._directions = DirectionMap.from_snapshot(state.directions)
        self._photo, self._underlay, preview = state.photo, state.underlay, state.preview
        self._preview = Picture(labels.width, labels.height, BARE_CANVAS)
        if preview is not None:
            self._preview = Picture.from_snapshot(preview)
        self._stands_in = not (preview is None or isinstance(preview, Placeholder))
        self._refined, self._draft, self._selection = state.refined, None, state.selection
        self._layer = self._new_layer()

    def _update_layer(self) -> None:
        """Update the layer after a change of the refined picture, the draft or the settings."""
        before, wanted = self._layer, self._matching_refined()
        if before is not None and wanted is not None and wanted.labels is before.refined.labels:
            before.replace(wanted)
        else:
            self._layer = self._new_layer()
        if before is not None or self._layer is not None:
            self._notify(Change(Changed.REFINED, self.bounds))
            self._notify(Change(Changed.PAINTING, self.bounds))

    def _new_layer(self) -> RefinedLayer | None:
        refined = self._matching_refined()
        if refined is None:
            return None
        doodle = Doodle(self._labels, self._directions)
        return RefinedLayer(refined, doodle, self._reach)

    def _matching_refined(self) -> Refined | None:
        """Return the draft, else the refined picture; None if it does not fit."""
        wanted = self._draft if self._draft is not None else self._refined
        look = self._look if self._photo is not None else None
        if wanted is None:
            return None
        fits = wanted.fits(self._style_id, self._seed, look, self._brushwork)
        return wanted if fits else None

    def _notify_modified(self, what: Changed, rect: Rect) -> None:
        self._notify(Change(what, rect))
        self.set_modified(True)

    def _notify(self, change: Change) -> None:
        for listener in self._listeners:
            listener(change)
