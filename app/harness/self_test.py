"""``daub --self-test``: check automatically in less than a minute that Daub works on this machine.

It prints one line per check. To add a check, write a function that takes the `Kit` and returns a
short result text or raises an error with a sentence about the problem, and add it to `CHECKS`.
"""

import itertools
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np

from app.document.document import Document
from app.harness.headless import HeadlessWindow  # imports torch before Qt
from app.platform.diagnostics import versions
from engine.studio import (
    EngineError,
    PhotoLook,
    RefineRequest,
    Studio,
    StyleInfo,
    open_image,
    read_doodle,
)

STYLE = "starry-night"
WIDTH, HEIGHT = 320, 240
"""Size of the refined doodle and of the window's canvas."""

FARTHEST = 2.0
"""Largest mean distance, in levels of 255, of a painting from the stored one. It is 0.01 in fp32,
0.25 in bf16 and 26 with another seed."""

FLATTEST = 5.0
"""Standard deviation, in levels of 255, up to which a painted photo counts as one colour."""

REFINE_STEPS = 5

TREE = 4


class Kit:
    """Resources for the checks, created on first use: a studio, an empty folder, a window."""

    def __init__(self) -> None:
        self._open = ExitStack()

    def __enter__(self) -> "Kit":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    @cached_property
    def studio(self) -> Studio:
        """The engine, with the included packs and the user's own."""
        return Studio()

    @cached_property
    def folder(self) -> Path:
        """An empty temporary folder."""
        kept = tempfile.TemporaryDirectory(prefix="daub-", ignore_cleanup_errors=True)
        return Path(self._open.enter_context(kept))

    @cached_property
    def stage(self) -> HeadlessWindow:
        """The main window, offscreen, with default settings."""
        return self._open.enter_context(HeadlessWindow(WIDTH, HEIGHT, STYLE, seed=1))

    @property
    def document(self) -> Document:
        """The window's document."""
        return self.stage.session.document

    @cached_property
    def style(self) -> StyleInfo:
        """The pack whose starter doodle is painted. Raises EngineError if it is missing."""
        return self.studio.load_style(STYLE)


@dataclass(frozen=True)
class Outcome:
    """Result of a check: ``well``: it passed; ``says``: its result text or error sentence."""

    name: str
    well: bool
    says: str
    seconds: float

    @property
    def line(self) -> str:
        """Text for the terminal."""
        return f"{'✓' if self.well else '✗'} {self.name}: {self.says} ({self.seconds:.1f} s)"


# -- the checks -----------------------------------------------------------------------------


def style_packs(kit: Kit) -> str:
    """Check that every style pack is complete and can be loaded."""
    styles = kit.studio.styles()
    for style in styles:
        if style.problem is not None:
            raise EngineError(style.problem)
        kit.studio.load_style(style.id)
    if not styles:
        raise EngineError("There are no style packs. Please reinstall Daub.")
    return f"all {len(styles)} can be loaded"


def painting(kit: Kit) -> str:
    """Check that a starter doodle is painted like the picture stored in its pack."""
    starter, stored = kit.style.starter, kit.style.thumbnail
    if starter is None or stored is None:
        raise EngineError(f"{kit.style.folder} has no starter.png or no thumbnail.png.")
    expected = open_image(stored)
    painted = kit.studio.render(read_doodle(starter), STYLE)
    height, width = expected.shape[:2]
    small = cv2.resize(painted, (width, height), interpolation=cv2.INTER_AREA)
    distance = float(np.abs(small.astype(float) - expected).mean())
    if distance > FARTHEST:
        raise EngineError(
            f"The starter doodle of {STYLE} differs from the stored picture by {distance:.1f} "
            f"levels; the limit is {FARTHEST:g}."
        )
    return f"{distance:.2f} levels from the stored one on {kit.studio.device_text}"


def photo(kit: Kit) -> str:
    """Check that the photo network paints a picture differently in each of its styles."""
    if kit.style.thumbnail is None:
        raise EngineError(f"{kit.style.folder} has no thumbnail.png.")
    picture, styles = open_image(kit.style.thumbnail), kit.studio.photo_styles()
    painted = [kit.studio.photo_small(picture, PhotoLook(style)) for style in styles]
    if not all(one.std() > FLATTEST for one in painted):
        raise EngineError("The photo network paints a single colour.")
    if len({one.tobytes() for one in painted}) < len(styles):
        raise EngineError("The photo network paints the same picture in two styles.")
    return f"painted differently in {len(styles)} styles"


