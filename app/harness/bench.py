"""``daub bench``: measure the real window, worker and generator; helpers for the benchmarks."""

import cProfile
import importlib.metadata
import json
import os
import platform
import pstats
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from app.harness.headless import HeadlessWindow  # imports torch before Qt
from engine.studio import EngineError, PreviewRequest, Studio, StyleInfo, multiplications_per_pixel

from PySide6.QtCore import QObject, Qt, QTimer  # isort: skip

BRUSH = 64
CANVAS = 1024
PREVIEW = 512
FEWEST_DABS = 20
PUBLISHED_KMAC = 22.9
"""Thousands of multiply-accumulates per pixel of the published network (online-neural-doodle)."""

BUILDING, TREE = 12, 4


@dataclass(frozen=True)
class Figure:
    """A measured figure with its unit. ``runs``: number of measurements; ``most``: the limit."""

    id: str
    text: str
    value: float
    unit: str
    runs: int
    most: float | None = None

    @property
    def kept(self) -> bool:
        """Whether the value is within the limit; True if there is none."""
        return self.most is None or self.value <= self.most


def measure(style: str, runs: int, starts: int, say: Callable[[str], None]) -> list[Figure]:
    """Measure all figures; ``say`` is called with the name of each measurement."""
    say("start of the process to the first painting")
    figures = start_figures(starts) if starts else []
    say("dabs on the window")
    figures += window_figures(style, runs)
    say("whole previews")
    figures += preview_figures(style, runs)
    return figures + pack_figures(style)


# -- the window -----------------------------------------------------------------------------


def window_figures(style: str, runs: int) -> list[Figure]:
    """Measure dab latency and UI ticks on a CANVAS x CANVAS canvas with a BRUSH-pixel brush."""
    with HeadlessWindow(CANVAS, CANVAS, style, seed=1) as stage:
        dabs = single_dabs(stage, max(runs, FEWEST_DABS))
        gaps, drags = scribble(stage, 10 * runs)
    drag = "dab to new pixels in a fast drag"
    return [
        Figure("dab_p50", "dab to new pixels, median", percentile(dabs, 50), "ms", len(dabs)),
        Figure("dab_p95", "dab to new pixels, p95", percentile(dabs, 95), "ms", len(dabs), 100),
        Figure("drag_p50", f"{drag}, median", percentile(drags, 50), "ms", len(drags)),
        Figure("drag_p95", f"{drag}, p95", percentile(drags, 95), "ms", len(drags)),
        Figure(
            "tick_p99", "UI tick while previews run, p99", percentile(gaps, 99), "ms", len(gaps), 20
        ),
    ]


def single_dabs(stage: HeadlessWindow, count: int) -> list[float]:
    """Return latencies in ms of dabs made one after the other."""
    rng = random.Random(1)
    stage.clear()
    for dab in range(count):
        stage.choose("brush", (TREE, BUILDING)[dab % 2], BRUSH)
        x, y = rng.uniform(0, CANVAS), rng.uniform(0, CANVAS)
        stage.press(x, y)
        stage.release(x, y)
        stage.settle()
    return list(stage.latencies())


def scribble(stage: HeadlessWindow, events: int) -> tuple[list[float], list[float]]:
    """Return gaps between UI ticks and dab latencies during a drag, both in ms."""
    stage.clear()
    stage.choose("brush", TREE, BRUSH)
    meter = TickMeter()
    rng = random.Random(2)
    x, y = CANVAS / 2, CANVAS / 2
    stage.press(x, y)
    for _ in range(events):
        stage.wait(8)
        x = min(max(x + rng.uniform(-60, 60), 0), CANVAS)
        y = min(max(y + rng.uniform(-60, 60), 0), CANVAS)
        stage.move(x, y)
    stage.release(x, y)
    gaps = meter.stop()
    stage.settle()
    return gaps, list(stage.latencies())


