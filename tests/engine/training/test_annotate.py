"""``daub annotate``: shapes become a region map, wrong shapes one sentence."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
from PIL import Image

from app.cli import main as cli
from engine.errors import EngineError
from engine.image import save_png
from engine.packs.region_map import (
    UNASSIGNED,
    draw_shapes,
    load_region_map,
    rounded,
    save_region_map,
)
from engine.training.annotate import annotate, map_size, working_painting
from engine.training.overlay import grid_picture, review_picture, save_picture
from tests.support.command_line import refused

SKY = {"region": "sky", "polygon": [[0, 0], [160, 0], [160, 64], [0, 64]]}
GROUND = {"region": "ground", "polygon": [[0, 56], [160, 56], [160, 120], [0, 120]]}
SUN = {"region": "sun", "circle": [40, 30, 2]}


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack of three regions that is not trained, beside ``painting.png`` with an edge at 60."""
    folder = tmp_path / "meadow"
    folder.mkdir()
    names = ("sky", "ground", "sun")
    entries = {
        "format": 1,
        "id": "meadow",
        "title": "Meadow",
        "artist": "Nobody",
        "year": "2026",
        "credit": "made by a test",
        "licence": "MIT",
        "region": [{"name": n, "materials": [n], "colour": "#102030"} for n in names],
    }
    (folder / "style.toml").write_text(tomli_w.dumps(entries))
    painting = np.full((120, 160, 3), (40, 70, 160), np.uint8)
    painting[60:] = 60, 120, 30
    painting[28:33, 38:43] = 250, 240, 80
    save_png(tmp_path / "painting.png", painting)
    return folder


@pytest.fixture
def draw(pack: Path) -> Callable[..., Path]:
    """Writes ``polygons.json`` with these shapes and entries and returns the painting's path."""

    def write(*shapes: Any, **entries: Any) -> Path:
        text = json.dumps({**entries, "shapes": shapes})
        (pack / "polygons.json").write_text(text)
        return pack.parent / "painting.png"

    return write


def test_shapes_become_the_region_map_of_the_pack(pack, draw):
    painting = draw(SKY, GROUND, SUN)
    made = annotate(pack, painting)
    regions = load_region_map(pack / "regions.png")
    np.testing.assert_array_equal(regions, made.regions)
    assert (regions[:58] == 1).sum() == 0
    assert (regions[62:] == 1).all()
    assert regions[30, 40] == 2
    assert made.shares()["ground"] == pytest.approx(0.5, abs=0.03)


def test_the_map_names_its_painting(pack, draw):
    painting = draw(SKY, GROUND, painting="meadow.jpg")
    annotate(pack, painting)
    sha256 = hashlib.sha256(painting.read_bytes()).hexdigest()
    with Image.open(pack / "regions.png") as picture:
        assert picture.text == {"painting": "meadow.jpg", "painting-sha256": sha256}


def test_what_the_drawing_leaves_out_is_written_into_it_once(pack, draw):
    painting = draw(SKY, {**GROUND, "smooth": True, "note": "all of it"})
    annotate(pack, painting, band=3)
    text = (pack / "polygons.json").read_text()
    assert '"polygon": [[0, 0], [160, 0], [160, 64], [0, 64]]}' in text
    written = json.loads(text)
    assert written["shapes"] == [SKY, {**GROUND, "smooth": True, "note": "all of it"}]
    assert written["sha256"] == hashlib.sha256(painting.read_bytes()).hexdigest()
    assert (written["painting"], written["size"], written["band"]) == (
        "painting.png",
        [160, 120],
        3,
    )
    before, text = load_region_map(pack / "regions.png"), (pack / "polygons.json").read_text()
    annotate(pack, painting)
    assert (pack / "polygons.json").read_text() == text
    np.testing.assert_array_equal(load_region_map(pack / "regions.png"), before)


def test_the_map_has_the_size_of_the_drawing(pack, draw):
    painting = draw({"region": "sky", "ellipse": [40, 30, 20, 10]}, size=[80, 60])
    made = annotate(pack, painting)
    assert made.regions.shape == (60, 80)
    assert made.painting.shape == (60, 80, 3)
    assert working_painting(pack, painting).shape == (60, 80, 3)


def test_large_paintings_are_drawn_smaller():
    assert map_size(np.zeros((1333, 2000, 3), np.uint8)) == (1280, 853)
    assert map_size(np.zeros((1025, 800, 3), np.uint8)) == (800, 1025)


