"""Teaching a network what strokes paint: examples are what both engines see, and it learns."""

import itertools
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.doodle.generator import paint
from engine.errors import EngineError
from engine.image import open_image
from engine.packs import region_strokes as rs
from engine.packs.region_strokes import blurred_difference, difference, region_strokes
from engine.packs.style_pack import generator_of, read_generator, read_pack, region_flows
from engine.tiles import Window
from engine.training import from_strokes, jobs, stroke_pairs, teaching
from engine.training.critic import PatchCritic, critic_loss, deception
from engine.training.from_strokes import StrokesConfig, StrokesTrainer
from engine.training.stroke_pairs import PairStore, make_pairs
from tests.support.paintings import put_painting

SEED = 5


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(stroke_pairs, "CANVAS", 128)
    monkeypatch.setattr(stroke_pairs, "SIDE", 64)
    monkeypatch.setattr(rs, "CANVAS", 96)
    monkeypatch.setattr(rs, "DOODLES", 2)


@pytest.fixture
def folder(refinable_pack: Path) -> Path:
    """A pack with a network of random weights and a painting of four flat, grainy regions."""
    files = refinable_pack.parent
    shutil.copy(files / "regions.png", refinable_pack)
    pixels = open_image(files / "painting.png")
    put_painting(refinable_pack, pixels, np.zeros(pixels.shape[:2], bool))
    return refinable_pack


def config_of(folder: Path, **options) -> StrokesConfig:
    files = folder.parent
    source = jobs.Source(files / "painting.png", files / "regions.png", 160)
    options = {
        "descriptor": str(files / "descriptor.safetensors"),
        "seed": SEED,
        "doodles": 4,
        "steps": 8,
        "crop": 64,
        "scales": (("rgb", *from_strokes.CRITIC_LAYERS), ("rgb",), ("rgb",), ("rgb",)),
    } | options
    return teaching.strokes_config(folder, source, **options)


def made(folder: Path, place: Path, count: int = 4) -> PairStore:
    store = PairStore(place, read_pack(folder), SEED, count)
    for _ in make_pairs(store, region_strokes(folder)):
        pass
    return store


def trainer_of(folder: Path, tmp_path: Path, **options) -> StrokesTrainer:
    config = config_of(folder, **options)
    return StrokesTrainer(config, made(folder, tmp_path / "pairs"), torch.device("cpu"))


def test_examples_are_painted_from_what_the_network_sees(folder, tmp_path):
    """The network paints the same from an example as from the doodle itself."""
    trainer = trainer_of(folder, tmp_path)
    pack, number = read_pack(folder), 6  # doodle 1, window 2
    examples = trainer.store.read([number])
    conditions, _ = trainer._seen(examples)
    with torch.no_grad():
        found = trainer.model(conditions, trainer.window)[0].permute(1, 2, 0).numpy()
    rng = np.random.default_rng([SEED, 1])
    doodle = stroke_pairs.random_doodle(rng, 128, len(pack.region))
    kinds, seed = rs.border_kinds(pack, rng), int(rng.integers(2**31))
    window = trainer.store._windows[number % 4]
    model = read_generator(folder, pack)
    regions = np.arange(256, dtype=np.uint8)
    wanted = paint(model, doodle, regions, seed, window, region_flows(pack), kinds) / 255
    assert np.abs(found.clip(0, 1) - wanted).max() < 0.02
    picture = region_strokes(folder).paint(doodle, kinds, seed)
    strokes = picture[window.within(Window(0, 0, 128, 128))]
    assert np.array_equal((examples.pictures[0] * 255).round().byte().permute(1, 2, 0), strokes)


def test_some_doodles_are_a_single_region(folder, tmp_path):
    store = made(folder, tmp_path, 10)
    alone = [n for n in range(10) if len(np.unique(store.read([4 * n]).regions)) == 1]
    assert {0, 8} <= set(alone)
    assert [int(store.read([4 * n]).regions[0, 0, 0]) for n in (0, 8)] == [0, 1]


def test_making_pairs_goes_on_where_it_stopped(folder, tmp_path):
    pack, strokes = read_pack(folder), region_strokes(folder)
    store = PairStore(tmp_path, pack, SEED, 3)
    steps = make_pairs(store, strokes)
    assert [(p.step, p.steps) for p in itertools.islice(steps, 2)] == [(1, 3), (2, 3)]
    steps.close()
    again = PairStore(tmp_path, pack, SEED, 3)
    assert again.missing == [2]
    first = (tmp_path / store._folder.name / "00000.safetensors").read_bytes()
    assert [(p.step, p.share) for p in make_pairs(again, strokes)] == [(1, 1.0)]
    assert not again.missing
    assert (tmp_path / store._folder.name / "00000.safetensors").read_bytes() == first
    other = pack.model_copy(update={"strokes": pack.strokes.model_copy(update={"width": 200})})
    assert PairStore(tmp_path, other, SEED, 3).missing == [0, 1, 2]


