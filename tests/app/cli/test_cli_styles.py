"""``daub styles``: lists, checks, measures and shows packs."""

import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.cli import main as cli
from engine.image import save_doodle
from engine.packs import gallery_page, quality
from tests.support.command_line import own_style, refused


@pytest.fixture
def own_pack(whole_pack: Path) -> Iterator[Path]:
    """Copy ``whole_pack`` to the user's pack folder."""
    with own_style(whole_pack) as place:
        yield place


@pytest.fixture
def _small_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quality, "CANVAS", 128)
    monkeypatch.setattr(quality, "PERIOD", 256)


def untrained(folder: Path) -> Path:
    path = shutil.copytree(folder, folder.parent / "untrained") / "style.toml"
    text = path.read_text().replace('id = "tiny"', 'id = "untrained"')
    start, end = text.index("[generator]"), text.index("[targets]")
    path.write_text(text[:start] + text[end:])
    return path.parent


def test_broken_packs_are_listed(own_pack, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "250")
    assert cli.run(["styles"]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if str(own_pack) in line)
    assert "Tiny, Nobody, 2026" in line
    assert "network" in line
    (own_pack / "style.toml").write_text("format = 99")
    assert cli.run(["styles"]) == 0
    assert "reads" in capsys.readouterr().out


def test_folders_alone_are_refused(whole_pack, capsys):
    assert cli.run(["styles", str(whole_pack)]) == 2
    assert "--check" in capsys.readouterr().err


@pytest.mark.usefixtures("_small_sizes")
def test_what_is_measured_passes_the_check(whole_pack, capsys):
    other = untrained(whole_pack)
    weights = ["--descriptor", str(whole_pack.parent / "descriptor.safetensors")]
    assert cli.run(["styles", str(whole_pack), "--check", *weights]) == 1
    assert "has no distance in [quality]" in capsys.readouterr().out
    assert cli.run(["styles", str(whole_pack), str(other), "--measure", *weights]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == f"{other}: not trained yet, skipped"
    assert printed[1].startswith("tiny: distance ")
    figures = tomllib.loads((whole_pack / "style.toml").read_text())["quality"]
    assert f"thin {figures['thin']:.2f}" in printed[1]
    assert cli.run(["styles", str(whole_pack), "--check", *weights]) == 0
    assert capsys.readouterr().out == "tiny: all right\n"


def test_one_line_per_pack(whole_pack, capsys):
    other = untrained(whole_pack)
    (whole_pack / "thumbnail.png").unlink()
    assert cli.run(["styles", str(whole_pack), str(other), "--check"]) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("tiny: ")
    assert "thumbnail.png does not exist." in first
    assert "not trained yet" in second


def test_all_packs_are_looked_at(own_pack, monkeypatch, capsys):
    folders = []
    monkeypatch.setattr(
        "engine.packs.pack_check.problems", lambda folder, _: folders.append(folder) or []
    )
    assert cli.run(["styles", "--check"]) == 0
    assert own_pack in folders
    assert len(folders) > 1
    assert capsys.readouterr().out.count("all right\n") == len(folders)


def test_the_page_takes_a_folder_of_doodles(whole_pack, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(gallery_page, "STRIP_WIDTH", 60)
    place = tmp_path / "doodles"
    place.mkdir()
    page = ["--page", str(tmp_path / "page.md"), "--doodles", str(place)]
    assert cli.run(["styles", str(whole_pack), *page]) == 2
    assert "needs at least one style" in capsys.readouterr().err
    save_doodle(place / "hill.png", np.zeros((40, 60), np.uint8))
    assert cli.run(["styles", str(whole_pack), *page]) == 0
    assert "shows tiny" in capsys.readouterr().out
    assert "hill" in (tmp_path / "page.md").read_text()


@pytest.fixture
def paged(whole_pack, tmp_path, monkeypatch) -> list[object]:
    """What shows a pack and a doodle; the page comes behind it."""
    monkeypatch.setattr(gallery_page, "STRIP_WIDTH", 60)
    (tmp_path / "doodles").mkdir()
    save_doodle(tmp_path / "doodles" / "hill.png", np.zeros((40, 60), np.uint8))
    return ["styles", whole_pack, "--doodles", tmp_path / "doodles", "--page"]


def test_a_page_replaces_only_what_an_earlier_one_wrote(paged, tmp_path, capsys):
    page, pictures = tmp_path / "page.md", tmp_path / "page"
    page.write_text("# My own page\n")
    told = refused(capsys, *paged, page)
    assert told == f"daub: {page} already exists. Use --overwrite to replace it.\n"
    assert page.read_text() == "# My own page\n"
    page.unlink()
    pictures.mkdir()
    (pictures / "holiday.jpg").write_bytes(b"my own")
    assert f"{pictures} contains other files" in refused(capsys, *paged, page)
    (pictures / "holiday.jpg").unlink()
    assert cli.run([*map(str, paged), str(page)]) == 0
    assert cli.run([*map(str, paged), str(page)]) == 0
    page.write_text(page.read_text().replace("page/all.jpg", "elsewhere"))
    assert f"{pictures / 'all.jpg'} already exists" in refused(capsys, *paged, page)
    assert cli.run([*map(str, paged), str(page), "--overwrite"]) == 0


def test_a_page_replaces_nothing_that_it_shows(paged, whole_pack, tmp_path, capsys):
    page, pictures = tmp_path / "page.md", tmp_path / "page"
    pictures.mkdir()
    (pictures / "all.jpg").symlink_to(tmp_path / "doodles" / "hill.png")
    told = refused(capsys, *paged, page, "--overwrite")
    assert f"{pictures / 'all.jpg'} would replace {tmp_path / 'doodles' / 'hill.png'}" in told
    beside = whole_pack.with_name("tiny.md")
    told = refused(capsys, *paged, beside, "--overwrite")
    assert f"{whole_pack} is an input, so {whole_pack} cannot be written to" in told
    assert not page.exists()
    assert not beside.exists()


def test_where_no_page_can_be(paged, tmp_path, capsys):
    (tmp_path / "page").write_text("no folder")
    told = refused(capsys, *paged, tmp_path / "page.md")
    assert (
        told
        == f"daub: {tmp_path / 'page'} cannot be written to: {tmp_path / 'page'} is not a folder.\n"
    )
    assert "must end in .md" in refused(capsys, *paged, tmp_path / "page")
    assert "does not exist" in refused(capsys, *paged, tmp_path / "none" / "page.md")
    (tmp_path / "folder.md").mkdir()
    assert "it is a folder" in refused(capsys, *paged, tmp_path / "folder.md")
