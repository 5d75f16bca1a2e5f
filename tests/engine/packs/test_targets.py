"""Tests of targets: they are stored without loss, and invalid files get one error sentence."""

import hashlib
import tomllib

import pytest
import tomli_w
import torch
from safetensors.torch import load_file, save

from engine.descriptors.descriptor import load_descriptor
from engine.errors import EngineError
from engine.losses.style import region_statistics
from engine.packs.style_pack import read_pack, read_targets
from engine.packs.targets import SCALES, fingerprint, packed, unpacked
from engine.training.jobs import Source, make_targets
from tests.conftest import pruned_weights


def some_targets():
    torch.manual_seed(0)
    full = torch.rand(1, 12, 12)
    return [
        {
            (layer, region): region_statistics(torch.randn(1, 5, 12, 12) * 3 + 1, full)
            for layer in layers
            for region in (0, 2)
        }
        for layers in SCALES
    ]


def test_what_is_packed_comes_back():
    targets = some_targets()
    found = unpacked(packed(targets, 3), 3)
    assert [set(scale) for scale in found] == [set(scale) for scale in targets]
    for before, after in zip(targets, found, strict=True):
        for key, style in before.items():
            assert torch.allclose(after[key].mean, style.mean, rtol=1e-3, atol=1e-3)
            assert torch.allclose(after[key].deviation, style.deviation, rtol=1e-3)
            assert torch.allclose(after[key].correlation, style.correlation, atol=1e-3)
            assert torch.equal(after[key].correlation, after[key].correlation.T)


def test_only_the_upper_triangle_is_stored():
    tensors = packed(some_targets(), 3)
    assert all(rows.shape == (3, 5 + 5 + 15) for rows in tensors.values())
    assert all(rows.dtype is torch.float16 for rows in tensors.values())


BROKEN = {
    "not a layer": {"0.relu9_1": torch.zeros(3, 25)},
    "shape": {"0.rgb": torch.zeros(2, 25)},
    "statistics": {"0.rgb": torch.ones(3, 24)},
    "does not contain": {"0.rgb": torch.full((3, 25), torch.inf)},
    "negative": {"0.rgb": -torch.ones(3, 25)},
    "finest scale is missing": {},
}


@pytest.mark.parametrize("words", BROKEN)
def test_invalid_targets_are_rejected_with_a_sentence(words):
    with pytest.raises(ValueError, match=words):
        unpacked(BROKEN[words], 3)


def rewrite(folder, **changes):
    path = folder / "style.toml"
    entries = tomllib.loads(path.read_text())
    entries["targets"] |= changes
    path.write_text(tomli_w.dumps(entries))


def test_a_pack_carries_its_targets(refinable_pack):
    descriptor = load_descriptor(refinable_pack.parent / "descriptor.safetensors")
    pack = read_pack(refinable_pack)
    assert pack.targets is not None
    assert pack.targets.descriptor == "descriptor"
    assert pack.targets.descriptor_sha256 == fingerprint(descriptor)
    targets = read_targets(refinable_pack, pack, descriptor)
    assert {region for _, region in targets[0]} == {0, 1, 2, 3}
    assert len(load_file(refinable_pack / pack.targets.file)) > 10


def test_targets_that_cannot_be_used_are_named(refinable_pack, tiny_pack):
    descriptor = load_descriptor(refinable_pack.parent / "descriptor.safetensors")
    content = save({"0.rgb": torch.zeros(2, 25)})
    (refinable_pack / "targets.safetensors").write_bytes(content)
    with pytest.raises(EngineError, match="sha256"):
        read_targets(refinable_pack, read_pack(refinable_pack), descriptor)
    for broken in (content, b"garbage"):
        (refinable_pack / "targets.safetensors").write_bytes(broken)
        rewrite(refinable_pack, sha256=hashlib.sha256(broken).hexdigest())
        with pytest.raises(EngineError, match=r"targets\.safetensors"):
            read_targets(refinable_pack, read_pack(refinable_pack), descriptor)
    rewrite(refinable_pack, descriptor_sha256="0" * 64, descriptor="other")
    with pytest.raises(EngineError, match="for the descriptor other"):
        read_targets(refinable_pack, read_pack(refinable_pack), descriptor)
    (refinable_pack / "targets.safetensors").unlink()


def test_a_pack_without_targets_says_how_to_make_them(tiny_pack):
    with pytest.raises(EngineError, match="daub targets"):
        read_targets(tiny_pack, read_pack(tiny_pack), object())


def test_the_region_map_must_have_the_packs_regions(refinable_pack):
    files = refinable_pack.parent
    path = refinable_pack / "style.toml"
    entries = tomllib.loads(path.read_text())
    entries["region"] = entries["region"][:3]
    path.write_text(tomli_w.dumps(entries))
    source = Source(files / "painting.png", files / "regions.png", 896)
    with pytest.raises(EngineError, match="4 regions"):
        make_targets(refinable_pack, source, files / "descriptor.safetensors")


def test_a_fingerprint_tells_weights_apart(tmp_path):
    prints = set()
    for scale in (1.0, 1.001):
        weights = {key: value * scale for key, value in pruned_weights().items()}
        (tmp_path / "d.safetensors").write_bytes(save(weights))
        prints |= {fingerprint(load_descriptor(tmp_path / "d.safetensors")) for _ in range(2)}
    assert len(prints) == 2
