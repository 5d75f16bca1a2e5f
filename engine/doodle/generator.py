"""The doodle generator: semantic mask + noise -> picture, in one coarse-to-fine pass.

Based on Texture Networks (Ulyanov et al. 2016) and online-neural-doodle, with three differences:
convolutions are unpadded and labels are repeated beyond the canvas, which avoids border artefacts;
all levels read one shared field of directed noise (see ``engine.flow``); and no layer depends on
the whole picture, so a pixel depends on a bounded neighbourhood only.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.doodle.recolouring import Recolouring
from engine.flow import REACH, RegionFlow, directions_window, flow_field
from engine.flow.borders import REACH as BORDERS_REACH
from engine.flow.borders import moved_borders
from engine.flow.field import CHANNELS
from engine.tiles import LEVELS, MARGIN, Window, level_windows

MAX_REGIONS = 8
"""Mask channels of every generator; the last ones are zero in packs with fewer regions."""

# Hidden and output channels of each level, finest first. With multiples of 16 oneDNN sums every
# output pixel in the same order for all window sizes, so tiles equal the whole exactly.
HIDDEN = (16, 48, 64, 112, 128)
OUT = (16, 16, 32, 64, 128)
CONDITION = MAX_REGIONS + CHANNELS


class Level(nn.Module):
    """One level: twice 3x3 convolution, batch norm and leaky ReLU, all unpadded.

    Its input is [upsampled features | mask | noise].
    """

    def __init__(self, inputs: int, hidden: int, out: int, normalised: bool) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, hidden, 3)
        self.second = nn.Conv2d(hidden, out, 3)
        self.first_norm = nn.BatchNorm2d(hidden) if normalised else nn.Identity()
        self.second_norm = nn.BatchNorm2d(out) if normalised else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, h, w) to (B, out, h - 4, w - 4)."""
        x = functional.leaky_relu(self.first_norm(_convolve(self.first, x)), 0.1)
        return functional.leaky_relu(self.second_norm(_convolve(self.second, x)), 0.1)


def _convolve(conv: nn.Conv2d, x: Tensor) -> Tensor:
    """Apply a convolution, on CPUs always with oneDNN.

    For small windows torch uses another algorithm whose sums differ in the last bit, so that a tile
    could differ from the whole in an 8-bit pixel.
    """
    if (
        x.device.type == "cpu"
        and not torch.is_grad_enabled()
        and torch.backends.mkldnn.is_available()
    ):
        return torch.mkldnn_convolution(x, conv.weight, conv.bias, (0, 0), (1, 1), (1, 1), 1)
    return conv(x)


class Generator(nn.Module):
    """The generator network. ``normalised``: with training's batch norms; ``fold`` removes them."""

    def __init__(self, normalised: bool = False) -> None:
        super().__init__()
        above = (*OUT[1:], 0)
        self.levels = nn.ModuleList(
            Level(above[k] + CONDITION, HIDDEN[k], OUT[k], normalised) for k in range(LEVELS)
        )
        self.to_rgb = nn.Conv2d(OUT[0], 3, 1)

    @property
    def dtype(self) -> torch.dtype:
        """Precision of the convolutions; RGB is always float32."""
        return next(self.levels.parameters()).dtype

    def forward(self, conditions: Sequence[Tensor], window: Window) -> Tensor:
        """Paint a window.

        ``conditions[k]``: (B, CONDITION, h_k, w_k), mask and noise over
        ``level_windows(window)[k]``. Returns (B, 3, h, w) float32 RGB, about 0-1, not clipped.
        """
        needed = level_windows(window)
        x = self.levels[-1](conditions[-1])
        for k in reversed(range(LEVELS - 1)):
            painted = needed[k + 1].grown(-MARGIN).finer()
            rows, columns = needed[k].within(painted)
            # Bilinear: nearest-neighbour upsampling causes a visible 2-pixel grid.
            x = functional.interpolate(x, scale_factor=2, mode="bilinear")[:, :, rows, columns]
            x = self.levels[k](torch.cat([x, conditions[k]], 1))
        return _convolve(self.to_rgb, x.float()) + 0.5


