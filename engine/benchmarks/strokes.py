"""Benchmarks of strokes for ``daub bench strokes``: speed, memory, repetition, lower bound."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import cv2
import numpy as np
import torch

from engine.benchmarks.refine import highest_memory
from engine.doodle.generator import labels_beyond
from engine.flow import flow_field
from engine.flow.field import REACH as FIELD_REACH
from engine.packs.borrowing import among
from engine.packs.stroke_source import stroke_style
from engine.strokes import synthesis
from engine.strokes.kernels import PATCH, counting_kernels, patch_kernels
from engine.strokes.live import compile_kernels
from engine.strokes.painter import StrokeStyle
from engine.strokes.synthesis import StrokePainting, paint, repaint
from engine.studio import StrokeRequest, Studio
from engine.tiles import Window

SMALL = 0.02
"""Regions with a smaller share of the canvas are not measured."""

RESIDENT = 32
"""Side in pixels of a part of a painting that fits into the processor's L1 cache."""

PAIRS = 200_000
"""Number of patches compared in one run to measure the speed of comparing."""


def first_use(style: str) -> tuple[float, float]:
    """Measure the seconds until a style is prepared, the first and the second time.

    Run it in a separate process with an empty cache folder. Raises EngineError.
    """
    compile_kernels()
    return _prepared(style)[1], _prepared(style)[1]


def peak_memory(style: str, side: int) -> tuple[float, float]:
    """Return the seconds to paint side x side pixels, and this process's highest memory in MiB.

    Run it in a separate process: the whole process's peak is measured. Not on Windows.
    """
    labels = np.zeros((side, side), np.uint8)
    labels[side // 2 :] = 3
    labels[: side // 4, side // 2 :] = 1
    compile_kernels()
    _prepared(style)
    seconds = painting_seconds(Studio("cpu"), style, labels)
    return seconds, highest_memory()


def painting_seconds(studio: Studio, style: str, labels: np.ndarray, seed: int = 0) -> float:
    """Measure the seconds to paint a whole picture. Raises EngineError."""
    began = time.perf_counter()
    for _ in studio.strokes(StrokeRequest(labels, style, seed)):
        pass
    return time.perf_counter() - began


def dab_seconds(style: StrokeStyle, labels: np.ndarray, side: int, runs: int) -> list[float]:
    """Measure the seconds to repaint dabs of ``side`` pixels, after one dab to warm up."""
    painting = style.begin(labels)
    threads = torch.get_num_threads()
    _run(paint(painting, threads))
    rng, times = np.random.default_rng(1), []
    known = np.unique(labels)
    for _ in range(runs + 1):
        height, width = labels.shape
        x, y = (int(rng.integers(side, end - side)) for end in (width, height))
        labels = labels.copy()
        cv2.circle(labels, (x, y), side // 2, int(rng.choice(known)), -1)
        half = side // 2 + 1
        changed = Window(x - half, y - half, x + half, y + half)
        kinds = style.kinds(labels)
        target = replace(painting.target, regions=style.table[labels], kinds=kinds)
        began = time.perf_counter()
        _run(repaint(painting, target, changed, threads))
        times.append(time.perf_counter() - began)
    return times[1:]


def field_seconds(style: StrokeStyle, labels: np.ndarray, window: Window, runs: int) -> float:
    """Return the median seconds to compute the field in a window, after one run to warm up."""
    regions, times = style.table[labels], []
    around = labels_beyond(regions, window.grown(FIELD_REACH))
    for seed in range(runs + 1):
        began = time.perf_counter()
        field = flow_field(around, window, seed, style.painter.flows)
        _ = field.cos, field.sin, field.streaks
        times.append(time.perf_counter() - began)
    return median(times[1:])


def worst_reuse(style: StrokeStyle, labels: np.ndarray) -> float:
    """Return how often places of the most repetitive region are copied, relative to the fair share.

    The fair share is at least 1.
    """
    painting = style.begin(labels)
    _run(paint(painting, torch.get_num_threads()))
    return max(mean / max(fair, 1) for mean, fair in reuse(painting).values())


@dataclass(frozen=True)
class Floor:
    """The lower bound of a painting's time: what must be compared, and the best possible speed.

    ``distances``: number of patch distances; ``compared``: bytes of source patches read for them,
    as most are stopped early; ``speed``: bytes per second and thread that the same code compares
    when all patches are in the L1 cache; ``pixels``: of the canvas.
    """

    distances: int
    compared: int
    speed: float
    pixels: int

    @property
    def seconds(self) -> float:
        """Seconds that comparing alone takes with all threads at this speed."""
        return self.compared / self.speed / torch.get_num_threads()


def floor(style: StrokeStyle, labels: np.ndarray) -> Floor:
    """Count what one painting compares, with counting kernels, and measure the best speed."""
    painting = style.begin(labels)
    counted: list[tuple[int, int]] = []
    with _counting(counted):
        _run(paint(painting, torch.get_num_threads()))
    distances, rows = (sum(column) for column in zip(*counted, strict=True))
    row_bytes = PATCH * painting.source.levels[0].channels
    return Floor(distances, rows * row_bytes, comparing_speed(style), labels.size)


def comparing_speed(style: StrokeStyle) -> float:
    """Measure the bytes per second that one thread compares, with patches in the L1 cache."""
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
    """Make every search record how many distances and rows it compares."""
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
    """Replaces the kernels by a search that counts."""

    kernel: Any
    counted: list[tuple[int, int]]

    def search(self, *arguments: Any) -> None:
        """Search and record what was compared."""
        self.counted.append(self.kernel(*arguments))


def prepared(style: str) -> StrokeStyle:
    """Return a style prepared for strokes of size 1. Raises EngineError."""
    return _prepared(style)[0]


def _prepared(style: str) -> tuple[StrokeStyle, float]:
    """Return the style, and the seconds to prepare it."""
    find = among({info.id: info.folder for info in Studio("cpu").styles()})  # as in the window
    began = time.perf_counter()
    found = stroke_style(find(style), 1.0, find)
    return found, time.perf_counter() - began


def _run(steps: Iterator[object]) -> None:
    for _ in steps:
        pass


def reuse(painting: StrokePainting) -> dict[int, tuple[float, float]]:
    """Return how often used places are copied, by region of more than SMALL of the canvas.

    The first number is the mean number of target pixels that copy a used place (5 x 5 mean). The
    second is the fair share: the region's area in the target divided by its area in the source.
    """
    source, regions = painting.source.levels[0], painting.levels[0].regions
    found = {}
    for region in np.flatnonzero(np.bincount(regions.ravel()) > SMALL * regions.size):
        matches = painting.field[regions == region]
        counts = np.zeros(source.places.shape, np.float32)
        np.add.at(counts, (matches >> 16, matches & 0xFFFF), 1)
        around = cv2.blur(counts, (5, 5), borderType=cv2.BORDER_CONSTANT)
        fair = len(matches) / max(1, int(source.areas[region]))
        found[int(region)] = float(around[counts > 0].mean()), fair
    return found
