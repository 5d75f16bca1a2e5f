"""Tests of the page of styles: all linked pictures exist, and they fit the size limit."""

import re
import shutil
import tomllib

import numpy as np
import pytest
import tomli_w
from PIL import Image

from engine.errors import EngineError
from engine.image import save_doodle
from engine.packs import gallery_page
from engine.packs.gallery_page import write_page


@pytest.fixture
def page(tmp_path, whole_pack):
    """Write a page of two styles, ``tiny`` and ``other``, and two doodles."""
    other = shutil.copytree(whole_pack, whole_pack.parent / "other")
    entries = tomllib.loads((other / "style.toml").read_text())
    figures = {"distance": -0.7, "small": 1.25, "thin": 2.75}
    entries |= {"id": "other", "title": "Another", "quality": figures}
    (other / "style.toml").write_text(tomli_w.dumps(entries))
    doodles = [tmp_path / "a-house.png", tmp_path / "trees.png"]
    for number, path in enumerate(doodles):
        save_doodle(path, np.full((40, 60), 3 * number, np.uint8))
    path = tmp_path / "styles.md"
    size = write_page(path, [whole_pack, other], doodles)
    assert size == sum(file.stat().st_size for file in (path, *(tmp_path / "styles").glob("*.jpg")))
    return path


def test_every_picture_is_there(page):
    links = re.findall(r"\]\((.+?\.jpg)\)", page.read_text())
    assert links == [f"styles/{name}.jpg" for name in ("doodles", "all", "tiny", "other")]
    for link in links:
        with Image.open(page.parent / link) as picture:
            assert picture.width > gallery_page.STRIP_WIDTH


def test_it_says_what_paints_what(page):
    text = page.read_text()
    assert "a house, trees" in text
    assert "Nobody, 2026. made by a test." in text
    assert "| sky | sun | mountain | tree |" in text
    assert "| Sky, *Cloud*, *Water* | Sun & Moon | Mountain," in text


def test_figures_that_miss_are_bold(page):
    text = page.read_text()
    assert "| Another | -0.70 | 1.25 | **2.75** | - | - |" in text
    assert "| *wanted* |  | at most 1.5 |" in text


def test_quality_is_lowered_until_all_fits(page, monkeypatch):
    noise = {"a": np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)}
    best = len(gallery_page._encoded(noise)["a"])
    monkeypatch.setattr(gallery_page, "MAX_BYTES", best // 2)
    assert best // 4 < len(gallery_page._encoded(noise)["a"]) <= best // 2


def test_nothing_to_show(tmp_path, whole_pack):
    with pytest.raises(EngineError, match=r"styles\.md needs"):
        write_page(tmp_path / "styles.md", [whole_pack], [])
    with pytest.raises(EngineError, match=r"styles\.md needs"):
        write_page(tmp_path / "styles.md", [], [tmp_path / "a.png"])
