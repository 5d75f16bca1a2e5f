"""Choose the device and the precision of the networks: measure the speed once and store it."""

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
"""Speed-up from which bf16 is used in spite of its rounding errors."""

PAIRS, ENOUGH = 6, 24
"""Pairs of runs in one measurement, and the total after which no more are measured."""


@dataclass(frozen=True)
class Device:
    """A torch device and the precision to compute in."""

    device: torch.device
    dtype: torch.dtype

    @property
    def half(self) -> bool:
        """Whether the precision is bf16."""
        return self.dtype is torch.bfloat16

    @property
    def text(self) -> str:
        """Description for the status bar, e.g. "CPU, fp32, 2 threads"."""
        precision = "bf16" if self.half else "fp32"
        if self.device.type == "cpu":
            threads = torch.get_num_threads()
            return f"CPU, {precision}, {threads} thread{'' if threads == 1 else 's'}"
        return f"{torch.cuda.get_device_name(self.device)}, {precision}"


def choose(
    device: str, precision: str, trial: Callable[[Device], None], work: str = "preview"
) -> Device:
    """Resolve "auto": use the GPU if there is one, and the precision in which ``trial`` is faster.

    ``trial``: runs a typical computation on a device. ``work``: name under which its result is
    stored. Raises EngineError for unknown names and for "cuda" without a GPU.
    """
    if device not in DEVICES or precision not in PRECISIONS:
        raise EngineError(f"There is no device {device} with precision {precision}.")
    where = place(device)
    if precision == "auto":
        precision = _remembered(where, trial, work)
    return Device(where, torch.bfloat16 if precision == "bf16" else torch.float32)


def available() -> list[str]:
    """Return the names of this machine's devices, the fastest first."""
    return ["cuda", "cpu"] if torch.cuda.is_available() else ["cpu"]


def place(device: str) -> torch.device:
    """Return the torch device for "auto", "cpu" or "cuda".

    Raises EngineError for "cuda" without a GPU.
    """
    if device == "cuda" and "cuda" not in available():
        raise EngineError("This machine has no GPU that torch can use; choose device auto or cpu.")
    return torch.device(available()[0] if device == "auto" else device)


def _remembered(place: torch.device, trial: Callable[[Device], None], work: str) -> str:
    """Return the precision for this work: "fp32" or "bf16".

    Uses measurements stored on disk. The same machine must paint a document the same way every
    time, so the choice changes only while the measurements are inconclusive; after that nothing is
    measured.
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
    """Return whether a device supports bfloat16 in hardware; emulated, it is never faster."""
    if place.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    known = getattr(torch.cpu, "get_capabilities", None)  # missing in old torch: then measure
    return known is None or any(has for name, has in known().items() if "bf16" in name)


def processor(place: torch.device) -> str:
    """Return the name of the processor or GPU that a measurement applies to."""
    if place.type == "cuda":
        return torch.cuda.get_device_name(place)
    known = getattr(torch.cpu, "get_capabilities", None)
    model = known().get("cpu_name") if known else platform.processor()
    return f"{platform.node()} {model}"


def _read(path: Path) -> dict[str, list[float]]:
    """Read the stored measurements; skip entries that are not lists of positive numbers."""
    try:
        kept = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    entries = kept.items() if isinstance(kept, dict) else ()
    return {name: ratios for name, ratios in entries if _are_ratios(ratios)}


def _are_ratios(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, float) and one > 0 for one in value)


def _keep(path: Path, measured: dict[str, list[float]]) -> None:
    """Store the measurements. Write errors are ignored: it is then measured again next time."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(measured), "utf-8")
    except OSError:
        return


def faster_precision(ratios: Sequence[float]) -> str | None:
    """Return "bf16" if it is at least GAIN times as fast, else "fp32"; None if inconclusive.

    ``ratios``: time in fp32 divided by time in bf16, one per pair of runs. The result is conclusive
    when three quarters of the ratios agree, or when there are ENOUGH.
    """
    if len(ratios) < PAIRS:
        return None
    low, middle, high = statistics.quantiles(ratios, n=4)
    if low <= GAIN <= high and len(ratios) < ENOUGH:
        return None
    return "bf16" if middle > GAIN else "fp32"


def speed_ratios(place: torch.device, trial: Callable[[Device], None]) -> list[float]:
    """Time the trial PAIRS times in each precision; return fp32 time / bf16 time per pair.

    The runs of a pair follow each other directly, so that other programs slow both down equally.
    The order within a pair alternates.
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
