"""Training: it learns, stops, resumes to the very same weights, and fills a style pack."""

import csv
import dataclasses
import itertools
import shutil
import tomllib
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import tomli_w
import torch
from PIL import Image
from safetensors.torch import save_file

from engine.descriptors.descriptor import load_descriptor
from engine.doodle.generator import fold
from engine.errors import EngineError
from engine.image import save_png
from engine.losses import region_consistency
from engine.packs.region_map import load_region_map, save_region_map
from engine.packs.style_pack import read_generator, read_pack
from engine.training import pack as train_pack
from engine.training.checkpoint import load_checkpoint
from engine.training.evaluate import mean_log_distance
from engine.training.jobs import (
    Source,
    beginning,
    earlier_steps,
    evaluate_pack,
    export_run,
    train_into,
)
from engine.training.pack import PackTrainer, TrainConfig, train
from engine.training.painting_targets import painting_targets
from tests.conftest import REGIONS, pack_entries


@pytest.fixture
def config(training_files) -> TrainConfig:
    return TrainConfig(
        painting=str(training_files / "painting.png"),
        mask=str(training_files / "regions.png"),
        descriptor=str(training_files / "descriptor.safetensors"),
        width=160,
        steps=14,
        batch=2,
        crop=48,
        bank=4,
        scales=(("rgb", "relu1_1", "relu2_1"), ("relu1_1",)),
    )


def test_the_loss_falls(config, tmp_path):
    losses = [p.loss for p in train(dataclasses.replace(config, steps=40), tmp_path / "run")]
    assert np.mean(losses[-5:]) < np.mean(losses[:5]) - 0.3


@pytest.mark.parametrize(("steps", "share_of_rate"), [(40, 1.0), (2000, 0.03), (12_000, 0.03)])
def test_the_warm_up_is_no_large_part_of_a_short_run(config, steps, share_of_rate):
    trainer = PackTrainer(replace(config, steps=steps), torch.device("cpu"))
    trainer.step = 2
    assert trainer.rate() == pytest.approx(share_of_rate * config.rate, rel=0.02)


def test_a_quarter_of_the_batch_are_regions_alone(config):
    trainer = PackTrainer(replace(config, batch=9), torch.device("cpu"))
    doodles = trainer._doodles(np.random.default_rng(0), 64)
    assert doodles.shape == (9, 64, 64)
    first, second, *others = (set(np.unique(doodle)) for doodle in doodles)
    assert len(first) == len(second) == 1
    assert all(len(seen) > 1 for seen in others)


def first_loss(config: TrainConfig, folded: bool) -> float:
    torch.manual_seed(0)
    trainer = PackTrainer(config, torch.device("cpu"))
    if folded:
        trainer._use(fold(trainer.model))
    return float(trainer.loss()[0].detach())


@pytest.mark.parametrize(
    ("where", "weight", "folded", "counts"),
    [
        (train_pack, "THIN_SCALES", False, True),
        (region_consistency, "HALO_WEIGHT", True, True),
        (region_consistency, "THIN_HALO_WEIGHT", True, True),
        (region_consistency, "HALO_WEIGHT", False, False),
    ],
)
def test_thin_shapes_count_once_more_and_halos_once_norms_are_gone(
    config, monkeypatch, where, weight, folded, counts
):
    loss = first_loss(config, folded)
    monkeypatch.setattr(where, weight, 0)
    assert (first_loss(config, folded) != loss) == counts


def test_a_resumed_run_ends_with_the_same_weights(config, tmp_path):
    """Across the fold, too: it lies between the two halves and the end."""
    whole = PackTrainer(config, torch.device("cpu"))
    for _ in range(config.steps):
        whole.train_step()
    first = PackTrainer(config, torch.device("cpu"))
    for _ in range(5):
        first.train_step()
    first.save(tmp_path / "c.safetensors")
    second = PackTrainer(config, torch.device("cpu"))
    second.resume(tmp_path / "c.safetensors")
    while second.step < 11:
        second.train_step()
    assert second.folded
    second.save(tmp_path / "c.safetensors")
    third = PackTrainer(config, torch.device("cpu"))
    third.resume(tmp_path / "c.safetensors")
    while third.share < 1:
        third.train_step()
    for key, value in whole.export().state_dict().items():
        assert torch.allclose(value, third.export().state_dict()[key], atol=1e-4), key


