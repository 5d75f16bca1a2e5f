"""Report versions, device, settings and log, for the About dialog and for bug reports."""

import importlib.metadata
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app import __version__
from app.platform.settings import Settings, declared

PARTS = (
    "av", "llvmlite", "markdown-it-py", "numba", "numpy", "opencv-python-headless", "pillow",
    "pillow-heif", "platformdirs", "pydantic", "PySide6-Essentials", "rich", "safetensors",
    "tifffile", "tomli-w", "torch", "torchvision", "typer",
)  # fmt: skip
"""Published names of the packages that Daub depends on."""

LOG_LINES = 100


@dataclass(frozen=True)
class Part:
    """A package: its name, version, licence name and licence files."""

    name: str
    version: str
    licence: str
    files: tuple[Path, ...]

    def words(self) -> str:
        """Return the licence text; empty if the package contains none."""
        texts = [path.read_text(encoding="utf-8", errors="replace") for path in self.files]
        return "\n\n".join(text.strip() for text in texts)


def parts() -> list[Part]:
    """Return the installed packages of PARTS."""
    found = []
    for name in PARTS:
        try:
            found.append(_part(name, importlib.metadata.distribution(name)))
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def versions() -> dict[str, str]:
    """Return version texts by name, the most important first."""
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
    """Return versions, device, settings and the end of the log as text, without private paths."""
    lines = [f"{name}: {version}" for name, version in versions().items()]
    lines.append(f"Device: {device or 'not known yet'}")
    lines += ["", "Settings"]
    lines += [f"  {s.key} = {getattr(settings, s.name)}" for s in declared() if not s.private]
    lines += ["", f"Last {LOG_LINES} lines of the log", *log.splitlines()[-LOG_LINES:]]
    return without_home("\n".join(lines)) + "\n"


def without_home(text: str) -> str:
    """Replace the home folder, which often contains the user's name, by ~."""
    home = str(Path.home())
    return text.replace(home, "~") if len(home) > 1 else text


def _part(name: str, package: importlib.metadata.Distribution) -> Part:
    # An email.message.Message at run time, but typed as a protocol with fewer methods.
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
