"""Tests of checking packs: a valid one passes, and every fault gets its own sentence."""

import tomllib
from dataclasses import asdict, replace

import numpy as np
import pytest
import tomli_w

from engine.descriptors.descriptor import compact, load_descriptor
from engine.image import save_png
from engine.packs import pack_check
from engine.packs.pack_check import changed_beyond, problems
from engine.packs.pack_writer import halo
from engine.packs.quality import TOLERANCE, Quality
from engine.packs.region_map import load_region_map, save_region_map
from engine.packs.style_pack import BUILT_IN, pack_folders, read_generator, read_pack
from resources.materials import materials
from tests.conftest import write_pack
from tests.support.paintings import put_painting

FIGURES = Quality(-0.5, 1.2, 1.4, 0.1, 0.9, None)


def looked_at(folder, figures=False):
    descriptor = load_descriptor(folder.parent / "descriptor.safetensors")
    return problems(folder, descriptor, figures)


def rewrite(folder, change):
    path = folder / "style.toml"
    entries = tomllib.loads(path.read_text())
    change(entries)
    path.write_text(tomli_w.dumps(entries))


def map_of(folder, regions):
    save_region_map(folder / "regions.png", np.array([regions], np.uint8), [(0, 0, 0)] * 5, {})


def painted(folder, avoided=255):
    """Add a painting of noise to the pack; the region ``avoided`` is never copied."""
    regions = load_region_map(folder / "regions.png")
    pixels = np.random.default_rng(0).integers(0, 256, (*regions.shape, 3)).astype(np.uint8)
    put_painting(folder, pixels, regions == avoided)
    return folder


def test_a_pack_with_a_painting_has_no_problems(whole_pack):
    rewrite(painted(whole_pack), lambda e: e.update(borrow={"water": "starry-night"}))
    assert looked_at(whole_pack) == []


def test_a_pack_with_a_painting_needs_no_network(whole_pack):
    rewrite(painted(whole_pack), lambda e: [e.pop(key) for key in ("generator", "targets")])
    assert looked_at(whole_pack, figures=True) == []


def test_a_painting_of_too_many_bytes(whole_pack, monkeypatch):
    monkeypatch.setattr(pack_check, "LARGEST_PAINTING", 1000)
    [sentence] = looked_at(painted(whole_pack))
    assert "KB; the limit is 1 KB" in sentence


def test_borrowing_from_a_pack_without_a_painting(whole_pack):
    write_pack(whole_pack.parent / "other")
    rewrite(painted(whole_pack), lambda e: e.update(borrow={"water": "other"}))
    [sentence] = looked_at(whole_pack)
    assert "borrows water from other, which has no painting" in sentence


def test_a_whole_pack_has_no_problems(whole_pack):
    assert looked_at(whole_pack) == []


