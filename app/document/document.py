"""The document: doodle, style, seed and the painting made of them."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np

from app.document.label_map import LabelMap
from app.document.patch import Patch
from app.document.rect import Rect

# What the painting's place shows before the first patch arrives.
BARE_CANVAS = 44


class Changed(Enum):
    """What about the document has changed."""

    LABELS = auto()
    PAINTING = auto()
    STYLE = auto()
    SEED = auto()
    CANVAS = auto()
    MODIFIED = auto()


@dataclass(frozen=True)
class Change:
    """A change and the part of the canvas it concerns."""

    what: Changed
    rect: Rect


Listener = Callable[[Change], None]


class Document:
    """A label map, the style and seed to paint it with, and the painting so far.

    Whoever changes it calls its methods; listeners learn of every change on the same thread.
    """

    def __init__(self, labels: LabelMap, style_id: str = "", seed: int = 1) -> None:
        self._listeners: list[Listener] = []
        self._style_id = style_id
        self._seed = seed
        self._modified = False
        self._lay(labels)

    @property
    def labels(self) -> LabelMap:
        """The doodle. After writing to it call `publish_labels`."""
        return self._labels

    @property
    def painting(self) -> np.ndarray:
        """H x W x 3 uint8 RGB; read-only, changed by `merge_painting` in place."""
        return self._shown

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
    def modified(self) -> bool:
        """Changed since it was last exported."""
        return self._modified

    def subscribe(self, listener: Listener) -> None:
        """Call `listener` with every later Change."""
        self._listeners.append(listener)

    def publish_labels(self) -> Rect:
        """Tell the listeners what was written to `labels` since the last call; the box of it."""
        dirty = self._labels.take_dirty()
        if not dirty.empty:
            self._touched(Changed.LABELS, dirty)
        return dirty

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
        self._style_id = style_id
        self._touched(Changed.STYLE, self.bounds)

    def set_seed(self, seed: int) -> None:
        """Paint with another seed."""
        self._seed = seed
        self._touched(Changed.SEED, self.bounds)

    def replace_canvas(self, labels: LabelMap) -> None:
        """Start over with another doodle, of any size; the painting is bare again."""
        self._lay(labels)
        self._touched(Changed.CANVAS, self.bounds)

    def merge_painting(self, rect: Rect, pixels: np.ndarray) -> None:
        """Put freshly painted RGB pixels into the painting."""
        self._painting[rect.slices] = pixels
        self._tell(Change(Changed.PAINTING, rect))

    def set_modified(self, modified: bool) -> None:
        """Mark as exported (False) or changed (True)."""
        if modified != self._modified:
            self._modified = modified
            self._tell(Change(Changed.MODIFIED, self.bounds))

    def _lay(self, labels: LabelMap) -> None:
        self._labels = labels
        self._painting = np.full((labels.height, labels.width, 3), BARE_CANVAS, np.uint8)
        self._shown = self._painting.view()
        self._shown.flags.writeable = False

    def _touched(self, what: Changed, rect: Rect) -> None:
        self._tell(Change(what, rect))
        self.set_modified(True)

    def _tell(self, change: Change) -> None:
        for listener in self._listeners:
            listener(change)
