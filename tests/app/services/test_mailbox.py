from hypothesis import given
from hypothesis import strategies as st

from app.document.document_state import DocumentState
from app.document.label_map import LabelMap
from app.document.rect import NOWHERE, Rect
from app.services.mailbox import Mailbox, PreviewJob, joined

STATE = DocumentState(LabelMap(64, 64).snapshot(), "style")


def job(serial: int, dirty: Rect | None, focus: Rect | None = None) -> PreviewJob:
    return PreviewJob(serial, STATE, dirty, focus)


def test_the_newest_job_wins_and_takes_over_what_is_dirty() -> None:
    mailbox = Mailbox()
    assert mailbox.post(job(1, Rect(0, 0, 4, 4)))
    assert not mailbox.post(job(2, Rect(10, 10, 12, 12)))
    taken = mailbox.take()
    assert taken is not None
    assert (taken.serial, taken.dirty) == (2, Rect(0, 0, 12, 12))
    assert mailbox.settle()
    assert mailbox.take() is None


def test_everything_absorbs_all() -> None:
    mailbox = Mailbox()
    mailbox.post(job(1, None))
    mailbox.post(job(2, Rect(1, 1, 2, 2)))
    taken = mailbox.take()
    assert taken is not None
    assert taken.dirty is None
    assert joined(NOWHERE, Rect(1, 1, 2, 2)) == Rect(1, 1, 2, 2)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("post"), st.integers(0, 63), st.integers(0, 63)),
        st.just(("take", True)),
        st.just(("take", False)),
    ),
    max_size=30,
)


@given(steps, st.booleans())
def test_no_dirty_pixel_is_ever_lost(story: list[tuple], whole: bool) -> None:
    """Every pixel is painted in the end, for any order of posting, interrupting and finishing."""
    mailbox, unpainted = Mailbox(), set()
    if whole:
        mailbox.post(job(0, None))
        unpainted |= {(x, y) for x in range(0, 64, 9) for y in range(0, 64, 9)}
    for number, (what, *args) in enumerate(story):
        if what == "post":
            mailbox.post(job(number, _pixel((args[0], args[1]))))
            unpainted.add((args[0], args[1]))
        else:
            _paint(mailbox, unpainted, finish=args[0])
    for _ in range(3):
        _paint(mailbox, unpainted, finish=True)
    assert not unpainted
    assert mailbox.take() is None


def _paint(mailbox: Mailbox, unpainted: set[tuple[int, int]], finish: bool) -> None:
    taken = mailbox.take()
    if taken is not None and finish:
        everything = Rect(0, 0, 64, 64)
        dirty = everything if taken.dirty is None else taken.dirty
        unpainted -= {point for point in unpainted if not _pixel(point).clipped(dirty).empty}
        if mailbox.settle() and not mailbox.waiting:
            assert not unpainted


def test_a_dab_goes_before_what_is_owed() -> None:
    mailbox, dab = Mailbox(), Rect(0, 0, 4, 4)
    mailbox.post(job(1, None))
    assert mailbox.take() is not None  # and is interrupted
    mailbox.post(job(2, dab))
    first, _ = mailbox.take(), mailbox.settle()
    rest = mailbox.take()
    assert first is not None
    assert rest is not None
    assert (first.dirty, rest.dirty, rest.serial) == (dab, None, 2)
    assert mailbox.settle()


def test_a_large_job_takes_along_what_is_owed() -> None:
    mailbox = Mailbox()
    mailbox.post(job(1, Rect(0, 0, 4, 4)))
    assert mailbox.take() is not None  # and fails
    mailbox.post(job(2, Rect(1000, 1000, 3000, 3000)))
    taken = mailbox.take()
    assert taken is not None
    assert taken.dirty == Rect(0, 0, 3000, 3000)
    assert mailbox.settle()


def _pixel(point: tuple[int, int]) -> Rect:
    return Rect(point[0], point[1], point[0] + 1, point[1] + 1)


def test_waiting_dabs_stay_in_focus_together() -> None:
    mailbox = Mailbox()
    one, other = Rect(0, 0, 4, 4), Rect(8, 8, 12, 12)
    mailbox.post(job(1, one, one))
    mailbox.post(job(2, other, other))
    taken = mailbox.take()
    assert taken is not None
    assert taken.focus == Rect(0, 0, 12, 12)
