"""``./daub bundle``: build the downloadable application and test it in a clean environment.

Any Python 3.11 runs this file: it does not import Daub. The requirements are installed into
``.venv-bundle``, with the torch given by ``--torch`` or ``DAUB_TORCH``. CPU or CUDA torch is the
only difference between two bundles.
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
"""Largest size of an unpacked bundle in MiB, for CPU and for CUDA."""

NOBODY = 65534

LINUX, WINDOWS = sys.platform.startswith("linux"), sys.platform == "win32"


def main() -> int:
    """Build and test, or do what the arguments say; return the exit code."""
    parser = argparse.ArgumentParser(prog="./daub bundle", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--torch",
        default=os.environ.get("DAUB_TORCH", "torch"),
        help="a wheel or a pip requirement; CPU wheels contain no CUDA libraries",
    )
    parser.add_argument("--archive", action="store_true", help="also create the download archive")
    parser.add_argument("--starts", type=int, default=0, help="also measure this many starts")
    parser.add_argument("--test-only", action="store_true", help="test the bundle in dist/")
    options = parser.parse_args()
    if not options.test_only:
        make_environment(options.torch)
        build()
    print("\n".join(sizes(folder())))
    with settled(folder()) as (installed, home):
        code = test(installed, home)
        if options.starts:
            print("\n".join(start_times(installed, home, options.starts)))
    if options.archive and code == 0:
        print(archive())
    return code


def folder() -> Path:
    """Return the folder of the bundle in ``dist/``."""
    return DIST / ("Daub.app" if sys.platform == "darwin" else "Daub")


# -- building -------------------------------------------------------------------------------


def make_environment(torch: str) -> None:
    """Install the bundle's requirements, unless this has been done already."""
    stamp, wanted = VENV / "daub-bundle", "\n".join(packages(torch))
    if stamp.is_file() and stamp.read_text("utf-8") == wanted:
        return
    shutil.rmtree(VENV, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
    subprocess.run([python(), "-m", "pip", "install", *packages(torch)], check=True)
    stamp.write_text(wanted, "utf-8")


def packages(torch: str) -> list[str]:
    """Return what pip installs for a bundle with this torch."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    # Leave out torchvision: only the download of VGG-19 uses it, and each build of torch needs a
    # matching one.
    needed = [one for one in project["dependencies"] if not one.startswith("torch")]
    tools = [one for one in project["optional-dependencies"]["dev"] if "pyinstaller" in one]
    return [torch, *needed, *tools]


def build() -> None:
    """Run PyInstaller; replace the old bundle in ``dist/``."""
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
    """Pack the bundle into a file in ``dist/`` named by version, system and processor."""
    about = (ROOT / "app" / "__init__.py").read_text("utf-8")
    version = about.rpartition('__version__ = "')[2].partition('"')[0]
    name = f"Daub-{version}-{platform.system()}-{platform.machine()}"
    kind = "zip" if WINDOWS else "gztar"  # tar keeps links and permissions
    return shutil.make_archive(str(DIST / name), kind, DIST, folder().name)


def python() -> str:
    """Return the interpreter of the bundle's environment."""
    return str(VENV / ("Scripts/python.exe" if WINDOWS else "bin/python"))


def sizes(bundle: Path) -> Iterator[str]:
    """Yield the largest parts of the bundle with their sizes in MiB."""
    inside = bundle / "_internal" if (bundle / "_internal").is_dir() else bundle
    parts = {path.name: size_of(path) for path in (*inside.iterdir(), *bundle.iterdir())}
    whole = size_of(bundle)
    yield f"{whole / 2**20:7.1f} MiB {bundle} ({room(bundle)[1]})"
    parts.pop("_internal", None)
    for name, size in sorted(parts.items(), key=lambda part: -part[1])[:14]:
        yield f"{size / 2**20:7.1f} MiB {name}"


def room(bundle: Path) -> tuple[bool, str]:
    """Return whether the bundle is within its budget, and both sizes as text."""
    for_gpu = any(bundle.rglob("libcudart*")) or any(bundle.rglob("cudart*.dll"))
    kind, size = "CUDA" if for_gpu else "CPU", size_of(bundle) / 2**20
    budget = BUDGETS[kind]
    return size <= budget, f"{size:.0f} of the {budget} MiB that a {kind} bundle may have"


def size_of(path: Path) -> int:
    """Return the size in bytes of a file or of all files in a folder, without links."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.lstat().st_size for file in files if file.is_file() and not file.is_symlink())


# -- testing --------------------------------------------------------------------------------


@contextmanager
def settled(bundle: Path) -> Iterator[tuple[Path, Path]]:
    """Provide a read-only copy of the bundle and an empty home, both with spaces and umlauts."""
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
    """Run the bundle's self-test and check what it wrote; return the exit code.

    It runs without a Python on the PATH and without this process's environment.
    """
    before = listing(installed)
    code, output = run_in_nothing(installed, home, "--self-test")
    problems = [f"{name} was changed" for name in changed(before, listing(installed))]
    fits, used = room(installed)
    problems += [] if fits else [f"it is too large: {used}"]
    lines = [output, *(f"written to the home: {name}" for name in sorted(files_in(home)))]
    lines += [f"✗ bundle: {problem}" for problem in problems]
    lines += [] if problems else [f"✓ bundle: nothing was written into it; it has {used}"]
    LOG.parent.mkdir(exist_ok=True)
    LOG.write_text("\n".join(lines) + "\n", "utf-8")
    print("\n".join(lines))
    return 1 if code or problems else 0


def run_in_nothing(installed: Path, home: Path, *arguments: str) -> tuple[int, str]:
    """Run the bundle's console program in a clean environment; return exit code and output."""
    began = time.monotonic()
    with started(installed, home, *arguments) as process:
        output = process.communicate()[0].rstrip()
    seconds = time.monotonic() - began
    return process.returncode, f"{output}\nexit code {process.returncode}, {seconds:.0f} s"


def started(
    installed: Path, home: Path, *arguments: str, **environment: str
) -> "subprocess.Popen[str]":
    """Start the bundle's console program with this home and a clean environment."""
    inside = installed / "Contents" / "MacOS"  # of an .app
    name = "daub" if LINUX else "daub-cli.exe" if WINDOWS else "daub-cli"
    program = (inside if inside.is_dir() else installed) / name
    nothing = home / "bin"
    nothing.mkdir(exist_ok=True)
    environment |= {"HOME": str(home), "PATH": str(nothing)}
    if WINDOWS:  # programs need these to start
        kept = {name: os.environ[name] for name in ("SYSTEMROOT", "TEMP")}
        environment |= {**kept, "USERPROFILE": str(home), "LOCALAPPDATA": str(home)}
    # Root can write to read-only files, so run as the user "nobody".
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
    """Measure the seconds until the window and until the first painting, after a warm-up start."""
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
    """Make these files and folders read-only."""
    for one in (path, *path.rglob("*")):
        if not one.is_symlink():
            one.chmod(stat.S_IMODE(one.stat().st_mode) & ~0o222)


def open_up(path: Path) -> None:
    """Make these files and folders writable for the owner again, to remove them."""
    for one in (path, *path.rglob("*")):
        if not one.is_symlink():
            one.chmod(stat.S_IMODE(one.stat().st_mode) | stat.S_IWUSR)


def listing(path: Path) -> dict[str, tuple[int, int]]:
    """Return size and modification time of everything in a folder, by relative path."""
    found = [(one, one.lstat()) for one in (path, *path.rglob("*"))]
    return {str(one.relative_to(path)): (s.st_size, s.st_mtime_ns) for one, s in found}


def changed(before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]]) -> list[str]:
    """Return the names that are new, missing or changed."""
    return sorted(name for name in before | after if before.get(name) != after.get(name))


def files_in(path: Path) -> Iterator[str]:
    """Yield the relative paths of the files in a folder."""
    return (one.relative_to(path).as_posix() for one in path.rglob("*") if one.is_file())


if __name__ == "__main__":
    sys.exit(main())
