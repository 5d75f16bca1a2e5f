"""After a crash the undo history is the one before it, or a part of it: never a wrong step."""

from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.document import journal_file, journal_pictures
from app.document.brushwork import Brushwork
from app.document.canvas_transform import cropped_to, flipped_across
from app.document.document import Document
from app.document.document_state import DocumentState, UnsavedWork
from app.document.journal_file import JournalFile, read_journal
from app.document.label_map import TILE, LabelMap
from app.document.patch import Patch
from app.document.photo import PhotoLook
from app.document.rect import Rect
from app.document.refined import Refined
from app.document.underlay import Underlay
from app.editing.commands import (
    CanvasCommand,
    PaintCommand,
    RefineCommand,
    SetCommand,
    UnderlayCommand,
)
from app.editing.history import History
from app.editing.recovered_steps import command_of
from app.services.journal_store import JournalStore
from app.services.recoverable_work import RecoverableWork
from resources.materials import PHOTO
from tests.support.paper import photo_of

WIDTH, HEIGHT = TILE + 30, TILE + 10
BUDGET = 10**9


@dataclass
class Painter:
    """A document with its history and its journal, in a folder as the store has it."""

    root: Path
    document: Document = field(default_factory=lambda: Document(LabelMap(WIDTH, HEIGHT), "a"))
    history: History = field(default_factory=lambda: History(BUDGET))

    def __post_init__(self) -> None:
        self.file = JournalFile(self.root / "one")
        self.note()
        self.history.changed.connect(self.note)

    def note(self) -> None:
        place = self.history.place
        clean = place.saved == place.at
        self.file.save(UnsavedWork(self.document.state(), unsaved=not clean, place=place))
        while (lacking := self.file.pictures.lacking()) is not None:
            list(self.file.picture_steps(lacking))

    def paint(self, box: Rect, material: int) -> None:
        document, box = self.document, box.clipped(self.document.bounds)
        before = document.labels.snapshot()
        if not box.empty:
            document.labels.write(box, np.full((box.height, box.width), material, np.uint8))
            document.publish_labels()
            patch = Patch.between(before, document.labels, box)
            if patch is not None:
                self.history.push(PaintCommand(document, patch, f"Brush {material}"))

    def set(self, name: str, new: object) -> None:
        document, setter = self.document, getattr(self.document, f"set_{name}")
        old = document.style_id if name == "style" else getattr(document, name)
        self.history.push(SetCommand(document, f"{name} {new}", setter, old, new))

    def refine(self) -> None:
        state = self.document.state()
        size = (self.document.height, self.document.width, 3)
        pixels = np.random.default_rng(state.seed).integers(0, 256, size, np.uint8)
        pixels.flags.writeable = False
        refined = Refined(
            pixels, state.labels, state.style_id, state.seed, state.photo_look, state.brushwork
        )
        self.history.push(RefineCommand(self.document, refined))

    def trace(self, shown: bool) -> None:
        pixels = np.full((20, 30, 3), 7, np.uint8)
        under = Underlay.fitted(pixels, self.document.bounds) if shown else None
        self.history.push(UnderlayCommand(self.document, under))

    def canvas(self, state: DocumentState, text: str) -> None:
        self.history.push(CanvasCommand(self.document, state, text))

    def photo(self) -> None:
        labels = LabelMap(40, 30, PHOTO).snapshot()
        self.canvas(DocumentState(labels, background=PHOTO, photo=photo_of(40, 30)), "Photo")

    def crash(self) -> "Painter":
        """Leave the journal and return the painter who recovers it."""
        self.history.changed.disconnect(self.note)
        self.file.close()
        return recovered(self.root)


def recovered(root: Path) -> Painter:
    nothing = np.zeros((1, 1, 3), np.uint8)
    leftover = RecoverableWork("one", nothing, 1, 1, "", None, 0, 0.0, False, False)
    store = JournalStore(root)
    work = store.open(leftover)
    assert work is not None
    document, history = Document(LabelMap(1, 1)), History(BUDGET)
    document.become(work.state)
    document.set_background(work.state.background)
    history.restore([command_of(document, step) for step in work.history.steps], work.history)
    painter = Painter.__new__(Painter)
    painter.root, painter.document, painter.history = root, document, history
    painter.file = store.resume("one")
    history.changed.connect(painter.note)
    return painter


Look = tuple[object, ...]


def look_of(document: Document) -> Look:
    """All that an undo step may change, without the selection."""
    refined, under, photo = document.refined, document.underlay, document.photo
    return (
        document.bounds, document.labels.snapshot().array().tobytes(), document.style_id,
        document.seed, document.background, document.look, document.brushwork,
        (refined.pixels.tobytes(), refined.labels.array().tobytes(), refined.seed)
        if refined else None,
        (under.pixels.tobytes(), under.left, under.top, under.width) if under else None,
        photo.pixels.tobytes() if photo else None,
    )  # fmt: skip


