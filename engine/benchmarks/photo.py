"""What photos are measured with by ``daub bench photo``; nothing else uses this.

The rival is the architecture that feed-forward transfer is usually measured by (Johnson et al.
2016): one network a style, 9x9 ends, residual blocks at a quarter of the resolution. Its weights
are random, which takes as long, and it paints the whole picture at once, as it is published.
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
    """(B, 3, H, W) 0-1 -> the same; H and W multiples of 4. Without zero padding, by reflection."""

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
        """Paint."""
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
    """(height, width, 3) uint8 with shapes of every size, as photos have them."""
    rng, total = np.random.default_rng(0), np.full((height, width, 3), 127, np.float32)
    for cells in (4, 16, 64, 256):
        rough = rng.normal(0, 80 / cells**0.5, (cells * height // width + 1, cells, 3))
        large = cv2.resize(rough.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
        cv2.add(total, large, total)
    return total.clip(0, 255).astype(np.uint8)


class Rivals:
    """One photo through Daub and through the plain architecture, on one device."""

    def __init__(self, width: int, height: int) -> None:
        self.photo = picture(width, height)
        self._painter = PhotoPainter(load_stylizer(), choose("cpu", "auto", photo_trial, "photo"))
        torch.manual_seed(0)
        self._rival = Johnson().eval().to(memory_format=torch.channels_last)
        self.finest = min(1.0, max(STROKES[0], WORKING / max(width, height)))
        """The stroke at which every pixel of the photo is painted, if it has one."""

    def paint(self, stroke: float = 1.0) -> None:
        """All of the photo, statistics included."""
        look = PhotoLook(self._painter.styles[0], stroke=stroke)
        painted = self._painter.begin(self.photo, look)
        painted.window(painted.bounds)

    @torch.inference_mode()
    def paint_plainly(self) -> None:
        """The rival, in float32 as it is published."""
        rgb = torch.from_numpy(self.photo).permute(2, 0, 1)[None] / 255
        painted = self._rival(rgb.contiguous(memory_format=torch.channels_last))
        (painted[0] * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()


class Seconds(NamedTuple):
    """Medians: as clocks on walls count, and of processors' work, which other programs leave be."""

    wall: float
    processor: float


def seconds_of(action: Callable[[], object], runs: int) -> Seconds:
    """How long it takes, after once that does not count."""
    action()
    timed = np.array([_timed(action) for _ in range(runs)])
    return Seconds(*(float(median) for median in np.median(timed, 0)))


def first_picture(path: Path, runs: int) -> Seconds:
    """Seconds from a photo's file to its first, small painting."""
    studio = Studio("cpu")
    look = PhotoLook(studio.photo_styles()[0])
    return seconds_of(lambda: studio.photo_small(read_photo(path, SMALL).pixels, look), runs)


def photo_course(studio: Studio, style: str, photo: np.ndarray, quality: str) -> Course:
    """A photo, (H, W, 3) uint8 of up to WORKING pixels a side, in one style. Raises EngineError."""
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


def peak_memory(source: Path, target: Path) -> float:
    """Highest memory, in MiB, of a process that paints a photo's file into another.

    For a process of its own: all that it ever did counts. Not on Windows.
    """
    studio = Studio("cpu")
    request = PhotoExport(target, read_photo(source), PhotoLook(studio.photo_styles()[0]))
    for _ in studio.export_photo(request):
        pass
    return highest_memory()


def _timed(action: Callable[[], object]) -> tuple[float, float]:
    wall, processor = time.perf_counter(), time.process_time()
    action()
    return time.perf_counter() - wall, time.process_time() - processor
