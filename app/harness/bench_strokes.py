"""``daub bench strokes``: measure painting with the brush strokes of a painting."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import cv2
import numpy as np

from app.harness.bench import BRUSH, Figure, percentile
from engine.benchmarks import strokes
from engine.errors import EngineError
from engine.packs.stroke_source import StrokeStyle
from engine.studio import Studio, StyleInfo, read_doodle
from engine.tiles import Window

SMALL = 512, 384
USUAL = 1024, 768
CANVAS = 1024
LARGE = 4096
FIELD = 352
"""Side of the window whose match field a dab needs, in pixels."""

PROCESSES = 5
"""Limit of the processes of each kind, which take seconds."""

GIB = 1024


def measure(style: str, runs: int, large: bool, say: Callable[[str], None]) -> list[Figure]:
    """Measure all figures; ``say`` is called with the name of each one. Raises EngineError."""
    _check(style)
    say("the first use of strokes and of a style")
    few = min(runs, PROCESSES)
    figures = first_figures(style, few)
    prepared = strokes.prepared(style)
    say("whole pictures")
    figures += whole_figures(style, runs)
    say("dabs, and the field")
    figures += dab_figures(prepared, style, runs)
    say("how often motifs repeat")
    figures += reuse_figures(prepared, style)
    say("comparisons of patches")
    figures += floor_figures(prepared, style, next(f.value for f in figures if f.id == "usual"))
    if large:
        say(f"{LARGE} x {LARGE} pixels")
        figures += large_figures(style)
    return figures


def _check(style: str) -> None:
    if getattr(sys, "frozen", False):
        raise EngineError("A bundle cannot measure strokes, because it has no Python interpreter.")
    if "strokes" not in Studio().describe(style).paints_by:
        raise EngineError(f"{style} has no painting to copy strokes from. See daub styles.")


# -- separate processes ---------------------------------------------------------------------


def first_figures(style: str, runs: int) -> list[Figure]:
    """Measure the first use of strokes and of a style, with empty and with filled caches."""
    with tempfile.TemporaryDirectory(prefix="daub-") as kernels:
        cold = _ready(kernels)
        ready = [_ready(kernels) for _ in range(runs)]
        uses = [_first_use(style, kernels) for _ in range(runs)]
    first, known = (percentile(column, 50) for column in zip(*uses, strict=True))
    return [
        Figure("compile", "first use of strokes, compiling kernels", cold, "s", 1, 15),
        Figure("ready", "loading compiled kernels", percentile(ready, 50), "s", runs, 0.5),
        Figure("first_use", "first use of a style, median", first, "s", runs, 5),
        Figure("known", "use of a cached style, median", 1000 * known, "ms", runs, 100),
    ]  # fmt: skip


def _ready(kernels: str) -> float:
    """Return the seconds to import strokes and paint a tiny picture, with torch imported."""
    code = (
        "import time, numpy, engine.benchmarks.photo; from engine.flow import REACH, flow_field;"
        "from engine.tiles import Window; around = numpy.zeros((16 + 2 * REACH,) * 2, 'uint8');"
        "flow_field(around, Window(0, 0, 16, 16), 0).streaks;"
        "began = time.perf_counter(); from engine.strokes.live import compile_kernels;"
        "compile_kernels(); print(time.perf_counter() - began)"
    )
    return _told(code, {"NUMBA_CACHE_DIR": kernels})[0]


def _first_use(style: str, kernels: str) -> tuple[float, float]:
    """Return the seconds to prepare a style with an empty cache and then with a filled one."""
    code = "from engine.benchmarks.strokes import first_use; print(*first_use(sys.argv[1]))"
    with tempfile.TemporaryDirectory(prefix="daub-") as cache:
        places = {"NUMBA_CACHE_DIR": kernels, "XDG_CACHE_HOME": cache}
        first, known = _told(code, places, style)
    return first, known


def large_figures(style: str) -> list[Figure]:
    """Measure the time of a large picture and the peak memory of its process."""
    code = "from engine.benchmarks.strokes import peak_memory;"
    code += "print(*peak_memory(sys.argv[1], int(sys.argv[2])))"
    seconds, memory = _told(code, {}, style, LARGE)
    size = f"{LARGE} x {LARGE}"
    return [
        Figure("large", f"a picture of {size}", seconds, "s", 1, 18),
        Figure("memory", f"peak memory, {size}", memory / GIB, "GiB", 1, 1.5),
    ]


def _told(code: str, places: Mapping[str, str], *arguments: object) -> list[float]:
    """Run Python code in a separate process and return the numbers that it prints."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {code}", *map(str, arguments)],
        cwd=Path(__file__).parents[2],
        env={**os.environ, **places},
        capture_output=True,
        text=True,
        check=True,
    )
    return [float(word) for word in done.stdout.split()]