def looks_of(painter: Painter) -> list[Look]:
    """The document after each step of its history; leaves it where it was."""
    history, looks = painter.history, []
    at = history.at
    for there in range(len(history.steps) + 1):
        history.go_to(there)
        history.arrive()
        looks.append(look_of(painter.document))
    history.go_to(at)
    history.arrive()
    return looks


def assert_same(one: Painter, other: Painter) -> None:
    a, b = one.history, other.history
    assert (a.steps, a.at, a.forgotten) == (b.steps, b.at, b.forgotten)
    assert (a.clean, a.place.saved) == (b.clean, b.place.saved)
    assert looks_of(one) == looks_of(other)


boxes = st.tuples(
    st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1), st.integers(1, 300), st.integers(1, 300)
)
events = st.lists(
    st.one_of(
        st.tuples(st.just("stroke"), boxes, st.integers(0, 14)),
        st.tuples(st.just("stroke"), boxes, st.integers(0, 14)),
        st.tuples(st.just("canvas"), st.integers(1, 600), st.integers(1, 600)),
        st.tuples(st.just("seed"), st.integers(0, 9)),
        st.tuples(st.just("style"), st.sampled_from(["a", "b"])),
        st.tuples(st.just("background"), st.integers(0, 5)),
        st.tuples(st.just("trace"), st.booleans()),
        st.sampled_from([
            ("undo",), ("redo",), ("undo",), ("refine",), ("flip",), ("save",), ("jump",),
            ("fallback",), ("new",),
        ]),
    ),
    min_size=1,
    max_size=14,
)  # fmt: skip


