"""Teaching a pack that has no network: what it begins with, stopping, and taking the network."""

import itertools
import json
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import tomli_w
import torch

from engine.descriptors.descriptor import compact
from engine.doodle.generator import Generator, paint
from engine.errors import EngineError
from engine.files import replace_file
from engine.image import open_image
from engine.packs import marked_style, pack_writer
from engine.packs import region_strokes as rs
from engine.packs.marked_style import write_style
from engine.packs.pack_check import damage
from engine.packs.pack_writer import export_pack, put_network
from engine.packs.style_pack import read_generator, read_pack, read_targets
from engine.tiles import Window
from engine.training import from_strokes, jobs, stroke_pairs, teaching
from engine.training.checkpoint import load_checkpoint
from engine.training.from_strokes import StrokesConfig
from engine.training.nearest_network import for_regions, nearest_network, regions_for
from resources.style_details import StyleDetails
from tests.conftest import write_pack
from tests.support.studio import IDS, bands

KEYS = ("sky", "water", "ground")


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(stroke_pairs, "CANVAS", 128)
    monkeypatch.setattr(stroke_pairs, "SIDE", 64)
    monkeypatch.setattr(rs, "CANVAS", 96)
    monkeypatch.setattr(rs, "DOODLES", 1)
    monkeypatch.setattr(teaching, "DOODLE_SIDE", 96)


