"""Training and measuring commands never replace inputs or files that Daub did not write."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save_file

from app.cli import main as cli
from engine.descriptors import descriptor, vgg19
from engine.formats import to_look_at
from engine.image import save_png
from engine.training.descriptor import compare_refine, distill
from engine.training.descriptor import judge as judge_descriptor
from engine.training.earlier import write_config
from engine.training.run import TrainingProgress
from tests.support.command_line import refused


def picture(path: Path) -> Path:
    save_png(path, np.zeros((24, 32, 3), np.uint8))
    return path


def weights(path: Path, facts: dict[str, str] | None = None) -> Path:
    save_file({"a": np.zeros(2, np.float32)}, path, facts)
    return path


def ran(*arguments: object) -> int:
    return cli.run([str(argument) for argument in arguments])


@pytest.fixture
def teachers(tmp_path: Path) -> list[object]:
    """Options of distill: its two networks and a folder with a picture."""
    (tmp_path / "pictures").mkdir()
    picture(tmp_path / "pictures" / "a.png")
    vgg, pruned = weights(tmp_path / "vgg.safetensors"), weights(tmp_path / "pruned.safetensors")
    return ["--vgg", vgg, "--pruned", pruned, "--pictures", tmp_path / "pictures"]


@pytest.fixture
def distilled(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Run folders that distill was allowed to use."""
    made: list[Path] = []

    def fake(
        config: distill.DistillConfig, run: Path, out: Path, resume: bool
    ) -> Iterator[TrainingProgress]:
        made.append(run)
        run.mkdir(parents=True, exist_ok=True)
        write_config(run, config)
        weights(out, {"daub": "{}"})
        yield TrainingProgress(1, 1, {"loss": 0.5}, 1.0, 0.0, "step")

    monkeypatch.setattr(distill, "distill", fake)
    return made


def test_distill_goes_on_with_its_own_run_and_file(teachers, distilled, tmp_path, capsys) -> None:
    run = tmp_path / "runs" / "mine"
    options = *teachers, "--run", run, "--out", tmp_path / "out.safetensors"
    assert ran("distill", *options) == 0
    assert ran("distill", *options) == 0
    assert distilled == [run, run]


def test_distill_fills_no_other_folder(teachers, distilled, tmp_path, capsys) -> None:
    run = tmp_path / "mine"
    run.mkdir()
    options = *teachers, "--run", run, "--out", tmp_path / "out.safetensors"
    for name, content in (("losses.csv", "my own"), ("config.json", '{"mine": 1}')):
        (run / name).write_text(content)
        told = refused(capsys, "distill", *options)
        assert told == f"daub: {run} contains other files. Use --overwrite to write into it.\n"
    assert distilled == []
    assert ran("distill", *options, "--overwrite") == 0
    assert distilled == [run]


def test_distill_replaces_no_other_file(teachers, distilled, tmp_path, capsys) -> None:
    out = weights(tmp_path / "out.safetensors", {"format": "pt"})
    before = out.read_bytes()
    options = *teachers, "--run", tmp_path / "run", "--out", out
    assert f"{out} already exists. Use --overwrite" in refused(capsys, "distill", *options)
    assert out.read_bytes() == before
    assert ran("distill", *options, "--overwrite") == 0
    assert out.read_bytes() != before


@pytest.mark.parametrize("link", [Path.symlink_to, Path.hardlink_to, None])
def test_distill_never_replaces_what_it_reads(link, teachers, distilled, tmp_path, capsys) -> None:
    out = vgg = tmp_path / "vgg.safetensors"
    if link is not None:
        out = tmp_path / "link.safetensors"
        link(out, vgg)
    options = *teachers, "--run", tmp_path / "run", "--overwrite"
    told = refused(capsys, "distill", *options, "--out", out)
    assert told == f"daub: {out} would replace {vgg}, which is an input. Choose another name.\n"
    inside = tmp_path / "pictures" / ".." / "pictures" / "a.png"
    assert "a.png would replace" in refused(capsys, "distill", *options, "--out", inside)
    assert distilled == []