@pytest.mark.parametrize(
    ("shape", "sentence"),
    [
        ({"region": "sky", "polygon": [[0, 0], [9, 0]]}, r"shape 2 \(sky\): polygon: .*at least 3"),
        (
            {"region": "sky", "polygon": [[0, 0], [9, 0], [9, "x"]]},
            r"shape 2 \(sky\): polygon: 3: 2: ",
        ),
        ({"region": "sky", "circle": [4, 4, -1]}, r"shape 2 \(sky\): circle: 3: "),
        ({"region": "sky", "circle": [4, 4, float("nan")]}, r"shape 2 \(sky\): circle: 3: "),
        ({"region": "sky", "ellipse": [4, 4, 1]}, r"shape 2 \(sky\): ellipse: "),
        ({"region": "sky"}, r"shape 2 \(sky\): needs one of polygon, circle and ellipse"),
        ({**SKY, "circle": [4, 4, 2]}, r"shape 2 \(sky\): needs one of"),
        ({**SKY, "smoth": True}, r"shape 2 \(sky\): smoth: "),
        ({"region": "moon", "circle": [4, 4, 2]}, r"shape 2 belongs to moon; .* sky, ground, sun"),
        ({"circle": [4, 4, 2]}, r"shape 2: region: field required"),
        ("sky", r"shape 2: "),
    ],
)
def test_a_wrong_shape_is_named(pack, draw, shape, sentence):
    painting = draw(GROUND, shape)
    with pytest.raises(EngineError, match=rf"polygons\.json: {sentence}.*\.$") as caught:
        annotate(pack, painting)
    assert "\n" not in str(caught.value)
    assert not (pack / "regions.png").exists()


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ({"sha256": "0" * 64}, "drawn on another picture"),
        ({"sha256": "abc"}, "polygons.json: sha256: "),
        ({"size": [120, 160]}, "120 x 160"),
        ({"band": 0}, "polygons.json: band: "),
    ],
)
def test_a_drawing_that_does_not_fit_the_painting_is_refused(pack, draw, entries, sentence):
    painting = draw(SKY, **entries)
    with pytest.raises(EngineError, match=sentence):
        annotate(pack, painting)
    assert not (pack / "regions.png").exists()


