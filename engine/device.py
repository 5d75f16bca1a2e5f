"""Which device and which precision the generator runs in: measured once, then remembered."""

import json
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import platformdirs
import torch

from engine.errors import EngineError

DEVICES = ("auto", "cpu", "cuda")
PRECISIONS = ("auto", "fp32", "bf16")

GAIN = 1.15
"""bf16 must be this much faster to be worth its rounding."""


@dataclass(frozen=True)
class Device:
    """A torch device and the precision to run in."""

    device: torch.device
    dtype: torch.dtype

    @property
    def half(self) -> bool:
        """Runs in bf16."""
        return self.dtype is torch.bfloat16

    @property
    def text(self) -> str:
        """For the status bar, e.g. "CPU, fp32, 2 threads"."""
        precision = "bf16" if self.half else "fp32"
        if self.device.type == "cpu":
            threads = torch.get_num_threads()
            return f"CPU, {precision}, {threads} thread{'' if threads == 1 else 's'}"
        return f"{torch.cuda.get_device_name(self.device)}, {precision}"


def choose(
    device: str, precision: str, trial: Callable[[Device], None], work: str = "preview"
) -> Device:
    """Resolve "auto": a GPU when there is one, and the precision that ``trial`` runs faster in.

    ``work``: what the trial stands for; its outcome is remembered under this name.
    Raises EngineError for unknown names and for "cuda" without a GPU.
    """
    if device not in DEVICES or precision not in PRECISIONS:
        raise EngineError(f"There is no device {device} with precision {precision}.")
    where = place(device)
    if precision == "auto":
        precision = _remembered(where, trial, work)
    return Device(where, torch.bfloat16 if precision == "bf16" else torch.float32)


def available() -> list[str]:
    """The devices of this machine by name, the fastest first."""
    return ["cuda", "cpu"] if torch.cuda.is_available() else ["cpu"]


def place(device: str) -> torch.device:
    """The torch device called auto, cpu or cuda. Raises EngineError for "cuda" without a GPU."""
    if device == "cuda" and "cuda" not in available():
        raise EngineError("This machine has no GPU that torch can use; choose device auto or cpu.")
    return torch.device(available()[0] if device == "auto" else device)


def _remembered(place: torch.device, trial: Callable[[Device], None], work: str) -> str:
    """The measured choice, kept on disk: one machine must paint a document the same every time."""
    path = Path(platformdirs.user_cache_dir("daub", appauthor=False)) / "precision.json"
    machine = f"{platform.node()} {platform.processor()} {place.type}"
    name = f"{work} {machine} torch {torch.__version__}"
    try:
        choices = json.loads(path.read_text())
    except (OSError, ValueError):
        choices = {}
    if choices.get(name) not in PRECISIONS[1:]:
        choices[name] = faster_precision(place, trial)
        _keep(path, choices)
    return str(choices[name])


def _keep(path: Path, choices: dict[str, str]) -> None:
    """Best effort: without a writable cache the choice is measured again next time."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(choices))
    except OSError:
        return


def faster_precision(place: torch.device, trial: Callable[[Device], None]) -> str:
    """ "bf16" when the trial runs at least GAIN times as fast in it, else "fp32"."""
    seconds = {}
    for dtype in (torch.float32, torch.bfloat16):
        candidate = Device(place, dtype)
        trial(candidate)
        seconds[dtype] = min(_timed(trial, candidate) for _ in range(5))
    return "bf16" if seconds[torch.bfloat16] * GAIN < seconds[torch.float32] else "fp32"


def _timed(trial: Callable[[Device], None], candidate: Device) -> float:
    began = time.perf_counter()
    trial(candidate)
    return time.perf_counter() - began
