"""Keep a stroke painting up to date while its doodle changes."""

import hashlib
import multiprocessing
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from engine.array_store import cache_file
from engine.flow.bend import CELL
from engine.requests import StrokeStep
from engine.strokes import kernels
from engine.strokes.edits import StrokeEdit, difference
from engine.strokes.guides import GuideWeights
from engine.strokes.large import UNIT
from engine.strokes.painter import StrokeMatches, StrokePainter, StrokeStyle
from engine.strokes.reroll import reroll, rerolled_rects
from engine.strokes.source import SourcePart, prepare_source
from engine.strokes.synthesis import StrokePainting, paint, repaint, repainted
from engine.strokes.target import StrokeTarget
from engine.tiles import Window

PIECE = 1_000_000
"""Most pixels of a step; more come in several, as each is written on the UI thread in one go."""

FIRST_AREA = 2_500_000
"""Most pixels matched for the part of a canvas that is painted before the whole."""

FIRST_SHARE = 4
"""The canvas has at least so many times the pixels of that part; else the whole comes soon."""

AROUND = 48
"""Matched pixels around that part which are painted too, as its surroundings."""


@dataclass(frozen=True, eq=False)
class LiveStep:
    """One round of search and vote, or a piece of it; ``share``: progress, 0-1.

    ``pixels``: (h, w, 3) uint8 of the canvas inside ``window``, a copy; None while only coarser
    levels are painted. ``provisional``: a later step of the same call replaces them.
    """

    share: float
    window: Window
    pixels: np.ndarray | None
    provisional: bool = False


