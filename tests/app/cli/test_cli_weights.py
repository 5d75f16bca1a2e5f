"""``daub vgg19`` and ``daub distill``: arguments, printed texts and output files."""

import hashlib
from pathlib import Path

import numpy as np
import platformdirs
import pytest
import torch

from app.cli import main as cli
from app.cli import terminal
from engine.descriptors import vgg19
from engine.descriptors.descriptor import load_descriptor
from engine.descriptors.download import DownloadProgress
from engine.training.descriptor import compare_refine, distill
from engine.training.descriptor import judge as judge_descriptor
from engine.training.descriptor.compare_refine import Refined
from engine.training.run import TrainingProgress
from tests.support.command_line import refused
from tests.support.file_server import serving
from tests.support.vgg19_weights import torchvision_weights


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def pth(tmp_path: Path) -> Path:
    path = tmp_path / "new.pth"
    torch.save(torchvision_weights(), path)
    digits = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    return path.rename(tmp_path / f"vgg19-{digits}.pth")


def test_a_local_file_becomes_a_descriptor(pth, capsys):
    assert cli.run(["vgg19", "--file", str(pth)]) == 0
    place = Path(platformdirs.user_data_dir("daub", appauthor=False)) / "weights/vgg19.safetensors"
    printed = capsys.readouterr().out
    assert str(place) in printed
    assert "daub targets" in printed
    assert load_descriptor(place).order[-1] == "relu5_1"
    place.unlink()


def test_it_is_downloaded_once(pth, tmp_path, capsys):
    out = tmp_path / "out.safetensors"
    with serving(pth.read_bytes()) as server:
        arguments = ["vgg19", "--url", f"{server.url}/{pth.name}", "--out", str(out)]
        pth.unlink()
        assert cli.run(arguments) == 0
        assert cli.run(arguments) == 0
        assert len(server.asked) == 1
    streams = capsys.readouterr()
    assert "VGG-19, 0 of 0 MB" in streams.err
    assert str(out) in streams.out


def test_offline_is_one_sentence(tmp_path, capsys):
    url = "http://127.0.0.1:9/vgg19-dcbb9e9d.pth"
    assert cli.run(["vgg19", "--url", url, "--out", str(tmp_path / "out.safetensors")]) == 2
    streams = capsys.readouterr()
    assert streams.err.startswith("daub: 127.0.0.1:9 cannot be reached")
    assert streams.err.count("\n") == 1


def test_stopping_says_how_to_go_on(tmp_path, monkeypatch, capsys):
    def stopped(path, url):
        yield DownloadProgress(1_000_000, 2_000_000)
        raise KeyboardInterrupt

    monkeypatch.setattr(vgg19, "fetch", stopped)
    assert cli.run(["vgg19", "--url", "u", "--out", str(tmp_path / "out.safetensors")]) == 130
    assert "Run the same command to continue" in capsys.readouterr().err


TEACHERS = ["--vgg", "v.safetensors", "--pruned", "p.safetensors", "--pictures", "a"]


def test_refining_under_each_descriptor_is_printed(tmp_path, monkeypatch, capsys):
    calls = []

    def fake_compare(*arguments):
        calls.append(arguments)
        picture = np.zeros((4, 4, 3), np.uint8)
        return [Refined("mine", picture, 12.0, 0.25, {"relu2_2": -0.5, "relu3_4": 0.25})]

    monkeypatch.setattr(compare_refine, "compare_files", fake_compare)
    arguments = ["distill", *TEACHERS, "--out", "mine.safetensors", "--quality", "quick"]
    sheet = tmp_path / "sheet.png"
    assert cli.run([*arguments, "--refine", str(sheet), "--painting", "p.jpg"]) == 0
    [(*networks, trial, target)] = calls
    assert [path.name for path in networks] == [
        "mine.safetensors",
        "v.safetensors",
        "p.safetensors",
    ]
    assert (trial.painting, trial.quality, target) == (Path("p.jpg"), "quick", sheet)
    printed = capsys.readouterr().out
    for figure in ("mine", "12", "250", "-0.50", "+0.25", "-0.12", str(sheet)):
        assert figure in printed.replace("\n", "")


def test_refining_needs_a_painting(tmp_path, capsys):
    assert cli.run(["distill", *TEACHERS, "--refine", str(tmp_path / "sheet.png")]) == 2
    assert "--painting" in capsys.readouterr().err


def test_what_was_there_before_is_looked_at(tmp_path, capsys):
    out = tmp_path / "out.safetensors"
    out.write_bytes(b"half a download")
    assert cli.run(["vgg19", "--out", str(out)]) == 2
    assert f"{out} cannot be read" in " ".join(capsys.readouterr().err.split())


def test_distill_hands_everything_over(tmp_path, monkeypatch, capsys):
    calls = []

    def fake_distill(config, run, out, resume):
        calls.append((config, run, out, resume))
        yield TrainingProgress(64, 128, {}, 0.5, 9.0, "crop")
        yield TrainingProgress(1, 2, {"loss": 0.5}, 1.0, 0.0, "step")

    monkeypatch.setattr(distill, "distill", fake_distill)
    monkeypatch.setattr(terminal.time, "monotonic", iter(range(0, 6000, 61)).__next__)
    out = tmp_path / "d.safetensors"
    arguments = ["distill", *TEACHERS, "--pictures", "b", "--minutes", "3", "--out", str(out)]
    assert cli.run([*arguments, "--run", str(tmp_path / "run")]) == 0
    [(config, run, target, resume)] = calls
    assert (config.vgg, config.pruned) == ("v.safetensors", "p.safetensors")
    assert (config.pictures, config.minutes) == (("a", "b"), 3)
    assert (run, target, resume) == (tmp_path / "run", out, True)
    streams = capsys.readouterr()
    assert str(out) in streams.out
    assert "crop 64 of 128, 0:00:09 left" in streams.err
    assert "step 1 of 2, loss 0.500, 0:00:00 left" in streams.err


def test_distill_prints_its_verdicts(tmp_path, monkeypatch, capsys):
    shares = len(judge_descriptor.SHARES) + 1
    verdict = judge_descriptor.Verdict("mine", {"relu1_1": 0.95}, {"relu1_1": (2,) * shares})
    monkeypatch.setattr(judge_descriptor, "judge_files", lambda *arguments: [verdict])
    assert cli.run(["distill", *TEACHERS, "--evaluate", str(tmp_path / "sheet.png")]) == 0
    printed = capsys.readouterr().out
    assert "0.950" in printed
    assert "2 dead" in printed


def test_distill_without_teachers(tmp_path, capsys):
    arguments = ["distill", *TEACHERS, "--run", tmp_path / "run"]
    assert "v.safetensors" in refused(capsys, *arguments)
