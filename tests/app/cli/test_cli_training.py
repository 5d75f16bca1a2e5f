"""``daub train|targets|train-stylizer``: arguments passed to training, and output files."""

import hashlib
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tomli_w
from PIL import Image
from safetensors.numpy import save_file

from app.cli import main as cli
from engine.packs.marked_style import write_style
from engine.packs.style_pack import read_pack, served_by
from engine.training import jobs, teaching
from engine.training import pack as train_pack
from engine.training.earlier import write_config
from engine.training.from_strokes import FIRST_STEPS, StrokesConfig
from engine.training.pack import TrainConfig
from engine.training.run import TrainingProgress
from engine.training.stylizer import StylizerConfig
from resources.style_details import StyleDetails
from tests.support.command_line import refused
from tests.support.studio import IDS, bands


def test_train_hands_everything_over(
    tiny_pack: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    calls: list[tuple[Path, train_pack.TrainConfig, Path, bool]] = []

    def fake_train(
        folder: Path, config: train_pack.TrainConfig, run: Path, resume: bool
    ) -> Iterator[TrainingProgress]:
        calls.append((folder, config, run, resume))
        yield TrainingProgress(1, 2, {"loss": -0.5}, 0.5, 3.0)
        yield TrainingProgress(2, 2, {"loss": -0.6}, 1.0, 0.0)

    monkeypatch.setattr(jobs, "train_into", fake_train)
    files = ["--painting", "p.jpg", "--mask", "m.png", "--descriptor", "d.safetensors"]
    run = tmp_path / "run"
    arguments = ["train", str(tiny_pack), *files, "--steps", "2", "--out", str(run), "--no-resume"]
    assert cli.run(arguments) == 0
    [(pack, config, folder, resume)] = calls
    assert (config.painting, config.mask, config.descriptor) == ("p.jpg", "m.png", "d.safetensors")
    assert (config.steps, config.minutes) == (2, train_pack.TrainConfig.minutes)
    assert (pack, folder, resume) == (tiny_pack, run / "tiny", False)
    streams = capsys.readouterr()
    assert f"{tiny_pack}: trained; " in streams.out
    assert str(run) in streams.out
    assert "tiny: step 1 of 2, loss -0.500, 0:00:03 left" in streams.err


def test_packs_know_their_paintings(refinable_pack, monkeypatch, tmp_path, capsys):
    folder = refinable_pack
    painting = folder.parent / "painting.png"
    drawing = {
        "painting": painting.name,
        "sha256": hashlib.sha256(painting.read_bytes()).hexdigest(),
        "width": 200,
        "shapes": [],
    }
    (folder / "polygons.json").write_text(json.dumps(drawing))
    calls = []
    monkeypatch.setattr(jobs, "train_into", lambda *arguments: calls.append(arguments) or [])
    arguments = ["train", str(folder), "--paintings", str(painting.parent), "--from", str(folder)]
    assert cli.run(arguments) == 0
    [(pack, config, run, _)] = calls
    assert (pack, run) == (folder, Path("runs/tiny"))
    assert (config.painting, config.mask) == (str(painting), str(folder / "regions.png"))
    assert (config.width, config.warm) == (200, str(folder))
    assert config.earlier == jobs.earlier_steps(folder, folder)
    # No step was made: the run was finished before.
    assert "tiny: already trained (use --no-resume to start again)" in capsys.readouterr().out
    arguments = ["train", str(folder), "--paintings", str(painting.parent), "--finish"]
    assert cli.run(arguments) == 0
    _, config, run, _ = calls[-1]
    assert (config.warm, config.finish) == (str(folder), True)
    assert (config.steps, run) == (train_pack.FINISH_STEPS, Path("runs/tiny-finish"))
    capsys.readouterr()
    assert "leave --from out" in refused(capsys, *arguments, "--from", folder)
    assert "painting.png does not exist" in refused(
        capsys, "train", folder, "--paintings", tmp_path / "elsewhere"
    )
    painting.write_bytes(b"another")
    assert "drawn on" in refused(capsys, "train", folder, "--paintings", painting.parent)
    assert "--paintings" in refused(capsys, "train", folder)


def test_a_pack_is_taught_from_its_strokes(
    tiny_pack: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    calls: list[tuple[Path, StrokesConfig, Path, bool]] = []

    def fake_teach(
        folder: Path, config: StrokesConfig, run: Path, resume: bool
    ) -> Iterator[TrainingProgress]:
        calls.append((folder, config, run, resume))
        yield TrainingProgress(1, 2, {}, 0.5, 3.0, "doodle by strokes")
        yield TrainingProgress(1, 1, {"loss": 0.5}, 1.0, 0.0)
        run.mkdir(parents=True)
        (run / teaching.EVALUATION).write_text('{"before": 16.5, "after": 11.25}')

    monkeypatch.setattr(teaching, "teach_from_strokes", fake_teach)
    files = ["--painting", "p.jpg", "--mask", "m.png", "--out", str(tmp_path / "run")]
    arguments = ["train", str(tiny_pack), *files, "--from-strokes"]
    assert cli.run([*arguments, "--minutes", "8"]) == 0
    [(folder, config, run, resume)] = calls
    assert (folder, run, resume) == (tiny_pack, tmp_path / "run" / "tiny-strokes", True)
    assert (config.warm, config.painting, config.minutes) == (str(tiny_pack), "p.jpg", 8)
    assert config.steps == StrokesConfig.steps
    streams = capsys.readouterr()
    assert "tiny: doodle by strokes 1 of 2, 0:00:03 left" in streams.err
    assert "difference from strokes 16.5 before, 11.25 after" in streams.out
    for other in (["--finish"], ["--from", tiny_pack]):
        assert "leave --from and --finish out" in refused(capsys, *arguments, *other)


def test_a_style_of_the_studio_is_taught_with_one_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It has a painting, a map and a thumbnail, and no network."""
    folder = tmp_path / "styles" / "bay"
    rows = np.repeat([IDS["sky"], IDS["water"], IDS["ground"]], 32).astype(np.uint8)
    write_style(folder, bands(), rows[:, None].repeat(96, 1), StyleDetails("Bay"))
    configs: list[StrokesConfig] = []

    def fake_teach(
        folder: Path, config: StrokesConfig, run: Path, resume: bool
    ) -> Iterator[TrainingProgress]:
        configs.append(config)
        run.mkdir(parents=True)
        (run / teaching.EVALUATION).write_text('{"before": 40.5, "after": 11.25}')
        yield TrainingProgress(1, 1, {"loss": 0.5}, 1.0, 0.0)

    monkeypatch.setattr(teaching, "teach_from_strokes", fake_teach)
    run = tmp_path / "run"
    assert cli.run(["train", str(folder), "--from-strokes", "--out", str(run)]) == 0
    [config] = configs
    assert (config.painting, config.mask) == (
        str(folder / "painting.webp"),
        str(folder / "map.png"),
    )
    assert (config.warm, config.width, config.steps) == (str(folder), 96, FIRST_STEPS)
    start = read_pack(Path(config.start))
    assert start.generator is not None
    assert [start.region[number].name for number in config.regions] == [
        served_by(start)[key] for key in ("sky", "water", "ground")
    ]
    assert "difference from strokes 40.5 before, 11.25 after" in capsys.readouterr().out
    assert "A painting is needed" in refused(capsys, "train", folder)


def test_train_without_pack(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = ["--painting", "p.jpg", "--mask", "m.png", "--descriptor", "d.safetensors"]
    arguments = ["train", tmp_path / "pack", *files, "--out", tmp_path / "run"]
    assert "style.toml" in refused(capsys, *arguments)
    assert list(tmp_path.iterdir()) == []


def test_evaluate_without_judge(
    tiny_pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = ["--painting", "p.jpg", "--mask", "m.png", "--judge", tmp_path / "none.safetensors"]
    assert "none.safetensors" in refused(capsys, "evaluate", tiny_pack, *files)


def test_targets_are_written_into_the_pack(refinable_pack, capsys):
    files = refinable_pack.parent
    (refinable_pack / "targets.safetensors").unlink()
    arguments = ["--painting", files / "painting.png", "--mask", files / "regions.png"]
    arguments += ["--descriptor", files / "descriptor.safetensors"]
    assert cli.run(["targets", str(refinable_pack), *map(str, arguments)]) == 0
    assert "kB" in capsys.readouterr().out
    assert (refinable_pack / "targets.safetensors").exists()


def ran(*arguments: object) -> int:
    return cli.run([str(argument) for argument in arguments])


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Run folders that train was allowed to use."""
    made: list[Path] = []

    def fake(
        folder: Path, config: TrainConfig, run: Path, resume: bool
    ) -> Iterator[TrainingProgress]:
        made.append(run)
        run.mkdir(parents=True, exist_ok=True)
        write_config(run, config)
        yield TrainingProgress(1, 1, {"loss": -0.5}, 1.0, 0.0)

    monkeypatch.setattr(jobs, "train_into", fake)
    return made


@pytest.fixture
def files(refinable_pack: Path) -> list[object]:
    """A pack, its painting and its map as train takes them."""
    place = refinable_pack.parent
    return [
        refinable_pack,
        "--painting", place / "painting.png", "--mask", place / "regions.png",
    ]  # fmt: skip


def untrained(folder: Path) -> None:
    path = folder / "style.toml"
    entries = tomllib.loads(path.read_text())
    del entries["generator"], entries["targets"]
    path.write_text(tomli_w.dumps(entries))


def test_a_run_is_gone_on_with(files, trained, tmp_path) -> None:
    out = tmp_path / "runs"
    assert ran("train", *files, "--out", out) == 0
    (out / "tiny" / "notes.txt").write_text("looks well")
    assert ran("train", *files, "--out", out) == 0
    assert trained == [out / "tiny", out / "tiny"]


@pytest.mark.parametrize("name", ["photo.jpg", "losses.csv", "config.json"])
def test_no_other_folder_is_filled(name, files, trained, tmp_path, capsys) -> None:
    mine = tmp_path / "tiny"
    mine.mkdir()
    (mine / name).write_text('{"painting": "a"}')
    told = refused(capsys, "train", *files, "--out", tmp_path)
    assert told == f"daub: {mine} contains other files. Use --overwrite to write into it.\n"
    assert trained == []
    assert ran("train", *files, "--out", tmp_path, "--overwrite") == 0
    assert trained == [mine]


def test_no_run_is_in_the_pack_or_beside_its_painting(files, trained, tmp_path, capsys) -> None:
    pack = files[0]
    told = refused(capsys, "train", *files, "--out", pack.parent, "--overwrite")
    assert f"{pack} is an input, so {pack} cannot be written to. Choose another" in told
    run = tmp_path / "runs" / "tiny"
    run.mkdir(parents=True)
    painting = run / "losses.png"
    painting.symlink_to(pack.parent / "painting.png")
    (run / "losses.csv").hardlink_to(pack.parent / "regions.png")
    told = refused(capsys, "train", *files, "--out", tmp_path / "runs", "--overwrite")
    assert "would replace" in told
    assert "which is an input" in told
    assert trained == []


def test_a_file_where_the_run_must_be(files, trained, tmp_path, capsys) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("mine")
    told = refused(capsys, "train", *files, "--out", file)
    assert told == f"daub: {file / 'tiny'} cannot be written to: {file} is not a folder.\n"
    assert trained == []


def test_packs_keep_what_is_not_theirs(files, trained, tmp_path, capsys) -> None:
    pack, out = files[0], ["--out", tmp_path / "runs"]
    untrained(pack)
    told = refused(capsys, "train", *files, *out)
    assert told.endswith("safetensors already exists. Use --overwrite to replace it.\n")
    told = refused(capsys, "targets", *files)
    assert f"{pack / 'targets.safetensors'} already exists" in told
    for name in ("generator.safetensors", "targets.safetensors"):
        (pack / name).unlink()
    assert ran("train", *files, *out) == 0
    drawn = Image.new("RGB", (8, 8))
    for name in ("starter.png", "thumbnail.png"):
        drawn.save(pack / name)
    told = refused(capsys, "train", *files, *out)
    assert f"{pack / 'thumbnail.png'} already exists" in told
    assert ran("train", *files, *out, "--overwrite") == 0


def test_a_packs_painting_is_never_replaced(files, trained, tmp_path, capsys) -> None:
    pack = files[0]
    (pack / "thumbnail.png").hardlink_to(pack.parent / "painting.png")
    (pack / "starter.png").write_bytes((pack / "thumbnail.png").read_bytes())
    told = refused(capsys, "train", *files, "--out", tmp_path / "runs", "--overwrite")
    assert f"{pack / 'thumbnail.png'} would replace" in told
    weights = pack / "targets.safetensors"
    told = refused(capsys, "targets", *files, "--descriptor", weights, "--overwrite")
    assert f"{weights} would replace {weights}, which is an input" in told


@pytest.fixture
def photo_network(refinable_pack, tmp_path, monkeypatch) -> list[object]:
    """Options of train-stylizer; training itself writes its configuration and weights only."""
    file = refinable_pack.parent / "painting.png"
    drawing = {
        "painting": file.name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "shapes": [],
    }  # fmt: skip
    (refinable_pack / "polygons.json").write_text(json.dumps(drawing))
    (tmp_path / "photos").mkdir()
    Image.new("RGB", (32, 24)).save(tmp_path / "photos" / "a.jpg")

    def fake(
        config: StylizerConfig, photos: list[Path], run: Path, target: Path
    ) -> Iterator[TrainingProgress]:
        run.mkdir(parents=True, exist_ok=True)
        write_config(run, config)
        network(target, {"styles": "tiny"})
        yield TrainingProgress(1, 1, {"style": -0.5, "content": 0.75}, 1.0, 0.0, name="tiny")

    monkeypatch.setattr(jobs, "train_photo_network", fake)
    return [
        "train-stylizer", refinable_pack, "--paintings", file.parent,
        "--photos", tmp_path / "photos",
    ]  # fmt: skip


def network(path: Path, facts: dict[str, str] | None = None) -> Path:
    save_file({"a": np.zeros(2, np.float32)}, path, facts)
    return path


def test_a_photo_network_is_taught_on(photo_network, tmp_path) -> None:
    places = "--run", tmp_path / "run", "--out", tmp_path / "net.safetensors"
    assert ran(*photo_network, *places) == 0
    assert ran(*photo_network, *places, "--from", tmp_path / "net.safetensors") == 0


def test_other_networks_and_folders_stay(photo_network, tmp_path, capsys) -> None:
    run, out = tmp_path / "run", network(tmp_path / "net.safetensors", {"format": "pt"})
    before, places = out.read_bytes(), ["--run", run, "--out", out]
    assert f"{out} already exists" in refused(capsys, *photo_network, *places)
    assert out.read_bytes() == before
    run.mkdir()
    write_config(run, TrainConfig("painting", "mask"))
    places[-1] = tmp_path / "other.safetensors"
    assert f"{run} contains other files" in refused(capsys, *photo_network, *places)
    assert ran(*photo_network, "--run", run, "--out", out, "--overwrite") == 0
    assert out.read_bytes() != before


def test_photos_and_paintings_stay(photo_network, refinable_pack, tmp_path, capsys) -> None:
    photo, painting = tmp_path / "photos" / "a.jpg", refinable_pack.parent / "painting.png"
    before = [path.read_bytes() for path in (photo, painting)]
    options = *photo_network, "--overwrite"
    for out in (photo, painting, photo.parent / ".." / "photos" / "a.jpg"):
        told = refused(capsys, *options, "--run", tmp_path / "run", "--out", out)
        assert f"{out} would replace" in told
    out = "--out", tmp_path / "net.safetensors"
    for run in (photo.parent, painting.parent):
        told = refused(capsys, *options, *out, "--run", run)
        assert f"so {run} cannot be written to" in told
    assert [path.read_bytes() for path in (photo, painting)] == before
    told = refused(capsys, *options, *out, "--run", photo)
    assert told == f"daub: {photo} cannot be written to: {photo} is not a folder.\n"