def act(painter: Painter, event: tuple) -> None:
    kind, *told = event
    document, history = painter.document, painter.history
    if kind == "stroke":
        (left, top, width, height), material = told
        painter.paint(Rect(left, top, left + width, top + height), material)
    elif kind == "canvas":
        painter.canvas(DocumentState(LabelMap(*told, material=2).snapshot()), "New")
    elif kind in ("seed", "style", "background"):
        painter.set(kind, told[0])
    elif kind == "trace":
        painter.trace(told[0])
    elif kind == "flip":
        painter.canvas(flipped_across(document.state()), "Flip")
    elif kind == "save":
        history.set_clean(history.step)
    elif kind == "jump":
        history.go_to(len(history.steps) // 2)
        history.arrive()
    elif kind == "fallback":  # without a step
        document.set_style("c")
        painter.note()
    elif kind == "new":
        document.become(DocumentState(LabelMap(90, 80, 3).snapshot(), "a"))
        history.clear()
    else:
        getattr(painter if kind == "refine" else history, kind)()


@pytest.fixture
def painter(tmp_path: Path, qapp: object) -> Painter:
    return Painter(tmp_path)


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(events, events)
def test_any_history_comes_back(
    monkeypatch: pytest.MonkeyPatch, qapp: object, story: list[tuple], more: list[tuple]
) -> None:
    monkeypatch.setattr(journal_pictures, "KEPT", 100)
    monkeypatch.setattr(journal_pictures, "MOST_READ", 300)
    with TemporaryDirectory() as folder:
        painter = Painter(Path(folder))
        for event in story:
            act(painter, event)
        again = painter.crash()
        assert_same(painter, again)
        for event in more:  # it is continued, and recovered again
            act(again, event)
        third = again.crash()
        assert_same(again, third)
        third.file.close()


def strokes(painter: Painter, count: int, first: int = 0) -> None:
    """Paint strokes, each different from the others."""
    for number in range(first, first + count):
        left, top = number * 37 % (WIDTH - 20), number * 53 % (HEIGHT - 20)
        painter.paint(Rect(left, top, left + 20, top + 20), 1 + number % 14)


def test_each_kind_of_step_comes_back(painter: Painter) -> None:
    strokes(painter, 2)
    painter.set("style", "b")
    painter.set("seed", 7)
    painter.set("background", 3)
    painter.set("brushwork", Brushwork(2.0))
    painter.trace(True)
    painter.refine()
    painter.refine()
    painter.canvas(cropped_to(Rect(5, 5, 105, 95))(painter.document.state()), "Crop")
    painter.photo()
    painter.set("look", PhotoLook(0.5))
    painter.canvas(flipped_across(painter.document.state()), "Flip")
    strokes(painter, 1)
    painter.history.set_clean(painter.history.step)
    for _ in range(4):
        painter.history.undo()
    again = painter.crash()
    assert_same(painter, again)
    assert len(again.history.steps) == 14
    assert again.history.at == 10
    again.history.go_to(14)
    again.history.arrive()
    assert again.history.clean


def test_the_newest_steps_survive_when_the_journal_is_rewritten(
    tmp_path: Path, qapp: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_file, "SMALL", 30_000)
    painter = Painter(tmp_path)
    sizes = []
    for number in range(200):
        strokes(painter, 1, number)
        sizes.append((painter.root / "one" / journal_file.NAME).stat().st_size)
    assert max(sizes) < 32_000
    assert sum(after < before for before, after in pairwise(sizes)) > 2
    for _ in range(5):
        painter.history.undo()
    again = painter.crash()
    steps = len(again.history.steps)
    assert 15 < steps < 60
    assert again.history.steps == painter.history.steps[-steps:]
    assert (again.history.at, again.history.forgotten) == (steps - 5, 200 - steps)
    assert looks_of(again) == looks_of(painter)[-steps - 1 :]


def test_undone_steps_are_dropped_when_they_alone_are_too_large(
    tmp_path: Path, qapp: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_file, "SMALL", 20_000)
    painter = Painter(tmp_path)
    strokes(painter, 40)
    painter.history.go_to(1)
    painter.history.arrive()
    for number in range(30):  # without steps, until it is rewritten
        painter.document.set_seed(number)
        painter.note()
    again = painter.crash()
    steps = len(again.history.steps)
    assert 3 < steps < 30
    assert again.history.at <= 1
    assert again.history.steps == painter.history.steps[1 - again.history.at :][:steps]
    assert look_of(again.document) == look_of(painter.document)


def test_a_lost_picture_ends_the_history(painter: Painter) -> None:
    strokes(painter, 1)
    painter.refine()
    painter.set("seed", 5)
    painter.refine()
    strokes(painter, 2, 1)
    (painter.root / "one" / "refined-1").unlink()
    again = painter.crash()
    # The second Refine cannot be undone: the picture before it is gone.
    assert [step.text for step in again.history.steps] == ["Brush 2", "Brush 3"]
    assert (again.history.forgotten, again.history.at) == (4, 2)
    assert looks_of(again) == looks_of(painter)[-3:]


def test_a_picture_of_another_size_ends_the_history(painter: Painter) -> None:
    other = Painter(painter.root / "other", Document(LabelMap(50, 40), "a"))
    other.refine()
    other.crash()
    painter.refine()
    strokes(painter, 1)
    wrong = (painter.root / "other" / "one" / "refined-1").read_bytes()
    (painter.root / "one" / "refined-1").write_bytes(wrong)
    again = painter.crash()
    assert [step.text for step in again.history.steps] == ["Brush 1"]
    assert again.document.refined is None


def test_without_its_photo_no_step_is_undone(painter: Painter) -> None:
    painter.photo()
    strokes(painter, 1)
    (painter.root / "one" / "photo-1").unlink()
    again = painter.crash()
    assert again.history.steps == []
    assert again.document.photo is None


def test_only_the_newest_pictures_are_kept(painter: Painter) -> None:
    for seed in range(journal_pictures.KEPT + 3):
        painter.set("seed", seed)
        painter.refine()
    assert len(list((painter.root / "one").glob("refined-*"))) == journal_pictures.KEPT
    again = painter.crash()
    # The oldest picture that is kept is the state before the first step.
    assert len(again.history.steps) == 2 * (journal_pictures.KEPT - 1)
    assert looks_of(again) == looks_of(painter)[-len(again.history.steps) - 1 :]


def test_a_journal_without_places_has_no_steps(painter: Painter) -> None:
    """As an earlier Daub wrote it."""
    painter.history.changed.disconnect(painter.note)
    for number in range(4):
        strokes(painter, 1, number)
        painter.file.save(UnsavedWork(painter.document.state()))
    painter.file.close()
    again = recovered(painter.root)
    assert (again.history.steps, again.history.forgotten) == ([], 0)
    assert look_of(again.document) == look_of(painter.document)
    strokes(again, 2)
    assert_same(again, again.crash())


def test_a_step_that_was_not_recorded_begins_the_history(painter: Painter) -> None:
    strokes(painter, 2)
    painter.history.changed.disconnect(painter.note)
    strokes(painter, 1, 2)
    painter.history.changed.connect(painter.note)
    strokes(painter, 2, 3)
    again = painter.crash()
    # The fourth record holds the third stroke as well.
    assert [step.text for step in again.history.steps] == ["Brush 5"]
    assert again.history.forgotten == 4
    assert looks_of(again) == looks_of(painter)[-2:]


def test_a_doodle_that_is_not_what_undo_leads_to_begins_the_history(painter: Painter) -> None:
    strokes(painter, 3)
    painter.document.labels.write(Rect(0, 0, 5, 5), np.full((5, 5), 9, np.uint8))
    painter.note()
    before = look_of(painter.document)
    strokes(painter, 1, 3)
    again = painter.crash()
    assert [step.text for step in again.history.steps] == ["Brush 4"]
    assert looks_of(again) == [before, look_of(painter.document)]


def test_a_step_that_changes_later_is_recorded_again(painter: Painter) -> None:
    strokes(painter, 1)
    painter.photo()
    step = painter.history.newest
    assert isinstance(step, CanvasCommand)
    step.restyle("other")
    painter.history.renew()
    again = painter.crash()
    assert_same(painter, again)
    again.history.undo()
    assert again.document.style_id == "a"


def test_a_small_budget_keeps_the_newest_steps(painter: Painter) -> None:
    strokes(painter, 30)
    painter.history.changed.disconnect(painter.note)
    painter.file.close()
    again = recovered(painter.root)
    again.history.set_budget(2000)
    assert 0 < again.history.at < 20
    assert again.history.forgotten == 30 - again.history.at
    again.history.undo()
    assert look_of(again.document) == looks_of(painter)[-2]


@pytest.mark.parametrize(
    "place",
    [
        7, "x", [], {"history": -1, "at": 0}, {"history": 1, "at": 10**30}, {"history": 1},
        {"history": 1, "at": 3, "step": {"text": "x", "icon": "../../secret"}},
        {"history": 1, "at": 3, "step": {"text": "x", "icon": "a", "before": {"seed": "x"}}},
        {"history": 1, "at": 3, "step": {"text": 1, "icon": "a"}},
        {"history": 1, "at": 3, "step": {"text": "x", "icon": "a", "before": {"refined": "../s"}}},
        {"history": 1, "at": 3, "step": {"text": "x", "icon": "a", "before": {"refined": ".."}}},
        {"history": 1, "at": 1}, {"history": 1, "at": 2**52}, {"history": 2, "at": 3},
        {"history": 1, "at": 3, "step": {"text": "x" * 2000, "icon": "a"}},
        {"history": 1, "at": 3, "step": {"text": "", "icon": "", "before": {"seed": 1}}},
    ],
)  # fmt: skip
def test_places_that_cannot_be_damage_nothing(
    painter: Painter, monkeypatch: pytest.MonkeyPatch, place: object
) -> None:
    strokes(painter, 2)
    painter.history.changed.disconnect(painter.note)
    strokes(painter, 1, 2)
    monkeypatch.setattr("app.document.journal.place_entry", lambda *_: place)
    painter.file.save(UnsavedWork(painter.document.state()))
    painter.file.close()
    told = read_journal(painter.root / "one")
    assert told is not None
    assert not told.damaged
    monkeypatch.undo()
    again = recovered(painter.root)
    assert again.history.steps == []
    assert look_of(again.document) == look_of(painter.document)


def test_damaged_anywhere_no_step_is_wrong(painter: Painter) -> None:
    """Cut or changed at any byte, the steps that remain lead to states that there were."""
    known = [look_of(painter.document)]
    for event in (
        ("stroke", (3, 3, 9, 9), 4), ("seed", 3), ("undo",), ("stroke", (9, 3, 9, 9), 5),
        ("style", "b"), ("canvas", 20, 30), ("undo",),
    ):  # fmt: skip
        act(painter, event)
        known.append(look_of(painter.document))
    painter.history.changed.disconnect(painter.note)
    painter.file.close()
    path = painter.root / "one" / journal_file.NAME
    whole, rng = path.read_bytes(), np.random.default_rng(1)
    for at in range(400, len(whole), 23):
        changed = bytearray(whole)
        changed[at] ^= int(rng.integers(1, 256))
        for content in (bytes(changed), whole[:at]):
            path.write_bytes(content)
            told = read_journal(path.parent, history=True)
            if told is None:
                continue
            document, history = Document(LabelMap(1, 1)), History(BUDGET)
            document.become(told.work.state)
            pictures = journal_pictures.RecoveredPictures(path.parent)
            found = pictures.history(told.history, document.bounds)
            history.restore([command_of(document, step) for step in found.steps], found)
            assert look_of(document) in known
            history.go_to(0)
            history.arrive()
            while history.can_redo:
                assert look_of(document) in known
                history.redo()
            assert look_of(document) in known


def test_a_step_after_an_undo_that_was_not_recorded_can_be_copied(painter: Painter) -> None:
    strokes(painter, 3)
    painter.history.changed.disconnect(painter.note)
    painter.history.undo()
    painter.history.changed.connect(painter.note)
    strokes(painter, 1, 2)  # the same stroke: nothing differs from the state on disk
    strokes(painter, 1, 3)
    again = painter.crash()  # this copies the steps
    assert_same(painter, again)
    third = again.crash()
    assert_same(painter, third)


def test_an_icon_of_another_version_is_replaced(painter: Painter) -> None:
    strokes(painter, 1)
    newest = painter.history.newest
    assert newest is not None
    newest.icon = "hologram"
    painter.history.renew()
    again = painter.crash()
    assert [step.icon for step in again.history.steps] == ["brush"]
