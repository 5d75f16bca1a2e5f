"""``daub --self-test``: whether this copy of Daub works here, in under a minute, without hands.

A line per check. A new check is a function that takes the `Kit` and says in a few words what it
found, or raises an error whose sentence says what is wrong; and a line in `CHECKS`.
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
from app.harness.headless import HeadlessWindow  # brings torch in before Qt
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
"""Of the doodles that are refined and painted by hand here."""

FARTHEST = 2.0
"""Mean distance, in levels of 255, that a painting may have from the stored one: in fp32 it is
0.01, in bf16 0.25, with another seed 26."""

FLATTEST = 5.0
"""Deviation, in levels of 255, below which a painted photo shows nothing."""

REFINE_STEPS = 5

TREE = 4


class Kit:
    """What the checks work with: a studio, an empty folder, and a window that opens when wanted."""

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
        """The engine, with the packs that ship and the person's own."""
        return Studio()

    @cached_property
    def folder(self) -> Path:
        """An empty folder that is gone afterwards."""
        kept = tempfile.TemporaryDirectory(prefix="daub-", ignore_cleanup_errors=True)
        return Path(self._open.enter_context(kept))

    @cached_property
    def stage(self) -> HeadlessWindow:
        """The main window, offscreen, with nobody's settings."""
        return self._open.enter_context(HeadlessWindow(WIDTH, HEIGHT, STYLE, seed=1))

    @property
    def document(self) -> Document:
        """The window's document."""
        return self.stage.session.document

    @cached_property
    def style(self) -> StyleInfo:
        """The pack whose starter is painted. Raises EngineError when it is not there."""
        return self.studio.load_style(STYLE)


@dataclass(frozen=True)
class Outcome:
    """How one check went: ``says`` is what it found, or a sentence about what is wrong."""

    name: str
    well: bool
    says: str
    seconds: float

    @property
    def line(self) -> str:
        """For the terminal."""
        return f"{'✓' if self.well else '✗'} {self.name}: {self.says} ({self.seconds:.1f} s)"


# -- the checks -----------------------------------------------------------------------------


def style_packs(kit: Kit) -> str:
    """Every pack is whole, and its network paints."""
    styles = kit.studio.styles()
    for style in styles:
        if style.problem is not None:
            raise EngineError(style.problem)
        kit.studio.load_style(style.id)
    if not styles:
        raise EngineError("There is no style pack at all; Daub should be installed again.")
    return f"all {len(styles)} can be read and painted with"


def painting(kit: Kit) -> str:
    """A starter doodle becomes the picture that was stored when its pack was made."""
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
            f"The starter doodle of {STYLE} is painted otherwise than stored: {distance:.1f} "
            f"levels away, where {FARTHEST:g} are allowed."
        )
    return f"{distance:.2f} levels from the stored one on {kit.studio.device_text}"


def photo(kit: Kit) -> str:
    """The photo network paints one picture in all its styles, each in a manner of its own."""
    if kit.style.thumbnail is None:
        raise EngineError(f"{kit.style.folder} has no thumbnail.png.")
    picture, styles = open_image(kit.style.thumbnail), kit.studio.photo_styles()
    painted = [kit.studio.photo_small(picture, PhotoLook(style)) for style in styles]
    if not all(one.std() > FLATTEST for one in painted):
        raise EngineError("The photo network paints nothing but one colour.")
    if len({one.tobytes() for one in painted}) < len(styles):
        raise EngineError("The photo network paints the same picture in two styles.")
    return f"painted in {len(styles)} styles, each time otherwise"


def refining(kit: Kit) -> str:
    """Five steps of Refine make a painting of noise a better one."""
    labels = np.zeros((HEIGHT, WIDTH), np.uint8)
    labels[HEIGHT // 2 :] = TREE
    losses: dict[int, float] = {}
    # From noise: the first steps from a live picture lead up before they lead down.
    steps = kit.studio.refine(RefineRequest(labels, STYLE, quality="quick"))
    for step in itertools.takewhile(lambda step: step.i <= REFINE_STEPS, steps):
        losses[step.i] = step.loss
    first, last = losses[1], losses[REFINE_STEPS]
    if not last < first:
        raise EngineError(f"Refine does not get on: its loss went from {first:.2f} to {last:.2f}.")
    return f"{REFINE_STEPS} steps took the loss from {first:.2f} to {last:.2f}"


def window(kit: Kit) -> str:
    """The main window opens, and a stroke in it is painted."""
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
    """What is exported is what is on screen."""
    path = kit.folder / "exported.png"
    kit.stage.export(path)
    if not np.array_equal(open_image(path), kit.document.painting):
        raise EngineError(f"{path} was exported with other pixels than those on screen.")
    return f"a PNG of {path.stat().st_size // 1024} KiB with the window's pixels"


def document(kit: Kit) -> str:
    """A document that is saved and opened again is the same."""
    stage, path, files = kit.stage, kit.folder / "Gemälde 1.ora", kit.stage.window.files
    labels, painted = kit.document.labels.array().copy(), kit.document.painting.copy()
    finished: list[Path] = []
    files.file.saved.connect(finished.append)
    files.file.failed.connect(stage.session.problem)
    files.file.save(path)
    stage.wait_until(lambda: bool(finished), f"{path} to be saved")
    stage.clear()
    files.file.opened.connect(lambda opened, _: finished.append(opened))
    stage.session.history.set_clean(stage.session.history.step)  # nobody is there to be asked
    stage.window.opening.open(path)
    stage.wait_until(lambda: len(finished) > 1, f"{path} to be opened")
    stage.settle()
    same = np.array_equal(kit.document.labels.array(), labels)
    if not same or not np.array_equal(kit.document.painting, painted):
        raise EngineError(f"{path} is another picture when it is opened again.")
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
"""What is checked, in this order."""


# -- going through them ---------------------------------------------------------------------


def outcomes(checks: Sequence[tuple[str, Callable[[Kit], str]]] = CHECKS) -> Iterator[Outcome]:
    """Go through the checks; one that fails does not keep the others from being made."""
    with Kit() as kit:
        for name, check in checks:
            began = time.perf_counter()
            try:
                well, says = True, check(kit)
            except Exception as error:  # whatever it is, it is what this is here to find
                well, says = False, _sentence(error)
            yield Outcome(name, well, says, time.perf_counter() - began)


def run() -> int:
    """Go through all checks, print a line for each; the exit code."""
    # A console that has no tick in its alphabet shows a question mark.
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    print(_about(), flush=True)
    began, failed = time.perf_counter(), 0
    for outcome in outcomes():
        print(outcome.line, flush=True)
        failed += not outcome.well
    seconds = time.perf_counter() - began
    verdict = f"{failed} of {len(CHECKS)} failed" if failed else "All is well"
    print(f"{verdict}, after {seconds:.0f} s.")
    return 1 if failed else 0


def _about() -> str:
    of, kind = versions(), "a bundle" if getattr(sys, "frozen", False) else "source"
    named = ", ".join(f"{name} {of[name]}" for name in ("Daub", "PyTorch", "Qt", "Python"))
    return f"{named}, from {kind}, on {platform.platform()}"


def _sentence(error: Exception) -> str:
    words = " ".join(str(error).split())
    return words if isinstance(error, EngineError) else f"{type(error).__name__}: {words}."
