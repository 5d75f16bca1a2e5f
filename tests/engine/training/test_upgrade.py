"""Upgrading packs to format 2: the painting goes in, twice the same bytes, nothing else changes."""

import json
import tomllib

import numpy as np
import pytest

from app.cli import main as cli
from engine.errors import EngineError
from engine.image import save_png
from engine.packs import pack_writer
from engine.packs.edition import edition
from engine.packs.pack_writer import painting_file
from engine.packs.painting import read_painting
from engine.packs.region_map import load_region_map
from engine.packs.style_pack import read_pack
from engine.training.annotate import annotate, read_drawing
from engine.training.upgrade import renew, upgrade
from tests.support.command_line import refused

SHAPES = [
    {"region": "sky", "polygon": [[0, 0], [120, 0], [120, 40], [0, 40]]},
    {"region": "sun", "circle": [60, 20, 12]},
    {"region": "mountain", "polygon": [[0, 40], [120, 40], [120, 60], [0, 60]]},
    {"region": "tree", "polygon": [[0, 60], [120, 60], [120, 80], [0, 80]]},
]
AVOID = [[[100, 60], [119, 60], [119, 79], [100, 79]]]


@pytest.fixture
def painting(tmp_path):
    folder = tmp_path / "paintings"
    folder.mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (80, 120, 3)).astype(np.uint8)
    save_png(folder / "painting.png", pixels)
    return folder / "painting.png"


@pytest.fixture
def drawn_pack(tiny_pack, painting):
    """A pack of format 1 with polygons.json and regions.png."""
    drawing = {"shapes": SHAPES, "avoid": AVOID}
    (tiny_pack / "polygons.json").write_text(json.dumps(drawing))
    annotate(tiny_pack, painting)
    return tiny_pack


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_format_1_becomes_format_2(drawn_pack, painting):
    before, entries = contents(drawn_pack), tomllib.loads((drawn_pack / "style.toml").read_text())
    was = edition(read_pack(drawn_pack))
    made = upgrade(drawn_pack, painting)
    after, pack = contents(drawn_pack), read_pack(drawn_pack)
    assert (made.size, made.original, made.quality) == ((120, 80), (120, 80), 95)
    assert "no more than 120 x 80 pixels" in str(made)
    assert (pack.format, pack.strokes.width, pack.strokes.uniformity) == (2, 120, 100)
    assert edition(pack) != was
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"painting.webp", "avoid.png", "map.png", "style.toml"}
    now = tomllib.loads((drawn_pack / "style.toml").read_text())
    assert {key: now[key] for key in entries if key not in ("format", "region")} == {
        key: value for key, value in entries.items() if key not in ("format", "region")
    }
    flows = [region.pop("flow") for region in now["region"]]
    assert now["region"] == entries["region"]
    assert all(set(flow) == {"strength", "direction", "bias", "turn"} for flow in flows)
    read = read_painting(drawn_pack, pack)
    assert read.avoid.sum() == 20 * 20
    drawn = load_region_map(drawn_pack / "regions.png")
    assert (drawn == 255).any()
    np.testing.assert_array_equal(read.regions[drawn != 255], drawn[drawn != 255])
    assert (load_region_map(drawn_pack / "map.png") != 255).all()


def test_twice_gives_the_same_bytes_and_keeps_what_was_tuned(drawn_pack, painting):
    upgrade(drawn_pack, painting)
    path = drawn_pack / "style.toml"
    path.write_text(path.read_text().replace("uniformity = 100", "uniformity = 180"))
    upgrade(drawn_pack, painting)
    first = contents(drawn_pack)
    upgrade(drawn_pack, painting)
    assert contents(drawn_pack) == first
    assert read_pack(drawn_pack).strokes.uniformity == 180


def test_a_mask_drawn_by_hand_stays(drawn_pack, painting):
    upgrade(drawn_pack, painting)
    mask = (drawn_pack / "avoid.png").read_bytes()
    drawing = json.loads((drawn_pack / "polygons.json").read_text())
    del drawing["avoid"]
    (drawn_pack / "polygons.json").write_text(json.dumps(drawing))
    upgrade(drawn_pack, painting)
    assert (drawn_pack / "avoid.png").read_bytes() == mask
    (drawn_pack / "avoid.png").unlink()
    assert upgrade(drawn_pack, painting).avoided == 0
    assert read_pack(drawn_pack).painting.avoid is None


