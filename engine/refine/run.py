"""Refine: improve the picture of a doodle by optimising its pixels.

The method is that of Gatys et al. 2016 with a mask per region, as in neural-doodle, coarse to fine:
the picture is optimised at a quarter, half and full size. The change of a coarse stage is enlarged
and added to the finer start, so that existing detail is kept. The losses are those of the
generators' training; see ``engine.losses.tiled`` for how they stay exact at any size.
"""

import copy
import time
from collections.abc import Generator as Steps
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from engine.descriptors.descriptor import RGB, Between, Descriptor, compact, nothing
from engine.device import Device
from engine.errors import EngineError
from engine.losses.loss_tiles import GRID, pyramid
from engine.losses.statistics import StyleTargets
from engine.losses.tiled import Subject, TiledLoss, Weights
from engine.refine.optimisers import LBFGS, Adam, Optimiser
from engine.refine.request import QUALITIES, STROKES, RefineRequest, RefineStep

RATE, RATE_GROWTH = 0.045, 1.5
"""Adam's rate at full size, and its growth with each halving: coarse stages change more."""

SMALLEST = 64
"""Shortest side of a picture, in pixels, for which a coarse stage is run."""

TILE = 640
"""Side of a tile in pixels; needs half a gigabyte with the compact descriptor."""

SMALLEST_TILE = 128

VARIATION, ANCHOR, CONTENT = 4.0, 30.0, 1.6
"""Weights of total variation, of the start's colours at strength 0, and of a photo's content."""

NOISE = 0.3
"""Deviation of the noise to start from, as a share of the region's own deviation."""

PHASES = ((0, 0), (21, 11), (11, 5), (5, 17), (16, 16), (3, 9), (9, 19), (17, 2))
"""Offsets of the pooling grid, one per step; a fixed grid would show as squares."""

KEPT_PIXELS = 1_000_000
"""Largest picture for which the masks of all phases are cached."""

IMAGE_SECONDS = 0.4
"""Least time between steps with an image: often enough to watch, but without slowing Refine."""

CALM = 2 / 3
"""Share of a stage before its pictures are shown: large steps add coloured noise."""

CERTAIN = 4
"""Number of steps in a row that must be better than what the stage began with."""

LBFGS_VALUES = 400_000_000
"""Number of values that L-BFGS may store; its memory length shrinks with the canvas."""


def refine(
    request: RefineRequest,
    descriptor: Descriptor,
    targets: Sequence[StyleTargets],
    table: np.ndarray,
    tile: int = TILE,
    between: Between = nothing,
    half: bool = False,
) -> Iterator[RefineStep]:
    """Refine a doodle's picture on the descriptor's device.

    ``targets``: the painting's statistics, scale by scale, under ``descriptor``; ``table``: (256,)
    uint8 from material id to region number. ``between`` is called on this thread every few
    milliseconds, also within a tile. It may paint previews, and its exceptions are raised by the
    iterator. ``half``: convolutions in bfloat16, see ``trial``. A step has an image
    only if it is better than the one that its stage began with; the very last step always has one.
    Close the iterator to stop: the newest image, if any, is the result. Raises EngineError, before
    any work, for a bad request.
    """
    request.check()
    targets = targets[STROKES[request.strokes] :]
    return _Run(request, descriptor, targets, table, tile, between, half).steps()


def trial(device: Device) -> None:
    """Run the descriptor forward and backward, to compare precisions."""
    leaf = torch.zeros(1, 3, 256, 256, device=device.device, requires_grad=True)
    compact(device.device)(leaf, ["relu5_1"], half=device.half)["relu5_1"].sum().backward()


def full_loss(
    request: RefineRequest,
    descriptor: Descriptor,
    targets: Sequence[StyleTargets],
    table: np.ndarray,
    half: bool = False,
) -> TiledLoss:
    """Return the loss that the last stage minimises, at the default pooling grid offset."""
    run = _Run(request, descriptor, targets, table, TILE, nothing, half)
    run._begin(0, 1)
    return run._tiled_loss(PHASES[0])


