"""The undo history in the journal: what a record says about its step, and reading the steps back.

A record may say where its state lies in the history: the number of steps that lead to it, and for a
step that was just done its text, its icon and what it replaced. The change of the doodle follows
from the records themselves. Where a record does not fit the ones before it, the history begins
again with its state, so that no step is undone to a wrong one.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

from pydantic import Field, ValidationError

from app.document.doodle import Doodle, EditableDoodle
from app.document.file_schema import (
    BrushworkEntry,
    Corner,
    Entry,
    Id,
    Length,
    Look,
    MaterialId,
    fitting_background,
)
from app.document.label_map import LabelMap
from app.document.patch import Patch, tile_at
from app.document.rect import Rect
from app.document.tile_grid import TILE
from app.document.undo_steps import CANVAS, NewStep, Place, Track, UndoHistory, UndoStep

# Bytes of steps that are kept while a journal is read; the oldest are dropped.
BUDGET = 2**28

# Characters of the text of a step.
LONGEST_TEXT = 1000

FileName = Annotated[str, Field(pattern=r"^[\w.-]*$", max_length=100)]
"""Name of a picture's file beside the journal; empty for none."""

Box = tuple[Corner, Corner, Length, Length]
"""Left, top, width and height in canvas pixels."""

NameOf = Callable[[object], str]
"""Returns the name of a picture's file; empty for None."""

_Count = Annotated[int, Field(ge=0, le=2**53)]


class _Underlay(Entry):
    name: FileName = ""
    box: Box = (0.0, 0.0, 1.0, 1.0)


class _Before(Entry):
    """Values before a step; only those that are set count. The names are those of DocumentState."""

    style_id: Id = ""
    seed: int = 0
    background: MaterialId = 0
    look: Look = Look()
    brushwork: BrushworkEntry = BrushworkEntry()
    refined: FileName = ""
    photo: FileName = ""
    underlay: _Underlay = _Underlay()

    def values(self) -> dict[str, Any]:
        """Return the values that are set; pictures as in `Values`."""
        return {name: _value(getattr(self, name)) for name in self.model_fields_set}


class _Step(Entry):
    text: Annotated[str, Field(max_length=LONGEST_TEXT)]
    icon: FileName
    before: _Before = _Before()
    canvas: bool = False


class _Place(Entry):
    history: _Count
    at: _Count
    saved: _Count | None = None
    step: _Step | None = None


Values = Mapping[str, Any]
"""Values of the fields of DocumentState without labels. A picture is the name of its file, an
underlay a pair of name and box, or None."""


def underlay_value(name: str, box: Box | None) -> tuple[str, Box] | None:
    """Return an underlay as in `Values`."""
    return (name, box) if name and box is not None else None


def place_entry(place: Place | None, name_of: NameOf) -> dict[str, Any] | None:
    """Return a place as JSON values."""
    if place is None:
        return None
    entry: dict[str, Any] = {"history": place.history, "at": place.at}
    if place.saved is not None:
        entry["saved"] = place.saved
    if place.step is not None:
        entry["step"] = _step_entry(place.step, name_of)
    return entry


def _step_entry(step: NewStep, name_of: NameOf) -> dict[str, Any]:
    entry: dict[str, Any] = {"text": step.text[:LONGEST_TEXT], "icon": step.icon}
    if step.before:
        items = step.before.items()
        entry["before"] = {name: _packed(name, value, name_of) for name, value in items}
    if step.canvas:
        entry["canvas"] = True
    return entry


def read_place(entry: Any) -> Place | None:
    """Read the entry of `place_entry`; None if it is none or of a kind not known here."""
    try:
        place = _Place.model_validate_json(json.dumps(entry))
    except ValidationError:
        return None
    step = place.step
    if step is not None:
        new = NewStep(step.text, step.icon, step.before.values(), step.canvas)
        return Place(place.history, place.at, place.saved, new)
    return Place(place.history, place.at, place.saved)


def without_step(entry: Any) -> Any:
    """Return an entry of `place_entry` for the same state, reached in another way."""
    return {**entry, "step": None} if isinstance(entry, dict) else None


