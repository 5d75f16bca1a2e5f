"""``daub bench app``: measure ink, styles, strokes, stalls, memory and start in the window."""

import random
import time
from collections.abc import Callable
from pathlib import Path

from app.harness.bench import Figure, TickMeter, percentile, start_figures
from app.harness.bench_live import live_figures
from app.harness.bench_switch import switch_figures
from app.harness.headless import HeadlessWindow  # imports torch before Qt
from engine.errors import EngineError

INK_CANVAS = 4096
INK_EVENTS = 600
SESSION_WIDTH, SESSION_HEIGHT = 2048, 1536
STALL_MS = 33
BRUSH = 64
MOVE_MS = 8
"""Milliseconds between two pointer events, as of a common mouse."""

SOAK_UNDO_MEGABYTES = 8
"""Undo budget during the memory test; small, so that it is soon full."""

WARM_UP = 0.2
"""Share of the memory test before the first measurement."""

PAGE = 4096


def measure(
    style: str, starts: int, minutes: float, soak: float, say: Callable[[str], None]
) -> list[Figure]:
    """Measure all figures; ``say`` is called with the name of each measurement.

    ``minutes``: length of the session; ``soak``: of the memory test. Both may be 0.
    """
    figures = []
    if starts:
        say("start of the process to the window and the first painting")
        figures += start_figures(starts)
    say(f"pen to ink, {INK_CANVAS} x {INK_CANVAS}")
    figures += ink_figures(style)
    say("choosing and previewing every style")
    figures += switch_figures(style)
    say("strokes after a dab and in every style")
    figures += live_figures(style)
    if minutes:
        say(f"a session of {minutes:g} minutes")
        figures += session_figures(style, minutes)
    if soak:
        say(f"memory for {soak:g} minutes")
        figures += soak_figures(style, soak)
    return figures


# -- pen to ink -----------------------------------------------------------------------------


def ink_figures(style: str) -> list[Figure]:
    """Measure the time from a pointer event to the frame with the doodle's new pixels."""
    with HeadlessWindow(INK_CANVAS, INK_CANVAS, style, seed=1) as stage:
        stage.choose("brush", 4, BRUSH)
        meter, user = InkMeter(stage), Hand(stage, seed=3)
        while len(meter.milliseconds) < INK_EVENTS:
            user.stroke(30, meter.event)
        busy = meter.busy / max(1, len(meter.milliseconds))
    waits = meter.milliseconds
    where = f"pen to ink at {INK_CANVAS} x {INK_CANVAS}"
    return [
        Figure("ink_p50", f"{where}, median", percentile(waits, 50), "ms", len(waits)),
        Figure("ink_p95", f"{where}, p95", percentile(waits, 95), "ms", len(waits), 16),
        Figure("ink_busy", "share of these during a preview", 100 * busy, "%", len(waits)),
    ]


class InkMeter:
    """Measures the time from a pointer event until the doodle is drawn with it.

    `milliseconds`: the times; `busy`: how many of them were measured during a preview.
    """

    def __init__(self, stage: HeadlessWindow) -> None:
        self.milliseconds: list[float] = []
        self.busy = 0
        self._preview = stage.preview
        self._waiting: list[float] = []
        stage.canvas.frame_shown.connect(self._on_frame)

    def event(self) -> None:
        """Note the time; called just before an event is sent."""
        self._waiting.append(time.perf_counter())

    def _on_frame(self) -> None:
        now = time.perf_counter()
        self.milliseconds += [1000 * (now - since) for since in self._waiting]
        self.busy += len(self._waiting) * self._preview.busy
        self._waiting.clear()


