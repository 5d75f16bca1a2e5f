"""Benchmarks of photos for ``daub bench photo``.

Daub is compared with the usual architecture of feed-forward style transfer (Johnson et al. 2016):
one network per style, 9x9 convolutions at both ends, residual blocks at a quarter of the
resolution. Its weights are random, which does not change the time, and it paints the whole picture
at once, as published.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.benchmarks.refine import Course, as_tensor, folder_of, highest_memory
from engine.descriptors.descriptor import compact
from engine.device import choose
from engine.packs.style_pack import read_pack, read_targets, read_whole, region_table
from engine.photo.painter import SMALL, WORKING, PhotoPainter, photo_trial
from engine.photo.stylizer import load_stylizer
from engine.picture_files import read_photo
from engine.refine.photo import with_whole
from engine.refine.request import RefineRequest
from engine.requests import STROKES, PhotoLook
from engine.studio import PhotoExport, Studio
from resources.materials import PHOTO


class Johnson(nn.Module):
    """The network of Johnson et al. 2016, with reflection padding instead of zero padding.

    Maps (B, 3, H, W) 0-1 to the same shape; H and W are multiples of 4.
    """

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Sequential(
            *_convolution(3, 32, 9), *_convolution(32, 64, 3, 2), *_convolution(64, 128, 3, 2)
        )
        self.blocks = nn.ModuleList(
            nn.Sequential(*_convolution(128, 128, 3), *_convolution(128, 128, 3)[:-1])
            for _ in range(5)
        )
        self.tail = nn.ModuleList(
            (nn.Sequential(*_convolution(128, 64, 3)), nn.Sequential(*_convolution(64, 32, 3)))
        )
        self.end = nn.Sequential(*_convolution(32, 3, 9)[:-2])

    def forward(self, rgb: Tensor) -> Tensor:
        """Paint a picture."""
        x = self.head(rgb)
        for block in self.blocks:
            x = x + block(x)
        for part in self.tail:
            x = part(functional.interpolate(x, scale_factor=2.0, mode="nearest"))
        return self.end(x).clamp(0, 1)


def _convolution(inputs: int, outputs: int, size: int, stride: int = 1) -> list[nn.Module]:
    return [
        nn.ReflectionPad2d(size // 2),
        nn.Conv2d(inputs, outputs, size, stride),
        nn.InstanceNorm2d(outputs, affine=True),
        nn.ReLU(inplace=True),
    ]


def picture(width: int, height: int) -> np.ndarray:
    """Return a test picture, (height, width, 3) uint8, with shapes of every size like a photo."""
    rng, total = np.random.default_rng(0), np.full((height, width, 3), 127, np.float32)
    for cells in (4, 16, 64, 256):
        rough = rng.normal(0, 80 / cells**0.5, (cells * height // width + 1, cells, 3))
        large = cv2.resize(rough.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
        cv2.add(total, large, total)
    return total.clip(0, 255).astype(np.uint8)


class Rivals:
    """Paints one photo with Daub and with Johnson's network, on one device."""

    def __init__(self, width: int, height: int) -> None:
        self.photo = picture(width, height)
        self._painter = PhotoPainter(load_stylizer(), choose("cpu", "auto", photo_trial, "photo"))
        torch.manual_seed(0)
        self._rival = Johnson().eval().to(memory_format=torch.channels_last)
        self.finest = min(1.0, max(STROKES[0], WORKING / max(width, height)))
        """Stroke size at which the photo is painted at full resolution, as far as possible."""

    def paint(self, stroke: float = 1.0) -> None:
        """Paint the whole photo with Daub, including its statistics."""
        look = PhotoLook(self._painter.styles[0], stroke=stroke)
        painted = self._painter.begin(self.photo, look)
        painted.window(painted.bounds)

    @torch.inference_mode()
    def paint_plainly(self) -> None:
        """Paint the photo with Johnson's network, in float32 as published."""
        rgb = torch.from_numpy(self.photo).permute(2, 0, 1)[None] / 255
        painted = self._rival(rgb.contiguous(memory_format=torch.channels_last))
        (painted[0] * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()


class Seconds(NamedTuple):
    """Median wall time and processor time; other programs hardly change the latter."""

    wall: float
    processor: float


def seconds_of(action: Callable[[], object], runs: int) -> Seconds:
    """Measure how long ``action`` takes, after one run to warm up."""
    action()
    timed = np.array([_timed(action) for _ in range(runs)])
    return Seconds(*(float(median) for median in np.median(timed, 0)))


def first_picture(path: Path, runs: int, by: str) -> Seconds:
    """Measure the seconds from a photo's file to its first, small painting."""
    studio = Studio("cpu")
    look = first_look(studio, by)
    return seconds_of(lambda: studio.photo_small(read_photo(path, SMALL).pixels, look), runs)


def whole_by_strokes(width: int, height: int, runs: int) -> Seconds:
    """Measure the seconds in which strokes paint a whole photo; the painting is prepared before."""
    studio, photo = Studio("cpu"), picture(width, height)
    look = first_look(studio, "strokes")

    def paint() -> None:
        # A copy, because the studio keeps the photo that it painted last.
        for _ in studio.photo_steps(photo.copy(), look):
            pass

    return seconds_of(paint, runs)


def first_look(studio: Studio, by: str) -> PhotoLook:
    """Return the look of the first style that paints photos by "network" or by "strokes"."""
    return PhotoLook(studio.photo_styles(by)[0], by=by)


def photo_course(studio: Studio, style: str, photo: np.ndarray, quality: str) -> Course:
    """Return the course of a photo, (H, W, 3) uint8 with sides of up to WORKING pixels.

    Raises EngineError for an unknown style or one without targets.
    """
    height, width = photo.shape[:2]
    folder, look = folder_of(studio, style), PhotoLook(style)
    pack, descriptor = read_pack(folder), compact()
    labels = np.full((height, width), PHOTO, np.uint8)
    request = RefineRequest(labels, style, quality=quality, device="cpu", photo=photo, look=look)
    regions = read_targets(folder, pack, descriptor), read_whole(folder, pack, descriptor)
    targets, table = with_whole(*regions, region_table(pack))

    def paint() -> np.ndarray:
        return next(studio.photo_windows(photo, look, [(0, 0, width, height)]))[1]

    judged = request, descriptor, targets, table
    return Course(studio, request, judged, paint, as_tensor(photo))


def peak_memory(source: Path, target: Path, by: str) -> float:
    """Return the highest memory, in MiB, of a process that paints a photo's file into another.

    Run it in a separate process: the whole process's peak is measured. Not on Windows.
    """
    studio = Studio("cpu")
    request = PhotoExport(target, read_photo(source), first_look(studio, by))
    for _ in studio.export_photo(request):
        pass
    return highest_memory()


def _timed(action: Callable[[], object]) -> tuple[float, float]:
    wall, processor = time.perf_counter(), time.process_time()
    action()
    return time.perf_counter() - wall, time.process_time() - processor
