"""Tests of what paints the materials by the network, in the colours of what strokes copy."""

import shutil
import tomllib

import numpy as np
import pytest
import tomli_w

from engine.errors import EngineError
from engine.packs import network_loans, stroke_source
from engine.packs.borrowing import beside
from engine.packs.network_loans import CONTRAST, move_between, network_table
from engine.packs.region_colours import tint_of, to_lab
from engine.packs.stroke_source import stroke_style
from engine.packs.style_pack import BUILT_IN, read_pack, region_flows, region_table
from engine.requests import PaintedBy, PreviewRequest
from engine.studio import EnlargedLabels, Studio
from engine.tiles import Window
from engine.video.doodle_painter import DoodleLook
from engine.video.doodles import Doodle, DoodleFrame
from resources.materials import materials

IDS = {material.key: material.id for material in materials()}
STYLES = sorted(folder.name for folder in BUILT_IN.iterdir())


def table_of(style, meanings=None, find=None):
    folder = BUILT_IN / style
    return network_table(folder, read_pack(folder), find or beside(folder), meanings)


def region_of(style, key, meanings=None):
    """Return the name of the region by which the network paints a material."""
    table = table_of(style, meanings)
    regions = read_pack(BUILT_IN / style).region
    return regions[table.regions(table.numbers)[IDS[key]]].name


def filled(studio, style, key, meanings=None, labels=None):
    labels = np.full((96, 96), IDS[key], np.uint8) if labels is None else labels
    request = PreviewRequest(0, style, labels, 0, None, meanings=meanings or {})
    return studio.preview(request).pixels


@pytest.fixture(scope="module")
def studio():
    return Studio("cpu", "fp32")


def test_what_paints_a_material_has_the_same_number_as_by_strokes():
    meanings = {IDS["tree"]: PaintedBy("great-wave", "wave", "#204060")}
    for chosen in ({}, meanings):
        table = table_of("starry-night", chosen)
        folder = BUILT_IN / "starry-night"
        strokes = stroke_style(folder, 0.5, beside(folder), meanings=chosen)
        assert np.array_equal(table.numbers, strokes.table)
        assert list(table.flows) == list(strokes.painter.flows)


@pytest.mark.parametrize("style", STYLES)
def test_own_regions_paint_themselves(style):
    pack, table = read_pack(BUILT_IN / style), table_of(style)
    own = table.numbers < len(pack.region)
    assert np.array_equal(table.regions(table.numbers)[own], table.numbers[own])
    for region in pack.region:
        key = region.materials[0]
        if key not in pack.borrow:
            assert region_of(style, key) == region.name


def test_what_is_borrowed_is_painted_by_the_region_that_serves_what_it_shows():
    assert region_of("great-wave", "grass") == "swell", "its own, tinted"
    assert region_of("starry-night", "grass") == "foliage", "a wheat field's grass"
    as_boat = {IDS["sky"]: PaintedBy("sainte-adresse", "boat")}
    assert region_of("starry-night", "sky", as_boat) == "building"


def test_the_network_paints_in_the_colours_of_the_piece(studio):
    red = to_lab(filled(studio, "great-wave", "sun")).mean((0, 1))
    assert np.abs(red - tint_of("#cc5c3c")).max() < 12
    meanings = {IDS["sun"]: PaintedBy("great-wave", "sky", "#204060")}
    blue = to_lab(filled(studio, "great-wave", "sun", meanings)).mean((0, 1))
    assert np.abs(blue - tint_of("#204060")).max() < 12
    assert np.array_equal(
        filled(studio, "great-wave", "sun", {IDS["sun"]: PaintedBy("great-wave", "sky")}),
        filled(studio, "great-wave", "sky"),
    )


def test_a_pack_without_a_network_is_filled_with_the_colours_of_pieces(tmp_path):
    folder = tmp_path / "great-wave"
    shutil.copytree(BUILT_IN / "great-wave", folder)
    entries = tomllib.loads((folder / "style.toml").read_text("utf-8"))
    del entries["generator"]
    (folder / "style.toml").write_text(tomli_w.dumps(entries), "utf-8")
    flat = filled(Studio("cpu", "fp32", [tmp_path]), "great-wave", "sun")
    assert (flat == flat[0, 0]).all()
    assert np.abs(to_lab(flat)[0, 0] - tint_of("#cc5c3c")).max() < 4


def test_an_export_of_16_bits_has_the_same_colours(studio):
    labels = np.full((96, 96), IDS["sun"], np.uint8)
    style = studio._style("great-wave")
    deep = studio._paint(style, EnlargedLabels(labels, 1), 0, Window(0, 0, 96, 96), 16)
    assert deep.dtype == np.uint16
    eight = filled(studio, "great-wave", "sun")
    assert np.abs(deep / 257 - eight).max() <= 0.51
    assert (deep % 257 != 0).any()


