"""The document: doodle, style, seed, selection and the painting made of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum, auto

import numpy as np

from app.document.document_state import DocumentState
from app.document.label_map import LabelMap
from app.document.patch import Patch
from app.document.photo import FIRST_LOOK, Photo, PhotoLook
from app.document.picture import Picture, PictureSnapshot, Placeholder
from app.document.rect import NOWHERE, Rect
from app.document.refined import Refined, RefinedLayer
from app.document.selection import Selection
from app.document.underlay import Underlay

# What the painting's place shows before the first patch arrives.
BARE_CANVAS = 44

# Pixels of a change that keep showing what was there until they are repainted; more would hold the
# painter's hand up.
MOST_KEPT = 2**20


class Changed(Enum):
    """What about the document has changed."""

    LABELS = auto()
    PAINTING = auto()
    STYLE = auto()
    SEED = auto()
    CANVAS = auto()
    REFINED = auto()
    SELECTION = auto()
    BACKGROUND = auto()
    LOOK = auto()
    UNDERLAY = auto()
    MODIFIED = auto()


@dataclass(frozen=True)
class Change:
    """A change and the part of the canvas it concerns."""

    what: Changed
    rect: Rect


Listener = Callable[[Change], None]


@dataclass(frozen=True, eq=False)
class PaintingSnapshot:
    """The painting as it was at one moment; never changes, readable from any thread."""

    preview: PictureSnapshot
    layer: RefinedLayer | None

    def array(self) -> np.ndarray:
        """H x W x 3 uint8 RGB, read-only; takes a while on a large canvas."""
        pixels = self.read(self.preview.bounds)
        pixels.flags.writeable = False
        return pixels

    def read(self, rect: Rect) -> np.ndarray:
        """h x w x 3 uint8 RGB: a part of it."""
        preview = self.preview
        return preview.read(rect) if self.layer is None else self.layer.read(preview, rect)


class Document:
    """A label map, the style and seed to paint it with, and the painting so far.

    The painting is the refined picture where doodle, style, seed and look are still what that was
    made from, and the live preview elsewhere. `reach` is how many pixels around a changed label the
    refined picture gives way to the preview. With a photo the labels say where that is restyled,
    kept or painted over, and `look` how it is restyled. Whoever changes the document calls its
    methods; listeners learn of every change on the same thread.
    """

    def __init__(self, labels: LabelMap, style_id: str = "", seed: int = 1, reach: int = 0) -> None:
        self._listeners: list[Listener] = []
        self._style_id = style_id
        self._seed = seed
        self._reach = reach
        self._modified = False
        self._held = False
        self._draft: Refined | None = None
        self._selection: Selection | None = None
        self._background = 0
        self._look = FIRST_LOOK
        self._lay(labels, DocumentState(labels.snapshot()))

    @property
    def labels(self) -> LabelMap:
        """The doodle. After writing to it call `publish_labels`."""
        return self._labels

    @property
    def painting(self) -> np.ndarray:
        """H x W x 3 uint8 RGB: all that is shown, as a read-only copy.

        On the UI thread ask for a part (`read_painting`), or hand a `painting_snapshot` on.
        """
        return self.painting_snapshot().array()

    @property
    def preview(self) -> np.ndarray:
        """H x W x 3 uint8 RGB: the live preview, also where it is hidden; a read-only copy."""
        return self._preview.array()

    @property
    def reach(self) -> int:
        """How many pixels around a changed label the refined picture gives way to the preview."""
        return self._reach

    @property
    def refined(self) -> Refined | None:
        """The refined picture, shown or not; it may be of another style or seed."""
        return self._refined

    @property
    def shows_refined(self) -> bool:
        """A refined picture or the draft of one is part of the painting."""
        return self._layer is not None

    @property
    def layer(self) -> RefinedLayer | None:
        """What lies over the preview, to look at; None when there is nothing but preview."""
        return self._layer

    @property
    def shown_refined(self) -> Refined | None:
        """The refined picture, or the draft of one, that is part of the painting."""
        return None if self._layer is None else self._layer.refined

    @property
    def selection(self) -> Selection | None:
        """The part of the canvas to work in; None is all of it."""
        return self._selection

    @property
    def width(self) -> int:
        """Columns of the canvas."""
        return self._labels.width

    @property
    def height(self) -> int:
        """Rows of the canvas."""
        return self._labels.height

    @property
    def bounds(self) -> Rect:
        """The whole canvas."""
        return self._labels.bounds

    @property
    def style_id(self) -> str:
        """Id of the style pack to paint with; empty until the engine has listed the packs."""
        return self._style_id

    @property
    def seed(self) -> int:
        """Seed of the noise: the same doodle, style and seed give the same painting."""
        return self._seed

    @property
    def background(self) -> int:
        """Id of the material that is left where something is erased, cleared or moved away."""
        return self._background

    @property
    def photo(self) -> Photo | None:
        """The photo that is painted, of the canvas's size."""
        return self._photo

    @property
    def look(self) -> PhotoLook:
        """How a photo is painted."""
        return self._look

    @property
    def underlay(self) -> Underlay | None:
        """A picture to trace."""
        return self._underlay

    @property
    def stands_in(self) -> bool:
        """The preview began as this very painting: as it was saved, or before it was turned."""
        return self._stands_in

    @property
    def modified(self) -> bool:
        """Changed since it was last saved."""
        return self._modified

    def read_painting(self, rect: Rect) -> np.ndarray:
        """h x w x 3 uint8 RGB: what is shown in a part of the canvas."""
        preview = self._preview
        return preview.read(rect) if self._layer is None else self._layer.read(preview, rect)

    def read_preview(self, rect: Rect) -> np.ndarray:
        """h x w x 3 uint8 RGB: a part of the live preview."""
        return self._preview.read(rect)

    def painting_snapshot(self) -> PaintingSnapshot:
        """What is shown now, at the price of two list copies."""
        layer, labels = self._layer, self._labels.snapshot()
        frozen = None if layer is None else RefinedLayer(layer.refined, labels, self._reach)
        return PaintingSnapshot(self._preview.snapshot(), frozen)

    def state(self, preview: bool = False) -> DocumentState:
        """All of the document as it is now, at the price of a list copy.

        With `preview` it holds the live one, too; who keeps a state for long does without.
        """
        return DocumentState(
            labels=self._labels.snapshot(),
            style_id=self._style_id,
            seed=self._seed,
            background=self._background,
            refined=self._refined,
            photo=self._photo,
            look=self._look,
            underlay=self._underlay,
            selection=self._selection,
            preview=self._preview.snapshot() if preview else None,
        )

    def preview_snapshot(self) -> PictureSnapshot:
        """The live preview now, at the price of a list copy."""
        return self._preview.snapshot()

    def subscribe(self, listener: Listener) -> None:
        """Call `listener` with every later Change."""
        self._listeners.append(listener)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Changes of the doodle in here are told as one."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
            self.publish_labels()

    def publish_labels(self) -> Rect:
        """Tell the listeners what was written to `labels` since the last call; the box of it."""
        dirty = NOWHERE if self._held else self._labels.take_dirty()
        if dirty.empty:
            return dirty
        uncovered = None if self._layer is None else self._uncover(self._layer, dirty)
        self._touched(Changed.LABELS, dirty)
        if uncovered is not None:
            self._tell(Change(Changed.PAINTING, uncovered))
        return dirty

    def _uncover(self, layer: RefinedLayer, dirty: Rect) -> Rect:
        """Let the preview show around what changed; the box of it.

        What changed is repainted soon, and until then keeps the pixels that were to be seen.
        """
        if dirty.width * dirty.height <= MOST_KEPT:
            self._preview.write(dirty, self.read_painting(dirty))
        return layer.follow(dirty)

    def undo_patch(self, patch: Patch) -> None:
        """Take an edit of the doodle back."""
        patch.undo(self._labels)
        self.publish_labels()

    def redo_patch(self, patch: Patch) -> None:
        """Make an edit of the doodle again."""
        patch.redo(self._labels)
        self.publish_labels()

    def set_style(self, style_id: str) -> None:
        """Paint with another style pack."""
        self._stands_in &= not self._style_id
        self._style_id = style_id
        self._touched(Changed.STYLE, self.bounds)
        self._lay_refined()

    def set_seed(self, seed: int) -> None:
        """Paint with another seed."""
        self._seed, self._stands_in = seed, False
        self._touched(Changed.SEED, self.bounds)
        self._lay_refined()

    def set_background(self, material: int) -> None:
        """Erase to another material from now on."""
        self._background = material
        self._touched(Changed.BACKGROUND, self.bounds)

    def set_look(self, look: PhotoLook) -> None:
        """Paint the photo in another way."""
        self._look, self._stands_in = look, False
        self._touched(Changed.LOOK, self.bounds)
        self._lay_refined()

    def set_underlay(self, underlay: Underlay | None) -> None:
        """Lay a picture to trace under the doodle, or none."""
        self._underlay = underlay
        self._touched(Changed.UNDERLAY, self.bounds)

    def replace_canvas(self, state: DocumentState) -> None:
        """Start over with another canvas, of any size, and what lies on it.

        Style, seed, background and look stay as they are. The preview stands in until the canvas is
        repainted; without one it is bare.
        """
        self._lay(LabelMap.from_snapshot(state.labels), state)
        self._touched(Changed.CANVAS, self.bounds)

    def become(self, state: DocumentState) -> None:
        """Go on as another document; its preview shows until it is painted.

        Without one a refined picture does, also where the doodle has changed since.
        """
        self._style_id, self._seed, self._look = state.style_id, state.seed, state.look
        if state.preview is None and state.refined is not None:
            state = replace(state, preview=Placeholder.from_array(state.refined.pixels))
        self._lay(LabelMap.from_snapshot(state.labels), state)
        self._touched(Changed.CANVAS, self.bounds)

    def merge_painting(self, rect: Rect, pixels: np.ndarray) -> None:
        """Put freshly painted RGB pixels into the preview."""
        self._preview.write(rect, pixels)
        self._tell(Change(Changed.PAINTING, rect))

    def set_refined(self, refined: Refined | None) -> None:
        """Lay a refined picture over the preview, in place of the one before; under a draft."""
        self._refined = refined
        self._lay_refined()
        self.set_modified(True)

    def set_draft(self, draft: Refined | None) -> None:
        """Show a refined picture for the time being; without a draft `refined` shows again."""
        if draft is not self._draft:
            self._draft = draft
            self._lay_refined()

    def set_selection(self, selection: Selection | None) -> None:
        """Work in a part of the canvas only, or in all of it."""
        if selection is not self._selection:
            self._selection = selection
            self._tell(Change(Changed.SELECTION, self.bounds))

    def set_modified(self, modified: bool) -> None:
        """Mark as saved (False) or changed (True)."""
        if modified != self._modified:
            self._modified = modified
            self._tell(Change(Changed.MODIFIED, self.bounds))

    def _lay(self, labels: LabelMap, state: DocumentState) -> None:
        self._labels = labels
        self._photo, self._underlay, preview = state.photo, state.underlay, state.preview
        self._preview = Picture(labels.width, labels.height, BARE_CANVAS)
        if preview is not None:
            self._preview = Picture.from_snapshot(preview)
        self._stands_in = not (preview is None or isinstance(preview, Placeholder))
        self._refined, self._draft, self._selection = state.refined, None, state.selection
        self._layer = self._new_layer()

    def _lay_refined(self) -> None:
        """Put the draft or the refined picture, where there is a fitting one, into the painting."""
        before, wanted = self._layer, self._fitting()
        if before is not None and wanted is not None and wanted.labels is before.refined.labels:
            before.replace(wanted)
        else:
            self._layer = self._new_layer()
        if before is not None or self._layer is not None:
            self._tell(Change(Changed.REFINED, self.bounds))
            self._tell(Change(Changed.PAINTING, self.bounds))

    def _new_layer(self) -> RefinedLayer | None:
        refined = self._fitting()
        if refined is None:
            return None
        return RefinedLayer(refined, self._labels, self._reach)

    def _fitting(self) -> Refined | None:
        """The draft, else the refined picture, when it is of this style, seed and look."""
        wanted = self._draft if self._draft is not None else self._refined
        look = self._look if self._photo is not None else None
        fits = wanted is not None and wanted.fits(self._style_id, self._seed, look)
        return wanted if fits else None

    def _touched(self, what: Changed, rect: Rect) -> None:
        self._tell(Change(what, rect))
        self.set_modified(True)

    def _tell(self, change: Change) -> None:
        for listener in self._listeners:
            listener(change)