def test_a_damaged_pair_is_named(folder, tmp_path):
    store = made(folder, tmp_path, 1)
    store._file(0).write_bytes(b"spoilt")
    with pytest.raises(EngineError, match="00000"):
        store.read([1])


def test_every_example_comes_once_a_round(folder, tmp_path):
    trainer = trainer_of(folder, tmp_path, batch=3)
    seen = []
    for trainer.step in range(16):
        seen += trainer._numbers()
    assert [sorted(seen[at : at + 16]) for at in (0, 16, 32)] == [list(range(16))] * 3
    assert seen[:16] != seen[16:32]


def test_the_network_comes_closer_to_strokes(folder, tmp_path):
    trainer = trainer_of(folder, tmp_path, steps=30)
    strokes = region_strokes(folder)
    before = difference(trainer.export(), strokes)
    while trainer.share < 1:
        terms = trainer.train_step()
    assert {"loss", "style", "strokes", "deception", "critic"} <= terms.keys()
    assert difference(trainer.export(), strokes) < 0.9 * before


def test_a_resumed_run_ends_with_the_same_weights(folder, tmp_path):
    whole = trainer_of(folder, tmp_path)
    for _ in range(8):
        whole.train_step()
    first = trainer_of(folder, tmp_path)
    for _ in range(4):
        first.train_step()
    first.save(tmp_path / "c.safetensors")
    second = trainer_of(folder, tmp_path)
    second.resume(tmp_path / "c.safetensors")
    while second.share < 1:
        second.train_step()
    for key, value in whole.export().state_dict().items():
        assert torch.allclose(value, second.export().state_dict()[key], atol=1e-4), key
    for key, value in whole.critic.state_dict().items():
        assert torch.allclose(value, second.critic.state_dict()[key], atol=1e-3), key


def test_the_critic_learns_to_tell_and_the_loss_knows():
    torch.manual_seed(0)
    critic = PatchCritic({"fine": 4, "coarse": 6}, 2)
    conditions = [torch.randn(2, 2, side, side) for side in (32, 16)]
    strokes = {"fine": torch.randn(2, 4, 32, 32), "coarse": torch.randn(2, 6, 16, 16)}
    flat = {layer: 0.2 * values for layer, values in strokes.items()}
    critic.measure(strokes)
    units = {key: value.clone() for key, value in critic.named_buffers()}
    critic.measure(flat)
    assert all(torch.equal(value, units[key]) for key, value in critic.named_buffers())
    optimiser = torch.optim.Adam(critic.parameters(), 1e-2)
    losses = []
    for _ in range(40):
        loss = critic_loss(critic(strokes, conditions), critic(flat, conditions))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.5 * losses[0]
    assert deception(critic(flat, conditions)) > deception(critic(strokes, conditions))


def test_brushwork_is_blurred_away_and_patches_are_not():
    rng = np.random.default_rng(0)
    flat = np.full((96, 96, 3), 120, np.uint8)
    grain = (flat + rng.integers(-30, 31, flat.shape)).astype(np.uint8)
    patch = flat.copy()
    patch[:, 48:] = 160
    assert blurred_difference(flat, grain) < 2
    assert blurred_difference(flat, patch) == pytest.approx(20, abs=1)


def test_a_taught_pack_keeps_what_it_was_in_the_run(folder, tmp_path):
    run, before = tmp_path / "run", (folder / "generator.safetensors").read_bytes()
    config = config_of(folder, steps=3)
    stages = [p.stage for p in teaching.teach_from_strokes(folder, config, run)]
    assert stages == ["doodle by strokes"] * 4 + ["step"] * 3
    assert (run / teaching.EARLIER).read_bytes() == before
    pack = read_pack(folder)
    assert pack.generator is not None
    assert (folder / pack.generator.file).read_bytes() != before
    assert (pack.training["from_strokes"], pack.training["steps"]) == (True, 3)
    with Image.open(run / "sheet-000003.png") as sheet:
        assert sheet.size == (3 * 520, 3 * 520)
    found = json.loads((run / teaching.EVALUATION).read_text())
    strokes = region_strokes(folder)
    assert found["after"] == round(difference(read_generator(folder, pack), strokes), 2)
    assert found["before"] == round(difference(generator_of(before, run), strokes), 2)
    assert str(found["before"]) in teaching.evaluation_text(run)
    # Again: nothing to do, and the network of before stays.
    assert list(teaching.teach_from_strokes(folder, config, run)) == []
    assert (run / teaching.EARLIER).read_bytes() == before


def test_nothing_is_taught_without_painting_or_by_several_processes(
    folder, refinable_pack, tmp_path, monkeypatch
):
    config = config_of(folder)
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(EngineError, match="torchrun"):
        next(teaching.teach_from_strokes(folder, config, tmp_path / "run"))
    monkeypatch.delenv("WORLD_SIZE")
    (folder / "painting.webp").unlink()
    with pytest.raises(EngineError, match=r"painting\.webp"):
        next(teaching.teach_from_strokes(folder, replace(config), tmp_path / "run"))
    assert not (tmp_path / "run").exists()
