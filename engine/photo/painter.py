"""Paint photos of any size with the photo network, window by window.

The network paints the photo at a *working resolution*, which decides how large strokes are. At
stroke 1 the longer side has WORKING pixels, or the photo's own if it is smaller. So a large photo
is painted like a smaller version of it, and strokes do not become too small. At stroke 2 the side
has half as many pixels and strokes are twice as large. The painting, a few megapixels at most, is
then enlarged, and a share of the photo's fine detail is added: DETAIL at full strength, all of it
at strength 0, which gives exactly the photo.

Statistics and colours are computed once, at the working resolution. Those of a still smaller
version, where everything is sharper, cause bright spots in skies and faces.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from engine.device import Device
from engine.photo.pixels import (
    Colours,
    Enlarging,
    matching,
    matching_light,
    resized,
    sharpened,
    shrunk,
    with_light_of,
)
from engine.photo.stylizer import GRID, REACH, Frozen, Stylizer, stylize, stylizer_noise
from engine.requests import PhotoLook, StrokeStep
from engine.tiles import Window, plan

WORKING = 1024
"""Pixels on the longer side at stroke 1."""

LEAST = 128
"""Least pixels on the longer side, if the photo has as many: else a face would be two strokes."""

SMALL = 512
"""Longer side of the first picture that is shown."""

STATISTICS = 1280
"""Largest size at which statistics are computed; a larger working resolution is reduced."""

TILE = 384
"""Side of a tile in pixels of the working resolution; it takes about 50 ms."""

LARGE_TILE = 1024
"""Tile side for exports: tiles overlap less, and need 300 MB each."""

DETAIL = 0.7
"""Share of the photo's finest detail, missing at the working resolution, at full strength."""

_FEWEST = 2 * GRID  # two of the coarsest cells: reflection padding needs more than one


