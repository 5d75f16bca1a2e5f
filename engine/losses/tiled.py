"""The whole loss of Refine and its gradient, exact at any size in the memory of one tile.

Gatys et al. 2016 with the distances of ``engine.losses.style``, per region. The sums over
positions are gathered tile by tile without gradient; the loss is differentiated by the sums; each
tile is then back-propagated against that (``engine.losses.region_sums``). What else pulls at the
picture - content, variation, range, the anchor - is linear in its sums, so it needs no first round.
"""

from collections.abc import Generator as Steps
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from engine.descriptors.descriptor import Between, Descriptor, nothing
from engine.losses.content import LayerContent
from engine.losses.loss_tiles import Piece, cut, depths, fitting, inside_of, joined, pyramid
from engine.losses.region_sums import Cells, LayerSums, inside_regions
from engine.losses.regularization import colour_differences
from engine.losses.statistics import RegionStatistics, StyleTargets
from engine.tiles import Window

CONTENT = ("relu3_1", "relu4_1")
"""Layers of the content loss: things and places, not the surface. relu4_1 by itself loses faces'
looks, relu3_1 by itself holds short strokes where long ones could be."""

ANCHOR = 8
"""Side, in canvas pixels, of the cells whose mean colour may be held to that of the start."""

MASK_CACHE = 4_000_000
"""Positions up to which the masks of all tiles are kept; larger canvases make them again."""

STRIP = 256
"""Rows of the canvas whose masks are made at a time; a multiple of every cell's side."""

