"""Tests that strokes come from a pack's painting and from the pieces that it borrows."""

import gc
import shutil
import weakref

import numpy as np
import pytest
from safetensors.numpy import load_file

from engine.errors import EngineError
from engine.packs import stroke_source
from engine.packs.painting import read_painting
from engine.packs.region_colours import tint_of, to_lab
from engine.packs.stroke_source import stroke_style
from engine.packs.style_pack import BUILT_IN, read_pack
from engine.requests import PaintedBy
from engine.strokes import source_store
from engine.strokes.kernels import UNUSABLE
from engine.strokes.turned import TILES
from resources.materials import materials

IDS = {material.key: material.id for material in materials()}
STARRY = BUILT_IN / "starry-night"


def built_in(style_id):
    if not (BUILT_IN / style_id).exists():
        raise EngineError(f"There is no style {style_id}.")
    return BUILT_IN / style_id


def prepared(*used, stroke=0.5, meanings=None):
    ids = [IDS[key] for key in used] or None
    meanings = {IDS[key]: by for key, by in (meanings or {}).items()}
    return stroke_style(STARRY, stroke, built_in, meanings=meanings, used=ids)


def painted(style, above="sky", below="water"):
    labels = np.full((48, 64), IDS[above], np.uint8)
    labels[24:] = IDS[below]
    painting = style.begin(labels)
    *_, last = style.painter.paint(painting, labels.shape)
    return painting, last.picture


def test_borrowed_water_is_copied_from_the_other_painting_and_nothing_else_is():
    style, regions = prepared("sky", "water"), len(read_pack(STARRY).region)
    borrowed = style.table[IDS["water"]]
    assert style.table[IDS["sky"]] < regions <= borrowed
    painting, _ = painted(style)
    rows, water = painting.field >> 16, painting.levels[0].regions == borrowed
    (level, *_) = style.painter.source.levels
    first = level.main[0]
    assert 0.4 < water.mean() < 0.6
    assert (rows[~water] < first).all()
    assert (rows[water] >= first).all()
    assert set(np.unique(level.places[first:])) == {borrowed, UNUSABLE}


def turned_regions(style):
    """Return the regions with places in a turned copy of the painting."""
    (level, *_) = style.painter.source.levels
    copies = np.split(level.places[: level.main[0]], TILES)[1:]
    return set(np.unique(copies)) - {UNUSABLE}


def test_land_sky_and_waves_are_turned_but_things_and_calm_water_are_not():
    wave = stroke_style(BUILT_IN / "great-wave", 0.5, built_in, used=[IDS["sky"]])
    names = [region.name for region in read_pack(BUILT_IN / "great-wave").region]
    kept = {names.index(name) for name in ("boat", "figure")}
    assert turned_regions(wave) == set(range(len(names))) - kept
    calm = stroke_style(BUILT_IN / "san-giorgio-at-dusk", 0.5, built_in, used=[IDS["sky"]])
    names = [region.name for region in read_pack(BUILT_IN / "san-giorgio-at-dusk").region]
    turning = {names.index(name) for name in ("sky", "haze", "cypress")}
    assert turned_regions(calm) == turning, "the zenith has no direction"


def test_dots_without_a_direction_are_not_turned():
    style = stroke_style(BUILT_IN / "port-en-bessin", 0.5, built_in, used=[IDS["sky"]])
    names = [region.name for region in read_pack(BUILT_IN / "port-en-bessin").region]
    assert turned_regions(style) == {names.index("sky"), names.index("cloud")}


def test_a_borrowed_piece_is_turned_like_its_own_region():
    style = prepared("sky", "grass", "water")
    (level, *_) = style.painter.source.levels
    rows = {key: np.nonzero(level.places == style.table[IDS[key]])[0] for key in ("grass", "water")}
    tall = {key: np.ptp(found) for key, found in rows.items()}
    assert tall["grass"] > 2 * tall["water"], "three copies below each other, and calm water"


def test_only_what_is_used_is_borrowed_and_more_of_it_changes_nothing():
    few, many = prepared("sky", "water"), prepared("sky", "water", "boat", "figure")
    usable = [(one.painter.source.levels[0].places != UNUSABLE).sum() for one in (few, many)]
    assert usable[0] < usable[1]
    assert np.array_equal(painted(few)[1], painted(many)[1])
    assert np.array_equal(painted(few)[1], painted(prepared())[1])


def test_all_regions_have_places_at_all_levels():
    style = prepared()
    for level in style.painter.source.levels:
        assert (level.areas[np.unique(style.table[: len(materials())])] > 0).all()
        assert len(level.starts[0]) == level.areas.sum()


@pytest.mark.parametrize("stroke", [0.5, 2.0])
def test_a_meaning_replaces_what_the_style_says(stroke):
    meanings = {"water": PaintedBy("starry-night", "tree", "#c04020")}
    style = prepared("sky", "water", stroke=stroke, meanings=meanings)
    assert style.notes == ()
    _, picture = painted(style)
    red = to_lab(picture[30:]).mean((0, 1))
    assert np.abs(red - tint_of("#c04020")).max() < 12
    own = prepared("sky", "water", meanings={"water": PaintedBy("starry-night", "tree")})
    assert own.table[IDS["water"]] == own.table[IDS["tree"]]
    assert len(own.painter.source.rgb) == own.painter.source.levels[0].main[0]


@pytest.mark.parametrize(
    ("by", "why"),
    [
        (PaintedBy("nowhere", "sky"), "There is no style nowhere"),
        (PaintedBy("great-wave", "tram"), "The Great Wave off Kanagawa has no region tram"),
        (PaintedBy("great-wave", "wave", "blue"), "blue is not a colour"),
    ],
)
def test_a_meaning_that_does_not_exist_is_left_out_with_a_sentence(by, why):
    style = prepared("sky", "water", meanings={"water": by})
    (note,) = style.notes
    assert note.startswith("Water is painted as the style does: ")
    assert why in note
    assert np.array_equal(style.table, prepared("sky", "water").table)