class Hand:
    """A simulated user who paints at random, but reproducibly for a seed."""

    def __init__(self, stage: HeadlessWindow, seed: int) -> None:
        self._stage, self._chance = stage, random.Random(seed)

    def stroke(self, events: int, before: Callable[[], None] = lambda: None) -> None:
        """Make a random drag with this number of moves; `before` is called before each event."""
        document, chance = self._stage.session.document, self._chance
        x, y = chance.uniform(0, document.width), chance.uniform(0, document.height)
        before()
        self._stage.press(x, y)
        for _ in range(events):
            self._stage.wait(MOVE_MS)
            x = min(max(x + chance.uniform(-60, 60), 1), document.width - 1)
            y = min(max(y + chance.uniform(-60, 60), 1), document.height - 1)
            before()
            self._stage.move(x, y)
        self._stage.wait(MOVE_MS)
        self._stage.release(x, y)

    def act(self) -> None:
        """Do a random action, in most cases a stroke."""
        stage, session, chance = self._stage, self._stage.session, self._chance
        kind = chance.choices(("stroke", "fill", "undo", "redo", "zoom", "seed", "style"), WEIGHTS)
        stage.choose("brush", chance.randrange(15), chance.choice((12, 40, 120)))
        others: dict[str, Callable[[], object]] = {
            "fill": self._fill, "undo": session.undo, "redo": session.redo,
            "zoom": self._zoom, "seed": session.reroll, "style": session.surprise,
        }  # fmt: skip
        others.get(kind[0], lambda: self.stroke(chance.randint(5, 60)))()
        stage.wait(chance.randint(20, 200))

    def _fill(self) -> None:
        self._stage.choose("fill", self._chance.randrange(15), BRUSH)
        self.stroke(0)

    def _zoom(self) -> None:
        link = self._stage.window.workspace.link
        if link.scale > 1:
            link.fit()
        else:
            link.zoom(self._chance.choice((0.8, 1.25, 2.0)))


WEIGHTS = (60, 4, 10, 6, 12, 1, 1)


# -- stalls ---------------------------------------------------------------------------------


def session_figures(style: str, minutes: float) -> list[Figure]:
    """Measure the stalls of the UI thread in a simulated session."""
    with HeadlessWindow(SESSION_WIDTH, SESSION_HEIGHT, style, seed=1, strokes=True) as stage:
        user, meter, end = Hand(stage, seed=4), TickMeter(), _end(minutes)
        while time.monotonic() < end:
            user.act()
        gaps = meter.stop()
    long = sum(gap > STALL_MS for gap in gaps)
    return [
        Figure("stall", "longest UI stall in a session", max(gaps), "ms", len(gaps), STALL_MS),
        Figure("turn", "longest CPU time between two UI ticks", meter.busiest, "ms", len(gaps)),
        Figure("stalls", f"UI stalls above {STALL_MS} ms", long, "", len(gaps)),
        Figure("tick_p99", "UI tick in a session, p99", percentile(gaps, 99), "ms", len(gaps)),
    ]


# -- memory ---------------------------------------------------------------------------------


def soak_figures(style: str, minutes: float) -> list[Figure]:
    """Measure the growth of memory during painting, after the undo budget is full."""
    memory: list[float] = []
    with HeadlessWindow(SESSION_WIDTH, SESSION_HEIGHT, style, seed=1, strokes=True) as stage:
        stage.session.history.set_budget(SOAK_UNDO_MEGABYTES * 2**20)
        user, began, end = Hand(stage, seed=5), time.monotonic(), _end(minutes)
        while time.monotonic() < end:
            user.act()
            if time.monotonic() - began > WARM_UP * minutes * 60:
                memory.append(resident_bytes() / 2**20)
    share = max(1, len(memory) // 5)
    first, last = percentile(memory[:share], 50), percentile(memory[-share:], 50)
    text = f"growth of memory in {minutes:g} minutes, from {first:.0f} MiB"
    return [Figure("growth", text, 100 * (last / first - 1), "%", len(memory), 5)]


def resident_bytes() -> int:
    """Return the resident memory of this process. Raises EngineError if it is not available."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE
    except OSError as error:
        raise EngineError("The memory of a process cannot be measured on this system.") from error


def _end(minutes: float) -> float:
    return time.monotonic() + 60 * minutes
