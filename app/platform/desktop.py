"""Install Daub's menu entry, icons and file types on a Linux desktop.

All files are written below the user's data folder, as specified by freedesktop.org.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import resources
from resources.files import replacing

SECONDS = 30
"""Timeout of the desktop's update tools."""


def install(data: Path, program: Path) -> list[Path]:
    """Write all files below the data folder `data` and return their paths. Raises OSError.

    `program`: the program that the menu entry starts.
    """
    written = []
    for path, content in _files(data, program):
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            file.write(content)
        written.append(path)
    _update_caches(data)
    return written


def remove(data: Path) -> list[Path]:
    """Delete the files that `install` wrote and return their paths. Raises OSError."""
    found = [path for path, is_own in own_files(data, Path("daub")).items() if is_own]
    for path in found:
        path.unlink()
    if found:
        _update_caches(data)
    return found


def own_files(data: Path, program: Path) -> dict[Path, bool]:
    """Return the files that `install` writes, and whether each exists and is Daub's.

    An icon counts as Daub's if Daub's menu entry exists or its content is equal. Raises OSError.
    """
    files = dict(_files(data, program))
    installed = any(_is_own(path) for path in files)
    return {
        path: path.is_file() and (installed or path.read_bytes() == content)
        for path, content in files.items()
    }


def _is_own(path: Path) -> bool:
    """Return whether a file is Daub's desktop entry."""
    return path.suffix == ".desktop" and path.is_file() and b"\nName=Daub\n" in path.read_bytes()


def own_program() -> Path:
    """Return the program that starts this copy of Daub: the bundle's, or the checkout's script."""
    started = Path(sys.executable if getattr(sys, "frozen", False) else sys.argv[0]).absolute()
    for candidate in (started.with_name("Daub"), resources.ROOT.parent / "daub"):
        if candidate.is_file():
            return candidate
    return started


def entry(program: Path) -> str:
    """Return the text of the desktop entry that starts `program`."""
    text = resources.path("desktop/daub.desktop").read_text("utf-8")
    return text.replace("@program@", _escaped(str(program))).replace("@command@", quoted(program))


def quoted(program: Path) -> str:
    """Return a path quoted and escaped as an argument of the Exec key."""
    argument = re.sub(r'(["`$\\])', r"\\\1", str(program)).replace("%", "%%")
    return _escaped(f'"{argument}"')


def _escaped(value: str) -> str:
    """Escape backslashes and line breaks in a value of a desktop entry."""
    return value.replace("\\", "\\\\").replace("\n", "\\n")


def _files(data: Path, program: Path) -> Iterator[tuple[Path, bytes]]:
    yield data / "applications" / "daub.desktop", entry(program).encode()
    yield data / "mime" / "packages" / "daub.xml", resources.path("desktop/daub.xml").read_bytes()
    icons, drawing = data / "icons" / "hicolor", resources.path("icons/daub.svg")
    yield icons / "scalable" / "apps" / "daub.svg", drawing.read_bytes()
    for picture in sorted(resources.path("desktop").glob("daub-*.png")):
        size = picture.stem.removeprefix("daub-")
        yield icons / f"{size}x{size}" / "apps" / "daub.png", picture.read_bytes()


def _update_caches(data: Path) -> None:
    """Update the desktop's caches where tools exist; otherwise it does so later by itself."""
    for command in (
        ["update-desktop-database", "-q", str(data / "applications")],
        ["update-mime-database", str(data / "mime")],
        ["gtk-update-icon-cache", "-q", "-t", "-f", str(data / "icons" / "hicolor")],
    ):
        if shutil.which(command[0]) is not None:
            with suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
