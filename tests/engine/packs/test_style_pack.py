"""Tests of reading packs: what is valid, and one error sentence for everything else."""

import hashlib
import tomllib

import numpy as np
import pytest
import tomli_w
import torch
from safetensors.torch import save

from engine.errors import EngineError
from engine.packs.edition import edition
from engine.packs.style_info import style_info
from engine.packs.style_pack import (
    BUILT_IN,
    edge_kinds,
    pack_folders,
    read_generator,
    read_pack,
    region_table,
    served_by,
)
from resources.materials import EDGES, materials
from tests.conftest import pack_entries, write_pack


def rewrite(folder, change):
    path = folder / "style.toml"
    entries = tomllib.loads(path.read_text())
    change(entries)
    path.write_text(tomli_w.dumps(entries))


def test_a_valid_pack_is_read(tiny_pack):
    pack = read_pack(tiny_pack)
    assert [region.name for region in pack.region] == ["sky", "sun", "mountain", "tree"]
    model = read_generator(tiny_pack, pack)
    assert all(value.dtype is torch.float32 for value in model.state_dict().values())


HASH = "0123456789abcdef" * 4
PAINTING = {"file": "painting.webp", "sha256": HASH, "map_sha256": HASH}
FLOW = {"strength": 0.8, "direction": -12.5, "bias": 0.3, "turn": 240.0}


def newer(entries, flow=None, **tables):
    """Make style.toml format 2 with these tables."""
    entries.update(format=2, **tables)
    if flow is not None:
        entries["region"][1]["flow"] = flow


def test_format_2_goes_round(tiny_pack):
    boat = {"style": "sainte-adresse", "region": "boat", "tint": "#4a3a2c"}
    borrow = {"water": {"style": "starry-night-over-the-rhone"}, "boat": boat}
    avoid = {"avoid": "avoid.png", "avoid_sha256": HASH}
    strokes = {"width": 700, "uniformity": 250, "streaks": 40}
    tables = {"painting": PAINTING | avoid, "strokes": strokes, "borrow": borrow}
    rewrite(tiny_pack, lambda e: newer(e, flow=FLOW, **tables))
    pack = read_pack(tiny_pack)
    written = pack.model_dump(mode="json", exclude_unset=True)
    assert {key: written[key] for key in tables} == tables
    assert written["region"][1]["flow"] == FLOW
    assert pack.region[0].flow is None
    assert (pack.strokes.region, pack.strokes.coherence, pack.strokes.direction) == (110, 100, 70)


def test_a_pack_may_change_the_borders_of_a_material(tiny_pack):
    usual = edge_kinds(read_pack(tiny_pack))
    rewrite(tiny_pack, lambda e: newer(e, edges={"tree": "hard", "boat": "wavy"}))
    kinds, ids = edge_kinds(read_pack(tiny_pack)), {m.key: m.id for m in materials()}
    names = {key: (EDGES[usual[number]], EDGES[kinds[number]]) for key, number in ids.items()}
    assert names["tree"] == ("ragged", "hard")
    assert names["boat"] == ("hard", "wavy")
    assert {old == new for key, (old, new) in names.items() if key not in ("tree", "boat")} == {
        True
    }
    assert not kinds[len(ids) :].any()


def test_format_1_has_the_defaults_and_keeps_its_edition(tiny_pack):
    pack = read_pack(tiny_pack)
    assert (pack.format, pack.painting, pack.borrow) == (1, None, {})
    assert (pack.strokes.width, pack.strokes.uniformity) == (896, 100)
    parts = pack.generator.sha256.encode() + region_table(pack).tobytes()
    assert edition(pack) == hashlib.sha256(parts).hexdigest()


def test_the_edition_knows_everything_that_strokes_depend_on(tiny_pack):
    seen = {edition(read_pack(tiny_pack))}
    changes = [
        {"painting": PAINTING},
        {"painting": PAINTING | {"map_sha256": HASH[::-1]}},
        {"strokes": {"uniformity": 101}},
        {"borrow": {"water": "other"}},
        {"borrow": {"water": {"style": "other", "region": "river"}}},
        {"borrow": {"water": {"region": "sky", "tint": "#203040"}}},
        {"edges": {"mountain": "hard"}},
        {"flow": FLOW},
    ]
    for change in changes:
        rewrite(tiny_pack, lambda e, change=change: newer(e, **change))
        seen.add(edition(read_pack(tiny_pack)))
    assert len(seen) == 1 + len(changes)


def test_a_pack_may_have_only_a_painting(tiny_pack):
    rewrite(tiny_pack, lambda e: (e.pop("generator"), newer(e, painting=PAINTING)))
    (tiny_pack / "painting.webp").write_bytes(b"x")
    assert edition(read_pack(tiny_pack)) != ""
    info = style_info(tiny_pack)
    assert info.paints_by == ("strokes",)
    assert info.problem is None
    (tiny_pack / "painting.webp").unlink()
    info = style_info(tiny_pack)
    assert info.paints_by == ()
    assert "not trained yet" in info.problem


