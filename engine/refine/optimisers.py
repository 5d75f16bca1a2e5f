"""Optimisers of a picture: Adam with averaged iterates, and L-BFGS.

The caller evaluates the loss, in pieces if needed, and passes loss and gradient. Gradients are
multiplied by the number of values: the loss is a mean over the picture, and steps should not depend
on its size.
"""

import math
from collections import deque
from typing import Protocol

import torch
from torch import Tensor

_BETAS = 0.8, 0.95  # Adam's decay rates of the gradient and of its square


class Optimiser(Protocol):
    """Interface of an optimiser of a picture.

    ``x`` (1, 3, h, w): where to evaluate the next gradient; ``best``: the picture to show. ``step``
    takes loss and gradient at ``x``, and may change the gradient in place; ``to`` moves the state
    to another device.
    """

    x: Tensor

    @property
    def best(self) -> Tensor: ...

    def step(self, loss: float, gradient: Tensor, /) -> None: ...

    def to(self, device: torch.device) -> None: ...


class Adam:
    """Adam (Kingma & Ba 2015) with a cosine learning rate over ``steps``.

    The betas are low because the pooling grid moves at every step, which makes old gradients
    misleading. ``best`` is the exponential mean of the last iterates (Polyak & Juditsky 1992),
    which has a lower loss than each of them while the rate is still high.
    """

    def __init__(self, x: Tensor, steps: int, rate: float = 0.03, keep: float = 0.8) -> None:
        self.x, self.steps, self.rate, self.keep = x.clone(), steps, rate, keep
        self._mean, self._square = torch.zeros_like(x), torch.zeros_like(x)
        self._average, self._count = x.clone(), 0

    @property
    def best(self) -> Tensor:
        return self._average

    def step(self, _loss: float, gradient: Tensor, /) -> None:
        gradient *= gradient.numel()
        self._count += 1
        self._mean.lerp_(gradient, 1 - _BETAS[0])
        self._square.mul_(_BETAS[1]).addcmul_(gradient, gradient, value=1 - _BETAS[1])
        cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, (self._count - 1) / self.steps)))
        spread = (self._square / (1 - _BETAS[1] ** self._count)).sqrt_().add_(1e-8)
        rate = self.rate * max(cosine, 0.02) / (1 - _BETAS[0] ** self._count)
        self.x.addcdiv_(self._mean, spread, value=-rate)
        self._average.lerp_(self.x, 1 - min(self.keep, 1 - 1 / self._count))

    def to(self, device: torch.device) -> None:
        for name in ("x", "_mean", "_square", "_average"):
            setattr(self, name, getattr(self, name).to(device))


class LBFGS:
    """Limited-memory BFGS (Nocedal 1980, two-loop recursion), with one evaluation per step.

    Instead of a line search, no value changes by more than ``reach`` in one step. If the loss
    rises, it returns to the best picture and discards the stored curvature.
    """

    def __init__(
        self, x: Tensor, memory: int = 12, reach: float = 0.2, first: float = 0.03
    ) -> None:
        self.x, self.reach, self.first = x.clone(), reach, first
        self._pairs: deque[tuple[Tensor, Tensor, float]] = deque(maxlen=memory)
        self._last: tuple[Tensor, Tensor] | None = None
        self._best, self._best_loss, self._best_gradient = x.clone(), math.inf, x

    @property
    def best(self) -> Tensor:
        return self._best

    def step(self, loss: float, gradient: Tensor, /) -> None:
        gradient = gradient * gradient.numel()
        if loss > self._best_loss + 0.05 * abs(self._best_loss) + 1e-3:
            self._retreat()
            gradient = self._best_gradient
        else:
            self._remember(gradient)
            if loss < self._best_loss:
                self._best, self._best_loss = self.x.clone(), loss
                self._best_gradient = gradient
        self._last = self.x.clone(), gradient
        self.x = self.x + self._move(gradient)

    def _retreat(self) -> None:
        self._pairs.clear()
        self.first /= 2
        self.x, self._last = self._best.clone(), None

    def _remember(self, gradient: Tensor) -> None:
        if self._last is None:
            return
        moved, turned = self.x - self._last[0], gradient - self._last[1]
        curvature = _dot(moved, turned)
        if curvature > 1e-8 * _dot(turned, turned):
            self._pairs.append((moved, turned, 1 / curvature))

    def _move(self, gradient: Tensor) -> Tensor:
        """Return the step -H g; without stored curvature, a step with mean length ``first``."""
        if not self._pairs:
            return -gradient * (self.first / gradient.abs().mean().clamp_min(1e-12))
        q, shares = gradient.clone(), []
        for moved, turned, inverse in reversed(self._pairs):
            shares.append(inverse * _dot(moved, q))
            q.add_(turned, alpha=-shares[-1])
        moved, turned, inverse = self._pairs[-1]
        q /= inverse * _dot(turned, turned)
        for (moved, turned, inverse), share in zip(self._pairs, reversed(shares), strict=True):
            q.add_(moved, alpha=share - inverse * _dot(turned, q))
        return -q * min(1.0, self.reach / max(float(q.abs().max()), 1e-12))

    def to(self, device: torch.device) -> None:
        self.x, self._best = self.x.to(device), self._best.to(device)
        self._best_gradient = self._best_gradient.to(device)
        self._pairs.clear()
        self._last = None


def _dot(a: Tensor, b: Tensor) -> float:
    return float(torch.dot(a.flatten(), b.flatten()))
