"""Painting a clip in another process: steps, pauses, ends."""

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.batch import clip_render
from app.batch.clip_render import render
from app.cli import main as cli
from engine.errors import EngineError
from engine.requests import PhotoLook
from engine.video.files import open_clip
from engine.video.painter import VideoLook
from engine.video.progress import OtherSettings, claimed, folder_beside
from engine.video.run import VideoRequest, is_begun
from tests.support.clip_workers import STEPS, counting, dying
from tests.support.clips import pictures, write_clip

COUNT = 6
ENGINE = ("cpu", "fp32", 1)


@pytest.fixture
def wish(tmp_path: Path) -> VideoRequest:
    like = tmp_path / "like.png"
    Image.fromarray(pictures(1, 160, 120)[0]).save(like)
    clip = write_clip(tmp_path / "clip.mp4", pictures(COUNT))
    look = VideoLook(PhotoLook("", by="strokes", like=str(like)))
    return VideoRequest(clip, tmp_path / "out.mp4", look)


def never() -> bool:
    return False


def test_a_clip_is_painted_and_a_stopped_run_goes_on(wish: VideoRequest) -> None:
    steps = render(wish, ENGINE, never, never)
    first = next(steps)
    assert (first.done, first.total) == (1, COUNT)
    steps.close()
    assert is_begun(wish.target)
    assert not wish.target.exists()
    *_, last = render(wish, ENGINE, never, never)
    assert last.done == COUNT
    assert last.resumed >= 1
    assert len(list(open_clip(wish.target).frames())) == COUNT
    assert not folder_beside(wish.target).exists()


def test_errors_arrive_as_they_are(wish: VideoRequest, tmp_path: Path) -> None:
    def problem(request: VideoRequest) -> EngineError:
        with pytest.raises(EngineError) as caught:
            list(render(request, ENGINE, never, never))
        return caught.value

    assert "no.mp4 does not exist" in str(problem(replace(wish, source=tmp_path / "no.mp4")))
    assert "would replace" in str(problem(replace(wish, target=wish.source)))
    (tmp_path / "p").mkdir()
    Image.new("RGB", (4, 4)).save(tmp_path / "p" / "2.png")
    before = (tmp_path / "p" / "2.png").read_bytes()
    numbered = replace(wish, target=tmp_path / "p" / "%d.png")
    assert "such pictures already exist" in str(problem(numbered))
    assert (tmp_path / "p" / "2.png").read_bytes() == before
    with claimed(wish.target):
        assert "is being painted already" in str(problem(wish))
    next(steps := render(wish, ENGINE, never, never))
    steps.close()
    assert isinstance(problem(replace(wish, quality=30)), OtherSettings)


def test_a_process_that_dies_is_told(wish: VideoRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clip_render, "_work", dying)
    steps = render(wish, ENGINE, never, never)
    assert [next(steps).done, next(steps).done] == [1, 2]
    with pytest.raises(EngineError, match=r"out\.mp4 could not be painted: its process ended"):
        next(steps)


def test_no_frame_is_begun_during_a_pause(
    wish: VideoRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clip_render, "_work", counting)
    monkeypatch.setattr(clip_render, "LOOK_EVERY", 0.02)
    rests, idle, looks = threading.Event(), 0, list[int]()

    def unwanted() -> bool:
        nonlocal idle
        idle += rests.is_set()
        if idle > 50:  # so often it has looked
            rests.clear()
        return False

    for step in render(wish, ENGINE, unwanted, rests.is_set):
        if rests.is_set():
            looks.append(idle)
        if step.done == 3:
            rests.set()
    assert step.done == STEPS
    assert idle > 50
    # What was under way when the pause began has arrived at once, and nothing more.
    assert len(looks) < 10
    assert max(looks, default=0) < 10


def test_it_stops_when_it_is_not_wanted(
    wish: VideoRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clip_render, "_work", counting)
    seen = list[int]()
    for step in render(wish, ENGINE, lambda: len(seen) >= 4, never):
        seen.append(step.done)
    assert seen == [1, 2, 3, 4]


def test_the_film_is_that_of_the_command_line(wish: VideoRequest, tmp_path: Path) -> None:
    # Without loss: libx264 seldom encodes equal frames in another way.
    wish = replace(wish, target=tmp_path / "out.apng")
    list(render(wish, ENGINE, never, never))
    out, like = tmp_path / "cli.apng", wish.look.photo.like
    assert cli.run(["video", str(wish.source), "-o", str(out), "--like", like]) == 0
    ours, theirs = (list(open_clip(path).frames()) for path in (wish.target, out))
    assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(ours, theirs, strict=True))
