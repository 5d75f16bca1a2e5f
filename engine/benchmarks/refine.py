"""Benchmarks of Refine for ``daub bench``.

For doodles Refine is compared with the schedule of fast-neural-doodle: from noise, at full size
only, 1000 evaluations of torch's L-BFGS without line search. Its best picture counts, because some
runs diverge at the end. For photos it is compared with Gatys et al. 2016 as in torch's tutorial:
300 evaluations from the photo. Both minimise the same loss as Refine, with the same descriptor, so
that only the optimisation differs. The pictures are judged at several offsets of the pooling grid,
because a picture can be fitted to one of them.
"""

import math
import sys
import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import numpy as np
import torch
from torch import Tensor

from engine.descriptors.descriptor import RGB, Descriptor, compact, haar_detail
from engine.device import choose
from engine.errors import EngineError
from engine.losses.loss_tiles import pyramid
from engine.losses.statistics import StyleTargets
from engine.losses.tiled import TiledLoss
from engine.packs.style_pack import read_pack, read_targets, region_table
from engine.refine import run as refine_run
from engine.refine.request import QUALITIES, RefineRequest
from engine.studio import Studio

EVALUATIONS = 1000
"""Loss evaluations of the rival."""

PLACES = ((0, 0), (4, 12), (8, 8), (12, 4))
"""Offsets of the pooling grid for judging: rows and columns added before the picture."""

_HISTORY = 100  # torch7's default number of corrections
_GREY, _NOISE = 0.45, 0.001


@dataclass(frozen=True)
class Race:
    """The result of one comparison. Seconds are processor time, which other programs hardly change.

    ``rival_loss``: the rival's loss after ``rival_seconds`` for all of its evaluations;
    ``seconds``: until Refine, including the preview, showed a picture with that loss, or None if it
    did not; ``loss`` and ``whole_seconds``: Refine's at its end.
    """

    rival_loss: float
    rival_seconds: float
    seconds: float | None
    loss: float
    whole_seconds: float


Judged = tuple[RefineRequest, Descriptor, Sequence[StyleTargets], np.ndarray]
"""The inputs of a loss, see ``engine.refine.run.refine``."""


class Course:
    """One picture to refine as in ``request``, and the loss by which all pictures are judged.

    ``paint``: returns Refine's start; ``begin``: (1, 3, H, W), the rival's start.
    """

    def __init__(
        self,
        studio: Studio,
        request: RefineRequest,
        judged: Judged,
        paint: Callable[[], np.ndarray],
        begin: Tensor,
    ) -> None:
        self.studio, self.request, self._judged = studio, request, judged
        self.descriptor, self._paint, self._begin = judged[1], paint, begin
        half = choose("cpu", "auto", refine_run.trial, "refine").half
        self.exact, self.own = (refine_run.full_loss(*judged, precise) for precise in (False, half))

    def loss(self, picture: np.ndarray) -> float:
        """Return Refine's loss of a picture, (H, W, 3) uint8, averaged over PLACES of the grid."""
        losses = [refine_run.loss_at(*self._judged, as_tensor(picture), place) for place in PLACES]
        return float(np.mean(losses))

    def race(self, evaluations: int = EVALUATIONS) -> Race:
        """Run the rival and Refine, one after the other."""
        rival_loss, rival_seconds = self._rival(evaluations)
        began = time.process_time()
        steps = self.studio.refine(replace(self.request, start=self._paint()))
        images = (step.image for step in steps if step.image is not None)
        shown = [(time.process_time() - began, image) for image in images]
        # Judge afterwards, so that it does not count as Refine's time.
        whole_seconds, loss = shown[-1][0], self.loss(shown[-1][1])
        if loss > rival_loss:
            return Race(rival_loss, rival_seconds, None, loss, whole_seconds)
        # The loss falls steadily, so a binary search needs to judge only a few pictures.
        there = bisect_left(shown, True, key=lambda seen: self.loss(seen[1]) <= rival_loss)
        seconds = shown[min(there, len(shown) - 1)][0]
        return Race(rival_loss, rival_seconds, seconds, loss, whole_seconds)

    def _rival(self, evaluations: int) -> tuple[float, float]:
        x = self._begin.clone(memory_format=torch.contiguous_format).requires_grad_()
        best, lowest = x.detach().clone(), math.inf
        optimiser = torch.optim.LBFGS(
            [x],
            max_iter=evaluations,
            max_eval=evaluations,
            tolerance_grad=-1,
            tolerance_change=-1,
            history_size=_HISTORY,
        )

        def closure() -> float:
            nonlocal lowest
            loss, gradient = _evaluated(self.exact, x)
            if loss < lowest:
                best.copy_(x.detach())
                lowest = loss
            x.grad = gradient * gradient.numel()
            return loss * gradient.numel()

        began = time.process_time()
        optimiser.step(closure)
        seconds = time.process_time() - began
        pixels = (best[0].clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0)
        return self.loss(pixels.numpy()), seconds

    def step_ratios(self, runs: int) -> tuple[float, float]:
        """Return the time of Refine's loss evaluation, divided by that of the descriptor alone.

        The descriptor runs forward and backward on the same layers and picture sizes: for the first
        ratio as a plain chain of torch functions, for the second as Daub evaluates it, in float32.
        """
        picture = torch.rand(1, 3, *self.request.labels.shape)
        actions = (
            lambda: _evaluated(self.own, picture),
            lambda: self._look(picture, _plain_features),
            lambda: self._look(picture, Descriptor.forward),
        )
        whole, plain, own = (_median_seconds(action, runs) for action in actions)
        return whole / plain, whole / own

    def _look(self, picture: Tensor, features: Callable[..., dict[str, Tensor]]) -> None:
        levels = pyramid(picture, len(self.exact.layers))
        for level, layers in zip(levels, self.exact.layers, strict=True):
            leaf = level.clone().requires_grad_()
            found = list(features(self.descriptor, leaf, layers).values())
            torch.autograd.backward(found, [torch.ones_like(part) for part in found])


