"""Tests of building the bundle and the lock files."""

import ast
import os
import plistlib
import re
import sys
import tomllib
from pathlib import Path

import pytest
from PIL import Image

from app.platform.diagnostics import PARTS
from shipping import bundle, contents, lock, stamps

ROOT = Path(__file__).parents[2]

needs_shell = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell script")

# -- what goes in ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "torch/lib/libtorch_cpu.so",
        "torch/bin/torch_shm_manager",
        "torch/nn/functional.py",
        "PySide6/Qt/lib/libQt6Widgets.so.6",
        "PySide6/Qt/lib/libQt6WaylandClient.so.6",
        "PySide6/Qt/plugins/platforms/libqoffscreen.so",
        "PySide6/Qt/plugins/platforms/libqwayland.so",
        "PySide6\\translations\\qtbase_de.qm",
        "PySide6/QtSvg.abi3.so",
        "torch-2.13.0.dist-info/licenses/LICENSE",
        "styles/starry-night/targets.safetensors",
        "styles/starry-night/painting.webp",
        "styles/starry-night/regions.png",
        "styles/starry-night/avoid.png",
        "PIL/_webp.cpython-311-x86_64-linux-gnu.so",
    ],
)
def test_what_is_needed_stays(name: str) -> None:
    assert not contents.is_left_out(name)


@pytest.mark.parametrize(
    "name",
    [
        "torch/include/ATen/ATen.h",
        "torch/bin/test_jit",
        "torch/test/some_test",
        "torch/lib/libtorchbind_test.so",
        "torch/lib/libbenchmark.a",
        "torch\\lib\\dnnl.lib",
        "torch/testing/_internal/opinfo/core.py",
        "PySide6/Qt/lib/libQt6Quick.so.6",
        "PySide6/Qt/plugins/platforminputcontexts/libqtvirtualkeyboardplugin.so",
        "PySide6/Qt/translations/qtbase_fr.qm",
        "PySide6/Qt/lib/libQt6EglFSDeviceIntegration.so.6",
    ],
)
def test_unneeded_files_are_left_out(name: str) -> None:
    assert contents.is_left_out(name)


