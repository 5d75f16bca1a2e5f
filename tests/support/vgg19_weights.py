"""Weights of VGG-19 as torchvision names them."""

import torch

CONVOLUTIONS = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34)


def torchvision_weights() -> dict[str, torch.Tensor]:
    """VGG-19's names, four channels wide, with a classifier that nobody needs."""
    torch.manual_seed(0)
    weights = {"classifier.0.weight": torch.zeros(2, 2)}
    for index in CONVOLUTIONS:
        weights[f"features.{index}.weight"] = torch.randn(4, 3 if index == 0 else 4, 3, 3) / 3
        weights[f"features.{index}.bias"] = torch.randn(4) / 3
    # Values that half precision can hold, so that nothing but the arithmetic is compared.
    return {key: value.half().float() for key, value in weights.items()}
