"""``daub train-stylizer`` passes packs, paintings and photos to training."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli import main as cli
from engine.photo import stylizer
from engine.training import jobs
from engine.training.judge_stylizer import StyleVerdict
from engine.training.run import TrainingProgress
from engine.training.stylizer import StylizerConfig

Call = tuple[StylizerConfig, list[Path], Path, Path]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    made: list[Call] = []

    def fake(
        config: StylizerConfig, photos: list[Path], run: Path, target: Path
    ) -> Iterator[TrainingProgress]:
        made.append((config, photos, run, target))
        yield TrainingProgress(1, 1, {"style": -0.5, "content": 0.75}, 0.5, 3.0, name="tiny")

    monkeypatch.setattr(jobs, "train_photo_network", fake)
    return made


@pytest.fixture
def painting(refinable_pack: Path) -> Path:
    """The pack's painting, which its drawing now names."""
    file = refinable_pack.parent / "painting.png"
    drawing = {
        "painting": file.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "width": 200,
        "shapes": [],
    }
    (refinable_pack / "polygons.json").write_text(json.dumps(drawing))
    return file


def test_train_stylizer_hands_everything_over(
    refinable_pack: Path, painting: Path, calls: list[Call], capsys: pytest.CaptureFixture[str]
) -> None:
    photos = ["--photos", "holiday", "--photos", "portrait.jpg"]
    arguments = ["train-stylizer", str(refinable_pack), "--paintings", str(painting.parent)]
    limits = ["--minutes", "5", "--run", "mine", "--out", "net.safetensors"]
    assert cli.run([*arguments, *photos, *limits]) == 0
    [(config, given, run, target)] = calls
    assert config.paintings == (("tiny", str(painting), 200),)
    assert (config.minutes, config.learned) == (5, "")
    assert given == [Path("holiday"), Path("portrait.jpg")]
    assert (run, target) == (Path("mine"), Path("net.safetensors"))
    streams = capsys.readouterr()
    assert "net.safetensors: trained;" in streams.out
    assert "step 1, tiny: style -0.50, content 0.75, 0:00:03 left" in streams.err


def test_a_style_of_ones_own_goes_into_ones_own_network(
    refinable_pack: Path, painting: Path, calls: list[Call]
) -> None:
    arguments = ["train-stylizer", str(refinable_pack), "--paintings", str(painting.parent)]
    assert cli.run([*arguments, "--photos", "p", "--from", "net", "--steps", "9"]) == 0
    [(config, _, _, target)] = calls
    assert (config.learned, config.steps) == ("net", 9)
    assert target == stylizer.own_weights()


def test_judging_prints_a_line_for_each_style(
    refinable_pack: Path,
    painting: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = StyleVerdict("tiny", -0.75, 0.5)
    monkeypatch.setattr(jobs, "judge_photo_network", lambda *_: iter([found]))
    arguments = ["train-stylizer", str(refinable_pack), "--paintings", str(painting.parent)]
    assert cli.run([*arguments, "--photos", "p", "--out", "net", "--judge"]) == 0
    assert "-0.75" in capsys.readouterr().out