Masks = Mapping[str, Cells]
Pulls = Mapping[tuple[int, str], tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Weights:
    """What the terms of the loss count for.

    ``scales``: share of each scale's log distances. The others multiply means over the picture.
    """

    scales: tuple[float, ...]
    style: float = 1.0
    variation: float = 0.0
    box: float = 10.0
    anchor: float = 0.0
    content: float = 0.0


@dataclass(frozen=True)
class Subject:
    """What is painted.

    ``regions``: (H, W) uint8 region numbers and ``selection``: (H, W) 0-1 or None, of the canvas.
    ``halvings``: how often the canvas is halved to the size (h, w) of the picture that is judged.
    ``start`` and ``content``: (1, 3, h, w) RGB 0-1 or None.
    """

    regions: Tensor
    halvings: int = 0
    selection: Tensor | None = None
    start: Tensor | None = None
    content: Tensor | None = None

    @property
    def size(self) -> tuple[int, int]:
        """(h, w)"""
        height, width = self.regions.shape
        return height >> self.halvings, width >> self.halvings


@dataclass(frozen=True)
class _Look:
    """What the descriptor sees of a piece: its pixels with the halo, {layer: (1, C, h', w')}, and
    the piece's own cells inside regions, {layer: (n, C)}."""

    leaf: Tensor
    features: Mapping[str, Tensor]
    rows: Mapping[str, Tensor]
    masks: Masks


class TiledLoss:
    """Style by region and scale, content, variation, range and anchor of one picture.

    ``targets``: the painting's statistics at the picture's own scale, half, quarter, ...
    ``tile``: side of the tiles, a multiple of GRID; a picture of up to tile^2 pixels is one tile.
    ``half``: the descriptor's convolutions and what pulls at their features in bfloat16.
    ``between``: called every few milliseconds of work; what it raises is passed on.
    """

    def __init__(
        self,
        descriptor: Descriptor,
        targets: Sequence[StyleTargets],
        subject: Subject,
        weights: Weights,
        tile: int,
        between: Between = nothing,
        half: bool = False,
    ) -> None:
        self.descriptor, self.subject, self.weights, self.tile = descriptor, subject, weights, tile
        self.between, self.half = between, half
        self.depth, self.like = depths(descriptor), next(descriptor.parameters())
        self._guided = subject.content is not None and weights.content > 0
        self.layers: list[list[str]] = []
        self.sums: list[dict[str, LayerSums]] = []
        self.pieces: list[Piece] = []
        self._finest = targets[0]
        for scale, styles in enumerate(targets):
            self._add_scale(scale, styles)
        self._masks: dict[Piece, Masks] = {}
        self._cached = 0
        self._content = self._content_of_photo() if self._guided else {}

    def _add_scale(self, scale: int, targets: StyleTargets) -> None:
        height, width = (side >> scale for side in self.subject.size)
        styled = fitting(self.descriptor, _layers_of(targets), height, width)
        wanted = dict.fromkeys(styled)
        if scale == 0 and self._guided:
            wanted |= dict.fromkeys(fitting(self.descriptor, CONTENT, height, width))
        self.layers.append(list(wanted))
        self.sums.append({layer: LayerSums(targets, layer, self.like) for layer in styled})
        self.pieces += cut(self.descriptor, self.layers[scale], (height, width), self.tile, scale)

    def evaluate(self, picture: Tensor) -> Steps[None, None, tuple[float, Tensor]]:
        """Loss and its gradient by ``picture`` (1, 3, h, w); yields after every tile.

        The graphs of a picture that fits into one tile are kept from the first round to the second:
        it is evaluated only once.
        """
        levels = pyramid(picture.detach(), len(self.sums))
        held = yield from self._gather(levels)
        loss, pulls = self._pulls()
        gradients = [torch.zeros_like(level) for level in levels]
        for piece in self.pieces:
            seen = held.pop(piece) if piece in held else self._look(piece, levels, True)
            content, forces = self._forces(piece, seen, pulls)
            loss += content
            if piece.scale == 0:
                loss += self._push_picture(piece, levels[0], gradients[0])
            if forces:
                self._push(piece, seen, forces, gradients[piece.scale])
            del seen, forces
            yield
        return loss, joined(gradients)

    def _gather(self, levels: Sequence[Tensor]) -> Steps[None, None, dict[Piece, _Look]]:
        """First round: the sums of all pieces. Returns the graphs, of a small picture."""
        for sums in (sums for scale in self.sums for sums in scale.values()):
            sums.clear()
        held, keep = {}, sum(piece.area for piece in self.pieces) <= self.tile**2 * 4 // 3
        for piece in self.pieces:
            seen = self._look(piece, levels, keep)
            for layer, sums in self.sums[piece.scale].items():
                sums.add(seen.rows[layer], seen.masks[layer])
            if keep:
                held[piece] = seen
            del seen
            yield
        return held

    def _look(self, piece: Piece, levels: Sequence[Tensor], graph: bool) -> _Look:
        """Evaluate the descriptor on a piece."""
        pixels = inside_of(levels[piece.scale], piece.crop)
        leaf = pixels.clone(memory_format=torch.channels_last).requires_grad_(graph)
        features = self.descriptor(leaf, self.layers[piece.scale], self.between, self.half)
        masks, rows = self._masks_of(piece), {}
        for layer in self.layers[piece.scale]:
            rows[layer] = masks[layer].weighted(_as_rows(features[layer].detach()))
            self.between()
        return _Look(leaf, features, rows, masks)

    def _masks_of(self, piece: Piece) -> Masks:
        if piece in self._masks:
            return self._masks[piece]
        masks = self._made_masks(piece)
        if self._cached + piece.area <= MASK_CACHE:
            self._masks[piece], self._cached = masks, self._cached + piece.area
        return masks

    def _made_masks(self, piece: Piece) -> Masks:
        """Own cells inside every region, its mask blurred and pooled as the descriptor does.

        Where there is a selection, only what it holds is judged.
        """
        halvings = self.subject.halvings + piece.scale
        around = piece.crop.finer(halvings)
        numbers = inside_of(self.subject.regions, around).unique()
        strips = [self._mask(strip, numbers, halvings) for strip in _strips(around)]
        pooled = torch.cat(strips, -2)
        levels = self.descriptor.mask_levels(pooled, self.layers[piece.scale])
        return {
            layer: inside_regions(self._only_own(piece, layer, mask[0]), numbers.tolist())
            for layer, mask in levels.items()
        }

    def _mask(self, window: Window, numbers: Tensor, halvings: int) -> Tensor:
        """(1, R, h, w): how much of its cells each region has in a window of the canvas."""
        self.between()
        mask = (inside_of(self.subject.regions, window) == numbers[:, None, None]).to(self.like)
        if self.subject.selection is not None:
            mask *= inside_of(self.subject.selection, window)
        return pyramid(mask[None], halvings + 1)[-1]

    def _only_own(self, piece: Piece, layer: str, mask: Tensor) -> Tensor:
        """A mask (R, h', w') of the crop, nought beyond the piece's own cells."""
        own = torch.zeros_like(mask)
        inside = (..., *piece.cells(self.depth[layer]))
        own[inside] = mask[inside]
        return own

    def _pulls(self) -> tuple[float, Pulls]:
        """The style loss, and its gradients by the sums of every (scale, layer).

        Weighted mean over (scale, layer, region) of log(distance + floor).
        """
        weighted, total, leaves = [], 0.0, {}
        for scale, layers in enumerate(self.sums):
            for layer, sums in layers.items():
                logs, pair = sums.log_distances()
                if len(logs):
                    leaves[scale, layer] = pair
                    weighted.append(self.weights.scales[scale] * logs.sum())
                    total += self.weights.scales[scale] * len(logs)
        if not weighted:
            return 0.0, {}
        loss = self.weights.style * torch.stack(weighted).sum() / total
        grads = iter(torch.autograd.grad(loss, [leaf for pair in leaves.values() for leaf in pair]))
        return float(loss.detach()), {key: (next(grads), next(grads)) for key in leaves}

    def _forces(self, piece: Piece, seen: _Look, pulls: Pulls) -> tuple[float, dict[str, Tensor]]:
        """Gradients (1, C, h', w') by the features of a piece, for the layers it has regions on.

        With the piece's share of the content loss.
        """
        loss, forces = 0.0, {}
        for layer in self.layers[piece.scale]:
            cells, rows = seen.masks[layer], seen.rows[layer]
            pull = pulls.get((piece.scale, layer))
            content = self._content.get(layer) if piece.scale == 0 else None
            if not cells.parts or (pull is None and content is None):
                continue
            if pull is not None:
                force = self.sums[piece.scale][layer].pull(rows, cells, pull)
            else:
                force = rows.new_zeros(len(rows) + 1, rows.shape[1])
            if content is not None:
                weight = self.weights.content / len(self._content)
                loss += content.pull(piece, rows, weight, force)
            around = seen.features[layer].shape[2:]
            forces[layer] = cells.spread(force).view(1, *around, -1).permute(0, 3, 1, 2)
            self.between()
        return loss, forces

    def _push(
        self, piece: Piece, seen: _Look, forces: Mapping[str, Tensor], gradient: Tensor
    ) -> None:
        """Back-propagate forces on a piece's features into the gradient of its scale."""
        torch.autograd.backward([seen.features[layer] for layer in forces], list(forces.values()))
        _accumulate(gradient, piece.crop, seen.leaf)

    def _content_of_photo(self) -> dict[str, LayerContent]:
        """By layer, what the descriptor should see of the photo; it stays for the whole run."""
        assert self.subject.content is not None
        layers = fitting(self.descriptor, CONTENT, *self.subject.size)
        found = {layer: LayerContent(self._styles_on(layer)) for layer in layers}
        for piece in (piece for piece in self.pieces if piece.scale == 0):
            seen = self._look(piece, [self.subject.content], False)
            for layer, content in found.items():
                content.see(piece, seen.rows[layer], seen.masks[layer])
        for content in found.values():
            content.settle()
        return found

    def _styles_on(self, layer: str) -> dict[int, RegionStatistics]:
        return {region: style for (name, region), style in self._finest.items() if name == layer}

    def _push_picture(self, piece: Piece, picture: Tensor, gradient: Tensor) -> float:
        """Variation, range and anchor: add to ``gradient``, return the piece's share."""
        around = piece.own._replace(right=piece.own.right + 1, bottom=piece.own.bottom + 1)
        leaf = inside_of(picture, around).clone().requires_grad_()
        with torch.enable_grad():
            loss = self._picture_terms(piece, leaf)
        loss.backward()
        _accumulate(gradient, around, leaf)
        return float(loss.detach())

    def _picture_terms(self, piece: Piece, around: Tensor) -> Tensor:
        """Share of a piece, with the next row and column, in the means over the picture."""
        (height, width), own = self.subject.size, piece.own
        inside, tint = around[..., : own.height, : own.width], colour_differences(around)
        down = (tint[..., 1:, : own.width] - tint[..., :-1, : own.width]).abs().sum()
        across = (tint[..., : own.height, 1:] - tint[..., : own.height, :-1]).abs().sum()
        variation = down / (3 * (height - 1) * width) + across / (3 * height * (width - 1))
        excess = (inside - inside.clamp(0, 1)).square().sum() / (3 * height * width)
        loss = self.weights.variation * variation + self.weights.box * excess
        if self.weights.anchor:
            loss = loss + self.weights.anchor * self._drift(piece, inside)
        return loss

    def _drift(self, piece: Piece, inside: Tensor) -> Tensor:
        """Mean squared drift of the cells' mean colours from the start, this piece's share."""
        side = max(1, ANCHOR >> self.subject.halvings)
        height, width = self.subject.size
        if self.subject.start is None or min(inside.shape[-2:]) < side:
            return inside.new_zeros(())
        difference = inside - inside_of(self.subject.start, piece.own)
        cells = functional.avg_pool2d(difference, side)
        return cells.square().sum() / (3 * (height // side) * (width // side))


def _strips(window: Window) -> list[Window]:
    """A window of the canvas in strips: masks of a large one, whole, would fill the memory."""
    return [
        window._replace(top=top, bottom=min(top + STRIP, window.bottom))
        for top in range(window.top, window.bottom, STRIP)
    ]


def _as_rows(features: Tensor) -> Tensor:
    """(1, C, h, w) -> (P, C); a view, for the descriptor's features have their channels last."""
    return features[0].permute(1, 2, 0).flatten(0, 1)


def _accumulate(gradient: Tensor, window: Window, leaf: Tensor) -> None:
    assert leaf.grad is not None
    inside_of(gradient, window).add_(leaf.grad)


def _layers_of(targets: StyleTargets) -> list[str]:
    return list(dict.fromkeys(layer for layer, _ in targets))