def marked(folder: Path, keys=KEYS, picture=None) -> Path:
    """A pack of the style studio in horizontal bands of these materials."""
    rows = np.repeat([IDS[key] for key in keys], 96 // len(keys)).astype(np.uint8)
    picture = bands() if picture is None else picture
    write_style(folder, picture, rows[:, None].repeat(96, 1), StyleDetails(folder.name.title()))
    return folder


def finished(folder: Path, keys=KEYS, picture=None) -> Path:
    """The same with a network of random weights and targets."""
    marked(folder, keys, picture)
    torch.manual_seed(3)
    export_pack(folder, Generator(), {"width": 96})
    jobs.make_targets(folder, jobs.own_source(folder), None)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A pack without a network, beside one that has one."""
    finished(tmp_path / "styles" / "near", ("ground", "sky", "water"), bands()[::-1].copy())
    return marked(tmp_path / "styles" / "bay")


def config_of(folder: Path, **options) -> StrokesConfig:
    small = {"doodles": 2, "steps": 6, "crop": 64, "batch": 1}
    return teaching.strokes_config(folder, jobs.own_source(folder), **small | options)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_nearest_pack_has_the_same_colours_and_strokes(folder, tmp_path):
    near = folder.with_name("near")
    other = finished(tmp_path / "styles" / "far", KEYS, 255 - bands())
    source = jobs.own_source(folder)
    files = source.painting, source.mask, source.width
    found = nearest_network(read_pack(folder), *files, [other, near, folder])
    assert (found.folder, found.regions) == (near, (0, 1, 2))
    (near / "targets.safetensors").unlink()
    assert nearest_network(read_pack(folder), *files, [other, near]).folder == other
    with pytest.raises(EngineError, match="no network that Bay could begin"):
        nearest_network(read_pack(folder), *files, [folder])


def test_regions_are_those_of_the_same_material(tiny_pack, folder):
    pack, other = read_pack(folder), read_pack(tiny_pack)
    names = [other.region[number].name for number in regions_for(pack, other)]
    assert names[0] == "sky"
    assert len(names) == 3
    model = read_generator(tiny_pack, other)
    changed = for_regions(model, [2, 0, 2])
    labels = np.repeat([0, 1, 2], 32).astype(np.uint8)[:, None].repeat(96, 1)
    whole, same = Window(0, 0, 96, 96), np.arange(256, dtype=np.uint8)
    there = same.copy()
    there[:3] = 2, 0, 2
    # The field follows the borders of the regions, which are the same here but for 0 and 2 alike.
    flat = np.full_like(labels, 1)
    for doodle in (flat, np.zeros_like(labels)):
        assert np.array_equal(
            paint(changed, doodle, same, 5, whole), paint(model, doodle, there, 5, whole)
        )


def test_a_pack_without_a_network_gets_one(folder, tmp_path):
    run, before = tmp_path / "run", content(folder)
    config = config_of(folder)
    assert (Path(config.start).name, config.regions) == ("near", (0, 1, 2))
    assert StrokesConfig.steps < config_of(folder, steps=from_strokes.FIRST_STEPS).steps
    steps = teaching.learn_from_strokes(folder, config, run, watched=True)
    assert [done.stage for done in steps] == ["doodle by strokes"] * 2 + ["step"] * 6
    assert content(folder) == before
    shown = [open_image(run / name) for name in (teaching.BY_STROKES, teaching.BY_NETWORK)]
    assert [picture.shape for picture in shown] == [(96, 96, 3)] * 2
    assert not list(run.glob("sheet-*"))
    teaching.take_network(folder, run)
    pack = read_pack(folder)
    assert pack.training["from_strokes"]
    assert (pack.training["warm"], pack.training["steps"]) == ("near", 6)
    assert damage(folder, lambda _: folder) == []
    assert read_targets(folder, pack, compact())
    found = json.loads((run / teaching.EVALUATION).read_text())
    strokes = rs.region_strokes(folder)
    assert found["after"] == round(rs.difference(read_generator(folder, pack), strokes), 2)
    assert found["after"] < found["before"]
    assert content(folder)["thumbnail.png"] == before["thumbnail.png"]


def test_a_run_that_is_stopped_keeps_its_step_and_goes_on(folder, tmp_path):
    run, config, before = tmp_path / "run", config_of(folder), content(folder)
    steps = teaching.learn_from_strokes(folder, config, run)
    assert [done.step for done in itertools.islice(steps, 5)] == [1, 2, 1, 2, 3]
    steps.close()
    assert load_checkpoint(run / "checkpoint.safetensors")[1]["step"] == 3
    assert content(folder) == before
    with pytest.raises(EngineError, match="no finished network"):
        teaching.take_network(folder, run)
    again = teaching.learn_from_strokes(folder, config_of(folder), run)
    assert [(done.stage, done.step) for done in again] == [("step", n) for n in (4, 5, 6)]
    whole = teaching.learn_from_strokes(folder, config, tmp_path / "whole")
    for _ in whole:
        pass
    one, other = (jobs.network_of(place)[0].state_dict() for place in (run, tmp_path / "whole"))
    for key, value in one.items():
        assert torch.allclose(value, other[key], atol=1e-4), key


def test_a_run_of_other_regions_begins_anew(folder, tmp_path):
    run = tmp_path / "run"
    for _ in teaching.learn_from_strokes(folder, config_of(folder), run):
        pass
    marked(folder, ("sky", "water", "grass"))
    before = content(folder)
    with pytest.raises(EngineError, match="Bay has other materials"):
        teaching.take_network(folder, run)
    assert content(folder) == before
    steps = [done.step for done in teaching.learn_from_strokes(folder, config_of(folder), run)]
    assert steps[-6:] == [1, 2, 3, 4, 5, 6]
    teaching.take_network(folder, run)


def test_a_style_with_a_network_learns_on_and_keeps_the_old_one(folder, tmp_path):
    near, removed = folder.with_name("near"), tmp_path / "removed"
    old = (near / "generator.safetensors").read_bytes()
    for number, name in enumerate(("near-network", "near-network-2")):
        run = tmp_path / f"run-{number}"
        config = config_of(near, steps=2)
        assert config.start == ""
        for _ in teaching.learn_from_strokes(near, config, run):
            pass
        pack = read_pack(near)
        assert pack.generator is not None
        before = (near / pack.generator.file).read_bytes()
        teaching.take_network(near, run, removed)
        assert (removed / f"{name}.safetensors").read_bytes() == before
        assert damage(near, lambda _: near) == []
        assert len(list(near.glob("generator*"))) == 1
    assert (removed / "near-network.safetensors").read_bytes() == old


def test_there_is_a_whole_pack_at_any_time(tmp_path, monkeypatch):
    """The network is taken from a pack in use: no moment has new weights and old checksums."""
    folder, seen = finished(tmp_path / "near"), []
    weights = pack_writer.network_bytes(Generator())
    real = pack_writer.replace_file

    def watched(path: Path, data: bytes) -> None:
        real(path, data)
        seen.append(damage(folder, lambda _: folder))

    monkeypatch.setattr(pack_writer, "replace_file", watched)
    targets = (folder / "targets.safetensors").read_bytes()
    entries = tomllib.loads((folder / "style.toml").read_text())
    (folder / "style.toml").write_text(tomli_w.dumps(entries | {"quality": {"strokes": 9.0}}))
    put_network(folder, weights, targets, entries["targets"], {"steps": 1})
    assert seen == [[], [], []]
    pack = read_pack(folder)
    assert pack.generator is not None
    assert (folder / pack.generator.file).read_bytes() == weights
    assert (pack.quality, pack.training) == ({}, {"steps": 1})
    assert sorted(path.name for path in folder.glob("*.safetensors")) == sorted(
        [pack.generator.file, "targets.safetensors"]
    )


def test_a_network_that_cannot_be_written_leaves_nothing_behind(tmp_path, monkeypatch):
    """The disk is full, or style.toml cannot be replaced."""
    folder = finished(tmp_path / "near")
    before, real = content(folder), pack_writer.replace_file

    def full(path: Path, data: bytes) -> None:
        if path.name == "style.toml":
            raise EngineError("No space is left.")
        real(path, data)

    monkeypatch.setattr(pack_writer, "replace_file", full)
    targets = before["targets.safetensors"]
    facts = tomllib.loads((folder / "style.toml").read_text())["targets"]
    with pytest.raises(EngineError, match="No space"):
        put_network(folder, pack_writer.network_bytes(Generator()), targets, facts, {"steps": 1})
    assert content(folder) == before


def test_no_other_thread_changes_a_pack_meanwhile(tmp_path, monkeypatch):
    """The style studio saves on a thread of its own, while a network is put into the style."""
    free = []

    def watched(path: Path, data: bytes) -> None:
        with ThreadPoolExecutor(1) as pool:
            free.append(pool.submit(pack_writer._changing.acquire, blocking=False).result())
        replace_file(path, data)

    folder = finished(tmp_path / "near")
    for module in (pack_writer, marked_style):
        monkeypatch.setattr(module, "replace_file", watched)
    entries = tomllib.loads((folder / "style.toml").read_text())
    weights = pack_writer.network_bytes(Generator())
    targets = (folder / "targets.safetensors").read_bytes()
    put_network(folder, weights, targets, entries["targets"], {"steps": 1})
    assert free == [False] * 3
    free.clear()
    marked(folder)
    assert free
    assert not any(free)


def test_a_pack_of_which_nothing_is_known_needs_a_painting(tmp_path):
    folder = write_pack(tmp_path / "styles" / "tiny")
    with pytest.raises(EngineError, match="no painting"):
        jobs.own_source(folder)
