"""Keep a stroke painting up to date while its doodle changes."""

import hashlib
import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.array_store import cache_file
from engine.requests import StrokeStep
from engine.strokes import kernels
from engine.strokes.guides import GuideWeights
from engine.strokes.large import UNIT
from engine.strokes.painter import StrokeMatches, StrokePainter, StrokeStyle
from engine.strokes.source import SourcePart, prepare_source
from engine.strokes.synthesis import StrokePainting, paint, repaint, repainted
from engine.strokes.target import StrokeTarget
from engine.tiles import Window

PIECE = 1_000_000
"""Most pixels of a step; more come in several, as each is written on the UI thread in one go."""


@dataclass(frozen=True, eq=False)
class LiveStep:
    """One round of search and vote, or a piece of it; ``share``: progress, 0-1.

    ``pixels``: (h, w, 3) uint8 of the canvas inside ``window``, a copy; None while only coarser
    levels are painted.
    """

    share: float
    window: Window
    pixels: np.ndarray | None


class LiveStrokes:
    """A stroke painting of a doodle, for one style and seed. Used by one thread at a time."""

    def __init__(self, style: StrokeStyle, seed: int, threads: int = 1) -> None:
        """Start without a painting."""
        self._style, self._seed, self._threads = style, seed, threads
        self._painting: StrokePainting | None = None
        self._canvas = Window(0, 0, 0, 0)
        self._unfinished: Window | None = None

    def matches(self) -> StrokeMatches | None:
        """Return a copy of what the painting was copied from; None before it is painted."""
        painting = self._painting
        if painting is None or not painting.complete:
            return None
        return StrokeMatches(self._style.painter, painting.field.copy())

    def steps(
        self, labels: np.ndarray, changed: Window | None, directions: np.ndarray | None = None
    ) -> Iterator[LiveStep]:
        """Paint the doodle ``labels``, (H, W) uint8 material ids.

        ``directions``: of the pen, see ``engine.flow.pen``, or None. ``changed``: window that
        contains all differences from the previous doodle and its directions; None repaints the
        whole canvas. Only pixels inside the windows of the steps change. ``close()`` stops it;
        the next call also paints what was not finished.
        """
        painter, canvas = self._style.painter, Window(0, 0, labels.shape[1], labels.shape[0])
        regions = self._style.table[painter.shrunk(labels)]
        if directions is not None:
            directions = painter.shrunk(directions)
        target = StrokeTarget(regions, self._seed, painter.flows, directions=directions)
        painting = self._painting
        if painting is None or changed is None or self._canvas != canvas:
            painting = StrokePainting(painter.source, target, painter.settings)
            self._painting, self._canvas, self._unfinished = painting, canvas, canvas
            steps, shown = paint(painting, self._threads), target.canvas
        else:
            wanted = changed if self._unfinished is None else changed.united(self._unfinished)
            self._unfinished = wanted.clipped(canvas)
            again = painter.matched(self._unfinished)
            steps, shown = repaint(painting, target, again, self._threads), repainted(again)
        try:
            yield from self._shown(painting, steps, shown.clipped(target.canvas))
        finally:
            steps.close()  # type: ignore[attr-defined]

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
                    self._unfinished = None
                yield LiveStep(step.share, last, painter.read(painting, last, self._canvas))
            share = step.share


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


def compile_kernels() -> None:
    """Paint a tiny picture, which compiles missing kernels into numba's cache.

    Takes some seconds the first time, mostly while holding the GIL: run it in a separate process
    before the application needs the kernels.
    """
    rng = np.random.default_rng(0)
    regions = np.zeros((48, 64), np.uint8)
    rgb = rng.integers(0, 256, (48, 64, 3)).astype(np.uint8)
    part = SourcePart(rgb, regions, np.zeros(regions.shape, bool))
    source = prepare_source([part], GuideWeights())
    painting = StrokePainting(source, StrokeTarget(regions))
    for _ in paint(painting):
        pass
    StrokePainter(source, rgb, UNIT, painting.settings).picture(painting.field, regions.shape)
