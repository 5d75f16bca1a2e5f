"""What ``daub bench strokes`` measures: painting, dabs, memory, repetition, and the floor."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import cv2
import numpy as np
import torch

from engine.benchmarks.photo import folder_of
from engine.benchmarks.refine import highest_memory
from engine.doodle.generator import labels_beyond
from engine.flow import flow_field
from engine.flow.field import REACH as FIELD_REACH
from engine.packs.stroke_source import stroke_style
from engine.strokes import synthesis
from engine.strokes.guides import GuideWeights
from engine.strokes.kernels import PATCH, counting_kernels, patch_kernels
from engine.strokes.measure import reuse
from engine.strokes.painter import StrokeStyle
from engine.strokes.source import SourcePart, prepare_source
from engine.strokes.synthesis import StrokePainting, paint, repaint
from engine.strokes.target import StrokeTarget
from engine.studio import StrokeRequest, Studio
from engine.tiles import Window

RESIDENT = 32
"""Sides of the part of a painting that fits into the processor's nearest cache."""

PAIRS = 200_000
"""Patches compared in one go for the speed of comparing alone."""


def paint_tiny() -> None:
    """Paint a picture so small that all it needs are the compiled kernels."""
    rng = np.random.default_rng(0)
    regions = np.zeros((48, 64), np.uint8)
    rgb = rng.integers(0, 256, (48, 64, 3)).astype(np.uint8)
    part = SourcePart(rgb, regions, np.zeros(regions.shape, bool))
    for _ in paint(StrokePainting(prepare_source([part], GuideWeights()), StrokeTarget(regions))):
        pass


def first_use(style: str) -> tuple[float, float]:
    """Seconds until a style is prepared, and again in another Studio. Raises EngineError.

    For a process of its own, whose cache folder is empty.
    """
    paint_tiny()
    return _prepared(style)[1], _prepared(style)[1]


