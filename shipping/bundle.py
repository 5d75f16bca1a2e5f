"""``./daub bundle``: make the application that people download, and test it as they will find it.

Any Python 3.11 runs this file: it imports nothing of Daub's. What it needs is installed into
``.venv-bundle``, with the torch that ``--torch`` or ``DAUB_TORCH`` names: CPU or CUDA, that makes
the one difference between two bundles.
"""

import argparse
import os
import platform
import shutil
import stat
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
VENV, DIST = ROOT / ".venv-bundle", ROOT / "dist"
LOG = DIST / "self-test.log"

BUDGETS = {"CPU": 1050, "CUDA": 4300}
"""MiB that a bundle may have, unpacked, by what it computes on."""

NOBODY = 65534

LINUX, WINDOWS = sys.platform.startswith("linux"), sys.platform == "win32"


def main() -> int:
    """Build and test, or what the arguments say; the exit code."""
    parser = argparse.ArgumentParser(prog="./daub bundle", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--torch",
        default=os.environ.get("DAUB_TORCH", "torch"),
        help="a wheel, or what pip should install; CPU wheels have no CUDA libraries in them",
    )
    parser.add_argument("--archive", action="store_true", help="also pack it, for downloading")
    parser.add_argument("--starts", type=int, default=0, help="also measure so many starts")
    parser.add_argument("--test-only", action="store_true", help="test the bundle in dist/")
    wish = parser.parse_args()
    if not wish.test_only:
        make_environment(wish.torch)
        build()
    print("\n".join(sizes(folder())))
    with settled(folder()) as (installed, home):
        code = test(installed, home)
        if wish.starts:
            print("\n".join(start_times(installed, home, wish.starts)))
    if wish.archive and code == 0:
        print(archive())
    return code


def folder() -> Path:
    """The bundle in ``dist/``."""
    return DIST / ("Daub.app" if sys.platform == "darwin" else "Daub")


# -- building -------------------------------------------------------------------------------


