"""Select what goes into the bundle; used by ``build.spec``."""

import importlib.metadata
import re
import subprocess
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

from app.platform.diagnostics import PARTS
from app.platform.guide import SHIPPED, write_guide

ROOT = Path(__file__).parent.parent

Entry = tuple[str, str, str]
"""As in PyInstaller's tables: name in the bundle, source path, kind."""

MODULES_LEFT_OUT = (
    # Only torch's compiler, tests and tensorboard import these; Daub uses none of the three.
    # On a GPU torch also tries triton for outer products, and has a fallback without it.
    "jinja2", "networkx", "setuptools", "tensorboard", "torch.utils.tensorboard",
    "torch.testing._internal.common_methods_invocations", "torch.testing._internal.distributed",
    "torch.testing._internal.generated", "torch.testing._internal.opinfo", "triton",
    # torch uses cuda.bindings only to inspect CUDA graphs. CUDA's own libraries are in nvidia.
    "cuda",
    # Optional dependencies of numpy, Pillow, tifffile, rich and typer.
    "IPython", "matplotlib", "tkinter", "zarr", "fsspec.implementations.tests",
    # Development.
    "hypothesis", "importlinter", "mypy", "PyInstaller", "pip", "pytest", "ruff",
)  # fmt: skip

PACKAGES_LEFT_OUT = {"cuda-bindings", "jinja2", "networkx", "setuptools", "triton"}
"""Packages that torch requires but whose modules are left out."""

FILES_LEFT_OUT = re.compile(
    "|".join(
        (
            # Headers, test programs and static libraries; torch needs torch_shm_manager.
            r"torch/(test|include|share)/", r"torch/bin/(?!torch_shm_manager)", r".*\.a$",
            r"torch/lib/lib(torchbind_test|jitbackend_test|aoti_custom_ops)",
            r"(caffe2|functorch)/", r"torch/testing/_internal/.*\.py$",
            r".*\.(h|hpp|cuh|cmake|pyi|lib)$",
            # Parts of Qt that only other plugins need, and platforms without a window system.
            r".*Qt6?(Qml|Quick|VirtualKeyboard|Pdf|3D|Designer|EglF[Ss]|WlShell)\w*[.\-]",
            r".*/plugins/platforms/libq(eglfs|linuxfb|minimalegl|vkkhrdisplay|vnc)",
            r".*/plugins/platforminputcontexts/.*virtualkeyboard", r".*/imageformats/.*pdf",
            r".*/plugins/(egldeviceintegrations|designer|qmltooling|generic|sqldrivers)/",
            # Qt's translations to languages that Daub does not have.
            r".*/translations/(?!qtbase_(de|en)\.qm)\w+\.qm$",
        )
    )
)  # fmt: skip
"""Matches the names, with forward slashes, of files that are not needed."""

STRIPPED = (
    "_internal/torch/lib/*.so*", "_internal/libpython3*.so*", "_internal/nvidia/nccl/lib/*.so*",
    "_internal/llvmlite/binding/libllvmlite.so",
)  # fmt: skip
"""Libraries with large debug symbols, hundreds of megabytes in total. Not all libraries: stripping
breaks those that were patched when their wheels were built.
"""

OPENED_BY_NAME = ("nvidia/**/libnvrtc-builtins.so*",)
"""Libraries that are opened at run time, so that PyInstaller does not detect that they are needed.
CUDA cannot compile without this one.
"""

LICENCE_FILE = re.compile(r"(licen[cs]e|copying|notice|authors)", re.IGNORECASE)


def data_files() -> list[tuple[str, str]]:
    """Return Daub's data files: source path, and folder in the bundle."""
    shipped = [
        (str(path), path.parent.relative_to(ROOT).as_posix())
        for folder in ("resources", "styles")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.is_file() and path.suffix not in (".py", ".pyc")
    ]
    own = [(str(ROOT / name), ".") for name in ("LICENSE", "CHANGELOG.md")]
    return shipped + own


