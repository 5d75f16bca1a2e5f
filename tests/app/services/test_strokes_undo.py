"""Undo and redo of what is painted with strokes: the pixels that were there come back."""

import random
from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.document.document import Change, Changed
from app.document.rect import Rect
from app.document.refined import Refined
from app.document.selection import Selection
from app.editing.commands import RefineCommand
from app.services import painted_steps, stroke_versions
from app.window.main_window import MainWindow
from tests.app.services import test_strokes
from tests.app.services.test_strokes import network, settle, shown
from tests.support.fakes import FakeStudio
from tests.support.hand import drag, move, press, release
from tests.support.waiting import round_trip

painting, styles = test_strokes.painting, test_strokes.styles  # fixtures

FIRST, SECOND = [(100, 90), (110, 92)], [(118, 96), (130, 99)]


def dab(window: MainWindow, path: list[tuple[float, float]], material: int = 5) -> None:
    window.session.set_options(tool="brush", material=material, size=20)
    drag(window.workspace.canvas, path)


def live(window: MainWindow) -> np.ndarray:
    """The picture on the strokes thread, which must be at rest."""
    versions = window.session.strokes.worker._versions
    assert versions.live is not None
    assert versions.live._painting is not None
    return versions.live._painting.picture.copy()


def resize(window: MainWindow, stroke: float) -> None:
    """Set the size of the strokes, as an undo step."""
    window.session.stroke_size.change(stroke)
    window.session.stroke_size.settle()


def rest(qtbot: QtBot, window: MainWindow) -> None:
    """Also wait for jobs that show nothing."""
    settle(qtbot, window)
    round_trip(qtbot, window.session.strokes.worker)


def test_undo_and_redo_restore_the_pixels_in_the_same_turn(
    qtbot: QtBot, painting: MainWindow
) -> None:
    session, pictures, states = painting.session, [], []
    for path in ((), FIRST, SECOND):
        if path:
            dab(painting, path)
        rest(qtbot, painting)
        pictures.append(shown(painting))
        states.append(live(painting))
    assert (pictures[1] != pictures[2]).any()
    for at in (1, 0):
        session.undo()
        assert (shown(painting) == pictures[at]).all(), "no event was handled in between"
        assert not session.strokes.busy
        rest(qtbot, painting)
        assert (shown(painting) == pictures[at]).all(), "the network's picture stays away"
        assert (live(painting) == states[at]).all()
    for at in (1, 2):
        session.redo()
        assert (shown(painting) == pictures[at]).all()
    rest(qtbot, painting)
    assert (shown(painting) == pictures[2]).all()
    assert (live(painting) == states[2]).all()


def test_what_is_painted_after_an_undo_does_not_know_of_it(
    qtbot: QtBot, painting: MainWindow
) -> None:
    dab(painting, SECOND)
    settle(qtbot, painting)
    straight = shown(painting)
    painting.session.undo()
    rest(qtbot, painting)
    dab(painting, FIRST)
    settle(qtbot, painting)
    painting.session.undo()
    dab(painting, SECOND)
    settle(qtbot, painting)
    assert (shown(painting) == straight).all()


def test_undo_while_strokes_are_painted(qtbot: QtBot, painting: MainWindow) -> None:
    before = shown(painting)
    dab(painting, FIRST)
    assert painting.session.strokes.busy
    painting.session.undo()
    assert (shown(painting) == before).all()
    assert not painting.session.strokes.busy
    rest(qtbot, painting)
    assert (shown(painting) == before).all()
    assert (live(painting) == before).all()


def test_undo_of_a_step_that_never_had_strokes_of_its_own(
    qtbot: QtBot, painting: MainWindow
) -> None:
    """Two dabs in quick succession: what was there between them was not finished."""
    session, before = painting.session, shown(painting)
    dab(painting, FIRST)
    dab(painting, SECOND)
    settle(qtbot, painting)
    both = shown(painting)
    session.undo()
    settle(qtbot, painting)
    between = shown(painting)
    assert (between[88:92, 100:108] != network(painting)[88:92, 100:108]).any()
    for go, wanted in (
        (session.undo, before), (session.redo, between), (session.redo, both),
        (session.undo, between), (session.undo, before),
    ):  # fmt: skip
        go()
        assert (shown(painting) == wanted).all()
        rest(qtbot, painting)
        assert (live(painting) == wanted).all()


def test_a_jump_in_the_history(qtbot: QtBot, painting: MainWindow) -> None:
    session, before = painting.session, shown(painting)
    for path in (FIRST, SECOND, [(30, 30), (40, 40)]):
        dab(painting, path)
        settle(qtbot, painting)
    after = shown(painting)
    for at, wanted in ((0, before), (3, after)):
        session.go_to(at)
        qtbot.waitUntil(lambda at=at: session.history.at == at)
        assert (shown(painting) == wanted).all()
    rest(qtbot, painting)
    assert (live(painting) == after).all()