def doodle_course(studio: Studio, style: str, labels: np.ndarray, quality: str) -> Course:
    """Return the course of a doodle, (H, W) uint8, in one style. Raises EngineError."""
    folder = folder_of(studio, style)
    pack, descriptor = read_pack(folder), compact()
    request = RefineRequest(labels, style, quality=quality, device="cpu")
    judged = request, descriptor, read_targets(folder, pack, descriptor), region_table(pack)
    noise = torch.randn(1, 3, *labels.shape, generator=torch.manual_seed(0))
    begin = _GREY + _NOISE * noise
    return Course(studio, request, judged, lambda: studio.render(labels, style), begin)


def folder_of(studio: Studio, style: str) -> Path:
    """Return the folder of a style's pack. Raises EngineError for an unknown style."""
    found = (info.folder for info in studio.styles() if info.id == style)
    folder = next(found, None)
    if folder is None:
        raise EngineError(f"There is no style {style}; see daub styles.")
    return folder


def _evaluated(loss: TiledLoss, picture: Tensor) -> tuple[float, Tensor]:
    """Return loss and gradient of a picture (1, 3, H, W)."""
    evaluation = loss.evaluate(picture)
    while True:
        try:
            next(evaluation)
        except StopIteration as finished:
            return finished.value


def _plain_features(
    descriptor: Descriptor, rgb: Tensor, layers: Sequence[str]
) -> dict[str, Tensor]:
    found = {RGB: torch.cat([rgb, haar_detail(rgb)], 1)}
    for layer, _, after in descriptor.trace(rgb):
        if layer in layers:
            found[layer] = after
        if len(found) == len(layers):
            break
    return found


def peak_memory(style: str, side: int) -> float:
    """Return the highest memory, in MiB, while refining side x side pixels, two steps per stage.

    Run it in a separate process: the whole process's peak is measured. Not on Windows.
    """
    QUALITIES["brief"] = {1: 2, 0: 2}
    labels = np.zeros((side, side), np.uint8)
    labels[side // 2 :] = 3
    labels[: side // 4, side // 2 :] = 1
    start = np.random.default_rng(0).integers(0, 255, (side, side, 3), np.uint8)
    request = RefineRequest(labels, style, start=start, quality="brief", device="cpu")
    for _ in Studio("cpu").refine(request):
        pass
    return highest_memory()


def highest_memory() -> float:
    """Return this process's highest memory so far, in MiB. Not on Windows."""
    if sys.platform == "linux":  # its getrusage includes the parent's memory at the fork
        lines = Path("/proc/self/status").read_text().splitlines()
        kibibytes = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    else:
        import resource

        kibibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10  # macOS: in bytes
    return kibibytes / 2**10


def _median_seconds(action: Callable[[], object], runs: int) -> float:
    action()
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        action()
        times.append(time.perf_counter() - began)
    return median(times)


def as_tensor(picture: np.ndarray) -> Tensor:
    """Convert (H, W, 3) uint8 to (1, 3, H, W) 0-1."""
    return torch.from_numpy(picture.copy()).permute(2, 0, 1)[None].float() / 255