class TickMeter(QObject):
    """Records the gaps between the ticks of a 1 ms timer on the UI thread.

    `busiest`: largest CPU time in ms that the thread used between two ticks.
    """

    def __init__(self) -> None:
        super().__init__()
        self.busiest = 0.0
        self._gaps: list[float] = []
        self._last, self._work = time.perf_counter(), time.thread_time()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start(1)

    def _tick(self) -> None:
        now, work = time.perf_counter(), time.thread_time()
        self._gaps.append((now - self._last) * 1000)
        self.busiest = max(self.busiest, (work - self._work) * 1000)
        self._last, self._work = now, work

    def stop(self) -> list[float]:
        """Stop the timer and return the gaps in ms."""
        self._timer.stop()
        return self._gaps


# -- the engine -----------------------------------------------------------------------------


def preview_figures(style: str, runs: int) -> list[Figure]:
    """Measure whole previews in the default and both precisions, and the share of the noise."""
    chosen = Studio()
    times = whole_previews(chosen, style, runs)
    figures = [
        Figure(
            "preview",
            f"whole {PREVIEW} x {PREVIEW} preview",
            percentile(times, 50),
            "ms",
            runs,
            150,
        )
    ]
    for precision in ("fp32", "bf16"):
        times = whole_previews(Studio(precision=precision), style, runs)
        text = f"whole {PREVIEW} x {PREVIEW} preview in {precision}"
        figures.append(Figure(f"preview_{precision}", text, percentile(times, 50), "ms", runs))
    share = noise_share(chosen, style, runs)
    text = "share of a preview's time for the field"
    figures.append(Figure("noise", text, share, "%", runs, 35))
    return figures


def whole_previews(studio: Studio, style: str, runs: int) -> list[float]:
    """Return the times of whole previews in ms, after two warm-up runs."""
    studio.load_style(style)
    requests = [_landscape(style, seed) for seed in range(runs + 2)]
    return [_timed(studio.preview, request) for request in requests][2:]


def noise_share(studio: Studio, style: str, runs: int) -> float:
    """Return the percentage of a preview's time spent on computing and resampling the field."""
    profile = cProfile.Profile()
    for seed in range(runs):
        profile.runcall(studio.preview, _landscape(style, seed))
    table = pstats.Stats(profile)
    spent = sum(
        times[3]
        for (_, _, name), times in table.stats.items()  # type: ignore[attr-defined]
        if name in ("field_levels", "_put_noise")
    )
    return 100 * spent / table.total_tt  # type: ignore[attr-defined]


def pack_figures(style: str) -> list[Figure]:
    """Measure the size of the pack on disk and the arithmetic per pixel."""
    info = next(info for info in Studio().styles() if info.id == style)
    kmac = multiplications_per_pixel() / 1000
    text = f"multiply-accumulates per pixel (published net: {PUBLISHED_KMAC} k)"
    return [
        Figure("pack", f"style pack {style}", pack_bytes(info) / 2**20, "MiB", 1, 2.5),
        Figure("kmac", text, kmac, "k", 1),
    ]


def pack_bytes(info: StyleInfo) -> int:
    """Return the total size of a pack's files in bytes."""
    return sum(path.stat().st_size for path in info.folder.rglob("*") if path.is_file())


def _landscape(style: str, seed: int) -> PreviewRequest:
    """Return a request for sky, hills and grass with a moon, PREVIEW x PREVIEW pixels."""
    rows, columns = np.mgrid[:PREVIEW, :PREVIEW] / PREVIEW
    labels = np.where(rows < 0.55 + 0.06 * np.sin(6 * columns), 0, 3).astype(np.uint8)
    labels[rows > 0.8] = 6
    labels[np.hypot(rows - 0.18, columns - 0.8) < 0.09] = 2
    labels.flags.writeable = False
    return PreviewRequest(seed, style, labels, seed, None)


# -- the start ------------------------------------------------------------------------------


