"""Clips made from photos by known motion, and the flicker of what is painted from them."""

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from engine.photo.pixels import resized
from engine.requests import PhotoLook
from engine.studio import Studio
from engine.video.clip import ClipInfo, Frame
from engine.video.painter import ClipPainter, VideoLook
from engine.video.progress import UnfinishedFilm

NOISE = 2.0
"""Deviation of the noise that is added to every frame, as a camera does."""

PAN, ZOOM, LAYER = (2.3, 0.4), 1.006, (-3.2, 1.1)
"""Pixels per frame of 640 of the pan and of the layer, and enlargement per frame."""


@dataclass(frozen=True, eq=False)
class MadeFrame:
    """A frame, (H, W, 3) uint8, with its true motion.

    ``flow``: (H, W, 2) float32 to where every pixel was in the frame before; ``seen``: (H, W) bool,
    whether it was visible there.
    """

    pixels: np.ndarray
    flow: np.ndarray
    seen: np.ndarray


def made_clip(kind: str, photo: np.ndarray, count: int, size: tuple[int, int],
              other: np.ndarray | None = None) -> Iterator[MadeFrame]:  # fmt: skip
    """Make a clip, "pan", "zoom" or "layers", of ``count`` frames of (width, height).

    ``other``: photo of the layer that moves before the first one.
    """
    width, height = size
    unit = width / 640
    noise = np.random.default_rng(0)
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    large = _covering(photo, (round(width * 1.6), round(height * 1.6)))
    middle = large.shape[1] / 2, large.shape[0] / 2
    speed = PAN if kind == "pan" else (0.8, 0.0)
    for number in range(count):
        if kind == "zoom":
            scale = 1 / ZOOM**number
            at_x, at_y = (x - width / 2) * scale + middle[0], (y - height / 2) * scale + middle[1]
            flow = np.stack([(x - width / 2), (y - height / 2)], 2) * np.float32(1 / ZOOM - 1)
        else:
            turn = float(number)
            before = float(number - 1)
            shift = [step * unit * turn for step in speed]
            at_x = x + shift[0] + (large.shape[1] - width) / 2
            at_y = y + shift[1] + (large.shape[0] - height) / 2
            way = [step * unit * (turn - before) for step in speed]
            flow = np.zeros((height, width, 2), np.float32) + np.array(way, np.float32)
        pixels = cv2.remap(large, at_x, at_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
        seen = _inside(x + flow[..., 0], y + flow[..., 1], size)
        if kind == "layers":
            layer = resized(photo if other is None else other, size)
            pixels, flow, seen = _with_layer(layer, pixels, flow, seen, number)
        grain = noise.normal(0, NOISE, pixels.shape)
        yield MadeFrame(np.rint(pixels + grain).clip(0, 255).astype(np.uint8), flow, seen)


def _covering(photo: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Cut the middle of a photo to the proportions of (width, height) and resize it."""
    share = min(photo.shape[1] / size[0], photo.shape[0] / size[1])
    width, height = round(size[0] * share), round(size[1] * share)
    left, top = (photo.shape[1] - width) // 2, (photo.shape[0] - height) // 2
    return resized(np.ascontiguousarray(photo[top : top + height, left : left + width]), size)


def _inside(x: np.ndarray, y: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return (x >= 0) & (y >= 0) & (x <= size[0] - 1) & (y <= size[1] - 1)


def _with_layer(
    layer: np.ndarray, pixels: np.ndarray, flow: np.ndarray, seen: np.ndarray, number: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Put a disc of another photo before a frame, which moves on its own."""
    height, width = seen.shape
    unit = width / 640
    step = np.array([part * unit for part in LAYER], np.float32)
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))

    def disc(at_x: np.ndarray, at_y: np.ndarray, frame: int) -> np.ndarray:
        centre = width * 0.65 + step[0] * frame, height * 0.45 + step[1] * frame
        return np.hypot(at_x - centre[0], at_y - centre[1]) < height * 0.3

    here = disc(x, y, number)
    moved = cv2.remap(
        layer, x - step[0] * number, y - step[1] * number, cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT,
    )  # fmt: skip
    hidden = disc(x + flow[..., 0], y + flow[..., 1], number - 1)
    seen = np.where(here, True, seen & ~hidden)
    flow = np.where(here[..., None], -step, flow).astype(np.float32)
    return np.where(here[..., None], moved, pixels), flow, seen


def flicker(painted: Sequence[np.ndarray], frames: Sequence[MadeFrame]) -> float:
    """Return the mean difference, 0-255, of frames from the ones before, carried along the motion.

    Pixels that were not seen before do not count.
    """
    found = []
    for before, after, frame in zip(painted, painted[1:], frames[1:], strict=False):
        height, width = frame.seen.shape
        x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
        came = cv2.remap(before, x + frame.flow[..., 0], y + frame.flow[..., 1], cv2.INTER_CUBIC)
        unlike = np.abs(came.astype(np.float32) - after).mean(2)
        found.append(unlike[frame.seen].mean())
    return float(np.mean(found))


def clip_painter(studio: Studio, by: str, style: str) -> ClipPainter:
    """Return a painter of clips in a style, by "network" or by "strokes". Raises EngineError."""
    return studio.clip_painter(VideoLook(PhotoLook(style, by=by)))


def painted(painter: ClipPainter, frames: Sequence[MadeFrame]) -> list[np.ndarray]:
    """Paint all frames."""
    return [painter.paint(number, frame.pixels) for number, frame in enumerate(frames)]


def milliseconds(painter: ClipPainter, frames: Sequence[MadeFrame]) -> float:
    """Return the median time that a painter needs for a frame after the first two."""
    times = []
    for number, frame in enumerate(frames):
        started = time.perf_counter()
        painter.paint(number, frame.pixels)
        times.append(1000 * (time.perf_counter() - started))
    return float(np.median(times[2:]))


def memory_growth(painter: ClipPainter, photo: np.ndarray, count: int, size: tuple[int, int],
                  early: int) -> float:  # fmt: skip
    """Return by how many MiB the process has grown between frame ``early`` and ``count``.

    The frames are painted into an unfinished film. Only on Linux, elsewhere 0.
    """
    info = ClipInfo(size, Fraction(25), Fraction(1, 12800), count)
    before = 0.0
    with tempfile.TemporaryDirectory(prefix="daub-") as folder:
        film = UnfinishedFilm(Path(folder) / "film.mp4", info, "", 18)
        for number, frame in enumerate(made_clip("pan", photo, count, size)):
            pixels = painter.paint(number, frame.pixels)
            film.add(Frame(pixels, Fraction(number, 25), Fraction(1, 25)), painter.memory)
            if number == early:
                before = present_memory()
    return present_memory() - before


def present_memory() -> float:
    """Return this process's memory in MiB, 0 if the system does not tell."""
    if sys.platform != "linux":
        return 0.0
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 2**10
