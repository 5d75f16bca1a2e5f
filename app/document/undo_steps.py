"""The undo history as the journal keeps it: steps without a document to apply them to."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from app.document.doodle import Doodle, EditableDoodle
from app.document.label_map import LabelSnapshot
from app.document.patch import Patch

Item = TypeVar("Item")

CANVAS = ("background", "refined", "photo", "underlay")
"""Fields of a DocumentState that a new canvas replaces together with the labels."""


@dataclass(frozen=True, eq=False)
class NewStep:
    """What a step that was just done says about itself.

    `before`: the values, before the step, of the fields of DocumentState that it has set, without
    the labels; `canvas`: whether it has replaced the canvas.
    """

    text: str
    icon: str
    before: Mapping[str, Any] = field(default_factory=dict)
    canvas: bool = False


@dataclass(frozen=True, eq=False)
class Place:
    """The place of a state in the undo history.

    `history`: number of the history, which changes with every new document; `at`: number of steps
    that lead to the state; `saved`: `at` of the state in the document's file, None if no step
    leads there; `step`: the step, if it was just done.
    """

    history: int = 0
    at: int = 0
    saved: int | None = None
    step: NewStep | None = None


@dataclass(frozen=True, eq=False)
class UndoStep:
    """A step that was read from a journal.

    `patch`: the change of the doodle, None for no change or a new canvas; `changes`: fields of
    DocumentState with their values before and after the step.
    """

    text: str
    icon: str
    patch: Patch | None
    changes: Mapping[str, tuple[Any, Any]]

    @property
    def canvas(self) -> bool:
        """Whether the step replaces the canvas."""
        return "labels" in self.changes

    @property
    def nbytes(self) -> int:
        """Memory of the doodle's change in bytes."""
        if self.patch is not None:
            return sum(len(piece) for piece in self.patch.held())
        sides: tuple[LabelSnapshot, ...] = self.changes.get("labels", ())
        return sum(side.nbytes + 8 * len(side.tiles) for side in sides)

    def undone(self, doodle: EditableDoodle) -> EditableDoodle:
        """Return the doodle before the step, given the one after it (which is changed)."""
        return self._on(doodle, 0)

    def redone(self, doodle: EditableDoodle) -> EditableDoodle:
        """Return the doodle after the step, given the one before it (which is changed)."""
        return self._on(doodle, 1)

    def _on(self, doodle: EditableDoodle, side: int) -> EditableDoodle:
        if self.canvas:
            sides = self.changes["labels"], self.changes["directions"]
            return EditableDoodle.of(Doodle(*(both[side] for both in sides)))
        if self.patch is not None:
            (self.patch.undo, self.patch.redo)[side](doodle.labels, doodle.directions)
        return doodle


@dataclass(frozen=True, eq=False)
class UndoHistory:
    """An undo history that was read from a journal.

    `place`: that of the current state; `earlier`: number of steps before the first of `steps`.
    """

    place: Place = field(default_factory=Place)
    earlier: int = 0
    steps: tuple[UndoStep, ...] = ()

    @property
    def at(self) -> int:
        """Number of `steps` that are done, i.e. not undone."""
        return self.place.at - self.earlier

    @property
    def saved(self) -> int | None:
        """Number of `steps` that lead to the state in the file, which may be none of them."""
        return self.place.saved - self.earlier if self.place.saved is not None else None

    def between(self, first: int, last: int) -> "UndoHistory":
        """Return the history with the steps from `first` up to and without `last`."""
        return replace(self, earlier=self.earlier + first, steps=self.steps[first:last])


NO_HISTORY = UndoHistory()
"""A history without steps."""


class Track(Generic[Item]):
    """The steps of a history in a sequence of records.

    `base`: number of steps that lead to the first state; `items`: one for each step from there;
    `at`: the current state.
    """

    def __init__(self) -> None:
        self.history, self.base, self.at = -1, 0, 0
        self.items: list[Item] = []

    def begin(self, place: Place) -> None:
        """Begin with this state, without steps."""
        self.history, self.base, self.at = place.history, place.at, place.at
        self.items.clear()

    def reaches(self, history: int, at: int) -> bool:
        """Return whether this state is known."""
        return history == self.history and self.base <= at <= self.base + len(self.items)

    def push(self, at: int, item: Item) -> None:
        """Put a step that leads to `at` in the place of all from there on."""
        del self.items[at - 1 - self.base :]
        self.items.append(item)
        self.at = at

    def drop_oldest(self) -> None:
        """Forget the first step."""
        del self.items[0]
        self.base += 1
