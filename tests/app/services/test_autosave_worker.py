"""How notes for the autosave thread are joined while the disk is slow."""

from app.document.document_state import DocumentState, UnsavedWork
from app.document.label_map import LabelMap
from app.document.undo_steps import NewStep, Place
from app.services.autosave_worker import MOST_WAITING, Note, NoteSlot

STATE = DocumentState(LabelMap(8, 8).snapshot())


def work(at: int, step: bool) -> UnsavedWork:
    return UnsavedWork(STATE, place=Place(1, at, None, NewStep("Brush", "") if step else None))


def joined(*works: UnsavedWork) -> list[tuple[int, bool]]:
    slot = NoteSlot()
    for one in works:
        slot.put(Note((one,)))
    note = slot.take()
    assert note is not None
    assert slot.take() is None
    places = [one.place for one in note.works]
    return [(place.at, place.step is not None) for place in places if place is not None]


def test_each_step_waits_for_the_disk() -> None:
    steps = work(1, True), work(2, True), work(3, True)
    assert joined(*steps) == [(1, True), (2, True), (3, True)]


def test_of_states_without_a_step_the_newest_is_enough() -> None:
    moves = work(2, True), work(1, False), work(0, False), work(1, True), work(1, False)
    assert joined(*moves) == [(2, True), (0, False), (1, True), (1, False)]


def test_many_steps_do_not_fill_the_memory() -> None:
    many = joined(*(work(at, True) for at in range(1, MOST_WAITING + 50)))
    assert len(many) == MOST_WAITING
    assert many[-1] == (MOST_WAITING + 49, True)


def test_a_journal_that_is_continued_drops_what_waits_and_is_not_forgotten() -> None:
    old, new = Note((work(5, True),)), Note((work(1, False),), "old")
    assert old.followed_by(new) is new
    later = new.followed_by(Note((work(2, True),)))
    assert (len(later.works), later.continues) == (2, "old")
    nothing = later.followed_by(Note())
    assert (nothing.works, nothing.continues) == ((), "old")
