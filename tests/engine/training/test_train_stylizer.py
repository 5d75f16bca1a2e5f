"""The photo network's training: it learns, resumes, and teaches new styles without harm to old."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from engine.errors import EngineError
from engine.image import save_png
from engine.photo.stylizer import load_stylizer
from engine.training.jobs import judge_photo_network, train_photo_network
from engine.training.run import CHECKPOINT
from engine.training.stylizer import (
    WEIGHTS,
    StylizerConfig,
    StylizerTrainer,
    train_stylizer,
)

CPU = torch.device("cpu")


@pytest.fixture
def config(training_files: Path) -> StylizerConfig:
    painting = str(training_files / "painting.png")
    return StylizerConfig(
        paintings=(("stripes", painting, 160), ("small-stripes", painting, 96)),
        descriptor=str(training_files / "descriptor.safetensors"),
        steps=8,
        stages=((0, 2, 32), (0.45, 1, 48)),
        scales=(("rgb", "relu1_1", "relu2_1"), ("relu1_1", "relu2_1")),
        content_scales=((), ("relu2_1",)),
    )


@pytest.fixture
def photos() -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    return [np.kron(rng.integers(0, 256, (6, 8, 3), np.uint8), np.ones((16, 16, 1), np.uint8))]


def test_the_style_comes_closer(config, photos, tmp_path) -> None:
    run = train_stylizer(dataclasses.replace(config, steps=60), photos, tmp_path / "run")
    losses = [progress.losses["style"] for progress in run]
    assert np.mean(losses[-8:]) < np.mean(losses[:8]) - 0.3


def test_crops_grow_when_much_is_done(config, photos) -> None:
    trainer = StylizerTrainer(config, photos, CPU)
    assert trainer.crops == (2, 32)
    trainer.step = 6
    assert trainer.crops == (1, 48)


def test_a_run_that_was_stopped_goes_on_to_the_same_weights(config, photos, tmp_path) -> None:
    for _ in train_stylizer(config, photos, tmp_path / "whole"):
        pass
    trainer = StylizerTrainer(config, photos, CPU)
    for _ in range(4):
        trainer.train_step()
    trainer.save(tmp_path / "halves" / CHECKPOINT)
    for _ in train_stylizer(config, photos, tmp_path / "halves"):
        pass
    whole, halves = (load_file(tmp_path / run / WEIGHTS) for run in ("whole", "halves"))
    assert all(torch.equal(whole[key], halves[key]) for key in whole)


def test_a_new_style_leaves_everything_else_as_it_was(config, photos, tmp_path) -> None:
    for _ in train_stylizer(config, photos, tmp_path / "old"):
        pass
    old = tmp_path / "old" / WEIGHTS
    name, width = config.paintings[0][1:]
    more = dataclasses.replace(
        config, paintings=(("new", name, width),), learned=str(old), steps=20
    )
    for _ in train_stylizer(more, photos, tmp_path / "new"):
        pass
    before, after = load_stylizer(old), load_stylizer(tmp_path / "new" / WEIGHTS)
    assert after.styles == ("stripes", "small-stripes", "new")
    learned = after.state_dict()
    for key, value in before.state_dict().items():
        assert torch.equal(learned[key][: len(value)], value), key
    begun = before.state_dict()["layers.3.shift"][1:].mean(0)
    assert (learned["layers.3.shift"][-1] - begun).abs().max() > 3e-4


def test_a_style_is_not_learnt_twice(config, photos, tmp_path) -> None:
    StylizerTrainer(config, photos, CPU).report(tmp_path)
    again = dataclasses.replace(config, learned=str(tmp_path / WEIGHTS))
    with pytest.raises(EngineError, match="has learnt stripes, small-stripes before"):
        StylizerTrainer(again, photos, CPU)


def test_a_checkpoint_of_other_styles_is_refused(config, photos, tmp_path) -> None:
    StylizerTrainer(config, photos, CPU).save(tmp_path / CHECKPOINT)
    other = dataclasses.replace(config, paintings=config.paintings[:1])
    with pytest.raises(EngineError, match="is of other styles than these"):
        StylizerTrainer(other, photos, CPU).resume(tmp_path / CHECKPOINT)


def test_without_photos_there_is_nothing_to_train_on(config) -> None:
    with pytest.raises(EngineError, match="no photos"):
        StylizerTrainer(config, [], CPU)


def test_photos_come_from_files_and_folders_and_the_network_goes_to_its_place(
    config, photos, tmp_path
) -> None:
    (tmp_path / "photos").mkdir()
    for name in ("photos/one.png", "two.png"):
        save_png(tmp_path / name, photos[0])
    target = tmp_path / "data" / "net.safetensors"
    wanted = [tmp_path / "photos", tmp_path / "two.png"]
    shorter = dataclasses.replace(config, steps=2)
    assert len(list(train_photo_network(shorter, wanted, tmp_path / "run", target))) == 2
    assert load_stylizer(target).styles == ("stripes", "small-stripes")


def test_a_trained_network_is_judged_better_than_a_new_one(config, photos, tmp_path) -> None:
    save_png(tmp_path / "photo.png", photos[0])
    for name, steps in (("new", 1), ("old", 60)):
        run = train_stylizer(dataclasses.replace(config, steps=steps), photos, tmp_path / name)
        assert len(list(run)) == steps
    new, old = (
        list(judge_photo_network(config, [tmp_path / "photo.png"], tmp_path / name / WEIGHTS))
        for name in ("new", "old")
    )
    assert [verdict.style for verdict in old] == ["stripes", "small-stripes"]
    assert all(b.style_loss < a.style_loss - 0.2 for a, b in zip(new, old, strict=True))
