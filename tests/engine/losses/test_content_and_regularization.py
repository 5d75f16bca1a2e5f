"""Content, total variation and box penalty against their formulas."""

import torch
from torch.autograd import gradcheck

from engine.losses.content import content_loss
from engine.losses.regularization import box_penalty, total_variation


def test_content_is_the_mean_squared_difference():
    first, second = torch.rand(1, 2, 3, 3).double(), torch.rand(1, 2, 3, 3).double()
    assert torch.allclose(content_loss(first, second), ((first - second) ** 2).sum() / 18)
    assert gradcheck(content_loss, (first.requires_grad_(), second))


def test_total_variation_adds_up_neighbours():
    picture = torch.tensor([[[[0.0, 1.0], [3.0, 3.0]]]])
    assert total_variation(picture) == (3 + 2) / 2 + (1 + 0) / 2
    assert gradcheck(total_variation, torch.rand(1, 1, 4, 4).double().requires_grad_())


def test_the_box_is_free_inside():
    assert box_penalty(torch.rand(1, 3, 4, 4)) == 0
    assert torch.isclose(box_penalty(torch.full((1, 3, 2, 2), 1.5)), torch.tensor(0.25))
