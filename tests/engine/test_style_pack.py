"""Reading packs: what is valid, and one sentence for everything that is not."""

import tomllib

import numpy as np
import pytest
import tomli_w
import torch
from safetensors.torch import save

from engine.errors import EngineError
from engine.style_pack import (
    BUILT_IN,
    pack_folders,
    read_generator,
    read_pack,
    region_table,
    served_by,
)
from resources.materials import materials
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
    with pytest.raises(EngineError, match="does not hold a doodle generator"):
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
    assert folders
    for folder in folders:
        pack = read_pack(folder)
        read_generator(folder, pack)
        assert sum(path.stat().st_size for path in folder.iterdir()) <= 2_000_000