FAULTS = {
    "newer format": (lambda p: rewrite(p, lambda e: e.update(format=3)), "format 3"),
    "not trained": (lambda p: rewrite(p, lambda e: e.pop("generator")), "not trained"),
    "other weights": (lambda p: (p / "generator.safetensors").write_bytes(b"x"), "sha256"),
    "halo": (lambda p: rewrite(p, lambda e: e["generator"].update(halo=90)), "halo of 90"),
    "no materials": (
        lambda p: rewrite(p, lambda e: e["region"][1].update(materials=[])),
        "sun paints no material",
    ),
    "no region for the sun": (
        lambda p: rewrite(p, lambda e: [r.update(materials=["ground"]) for r in e["region"]]),
        "paints sun or its fallbacks cloud, sky",
    ),
    "served twice": (
        lambda p: rewrite(p, lambda e: e["region"][1]["materials"].append("sky")),
        "more than one region paints sky",
    ),
    "no credit": (lambda p: rewrite(p, lambda e: e.update(credit=" ")), "empty credit line"),
    "other painting": (lambda p: (painted(p) / "painting.webp").write_bytes(b"x"), "sha256"),
    "map drawn again": (lambda p: map_of(painted(p), [0, 1, 2, 3]), "regions.png is not the file"),
    "region avoided": (lambda p: painted(p, avoided=1), "not contain the region sun outside"),
    "borrowed from nobody": (
        lambda p: rewrite(painted(p), lambda e: e.update(borrow={"water": "nobody"})),
        "borrows water from nobody, which does not exist",
    ),
    "borrowed from a missing region": (
        lambda p: rewrite(
            painted(p),
            lambda e: e.update(borrow={"water": {"style": "starry-night", "region": "river"}}),
        ),
        "borrows water from starry-night, which has no region river",
    ),
    "no map": (lambda p: (p / "regions.png").unlink(), "regions.png"),
    "region beyond": (lambda p: map_of(p, [0, 1, 2, 3, 4]), "region 4; style.toml lists 0 to 3"),
    "empty region": (lambda p: map_of(p, [0, 1, 3, 255]), "not contain the region mountain"),
    "no targets": (lambda p: rewrite(p, lambda e: e.pop("targets")), "no targets"),
    "other targets": (lambda p: (p / "targets.safetensors").write_bytes(b"x"), "sha256"),
    "no starter": (lambda p: (p / "starter.png").unlink(), "starter.png does not exist"),
    "bad second starter": (lambda p: (p / "starter-2.png").write_bytes(b"x"), "starter-2.png"),
    "no thumbnail": (lambda p: (p / "thumbnail.png").unlink(), "thumbnail.png"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_gets_one_sentence(whole_pack, name):
    fault, words = FAULTS[name]
    fault(whole_pack)
    sentences = looked_at(whole_pack)
    assert words in " ".join(sentences)
    for sentence in sentences:
        assert str(whole_pack) in sentence
        assert sentence.endswith(".")
        assert "\n" not in sentence


def test_faults_do_not_hide_each_other(whole_pack):
    for name in ("empty region", "no targets", "no thumbnail"):
        FAULTS[name][0](whole_pack)
    assert len(looked_at(whole_pack)) == 3


def test_targets_under_another_descriptor(whole_pack):
    [sentence] = problems(whole_pack, compact(), figures=False)
    assert "daub targets" in sentence


def test_an_unknown_material_in_the_starter(whole_pack):
    indexed = np.full((4, 4), 200, np.uint8)
    palette = [material.rgb for material in materials()]
    save_region_map(whole_pack / "starter.png", indexed, palette, {})
    assert "the id 200" in looked_at(whole_pack)[0]
    save_png(whole_pack / "starter.png", np.zeros((4, 4, 3), np.uint8))
    assert looked_at(whole_pack) == []


def test_labels_reach_as_far_as_the_halo(whole_pack):
    model = read_generator(whole_pack, read_pack(whole_pack))
    assert changed_beyond(model, halo()) == 0
    assert changed_beyond(model, 16) > 0


def test_a_generator_that_sees_farther_is_caught(whole_pack, monkeypatch):
    monkeypatch.setattr(pack_check, "halo", lambda: 16)
    rewrite(whole_pack, lambda entries: entries["generator"].update(halo=16))
    [sentence] = looked_at(whole_pack)
    assert "beyond the halo of 16" in sentence


def declare(folder, **figures):
    known = {name: value for name, value in asdict(FIGURES).items() if value is not None}
    rewrite(folder, lambda entries: entries.update(quality=known | figures))


def test_figures_are_measured_again(whole_pack, monkeypatch):
    monkeypatch.setattr(pack_check, "measure", lambda *_: FIGURES)
    missing = looked_at(whole_pack, figures=True)
    assert len(missing) == 5
    assert "--measure" in missing[0]
    declare(whole_pack, small=1.2 + 0.9 * TOLERANCE)
    assert looked_at(whole_pack, figures=True) == []
    declare(whole_pack, small=1.2 * (1 + 2 * TOLERANCE), thin="good")
    sentences = looked_at(whole_pack, figures=True)
    assert "the measured value is 1.200" in sentences[0]
    assert "no thin" in sentences[1]


def test_the_difference_from_strokes_is_checked_where_there_is_a_painting(whole_pack, monkeypatch):
    """The fixture's figures have none: without a painting nothing can be compared."""
    monkeypatch.setattr(pack_check, "measure", lambda *_: replace(FIGURES, strokes=9.0))
    declare(whole_pack)
    [sentence] = looked_at(whole_pack, figures=True)
    assert "no strokes in [quality]" in sentence
    declare(whole_pack, strokes=9.1)
    assert looked_at(whole_pack, figures=True) == []
    declare(whole_pack, strokes=12.0)
    [sentence] = looked_at(whole_pack, figures=True)
    assert "the measured value is 9.000" in sentence


def test_a_broken_pack_is_not_measured(whole_pack, monkeypatch):
    monkeypatch.setattr(pack_check, "measure", lambda *_: pytest.fail("measured"))
    (whole_pack / "thumbnail.png").unlink()
    assert len(looked_at(whole_pack, figures=True)) == 1


@pytest.mark.parametrize("folder", list(pack_folders([BUILT_IN])), ids=lambda folder: folder.name)
def test_every_built_in_pack_is_what_it_says(folder):
    assert problems(folder, compact(), figures=False) == []