def peak_memory(style: str, side: int) -> tuple[float, float]:
    """Seconds that side x side pixels take, and the highest memory in MiB of this process.

    For a process of its own: all that it ever did counts. Not on Windows.
    """
    labels = np.zeros((side, side), np.uint8)
    labels[side // 2 :] = 3
    labels[: side // 4, side // 2 :] = 1
    paint_tiny()
    _prepared(style)
    seconds = painting_seconds(Studio("cpu"), style, labels)
    return seconds, highest_memory()


def painting_seconds(studio: Studio, style: str, labels: np.ndarray, seed: int = 0) -> float:
    """Seconds that a whole picture of a prepared style takes. Raises EngineError."""
    began = time.perf_counter()
    for _ in studio.strokes(StrokeRequest(labels, style, seed)):
        pass
    return time.perf_counter() - began


def dab_seconds(style: StrokeStyle, labels: np.ndarray, side: int, runs: int) -> list[float]:
    """Seconds of dabs of ``side`` pixels on a painted canvas, after one that does not count."""
    regions = style.table[labels]
    painting = style.painter.begin(regions)
    threads = torch.get_num_threads()
    _run(paint(painting, threads))
    rng, times = np.random.default_rng(1), []
    known = np.unique(regions)
    for _ in range(runs + 1):
        height, width = regions.shape
        x, y = (int(rng.integers(side, end - side)) for end in (width, height))
        regions = regions.copy()
        cv2.circle(regions, (x, y), side // 2, int(rng.choice(known)), -1)
        half = side // 2 + 1
        changed = Window(x - half, y - half, x + half, y + half)
        target = replace(painting.target, regions=regions)
        began = time.perf_counter()
        _run(repaint(painting, target, changed, threads))
        times.append(time.perf_counter() - began)
    return times[1:]


def field_seconds(style: StrokeStyle, labels: np.ndarray, window: Window, runs: int) -> float:
    """Median seconds of the field in a window, after one that does not count."""
    regions, times = style.table[labels], []
    around = labels_beyond(regions, window.grown(FIELD_REACH))
    for seed in range(runs + 1):
        began = time.perf_counter()
        field = flow_field(around, window, seed, style.painter.flows)
        _ = field.cos, field.sin, field.streaks
        times.append(time.perf_counter() - began)
    return median(times[1:])


def worst_reuse(style: StrokeStyle, labels: np.ndarray) -> float:
    """How often the region that repeats itself most does, over its fair share or 1."""
    painting = style.painter.begin(style.table[labels])
    _run(paint(painting, torch.get_num_threads()))
    return max(mean / max(fair, 1) for mean, fair in reuse(painting).values())


@dataclass(frozen=True)
class Floor:
    """What a painting has to compare, and how fast that could be at best.

    ``distances``: of patches; ``compared``: bytes of source patches read for them, most of which
    are given up early; ``speed``: bytes a second and thread that the same code compares when
    neighbours are compared one after the other in the nearest cache; ``pixels`` of the canvas.
    """

    distances: int
    compared: int
    speed: float
    pixels: int

    @property
    def seconds(self) -> float:
        """Seconds of all threads that comparing alone takes at this speed."""
        return self.compared / self.speed / torch.get_num_threads()


def floor(style: StrokeStyle, labels: np.ndarray) -> Floor:
    """Count what one painting compares, with kernels that do, and measure how fast that can be."""
    painting = style.painter.begin(style.table[labels])
    counted: list[tuple[int, int]] = []
    with _counting(counted):
        _run(paint(painting, torch.get_num_threads()))
    distances, rows = (sum(column) for column in zip(*counted, strict=True))
    row_bytes = PATCH * painting.source.levels[0].channels
    return Floor(distances, rows * row_bytes, comparing_speed(style), labels.size)


def comparing_speed(style: StrokeStyle) -> float:
    """Bytes a second that one thread compares: patches in the nearest cache."""
    level = style.painter.source.levels[0]
    rows, columns = np.mgrid[PATCH : PATCH + RESIDENT, PATCH : PATCH + RESIDENT]
    first = np.tile(((rows << 16) | columns).ravel(), PAIRS // RESIDENT**2)
    pairs = patch_kernels(level.channels).pairs
    part = slice(0, (2 * PATCH + RESIDENT + 4) * level.pitch)
    times = []
    for _ in range(6):
        began = time.perf_counter()
        pairs(level.pixels[part], level.pitch, first, first + 4)
        times.append(time.perf_counter() - began)
    return len(first) * PATCH * PATCH * level.channels / min(times[1:])


@contextmanager
def _counting(counted: list[tuple[int, int]]) -> Iterator[None]:
    """Meanwhile every search writes down how many distances and rows it compared."""
    built: dict[int, Any] = {}

    def counting(channels: int) -> Any:
        if channels not in built:
            built[channels] = counting_kernels(channels)
        return _Search(built[channels].search, counted)

    usual, synthesis.patch_kernels = synthesis.patch_kernels, counting
    try:
        yield
    finally:
        synthesis.patch_kernels = usual


@dataclass(frozen=True)
class _Search:
    """Stands for the kernels of a search that counts."""

    kernel: Any
    counted: list[tuple[int, int]]

    def search(self, *arguments: Any) -> None:
        """Search and write down what was compared."""
        self.counted.append(self.kernel(*arguments))


def prepared(style: str) -> StrokeStyle:
    """A style ready for strokes of size 1. Raises EngineError."""
    return _prepared(style)[0]


def _prepared(style: str) -> tuple[StrokeStyle, float]:
    """The style, and the seconds until it was ready."""
    studio = Studio("cpu")
    began = time.perf_counter()
    found = stroke_style(folder_of(studio, style), 1.0, lambda name: folder_of(studio, name))
    return found, time.perf_counter() - began


def _run(steps: Iterator[object]) -> None:
    for _ in steps:
        pass