def test_everything_of_daub_that_is_no_code_goes_in() -> None:
    placed = {f"{folder}/{Path(source).name}" for source, folder in contents.data_files()}
    for folder in ("resources", "styles"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and path.suffix not in (".py", ".pyc"):
                assert path.relative_to(ROOT).as_posix() in placed
    assert {"./LICENSE", "resources/materials.toml", "resources/icons/daub.svg"} <= placed


def test_the_guide_goes_in_as_pages_with_their_pictures(tmp_path: Path) -> None:
    placed = {f"{folder}/{Path(source).name}" for source, folder in contents.guide_files(tmp_path)}
    assert {"guide/start.html", "guide/keys.html", "guide/window.webp"} <= placed
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 4 * 2**20


def test_third_party_licences_are_included() -> None:
    words = contents.licences()
    assert words.count("=" * 79) > len(PARTS)
    for name in ("torch", "numpy", "pydantic", "rich"):
        assert re.search(rf"^{name} \d", words, re.MULTILINE | re.IGNORECASE), name
    assert "Permission is hereby granted, free of charge" in words
    assert "LGPL" in words


def test_the_hook_knows_the_libraries_of_packages_that_need_others() -> None:
    assert {"torch", "typing-extensions", "numpy", "shiboken6"} <= set(contents.packages())


def test_what_is_left_out_needs_no_licence() -> None:
    left_out = {name.lower() for name in contents.MODULES_LEFT_OUT} | {"cuda-bindings"}
    assert not left_out & set(contents.packages())


def test_packages_are_needed_by_their_extras() -> None:
    lines = ["a>=1; python_version > '3'", 'b; extra == "fft"', 'c; extra == "fft-more"', "d"]
    assert list(contents.needed(lines, "toolkit")) == [lines[0], "d"]
    assert list(contents.needed(lines, "toolkit[blas, fft]==13; x")) == [*lines[:2], "d"]


def test_libraries_that_are_opened_by_name_go_in(tmp_path: Path) -> None:
    library = tmp_path / "nvidia" / "cu13" / "lib" / "libnvrtc-builtins.so.13.2"
    library.parent.mkdir(parents=True)
    library.touch()
    (library.parent / "libcufftw.so.12").touch()
    assert contents.opened_by_name(tmp_path) == [(str(library), "nvidia/cu13/lib")]


# -- how it is stamped ----------------------------------------------------------------------


def test_icons_of_windows_and_macos(tmp_path: Path) -> None:
    with Image.open(str(stamps.icon(tmp_path, "win32"))) as picture:
        assert picture.info["sizes"] == {(size, size) for size in stamps.ICON_SIZES}
    with Image.open(str(stamps.icon(tmp_path, "darwin"))) as picture:
        assert max(picture.info["sizes"])[0] >= 256
    assert stamps.icon(tmp_path, "linux") is None


def test_the_version_as_windows_reads_it(tmp_path: Path) -> None:
    path = stamps.windows_version(tmp_path, "win32")
    assert path is not None
    tree = ast.parse(Path(path).read_text("utf-8"), mode="eval")
    assert isinstance(tree.body, ast.Call)
    assert "(1, 20, 3, 0)" in stamps.version_resource("1.20.3")
    assert stamps.windows_version(tmp_path, "linux") is None


def test_macos_is_told_about_ora_files() -> None:
    told = plistlib.loads(plistlib.dumps(stamps.INFO_PLIST))
    assert told["CFBundleDocumentTypes"][0]["CFBundleTypeExtensions"] == ["ora"]


def test_the_specification_is_python_and_names_what_is_there() -> None:
    tree = ast.parse((ROOT / "build.spec").read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = {"contents": contents, "stamps": stamps}.get(node.value.id)
            assert module is None or hasattr(module, node.attr), ast.unparse(node)


# -- how it is tested -----------------------------------------------------------------------


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a bundle whose program is a script; its log is written to a temporary folder."""
    monkeypatch.setattr(bundle, "LOG", tmp_path / "dist" / "self-test.log")
    folder = tmp_path / "Daub"
    (folder / "_internal").mkdir(parents=True)
    (folder / "_internal" / "large").write_bytes(bytes(3 << 20))
    write_program(
        folder, 'echo "$1" && echo "$PATH|$HOME|$PWD|${LANG-none}" && echo a >"$HOME/log"'
    )
    return folder


def write_program(folder: Path, line: str) -> None:
    program = folder / ("daub" if bundle.LINUX else "daub-cli")
    program.write_text(f"#!/bin/sh\n{line}\n")
    program.chmod(0o755)


def verdict(built: Path) -> int:
    with bundle.settled(built) as (installed, home):
        return bundle.test(installed, home)


@needs_shell
def test_the_bundle_is_run_with_nothing_around_it(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    assert verdict(built) == 0
    said = bundle.LOG.read_text("utf-8").splitlines()
    assert said[0] == "--self-test"
    path, home, folder, language = said[1].split("|")
    assert (Path(home).name, folder, path) == ("Jürgen Maler", home, f"{home}/bin")
    assert language == "none"
    assert "written to the home: log" in said
    assert said[-1].startswith("✓ bundle")


@needs_shell
def test_a_failed_self_test_fails_the_bundle(built: Path) -> None:
    write_program(built, "echo oh && exit 1")
    assert verdict(built) == 1


@needs_shell
@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Unix permissions")
def test_the_install_folder_cannot_be_written(built: Path) -> None:
    write_program(built, 'echo x >"${0%/*}/stray" || exit 3')
    assert verdict(built) == 1
    assert "exit code 3" in bundle.LOG.read_text("utf-8")


@needs_shell
@pytest.mark.parametrize(
    ("kind", "library"), [("CPU", "libtorch_cpu.so"), ("CUDA", "libcudart.so.13")]
)
def test_a_bundle_that_is_too_large(
    built: Path, monkeypatch: pytest.MonkeyPatch, kind: str, library: str
) -> None:
    (built / "_internal" / library).touch()
    other = "CUDA" if kind == "CPU" else "CPU"
    monkeypatch.setattr(bundle, "BUDGETS", {kind: 1, other: 9})
    assert verdict(built) == 1
    said = f"too large: 3 of the 1 MiB that a {kind} bundle may have"
    assert said in bundle.LOG.read_text("utf-8")
    monkeypatch.setattr(bundle, "BUDGETS", {kind: 4, other: 1})
    assert verdict(built) == 0
    assert f"3 of the 4 MiB that a {kind} bundle may have" in bundle.LOG.read_text("utf-8")
    assert f"4 MiB that a {kind} bundle may have" in next(bundle.sizes(built))


@needs_shell
def test_starts_are_measured(built: Path) -> None:
    write_program(built, "echo Qt says; echo shown 0.25; echo painted 1.5")
    with bundle.settled(built) as (installed, home):
        window, painting = bundle.start_times(installed, home, 3)
    told = r"start to the window: [\d.]+ s, 0\.25 of them work; medians of 3"
    assert re.fullmatch(told, window)
    assert "1.50 of them work" in painting


def test_changes_are_noticed() -> None:
    before = {"a": (1, 1), "b": (1, 1), "c": (1, 1)}
    assert bundle.changed(before, {"a": (1, 1), "b": (1, 2), "d": (0, 0)}) == ["b", "c", "d"]


def test_the_largest_parts_come_first(built: Path) -> None:
    (built / "_internal" / "small").write_bytes(bytes(1 << 20))
    lines = list(bundle.sizes(built))
    assert lines[0].split()[0] == "4.0"
    assert [line.split()[-1] for line in lines[1:3]] == ["large", "small"]


def test_environments_of_bundles_have_no_torchvision() -> None:
    needed = bundle.packages("a.whl")
    assert needed[0] == "a.whl"
    assert not [line for line in needed if line.startswith("torch")]
    assert [line for line in needed if line.startswith("PySide6")]
    assert [line for line in needed if line.startswith("pyinstaller")]


# -- what is locked -------------------------------------------------------------------------


def test_a_report_of_pip_becomes_a_lock() -> None:
    entry = {
        "metadata": {"name": "Some_Thing", "version": "1.2"},
        "download_info": {
            "url": "https://host.example/simple/some_thing.whl",
            "archive_info": {"hashes": {"sha256": "ab" * 32}},
        },
    }
    text = lock.written(lock.pins({"install": [entry]}))
    assert text.endswith(f"some-thing==1.2 \\\n    --hash=sha256:{'ab' * 32}\n")
    assert "example" not in text


def locked_names(path: Path) -> set[str]:
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
    pins = list(zip(lines[::2], lines[1::2], strict=True))
    assert all(re.fullmatch(r"[a-z0-9.-]+==\S+ \\", pin) for pin, _ in pins)
    assert all(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}", digest) for _, digest in pins)
    return {pin.partition("==")[0] for pin, _ in pins}


def test_all_that_is_declared_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [line for group in project["optional-dependencies"].values() for line in group]

    def names(lines: list[str]) -> set[str]:
        found = {re.split(r"[^A-Za-z0-9._-]", line)[0].lower() for line in lines}
        return {name.replace("_", "-") for name in found} - {"daub"}

    application = locked_names(lock.APPLICATION)
    assert names(project["dependencies"]) <= application, "run ./daub update"
    development = locked_names(lock.DEVELOPMENT)
    assert names(extras) <= application | development, "run ./daub update"
    assert not application & development


# -- what runs elsewhere --------------------------------------------------------------------


def test_actions_are_pinned_and_need_no_secret() -> None:
    found = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    assert [path.name for path in found] == ["bundles.yml", "checks.yml"]
    for path in found:
        text = path.read_text("utf-8")
        used = re.findall(r"uses: (.+)", text)
        assert used
        assert all(re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v[\d.]+", one) for one in used)
        assert "secrets." not in text