def test_a_painting_to_borrow_from_that_is_damaged_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(stroke_source, "cache_file", lambda name: tmp_path / name)
    damaged = tmp_path / "great-wave"
    shutil.copytree(BUILT_IN / "great-wave", damaged)
    (damaged / "painting.webp").write_bytes(b"no picture")

    def find(style_id):
        return damaged if style_id == "great-wave" else built_in(style_id)

    wave = {IDS["water"]: PaintedBy("great-wave", "wave")}
    used = [IDS["sky"], IDS["water"]]
    style = stroke_style(STARRY, 0.5, find, meanings=wave, used=used)
    (note,) = style.notes
    assert "painting.webp" in note
    assert np.array_equal(painted(style)[1], painted(prepared("sky", "water"))[1])


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    for module in (stroke_source, source_store):
        monkeypatch.setattr(module, "cache_file", lambda name: folder / name)
    return folder


def same_source(style, other):
    for one, two in zip(style.painter.source.levels, other.painter.source.levels, strict=True):
        assert np.array_equal(one.pixels, two.pixels)
        assert np.array_equal(one.places, two.places)
        assert np.array_equal(one.similar, two.similar)
        assert one.unit == two.unit
    assert np.array_equal(style.painter.source.rgb, other.painter.source.rgb)
    for one, two in zip(style.painter.originals, other.painter.originals, strict=True):
        assert np.array_equal(one.rgb, two.rgb)
        assert one.place == two.place
    return True


def test_a_style_that_was_prepared_before_is_read_without_decoding_a_painting(
    own_cache, monkeypatch
):
    first = prepared("sky", "water", "boat")
    monkeypatch.setattr(stroke_source, "read_painting", None)
    assert same_source(prepared("sky", "water", "boat"), first)


@pytest.mark.parametrize("size", [0, 0.5, 0.999])
@pytest.mark.parametrize("kind", ["cut", "strokes"])
def test_a_damaged_cache_is_made_again(own_cache, kind, size):
    first = prepared("sky", "water")
    files = {path: load_file(path) for path in own_cache.glob(f"{kind}-*")}
    assert len(files) == 2, "the painting and a piece"
    for path in files:
        path.write_bytes(path.read_bytes()[: int(size * path.stat().st_size)])
    assert same_source(prepared("sky", "water"), first)
    for path, arrays in files.items():
        assert all(np.array_equal(array, arrays[key]) for key, array in load_file(path).items())


def test_pictures_for_larger_strokes_that_left_the_cache_are_cut_again(own_cache):
    first, second = prepared("sky", "water"), prepared("sky", "water")
    for path in own_cache.glob("cut-*"):
        path.unlink()
    assert same_source(second, first)


def test_decoded_paintings_are_released_while_the_style_is_used(own_cache, monkeypatch):
    prepared("sky")  # keeps the painting, not the piece
    decoded = []

    def read(folder, pack):
        painting = read_painting(folder, pack)
        decoded.append(weakref.ref(painting))
        return painting

    monkeypatch.setattr(stroke_source, "read_painting", read)
    style = prepared("sky", "water")
    gc.collect()
    assert len(decoded) == 2, "its own and the lender's"
    assert not any(each() for each in decoded)
    assert style.painter.originals[0].rgb.any()


def test_a_painting_that_is_not_what_the_style_declares_is_refused_also_when_known(
    own_cache, tmp_path
):
    folder = tmp_path / "starry-night"
    shutil.copytree(STARRY, folder)
    used = [IDS["sky"]]
    stroke_style(folder, 0.5, built_in, used=used)
    painting = folder / "painting.webp"
    painting.write_bytes(painting.read_bytes()[:-1] + b"x")
    with pytest.raises(EngineError, match=r"painting.webp is not the file that style.toml"):
        stroke_style(folder, 0.5, built_in, used=used)


def test_a_larger_size_shares_the_source():
    ids = [IDS["sky"], IDS["water"]]
    one = stroke_style(STARRY, 1.0, built_in, used=ids)
    shared = stroke_style(STARRY, 2.0, built_in, one, used=ids)
    assert shared.painter.source is one.painter.source
    alone = stroke_style(STARRY, 2.0, built_in, used=ids)
    assert np.array_equal(painted(shared)[1], painted(alone)[1])


def test_larger_sizes_share_what_they_copy_from():
    folder = BUILT_IN / "great-wave"
    one = stroke_style(folder, 1.0, built_in)
    alone, like = (stroke_style(folder, 2.5, built_in, start) for start in (None, one))
    assert like.painter.source is one.painter.source
    assert np.array_equal(like.painter.large, alone.painter.large)
    assert like.painter.enlarged == alone.painter.enlarged == 40
    assert stroke_style(folder, 1.0, built_in, like).painter.large is one.painter.source.rgb
    small = stroke_style(folder, 0.5, built_in, one).painter
    assert small.source.rgb.shape[1] < one.painter.source.rgb.shape[1]


def test_a_missing_style_to_borrow_from_is_reported():
    def missing(style_id):
        raise EngineError(f"There is no style {style_id}.")

    with pytest.raises(EngineError, match="There is no style"):
        stroke_style(STARRY, 1.0, missing)


def test_a_pack_without_a_painting_says_so(tiny_pack):
    with pytest.raises(EngineError, match="has no painting"):
        stroke_style(tiny_pack, 1.0, built_in)
