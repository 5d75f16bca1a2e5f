"""What this copy of Daub is made of and runs on: for About, and to send along with a question."""

import importlib.metadata
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app import __version__
from app.platform.settings import Settings, declared

PARTS = (
    "llvmlite", "numba", "numpy", "opencv-python-headless", "pillow", "pillow-heif", "platformdirs",
    "pydantic", "PySide6-Essentials", "rich", "safetensors", "tifffile", "tomli-w", "torch",
    "torchvision", "typer",
)  # fmt: skip
"""The packages that Daub is built on, by the names under which they are published."""

LOG_LINES = 100


@dataclass(frozen=True)
class Part:
    """A package: its version, its licence's name, and the files that hold the licence's words."""

    name: str
    version: str
    licence: str
    files: tuple[Path, ...]

    def words(self) -> str:
        """The licence's text; empty when the package brings none."""
        texts = [path.read_text(encoding="utf-8", errors="replace") for path in self.files]
        return "\n\n".join(text.strip() for text in texts)


def parts() -> list[Part]:
    """Every package of PARTS that is installed."""
    found = []
    for name in PARTS:
        try:
            found.append(_part(name, importlib.metadata.distribution(name)))
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def versions() -> dict[str, str]:
    """Versions by what they are of, the most telling first."""
    of = {part.name: part.version for part in parts()}
    return {
        "Daub": __version__,
        "PyTorch": of.get("torch", ""),
        "Qt": of.get("PySide6-Essentials", ""),
        "OpenCV": of.get("opencv-python-headless", ""),
        "Python": platform.python_version(),
        "System": platform.platform(),
    }


def report(settings: Settings, device: str, log: str) -> str:
    """Versions, device, settings and the end of the log, without anyone's paths."""
    lines = [f"{name}: {version}" for name, version in versions().items()]
    lines.append(f"Device: {device or 'not known yet'}")
    lines += ["", "Settings"]
    lines += [f"  {s.key} = {getattr(settings, s.name)}" for s in declared() if not s.private]
    lines += ["", f"Last {LOG_LINES} lines of the log", *log.splitlines()[-LOG_LINES:]]
    return without_home("\n".join(lines)) + "\n"


def without_home(text: str) -> str:
    """The text with ~ in place of the home folder, whose name is often a person's."""
    home = str(Path.home())
    return text.replace(home, "~") if len(home) > 1 else text


def _part(name: str, package: importlib.metadata.Distribution) -> Part:
    # A message of the standard library's email package, which says so nowhere.
    about: Any = package.metadata
    names = [
        entry.rpartition(" :: ")[2]
        for entry in about.get_all("Classifier") or []
        if entry.startswith("License")
    ]
    licence = about.get("License-Expression") or about.get("License") or ", ".join(names)
    files = [
        Path(str(package.locate_file(file)))
        for file in package.files or []
        if ".dist-info" in str(file) and file.name.upper().startswith(("LICENSE", "COPYING"))
    ]
    return Part(name, package.version, licence.splitlines()[0], tuple(files[:1]))