def make_environment(torch: str) -> None:
    """Install what the bundle is made of; does nothing when that is there already."""
    stamp, wanted = VENV / "daub-bundle", "\n".join(packages(torch))
    if stamp.is_file() and stamp.read_text("utf-8") == wanted:
        return
    shutil.rmtree(VENV, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
    subprocess.run([python(), "-m", "pip", "install", *packages(torch)], check=True)
    stamp.write_text(wanted, "utf-8")


def packages(torch: str) -> list[str]:
    """What pip installs for a bundle with this torch."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    # Only the download of VGG-19 asks torchvision for something, and every build of torch wants
    # its own one.
    needed = [one for one in project["dependencies"] if not one.startswith("torch")]
    tools = [one for one in project["optional-dependencies"]["dev"] if "pyinstaller" in one]
    return [torch, *needed, *tools]


def build() -> None:
    """Run PyInstaller; what was in ``dist/`` before is replaced."""
    command = [python(), "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
    command += [
        "--distpath",
        str(DIST),
        "--workpath",
        str(ROOT / "build"),
        str(ROOT / "build.spec"),
    ]
    subprocess.run(command, cwd=ROOT, check=True)


def archive() -> str:
    """Pack the bundle into one file in ``dist/`` that names version, system and processor."""
    about = (ROOT / "app" / "__init__.py").read_text("utf-8")
    version = about.rpartition('__version__ = "')[2].partition('"')[0]
    name = f"Daub-{version}-{platform.system()}-{platform.machine()}"
    kind = "zip" if WINDOWS else "gztar"  # tar keeps links and who may run what
    return shutil.make_archive(str(DIST / name), kind, DIST, folder().name)


def python() -> str:
    """The interpreter of the bundle's environment."""
    return str(VENV / ("Scripts/python.exe" if WINDOWS else "bin/python"))


def sizes(bundle: Path) -> Iterator[str]:
    """What takes the room, the largest first, in MiB."""
    inside = bundle / "_internal" if (bundle / "_internal").is_dir() else bundle
    parts = {path.name: size_of(path) for path in (*inside.iterdir(), *bundle.iterdir())}
    whole = size_of(bundle)
    yield f"{whole / 2**20:7.1f} MiB {bundle} ({room(bundle)[1]})"
    parts.pop("_internal", None)
    for name, size in sorted(parts.items(), key=lambda part: -part[1])[:14]:
        yield f"{size / 2**20:7.1f} MiB {name}"


def room(bundle: Path) -> tuple[bool, str]:
    """Whether it is within the budget of its kind, and both numbers in words."""
    for_gpu = any(bundle.rglob("libcudart*")) or any(bundle.rglob("cudart*.dll"))
    kind, size = "CUDA" if for_gpu else "CPU", size_of(bundle) / 2**20
    budget = BUDGETS[kind]
    return size <= budget, f"{size:.0f} of the {budget} MiB that a {kind} bundle may have"


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder; links count nothing."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.lstat().st_size for file in files if file.is_file() and not file.is_symlink())


# -- testing --------------------------------------------------------------------------------


@contextmanager
def settled(bundle: Path) -> Iterator[tuple[Path, Path]]:
    """A read-only copy of the bundle and an empty home; spaces and umlauts in both names."""
    with tempfile.TemporaryDirectory(prefix="daub-bundle-") as place:
        Path(place).chmod(0o755)
        installed, home = Path(place) / "Für alle" / "Daub 1", Path(place) / "Jürgen Maler"
        shutil.copytree(bundle, installed, symlinks=True)
        home.mkdir()
        lock_up(installed)
        try:
            yield installed, home
        finally:
            open_up(installed)


def test(installed: Path, home: Path) -> int:
    """Run the bundle's self-test, and look at what it has written; the exit code.

    No Python is on the PATH, and nothing of this environment is inherited.
    """
    before = listing(installed)
    code, said = run_in_nothing(installed, home, "--self-test")
    problems = [f"{name} was changed" for name in changed(before, listing(installed))]
    fits, used = room(installed)
    problems += [] if fits else [f"it is too large: {used}"]
    lines = [said, *(f"written to the home: {name}" for name in sorted(files_in(home)))]
    lines += [f"✗ bundle: {problem}" for problem in problems]
    lines += [] if problems else [f"✓ bundle: nothing was written into it; it has {used}"]
    LOG.parent.mkdir(exist_ok=True)
    LOG.write_text("\n".join(lines) + "\n", "utf-8")
    print("\n".join(lines))
    return 1 if code or problems else 0


def run_in_nothing(installed: Path, home: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and output of the bundle's console program, without any of our environment."""
    began = time.monotonic()
    with started(installed, home, *arguments) as process:
        said = process.communicate()[0]
    seconds = time.monotonic() - began
    return process.returncode, f"{said.rstrip()}\nexit code {process.returncode}, {seconds:.0f} s"


def started(
    installed: Path, home: Path, *arguments: str, **environment: str
) -> "subprocess.Popen[str]":
    """The bundle's console program in this home; nothing of our own environment comes with it."""
    inside = installed / "Contents" / "MacOS"  # of an .app
    name = "daub" if LINUX else "daub-cli.exe" if WINDOWS else "daub-cli"
    program = (inside if inside.is_dir() else installed) / name
    nothing = home / "bin"
    nothing.mkdir(exist_ok=True)
    environment |= {"HOME": str(home), "PATH": str(nothing)}
    if WINDOWS:  # which starts no program without these
        kept = {name: os.environ[name] for name in ("SYSTEMROOT", "TEMP")}
        environment |= {**kept, "USERPROFILE": str(home), "LOCALAPPDATA": str(home)}
    # Root writes into what is read-only: so it is nobody who runs this.
    user = NOBODY if not WINDOWS and os.geteuid() == 0 else None
    if user is not None:
        for path in (home, nothing):
            os.chown(path, user, user)
    return subprocess.Popen(
        [str(program), *arguments],
        env=environment,
        cwd=home,
        user=user,
        group=user,
        extra_groups=[] if user is not None else None,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )


def start_times(installed: Path, home: Path, count: int) -> Iterator[str]:
    """Seconds until the window and until the first painting, after one start that warms up."""
    found: dict[str, list[tuple[float, float]]] = {"shown": [], "painted": []}
    for _ in range(count + 1):
        began = time.monotonic()
        watched = started(installed, home, "--until-painted", QT_QPA_PLATFORM="offscreen")
        with watched as process:
            for line in process.stdout or []:
                word, _, work = line.partition(" ")
                if word in found:
                    found[word].append((time.monotonic() - began, float(work)))
    for word, text in (("shown", "window"), ("painted", "first painting")):
        clock, work = (statistics.median(times) for times in zip(*found[word][1:], strict=True))
        yield f"start to the {text}: {clock:.2f} s, {work:.2f} of them work; medians of {count}"


def lock_up(path: Path) -> None:
    """Nobody may write to these files and folders."""
    for one in (path, *path.rglob("*")):
        if not one.is_symlink():
            one.chmod(stat.S_IMODE(one.stat().st_mode) & ~0o222)


def open_up(path: Path) -> None:
    """The owner may write to these folders again, to remove them."""
    for one in (path, *path.rglob("*")):
        if not one.is_symlink():
            one.chmod(stat.S_IMODE(one.stat().st_mode) | stat.S_IWUSR)


def listing(path: Path) -> dict[str, tuple[int, int]]:
    """Name -> size and time of change, of everything in a folder."""
    found = [(one, one.lstat()) for one in (path, *path.rglob("*"))]
    return {str(one.relative_to(path)): (s.st_size, s.st_mtime_ns) for one, s in found}


def changed(before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]]) -> list[str]:
    """Names that are new, gone or other than they were."""
    return sorted(name for name in before | after if before.get(name) != after.get(name))


def files_in(path: Path) -> Iterator[str]:
    """Names of the files in a folder, from there on."""
    return (one.relative_to(path).as_posix() for one in path.rglob("*") if one.is_file())


if __name__ == "__main__":
    sys.exit(main())