def test_a_gesture_that_is_given_up(qtbot: QtBot, painting: MainWindow) -> None:
    before, canvas = shown(painting), painting.workspace.canvas
    painting.session.set_options(tool="brush", material=5, size=20)
    press(canvas, FIRST[0])
    move(canvas, FIRST[1])
    settle(qtbot, painting)
    assert (shown(painting) != before).any()
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert (shown(painting) == before).all()
    release(canvas, FIRST[1])
    rest(qtbot, painting)
    assert (shown(painting) == before).all()
    assert (live(painting) == before).all()


@pytest.mark.parametrize("change", ["style", "seed", "size", "flip", "turn", "clear"])
def test_undo_of_what_changes_the_whole_picture(
    qtbot: QtBot, painting: MainWindow, change: str
) -> None:
    session = painting.session
    dab(painting, FIRST)
    rest(qtbot, painting)
    before = shown(painting)
    if change == "style":
        session.choose_style("other")
    elif change == "seed":
        session.set_seed(99)
    elif change == "size":
        resize(painting, 2.0)
    elif change == "clear":
        session.clear()
    else:
        action = {"flip": "canvas.flip_across", "turn": "canvas.turn_left"}[change]
        painting.actions_by_id[action].trigger()
        qtbot.waitUntil(lambda: session.history.at == 2)
    settle(qtbot, painting)
    after = shown(painting)
    session.undo()
    assert (shown(painting) == before).all()
    rest(qtbot, painting)
    assert (shown(painting) == before).all(), "neither network nor other strokes come later"
    assert (live(painting) == before).all()
    session.redo()
    assert (shown(painting) == after).all()
    session.undo()
    dab(painting, SECOND)
    settle(qtbot, painting)
    changed = (shown(painting) != before).any(-1)
    assert changed.any()
    changed[Rect(60, 40, 200, 160).slices] = False
    assert not changed.any(), "the thread continues the painting that came back"
    session.undo()
    session.undo()
    rest(qtbot, painting)
    session.redo()
    assert (shown(painting) == before).all()


def test_repaint_is_canonical_and_what_was_before_it_is_not_restored(
    qtbot: QtBot, painting: MainWindow
) -> None:
    session = painting.session
    dab(painting, FIRST)
    settle(qtbot, painting)
    patched = shown(painting)
    painting.actions_by_id["repaint"].trigger()
    settle(qtbot, painting)
    canonical = shown(painting)
    assert (canonical != patched).any()
    session.undo()
    settle(qtbot, painting)
    outside = (shown(painting) != canonical).any(-1)
    outside[Rect(50, 40, 160, 145).slices] = False
    assert not outside.any(), "only the surroundings of the dab are painted again"
    session.redo()
    assert (shown(painting) == canonical).all()


def test_under_a_refined_picture(qtbot: QtBot, painting: MainWindow) -> None:
    session, document = painting.session, painting.session.document
    before = document.preview.copy()
    pixels = np.full(before.shape, 200, np.uint8)
    pixels.flags.writeable = False
    labels = document.labels.snapshot()
    session.history.push(
        RefineCommand(document, Refined(pixels, labels, document.style_id, document.seed))
    )
    refined = shown(painting)
    assert (refined == 200).all()
    dab(painting, FIRST)
    settle(qtbot, painting)
    over, below = shown(painting), document.preview.copy()
    assert (over != refined).any()
    session.undo()
    assert (shown(painting) == refined).all()
    assert (document.preview == before).all()
    session.redo()
    settle(qtbot, painting)
    assert (shown(painting) == over).all()
    assert (document.preview == below).all()


def test_a_step_that_does_not_change_the_picture(qtbot: QtBot, painting: MainWindow) -> None:
    dab(painting, FIRST)
    settle(qtbot, painting)
    before = shown(painting)
    painting.session.set_background(3)
    dab(painting, SECOND)
    settle(qtbot, painting)
    painting.session.undo()
    assert (shown(painting) == before).all()
    painting.session.undo()
    assert not painting.session.strokes.busy
    assert (shown(painting) == before).all()


def test_an_opened_painting_comes_back_as_it_was_saved(qtbot: QtBot, painting: MainWindow) -> None:
    session, document = painting.session, painting.session.document
    document.merge_painting(Rect(0, 0, 150, 150), np.full((150, 150, 3), 9, np.uint8))
    saved = shown(painting)
    session.become(document.state(preview=True))
    settle(qtbot, painting)
    dab(painting, FIRST)
    settle(qtbot, painting)
    after = shown(painting)
    assert (after != saved).any()
    session.undo()
    assert (shown(painting) == saved).all()
    rest(qtbot, painting)
    assert (shown(painting) == saved).all()
    session.redo()
    assert (shown(painting) == after).all()
    assert len(session.strokes._painted._of_step) == 2, "steps of the document before are forgotten"


