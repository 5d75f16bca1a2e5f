"""Tests of the optimisers on a function with a known minimum, and with misleading losses."""

import pytest
import torch

from engine.refine.optimisers import LBFGS, Adam

BOTTOM = torch.linspace(0.2, 0.8, 3 * 8 * 8).reshape(1, 3, 8, 8)
STEEP = torch.logspace(-2, 0, 8)


def valley(x: torch.Tensor) -> tuple[float, torch.Tensor]:
    """Return loss and gradient of a mean of squares, a hundred times steeper on one side."""
    off = (x - BOTTOM) * STEEP
    return float(off.square().mean()), 2 * off * STEEP / x.numel()


@pytest.mark.parametrize("make", [lambda x: Adam(x, 60), LBFGS])
def test_they_reach_the_bottom(make):
    optimiser = make(torch.full_like(BOTTOM, 0.5))
    before = valley(optimiser.best)[0]
    for _ in range(60):
        optimiser.step(*valley(optimiser.x))
    assert valley(optimiser.best)[0] < 0.01 * before


@pytest.mark.parametrize("make", [lambda x: Adam(x, 60), LBFGS])
def test_without_a_gradient_nothing_changes(make):
    start = torch.full_like(BOTTOM, 0.5)
    optimiser = make(start)
    for _ in range(5):
        loss, gradient = valley(optimiser.x)
        gradient[..., :4] = 0
        optimiser.step(loss, gradient)
    assert torch.equal(optimiser.best[..., :4], start[..., :4])
    assert not torch.equal(optimiser.best[..., 4:], start[..., 4:])


def test_adam_shows_a_mean_of_its_iterates():
    optimiser = Adam(torch.full_like(BOTTOM, 0.5), 10)
    seen = []
    for _ in range(4):
        optimiser.step(*valley(optimiser.x))
        seen.append(optimiser.x.clone())
    assert torch.allclose(optimiser.best, torch.stack(seen).mean(0), atol=1e-6)


def test_lbfgs_goes_back_where_the_loss_rises():
    optimiser = LBFGS(torch.full_like(BOTTOM, 0.5))
    optimiser.step(1.0, torch.ones_like(BOTTOM) / BOTTOM.numel())
    best = optimiser.best.clone()
    for _ in range(3):
        optimiser.step(5.0, torch.ones_like(BOTTOM))
    assert torch.equal(optimiser.best, best)
    assert (optimiser.x - best).abs().max() < 0.03
