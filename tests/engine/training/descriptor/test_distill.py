"""Distillation: a tiny student learns from tiny teachers, stops, resumes and is judged."""

import dataclasses
import itertools
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from engine.descriptors import descriptor as descriptors
from engine.descriptors.descriptor import Descriptor, load_descriptor
from engine.errors import EngineError
from engine.image import save_png
from engine.losses.style import region_statistics, statistics_distance
from engine.training.checkpoint import load_checkpoint
from engine.training.descriptor import judge as judge_descriptor
from engine.training.descriptor.crops import is_held_out, picture_files, random_quad
from engine.training.descriptor.distill import DistillConfig, Distiller, distill
from engine.training.descriptor.judge import JudgeConfig, judge_files, rank_correlation
from engine.training.descriptor.student import (
    CentredStudent,
    blank_student,
    choose_channels,
    export_student,
    fitted_student,
)
from engine.training.descriptor.style_similarity import distances, moments, quad_relations
from engine.training.descriptor.teacher import TAUGHT, Teacher
from tests.conftest import pruned_weights

CPU = torch.device("cpu")
SHIPPED = (16, 32, 64, 128, 128)


def vgg_weights(width: int = 6) -> dict[str, torch.Tensor]:
    torch.manual_seed(1)
    weights, inputs = {}, 3
    for index in (0, 2, 5, 7, 10, 12, 14, 16):
        scale = 60 if index == 0 else 3
        weights[f"features.{index}.weight"] = torch.randn(width, inputs, 3, 3) / scale
        weights[f"features.{index}.bias"] = torch.randn(width) / 4
        inputs = width
    return weights


@pytest.fixture
def config(tmp_path) -> DistillConfig:
    save_file(vgg_weights(), tmp_path / "vgg.safetensors")
    aux = {}
    for layer in ("conv41", "conv51"):
        aux[f"{layer}_aux.weight"] = torch.randn(8, 4, 1, 1)
        aux[f"{layer}_aux.bias"] = torch.randn(8)
    save_file(pruned_weights() | aux, tmp_path / "pruned.safetensors")
    rng = np.random.default_rng(0)
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(6):
        noise = rng.integers(0, 255, (6 + number, 9, 3)).astype(np.uint8)
        picture = np.asarray(Image.fromarray(noise).resize((96, 64), Image.Resampling.BICUBIC))
        save_png(folder / f"picture_{number}.png", picture)
    return DistillConfig(
        vgg=str(tmp_path / "vgg.safetensors"),
        pruned=str(tmp_path / "pruned.safetensors"),
        pictures=(str(folder),),
        channels=(4, 4, 4, 4, 4),
        quads=6,
        side=32,
        calibration=4,
        steps=12,
        batch=2,
    )


def test_distances_from_moments_are_the_style_distance():
    torch.manual_seed(0)
    features = torch.randn(2, 5, 6, 7) * torch.rand(5, 1, 1) + 1
    whole = torch.ones(1, 6, 7)
    style = region_statistics(features[:1], whole)
    rows = features[1].flatten(1).mT
    expected = statistics_distance(rows, torch.full((42,), 1 / 42), style)
    both = moments(features)
    found = distances(both.take(torch.tensor([0])), both.take(torch.tensor([1])))
    assert torch.allclose(found, expected[None], rtol=1e-4)


def test_quads_relate_within_themselves():
    features = torch.randn(8, 3, 6, 6)
    both = quad_relations(features)
    assert both.shape == (2, 12)
    assert torch.allclose(both[1:], quad_relations(features[4:]))


def test_chosen_channels_are_not_copies_of_each_other():
    independent = torch.randn(500, 3)
    features = torch.cat([independent, independent * 2, independent + 1e-3], 1)
    assert {int(i) % 3 for i in choose_channels(features, 3)} == {0, 1, 2}


def test_a_student_as_wide_as_its_teacher_repeats_it(config):
    """With all channels there is nothing to lose: the fit finds VGG's own filters."""
    config = dataclasses.replace(config, channels=(6, 6, 6, 4, 4))
    teacher = Teacher(Path(config.vgg), Path(config.pruned), CPU)
    rng = np.random.default_rng(3)
    rgb = torch.from_numpy(rng.random((8, 3, 32, 32), np.float32))
    student = fitted_student(teacher, rgb, config.channels)
    mine, theirs = student(rgb, ["relu2_2"])["relu2_2"], teacher.features(rgb)["relu2_2"]
    live = [channel for channel in range(6) if theirs[:, channel].std() > 1e-3]
    both = torch.cat([mine, theirs[:, live]], 1).transpose(0, 1).flatten(1)
    agreement = torch.corrcoef(both)[6:, :6].nan_to_num().amax(1)
    assert (agreement > 0.98).float().mean() > 0.5


