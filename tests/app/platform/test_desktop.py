"""The Linux desktop integration: installed files are valid and can be removed."""

import re
import shutil
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from app.cli import install_desktop
from app.cli import main as cli
from app.document.document_state import SUFFIX
from app.platform import desktop
from app.platform.arguments import opening
from resources import style_files
from tests.support.command_line import refused

MIME = "{http://www.freedesktop.org/standards/shared-mime-info}"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="for Linux desktops")


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "für alle" / 'the "best" 100% $HOME \\ daub'
    path.parent.mkdir()
    path.touch(mode=0o755)
    return path


def read_entry(path: Path) -> RawConfigParser:
    parser = RawConfigParser(strict=True)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(path.read_text("utf-8"))
    return parser


def program_of(command: str, rest: str) -> str:
    """What a command of a desktop entry starts, by the rules of its specification."""
    found = re.fullmatch(r'"((?:[^"\\`$]|\\["\\`$])*)"' + re.escape(rest), unescaped(command))
    assert found is not None, command
    return re.sub(r"\\(.)", r"\1", found[1]).replace("%%", "%")


def unescaped(value: str) -> str:
    return value.replace("\\\\", "\\")


def test_the_entry_starts_this_daub(tmp_path: Path, program: Path) -> None:
    desktop.install(tmp_path / "data", program)
    entry = read_entry(tmp_path / "data" / "applications" / "daub.desktop")
    main = entry["Desktop Entry"]
    assert unescaped(main["TryExec"]) == str(program)
    assert program_of(main["Exec"], " %f") == str(program)
    assert program_of(entry["Desktop Action new-window"]["Exec"], " --new-window") == str(program)
    assert main["Actions"] == "new-window;"
    assert {"image/openraster", style_files.MIME_TYPE} < set(main["MimeType"].split(";"))
    assert not [key for key in main if key.startswith("@")]


@pytest.mark.skipif(shutil.which("desktop-file-validate") is None, reason="desktop-file-utils")
def test_the_entry_is_valid(tmp_path: Path, program: Path) -> None:
    desktop.install(tmp_path, program)
    entry = tmp_path / "applications" / "daub.desktop"
    done = subprocess.run(["desktop-file-validate", str(entry)], capture_output=True, check=False)
    assert done.stdout == b""


def test_icons_have_the_sizes_of_their_folders(tmp_path: Path, program: Path) -> None:
    desktop.install(tmp_path, program)
    found = {}
    for path in (tmp_path / "icons" / "hicolor").glob("*x*/apps/daub.png"):
        with Image.open(path) as picture:
            found[path.parts[-3]] = picture.size
            assert picture.convert("RGBA").getpixel((0, 0))[3] < 255, "the corners are round"
    assert {"16x16", "48x48", "256x256"} <= found.keys()
    assert all(folder == f"{width}x{height}" for folder, (width, height) in found.items())
    assert (tmp_path / "icons/hicolor/scalable/apps/daub.svg").is_file()


@pytest.mark.parametrize(
    ("place", "name", "suffix"),
    [(0, "image/openraster", SUFFIX), (1, style_files.MIME_TYPE, style_files.SUFFIX)],
)
def test_files_are_known_by_name_and_content(
    place: int, name: str, suffix: str, tmp_path: Path, program: Path
) -> None:
    desktop.install(tmp_path, program)
    root = ElementTree.parse(tmp_path / "mime/packages/daub.xml").getroot()
    kind = root.findall(f"{MIME}mime-type")[place]
    assert kind.attrib["type"] == name
    globs = [glob.attrib["pattern"] for glob in kind.iter(f"{MIME}glob")]
    assert globs == [f"*{suffix}"]
    content = b"PK\3\4" + bytes(26) + b"mimetype" + name.encode()
    for match in kind.iter(f"{MIME}match"):
        value = match.attrib["value"].encode().decode("unicode_escape").encode()
        assert content[int(match.attrib["offset"]) :].startswith(value)


def test_all_of_it_is_taken_away_again(tmp_path: Path, program: Path) -> None:
    data = tmp_path / "data"
    other = data / "applications" / "other.desktop"
    other.parent.mkdir(parents=True)
    other.touch()
    written = desktop.install(data, program)
    assert len(written) == len(set(written)) > 5
    assert sorted(desktop.remove(data)) == sorted(written)
    left = [path for path in data.rglob("*") if path.is_file() and path.name.startswith("daub")]
    assert left == []
    assert other.exists()
    assert desktop.remove(data) == []


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["install-desktop", "--data", str(tmp_path)]
    assert cli.run(given) == 0
    assert str(tmp_path / "applications" / "daub.desktop") in capsys.readouterr().out.splitlines()
    assert cli.run([*given, "--remove"]) == 0
    assert "removed " in capsys.readouterr().out
    assert cli.run([*given, "--remove"]) == 0
    assert capsys.readouterr().out == f"Daub is not installed in {tmp_path}.\n"


@pytest.mark.parametrize("name", ["applications/daub.desktop", "icons/hicolor/48x48/apps/daub.png"])
def test_files_of_another_daub_stay(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given, other = ["install-desktop", "--data", tmp_path], tmp_path / name
    other.parent.mkdir(parents=True)
    other.write_text("[Desktop Entry]\nName=Daubing\n")
    before = other.read_bytes()
    told = refused(capsys, *given)
    assert told == f"daub: {other} already exists. Use --overwrite to replace it.\n"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [other]
    assert cli.run([*map(str, given), "--remove"]) == 0
    assert other.read_bytes() == before
    assert cli.run([*map(str, given), "--overwrite"]) == 0
    assert other.read_bytes() != before
    assert cli.run([*map(str, given)]) == 0


def test_a_folder_that_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    told = refused(capsys, "install-desktop", "--data", tmp_path / "file")
    assert f"{tmp_path / 'file'} is not a folder" in told


def test_elsewhere_it_says_that_it_is_for_linux(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(install_desktop.sys, "platform", "darwin")
    assert cli.run(["install-desktop"]) == 2
    assert "Only Linux desktops need this" in capsys.readouterr().err


def test_a_bundle_starts_its_windowed_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("daub", "Daub"):
        (tmp_path / name).touch()
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "daub"))
    assert desktop.own_program() == tmp_path / "Daub"


def test_a_checkout_starts_its_script(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "bin" / "daub")])
    assert desktop.own_program() == Path(__file__).parents[3] / "daub"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (["a.ora"], ["--open", "a.ora"]),
        (["not there.ORA"], ["--open", "not there.ORA"]),
        (["a.daubstyle"], ["--open", "a.daubstyle"]),
        (["photo.jpg"], ["--open", "photo.jpg"]),
        (["--new-window", "photo.jpg"], ["--new-window", "--open", "photo.jpg"]),
        (["not there.jpg"], ["not there.jpg"]),
        (["--open", "a.ora"], ["--open", "a.ora"]),
        (["render", "photo.jpg"], ["render", "photo.jpg"]),
        (["--new-window"], ["--new-window"]),
        ([], []),
    ],
)
def test_a_file_alone_is_opened(
    given: list[str], meant: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photo.jpg").touch()
    (tmp_path / "render").touch()
    assert opening(given) == meant
