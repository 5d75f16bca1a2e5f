"""Reading a part of a clip: decoding from a keyframe gives the frames of decoding them all."""

from bisect import bisect_left
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from engine.video import files
from engine.video.clip import Frame
from engine.video.files import Video, open_clip
from tests.support.clips import pictures, write_clip

COUNT = 60
UNEVEN = [int(tick) for tick in np.cumsum(np.random.default_rng(1).integers(100, 2000, COUNT))]
OPEN = {"g": "12", "x264-params": "open-gop=1:bframes=3:b-adapt=0"}
CASES = {
    "even.mp4": ("libx264", {"g": "12"}, None),
    "uneven.mp4": ("libx264", {"g": "12"}, UNEVEN),
    "open.mkv": ("libx264", OPEN, None),
    "open.mp4": ("libx264", OPEN, UNEVEN),
    "refresh.mp4": ("libx264", {"g": "15", "x264-params": "intra-refresh=1"}, None),
    "stream.ts": ("libx264", {"g": "12"}, None),
    "old.avi": ("libx264", {"g": "12", "bf": "2"}, None),
    "bare.h264": ("libx264", {"g": "12"}, None),
    "hidden.webm": (
        "libvpx", {"g": "12", "auto-alt-ref": "1", "lag-in-frames": "16"}, None
    ),
    "small.webm": ("libvpx-vp9", {"g": "12"}, UNEVEN),
}  # fmt: skip


def clip_of(folder: Path, name: str) -> Path:
    codec, options, times = CASES[name]
    if codec not in av.codecs_available:
        pytest.skip(f"this FFmpeg has no {codec}")
    return write_clip(folder / name, pictures(COUNT), codec, options=options, times=times)


def same(one: list[Frame], two: list[Frame]) -> bool:
    return len(one) == len(two) and all(
        a.time == b.time and a.duration == b.duration and np.array_equal(a.pixels, b.pixels)
        for a, b in zip(one, two, strict=True)
    )


@pytest.mark.parametrize("name", CASES)
def test_a_part_has_the_frames_of_the_whole(tmp_path: Path, name: str) -> None:
    path = clip_of(tmp_path, name)
    whole = list(open_clip(path).frames())
    assert len(whole) == COUNT
    clip = open_clip(path)
    assert list(clip.times()) == [frame.time for frame in whole]
    for number in range(0, COUNT, 5):
        start = whole[number].time
        end = start + Fraction(1, 5)
        assert same(
            list(clip.frames(start, end)), [f for f in whole if start <= f.time < end]
        ), number  # fmt: skip
    between = (whole[30].time + whole[31].time) / 2
    assert next(clip.frames(between)).time == whole[31].time


@pytest.mark.parametrize("name", ["even.mp4", "uneven.mp4", "open.mkv", "stream.ts"])
def test_few_frames_are_decoded_for_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    clip = open_clip(clip_of(tmp_path, name))
    assert isinstance(clip, Video)
    decoded, count = clip._decoded, 0

    def counted(*arguments):
        nonlocal count
        for picture in decoded(*arguments):
            count += 1
            yield picture

    monkeypatch.setattr(clip, "_decoded", counted)
    next(clip.frames(clip.times()[50]))
    assert 1 <= count <= 24  # the keyframe before is at most 12 frames away, or the one before it


def test_reading_ends_when_it_is_not_wanted(tmp_path: Path) -> None:
    clip = open_clip(clip_of(tmp_path, "even.mp4"))
    asked = iter([False] * 3 + [True])
    assert len(list(clip.frames(unwanted=lambda: next(asked)))) == 3


def test_a_clip_whose_end_is_lost_has_the_times_that_can_be_read(tmp_path: Path) -> None:
    path = clip_of(tmp_path, "open.mkv")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    clip = open_clip(path)
    frames = list(clip.frames())
    assert 20 < len(frames) < COUNT
    assert abs(len(clip.times()) - len(frames)) <= 3
    assert same(list(clip.frames(frames[20].time)), frames[20:])


def test_a_file_that_cannot_be_sought_in_is_decoded_from_its_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = clip_of(tmp_path, "even.mp4")
    whole = list(open_clip(path).frames())
    monkeypatch.setattr(files, "packets_from", lambda *_: None)
    assert same(list(open_clip(path).frames(whole[40].time)), whole[40:])


def test_damaged_times_go_on_from_the_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "frame_index", lambda *_: None)
    clip = open_clip(clip_of(tmp_path, "uneven.mp4"))
    times = [frame.time for frame in clip.frames()]
    assert list(clip.times()) == times
    assert bisect_left(times, next(clip.frames(times[33])).time) == 33


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png"])
def test_animations_tell_their_times(tmp_path: Path, name: str) -> None:
    from engine.video.clip import ClipInfo
    from engine.video.films import open_film

    steps = [Fraction(0), Fraction(4, 100), Fraction(10, 100), Fraction(30, 100)]
    info = ClipInfo((64, 48), Fraction(25), Fraction(1, 1000), 4)
    with open_film(tmp_path / name, info) as film:
        for pixels, time in zip(pictures(4), steps, strict=True):
            film.write(Frame(pixels, time, Fraction(4, 100)))
    clip = open_clip(tmp_path / name)
    assert list(clip.times()) == steps
    assert same(list(clip.frames(steps[2])), list(clip.frames())[2:])
