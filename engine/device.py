"""Which device and which precision the generator runs in: measured, then remembered."""

import json
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import platformdirs
import torch

from engine.errors import EngineError

DEVICES = ("auto", "cpu", "cuda")
PRECISIONS = ("auto", "fp32", "bf16")

GAIN = 1.15
"""bf16 must be this much faster to be worth its rounding."""

PAIRS, ENOUGH = 6, 24
"""Pairs of runs that one measurement takes, and those after which no more are taken."""


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
    """The precision for this work: by what the processor has, and by measurements kept on disk.

    One machine must paint a document the same every time. So the choice changes only when
    measurements are sure, and once they are, nothing is measured any more.
    """
    if not has_bfloat16(place):
        return "fp32"
    path = Path(platformdirs.user_cache_dir("daub", appauthor=False)) / "precision.json"
    name = f"{work} {processor(place)} torch {torch.__version__}"
    measured = _read(path)
    ratios = measured.get(name, [])
    if faster_precision(ratios) is None:
        ratios = [*ratios, *speed_ratios(place, trial)]
        _keep(path, measured | {name: ratios})
    return faster_precision(ratios) or "bf16"


def has_bfloat16(place: torch.device) -> bool:
    """Whether a device computes in bfloat16 itself; without that, it is never the faster one."""
    if place.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    known = getattr(torch.cpu, "get_capabilities", None)  # older than that: measured
    return known is None or any(has for name, has in known().items() if "bf16" in name)


def processor(place: torch.device) -> str:
    """Name of the processor or GPU that a measurement holds for."""
    if place.type == "cuda":
        return torch.cuda.get_device_name(place)
    known = getattr(torch.cpu, "get_capabilities", None)
    model = known().get("cpu_name") if known else platform.processor()
    return f"{platform.node()} {model}"


def _read(path: Path) -> dict[str, list[float]]:
    """What was measured so far; what is no list of numbers is left out."""
    try:
        kept = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    entries = kept.items() if isinstance(kept, dict) else ()
    return {name: ratios for name, ratios in entries if _are_ratios(ratios)}


def _are_ratios(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, float) and one > 0 for one in value)


def _keep(path: Path, measured: dict[str, list[float]]) -> None:
    """Best effort: without a writable cache it is measured again next time."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(measured), "utf-8")
    except OSError:
        return


def faster_precision(ratios: Sequence[float]) -> str | None:
    """ "bf16" when it is at least GAIN times as fast, else "fp32"; None while that is not sure.

    ``ratios``: time in fp32 by time in bf16, of one pair of runs each. It is sure when three
    quarters of them agree, or when there are ENOUGH.
    """
    if len(ratios) < PAIRS:
        return None
    low, middle, high = statistics.quantiles(ratios, n=4)
    if low <= GAIN <= high and len(ratios) < ENOUGH:
        return None
    return "bf16" if middle > GAIN else "fp32"


def speed_ratios(place: torch.device, trial: Callable[[Device], None]) -> list[float]:
    """Time the trial PAIRS times in both precisions, one right after the other.

    Other programs slow both runs of a pair alike. Which goes first alternates.
    """
    full, half = Device(place, torch.float32), Device(place, torch.bfloat16)
    trial(full)
    trial(half)
    ratios = []
    for pair in range(PAIRS):
        order = (full, half) if pair % 2 else (half, full)
        seconds = {candidate: _timed(trial, candidate) for candidate in order}
        ratios.append(seconds[full] / seconds[half])
    return ratios


def _timed(trial: Callable[[Device], None], candidate: Device) -> float:
    began = time.perf_counter()
    trial(candidate)
    return max(time.perf_counter() - began, 1e-9)
