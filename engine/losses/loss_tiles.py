"""Pieces: the tiles of every scale of a picture, and the halo that makes tiles equal the whole.

A piece is evaluated with real neighbours as far as the deepest feature sees, and only its own cells
count. Its crop ends on the descriptor's coarsest grid or at the true canvas border, so that
reflection beyond the border is the only padding that any of its own cells ever sees.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

from engine.descriptors.descriptor import RGB, Descriptor
from engine.tiles import Window, plan

GRID = 16
"""Side of the deepest layer's cells in pixels; tiles and halos are multiples of it."""


@dataclass(frozen=True)
class Piece:
    """A tile of one scale: its own pixels, and those it is evaluated on."""

    scale: int
    own: Window
    crop: Window

    @property
    def area(self) -> int:
        return self.crop.width * self.crop.height

    def cells(self, depth: int) -> tuple[slice, slice]:
        """Its own cells in features of the crop, ``depth`` poolings down."""
        own, crop = (
            Window(*(edge >> depth for edge in window)) for window in (self.own, self.crop)
        )
        return own.within(crop)


def depths(descriptor: Descriptor) -> dict[str, int]:
    """Number of poolings before every layer."""
    found, depth = {RGB: 0}, 0
    for layer in descriptor.order:
        depth += layer.startswith("pool")
        found[layer] = depth
    return found


def halo(descriptor: Descriptor, layers: Sequence[str]) -> int:
    """Pixels that features of ``layers`` see beyond their own cell, rounded up to the grid."""
    reach = total = 1  # the wavelets of layer 0 read one neighbour
    cell = 1
    for layer in descriptor.order:
        if layer.startswith("pool"):
            cell *= 2
        else:
            total += cell
        reach = total if layer in layers else reach
    return -(-reach // GRID) * GRID


def fitting(descriptor: Descriptor, layers: Sequence[str], height: int, width: int) -> list[str]:
    """The layers that have at least two cells a side: fewer cannot be padded by reflection."""
    depth = depths(descriptor)
    return [name for name in layers if name in depth and min(height, width) >> depth[name] >= 2]


def cut(
    descriptor: Descriptor, layers: Sequence[str], size: tuple[int, int], tile: int, scale: int
) -> list[Piece]:
    """The pieces of one scale of (height, width) pixels; up to tile^2 of them are one piece."""
    whole = Window(0, 0, size[1], size[0])
    if not layers or whole.empty:
        return []
    margin = halo(descriptor, layers)
    tiles = [whole] if size[0] * size[1] <= tile**2 else list(plan(whole, tile))
    return [Piece(scale, own, own.grown(margin).clipped(whole)) for own in tiles]


def inside_of(picture: Tensor, window: Window) -> Tensor:
    """A view of the pixels of (..., H, W) inside a window; what lies beyond is left out."""
    return picture[..., window.top : window.bottom, window.left : window.right]


def pyramid(picture: Tensor, levels: int) -> list[Tensor]:
    """The picture (B, C, H, W), halved again and again by 2x2 means."""
    found = [picture]
    for _ in range(levels - 1):
        found.append(functional.avg_pool2d(found[-1], 2))
    return found


def joined(gradients: Sequence[Tensor]) -> Tensor:
    """Gradient by the picture, from those by each level of its ``pyramid``; in place."""
    for coarse, fine in zip(gradients[:0:-1], gradients[-2::-1], strict=True):
        height, width = coarse.shape[-2:]
        fours = fine[..., : 2 * height, : 2 * width].unflatten(-1, (width, 2))
        fours.unflatten(-3, (height, 2)).add_(coarse[..., :, None, :, None], alpha=0.25)
    return gradients[0]
