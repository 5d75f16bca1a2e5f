"""``daub bench app``: measure the time until strokes replace the network's picture."""

import random
import time

from app.harness.bench import Figure, TickMeter, percentile
from app.harness.headless import HeadlessWindow  # imports torch before Qt
from engine.errors import EngineError

CANVAS = 1024, 768
LARGE = 4096, 4096
DABS = 20
BRUSH = 40


def live_figures(style: str) -> list[Figure]:
    """Measure dabs and style switches with strokes in the real window.

    Raises EngineError if the style cannot be painted with strokes.
    """
    with HeadlessWindow(*CANVAS, style, seed=1, strokes=True) as stage:
        small = dabs(stage)
        switched = switches(stage)
    with HeadlessWindow(*LARGE, style, seed=1, strokes=True) as stage:
        ticks = TickMeter()
        large = dabs(stage)
        gaps = ticks.stop()
    sizes = ["{} x {}".format(*size) for size in (CANVAS, LARGE)]
    end = "end of a dab to its strokes"
    return [
        Figure("live_p50", f"{end}, {sizes[0]}, median", percentile(small, 50), "ms", DABS),
        Figure("live_p95", f"{end}, {sizes[0]}, p95", percentile(small, 95), "ms", DABS),
        Figure("live_large_p50", f"{end}, {sizes[1]}, median", percentile(large, 50), "ms", DABS),
        Figure("live_large_p95", f"{end}, {sizes[1]}, p95", percentile(large, 95), "ms", DABS, 250),
        Figure("live_tick", "UI tick meanwhile, p99", percentile(gaps, 99), "ms", len(gaps), 16),
        Figure(
            "live_switch",
            f"another style to its strokes, {sizes[0]}, median",
            percentile(switched, 50),
            "ms",
            len(switched),
            1500,
        ),
    ]


def dabs(stage: HeadlessWindow) -> list[float]:
    """Return the milliseconds from the end of a dab until its strokes are in the painting."""
    strokes, chance, times = stage.session.strokes, random.Random(2), []
    if not strokes.active:
        raise EngineError(strokes.unavailable)
    document = stage.session.document
    for dab in range(DABS):
        stage.choose("brush", 4 + dab % 2, BRUSH)  # tree and foliage
        x, y = chance.uniform(0, document.width), chance.uniform(0, document.height)
        stage.press(x, y)
        began = time.perf_counter()
        stage.release(x, y)
        stage.wait_until(lambda: not (stage.preview.busy or strokes.busy), "the strokes of a dab")
        times.append(1000 * (time.perf_counter() - began))
        stage.settle()
    return times


def switches(stage: HeadlessWindow) -> list[float]:
    """Return the milliseconds from choosing each other style until its strokes are complete."""
    session, times = stage.session, []
    others = [info.id for info in session.styles.values() if info.problem is None]
    for style in others:
        if style == session.document.style_id:
            continue
        began = time.perf_counter()
        session.choose_style(style)
        stage.wait_until(
            lambda: not (stage.preview.busy or session.strokes.busy), f"the strokes of {style}"
        )
        times.append(1000 * (time.perf_counter() - began))
    return times