class PhotoPainter:
    """Paints photos with one network on one device. Used by one thread at a time."""

    def __init__(self, model: Stylizer, device: Device) -> None:
        self._model = model.eval().requires_grad_(False).to(device.device)
        self._device = device

    @property
    def styles(self) -> tuple[str, ...]:
        """Ids of the styles that the network was trained on."""
        return self._model.styles

    def begin(
        self, photo: np.ndarray, look: PhotoLook, tile: int = TILE, shown: np.ndarray | None = None
    ) -> "PaintedPhoto":
        """Compute what all windows of a photo, (H, W, 3) uint8, share; paint nothing in full yet.

        ``tile``: TILE or LARGE_TILE; ``shown``: the photo in 16 bits, uint16. Raises EngineError
        for a style the network was not trained on.
        """
        height, width = photo.shape[:2]
        work = resized(photo, working_size(width, height, look.stroke))
        # cuDNN chooses its algorithm by the window's shape: use the same tiles for all purposes.
        tile = tile if self._device.device.type == "cpu" else TILE
        shown = photo if shown is None else shown
        return PaintedPhoto(self, shown, work, self._freeze(work, look), tile)

    def small(self, photo: np.ndarray, look: PhotoLook) -> np.ndarray:
        """Paint the whole photo with SMALL pixels on its longer side, to show it first."""
        painted = self.begin(shrunk(photo, SMALL), look)
        return painted.window(painted.bounds)

    def _freeze(self, work: np.ndarray, look: PhotoLook) -> "FrozenLook":
        condition = self._model.condition(look.style, look.strength, look.second, look.blend)
        small = _padded(shrunk(work, STATISTICS))
        noise = self._noise(look.seed, Window(0, 0, small.shape[1], small.shape[0]))
        place = self._device.device
        frozen = self._model.freeze(
            _tensor(small).to(place), condition.to(place), [part.float() for part in noise]
        ).to(place, self._device.dtype)
        if look.colours == "style":
            return FrozenLook(look, frozen, None)
        painted = self.paint(small, Window(0, 0, *small.shape[1::-1]), look.seed, frozen)
        match = matching_light if look.colours == "luminance" else matching
        return FrozenLook(look, frozen, match(painted, small))

    def paint(self, rgb: np.ndarray, window: Window, seed: int, network: Frozen) -> np.ndarray:
        """Apply the network to (h, w, 3) uint8 that lies at ``window``, both on the GRID."""
        noise = self._noise(seed, window)
        painted = stylize(_tensor(rgb).to(self._device.device), noise, network)[0]
        return (painted * 255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()

    def _noise(self, seed: int, window: Window) -> list[Tensor]:
        parts = stylizer_noise(seed, window.left, window.top, window.width, window.height)
        return [part.to(self._device.device) for part in parts]


@dataclass(frozen=True, eq=False)
class FrozenLook:
    """A look with one photo's statistics folded into the network; ``colours``: a transform."""

    look: PhotoLook
    network: Frozen
    colours: Colours | None


class PaintedPhoto:
    """One photo in one look. Caches what is painted, a few megapixels for a photo of any size."""

    def __init__(
        self, painter: PhotoPainter, photo: np.ndarray, work: np.ndarray, frozen: FrozenLook,
        tile: int,
    ) -> None:  # fmt: skip
        self._painter, self._frozen, self._tile = painter, frozen, tile
        self._photo, self._work, self._padded = photo, work, _padded(work)
        self._painted = np.empty_like(work)
        self._done: set[Window] = set()
        self._enlarging = Enlarging(work.shape[1::-1], photo.shape[1::-1])

    @property
    def bounds(self) -> Window:
        """Window of the whole photo."""
        return Window(0, 0, *self._photo.shape[1::-1])

    @property
    def network(self) -> Frozen:
        """The network with this photo's statistics folded in."""
        return self._frozen.network

    def shows(self, photo: np.ndarray, look: PhotoLook) -> bool:
        """Return whether this is the same photo, by array identity, in the same look."""
        return self._photo is photo and self._frozen.look == look

    def window(self, rect: Window) -> np.ndarray:
        """Return a window of the painted photo, (h, w, 3), read-only.

        uint8, or uint16 if the photo is and shows through.
        """
        for _ in self.steps(rect):
            pass
        look, own = self._frozen.look, self._photo[rect.within(self.bounds)]
        if look.strength == 0:
            pixels = own.copy()
        else:
            pixels = self._large(rect, own)
            if look.colours == "luminance":
                pixels = with_light_of(pixels, own)
        pixels.flags.writeable = False
        return pixels

    def prepare(self) -> Iterator[StrokeStep]:
        """Paint what all windows need: nothing, as windows are painted one by one."""
        yield from ()

    def steps(self, rect: Window) -> Iterator[None]:
        """Paint the missing tiles that a window needs, one tile per step."""
        if self._frozen.look.strength == 0:
            return
        needed, side = self._needed(rect), self._tile
        whole = Window(
            needed.left // side * side, needed.top // side * side,
            -(-needed.right // side) * side, -(-needed.bottom // side) * side,
        )  # fmt: skip
        for tile in plan(whole.clipped(self._work_bounds), side, needed):
            if tile not in self._done:
                self._paint(tile)
                yield

    def _large(self, rect: Window, own: np.ndarray) -> np.ndarray:
        """Return the painting over ``rect`` at the photo's size."""
        needed = self._needed(rect)
        painted, work = (
            part[needed.within(self._work_bounds)] for part in (self._painted, self._work)
        )
        if self._at_full_size:
            return painted.copy()
        large, blurred = (self._enlarging.window(part, needed, rect) for part in (painted, work))
        share = 1 - (1 - DETAIL) * self._frozen.look.strength
        return sharpened(large, own, blurred, share)

    def _needed(self, rect: Window) -> Window:
        return rect if self._at_full_size else self._enlarging.needed(rect)

    @property
    def _at_full_size(self) -> bool:
        return self._enlarging.work == self._enlarging.full

    @property
    def _work_bounds(self) -> Window:
        return Window(0, 0, *self._enlarging.work)

    def _paint(self, tile: Window) -> None:
        padded = Window(0, 0, *self._padded.shape[1::-1])
        around = tile.grown(REACH).clipped(padded)
        frozen = self._frozen
        painted = self._painter.paint(
            self._padded[around.within(padded)], around, frozen.look.seed, frozen.network
        )[tile.within(around)]
        if frozen.colours is not None:
            painted = frozen.colours.applied(painted)
        self._painted[tile.within(self._work_bounds)] = painted
        self._done.add(tile)


def photo_trial(device: Device) -> None:
    """Paint three tiles with an untrained network, to compare precisions."""
    torch.manual_seed(0)
    painter = PhotoPainter(Stylizer(["trial"]), device)
    painted = painter.begin(np.zeros((GRID * 8, GRID * 8, 3), np.uint8), PhotoLook("trial"))
    tile = np.zeros((TILE, TILE, 3), np.uint8)
    for _ in range(3):
        painter.paint(tile, Window(0, 0, TILE, TILE), 0, painted.network)


def working_size(width: int, height: int, stroke: float) -> tuple[int, int]:
    """Return the width and height at which a photo is painted with strokes of this size, 0.5-4."""
    longest = max(width, height)
    wanted = max(min(longest, WORKING) / stroke, min(longest, LEAST))
    return max(1, round(width * wanted / longest)), max(1, round(height * wanted / longest))


def _padded(rgb: np.ndarray) -> np.ndarray:
    """Pad (H, W, 3) to multiples of GRID, by reflection at the right and the bottom."""
    height, width = rgb.shape[:2]
    down, across = (max(-side % GRID, _FEWEST - side) for side in (height, width))
    if down == across == 0:
        return rgb
    return cv2.copyMakeBorder(rgb, 0, down, 0, across, cv2.BORDER_REFLECT_101)


def _tensor(rgb: np.ndarray) -> Tensor:
    """Convert (h, w, 3) uint8 to (1, 3, h, w) float32, 0-1."""
    # Let numpy copy: torch warns about read-only arrays.
    return torch.from_numpy(rgb.astype(np.float32)).permute(2, 0, 1)[None] / 255
