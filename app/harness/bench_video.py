"""``daub bench video``: speed, memory and flicker of painted clips."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from app.harness.bench import Figure
from engine.benchmarks.video import (
    MadeFrame,
    clip_painter,
    flicker,
    made_clip,
    memory_growth,
    milliseconds,
    painted,
)
from engine.studio import Studio, open_image

SIZE = 640, 360
KINDS = "pan", "zoom", "layers"
ALONE = 4
"""Frames that are painted one by one, without those before, to compare with."""

LONG, EARLY = 300, 30
"""Frames of the clip whose memory is measured, and from which one on."""

LONG_SIZE = 320, 180

PHOTOS = Path(__file__).parents[2] / "docs/photos"


def measure(style: str, runs: int, say: Callable[[str], None]) -> list[Figure]:
    """Measure all figures; ``say`` is called with the name of each measurement.

    ``runs``: frames of every clip.
    """
    studio, figures = Studio("cpu"), list[Figure]()
    for by, most in (("network", 125.0), ("strokes", 667.0)):
        say(f"frames by {by}")
        took = milliseconds(clip_painter(studio, by, style), made("pan", runs))
        text = f"a frame of {SIZE[0]} x {SIZE[1]} by {by}, median"
        figures.append(Figure(f"frame_{by}", text, took, "ms", runs, most))
    for kind in KINDS:
        for by in ("network", "strokes"):
            say(f"flicker of {kind} by {by}")
            figures += flicker_figures(studio, style, kind, by, runs)
    say(f"memory over {LONG} frames")
    growth = memory_growth(
        clip_painter(studio, "strokes", style), photo("rocket"), LONG, LONG_SIZE, EARLY
    )
    text = f"memory that frames {EARLY} to {LONG} add"
    return [*figures, Figure("memory", text, max(growth, 0.0), "MiB", 1, 40)]


def flicker_figures(studio: Studio, style: str, kind: str, by: str, count: int) -> list[Figure]:
    """Measure the flicker of a clip against frame by frame and against the clip itself."""
    frames = made(kind, count)
    together = flicker(painted(clip_painter(studio, by, style), frames), frames)
    few = frames[:ALONE]
    alone = [clip_painter(studio, by, style).paint(0, frame.pixels) for frame in few]
    own = flicker([frame.pixels for frame in frames], frames)
    name = f"{kind} by {by}"
    return [
        Figure(f"flicker_{kind}_{by}", f"flicker of {name} / frame by frame",
               together / flicker(alone, few), "", count, 0.35),
        Figure(f"own_{kind}_{by}", f"flicker of {name} / of the clip", together / own, "", count),
    ]  # fmt: skip


def made(kind: str, count: int) -> list[MadeFrame]:
    """Make a clip from photos of the documentation."""
    return list(made_clip(kind, photo("astronaut"), count, SIZE, photo("cat")))


def photo(name: str) -> np.ndarray:
    """Read a photo of the documentation, (H, W, 3) uint8."""
    return open_image(PHOTOS / f"{name}.jpg")