def test_without_memory_undo_paints_as_if_it_were_new(
    qtbot: QtBot, painting: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = painting.session
    monkeypatch.setattr(session.strokes._painted._versions, "_budget", 0)
    before = shown(painting)
    dab(painting, FIRST)
    settle(qtbot, painting)
    session.undo()
    settle(qtbot, painting)
    now = shown(painting)
    part = slice(88, 92), slice(100, 108)
    assert (now[part] != network(painting)[part]).any()
    outside = (now != before).any(-1)
    outside[Rect(50, 40, 160, 145).slices] = False
    assert not outside.any()


def test_a_thread_that_has_forgotten_makes_up_for_it_unseen(
    qtbot: QtBot, painting: MainWindow
) -> None:
    """The pixels come back all the same, and later strokes change what is near them only."""
    session, worker = painting.session, painting.session.strokes.worker
    before = shown(painting)
    dab(painting, FIRST)
    rest(qtbot, painting)
    worker._versions._versions.keep_only({session.strokes._job})
    session.undo()
    rest(qtbot, painting)
    assert (shown(painting) == before).all()
    painted = worker._versions.live
    assert painted is not None
    assert painted.difference(session.document.labels.snapshot().array()).empty
    dab(painting, SECOND)
    settle(qtbot, painting)
    outside = (shown(painting) != before).any(-1)
    outside[Rect(70, 40, 180, 150).slices] = False
    assert not outside.any()


def test_undo_reports_what_it_changes_only(qtbot: QtBot, painting: MainWindow) -> None:
    dab(painting, FIRST)
    settle(qtbot, painting)
    changes: list[Change] = []
    painting.session.document.subscribe(changes.append)
    painting.session.undo()
    assert [change.what for change in changes if change.what is Changed.PAINTING]
    assert painting.session.strokes.network_part(painting.session.document.bounds).empty


def test_memory_stays_within_its_limits(
    qtbot: QtBot, painting: MainWindow, studio: FakeStudio
) -> None:
    session = painting.session
    for number in range(8):
        dab(painting, [(20 + 25 * number, 60)], 4 + number % 2)
        settle(qtbot, painting)
    kept = session.strokes._painted.nbytes
    assert 0 < kept < 8 * 120 * 120 * 3
    assert kept <= painted_steps.BUDGET
    rest(qtbot, painting)
    assert 0 < session.strokes.worker._versions.nbytes <= stroke_versions.BUDGET
    for _ in range(5):
        session.undo()
    dab(painting, FIRST, 7)
    settle(qtbot, painting)
    assert len(session.strokes._painted._of_step) == 5, "what was undone cannot be redone"


@pytest.mark.parametrize("seed", range(4))
def test_any_sequence(qtbot: QtBot, painting: MainWindow, seed: int) -> None:
    """Whatever is done, and however fast: a step that had strokes shows them, here and there."""
    session, chance = painting.session, random.Random(seed)
    known: dict[int, np.ndarray] = {}
    session.document.set_selection(
        Selection.of_box(Rect(90, 60, 170, 140), session.document.bounds)
    )

    def spot() -> tuple[float, float]:
        return chance.randrange(100, 160), chance.randrange(70, 130)

    acts: list[Callable[[], object]] = [
        lambda: dab(painting, [spot(), spot()], chance.choice((4, 5))),
        session.undo,
        session.redo,
        painting.actions_by_id["repaint.selection"].trigger,
        lambda: session.set_seed(chance.randrange(5)),
        lambda: session.choose_style(chance.choice(("other", "starry-night"))),
        lambda: resize(painting, chance.choice((1.0, 1.5, 3.0))),
        lambda: session.go_to(chance.randrange(len(session.history.steps) + 1)),
    ]
    for _ in range(24):
        chance.choices(acts, (6, 4, 3, 3, 1, 1, 1, 1))[0]()
        if chance.random() < 0.3:
            qtbot.wait(chance.randrange(120))
        if chance.random() < 0.5:
            qtbot.waitUntil(lambda: session.history._goal is None)
            rest(qtbot, painting)
            step, now = session.history.step, shown(painting)
            assert (now == known.setdefault(step, now)).all()
            if session.document.brushwork.stroke == 1:  # others may end beside a selection
                assert (live(painting) == now).all(), "the thread has the same picture"


def test_the_lines_of_the_flow_go_back_too(qtbot: QtBot, painting: MainWindow) -> None:
    session, flows = painting.session, []
    session.strokes.flow_changed.connect(flows.append)
    session.set_options(tool="direction", size=20)
    drag(painting.workspace.canvas, [(60, 50), (64, 66), (70, 82)])
    settle(qtbot, painting)
    combed = flows[-1]
    drag(painting.workspace.canvas, [(160, 50), (164, 66), (170, 82)])
    settle(qtbot, painting)
    assert (flows[-1] != combed).any()
    session.undo()
    qtbot.waitUntil(lambda: bool((flows[-1] == combed).all()))
    session.set_seed(7)
    settle(qtbot, painting)
    session.undo()
    qtbot.waitUntil(lambda: flows[-1] is not None and bool((flows[-1] == combed).all()))