def guide_files(made: Path) -> list[tuple[str, str]]:
    """Write the guide's pages to ``made``; return them as ``data_files`` does."""
    write_guide(made)
    return [(str(path), SHIPPED.name) for path in sorted(made.iterdir())]


def is_left_out(name: str) -> bool:
    """Return whether the bundle does not need a file of this name."""
    return FILES_LEFT_OUT.match(name.replace("\\", "/")) is not None


def wanted(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries that are not left out."""
    return [entry for entry in entries if not is_left_out(entry[0])]


def opened_by_name(site: Path) -> list[tuple[str, str]]:
    """Return the OPENED_BY_NAME libraries in ``site``: source path, and folder in the bundle."""
    found = [path for pattern in OPENED_BY_NAME for path in sorted(site.glob(pattern))]
    return [(str(path), path.parent.relative_to(site).as_posix()) for path in found]


def strip_symbols(bundle: Path) -> None:
    """Remove the debug symbols of the bundle's largest libraries."""
    for pattern in STRIPPED:
        for path in bundle.glob(pattern):
            if not path.is_symlink():
                subprocess.run(["strip", "--strip-unneeded", str(path)], check=True)


def packages() -> list[str]:
    """Return the names of the packages in the bundle: all direct and indirect dependencies."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting = list(PARTS)
    while waiting:
        requirement = waiting.pop()
        distribution = _distribution(_name(requirement))
        if distribution is None or requirement in seen:
            continue
        seen.add(requirement)
        name = _plain(distribution.name)
        if name not in PACKAGES_LEFT_OUT:
            found.add(name)
            waiting += needed(distribution.requires or [], requirement)
    return sorted(found)


def needed(lines: Iterable[str], requirement: str) -> Iterator[str]:
    """Yield those requirements of a package that apply with the extras of ``requirement``."""
    extras = re.findall(r"[\w.-]+", requirement.partition("[")[2].partition("]")[0])
    for line in lines:
        extra = re.search(r"extra == .([\w.-]+)", line)
        if extra is None or extra[1] in extras:
            yield line


def metadata() -> list[str]:
    """Return the packages whose versions and licences the About dialog shows."""
    return [name for name in PARTS if _distribution(name) is not None]


def licences() -> str:
    """Return the licences of all third-party parts of the bundle."""
    return "\n\n".join(("=" * 79 + "\n" + text) for text in _licences())


def _licences() -> Iterator[str]:
    yield _PREFACE
    python = Path(sysconfig.get_path("stdlib")) / "LICENSE.txt"
    words = python.read_text("utf-8", "replace") if python.is_file() else _PYTHON
    yield f"Python {sysconfig.get_python_version()}\n\n{words.strip()}"
    for name in packages():
        distribution = importlib.metadata.distribution(name)
        about = distribution.metadata
        licence = about["License-Expression"] or (about["License"] or "").split("\n")[0]
        head = f"{distribution.name} {distribution.version}: {licence or 'see below'}"
        yield "\n\n".join([head, *_texts(distribution)])


def _texts(distribution: importlib.metadata.Distribution) -> Iterator[str]:
    for file in distribution.files or []:
        if ".dist-info" in str(file) and LICENCE_FILE.search(file.name):
            yield Path(str(distribution.locate_file(file))).read_text("utf-8", "replace").strip()


def _distribution(name: str) -> importlib.metadata.Distribution | None:
    try:
        return importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")


def _name(requirement: str) -> str:
    """Return the package of a requirement, e.g. ``nvidia-x`` of ``nvidia-x>=1; ...``."""
    return re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]


_PREFACE = """\
Daub is under the MIT licence (LICENSE). The bundle also contains third-party software under the
licences that follow. Qt and PySide6 are used under the LGPL 3: their libraries are separate files
in _internal/PySide6, which you may replace by other builds of the same version; their source is
published by the Qt Project."""

_PYTHON = "Python Software Foundation License Version 2; Python's license() shows its text."