@pytest.mark.parametrize("name", ["painting.webp", "map.png", "avoid.png"])
def test_files_of_these_names_that_the_pack_does_not_name_stay(name, drawn_pack, painting):
    (drawn_pack / name).write_bytes(b"the user's own")
    before = contents(drawn_pack)
    with pytest.raises(EngineError, match=f"{name} would be replaced, but style.toml does not"):
        upgrade(drawn_pack, painting)
    assert contents(drawn_pack) == before


def test_a_map_drawn_again_renews_the_pack(drawn_pack, painting):
    assert renew(drawn_pack, painting) is None
    upgrade(drawn_pack, painting)
    command = ["annotate", str(drawn_pack), "--painting", str(painting), "--band", "3"]
    assert cli.run(command) == 0
    read_painting(drawn_pack, read_pack(drawn_pack))


def test_a_large_painting_gets_less_quality(monkeypatch, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (100, 150, 3)).astype(np.uint8)
    best, _ = painting_file(pixels, tmp_path)
    monkeypatch.setattr(pack_writer, "LARGEST_PAINTING", len(best) * 3 // 4)
    content, quality = painting_file(pixels, tmp_path)
    assert 30 <= quality < 95
    assert len(content) <= len(best) * 3 // 4
    monkeypatch.setattr(pack_writer, "LARGEST_PAINTING", 100)
    with pytest.raises(EngineError, match="would be larger than"):
        painting_file(pixels, tmp_path)


def other_painting(folder, painting):
    save_png(painting, np.zeros((80, 120, 3), np.uint8))


def larger_map(folder, painting):
    path = folder / "polygons.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"size": [240, 160]}))
    annotate(folder, painting)


def stale_map(folder, painting):
    path = folder / "polygons.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"size": [60, 40]}))


REFUSED = {
    "another painting": (other_painting, "is not what .*polygons.json was drawn on"),
    "no painting": (lambda folder, painting: painting.unlink(), "painting.png cannot be read"),
    "no map": (lambda folder, painting: (folder / "regions.png").unlink(), "regions.png"),
    "a larger map": (larger_map, "is larger than .*painting.png"),
    "a map of another size": (stale_map, "regions.png is not what .*polygons.json says"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused_and_nothing_is_written(drawn_pack, painting, name):
    change, words = REFUSED[name]
    change(drawn_pack, painting)
    before = contents(drawn_pack)
    with pytest.raises(EngineError, match=words):
        upgrade(drawn_pack, painting)
    assert contents(drawn_pack) == before


def test_outlines_to_avoid_are_kept_in_the_drawing(drawn_pack):
    names = [region.name for region in read_pack(drawn_pack).region]
    drawing = read_drawing(drawn_pack / "polygons.json", names)
    assert [list(map(list, outline)) for outline in drawing.avoid] == AVOID
    text = (drawn_pack / "polygons.json").read_text()
    assert "  [[100, 60], [119, 60], [119, 79], [100, 79]]\n" in text


def test_the_command(drawn_pack, painting, capsys):
    command = ["styles", str(drawn_pack), "--upgrade"]
    assert cli.run(command) == 2
    assert "--paintings" in capsys.readouterr().err
    assert cli.run(["styles", "--upgrade", "--paintings", str(painting.parent)]) == 2
    capsys.readouterr()
    assert cli.run([*command, "--paintings", str(painting.parent)]) == 0
    assert capsys.readouterr().out.startswith("tiny: painting.webp 120 x 80 pixels, ")
    nowhere = painting.parent / "nowhere"
    assert "does not exist" in refused(capsys, *command, "--paintings", nowhere)


def test_the_command_never_replaces_its_painting(drawn_pack, painting, capsys):
    (drawn_pack / "map.png").hardlink_to(painting)
    before, options = painting.read_bytes(), ["--paintings", painting.parent]
    told = refused(capsys, "styles", drawn_pack, "--upgrade", *options)
    assert told == (
        f"daub: {drawn_pack / 'map.png'} would replace {painting}, which is an input. "
        "Choose another name.\n"
    )
    assert painting.read_bytes() == before
    assert read_pack(drawn_pack).painting is None
