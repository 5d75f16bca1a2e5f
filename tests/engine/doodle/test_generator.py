"""Tests of the generator: folding, borders, masks and weights."""

import numpy as np
import pytest
import torch

from engine.doodle.generator import (
    CONDITION,
    MAX_REGIONS,
    Generator,
    canvas_window,
    fold,
    labels_beyond,
    mask_pyramid,
    multiplications_per_pixel,
    paint,
)
from engine.tiles import Window, level_windows

TABLE = np.arange(256, dtype=np.uint8)


def conditions(window: Window) -> list[torch.Tensor]:
    return [torch.randn(2, CONDITION, w.height, w.width) for w in level_windows(window)]


def test_folding_changes_nothing_but_the_norms():
    torch.manual_seed(0)
    model, window = Generator(normalised=True), Window(3, 5, 47, 40)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.3, 3)
            torch.nn.init.normal_(module.weight)
            torch.nn.init.normal_(module.bias)
    given = conditions(window)
    with torch.no_grad():
        expected, got = model.eval()(given, window), fold(model)(given, window)
    assert torch.allclose(expected, got, atol=1e-4)
    assert not any("norm" in key for key in fold(model).state_dict())


def test_a_window_comes_out_at_its_size():
    window = Window(-7, 3, 30, 24)
    with torch.no_grad():
        assert Generator()(conditions(window), window).shape == (2, 3, window.height, window.width)


def test_beyond_the_canvas_edge_labels_repeat():
    labels = np.array([[1, 2], [3, 4]], np.uint8)
    assert labels_beyond(labels, Window(-1, -2, 3, 3)).tolist() == [
        [1, 1, 2, 2], [1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4],
    ]  # fmt: skip
    assert labels_beyond(labels, Window(5, 5, 7, 7)).tolist() == [[4, 4], [4, 4]]


def test_the_canvas_border_leaves_no_line():
    """A canvas cut out of a larger one with the same labels paints the very same pixels."""
    torch.manual_seed(1)
    model, labels = Generator().eval(), np.full((300, 300), 2, np.uint8)
    large = paint(model, labels, TABLE, 0, Window(0, 0, 300, 300))
    small = paint(model, labels[:64, :96], TABLE, 0, Window(0, 0, 96, 64))
    assert np.array_equal(large[:64, :96], small)


def test_mask_levels_hold_the_share_of_each_cell():
    window = Window(0, 0, 32, 32)
    covers, needed = canvas_window(window), level_windows(window)
    regions = torch.randint(0, 5, (1, covers.height, covers.width), dtype=torch.uint8)
    masks = mask_pyramid(regions, covers, needed)
    for level, (mask, cells) in enumerate(zip(masks, needed, strict=True)):
        assert mask.shape == (1, MAX_REGIONS, cells.height, cells.width)
        assert torch.allclose(mask.sum(1), torch.ones(1))
        area = cells.finer(level)
        rows, columns = area.within(covers)
        share = (regions[0, rows, columns] == 3).float().mean()
        assert mask[0, 3].mean() == pytest.approx(float(share), abs=1e-5)


def test_every_region_paints_differently():
    torch.manual_seed(2)
    model, window = Generator().eval(), Window(0, 0, 64, 64)
    pictures = [paint(model, np.full((64, 64), r, np.uint8), TABLE, 0, window) for r in range(3)]
    assert not np.array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[1], pictures[2])


def test_cost_counts_what_the_convolutions_do():
    """Compared with torch's own count of a large window, where margins weigh little."""
    window = Window(0, 0, 768, 768)
    counted = 0.0

    def count(module, inputs, output):
        nonlocal counted
        counted += output[0].numel() * module.weight[0].numel()

    model = Generator()
    hooks = [
        m.register_forward_hook(count) for m in model.modules() if isinstance(m, torch.nn.Conv2d)
    ]
    model(conditions(window), window)  # with gradients on, plain convolutions are called
    for hook in hooks:
        hook.remove()
    assert counted / 2 * 2 / (768 * 768) == pytest.approx(multiplications_per_pixel(), rel=0.1)
