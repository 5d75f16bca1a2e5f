"""Keep a stroke painting up to date while its doodle changes."""

import hashlib
import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.array_store import cache_file
from engine.strokes import kernels
from engine.strokes.guides import GuideWeights
from engine.strokes.painter import UNIT, StrokeStyle
from engine.strokes.source import SourcePart, prepare_source
from engine.strokes.synthesis import StrokePainting, paint, repaint, repainted
from engine.strokes.target import StrokeTarget
from engine.tiles import Window


@dataclass(frozen=True, eq=False)
class LiveStep:
    """One round of search and vote; ``share``: progress, 0-1.

    ``pixels``: (h, w, 3) uint8 of the canvas inside ``window``, a copy; None while only coarser
    levels are painted.
    """

    share: float
    window: Window
    pixels: np.ndarray | None


class LiveStrokes:
    """A stroke painting of a doodle, for one style and seed. Used by one thread at a time."""

    def __init__(self, style: StrokeStyle, seed: int, threads: int = 1) -> None:
        """Start without a painting. Raises ValueError for a style of larger strokes."""
        if style.painter.enlarged != UNIT:
            raise ValueError("Live strokes have the size 1 or smaller.")
        self._style, self._seed, self._threads = style, seed, threads
        self._painting: StrokePainting | None = None
        self._unfinished: Window | None = None

    def steps(self, labels: np.ndarray, changed: Window | None) -> Iterator[LiveStep]:
        """Paint the doodle ``labels``, (H, W) uint8 material ids.

        ``changed``: window that contains all differences from the previous doodle; None repaints
        the whole canvas. Only pixels inside the windows of the steps change. ``close()`` stops it;
        the next call also paints what was not finished.
        """
        regions = self._style.table[labels]
        target = StrokeTarget(regions, self._seed, self._style.painter.flows)
        whole = target.canvas
        old = self._painting
        if old is None or changed is None or old.target.canvas != whole:
            painting = self._painting = self._style.painter.begin(regions, self._seed)
            self._unfinished = whole
            steps = paint(painting, self._threads)
            shown = whole
        else:
            painting = old
            wanted = changed if self._unfinished is None else changed.united(self._unfinished)
            self._unfinished = wanted.clipped(whole)
            steps = repaint(painting, target, self._unfinished, self._threads)
            shown = repainted(self._unfinished).clipped(whole)
        try:
            for step in steps:
                if step.share >= 1:
                    self._unfinished = None
                # A large canvas is painted in strips; what lies below is not painted yet.
                window = shown if step.window is None else Window(*step.window)
                finest = step.scale == 1
                pixels = step.picture[window.within(whole)].copy() if finest else None
                yield LiveStep(step.share, window if finest else shown, pixels)
        finally:
            steps.close()  # type: ignore[attr-defined]


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
    painting = StrokePainting(prepare_source([part], GuideWeights()), StrokeTarget(regions))
    for _ in paint(painting):
        pass
