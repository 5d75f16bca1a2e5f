"""The guide that Help > Guide opens: complete, without a network, and without a broken link."""

import re
from pathlib import Path

import pytest

from app.platform import guide as guide_module
from app.platform.guide import PAGES, ROOT, guide, guide_exists, page_name, write_guide

TARGET = re.compile(r'(?:href|src)="([^"]+)"')


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_guide(tmp_path_factory.mktemp("guide")).parent


def test_it_has_the_pages_of_the_site_in_their_order() -> None:
    nav = (ROOT / "mkdocs.yml").read_text("utf-8")
    part = nav.partition("- Guide:")[2].partition("- Style gallery")[0]
    assert tuple(re.findall(r"[\w/-]+\.md", part)) == PAGES


@pytest.mark.parametrize("name", PAGES)
def test_every_link_and_picture_is_in_the_folder(folder: Path, name: str) -> None:
    page = (folder / page_name(name)).read_text("utf-8")
    targets = TARGET.findall(page)
    assert len(targets) >= len(PAGES)
    for target in targets:
        file, _, anchor = target.partition("#")
        file = file or page_name(name)
        assert (folder / file).is_file(), target
        if anchor:
            assert f'id="{anchor}"' in (folder / file).read_text("utf-8"), target
    assert page.count('aria-current="page"') == 1


def test_nothing_is_loaded_from_elsewhere_and_what_lies_outside_is_no_link(folder: Path) -> None:
    pages = [(folder / page_name(name)).read_text("utf-8") for name in PAGES]
    assert not any("http" in target for page in pages for target in TARGET.findall(page))
    assert any("training" in (ROOT / "docs" / name).read_text("utf-8") for name in PAGES)
    assert not any(".md" in target for page in pages for target in TARGET.findall(page))


def test_tables_and_pictures_are_there(folder: Path) -> None:
    page = (folder / "painting.html").read_text("utf-8")
    assert page.count("<table>") >= 2
    assert (folder / "painting.webp").read_bytes() == (
        ROOT / "docs" / "pictures" / "painting.webp"
    ).read_bytes()


def test_pages_that_are_shipped_are_opened_as_they_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(guide_module, "DOCS", tmp_path / "none")
    monkeypatch.setattr(guide_module, "SHIPPED", tmp_path / "guide")
    assert not guide_exists()
    (tmp_path / "guide").mkdir()
    (tmp_path / "guide" / "start.html").write_text("", "utf-8")
    assert guide_exists()
    assert guide() == tmp_path / "guide" / "start.html"