@pytest.mark.parametrize("text", ["not JSON", "[1, 2]", "\udcff"])
def test_a_file_that_is_no_drawing_gives_one_sentence(pack, draw, text):
    painting = draw()
    (pack / "polygons.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(EngineError, match=r"polygons\.json"):
        annotate(pack, painting)


def test_a_turned_ellipse_lies_where_it_should():
    regions = draw_shapes([{"region": "sky", "ellipse": [50, 50, 40, 5, 90]}], ["sky"], (100, 100))
    rows, columns = np.nonzero(regions == 0)
    assert np.ptp(rows) == pytest.approx(80, abs=2)
    assert np.ptp(columns) == pytest.approx(10, abs=2)


def test_a_rounded_polygon_goes_through_its_corners_and_has_none():
    corners = np.array([[0.0, 0.0], [100, 0], [100, 100], [0, 100]])
    curve = rounded(corners)
    for corner in corners:
        assert np.linalg.norm(curve - corner, axis=1).min() < 1e-9
    steps = np.diff(np.vstack([curve, curve[:1]]), axis=0)
    turns = np.abs(np.diff(np.unwrap(np.arctan2(*steps.T))))
    assert turns.max() < np.pi / 6


def test_a_short_edge_after_a_long_one_makes_no_loop():
    corners = np.array([[0.0, 0.0], [1000, 0], [1003, 2], [1000, 6], [0, 40]])
    assert rounded(corners)[:, 0].max() < 1010


def test_grid_lies_on_its_coordinates():
    picture = grid_picture(np.zeros((400, 800, 3), np.uint8))
    assert picture.shape == (800, 1600, 3)
    bright = picture[-1, :, 0] > 0
    np.testing.assert_array_equal(np.flatnonzero(bright), np.arange(8) * 200)


def test_a_crop_is_enlarged_under_a_finer_grid():
    picture = grid_picture(np.zeros((400, 800, 3), np.uint8), (90, 50, 190, 100))
    assert picture.shape == (800, 1600, 3)
    assert np.flatnonzero(picture[-1, :, 0]).tolist() == [160 * i for i in range(10)]
    with pytest.raises(EngineError, match="800 x 400"):
        grid_picture(np.zeros((400, 800, 3), np.uint8), (900, 0, 950, 50))


def test_review_tints_every_region_differently(pack, draw):
    made = annotate(pack, draw(SKY, GROUND, SUN, {"region": "none", "circle": [120, 90, 20]}))
    review = review_picture(made)
    assert review.shape[0] > 1200
    plain = grid_picture(made.painting)
    places = {0: (50, 550), 1: (1000, 550), 2: (300, 400), UNASSIGNED: (900, 1190)}
    tints = {number: review[at].astype(int) - plain[at] for number, at in places.items()}
    assert len({tuple(np.sign(tint)) for tint in tints.values()}) == 4


def test_a_review_in_an_unknown_format_is_refused(tmp_path):
    with pytest.raises(EngineError, match=r"map\.txt cannot be written"):
        save_picture(tmp_path / "map.txt", np.zeros((4, 4, 3), np.uint8))


def test_command_prints_shares_and_warns_of_small_regions(pack, draw, capsys):
    painting, review = draw(SKY, GROUND, SUN), pack / "review.jpg"
    assert (
        cli.run(["annotate", str(pack), "--painting", str(painting), "--review", str(review)]) == 0
    )
    said = capsys.readouterr().out
    assert "sky" in said
    assert "Warning: sun covers" in said
    assert "Warning: ground" not in said
    with Image.open(review) as picture:
        assert picture.format == "JPEG"


def test_command_draws_a_grid_before_there_are_shapes(pack, draw, capsys):
    painting, grid = draw(), pack / "grid.png"
    (pack / "polygons.json").unlink()
    arguments = ["annotate", str(pack), "--painting", str(painting), "--grid", str(grid)]
    assert cli.run([*arguments, "--crop", "0,0,80,60"]) == 0
    assert grid.exists()
    assert not (pack / "regions.png").exists()
    assert cli.run([*arguments, "--crop", "0,0,80"]) == 2
    assert "four whole numbers" in capsys.readouterr().err


def test_command_draws_over_no_map_but_its_own(pack, draw, capsys):
    painting, regions = draw(SKY, GROUND), pack / "regions.png"
    drawn_by_hand = np.eye(120, 160, dtype=np.uint8)
    save_region_map(regions, drawn_by_hand, [(0, 0, 0), (9, 9, 9)], {})
    command = "annotate", pack, "--painting", painting
    told = refused(capsys, *command)
    assert told == f"daub: {regions} already exists. Use --overwrite to replace it.\n"
    assert np.array_equal(load_region_map(regions), drawn_by_hand)
    assert cli.run([*map(str, command), "--overwrite"]) == 0
    assert cli.run([str(word) for word in command]) == 0
    assert not np.array_equal(load_region_map(regions), drawn_by_hand)


@pytest.mark.parametrize("option", ["--review", "--grid"])
def test_command_shows_only_in_files_of_daubs(option, pack, draw, tmp_path, capsys):
    painting, view = draw(SKY, GROUND), tmp_path / "view.webp"
    Image.new("RGB", (8, 8)).save(view)
    before, command = view.read_bytes(), ["annotate", pack, "--painting", painting, option]
    assert f"{view} already exists" in refused(capsys, *command, view)
    assert view.read_bytes() == before
    assert not (pack / "regions.png").exists()
    assert cli.run([*map(str, command), str(view), "--overwrite"]) == 0
    assert cli.run([*map(str, command), str(view)]) == 0
    annotate(pack, painting)
    regions = pack / ".." / "meadow" / "regions.png"
    for source in (painting, regions):
        told = refused(capsys, *command, source, "--overwrite")
        assert f"{source} would replace" in told
    assert "it is a folder" in refused(capsys, *command, pack.rename(tmp_path / "folder.png"))


def test_command_never_draws_over_the_painting(pack, draw, capsys):
    draw(SKY, GROUND)
    painting = pack / "regions.png"
    painting.symlink_to(pack.parent / "painting.png")
    before = painting.read_bytes()
    told = refused(capsys, "annotate", pack, "--painting", painting, "--overwrite")
    assert f"{painting} would replace {painting}, which is an input" in told
    assert painting.read_bytes() == before


def test_a_folder_is_no_painting(pack, draw, capsys):
    draw(SKY, GROUND)
    told = refused(capsys, "annotate", pack, "--painting", pack)
    assert told == f"daub: {pack} is a folder, not a picture.\n"
