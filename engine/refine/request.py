"""The request to Refine, and the progress that it reports."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from engine.device import DEVICES
from engine.errors import EngineError
from engine.requests import PaintedBy, PhotoLook

QUALITIES: dict[str, Mapping[int, int]] = {
    "quick": {1: 12, 0: 12},
    "good": {2: 20, 1: 25, 0: 30},
    "best": {2: 80, 1: 100, 0: 130},
}
"""Optimiser steps by the number of times the canvas is halved, coarse first."""

OPTIMISERS = ("adam", "lbfgs")

STROKES = {1.0: 0, 0.5: 1}
"""Stroke sizes relative to the preview, and how often the painting is halved for each."""


@dataclass(frozen=True)
class RefineRequest:
    """A request to refine a picture; a frozen value with read-only arrays.

    ``labels``: (H, W) uint8 material ids. ``start``: (H, W, 3) uint8, the preview, or None to start
    from noise. ``quality``: quick, good or best. ``strength``: 0-1; at 1 only the style counts,
    below it the colours of the start are kept to a degree. ``detail``: 0-1, weight of fine scales
    against coarse ones. ``selection``: (H, W) bool or uint8 0-255; outside it the start stays.
    ``strokes``: one of STROKES, 0.5 for strokes half as large. ``optimiser``: adam or lbfgs.
    ``device``: auto, cpu or cuda. ``photo``: (H, W, 3) uint8, whose content should stay, or None.
    With a photo ``labels`` may contain PHOTO and KEEP, ``content``, 0-1, says how much of its
    content stays, and Refine uses the blend, strokes and colours of ``look``. ``meanings``: as in a
    PreviewRequest.
    """

    labels: np.ndarray
    style_id: str
    seed: int = 0
    start: np.ndarray | None = None
    quality: str = "good"
    strength: float = 1.0
    detail: float = 0.5
    selection: np.ndarray | None = None
    strokes: float = 1.0
    optimiser: str = "adam"
    device: str = "auto"
    photo: np.ndarray | None = None
    content: float = 0.5
    look: PhotoLook | None = None
    meanings: Mapping[int, PaintedBy] = field(default_factory=dict)

    def check(self) -> None:
        """Raise EngineError, in one sentence, for a request that cannot be refined."""
        height, width = self.labels.shape
        if min(height, width) < 16:
            raise EngineError(f"A picture of {width} x {height} pixels is too small to refine.")
        if self.quality not in QUALITIES or self.optimiser not in OPTIMISERS:
            raise EngineError(f"There is no quality {self.quality} with {self.optimiser}.")
        if self.strokes not in STROKES or self.device not in DEVICES:
            raise EngineError(f"There are no strokes of size {self.strokes} on {self.device}.")
        if not (0 <= self.strength <= 1 and 0 <= self.detail <= 1 and 0 <= self.content <= 1):
            raise EngineError("Strength, detail and content must be between 0 and 1.")
        for name in ("start", "photo", "selection"):
            array = getattr(self, name)
            if array is not None and array.shape[:2] != (height, width):
                found = f"{array.shape[1]} x {array.shape[0]}"
                raise EngineError(f"The {name} is {found} pixels, the doodle {width} x {height}.")
        if self.selection is not None and not self.selection.any():
            raise EngineError("The selection is empty: there is nothing to refine.")


@dataclass(frozen=True)
class RefineStep:
    """Progress of a run: ``i`` of ``total`` optimiser steps, ``seconds`` since the start.

    Also yielded after every tile, with the same ``i``, so that the caller can do other work or
    stop. ``scale``: the current picture is 1 / scale of the canvas. ``share``: 0-1, share of the
    work done. ``loss``: the last one, lower is better. ``image``: (H, W, 3) uint8, read-only, about
    every IMAGE_SECONDS and with the last step, else None. ``note``: a sentence for the user, or
    empty.
    """

    i: int
    total: int
    scale: int
    share: float
    loss: float
    image: np.ndarray | None
    seconds: float
    note: str = ""
