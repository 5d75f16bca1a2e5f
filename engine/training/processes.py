"""Training in several processes that ``torchrun`` started, or in one."""

import os
from collections.abc import Iterable

import cv2
import torch
from torch import Tensor


def rank() -> int:
    """This process's number under ``torchrun``; 0 without it."""
    return int(os.environ.get("RANK", "0"))


def processes() -> int:
    """Number of processes that ``torchrun`` started; 1 without it."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def average(tensors: Iterable[Tensor | None]) -> None:
    """Mean over the processes of ``torchrun``, in place; nothing to do without it."""
    if not torch.distributed.is_initialized():
        return
    for tensor in tensors:
        if tensor is not None and tensor.is_floating_point():
            torch.distributed.all_reduce(tensor)
            tensor /= torch.distributed.get_world_size()


def agreed(seconds: float, device: torch.device) -> float:
    """The first process's clock for all: they must fold, and end, at the same step."""
    if not torch.distributed.is_initialized():
        return seconds
    clock = torch.tensor([seconds], dtype=torch.float64, device=device)
    torch.distributed.broadcast(clock, 0)
    return float(clock.item())


def pick_device() -> torch.device:
    """This process's GPU when there is one, else the CPU; joins ``torchrun``'s group."""
    cuda = torch.cuda.is_available()
    if "WORLD_SIZE" in os.environ and not torch.distributed.is_initialized():
        torch.distributed.init_process_group("nccl" if cuda else "gloo")
    return (
        torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        if cuda
        else torch.device("cpu")
    )


def use_threads(count: int) -> None:
    """Compute on so many threads of the processor from now on."""
    torch.set_num_threads(count)
    cv2.setNumThreads(count)