def start_figures(starts: int) -> list[Figure]:
    """Measure starts of the application until its first painting is complete.

    The very first start also measures precisions and makes the noise field; both are cached.
    """
    with tempfile.TemporaryDirectory(prefix="daub-") as home:
        places = dict.fromkeys(("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"), home)
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", **places}
        # Cache compiled modules, as in normal use.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        first, *times = [_start(environment) for _ in range(starts + 1)]
    very_first = "very first start, with empty caches, to the first painting"
    return [
        *_start_pair("window", "window", [start["shown"] for start in times], 1.5),
        *_start_pair("start", "first painting", [start["painted"] for start in times], 4),
        Figure("first_start", very_first, first["painted"][0], "s", 1),
    ]


def _start_pair(
    name: str, what: str, times: list[tuple[float, float]], most: float
) -> list[Figure]:
    """Return figures of elapsed time and of CPU time, which other programs hardly affect."""
    clock, work = (percentile(column, 50) for column in zip(*times, strict=True))
    text, runs = f"start of the process to the {what}", len(times)
    return [
        Figure(name, f"{text}, median", clock, "s", runs, most),
        Figure(f"{name}_work", f"{text}, CPU time", work, "s", runs),
    ]


def _start(environment: dict[str, str]) -> dict[str, tuple[float, float]]:
    """Start the application; return elapsed and CPU seconds until "shown" and "painted"."""
    root = Path(__file__).parents[2]
    program = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "app"]
    command = [*program, "--until-painted"]
    began, heard = time.perf_counter(), dict[str, tuple[float, float]]()
    line = "silent"
    with subprocess.Popen(
        command, env=environment, cwd=root, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            word, _, work = line.partition(" ")
            if word in ("shown", "painted"):
                heard[word] = time.perf_counter() - began, float(work)
    if len(heard) < 2:
        raise EngineError(f"The application did not show a painting: {line.strip()}.")
    return heard


# -- output ---------------------------------------------------------------------------------


def machine() -> dict[str, str]:
    """Return facts about the machine and the conditions of the measurement."""
    return {
        "processor": processor(),
        "cores": str(os.cpu_count()),
        "system": platform.platform(),
        "python": platform.python_version(),
        "torch": importlib.metadata.version("torch"),
        "device": Studio().device_text,
        "window": f"{CANVAS} x {CANVAS} canvas, {BRUSH} px brush, offscreen",
        "load before": f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown",
    }


def processor() -> str:
    """Return the name of the CPU."""
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1] if found is not None else platform.processor() or platform.machine()


def as_table(figures: Sequence[Figure]) -> Table:
    """Return the figures as a table for the terminal."""
    table = Table("figure")
    for heading in ("measured", "target", "runs"):
        table.add_column(heading, justify="right", no_wrap=True)
    for figure in figures:
        limit = "" if figure.most is None else f"<= {figure.most:g} {figure.unit}"
        value = f"{figure.value:.3g} {figure.unit}"
        shown = value if figure.kept else f"[red]{value}[/red]"
        table.add_row(figure.text, shown, limit, str(figure.runs))
    return table


def as_json(figures: Sequence[Figure], about: dict[str, str]) -> str:
    """Return machine and figures as JSON."""
    return json.dumps({"machine": about, "figures": [asdict(f) for f in figures]}, indent=1)


def run(measurements: Callable[[Callable[[str], None]], list[Figure]], json_wanted: bool) -> None:
    """Run the measurements, show which one is running, and print the figures."""
    about = machine()
    progress = Console(stderr=True)
    figures = measurements(lambda what: progress.print(f"measuring {what} ..."))
    if json_wanted:
        print(as_json(figures, about))
    else:
        for name, value in about.items():
            print(f"{name}: {value}")
        Console().print(as_table(figures))


def percentile(values: Sequence[float], percent: float) -> float:
    """Return a percentile (0-100) of measured values."""
    return float(np.percentile(values, percent))


def _timed(action: Callable[[PreviewRequest], object], request: PreviewRequest) -> float:
    began = time.perf_counter()
    action(request)
    return (time.perf_counter() - began) * 1000