def loss_at(
    request: RefineRequest,
    descriptor: Descriptor,
    targets: Sequence[StyleTargets],
    table: np.ndarray,
    picture: Tensor,
    phase: tuple[int, int],
) -> float:
    """Return the last stage's loss of a picture, (1, 3, H, W) 0-1, at any pooling grid offset."""
    run = _Run(request, descriptor, targets, table, TILE, nothing, False)
    run._begin(0, 1)
    evaluation = run._tiled_loss(phase).evaluate(_reflected(picture, phase))
    while True:
        try:
            next(evaluation)
        except StopIteration as finished:
            return float(finished.value[0])


class _Run:
    """State of one Refine run."""

    def __init__(
        self,
        request: RefineRequest,
        descriptor: Descriptor,
        targets: Sequence[StyleTargets],
        table: np.ndarray,
        tile: int,
        between: Between,
        half: bool,
    ) -> None:
        self.request, self.descriptor, self.targets = request, descriptor, targets
        self.tile, self.between, self.half, self.note = tile, between, half, ""
        like = next(descriptor.parameters())
        self.regions = torch.from_numpy(table[request.labels]).to(like.device)
        self.photo, self.selection = _picture(request.photo, like), None
        if request.selection is not None:
            self.selection = _selection(request.selection, like)
        start = _picture(request.start, like)
        self.start = self._noise(like) if start is None else start
        self.change: Tensor | None = None
        self._tiled: dict[tuple[int, int], TiledLoss] = {}
        self.stages = _stages(request)
        self.work = sum(_work(halvings) * steps for halvings, steps in self.stages)
        self.done, self.worked, self.loss = 0, 0.0, 0.0
        self.shown, self.began = 0.0, time.monotonic()

    def _noise(self, like: Tensor) -> Tensor:
        """Return weak white noise around the mean colour of each pixel's region, (1, 3, H, W).

        Noise as strong as the region's contrast would remain in the picture as grain.
        """
        source = torch.Generator().manual_seed(self.request.seed)
        noise = torch.randn(1, 3, *self.regions.shape, generator=source).to(like) * NOISE
        mean, deviation = like.new_full((256, 3), 0.5), like.new_full((256, 3), 0.2)
        for (layer, region), style in self.targets[0].items():
            if layer == RGB:
                mean[region], deviation[region] = style.mean[:3], style.deviation[:3]
        index = self.regions.int()
        middle, spread = (values[index].permute(2, 0, 1)[None] for values in (mean, deviation))
        # Soften the borders: stepped ones would remain in the picture.
        for _ in range(3):
            middle = functional.avg_pool2d(middle, 5, 1, 2, count_include_pad=False)
        return (middle + spread * noise).clamp(0, 1)

    def steps(self) -> Iterator[RefineStep]:
        """Yield every tile and step of every stage."""
        for halvings, steps in self.stages:
            self._begin(halvings, steps)
            for _ in range(steps):
                self.loss, gradient = yield from self._evaluated()
                self.losses.append(self.loss)
                if self.moving is not None:
                    gradient *= self.moving
                self.optimiser.step(self.loss, gradient)
                del gradient
                self.done, self.worked = self.done + 1, self.worked + _work(halvings)
                yield self._step(self._image_if_due())
            self.change = self.optimiser.best - self.base

    def _begin(self, halvings: int, steps: int) -> None:
        """Set up a stage: its size, its loss and its start."""
        self.halvings, self.base = halvings, pyramid(self.start, halvings + 1)[-1]
        self.moving: Tensor | None = None
        if self.selection is not None:
            self.moving = (pyramid(self.selection[None, None], halvings + 1)[-1] > 0).to(self.base)
        x = self.base if self.change is None else self.base + _fitted(self.change, self.base)
        self.losses: list[float] = []
        self.steps_here = steps
        memory = LBFGS_VALUES // (2 * x.numel())
        self.optimiser: Optimiser = (
            Adam(x, steps, RATE * RATE_GROWTH**halvings)
            if self.request.optimiser == "adam"
            else LBFGS(x, max(2, min(12, memory)))
        )
        self._tiled.clear()

    def _phase(self) -> tuple[int, int]:
        """Return the offset of the pooling grid in this step: rows and columns to pad before it."""
        still = self.request.optimiser == "lbfgs" or min(self.base.shape[-2:]) < SMALLEST
        return PHASES[0 if still else self.done % len(PHASES)]

    def _tiled_loss(self, phase: tuple[int, int]) -> TiledLoss:
        """Return the loss with the grid at ``phase``; it is cached for small pictures."""
        if phase in self._tiled:
            return self._tiled[phase]
        if self.base.numel() > 3 * KEPT_PIXELS:
            self._tiled.clear()
        weights = _weights(self.request, self.halvings, len(self.targets))
        subject = self._subject(phase, weights)
        targets = self.targets[self.halvings :]
        made = TiledLoss(
            self.descriptor, targets, subject, weights, self.tile, self.between, self.half
        )
        return self._tiled.setdefault(phase, made)

    def _subject(self, phase: tuple[int, int], weights: Weights) -> Subject:
        large = phase[0] << self.halvings, phase[1] << self.halvings
        photo = None if self.photo is None else pyramid(self.photo, self.halvings + 1)[-1]
        return Subject(
            _reflected(self.regions, large),
            self.halvings,
            None if self.selection is None else _reflected(self.selection, large),
            _reflected(self.base, phase) if weights.anchor else None,
            None if photo is None else _reflected(photo, phase),
        )

    def _evaluated(self) -> Steps[RefineStep, None, tuple[float, Tensor]]:
        """Return loss and gradient; retry with less memory when it runs out."""
        phase = self._phase()
        while True:
            try:
                evaluation = self._tiled_loss(phase).evaluate(_reflected(self.optimiser.x, phase))
                loss, gradient = yield from self._tile_steps(evaluation)
                return loss, _folded(gradient, phase)
            except (RuntimeError, MemoryError) as error:
                if not _out_of_memory(error):
                    raise
                self._use_less_memory()

    def _tile_steps(
        self, evaluation: Steps[None, None, tuple[float, Tensor]]
    ) -> Steps[RefineStep, None, tuple[float, Tensor]]:
        while True:
            try:
                next(evaluation)
            except StopIteration as finished:
                return finished.value
            yield self._step(None)

    def _use_less_memory(self) -> None:
        """Reduce the tile size, then move to the CPU. Raises EngineError if neither is possible."""
        if self.tile > SMALLEST_TILE:
            self.tile = max(SMALLEST_TILE, self.tile // 2 // GRID * GRID)
            self.note = f"Memory is low: Refine continues with tiles of {self.tile} pixels."
        elif self.base.device.type != "cpu":
            self._move(torch.device("cpu"))
            self.note = "GPU memory is too small: Refine continues on the CPU."
        else:
            height, width = self.request.labels.shape
            raise EngineError(f"There is not enough memory to refine {width} x {height} pixels.")
        self._tiled.clear()

    def _move(self, device: torch.device) -> None:
        self.tile, self.half = TILE, False
        self.descriptor = copy.deepcopy(self.descriptor).to(device)
        for name, value in list(vars(self).items()):
            if isinstance(value, Tensor):
                setattr(self, name, value.to(device))
        self.optimiser.to(device)

    def _step(self, image: np.ndarray | None) -> RefineStep:
        note, self.note = self.note, ""
        total = sum(steps for _, steps in self.stages)
        seconds, share = time.monotonic() - self.began, self.worked / self.work
        scale = 2**self.halvings
        return RefineStep(self.done, total, scale, share, self.loss, image, seconds, note)

    def _image_if_due(self) -> np.ndarray | None:
        seconds = time.monotonic() - self.began
        due = seconds - self.shown >= IMAGE_SECONDS and self._better()
        if not due and self.done < sum(steps for _, steps in self.stages):
            return None
        self.shown = seconds
        return self._image()

    def _better(self) -> bool:
        """Return whether the picture so far is better than the one that the stage began with.

        The loss alone does not say so early in a stage: it hardly sees coloured noise.
        """
        first, *later = self.losses
        calm = len(self.losses) > CALM * self.steps_here
        return calm and bool(later) and max(later[-CERTAIN:]) < first

    def _image(self) -> np.ndarray:
        """Return the best picture so far at canvas size, with the start outside the selection."""
        change = _fitted(self.optimiser.best - self.base, self.start)
        if self.selection is not None:
            change *= self.selection
        rgb = change.add_(self.start)[0].clamp_(0, 1).mul_(255).round_()
        image = rgb.to(torch.uint8).permute(1, 2, 0).contiguous().cpu().numpy()
        image.flags.writeable = False
        return image


def _picture(pixels: np.ndarray | None, like: Tensor) -> Tensor | None:
    """Convert (H, W, 3) uint8 to (1, 3, H, W) 0-1."""
    if pixels is None:
        return None
    return torch.from_numpy(pixels.copy()).to(like.device).permute(2, 0, 1)[None].to(like) / 255


def _selection(mask: np.ndarray, like: Tensor) -> Tensor:
    """Convert (H, W) bool or uint8 to (H, W) 0-1."""
    values = torch.from_numpy(mask.copy()).to(like)
    return values if mask.dtype == np.bool_ else values / 255


def _fitted(change: Tensor, base: Tensor) -> Tensor:
    """Enlarge the change of a smaller picture to the size of ``base``."""
    if change.shape == base.shape:
        return change
    return functional.interpolate(change, base.shape[-2:], mode="bicubic")


def _reflected(values: Tensor, phase: tuple[int, int]) -> Tensor:
    """Pad (..., H, W) by reflection with ``phase`` rows at the top and columns at the left."""
    if not any(phase):
        return values
    rows, columns = (
        torch.arange(-before, side, device=values.device).abs()
        for before, side in zip(phase, values.shape[-2:], strict=True)
    )
    return values[..., rows[:, None], columns]


def _folded(gradient: Tensor, phase: tuple[int, int]) -> Tensor:
    """Apply the adjoint of ``_reflected`` in place: add padded gradients where they came from."""
    top, left = phase
    gradient[..., top + 1 : 2 * top + 1, :] += gradient[..., :top, :].flip(-2)
    gradient[..., left + 1 : 2 * left + 1] += gradient[..., :left].flip(-1)
    return gradient[..., top:, left:]


def _stages(request: RefineRequest) -> list[tuple[int, int]]:
    """Return (halvings, steps) of each stage, coarse first, without stages that are too small."""
    side = min(request.labels.shape)
    stages = QUALITIES[request.quality].items()
    return [(h, steps) for h, steps in stages if h == 0 or side >> h >= SMALLEST]


def _work(halvings: int) -> float:
    """Return the cost of a step relative to full size, with a small constant overhead."""
    return 0.02 + 0.25**halvings


def _weights(request: RefineRequest, halvings: int, scales: int) -> Weights:
    """Return the loss weights. Detail shifts weight between the scales, up to four to one."""
    tilt = 2 * request.detail - 1
    middle = (scales - 1) / 2
    shares = [4.0 ** (tilt * (middle - s) / middle) for s in range(halvings, scales)]
    return Weights(
        tuple(shares),
        style=max(request.strength, 0.01),
        variation=VARIATION,
        anchor=ANCHOR * (1 - request.strength) if request.start is not None else 0.0,
        content=0.0 if request.photo is None else _content_weight(request.content),
    )


def _content_weight(content: float) -> float:
    """Return the content weight: 0 at content 0, CONTENT at 0.5, 22 times CONTENT at 1."""
    return CONTENT * 1.1 * content / (1.05 - content)


def _out_of_memory(error: Exception) -> bool:
    """Return whether memory ran out; torch's CPU allocator raises a plain RuntimeError."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return any(words in str(error) for words in ("not enough memory", "can't allocate memory"))