def fold(model: Generator) -> Generator:
    """Return a copy without batch norms, their running statistics folded into the convolutions."""
    folded = Generator(normalised=False)
    with torch.no_grad():
        for level, target in zip(model.levels, folded.levels, strict=True):
            for name in ("first", "second"):
                _fold_into(
                    getattr(level, name), getattr(level, f"{name}_norm"), getattr(target, name)
                )
        folded.to_rgb.load_state_dict(model.to_rgb.state_dict())
    return folded.eval()


def _fold_into(conv: nn.Conv2d, norm: nn.BatchNorm2d, target: nn.Conv2d) -> None:
    scale = norm.weight * torch.rsqrt(torch.as_tensor(norm.running_var) + norm.eps)
    target.weight.copy_(conv.weight * scale[:, None, None, None])
    target.bias.copy_((conv.bias - norm.running_mean) * scale + norm.bias)


def mask_pyramid(regions: Tensor, covers: Window, needed: Sequence[Window]) -> list[Tensor]:
    """Return the semantic masks of every level.

    ``regions``: (B, H, W) uint8 region numbers over the canvas window ``covers``, which starts on
    the coarsest grid and contains every needed window. Returns (B, MAX_REGIONS, h_k, w_k) float32,
    the share of each cell that a region covers.
    """
    numbers = torch.arange(MAX_REGIONS, dtype=torch.uint8, device=regions.device)
    mask = (regions[:, None] == numbers[:, None, None]).float()
    masks = []
    for level, window in enumerate(needed):
        if level:
            mask = functional.avg_pool2d(mask, 2)
        rows, columns = window.within(covers.coarser(level))
        masks.append(mask[:, :, rows, columns])
    return masks


def canvas_window(window: Window) -> Window:
    """Return the canvas pixels whose mask influences ``window``, aligned to the coarsest grid."""
    return level_windows(window)[-1].finer(LEVELS - 1)


def labels_beyond(labels: np.ndarray, window: Window) -> np.ndarray:
    """Return the part of a label map, (H, W, ...), in a window; beyond it, edge labels repeat."""
    height, width = labels.shape[:2]
    rows = np.arange(window.top, window.bottom).clip(0, height - 1)
    columns = np.arange(window.left, window.right).clip(0, width - 1)
    inside = labels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return inside[(rows - rows[0])[:, None], columns - columns[0]]


def moved_regions(
    labels: np.ndarray, table: np.ndarray, edges: np.ndarray, seed: int
) -> np.ndarray:
    """Return the regions that ``paint`` paints a whole (H, W) label map with, (H, W) uint8."""
    canvas = Window(0, 0, labels.shape[1], labels.shape[0])
    around = labels_beyond(labels, canvas.grown(BORDERS_REACH))
    return moved_borders(table[around], edges[around], canvas, seed)


def labels_window(window: Window) -> Window:
    """Return the canvas pixels whose labels influence ``window`` through the mask or the field."""
    return canvas_window(window).grown(REACH)


def directions_read(window: Window) -> Window:
    """Return the cells of the pen's directions that influence ``window`` through the field."""
    return directions_window(canvas_window(window))


def field_levels(
    regions: np.ndarray,
    window: Window,
    seed: int,
    flows: Sequence[RegionFlow] = (),
    directions: np.ndarray | None = None,
) -> list[Tensor]:
    """Compute the field that the generator reads to paint ``window``.

    ``regions``: (h, w) uint8 over ``labels_window(window)``; ``flows``: the flow of each region;
    ``directions``: of the pen over ``directions_read(window)``, or None.
    Returns (CHANNELS, h_k, w_k) float16 per level, over ``level_windows(window)``.
    """
    field = flow_field(regions, canvas_window(window), seed, flows, directions)
    return field.levels(level_windows(window))


def paint(
    model: Generator,
    labels: np.ndarray,
    table: np.ndarray,
    seed: int,
    window: Window,
    flows: Sequence[RegionFlow] = (),
    edges: np.ndarray | None = None,
    recolouring: Recolouring | None = None,
) -> np.ndarray:
    """Paint one window of a canvas, (h, w, 3) uint8.

    ``labels``: (H, W) uint8 of the whole canvas; ``table``: (256,) uint8 from label to region
    number; ``flows``: the flow of each region, neutral for missing ones; ``edges`` and
    ``recolouring``: as in ``paint_around``. The model's own device and precision are used.
    """
    around = labels_beyond(labels, labels_window(window))
    return paint_around(
        model, around, table, seed, window, flows, edges=edges, recolouring=recolouring
    )