class LiveStrokes:
    """A stroke painting of a doodle, for one style and seed. Used by one thread at a time."""

    def __init__(self, style: StrokeStyle, seed: int, threads: int = 1) -> None:
        """Start without a painting."""
        self._style, self._seed, self._threads = style, seed, threads
        self._painting: StrokePainting | None = None
        self._canvas = Window(0, 0, 0, 0)
        self._unfinished: Window | None = None
        self._edit: StrokeEdit | None = None  # of the repaint in progress, or stopped
        self._edits: list[StrokeEdit] = []

    def extend(self, style: StrokeStyle) -> None:
        """Go on with the same style prepared for more materials; what is painted stays."""
        self._style = style
        if self._painting is not None:
            self._painting.extend(style.painter.source)

    def matches(self) -> StrokeMatches | None:
        """Return a copy of what the painting was copied from; None before it is painted."""
        painting = self._painting
        if painting is None or not painting.complete:
            return None
        return StrokeMatches(self._style.painter, painting.field.copy())

    @property
    def materials(self) -> tuple[int, ...]:
        """Ids of the materials that the style is prepared for; empty if for all."""
        return self._style.materials or ()

    @property
    def nbytes(self) -> int:
        """Memory of the painting in bytes."""
        return self._painting.nbytes if self._painting is not None else 0

    def take_edits(self) -> list[StrokeEdit]:
        """Return what has been repainted since the last call, for ``exchange``."""
        edits, self._edits = self._edits, []
        return edits

    def revert(self) -> None:
        """Go back to the painting as it was at the last ``take_edits``.

        A painting that was not complete then stays as it is.
        """
        self._drop_edit()
        edits = self.take_edits()
        self.exchange(edits)

    def exchange(self, edits: list[StrokeEdit]) -> None:
        """Undo these edits, the last one first, or redo them; reverses the list."""
        edits.reverse()
        for edit in edits:
            assert self._painting is not None
            edit.exchange(self._painting)

    def difference(self, labels: np.ndarray, directions: np.ndarray | None = None) -> Window:
        """Return the box of what differs between a doodle and the one that was painted.

        Empty without a complete painting of this size.
        """
        painting, painter = self._painting, self._style.painter
        if painting is None or self.lacks(labels):
            return Window(0, 0, 0, 0)
        small = painter.shrunk(labels)
        regions, kinds = self._style.table[small], self._style.kinds(small)
        changed = difference(painting, regions, self._shrunk(directions), kinds)
        return changed if changed.empty else painter.reached(painting, changed, self._canvas)

    def _shrunk(self, directions: np.ndarray | None) -> np.ndarray | None:
        return None if directions is None else self._style.painter.shrunk(directions)

    def lacks(self, labels: np.ndarray) -> bool:
        """Return whether a complete painting of this size is missing, or work was stopped."""
        painting = self._painting
        if painting is None or not painting.complete or self._unfinished is not None:
            return True
        return (self._canvas.height, self._canvas.width) != labels.shape

    def reroll(self, part: Window, mask: np.ndarray, seed: int) -> Iterator[LiveStep]:
        """Paint the pixels of a mask, (H, W) bool, with strokes of another seed.

        ``part``: the mask's bounding box. Nothing may be lacking. Larger strokes also change pixels
        beside the mask. If it is stopped, the next call takes back what it has painted.
        """
        painting, painter = self._painting, self._style.painter
        assert painting is not None
        nothing, whole = Window(0, 0, 0, 0), painting.target.canvas
        small = painter.matched(part).clipped(whole)
        inside = painter.shrunk(mask)[small.within(whole)]
        if not inside.any():  # smaller than what is matched
            inside = np.ones_like(inside)
        self._drop_edit()
        self._edit = StrokeEdit(painting, nothing, rerolled_rects(painting, small))
        steps = reroll(painting, small, inside, seed, self._threads)
        yield from self._shown(painting, steps, small)

    def _drop_edit(self) -> None:
        """Undo a repaint that was stopped."""
        if self._edit is not None:
            assert self._painting is not None
            self._edit.exchange(self._painting)
            self._edit = self._unfinished = None

    def steps(
        self,
        labels: np.ndarray,
        changed: Window | None,
        focus: Window | None = None,
        directions: np.ndarray | None = None,
    ) -> Iterator[LiveStep]:
        """Paint the doodle ``labels``, (H, W) uint8 material ids.

        ``directions``: of the pen, see ``engine.flow.pen``, or None. ``changed``: window that
        contains all differences from the previous doodle and its directions; None repaints the
        whole canvas. ``focus``: what to show first when the whole of a large canvas is painted;
        it is painted by itself, so the final picture does not depend on it. Only pixels inside the
        windows of the steps change. ``close()`` stops it; the next call also paints what was not
        finished.
        """
        painter, canvas = self._style.painter, Window(0, 0, labels.shape[1], labels.shape[0])
        small = painter.shrunk(labels)
        regions, kinds = self._style.table[small], self._style.kinds(small)
        turned = self._shrunk(directions)
        target = StrokeTarget(regions, self._seed, painter.flows, kinds=kinds, directions=turned)
        painting = self._painting
        stopped = self._unfinished is not None and self._edit is None
        if painting is None or changed is None or stopped or self._canvas != canvas:
            painting = StrokePainting(painter.source, target, painter.settings)
            self._painting, self._canvas, self._unfinished = painting, canvas, canvas
            self._edit, self._edits = None, []
        if changed is not None and painting.complete:
            wanted = changed if self._unfinished is None else changed.united(self._unfinished)
            # What follows shall not depend on the moment at which a repaint was stopped.
            self._drop_edit()
            self._unfinished, done = wanted.clipped(canvas), 0.0
            again = painter.matched(self._unfinished).clipped(target.canvas)
            self._edit = StrokeEdit(painting, again)
            steps, shown = repaint(painting, target, again, self._threads), repainted(again)
        else:
            done = yield from self._first_part(labels, focus, directions)
            steps, shown = paint(painting, self._threads), target.canvas
        for step in self._shown(painting, steps, shown.clipped(target.canvas)):
            yield replace(step, share=done + (1 - done) * step.share)

    def _first_part(
        self, labels: np.ndarray, focus: Window | None, directions: np.ndarray | None
    ) -> Generator[LiveStep, None, float]:
        """Paint ``focus`` as a canvas of its own; return the share of the work that is done.

        Paints nothing if that part is not small or the canvas is not large.
        """
        painter, whole = self._style.painter, self._canvas
        part = whole if focus is None else focus.clipped(whole)
        size, total = part.width * part.height, whole.width * whole.height
        matched = size * UNIT * UNIT // painter.enlarged**2
        if part.empty or matched > FIRST_AREA or size * FIRST_SHARE > total:
            return 0.0
        # The part begins with a whole cell of the pen's directions.
        cells = part.grown(AROUND * painter.enlarged // UNIT).coarser(CELL)
        around = cells.finer(CELL).clipped(whole)
        if directions is not None:
            cells = around.coarser(CELL)
            directions = directions[cells.top : cells.bottom, cells.left : cells.right]
        here = labels[around.within(whole)]
        painting = self._style.begin(here, self._seed, directions=directions)
        canvas = Window(0, 0, around.width, around.height)
        inner = Window(*(edge - around[side % 2] for side, edge in enumerate(part)))
        share = size / (size + total)
        for step in paint(painting, self._threads):
            pixels = painter.read(painting, inner, canvas) if step.scale == 1 else None
            yield LiveStep(share * step.share, part, pixels, provisional=True)
        return share

    def flow(self) -> np.ndarray | None:
        """Return which way the strokes run: (h, w, 2) uint8 over the whole canvas, a copy.

        Signed cosine and sine of twice the angle times certainty, about one for 4 x 4 pixels of the
        matched canvas. Returns None before the first step.
        """
        if self._painting is None or not self._painting.levels:
            return None
        guides = self._painting.levels[min(2, len(self._painting.levels) - 1)].guides
        return None if guides is None else np.stack([guides.cos, guides.sin], 2)

    def _shown(
        self, painting: StrokePainting, steps: Iterator[StrokeStep], whole: Window
    ) -> Iterator[LiveStep]:
        """Convert steps of the synthesis, which paint ``whole``, to those of the canvas."""
        try:
            yield from self._converted(painting, steps, whole)
        finally:
            steps.close()  # type: ignore[attr-defined]

    def _converted(
        self, painting: StrokePainting, steps: Iterator[StrokeStep], whole: Window
    ) -> Iterator[LiveStep]:
        painter, share = self._style.painter, 0.0
        for step in steps:
            # A large canvas is painted in strips; what lies below is not painted yet.
            rect = whole if step.window is None or step.scale > 1 else Window(*step.window)
            window = painter.reached(painting, rect, self._canvas)
            if step.scale > 1:
                yield LiveStep(step.share, window, None)
            else:
                *first, last = _pieces(window)
                for piece in first:
                    yield LiveStep(share, piece, painter.read(painting, piece, self._canvas))
                if step.share >= 1:
                    self._finish()
                yield LiveStep(step.share, last, painter.read(painting, last, self._canvas))
            share = step.share

    def _finish(self) -> None:
        if self._edit is not None:
            self._edits.append(self._edit)
        self._edit = self._unfinished = None


def _pieces(window: Window) -> list[Window]:
    """Cut a window into pieces of about PIECE pixels, from the top."""
    rows = max(1, PIECE // max(1, window.width))
    tops = range(window.top, max(window.bottom, window.top + 1), rows)
    return [Window(window.left, top, window.right, min(top + rows, window.bottom)) for top in tops]


def ensure_compiled(stopped: Callable[[], bool] = lambda: False) -> bool:
    """Compile the kernels in a separate process, unless this machine has done so already.

    Compiling in this process would hold the GIL for seconds. Returns False if ``stopped`` returned
    True before the end; the process is then terminated. If the process fails, the kernels are
    compiled at their first call.
    """
    mark = _compiled_mark()
    if mark.exists():
        return True
    process = multiprocessing.get_context("spawn").Process(target=compile_kernels, daemon=True)
    process.start()
    while process.is_alive():
        process.join(0.1)
        if stopped():
            process.terminate()
            return False
    if process.exitcode == 0:
        with suppress(OSError):
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.touch()
    return True


def _compiled_mark() -> Path:
    """Return the cache file that marks these kernels as compiled for this processor."""
    import llvmlite.binding
    import numba

    cpu = llvmlite.binding.get_host_cpu_name(), numba.__version__
    digest = hashlib.sha256(Path(kernels.__file__).read_bytes() + repr(cpu).encode()).hexdigest()
    return cache_file(f"kernels-{digest[:16]}")


@kernels.without_collections()
def compile_kernels() -> None:
    """Paint a tiny picture, which compiles missing kernels into numba's cache.

    Takes some seconds the first time, mostly while holding the GIL: run it in a separate process
    before the application needs the kernels.
    """
    rng = np.random.default_rng(0)
    regions = np.zeros((48, 64), np.uint8)
    rgb = rng.integers(0, 256, (48, 64, 3)).astype(np.uint8)
    part = SourcePart(rgb, regions, np.zeros(regions.shape, bool))
    source = prepare_source(part, GuideWeights())
    painting = StrokePainting(source, StrokeTarget(regions))
    for _ in paint(painting):
        pass
    StrokePainter(source, rgb, UNIT, painting.settings).picture(painting.field, regions.shape)
    for _ in repaint(painting, painting.target, Window(0, 0, 1, 1)):
        pass
