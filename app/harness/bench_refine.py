"""``daub bench refine``: measure Refine, and painting while it runs."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from app.harness.bench import BRUSH, TREE, Figure, TickMeter, percentile
from app.harness.headless import HeadlessWindow
from app.services.refine import RefineState
from engine.benchmarks.refine import EVALUATIONS, Course, Race, doodle_course
from engine.studio import EngineError, Studio, read_doodle

WIDTH, HEIGHT = 512, 384
LARGE = 4096
PAUSE_MS = 400
"""Milliseconds between dabs while Refine runs, so that it makes progress."""


def measure(style: str, runs: int, large: bool, say: Callable[[str], None]) -> list[Figure]:
    """Measure all figures; ``say`` is called with the name of each measurement."""
    say("painting while Refine runs")
    figures = window_figures(style, runs)
    say("a step of Refine, and the descriptor alone")
    course = doodle_course(Studio("cpu"), style, _starter(style), "best")
    figures += step_figures(course, runs)
    say(f"{EVALUATIONS} evaluations of L-BFGS from noise, then Refine")
    figures += race_figures(course)
    if large:
        say(f"the memory of Refine at {LARGE} x {LARGE}")
        figures += memory_figures(style)
    return figures


def _starter(style: str) -> np.ndarray:
    """Return the style's starter doodle at WIDTH x HEIGHT. Raises EngineError without one."""
    info = next((info for info in Studio().styles() if info.id == style), None)
    if info is None or info.starter is None:
        raise EngineError(f"{style} is not a style with a starter doodle. See daub styles.")
    return cv2.resize(read_doodle(info.starter), (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST)


# -- the window -----------------------------------------------------------------------------


def window_figures(style: str, runs: int) -> list[Figure]:
    """Measure dabs without and with Refine, UI ticks, pictures per second, and Cancel."""
    with HeadlessWindow(WIDTH, HEIGHT, style, seed=1) as stage:
        idle = dabs(stage, runs)
        stage.session.set_refine_options(quality="best")
        _begin(stage)
        meter = TickMeter()
        busy, pictures = dabs(stage, runs), pictures_per_second(stage)
        gaps = meter.stop()
        cancels = [cancel(stage) for _ in range(runs)]
    ratio = percentile(busy, 50) / percentile(idle, 50)
    return [
        Figure("idle_p50", "dab to new pixels, median", percentile(idle, 50), "ms", runs),
        Figure("busy_p50", "dab during Refine, median", percentile(busy, 50), "ms", runs),
        Figure("busy_ratio", "dab during Refine / without", ratio, "", runs, 2),
        Figure("busy_p95", "dab during Refine, p95", percentile(busy, 95), "ms", runs),
        Figure("tick_p99", "UI tick during Refine, p99", percentile(gaps, 99), "ms", len(gaps), 20),
        Figure("pictures", "pictures per second at full size", pictures, "", 1),
        Figure(
            "cancel",
            "Cancel until Refine has stopped, p95",
            percentile(cancels, 95),
            "ms",
            runs,
            200,
        ),
    ]


def dabs(stage: HeadlessWindow, count: int) -> list[float]:
    """Return latencies of single dabs in ms, with pauses for other work of the engine."""
    stage.preview.latency.milliseconds.clear()
    rng = np.random.default_rng(1)
    stage.choose("brush", TREE, BRUSH)
    for dab in range(count):
        stage.choose("brush", TREE + dab % 2, BRUSH)
        x, y = rng.uniform(0, 1, 2) * (WIDTH, HEIGHT)
        stage.press(x, y)
        stage.release(x, y)
        stage.settle()
        stage.wait(PAUSE_MS)
    return list(stage.latencies())


def pictures_per_second(stage: HeadlessWindow, seconds: float = 5) -> float:
    """Return the pictures per second that reach the window from a run at full size."""
    refine, shown, scales = stage.session.refine, [], []
    refiner = stage.preview.engine.refiner
    refiner.stepped.connect(
        lambda _run, step: None if step.image is None else scales.append(step.scale)
    )
    # Pictures that are worse than the one before are not sent.
    stage.wait_until(lambda: 1 in scales, "a picture at full size")
    refiner.stepped.connect(lambda _run, step: shown.append(step.image is not None))
    began = time.perf_counter()
    stage.wait_until(lambda: time.perf_counter() - began > seconds or not refine.active, "pictures")
    return sum(shown) / (time.perf_counter() - began)


def cancel(stage: HeadlessWindow) -> float:
    """Return the milliseconds from Cancel during a run until the engine has stopped."""
    refine = stage.session.refine
    if not refine.active:
        _begin(stage)
        stage.wait(int(np.random.default_rng().integers(300, 1500)))
    began = time.perf_counter()
    refine.stop()
    stage.wait_until(lambda: not refine.active, "Refine to stop")
    took = (time.perf_counter() - began) * 1000
    refine.discard()
    stage.settle()
    return took


def _begin(stage: HeadlessWindow) -> None:
    stage.session.begin_refine()
    refine = stage.session.refine
    stage.wait_until(lambda: refine.state is RefineState.RUNNING, "Refine to begin")


# -- the engine -----------------------------------------------------------------------------


def step_figures(course: Course, runs: int) -> list[Figure]:
    """Measure a step at full size relative to the descriptor network alone."""
    plain, own = course.step_ratios(max(3, runs // 4))
    return [
        Figure("step", "a step / torch's plain descriptor network", plain, "", runs, 1.3),
        Figure("step_own", "a step / Daub's descriptor network", own, "", runs),
    ]


def race_figures(course: Course) -> list[Figure]:
    """Compare Refine with fast-neural-doodle's schedule: CPU time to the same loss."""
    return figures_of(course.race(EVALUATIONS), f"{EVALUATIONS} evaluations from noise", 0.1)


def figures_of(race: Race, rival: str, most: float | None = None) -> list[Figure]:
    """Return a comparison's figures; ``rival``: the other method, ``most``: limit of the share."""
    found = race.seconds if race.seconds is not None else float("inf")
    return [
        Figure("rival_loss", f"loss of {rival}", race.rival_loss, "", 1),
        Figure("rival", "CPU time of these", race.rival_seconds, "s", 1),
        Figure("same", "CPU time of Daub to that loss, with preview", found, "s", 1),
        Figure("same_share", "Daub / the other method", found / race.rival_seconds, "", 1, most),
        Figure("best_loss", "loss of Daub, best quality", race.loss, "", 1),
        Figure("best", "CPU time of Daub, best quality", race.whole_seconds, "s", 1),
    ]


def memory_figures(style: str) -> list[Figure]:
    """Measure the peak memory of a process that refines LARGE x LARGE pixels."""
    if getattr(sys, "frozen", False):
        raise EngineError("A bundle cannot measure the memory of Refine. Use --no-large.")
    code = "import sys; from engine.benchmarks.refine import peak_memory; "
    code += "print(peak_memory(sys.argv[1], int(sys.argv[2])))"
    done = subprocess.run(
        [sys.executable, "-c", code, style, str(LARGE)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    text = f"memory of Refine at {LARGE} x {LARGE}"
    return [Figure("memory", text, float(done.stdout) / 1024, "GiB", 1, 4)]