# -- this process -----------------------------------------------------------------------------


def whole_figures(style: str, runs: int) -> list[Figure]:
    """Measure whole pictures of a prepared style at two sizes."""
    studio, figures = Studio("cpu"), []
    for name, size, most in (("small", SMALL, 0.2), ("usual", USUAL, 0.7)):
        labels = _starter(style, size)
        times = [strokes.painting_seconds(studio, style, labels, seed) for seed in range(runs + 1)]
        text = f"a picture of {size[0]} x {size[1]}, median"
        figures.append(Figure(name, text, percentile(times[1:], 50), "s", runs, most))
    return figures


def dab_figures(prepared: StrokeStyle, style: str, runs: int) -> list[Figure]:
    """Measure a dab on a canvas, and the match field of windows."""
    labels = _starter(style, (CANVAS, CANVAS))
    dabs = [1000 * time for time in strokes.dab_seconds(prepared, labels, BRUSH, runs)]
    place = CANVAS // 4
    window = Window(place, place, place + FIELD, place + FIELD)
    part = 1000 * strokes.field_seconds(prepared, labels, window, runs)
    usual = _starter(style, USUAL)
    whole = 1000 * strokes.field_seconds(prepared, usual, Window(0, 0, *USUAL), runs)
    dab = f"a dab of {BRUSH} px at {CANVAS} x {CANVAS}"
    return [
        Figure("dab", f"{dab}, median", percentile(dabs, 50), "ms", runs, 100),
        Figure("dab_p95", f"{dab}, p95", percentile(dabs, 95), "ms", runs),
        Figure("field", f"field of {FIELD} x {FIELD}, median", part, "ms", runs, 8),
        Figure("field_usual", f"field of {USUAL[0]} x {USUAL[1]}, median", whole, "ms", runs, 120),
    ]


def reuse_figures(prepared: StrokeStyle, style: str) -> list[Figure]:
    """Measure the reuse of positions in the painting: the worst region of three doodles."""
    own = [info for info in _starters() if info.id == style]
    others = [info for info in _starters() if info.id != style]
    figures = []
    for info in [*own, *others][:3]:
        assert info.starter is not None
        worst = strokes.worst_reuse(prepared, _resized(read_doodle(info.starter), USUAL))
        text = f"reuse / even share, worst region, doodle of {info.id}"
        figures.append(Figure(f"reuse_{info.id}", text, worst, "", 1, 2))
    return figures


def floor_figures(prepared: StrokeStyle, style: str, seconds: float) -> list[Figure]:
    """Measure the patch comparisons of a picture and the least share of time they take.

    ``seconds``: the time of such a picture.
    """
    floor = strokes.floor(prepared, _starter(style, USUAL))
    size, percent = f"{USUAL[0]} x {USUAL[1]}", 100 * floor.seconds / seconds
    return [
        Figure("distances", f"patch distances in {size}", floor.distances / 1e6, "million", 1),
        Figure("distances_pixel", "patch distances / pixel", floor.distances / floor.pixels, "", 1),
        Figure("compared", "bytes compared for them", floor.compared / 1e9, "GB", 1),
        Figure("speed", "comparison speed in cache, one thread", floor.speed / 1e9, "GB/s", 5),
        Figure("floor", "least share of a picture's time for comparisons", percent, "%", 1),
    ]


def _starters() -> list[StyleInfo]:
    return [info for info in Studio().styles() if info.starter is not None]


def _starter(style: str, size: tuple[int, int]) -> np.ndarray:
    """Return a style's starter doodle, or another style's, at a width and height."""
    starters = {info.id: info.starter for info in _starters()}
    path = starters.get(style) or next(iter(starters.values()))
    assert path is not None
    return _resized(read_doodle(path), size)


def _resized(labels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST)