def test_two_materials_of_one_region_have_a_border_and_their_own_colours(studio):
    labels = np.full((96, 96), IDS["grass"], np.uint8)
    labels[:, 48:] = IDS["field"]
    assert region_of("great-wave", "grass") == region_of("great-wave", "field")
    picture = to_lab(filled(studio, "great-wave", "grass", labels=labels))
    green, ochre = picture[:, :24].mean((0, 1)), picture[:, 72:].mean((0, 1))
    assert ochre[1] - green[1] > 8


def test_without_a_painting_nothing_is_borrowed(tiny_pack):
    pack = read_pack(tiny_pack)
    red = {0: PaintedBy("great-wave", "wave", "#ff0000")}
    table = network_table(tiny_pack, pack, beside(tiny_pack), red)
    assert table.recolouring is None
    assert np.array_equal(table.numbers, region_table(pack))
    assert table.flows == region_flows(pack)


def test_a_style_to_borrow_from_that_is_missing_leaves_the_fallbacks():
    def nowhere(style_id):
        raise EngineError(f"There is no style {style_id}.")

    table = table_of("olive-trees", find=nowhere)
    assert table.recolouring is None
    assert np.array_equal(table.numbers, region_table(read_pack(BUILT_IN / "olive-trees")))


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    for module in (network_loans, stroke_source):
        monkeypatch.setattr(module, "cache_file", lambda name: tmp_path / name)


def test_a_painting_that_is_damaged_leaves_the_colours_of_the_region(tmp_path, own_cache):
    damaged = tmp_path / "great-wave"
    shutil.copytree(BUILT_IN / "great-wave", damaged)
    (damaged / "painting.webp").write_bytes(b"no picture")
    water = {IDS["water"]: PaintedBy("great-wave", "wave")}
    table = table_of(
        "starry-night", water, lambda key: damaged if key == damaged.name else BUILT_IN / key
    )
    move = table.recolouring.move(int(table.numbers[IDS["water"]]))
    assert np.array_equal(move, np.eye(3, 4))


def test_a_move_is_measured_once_and_kept(own_cache, monkeypatch):
    table, number = table_of("great-wave"), int(table_of("great-wave").numbers[IDS["sun"]])
    first = table.recolouring.move(number)
    assert np.abs(first - np.eye(3, 4)).max() > 0.1
    monkeypatch.setattr(stroke_source, "colours_of_piece", None)
    assert np.array_equal(table.recolouring.move(number), first)
    assert np.array_equal(table_of("great-wave").recolouring.move(number), first)


def test_a_move_gives_mean_and_covariance():
    rng = np.random.default_rng(0)
    mixing = np.array([[1, 0.3, 0.1], [0.2, 0.8, 0.2], [0, 0.3, 0.9]])
    own = (128 + rng.normal(0, 20, (9000, 3))).clip(0, 255).astype(np.uint8)
    wanted = (110 + rng.normal(0, 16, (7000, 3)) @ mixing).clip(0, 255).astype(np.uint8)
    move = move_between(own, wanted)
    moved = own / 255 @ move[:, :3].T + move[:, 3]
    assert np.allclose(moved.mean(0), wanted.mean(0) / 255, atol=1e-4)
    assert np.allclose(np.cov(moved.T), np.cov(wanted.T / 255), atol=4e-4)


def test_contrast_changes_within_limits():
    rng = np.random.default_rng(1)
    plain, lively = (
        (128 + rng.normal(0, spread, (5000, 3))).clip(0, 255).astype(np.uint8) for spread in (2, 45)
    )
    for pair, limit in (((plain, lively), CONTRAST[1]), ((lively, plain), CONTRAST[0])):
        assert np.allclose(np.linalg.eigvalsh(move_between(*pair)[:, :3]), limit, atol=0.01)


def test_a_film_by_the_network_has_the_colours_of_what_the_user_chose(studio):
    meanings = {IDS["tree"]: PaintedBy("great-wave", "wave", "#c02040")}
    style = "starry-night"
    labels = np.full((96, 96), IDS["tree"], np.uint8)
    look = DoodleLook(style, by="network", meanings=tuple(meanings.items()))
    frame = DoodleFrame((Doodle(labels), Doodle(labels)), 0.0, None)
    picture = studio.doodle_painter(look, (IDS["tree"],)).paint(0, frame)
    assert np.array_equal(picture, filled(studio, style, "tree", meanings))
    assert not np.array_equal(picture, filled(studio, style, "tree"))