def test_a_centred_student_is_the_same_function():
    torch.manual_seed(0)
    network, rgb = blank_student((4, 4, 4, 4, 4)), torch.rand(2, 3, 32, 32)
    centred = CentredStudent(network, rgb)
    for (layer, _, wanted), (_, _, found) in zip(
        network.trace(rgb), centred.trace(rgb), strict=True
    ):
        assert torch.allclose(wanted, found, atol=1e-6), layer
    again = centred.descriptor()(rgb, ["relu5_1"])["relu5_1"]
    assert torch.allclose(again, network(rgb, ["relu5_1"])["relu5_1"], atol=1e-6)


def test_the_loss_falls_and_the_descriptor_is_written(config, tmp_path):
    config = dataclasses.replace(config, steps=60, rate=5e-3)
    done = list(distill(config, tmp_path / "run", tmp_path / "out.safetensors"))
    assert {p.stage for p in done} == {"crop", "step"}
    losses = [p.loss for p in done if p.loss is not None]
    assert len(losses) == 60
    assert np.mean(losses[-10:]) < np.mean(losses[:10])
    assert (done[-1].share, done[-1].seconds_left) == (1, 0)
    _, facts = load_checkpoint(tmp_path / "out.safetensors")
    assert facts["config"] == json.loads(json.dumps(dataclasses.asdict(config)))
    features = load_descriptor(tmp_path / "out.safetensors")(torch.rand(1, 3, 32, 32), TAUGHT)
    assert features["relu5_1"].shape == (1, 4, 2, 2)


def test_a_resumed_run_ends_with_the_same_weights(config, tmp_path):
    list(distill(config, tmp_path / "whole", tmp_path / "whole.safetensors"))
    steps = distill(config, tmp_path / "run", tmp_path / "out.safetensors", save_minutes=0)
    list(itertools.islice(steps, 7))
    steps.close()
    assert not (tmp_path / "out.safetensors").exists()
    rest = list(distill(config, tmp_path / "run", tmp_path / "out.safetensors"))
    assert 0 < len(rest) < config.steps
    whole, resumed = (load_file(tmp_path / f"{name}.safetensors") for name in ("whole", "out"))
    for key, value in whole.items():
        assert torch.allclose(value.float(), resumed[key].float(), atol=2e-3), key


def test_lessons_are_kept_while_the_crops_are_the_same(config, tmp_path):
    run = tmp_path / "run"
    first = Distiller(config, run, CPU)
    first.prepare()
    next(iter(first.gather()))
    again = Distiller(config, run, CPU)
    again.prepare()
    assert again.lessons.done == 4
    assert [p.step for p in again.gather()] == [24]
    other = Distiller(dataclasses.replace(config, seed=9), run, CPU)
    other.prepare()
    assert other.lessons.done == 0


def test_lessons_explain_the_teachers_variance(config, tmp_path):
    """Projected rows have zero mean and, over all directions, unit variance."""
    distiller = Distiller(config, tmp_path / "run", CPU)
    distiller.prepare()
    for progress in distiller.gather():
        assert progress.loss is None
    batch = distiller.lessons.batch(np.arange(config.quads))
    assert batch["crops"].shape == (24, 32, 32, 3)
    assert batch["relations"].shape == (6, len(TAUGHT), 12)
    for layer in TAUGHT:
        spread = batch[layer].flatten(0, 1).var(0).sum()
        assert 0.3 < float(spread) < 3, layer


def test_the_run_ends_with_its_minutes(config, tmp_path):
    short = dataclasses.replace(config, steps=10**6, minutes=0.05)
    done = list(distill(short, tmp_path / "run", tmp_path / "out.safetensors"))
    assert done[-1].share == 1
    assert done[-1].step < 10**5