def test_it_can_be_stopped_and_gone_on_with(config, tmp_path):
    run = tmp_path / "run"
    steps = train(config, run, sheet_minutes=0)
    assert [p.step for p in itertools.islice(steps, 3)] == [1, 2, 3]
    steps.close()
    rest = list(train(config, run))
    assert [p.step for p in rest] == list(range(4, config.steps + 1))
    assert rest[-1].share == 1
    assert rest[-1].seconds_left == 0
    with (run / "losses.csv").open() as file:
        header, *rows = csv.reader(file)
    assert header == ["step", "loss", "style", "box", "seconds", "name"]
    assert [int(row[0]) for row in rows] == list(range(1, config.steps + 1))
    with Image.open(run / f"sheet-{config.steps:06}.png") as sheet:
        assert sheet.size == (3 * 520, 2 * 520)
    with Image.open(run / "losses.png") as plot:
        assert plot.size == (800, 400)


def test_the_configuration_rides_with_the_weights(config, tmp_path):
    for _ in train(dataclasses.replace(config, steps=1), tmp_path / "run"):
        pass
    _, facts = load_checkpoint(tmp_path / "run" / "checkpoint.safetensors")
    kept = facts["config"] | {"scales": tuple(tuple(s) for s in facts["config"]["scales"])}
    assert TrainConfig(**kept) == dataclasses.replace(config, steps=1)
    assert facts["step"] == 1


def test_the_run_ends_with_its_minutes(config, tmp_path):
    short = dataclasses.replace(config, steps=10_000, minutes=0.02)
    steps = list(train(short, tmp_path / "run"))
    assert 1 <= len(steps) < 10_000
    assert steps[-1].share >= 1


@pytest.fixture
def folder(tmp_path):
    """A pack that is described but not trained."""
    place = tmp_path / "styles" / "new"
    place.mkdir(parents=True)
    entries = pack_entries(place, b"")
    del entries["generator"]
    entries["region"] = entries["region"][:2]
    (place / "style.toml").write_text(tomli_w.dumps(entries))
    return place


def test_training_fills_the_pack(config, folder, tmp_path):
    for _ in train_into(folder, config, tmp_path / "run"):
        pass
    pack = read_pack(folder)
    read_generator(folder, pack)
    assert pack.training["steps"] == config.steps
    assert pack.training["painting"] == "painting.png"
    assert tomllib.loads((folder / "style.toml").read_text())["title"] == "Tiny"


def test_a_judge_measures_every_region_and_layer(config, folder, tmp_path):
    for _ in train_into(folder, config, tmp_path / "run"):
        pass
    judge = {}
    for index in (0, 2, 5, 7, 10, 12, 14, 16):
        judge[f"features.{index}.weight"] = torch.randn(4, 4 if index else 3, 3, 3)
        judge[f"features.{index}.bias"] = torch.zeros(4)
    save_file(judge, tmp_path / "judge.safetensors")
    source = Source(tmp_path / "painting.png", tmp_path / "regions.png", 64)
    found = evaluate_pack(folder, source, tmp_path / "judge.safetensors")
    assert set(found) == {name for name, _ in REGIONS[:2]}
    assert {d.layer for d in found["sky"]} == {"rgb", "relu1_2", "relu2_2", "relu3_4"}
    assert np.isfinite(mean_log_distance([d for rows in found.values() for d in rows]))
    with pytest.raises(EngineError, match="judge"):
        evaluate_pack(folder, source, tmp_path / "descriptor.safetensors")


def test_a_region_map_of_another_size_is_refused(config, tmp_path):
    save_region_map(tmp_path / "regions.png", np.zeros((9, 6), np.uint8), [(0, 0, 0)], {})
    with pytest.raises(EngineError, match="6 x 9"):
        PackTrainer(config, torch.device("cpu"))


def test_a_warm_run_begins_with_another_packs_generator(config, folder, tmp_path):
    for _ in train_into(folder, config, tmp_path / "run"):
        pass
    warm = PackTrainer(replace(config, warm=str(folder)), torch.device("cpu"))
    assert warm.folded
    finished = read_generator(folder, read_pack(folder)).state_dict()
    assert all(torch.equal(value, finished[key]) for key, value in warm.model.state_dict().items())
    warm.train_step()
    assert any(
        not torch.equal(value, finished[key]) for key, value in warm.model.state_dict().items()
    )


def finishing(config: TrainConfig, folder: Path, run: Path) -> PackTrainer:
    """A pack is trained and about to be finished."""
    for _ in train_into(folder, config, run):
        pass
    said = {**beginning(folder, None, True), "steps": 6}
    return PackTrainer(replace(config, **said), torch.device("cpu"))