def test_no_run_is_where_its_sources_are(teachers, distilled, tmp_path, capsys) -> None:
    out = "--out", tmp_path / "out.safetensors"
    for run in (tmp_path, tmp_path / "pictures", tmp_path / "a" / ".." / "pictures"):
        told = refused(capsys, "distill", *teachers, *out, "--run", run, "--overwrite")
        assert f"is an input, so {run} cannot be written to" in told
    run = tmp_path / "run"
    run.mkdir()
    (run / "losses.csv").hardlink_to(tmp_path / "vgg.safetensors")
    told = refused(capsys, "distill", *teachers, *out, "--run", run, "--overwrite")
    assert "losses.csv would replace" in told
    assert distilled == []


def test_distill_says_where_no_folder_can_be(teachers, distilled, tmp_path, capsys) -> None:
    file = tmp_path / "vgg.safetensors"
    out = "--out", tmp_path / "out.safetensors"
    told = refused(capsys, "distill", *teachers, *out, "--run", file)
    assert told == f"daub: {file} cannot be written to: {file} is not a folder.\n"
    told = refused(capsys, "distill", *teachers, "--out", file / "a" / "b.safetensors")
    assert f"{file} is not a folder" in told
    told = refused(capsys, "distill", *teachers, "--out", tmp_path)
    assert told == f"daub: {tmp_path} cannot be written: it is a folder.\n"
    assert distilled == []


@pytest.mark.parametrize("option", ["--evaluate", "--refine"])
def test_sheets_of_distill(option, teachers, refinable_pack, tmp_path, monkeypatch, capsys) -> None:
    painting = picture(tmp_path / "painting.png")
    pixels, made = np.zeros((24, 32, 3), np.uint8), to_look_at("a test")
    verdict = judge_descriptor.Verdict("mine", {"relu1_1": 0.95}, {"relu1_1": (2,) * 8})
    result = compare_refine.Refined("mine", pixels, 1.0, 0.1, {"relu2_2": -0.5})
    monkeypatch.setattr(
        judge_descriptor, "judge_files",
        lambda *given: compare_refine.save_picture(given[4], pixels, made) or [verdict],
    )  # fmt: skip
    monkeypatch.setattr(
        compare_refine, "compare_files",
        lambda *given: compare_refine.save_picture(given[4], pixels, made) or [result],
    )  # fmt: skip
    options = *teachers, "--painting", painting, "--photo", painting, "--style", refinable_pack
    mine = picture(tmp_path / "mine.png")
    before = mine.read_bytes()
    assert f"{mine} already exists" in refused(capsys, "distill", *options, option, mine)
    starter = picture(refinable_pack / "starter.png")
    sources = painting, tmp_path / "pictures" / "a.png", starter
    for source in sources:
        told = refused(capsys, "distill", *options, "--overwrite", option, source)
        assert f"{source} would replace {source}, which is an input" in told
    assert mine.read_bytes() == before
    assert ran("distill", *options, option, mine, "--overwrite") == 0
    assert ran("distill", *options, option, mine) == 0
    beside = option, refinable_pack / "look.png"
    assert [ran("distill", *options, *beside) for _ in range(2)] == [0, 0]
    with Image.open(mine) as image:
        assert image.info["Comment"] == "Made with Daub: a test"


def test_vgg19_replaces_only_weights_of_daubs(tmp_path, monkeypatch, capsys) -> None:
    torchs, out = weights(tmp_path / "torchs.safetensors"), tmp_path / "out.safetensors"
    monkeypatch.setattr(vgg19, "convert", lambda _, target: weights(target, {"daub": "{}"}))
    monkeypatch.setattr(descriptor, "load_descriptor", lambda _: None)
    shutil.copy(torchs, out)
    options = "--file", torchs, "--out", out
    assert f"{out} already exists. Use --overwrite" in refused(capsys, "vgg19", *options)
    assert out.read_bytes() == torchs.read_bytes()
    assert ran("vgg19", *options, "--overwrite") == 0
    assert ran("vgg19", *options) == 0
    told = refused(capsys, "vgg19", "--file", torchs, "--out", torchs, "--overwrite")
    assert f"{torchs} would replace {torchs}, which is an input" in told
    assert f"{tmp_path} cannot be written: it is a folder" in refused(
        capsys, "vgg19", "--out", tmp_path
    )
    told = refused(capsys, "vgg19", "--url", "u", "--out", torchs / "a.safetensors")
    assert f"{torchs} is not a folder" in told