def paint_around(
    model: Generator,
    around: np.ndarray,
    table: np.ndarray,
    seed: int,
    window: Window,
    flows: Sequence[RegionFlow] = (),
    bits: int = 8,
    edges: np.ndarray | None = None,
    directions: np.ndarray | None = None,
    recolouring: Recolouring | None = None,
) -> np.ndarray:
    """Paint a window as ``paint`` does, from the uint8 labels over ``labels_window(window)``.

    ``bits``: 8 or 16 per channel; the array is then uint8 or uint16. ``edges``: (256,) uint8 from
    label to kind of border, see ``engine.flow.borders``; None keeps the doodle's borders;
    ``directions``: of the pen over ``directions_read(window)``, or None; ``recolouring``: with it
    the table's numbers are those of what paints a material, not all of them the model's regions.
    """
    regions, covers = table[around], canvas_window(window)
    fields = field_levels(regions, window, seed, flows, directions)
    if edges is None:
        inside = regions[covers.within(labels_window(window))]
    else:
        place = covers.grown(BORDERS_REACH).within(labels_window(window))
        inside = moved_borders(regions[place], edges[around[place]], covers, seed)
    if recolouring is None:
        return paint_in_field(model, inside, fields, window, bits)
    rgb = _painted(model, recolouring.regions[inside], fields, window).cpu()
    recolouring.apply(rgb.numpy(), inside[window.within(covers)])
    return _whole_numbers(rgb, bits)


def paint_in_field(
    model: Generator, regions: np.ndarray, fields: Sequence[Tensor], window: Window, bits: int = 8
) -> np.ndarray:
    """Paint a window with a given field; returns the same as ``paint_around``.

    ``regions``: uint8 over ``canvas_window(window)``; ``fields``: from ``field_levels``.
    """
    return _whole_numbers(_painted(model, regions, fields, window), bits)


def _painted(
    model: Generator, regions: np.ndarray, fields: Sequence[Tensor], window: Window
) -> Tensor:
    """Paint a window as ``paint_in_field`` does, (h, w, 3) float32 0-1."""
    like = model.to_rgb.weight.new_empty(0, dtype=model.dtype)
    needed, covers = level_windows(window), canvas_window(window)
    numbers = torch.from_numpy(np.ascontiguousarray(regions)).to(like.device)[None]
    with torch.inference_mode():
        conditions = [
            _condition(mask, field, like)
            for mask, field in zip(mask_pyramid(numbers, covers, needed), fields, strict=True)
        ]
        return model(conditions, window)[0].clamp(0, 1).permute(1, 2, 0)


def _whole_numbers(rgb: Tensor, bits: int) -> np.ndarray:
    """Convert (h, w, 3) from 0-1 to uint8 or uint16."""
    if bits == 8:
        return (rgb * 255).round().to(torch.uint8).contiguous().cpu().numpy()
    return (rgb * 65535).round().to(torch.int32).cpu().numpy().astype(np.uint16)


def _condition(mask: Tensor, field: Tensor, like: Tensor) -> Tensor:
    """Join mask and noise in the model's precision, channels last (faster on CPUs)."""
    shape = (1, CONDITION, *mask.shape[2:])
    joined = torch.empty(
        shape, dtype=like.dtype, device=like.device, memory_format=torch.channels_last
    )
    joined[:, :MAX_REGIONS] = mask
    _put_noise(joined, field)
    return joined


def _put_noise(joined: Tensor, field: Tensor) -> None:
    """Copy the noise into its channels; a separate function so that it can be timed."""
    joined[:, MAX_REGIONS:] = field


def multiplications_per_pixel() -> float:
    """Return the multiply-accumulate operations per output pixel, without window margins."""
    above = (*OUT[1:], 0)
    total = 3.0 * OUT[0]
    for k in range(LEVELS):
        level = 9 * HIDDEN[k] * (above[k] + CONDITION + OUT[k])
        total += level / 4**k
    return total