def test_finishing_leaves_what_is_compared_with_as_it_is(config, folder, tmp_path, monkeypatch):
    trainer = finishing(config, folder, tmp_path / "run")
    finished = read_generator(folder, read_pack(folder)).state_dict()
    trainer.train_step()
    for key, value in trainer.teacher.state_dict().items():
        assert torch.equal(value, finished[key])
        assert not torch.equal(value, trainer.model.state_dict()[key]), key
    counting = float(trainer.loss()[0].detach())
    monkeypatch.setattr(train_pack, "FINISH", 0)
    assert float(trainer.loss()[0].detach()) < counting


def test_a_resumed_finish_compares_with_the_same(config, folder, tmp_path):
    """Its pack may have been trained in between."""
    first = finishing(config, folder, tmp_path / "run")
    first.train_step()
    first.save(tmp_path / "c.safetensors")
    for _ in train_into(folder, replace(config, seed=2), tmp_path / "another"):
        pass
    second = PackTrainer(first.config, torch.device("cpu"))
    second.resume(tmp_path / "c.safetensors")
    for trainer in (first, second):
        trainer.train_step()
    for key, value in first.model.state_dict().items():
        assert torch.allclose(value, second.model.state_dict()[key], atol=1e-5), key


def test_a_finished_pack_says_so(config, folder, tmp_path):
    trainer = finishing(config, folder, tmp_path / "run")
    assert "finish" not in read_pack(folder).training
    for _ in train_into(folder, trainer.config, tmp_path / "finish"):
        pass
    training = read_pack(folder).training
    assert (training["finish"], training["steps"], training["earlier_steps"]) == (True, 6, 14)


def test_a_pack_knows_all_the_steps_behind_it(config, folder, tmp_path):
    """Also those before it was trained on; another painting's are not its own."""
    for time in (1, 2, 3):
        said = replace(config, steps=time, earlier=earlier_steps(folder, folder))
        for _ in train_into(folder, said, tmp_path / f"run{time}"):
            pass
    assert read_pack(folder).training["steps"] == 3
    assert read_pack(folder).training["earlier_steps"] == 1 + 2
    assert earlier_steps(folder, folder) == 6
    assert earlier_steps(folder, None) == 0
    other = shutil.copytree(folder, tmp_path / "other")
    entries = tomllib.loads((other / "style.toml").read_text("utf-8"))
    (other / "style.toml").write_text(tomli_w.dumps(entries | {"id": "other"}), "utf-8")
    assert earlier_steps(other, folder) == 0


def targets_of(config):
    files = Path(config.painting), Path(config.mask)
    descriptor = load_descriptor(Path(config.descriptor))
    return painting_targets(*files, descriptor, config.width, config.scales)


def test_the_map_may_be_smaller_than_the_painting(config, tmp_path):
    painting = cv2.imread(config.painting)
    regions = load_region_map(Path(config.mask))
    _, whole = targets_of(config)
    large = tmp_path / "large.png"
    cv2.imwrite(str(large), cv2.resize(painting, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST))
    assert regions.shape == painting.shape[:2]
    _, again = targets_of(replace(config, painting=str(large)))
    for one, other in zip(whole, again, strict=True):
        for key in one:
            assert torch.allclose(one[key].mean, other[key].mean, atol=1e-4)


def test_no_pack_no_training(config, tmp_path):
    with pytest.raises(EngineError, match=r"style\.toml"):
        next(train_into(tmp_path, config, tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_a_spoilt_checkpoint_is_named(folder, tmp_path):
    (tmp_path / "checkpoint.safetensors").write_bytes(b"spoilt")
    with pytest.raises(EngineError, match="not a training checkpoint"):
        export_run(folder, tmp_path)


def test_targets_ignore_unassigned_pixels(config, tmp_path):
    _, before = targets_of(config)
    painting = cv2.cvtColor(cv2.imread(config.painting), cv2.COLOR_BGR2RGB)
    regions = np.zeros((120, 160), np.uint8)
    regions[:, 80:] = 1
    painting[:20, :80], regions[:20, :80] = 255, 255
    save_png(config.painting, painting)
    save_region_map(tmp_path / "regions.png", regions, [(255, 0, 0), (0, 0, 255)], {})
    _, after = targets_of(config)
    assert torch.allclose(before[0]["rgb", 0].mean, after[0]["rgb", 0].mean, atol=0.01)