def refining(kit: Kit) -> str:
    """Check that a few steps of Refine from noise reduce the loss."""
    labels = np.zeros((HEIGHT, WIDTH), np.uint8)
    labels[HEIGHT // 2 :] = TREE
    losses: dict[int, float] = {}
    # Start from noise: from a preview the loss rises in the first steps.
    steps = kit.studio.refine(RefineRequest(labels, STYLE, quality="quick"))
    for step in itertools.takewhile(lambda step: step.i <= REFINE_STEPS, steps):
        losses[step.i] = step.loss
    first, last = losses[1], losses[REFINE_STEPS]
    if not last < first:
        raise EngineError(
            f"Refine does not reduce the loss: it changed from {first:.2f} to {last:.2f}."
        )
    return f"{REFINE_STEPS} steps reduced the loss from {first:.2f} to {last:.2f}"


def window(kit: Kit) -> str:
    """Check that the main window opens and a stroke in it changes the painting."""
    stage, before = kit.stage, kit.document.painting.copy()
    stage.choose("brush", TREE, 40)
    stage.press(WIDTH * 0.2, HEIGHT * 0.6)
    stage.move(WIDTH * 0.8, HEIGHT * 0.6)
    stage.release(WIDTH * 0.8, HEIGHT * 0.6)
    stage.settle()
    if np.array_equal(kit.document.painting, before):
        raise EngineError("A stroke in the window did not change the painting.")
    height, width, _ = stage.screenshot().shape
    return f"opened at {width} x {height}, and a stroke was painted"


def export(kit: Kit) -> str:
    """Check that an export has the same pixels as the window."""
    path = kit.folder / "exported.png"
    kit.stage.export(path)
    if not np.array_equal(open_image(path), kit.document.painting):
        raise EngineError(f"{path} differs from the painting in the window.")
    return f"a PNG of {path.stat().st_size // 1024} KiB with the window's pixels"


def document(kit: Kit) -> str:
    """Check that a document is unchanged after saving and opening."""
    stage, path, files = kit.stage, kit.folder / "Gemälde 1.ora", kit.stage.window.files
    labels, painted = kit.document.labels.array().copy(), kit.document.painting.copy()
    finished: list[Path] = []
    files.file.saved.connect(finished.append)
    files.file.failed.connect(stage.session.problem)
    files.file.save(path)
    stage.wait_until(lambda: bool(finished), f"{path} to be saved")
    stage.clear()
    files.file.opened.connect(lambda opened, _: finished.append(opened))
    stage.session.history.set_clean(stage.session.history.step)  # avoid the question to save
    stage.window.opening.open(path)
    stage.wait_until(lambda: len(finished) > 1, f"{path} to be opened")
    stage.settle()
    same = np.array_equal(kit.document.labels.array(), labels)
    if not same or not np.array_equal(kit.document.painting, painted):
        raise EngineError(f"{path} is different after saving and opening.")
    return "saved and opened again, every pixel the same"


CHECKS: tuple[tuple[str, Callable[[Kit], str]], ...] = (
    ("style packs", style_packs),
    ("painting", painting),
    ("photo", photo),
    ("refining", refining),
    ("window", window),
    ("export", export),
    ("document", document),
)
"""Names and functions of the checks, in order."""


# -- execution ------------------------------------------------------------------------------


def outcomes(checks: Sequence[tuple[str, Callable[[Kit], str]]] = CHECKS) -> Iterator[Outcome]:
    """Run the checks and yield their outcomes; a failed check does not stop the others."""
    with Kit() as kit:
        for name, check in checks:
            began = time.perf_counter()
            try:
                well, says = True, check(kit)
            except Exception as error:  # any error is a failed check
                well, says = False, _sentence(error)
            yield Outcome(name, well, says, time.perf_counter() - began)


def run() -> int:
    """Run all checks and print a line for each; return the exit code."""
    # Print a question mark for a tick that the console's encoding lacks.
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    print(_about(), flush=True)
    began, failed = time.perf_counter(), 0
    for outcome in outcomes():
        print(outcome.line, flush=True)
        failed += not outcome.well
    seconds = time.perf_counter() - began
    verdict = f"{failed} of {len(CHECKS)} checks failed" if failed else "All checks passed"
    print(f"{verdict} in {seconds:.0f} s.")
    return 1 if failed else 0


def _about() -> str:
    of, kind = versions(), "a bundle" if getattr(sys, "frozen", False) else "source"
    named = ", ".join(f"{name} {of[name]}" for name in ("Daub", "PyTorch", "Qt", "Python"))
    return f"{named}, from {kind}, on {platform.platform()}"


def _sentence(error: Exception) -> str:
    words = " ".join(str(error).split())
    return words if isinstance(error, EngineError) else f"{type(error).__name__}: {words}."
