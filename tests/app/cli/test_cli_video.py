"""``daub video``: paint a clip into a film, stop and go on, refusals."""

import os
import shutil
import signal
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from app.cli import main as cli
from engine.video.files import open_clip
from engine.video.progress import UnfinishedFilm, claimed, folder_beside
from tests.support.clips import pictures, sound_packets, sound_times, write_clip
from tests.support.command_line import refused

COUNT = 8


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip.mp4", pictures(COUNT), sound=True)


@pytest.fixture
def like(tmp_path: Path) -> Path:
    path = tmp_path / "like.png"
    Image.fromarray(pictures(1, 160, 120)[0]).save(path)
    return path


def run(*arguments: object) -> int:
    return cli.run(["video", *map(str, arguments)])


def frames(path: Path) -> list[np.ndarray]:
    if path.suffix == ".png":
        return [np.asarray(Image.open(each)) for each in sorted(path.parent.glob("*.png"))]
    return [frame.pixels for frame in open_clip(path).frames()]


def alike(first: np.ndarray, second: np.ndarray) -> bool:
    return bool(np.abs(first.astype(int) - second).mean() < 6)


def test_a_clip_becomes_a_film_with_its_sound(
    tmp_path: Path, clip: Path, like: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.mp4"
    assert run(clip, "-o", out, "--like", like) == 0
    assert f"{COUNT} frames painted" in capsys.readouterr().out
    assert len(frames(out)) == COUNT
    assert sound_packets(out) == sound_packets(clip)
    assert not folder_beside(out).exists()


def test_a_part_by_the_network_without_sound(tmp_path: Path, clip: Path) -> None:
    out = tmp_path / "out.gif"
    assert run(clip, "-o", out, "--by", "network", "--start", "0.08", "--end", "0.2") == 0
    assert len(frames(out)) == 3
    assert run(clip, "-o", tmp_path / "o.mkv", "--by", "network", "--no-sound") == 0
    assert not open_clip(tmp_path / "o.mkv").info.sound


def test_a_part_by_frames_keeps_pictures_and_sound_together(tmp_path: Path, like: Path) -> None:
    times = [0, 600, 1500, *range(2000, 2000 + 1024 * 47, 1024)]
    clip = write_clip(
        tmp_path / "uneven.mp4", pictures(50), times=times, sound=True, options={"g": "12"}
    )
    own, out = list(open_clip(clip).frames()), tmp_path / "out.mkv"
    options = "--like", like, "--strength", 0
    assert run(clip, "-o", out, *options, "--from", "20f", "--to", "41f") == 0
    found = list(open_clip(out).frames())
    assert len(found) == 21
    for one, two in zip(found, own[20:41], strict=True):
        assert abs(one.time - (two.time - own[20].time)) < Fraction(1, 500)
        assert np.abs(one.pixels.astype(int) - two.pixels).mean() < 6
    heard, all_ = sound_times(out), sound_times(clip)
    apart = [time - all_[packet] for packet, time in heard.items()]
    assert 1 < len(heard) < len(all_)
    assert min(heard.values()) >= 0
    assert max(abs(each + own[20].time) for each in apart) < Fraction(1, 500)
    seconds = tmp_path / "seconds.mkv"
    assert run(clip, "-o", seconds, *options, "--from", float(own[20].time), "--to", "0:04") == 0
    # Films of other lengths are encoded a little differently.
    assert alike(frames(seconds)[0], found[0].pixels)


def test_a_film_can_be_smaller(tmp_path: Path, clip: Path, like: Path) -> None:
    out = tmp_path / "out.mp4"
    assert run(clip, "-o", out, "--like", like, "--longest", 32) == 0
    assert open_clip(out).info.size == (32, 24)


def test_a_film_that_is_being_painted_is_refused(
    tmp_path: Path, clip: Path, like: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.mp4"
    with claimed(out):
        said = refused(capsys, "video", clip, "-o", out, "--like", like)
    assert f"{out} is being painted already" in said
    assert run(clip, "-o", out, "--like", like) == 0


def test_numbered_pictures_both_ways(tmp_path: Path, clip: Path, like: Path) -> None:
    pattern = tmp_path / "frames" / "%02d.png"
    assert run(clip, "-o", pattern, "--like", like, "--strength", 0) == 0
    assert len(list(pattern.parent.iterdir())) == COUNT
    out = tmp_path / "out.mkv"
    assert run(pattern, "-o", out, "--like", like, "--rate", 10) == 0
    assert open_clip(out).info.rate == 10
    assert len(frames(out)) == COUNT


@pytest.mark.parametrize("name", ["film.mkv", "%02d.png"])
def test_a_killed_run_goes_on_at_the_next_frame(
    name: str, tmp_path: Path, clip: Path, like: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, out = tmp_path / "whole" / name, tmp_path / "out" / name
    whole.parent.mkdir()
    out.parent.mkdir()
    assert run(clip, "-o", whole, "--like", like) == 0
    code = (
        "import os, signal, sys\n"
        "from engine.video import progress\n"
        "add = progress.UnfinishedFilm.add\n"
        "def stop(self, *arguments):\n"
        "    add(self, *arguments)\n"
        "    if self.done == 5:\n"
        "        os.kill(os.getpid(), signal.SIGKILL if len(sys.argv) < 2 else signal.SIGINT)\n"
        "progress.UnfinishedFilm.add = stop\n"
        "from app.cli import main\n"
        f"sys.exit(main.run({['video', str(clip), '-o', str(out), '--like', str(like)]}))\n"
    )
    if os.name == "posix":
        killed = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
        assert killed.returncode == -signal.SIGKILL
        assert not out.exists()
        capsys.readouterr()
        assert run(clip, "-o", out, "--like", like) == 0
        assert f"{COUNT - 5} frames painted" in capsys.readouterr().out
        # The painted frames are equal, but libx264 seldom encodes them in another way.
        equal = np.array_equal if out.suffix == ".png" else alike
        assert all(map(equal, frames(out), frames(whole)))
        distances = [
            [np.abs(one.astype(int) - other).mean() for other in frames(whole)]
            for one in frames(out)
        ]
        assert np.argmin(distances, 1).tolist() == list(range(COUNT)), "each in its place"
        shutil.rmtree(out.parent)
        out.parent.mkdir()
        stopped = subprocess.run(
            [sys.executable, "-c", code, "int"], check=False, capture_output=True, text=True
        )
        assert stopped.returncode == 130
        assert "Run the same command to continue" in stopped.stderr
        assert not out.exists()
        assert folder_beside(out).exists()


def test_a_clip_follows_keyframes_and_a_changed_one_is_refused(
    tmp_path: Path, clip: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [tmp_path / "two.png", tmp_path / "six.png"]
    for number, key in zip((2, 6), keys, strict=True):
        Image.fromarray(255 - frames(clip)[number]).save(key)
    out, add = tmp_path / "out.mkv", UnfinishedFilm.add
    command = clip, "-o", out, "--keyframe", f"2={keys[0]}", "--keyframe", f"6={keys[1]}"

    def stopping(film: UnfinishedFilm, *arguments: Any) -> None:
        add(film, *arguments)
        if film.done == 5:
            raise KeyboardInterrupt

    def stopped_run() -> None:
        monkeypatch.setattr(UnfinishedFilm, "add", stopping)
        assert run(*command) == 130
        monkeypatch.setattr(UnfinishedFilm, "add", add)
        capsys.readouterr()

    stopped_run()
    assert run(*command) == 0
    assert f"after {keys[0]}, {COUNT - 5} frames painted" in capsys.readouterr().out
    for found, own in zip(frames(out), frames(clip), strict=True):
        inside = np.s_[8:-8, 8:-8]
        assert np.abs(found[inside].astype(int) - (255 - own[inside])).mean() < 12
    out.unlink()
    stopped_run()
    Image.new("RGB", (64, 48), "red").save(keys[1])
    assert run(*command) == 2
    assert "--again" in capsys.readouterr().err
    assert run(*command, "--again") == 0
    assert f"{COUNT} frames painted" in capsys.readouterr().out


def test_bad_keyframes_are_refused(
    tmp_path: Path, clip: Path, like: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def sentence(*options: object, told: str = f"1={like}") -> str:
        out = tmp_path / "o.mp4"
        return refused(capsys, "video", clip, "-o", out, "--keyframe", told, *options)

    for told in ("like.png", "-1=like.png", "x=like.png", "3="):
        assert f"--keyframe {told} cannot be read" in sentence(told=told)
    assert "no.png does not exist" in sentence(told=f"1={tmp_path / 'no.png'}")
    assert f"{like} is for frame {COUNT}, but" in sentence(told=f"{COUNT}={like}")
    assert "both for frame 1" in sentence("--keyframe", f"1={like}")
    assert "Only strokes can follow" in sentence("--by", "network")
    assert "--style cannot be used with --keyframe" in sentence("--style", "starry-night")
    assert run(clip, "-o", like, "--keyframe", f"1={like}", "--overwrite") == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.mp4", "like.png"]


def test_files_are_not_overwritten_unasked(tmp_path: Path, clip: Path, like: Path) -> None:
    out = tmp_path / "out.mp4"
    out.write_text("mine")
    assert run(clip, "-o", out, "--like", like) == 2
    assert out.read_text() == "mine"
    assert run(clip, "-o", clip, "--like", like, "--overwrite") == 2
    pattern = tmp_path / "p" / "%d.png"
    pattern.parent.mkdir()
    Image.new("RGB", (4, 4)).save(pattern.parent / "1.png")
    assert run(clip, "-o", pattern, "--like", like) == 2
    painted = tmp_path / "p" / "3.png"
    shutil.copy(like, painted)
    assert run(clip, "-o", pattern, "--like", painted, "--overwrite") == 2
    assert painted.read_bytes() == like.read_bytes()
    assert run(clip, "-o", out, "--like", like, "--overwrite") == 0
    assert len(frames(out)) == COUNT


def test_refusals_are_one_sentence(
    tmp_path: Path, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "o.mp4"
    assert "does not exist" in refused(capsys, "video", tmp_path / "no.mp4", "-o", out)
    assert "suffix of a film" in refused(capsys, "video", clip, "-o", tmp_path / "o.avi")
    assert "no style" in refused(capsys, "video", clip, "-o", out, "--style", "nobody")
    assert "no frame in this part" in refused(capsys, "video", clip, "-o", out, "--from", "50")
    assert "--to must be later" in refused(capsys, "video", clip, "-o", out, "--from", 2, "--to", 1)
    for told in ("inf", "x", "-1", "1:2:3:4", "f"):
        said = refused(capsys, "video", clip, "-o", out, f"--from={told}")
        assert f"--from {told} cannot be read" in said
    assert f"the last one is {COUNT - 1}f" in refused(
        capsys, "video", clip, "-o", out, "--to", f"{COUNT}f"
    )
    assert "cannot hold the sound" in refused(capsys, "video", clip, "-o", tmp_path / "o.webm")
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]