def test_the_shipped_size(tmp_path):
    path = tmp_path / "compact.safetensors"
    export_student(path, blank_student(SHIPPED), {})
    assert path.stat().st_size <= 2_000_000
    student, rgb = load_descriptor(path), torch.rand(1, 3, 32, 32)
    assert [v.shape[1] for v in student(rgb, TAUGHT).values()] == [16, 16, 32, 32, 64, 64, 128, 128]


def test_the_compact_descriptor_is_loaded_once(tmp_path, monkeypatch):
    monkeypatch.setattr(descriptors, "COMPACT", tmp_path / "missing.safetensors")
    descriptors.compact.cache_clear()
    with pytest.raises(EngineError, match="missing"):
        descriptors.compact()
    export_student(tmp_path / "missing.safetensors", blank_student((4, 4, 4, 4, 4)), {})
    assert descriptors.compact() is descriptors.compact()
    descriptors.compact.cache_clear()


def test_copies_of_a_work_are_held_out_together(tmp_path):
    names = [f"painter_work{number}" for number in range(200)]
    held = [is_held_out(tmp_path / f"{name}.jpg") for name in names]
    assert 10 < sum(held) < 40
    assert held == [is_held_out(tmp_path / f"{name}_large.png") for name in names]


def test_a_quad_is_varied_but_repeatable():
    folders = [[np.full((50, 60, 3), value, np.uint8)] for value in (40, 200)]
    first, second = (random_quad(np.random.default_rng(5), folders, 32) for _ in range(2))
    assert first.shape == (4, 32, 32, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, second)
    assert len({crop.tobytes() for crop in first}) == 4


def test_folders_without_pictures_are_named(config, tmp_path):
    (tmp_path / "empty").mkdir()
    for name in ("empty", "missing"):
        with pytest.raises(EngineError, match=name):
            picture_files(tmp_path / name)


def test_teachers_without_maps_are_refused(config, tmp_path):
    save_file(pruned_weights(), tmp_path / "bare.safetensors")
    with pytest.raises(EngineError, match=r"relu4_1, relu5_1"):
        Teacher(tmp_path / "vgg.safetensors", tmp_path / "bare.safetensors", CPU)


def test_rank_correlation_sees_order_only():
    values = torch.tensor([0.1, 3.0, 0.2, 9.0])
    assert rank_correlation(values, values.exp()) == pytest.approx(1)
    assert rank_correlation(values, -values) == pytest.approx(-1)


def test_judging_gives_ranks_activity_and_a_picture(config, tmp_path):
    export_student(tmp_path / "mine.safetensors", blank_student((4, 4, 4, 4, 4)), {})
    paths = [tmp_path / f"{name}.safetensors" for name in ("mine", "vgg", "pruned")]
    judged = JudgeConfig(config.pictures, crops=6, pairs=20, side=32, width=64, steps=3)
    verdicts = judge_files(*paths, judged, tmp_path / "sheet.png", None)
    assert [verdict.name for verdict in verdicts] == ["mine", "pruned"]
    for verdict in verdicts:
        assert set(verdict.ranks) == set(TAUGHT)
        assert all(-1 <= value <= 1 for value in verdict.ranks.values())
        assert {sum(counts) for counts in verdict.activity.values()} == {4}
        assert 0 <= verdict.dead <= 4 * 13
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width == 3 * (64 + 8)


def test_reconstruction_comes_closer():
    torch.manual_seed(0)
    network, photo = blank_student((4, 4, 4, 8, 8)), torch.rand(1, 3, 32, 32)
    for conv in network.convs.values():
        conv.weight.data *= 3

    def error(picture: torch.Tensor) -> float:
        wanted = network(photo, ["relu4_1"])["relu4_1"]
        return float((network(picture, ["relu4_1"])["relu4_1"] - wanted).square().mean())

    few, many = (judge_descriptor.reconstruct(network, photo, steps) for steps in (1, 40))
    assert error(many) < error(few) / 2


def test_dead_channels_are_counted():
    conv = torch.nn.Conv2d(3, 4, 3)
    conv.bias.data = torch.tensor([-100.0, 100.0, -100.0, 0.0])
    counts = judge_descriptor.activity(
        Descriptor("tiny", [("relu1_1", conv)], caffe=False), torch.rand(2, 3, 8, 8)
    )
    assert counts["relu1_1"][0] >= 2
    assert counts["relu1_1"][-1] >= 1
    assert sum(counts["relu1_1"]) == 4
