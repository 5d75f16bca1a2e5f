"""Tests of what paints each material with strokes."""

import pytest

from engine.errors import EngineError
from engine.packs.borrowing import beside, default_loans, strokes_by
from engine.packs.style_pack import BUILT_IN, Loan, read_pack
from engine.requests import PaintedBy
from resources.materials import materials

STYLES = sorted(folder.name for folder in BUILT_IN.iterdir())


def changed(style, **fields):
    return read_pack(BUILT_IN / style).model_copy(update=fields)


def without(style, *keys):
    """A pack of the user: a built-in one that lists some materials no more and borrows nothing."""
    regions = read_pack(BUILT_IN / style).region
    fewer = [
        region.model_copy(update={"materials": tuple(k for k in region.materials if k not in keys)})
        for region in regions
    ]
    return changed(style, id="mine", region=tuple(fewer), borrow={})


@pytest.mark.parametrize("style", STYLES)
def test_every_style_paints_every_material_from_a_region_made_for_it_or_its_kin(style):
    pack = read_pack(BUILT_IN / style)
    painters = strokes_by(pack, beside(BUILT_IN / style))
    assert set(painters) == {material.key for material in materials()}
    for material in materials():
        by = painters[material.key]
        lender = read_pack(BUILT_IN / by.style)
        (region,) = [region for region in lender.region if region.name == by.region]
        made_for = region.materials[0]
        listed = material.key in region.materials
        assert made_for in (material.key, *material.kin) or by.tint or listed, (material.key, by)


@pytest.mark.parametrize("style", STYLES)
def test_no_two_materials_look_the_same(style):
    """Neither the sun a cloud, nor grass the sea: each has strokes or colours of its own."""
    painters = strokes_by(read_pack(BUILT_IN / style), beside(BUILT_IN / style))
    alike = {}
    for key, by in painters.items():
        alike.setdefault(by, []).append(key)
    kin = {material.key: material.kin for material in materials()}
    for keys in alike.values():
        assert all(b in kin[a] or a in kin[b] for a in keys for b in keys if a != b), keys


def test_what_a_pack_says_about_itself_is_done():
    painters = strokes_by(without("starry-night", "boat"), beside(BUILT_IN / "starry-night"))
    assert painters["sky"] == PaintedBy("mine", "sky")
    assert painters["water"] == PaintedBy("mine", "sky")
    tinted = changed("starry-night", borrow={"water": Loan(region="sky", tint="#203040")})
    painters = strokes_by(tinted, beside(BUILT_IN / "starry-night"))
    assert painters["water"] == PaintedBy("starry-night", "sky", "#203040")


def test_a_style_alone_lends_what_paints_the_material_there():
    pack = changed("starry-night", borrow={"grass": Loan(style="port-en-bessin")})
    painters = strokes_by(pack, beside(BUILT_IN / "starry-night"))
    assert painters["grass"] == PaintedBy("port-en-bessin", "grass")


def test_what_no_region_lists_is_borrowed_from_the_same_hand_nearest_in_time():
    loans = default_loans(without("starry-night", "water", "boat", "figure"))
    assert loans["water"] == Loan(style="starry-night-over-the-rhone", region="water")
    assert loans["figure"] == Loan(style="houses-and-figure", region="figure")
    # No Van Gogh here has a boat; the nearest in time that has one is by another hand.
    assert loans["boat"].style in STYLES
    assert read_pack(BUILT_IN / loans["boat"].style).artist != "Vincent van Gogh"


def test_kin_in_the_painting_comes_before_a_stranger():
    pack = without("wheat-field-with-cypresses", "rock")
    assert "rock" not in default_loans(pack)
    painters = strokes_by(pack, beside(BUILT_IN / "starry-night"))
    assert painters["rock"] == PaintedBy("mine", "mountain")


def test_kin_that_is_borrowed_is_no_kin_in_the_painting():
    pack = without("starry-night", "tree", "foliage", "grass")
    pack = pack.model_copy(update={"borrow": {"tree": Loan(style="olive-trees")}})
    assert "tree" not in default_loans(pack)
    painters = strokes_by(pack, beside(BUILT_IN / "starry-night"))
    lender = read_pack(BUILT_IN / painters["foliage"].style)
    made_for = {region.name: region.materials[0] for region in lender.region if region.materials}
    assert made_for[painters["foliage"].region] == "foliage"


def test_a_pack_without_a_painting_borrows_nothing(tiny_pack):
    pack = read_pack(tiny_pack)
    assert default_loans(pack) == strokes_by(pack, beside(tiny_pack)) == {}


def test_an_unknown_style_is_one_sentence(tmp_path):
    with pytest.raises(EngineError, match="There is no style nowhere"):
        beside(tmp_path)("nowhere")
