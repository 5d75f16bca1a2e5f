"""``daub bench canvas``: measure memory and event loop turns with a large canvas."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from app.document.document import Document
from app.document.label_map import LabelMap
from app.document.patch import Patch
from app.document.rect import Rect
from app.document.refined import Refined
from app.document.stroke import PointerSample
from app.editing.commands import PaintCommand
from app.editing.history import History
from app.harness.bench import TREE, Figure
from app.tools import BRUSH_SHAPES, LARGEST_BRUSH, TOOLS, Ink, ToolOptions
from app.widgets.workspace import Workspace
from app.window.application import create_application

from PySide6.QtCore import QCoreApplication  # isort: skip - after torch, which bench imports

SIDE = 8192
DABS = 1000
BRUSH_SIDE, MOVES = 4096, 24
REACH = 92
BUDGET = 256 * 2**20
LONGEST_TURN = 33.0


def measure(runs: int, say: Callable[[str], None]) -> list[Figure]:
    """Measure all figures; ``say`` is called with the name of each measurement."""
    create_application(["daub"])
    say(f"a canvas of {SIDE} x {SIDE}")
    figures = canvas_figures(runs)
    say(f"{DABS} dabs")
    return figures + history_figures() + brush_figures()


def canvas_figures(runs: int) -> list[Figure]:
    """Measure memory and the longest event loop turns of a document and its views."""
    empty = _memory()
    document = Document(LabelMap(SIDE, SIDE), "a", 1, REACH)
    space = Workspace(document)
    space.resize(1200, 760)
    space.show()
    _longest_turn(space)
    bare = _memory() - empty
    _paint(document, space)
    painted = _memory() - empty
    pixels = np.full((SIDE, SIDE, 3), 7, np.uint8)
    pixels.flags.writeable = False
    first, draft = _draft(document, space, pixels), _draft(document, space, pixels)
    refined = _memory() - empty
    name = f"{SIDE} x {SIDE}"
    figures = [
        Figure("bare", f"memory of an empty canvas, {name}", bare, "MiB", 1),
        Figure("painted", "memory of a painted canvas", painted, "MiB", 1),
        Figure("refined", "memory of a refined canvas", refined, "MiB", 1),
        Figure("first", "longest turn when a first draft arrives", first, "ms", 1, LONGEST_TURN),
        Figure("draft", "longest turn when a later draft arrives", draft, "ms", 1, LONGEST_TURN),
        *_edit_figures(document, space, runs),
    ]
    space.close()
    return figures


def _edit_figures(document: Document, space: Workspace, runs: int) -> list[Figure]:
    dabs = [_milliseconds(partial(_dab, document, at)) for at in range(runs)]
    before = document.labels.snapshot()
    for at in range(0, SIDE - 64, 32):
        _fill(document, Rect(at, at, at + 64, at + 64), TREE)
    end = _milliseconds(lambda: Patch.between(before, document.labels, document.bounds))
    turned = []
    for angle in (0.0, 30.0):
        space.link.turn(angle)
        _longest_turn(space)
        turned.append(min(_milliseconds(space.painting.repaint) for _ in range(runs)))
    return [
        Figure("dab", "a dab of 48 pixels on a refined canvas", max(dabs), "ms", runs, 16),
        Figure("end", "the end of a stroke from corner to corner", end, "ms", 1, 16),
        Figure("frame", "a frame of the painting", turned[0], "ms", runs, 16),
        Figure(
            "turned", "a frame of the painting rotated by 30 degrees", turned[1], "ms", runs, 33
        ),
    ]


def history_figures() -> list[Figure]:
    """Measure the undo memory of DABS dabs and the longest event loop turn of undoing them."""
    document, history = Document(LabelMap(1024, 768)), History(BUDGET)
    rng = np.random.default_rng(1)
    pushes = []
    while len(history.steps) < DABS:
        ink = Ink(document)
        options = ToolOptions("brush", int(rng.integers(0, 15)), 48)
        x, y = rng.integers(0, document.width), rng.integers(0, document.height)
        TOOLS["brush"].begin(ink, options, PointerSample(float(x), float(y))).finish()
        patch = Patch.between(ink.before, document.labels, ink.touched)
        if patch is not None:
            command = PaintCommand(document, patch, "Brush")
            pushes.append(_milliseconds(partial(history.push, command)))
    held = history.nbytes / 2**20
    history.go_to(0)
    longest = 0.0
    while history.can_undo:
        longest = max(longest, _milliseconds(QCoreApplication.processEvents))
    return [
        Figure("held", "memory of undo steps at 1024 x 768", held, "MiB", DABS, BUDGET / 2**20),
        Figure(
            "push", "storing an undo step, p99", float(np.percentile(pushes, 99)), "ms", DABS, 16
        ),
        Figure("walk", "longest turn of undoing all steps", longest, "ms", 1, LONGEST_TURN),
    ]


def brush_figures() -> list[Figure]:
    """Measure the moves of the largest brush, in every shape and at full pressure."""
    figures = []
    for shape in BRUSH_SHAPES:
        document = Document(LabelMap(BRUSH_SIDE, BRUSH_SIDE))
        options = ToolOptions("brush", TREE, LARGEST_BRUSH, brush=shape, smoothing=0.0)
        at = [PointerSample(1500 + 64.0 * step, 1500 + 24.0 * step) for step in range(MOVES)]
        gesture = TOOLS["brush"].begin(Ink(document), options, at[0])
        moves = [_milliseconds(partial(gesture.move, sample)) for sample in at[1:]]
        name = f"a move of a {shape} brush of {LARGEST_BRUSH} pixels, {BRUSH_SIDE} x {BRUSH_SIDE}"
        median = float(np.median(moves))
        figures.append(Figure(f"brush_{shape}", name, median, "ms", len(moves), 16))
    return figures


def _paint(document: Document, space: Workspace) -> None:
    tile = np.random.default_rng(1).integers(0, 256, (256, 256, 3)).astype(np.uint8)
    for top in range(0, SIDE, 256):
        for left in range(0, SIDE, 256):
            document.merge_painting(Rect(left, top, left + 256, top + 256), tile)
        QCoreApplication.processEvents()
    _longest_turn(space)


def _draft(document: Document, space: Workspace, pixels: np.ndarray) -> float:
    draft = Refined(pixels, document.labels.snapshot(), "a", 1)
    return max(_milliseconds(lambda: document.set_draft(draft)), _longest_turn(space))


def _dab(document: Document, at: int) -> None:
    place = 500 + 97 * at % (SIDE - 1000)
    _fill(document, Rect(place, place, place + 48, place + 48), TREE + at % 2)


def _fill(document: Document, rect: Rect, material: int) -> None:
    document.labels.write(rect, np.full((rect.height, rect.width), material, np.uint8))
    document.publish_labels()


def _longest_turn(space: Workspace) -> float:
    """Return the longest event loop turn in ms until everything is on screen."""
    longest = _milliseconds(QCoreApplication.processEvents)
    while space.behind:
        longest = max(longest, _milliseconds(QCoreApplication.processEvents))
    return longest


def _milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _memory() -> float:
    """Return the memory of the process in MiB; 0 if it is not available."""
    status = Path("/proc/self/statm")
    return int(status.read_text().split()[1]) * 4096 / 2**20 if status.exists() else 0.0
