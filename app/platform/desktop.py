"""Daub in the menus of a Linux desktop: its entry, its icons and what an .ora file is.

Everything goes below the person's own data folder, by the rules of freedesktop.org.
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
"""How long a desktop's own tools may take."""


def install(data: Path, program: Path) -> list[Path]:
    """Write all files below the data folder `data`; `program` is started. Raises OSError."""
    written = []
    for path, content in _files(data, program):
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            file.write(content)
        written.append(path)
    _tell(data)
    return written


def remove(data: Path) -> list[Path]:
    """Take away what `install` has written; the files that were there. Raises OSError."""
    found = [path for path, is_own in own_files(data, Path("daub")).items() if is_own]
    for path in found:
        path.unlink()
    if found:
        _tell(data)
    return found


def own_files(data: Path, program: Path) -> dict[Path, bool]:
    """What `install` writes; to each file whether it is there and Daub's. Raises OSError.

    Icons do not say whose they are: they are Daub's beside its entry, or if they are the same.
    """
    files = dict(_files(data, program))
    installed = any(_is_own(path) for path in files)
    return {
        path: path.is_file() and (installed or path.read_bytes() == content)
        for path, content in files.items()
    }


def _is_own(path: Path) -> bool:
    """Whether a file is Daub's desktop entry."""
    return path.suffix == ".desktop" and path.is_file() and b"\nName=Daub\n" in path.read_bytes()


def own_program() -> Path:
    """What starts this very Daub: the bundle's program, or in a checkout the script."""
    started = Path(sys.executable if getattr(sys, "frozen", False) else sys.argv[0]).absolute()
    for candidate in (started.with_name("Daub"), resources.ROOT.parent / "daub"):
        if candidate.is_file():
            return candidate
    return started


def entry(program: Path) -> str:
    """The desktop entry that starts `program`."""
    text = resources.path("desktop/daub.desktop").read_text("utf-8")
    return text.replace("@program@", _escaped(str(program))).replace("@command@", quoted(program))


def quoted(program: Path) -> str:
    """A path as an argument in Exec: quoted, with field codes and escapes taken as they are."""
    argument = re.sub(r'(["`$\\])', r"\\\1", str(program)).replace("%", "%%")
    return _escaped(f'"{argument}"')


def _escaped(value: str) -> str:
    """A value of a desktop entry: a backslash begins an escape there."""
    return value.replace("\\", "\\\\").replace("\n", "\\n")


def _files(data: Path, program: Path) -> Iterator[tuple[Path, bytes]]:
    yield data / "applications" / "daub.desktop", entry(program).encode()
    yield data / "mime" / "packages" / "daub.xml", resources.path("desktop/daub.xml").read_bytes()
    icons, drawing = data / "icons" / "hicolor", resources.path("icons/daub.svg")
    yield icons / "scalable" / "apps" / "daub.svg", drawing.read_bytes()
    for picture in sorted(resources.path("desktop").glob("daub-*.png")):
        size = picture.stem.removeprefix("daub-")
        yield icons / f"{size}x{size}" / "apps" / "daub.png", picture.read_bytes()


def _tell(data: Path) -> None:
    """Let the desktop look again, where it has tools for that; it also does so by itself, later."""
    for command in (
        ["update-desktop-database", "-q", str(data / "applications")],
        ["update-mime-database", str(data / "mime")],
        ["gtk-update-icon-cache", "-q", "-t", "-f", str(data / "icons" / "hicolor")],
    ):
        if shutil.which(command[0]) is not None:
            with suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