class HistoryReader:
    """Collects the undo steps of a journal while its records are applied one by one."""

    def __init__(self, budget: int = BUDGET) -> None:
        self._track = Track[UndoStep]()
        self._place = Place()
        self._budget, self._held = budget, 0

    def follow(
        self,
        old: Doodle | None,
        now: EditableDoodle,
        values: Values,
        place: Place | None,
        boxes: Sequence[Rect] | None,
    ) -> None:
        """Follow a record: the doodle before it, an immutable one, and after it, its values and its
        place.

        `boxes`: the labels do not differ outside of these; None if that is not known.
        """
        before = self._reached(old, place)
        place = place if place is not None else Place()
        known = boxes if before is old else None
        if before is None or not self._take(before, now, values, place, known):
            self._track.begin(place)
            self._held = 0
        self._place = place

    def result(self) -> UndoHistory:
        """Return the steps so far."""
        track = self._track
        return UndoHistory(self._place, track.base, tuple(track.items))

    def _reached(self, old: Doodle | None, place: Place | None) -> Doodle | None:
        """Return the doodle that undo and redo lead to for a record; None if it is not known."""
        track = self._track
        if old is None or place is None:
            return None
        at = place.at if place.step is None else place.at - 1
        if not track.reaches(place.history, at):
            return None
        here, there = track.at - track.base, at - track.base
        if here == there:
            return old
        now = EditableDoodle.of(old)
        for step in reversed(track.items[there:here]):
            now = step.undone(now)
        for step in track.items[here:there]:
            now = step.redone(now)
        return now.snapshot()

    def _take(
        self, before: Doodle, now: EditableDoodle, values: Values, place: Place,
        boxes: Sequence[Rect] | None,
    ) -> bool:  # fmt: skip
        """Take over a step or a move. Return False if the record does not fit the others."""
        track, new = self._track, place.step
        if new is None:
            track.at = place.at
            return before.same(now.snapshot())
        step = _step(before, now, values, new, boxes)
        if step is None:
            return False
        self._held -= sum(gone.nbytes for gone in track.items[place.at - 1 - track.base :])
        track.push(place.at, step)
        self._held += step.nbytes
        while self._held > self._budget and track.items:
            self._held -= track.items[0].nbytes
            track.drop_oldest()
        return True


def _step(
    before: Doodle, now: EditableDoodle, values: Values, new: NewStep, boxes: Sequence[Rect] | None
) -> UndoStep | None:
    """Return the step to `now`; None if it is none that commands make."""
    changes = {name: (old, values[name]) for name, old in new.before.items()}
    if "background" in changes:
        photos = changes.get("photo", (values["photo"],) * 2)
        first, last = map(fitting_background, changes["background"], map(bool, photos))
        changes["background"] = first, last
    if new.canvas:
        changes.update({name: (values[name],) * 2 for name in CANVAS if name not in changes})
        after = now.snapshot()
        changes["labels"] = before.labels, after.labels
        changes["directions"] = before.directions, after.directions
        return UndoStep(new.text, new.icon, None, changes)
    if before.bounds != now.labels.bounds or len(changes) > 1:
        return None
    patch = _patch(before, now, boxes)
    return UndoStep(new.text, new.icon, patch, changes) if not (patch and changes) else None


def _patch(before: Doodle, now: EditableDoodle, boxes: Sequence[Rect] | None) -> Patch | None:
    """Return the compressed change of the doodle; None without one."""
    patch: Patch | None = None
    labels, directions = now.labels, now.directions
    if boxes is None or not _one_a_tile(labels, boxes):
        patch = Patch.between(before.labels, labels, labels.bounds)
    elif boxes:
        patch = Patch.packed(before.labels, labels, boxes)
    turned = Patch.of_directions(before.turned, directions, directions.bounds)
    for part in (patch, turned):
        while part is not None and part.pack():
            pass
    return turned if patch is None else patch.joined(turned)


def _one_a_tile(labels: LabelMap, boxes: Sequence[Rect]) -> bool:
    """Return whether each box lies in a tile of its own, as they are written."""
    tiles = {tile_at(labels, box)[0] for box in boxes}
    inside = all(
        not box.empty and box.left // TILE == (box.right - 1) // TILE
        and box.top // TILE == (box.bottom - 1) // TILE
        for box in boxes
    )  # fmt: skip
    return inside and len(tiles) == len(boxes)


def _value(entry: Any) -> Any:
    if isinstance(entry, _Underlay):
        return underlay_value(entry.name, entry.box)
    return entry.value if isinstance(entry, Look | BrushworkEntry) else entry


def _packed(name: str, value: Any, name_of: NameOf) -> Any:
    """Return a value of DocumentState as JSON values."""
    if name in ("refined", "photo"):
        return name_of(value)
    if name == "underlay":
        box = (value.left, value.top, value.width, value.height) if value is not None else None
        return {"name": name_of(value.pixels), "box": box} if value is not None else {}
    if name == "brushwork":
        return BrushworkEntry.of(value).model_dump(mode="json")
    return asdict(value) if name == "look" else value
