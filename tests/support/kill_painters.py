"""Run by test_kills.py in a process of its own: paints in children that are killed at any moment.

    python -m tests.support.kill_painters {journal|window} ROOT COUNT SEED

Everything is imported once; each child is a fork of that, which takes milliseconds. Per child one
line of JSON is printed: when it was killed, and what it had told by then.
"""

import json
import os
import random
import signal
import sys
import time
import traceback
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from app.document import journal, journal_file
from app.document.document_state import DocumentState, UnsavedWork
from app.document.doodle import EditableDoodle
from app.document.journal_file import JournalFile
from app.document.label_map import LabelMap
from app.document.photo import Photo
from app.document.rect import Rect
from app.document.refined import Refined
from app.document.underlay import Underlay
from app.document.undo_steps import CANVAS, NewStep, Place
from tests.support.paper import with_state

Tell = Callable[..., None]
"""Called with the work that is on disk or should soon be, and digests of its undo history."""


def digest(work: UnsavedWork) -> str:
    """All that the painter would miss, as a few letters."""
    small = f"{work.state.labels.bounds} {work.state.style_id} {work.state.seed}".encode()
    return f"{zlib.crc32(work.state.labels.array().tobytes(), zlib.crc32(small)):08x}"


# -- only the journal: most moments ---------------------------------------------------------


def stories(seed: int) -> Iterator[UnsavedWork]:
    """An endless story of strokes, seeds, pictures and canvases, and of undo and redo."""
    rng = np.random.default_rng(seed)
    states = [DocumentState(LabelMap(600, 400).snapshot(), "starry-night", 1)]
    at = 0
    while True:
        step = None
        if states[1:] and rng.random() < 0.25:
            at = int(rng.integers(len(states)))
        elif states[1:] or seed % 3:  # else the state before the first step comes first
            state, step = _next(states[at], rng)
            states[at + 1 :] = [state]
            at += 1
        yield UnsavedWork(states[at], place=Place(1, at, None, step))
        if not states[1:]:
            state, step = _next(states[0], rng)
            states, at = [*states, state], 1
            yield UnsavedWork(state, place=Place(1, 1, None, step))


def _next(state: DocumentState, rng: np.random.Generator) -> tuple[DocumentState, NewStep]:
    """The state after a random step, and the step."""
    dice, labels = rng.random(), LabelMap.from_snapshot(state.labels)
    shape = labels.height, labels.width, 3
    if dice < 0.2:
        pixels = rng.integers(0, 256, shape).astype(np.uint8)
        refined = Refined(pixels, state.labels, "starry-night", state.seed)
        return replace(state, refined=refined), NewStep("Refine", "", {"refined": state.refined})
    if dice < 0.3:
        size = (int(side) for side in rng.integers(130, 700, 2))
        new = replace(state, labels=LabelMap(*size).snapshot(), photo=None, refined=None)
        return new, _canvas(state)
    if dice < 0.4:
        photo = Photo("a photo", rng.integers(0, 256, shape).astype(np.uint8))
        return replace(state, photo=photo, refined=None), _canvas(state)
    if dice < 0.5:
        pixels = rng.integers(0, 256, (200, 300, 3)).astype(np.uint8)
        under = Underlay.fitted(pixels, labels.bounds)
        return replace(state, underlay=under), NewStep("Trace", "", {"underlay": state.underlay})
    if dice < 0.6:
        seed = int(rng.integers(100))
        return replace(state, seed=seed), NewStep("Seed", "", {"seed": state.seed})
    height, width = (int(side) for side in rng.integers(1, 120, 2))
    left = int(rng.integers(0, labels.width - width))
    top = int(rng.integers(0, labels.height - height))
    box = Rect(left, top, left + width, top + height)
    labels.write(box, rng.integers(0, 15, (height, width)).astype(np.uint8))
    return replace(state, labels=labels.snapshot()), NewStep("Stroke", "")


def _canvas(old: DocumentState) -> NewStep:
    return NewStep("Canvas", "", {name: getattr(old, name) for name in CANVAS}, canvas=True)


def told_history(works: Sequence[UnsavedWork]) -> list[str]:
    """The digests of all states that undo and redo lead to, after a story."""
    digests: list[str] = []
    for work in works:
        assert work.place is not None
        at = work.place.at
        if work.place.step is not None:
            del digests[at:]
        digests.extend([""] * (at + 1 - len(digests)))
        digests[at] = digest(work)
    return digests