BROKEN = {
    "newer format": (lambda e: e.update(format=3), "format 3"),
    "no title": (lambda e: e.pop("title"), "title"),
    "unknown material": (lambda e: e["region"][0].update(materials=["jelly"]), "jelly"),
    "unknown key": (lambda e: e.update(colour="red"), "colour"),
    "no regions": (lambda e: e.update(region=[]), "region"),
    "too many regions": (lambda e: e.update(region=e["region"] * 3), "region"),
    "other id": (lambda e: e.update(id="other"), "other"),
    "path outside": (lambda e: e["generator"].update(file="../x.safetensors"), "generator.file"),
    "bad hash": (lambda e: e["generator"].update(sha256="12"), "sha256"),
    "strokes in format 1": (lambda e: e.update(strokes={}), "strokes needs format 2"),
    "flow in format 1": (lambda e: e["region"][0].update(flow=FLOW), "region.flow needs format 2"),
    "flow beyond": (lambda e: newer(e, flow=FLOW | {"strength": 1.5}), "region.1.flow.strength"),
    "flow that is no number": (lambda e: newer(e, flow=FLOW | {"turn": float("nan")}), "flow.turn"),
    "weight beyond": (lambda e: newer(e, strokes={"region": 256}), "strokes.region"),
    "width beyond": (lambda e: newer(e, strokes={"width": 63}), "strokes.width"),
    "unknown weight": (lambda e: newer(e, strokes={"colour": 1}), "strokes.colour"),
    "mask without hash": (
        lambda e: newer(e, painting=PAINTING | {"avoid": "avoid.png"}),
        "avoid and avoid_sha256 must be given together",
    ),
    "painting outside": (
        lambda e: newer(e, painting=PAINTING | {"file": "../x.webp"}),
        "painting.file",
    ),
    "edges of jelly": (lambda e: newer(e, edges={"jelly": "hard"}), "unknown material jelly"),
    "wrong edges": (lambda e: newer(e, edges={"tree": "torn"}), "edges.tree"),
    "borrowed jelly": (lambda e: newer(e, borrow={"jelly": "other"}), "unknown material jelly"),
    "borrowed from no id": (lambda e: newer(e, borrow={"water": "../x"}), "borrow.water"),
    "borrowed from itself": (lambda e: newer(e, borrow={"water": "tiny"}), "the style itself"),
    "borrowed from nowhere": (lambda e: newer(e, borrow={"water": {}}), "style or region"),
    "borrowed from a missing region": (
        lambda e: newer(e, borrow={"water": {"region": "river"}}),
        "unknown region river",
    ),
    "borrowed in no colour": (
        lambda e: newer(e, borrow={"water": {"region": "sky", "tint": "blue"}}),
        "borrow.water",
    ),
    "borrowed as a number": (lambda e: newer(e, borrow={"water": 3}), "borrow.water"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_toml_gets_one_sentence(tiny_pack, name):
    change, word = BROKEN[name]
    rewrite(tiny_pack, change)
    with pytest.raises(EngineError) as caught:
        read_pack(tiny_pack)
    message = str(caught.value)
    assert word in message
    assert "style.toml" in message
    assert "\n" not in message


def test_no_toml_at_all(tmp_path, tiny_pack):
    with pytest.raises(EngineError, match="does not exist"):
        read_pack(tmp_path)
    (tiny_pack / "style.toml").write_bytes(b"\xff\xfe = [")
    with pytest.raises(EngineError, match="cannot be read"):
        read_pack(tiny_pack)


def test_weights_that_are_not_the_declared_ones(tiny_pack):
    pack = read_pack(tiny_pack)
    (tiny_pack / "generator.safetensors").write_bytes(b"something else")
    with pytest.raises(EngineError, match="sha256"):
        read_generator(tiny_pack, pack)
    (tiny_pack / "generator.safetensors").unlink()
    with pytest.raises(EngineError, match=r"generator\.safetensors"):
        read_generator(tiny_pack, pack)


@pytest.mark.parametrize("weights", [b"garbage", save({"levels.0.first.weight": torch.zeros(2)})])
def test_weights_that_are_no_generator(tiny_pack, weights):
    (tiny_pack / "generator.safetensors").write_bytes(weights)
    (tiny_pack / "style.toml").write_text(tomli_w.dumps(pack_entries(tiny_pack, weights)))
    with pytest.raises(EngineError, match="does not contain a doodle generator"):
        read_generator(tiny_pack, read_pack(tiny_pack))


def test_an_untrained_pack_says_so(tiny_pack):
    rewrite(tiny_pack, lambda e: e.pop("generator"))
    with pytest.raises(EngineError, match="not trained"):
        read_generator(tiny_pack, read_pack(tiny_pack))


def test_materials_fall_back_along_their_chain(tiny_pack):
    served = served_by(read_pack(tiny_pack))
    assert served["mountain"] == "mountain"
    assert served["rock"] == "mountain"
    assert served["foliage"] == "tree"
    assert served["cloud"] == "sky"
    assert set(served) == {material.key for material in materials()}


def test_the_table_turns_labels_into_regions(tiny_pack):
    table = region_table(read_pack(tiny_pack))
    assert table.dtype == np.uint8
    names = {material.key: material.id for material in materials()}
    assert table[names["sky"]] == 0
    assert table[names["rock"]] == 2
    assert table[200] == 0


def test_the_first_place_wins(tmp_path):
    mine, theirs = write_pack(tmp_path / "a" / "same"), write_pack(tmp_path / "b" / "same")
    write_pack(tmp_path / "b" / "other")
    assert list(pack_folders([mine.parent, theirs.parent])) == [mine, theirs.parent / "other"]


def test_every_built_in_pack_is_whole():
    folders = list(pack_folders([BUILT_IN]))
    assert len(folders) == 12
    for folder in folders:
        pack = read_pack(folder)
        read_generator(folder, pack)
        assert style_info(folder).paints_by == ("network", "strokes")
        assert sum(path.stat().st_size for path in folder.iterdir()) <= 2_500_000