def recovered_history(work: UnsavedWork) -> list[str]:
    """The same from recovered work."""
    history, digests = work.history, [digest(work)]
    for side, steps in ((0, history.steps[: history.at][::-1]), (1, history.steps[history.at :])):
        now = work
        for step in steps:
            edited = EditableDoodle.of(now.state.doodle)
            edited = step.redone(edited) if side else step.undone(edited)
            doodle = edited.snapshot()
            values = {name: sides[side] for name, sides in step.changes.items()}
            values |= {"labels": doodle.labels, "directions": doodle.directions}
            now = with_state(now, **values)
            digests.insert(len(digests) if side else 0, digest(now))
    return digests


def paint_into_journal(folder: Path, seed: int, tell: Tell) -> None:
    """What the autosave's thread does; `tell` once it is on disk."""
    if not seed % 2:
        journal_file.SMALL = 4096  # then it is often written anew
    journal.STRIP = 2**16
    file = JournalFile(folder)
    for work in stories(seed):
        if work.state.photo is not None and file.pictures.lacks(work.state.photo):
            list(file.picture_steps(work.state.photo))
        file.save(work)
        tell(work)
        while (lacking := file.pictures.lacking()) is not None:
            list(file.picture_steps(lacking))


# -- the whole window -----------------------------------------------------------------------


def paint_in_window(folder: Path, seed: int, tell: Tell) -> None:
    """A hand that paints, undoes and rolls the dice; `tell` of every step."""
    from PySide6.QtCore import QSettings
    from PySide6.QtTest import QTest

    from app.platform.settings import Settings
    from app.window.application import create_application
    from app.window.main_window import MainWindow
    from tests.support.fakes import FakeStudio
    from tests.support.hand import drag

    create_application(["daub"])
    folder.mkdir()
    settings = Settings(QSettings(str(folder / "daub.ini"), QSettings.Format.IniFormat))
    settings.canvas_width, settings.canvas_height, settings.brush_size = 400, 300, 30
    window = MainWindow(FakeStudio(), settings)
    window.show()
    window.recovery.begin(folder / "journals")
    while not window.session.preview.whole:
        QTest.qWait(5)
    dice, session, document = random.Random(seed), window.session, window.session.document
    acts = [session.undo, session.redo, session.reroll, session.clear]
    states = [digest(UnsavedWork(document.state()))]

    def note() -> None:
        place, work = session.history.place, UnsavedWork(document.state())
        if place.step is not None:
            states[place.at :] = [digest(work)]
        tell(work, *states)
        window.recovery.autosave.note_step()

    # Told first: what is on disk may be a moment ahead otherwise.
    session.history.changed.disconnect(window.recovery.autosave.note_step)
    session.history.changed.connect(note)
    while True:
        if dice.random() < 0.7:
            session.set_options(tool="brush", material=dice.randrange(15))
            points = [(dice.uniform(0, 400), dice.uniform(0, 300)) for _ in range(4)]
            drag(window.workspace.canvas, points)
        else:
            dice.choice(acts)()
        QTest.qWait(dice.randrange(40))


# -- killing --------------------------------------------------------------------------------

# What paints, after how many steps it is killed at least and at most, and how many seconds later.
PAINTERS = {
    "journal": (paint_into_journal, (1, 8), 0.02),
    "window": (paint_in_window, (8, 40), 0.3),
}


def kill_one(kind: str, folder: Path, seed: int) -> dict[str, object]:
    """Let a child paint and kill it at a random moment; what it told."""
    paint, steps, longest = PAINTERS[kind]
    dice = random.Random(seed)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)

        def tell(work: UnsavedWork, *states: str) -> None:
            line = " ".join([str(time.monotonic()), digest(work), *states])
            os.write(writing, f"{line}\n".encode())

        try:
            paint(folder, seed, tell)
        except BaseException:
            traceback.print_exc()
        os._exit(1)
    os.close(writing)
    told, least = b"", dice.randint(*steps)
    while told.count(b"\n") < least and (more := os.read(reading, 2**16)):
        told += more
    time.sleep(dice.uniform(0, longest))
    killed = time.monotonic()
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    while more := os.read(reading, 2**16):
        told += more
    os.close(reading)
    return {
        "folder": str(folder),
        "killed": killed,
        "by_kill": os.WIFSIGNALED(status),
        "told": [line.split() for line in told.decode().splitlines()],
    }


def main(kind: str, root: Path, count: int, seed: int) -> None:
    if kind == "window":
        import tests.support.hand  # noqa: F401
    for number in range(count):
        report = kill_one(kind, root / f"{kind}-{number}", seed + number)
        sys.stdout.write(json.dumps(report) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
