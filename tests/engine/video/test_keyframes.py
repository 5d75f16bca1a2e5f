"""Clips that follow frames which were painted over."""

from dataclasses import replace
from fractions import Fraction
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from engine.benchmarks.video import MadeFrame, flicker, made_clip
from engine.errors import EngineError
from engine.requests import PhotoLook
from engine.video import keyframes
from engine.video.files import open_clip
from engine.video.keyframes import Keyframe, KeyframeClip, mixed, read_keyframes
from engine.video.painter import VideoLook
from engine.video.run import VideoRequest, keyframe_painter, paint_clip
from tests.engine.video.test_flow import photo
from tests.support.clips import pictures, write_clip

SIZE = 160, 96
LOOK = PhotoLook("starry-night", by="strokes")


def made(kind: str = "pan", count: int = 7) -> list[MadeFrame]:
    return list(made_clip(kind, photo("rocket"), count, SIZE, photo("cat")))


def painted_over(frame: np.ndarray, turn: int = 0, seed: int = 0) -> np.ndarray:
    """Return a frame in other colours, inverted, with dabs that the frame does not have."""
    noise = np.random.default_rng(seed).normal(0, 90, frame.shape[:2])
    strokes = cv2.GaussianBlur(noise, (0, 0), 1.5)[..., None]
    return np.rint(255 - np.roll(frame, turn, 2) + strokes).clip(0, 255).astype(np.uint8)


def clip_of(frames: list[np.ndarray], keys: dict[int, np.ndarray], strength: float = 1.0):
    """Return a painter; the list gets the ranges that it reads ahead."""
    read: list[tuple[int, int]] = []

    def ahead(first: int, last: int) -> list[np.ndarray]:
        read.append((first, last))
        return list(islice(frames, first, last + 1))

    found = [Keyframe(number, frames[number], painting) for number, painting in keys.items()]
    look = PhotoLook("starry-night", strength, by="strokes")
    return KeyframeClip(found, look, ahead), read


def paint(clip: KeyframeClip, frames: list[np.ndarray]) -> list[np.ndarray]:
    return [clip.paint(number, frame) for number, frame in enumerate(frames)]


def unlike(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(int) - other).mean())


@pytest.mark.parametrize("kind", ["pan", "zoom", "layers"])
def test_the_clip_follows_a_painted_frame_in_both_directions(kind: str) -> None:
    film = made(kind)
    frames = [frame.pixels for frame in film]
    clip, read = clip_of(frames, {3: painted_over(frames[3])})
    found = paint(clip, frames)
    assert np.array_equal(found[3], painted_over(frames[3]))
    assert read == [(0, 3)]
    for number, picture in enumerate(found):
        wanted = 255 - frames[number]
        assert unlike(picture, wanted) < 0.35 * unlike(picture, frames[number])
    alone = [painted_over(each, seed=number) for number, each in enumerate(frames)]
    assert flicker(found, film) < 0.4 * flicker(alone, film)


def test_between_two_keyframes_one_fades_into_the_other() -> None:
    frame = made(count=1)[0].pixels
    one, other = painted_over(frame), painted_over(frame, 1)
    clip, read = clip_of([frame] * 7, {1: one, 5: other})
    found = paint(clip, [frame] * 7)
    assert read == [(0, 1), (2, 5)]
    inside = np.s_[8:-8, 8:-8]  # the edge is painted anew
    for number, share in enumerate((0, 0, 0.25, 0.5, 0.75, 1, 1)):
        wanted = (1 - share) * one + share * other
        assert np.abs(found[number][inside] - wanted[inside]).mean() < 3
    assert np.array_equal(found[1], one)
    assert np.array_equal(found[5], other)


def test_fading_keeps_the_contrast_of_strokes() -> None:
    grey = np.full((96, 160, 3), 128, np.uint8)
    one, other = painted_over(grey, seed=1), painted_over(grey, seed=2)
    middle = mixed(one, other, 0.5)
    plain = np.rint((one.astype(float) + other) / 2)
    assert plain.std() < 0.8 * one.std()
    assert 0.9 * one.std() < middle.std() < 1.1 * one.std()
    assert unlike(mixed(one, one, 0.5), one) < 0.5
    for share, end in ((0.0, one), (1.0, other)):
        assert unlike(mixed(one, other, share), end) < 0.5


def test_each_shot_follows_its_own_keyframe() -> None:
    first, second = (cv2.resize(photo(name), SIZE) for name in ("rocket", "cat"))
    frames = [first] * 3 + [second] * 3
    keys = {1: painted_over(first), 4: painted_over(second, 1)}
    found = paint(clip_of(frames, keys)[0], frames)
    inside = np.s_[8:-8, 8:-8]
    for number, picture in enumerate(found):
        assert unlike(picture[inside], keys[1 if number < 3 else 4][inside]) < 3
    # A shot without a keyframe is painted with the strokes of the nearest one.
    lonely = paint(clip_of(frames, {1: keys[1]})[0], frames)
    assert unlike(lonely[4], lonely[5]) < 2
    assert unlike(lonely[4], keys[1]) > 10


@pytest.mark.parametrize("done", [1, 2, 4, 6])
def test_a_resumed_clip_is_the_same(done: int) -> None:
    frames = [frame.pixels for frame in made()]
    keys = {2: painted_over(frames[2]), 5: painted_over(frames[5], 1)}
    wanted = paint(clip_of(frames, keys)[0], frames)
    begun, resumed = clip_of(frames, keys)[0], clip_of(frames, keys)[0]
    paint(begun, frames[:done])
    resumed.resume(begun.memory, frames[begun.memory.first], frames[done - 1])
    for number in range(done, len(frames)):
        assert np.array_equal(resumed.paint(number, frames[number]), wanted[number])


def test_strength_0_is_the_clip() -> None:
    frames = [frame.pixels for frame in made(count=3)]
    found = paint(clip_of(frames, {1: painted_over(frames[1])}, strength=0)[0], frames)
    assert all(map(np.array_equal, found, frames))


def test_large_frames_show_the_painting_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.video.painter.MOST", 6827)  # frames are 1.5 times as large
    frames = [made(count=1)[0].pixels] * 2
    painting = painted_over(frames[0])
    found = paint(clip_of(frames, {0: painting})[0], frames)
    assert found[1].shape == painting.shape
    small = cv2.resize(painting, (107, 64), interpolation=cv2.INTER_AREA)
    small = cv2.resize(small, SIZE, interpolation=cv2.INTER_CUBIC)
    inside = np.s_[8:-8, 8:-8]
    assert unlike(found[1][inside], painting[inside]) < 0.8 * unlike(
        small[inside], painting[inside]
    )


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip.mp4", pictures(8))


def saved(path: Path, size: tuple[int, int] = (64, 48)) -> Path:
    Image.fromarray(painted_over(pictures(8)[3])).resize(size).save(path)
    return path


def request_of(clip: Path, *told: tuple[int, Path], start: Fraction | None = None) -> VideoRequest:
    target = clip.with_name("out.mkv")
    return VideoRequest(clip, target, VideoLook(LOOK), start, keyframes=told)


def test_paintings_are_scaled_and_numbered_in_the_whole_clip(clip: Path, tmp_path: Path) -> None:
    small, large = saved(tmp_path / "s.png", (32, 24)), saved(tmp_path / "l.png", (128, 96))
    found = read_keyframes(open_clip(clip), [(5, large), (3, small)], 2)
    assert [each.number for each in found] == [1, 3]
    assert all(each.painting.shape == (48, 64, 3) for each in found)
    assert np.array_equal(found[0].frame, list(open_clip(clip).frames())[3].pixels)
    request = request_of(clip, (3, small), start=Fraction(2, 25))
    steps = list(paint_clip(request, keyframe_painter(request)))
    assert [(step.done, step.ahead) for step in steps] == [
        (0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0), (6, 0),
    ]  # fmt: skip
    assert unlike(list(open_clip(request.target).frames())[1].pixels, found[0].painting) < 8


def test_a_keyframe_may_be_after_the_end(clip: Path, tmp_path: Path) -> None:
    request = replace(request_of(clip, (5, saved(tmp_path / "k.png"))), end=Fraction(3, 25))
    steps = list(paint_clip(request, keyframe_painter(request)))
    assert [(step.done, step.ahead) for step in steps[:5]] == [(0, n) for n in (4, 3, 2, 1, 0)]
    assert steps[-1].done == 3
    frames = [frame.pixels for frame in open_clip(clip).frames()]
    found = [frame.pixels for frame in open_clip(request.target).frames()]
    assert unlike(found[0], 255 - frames[0]) < 0.35 * unlike(found[0], frames[0])


def test_bad_keyframes_are_refused_in_one_sentence(clip: Path, tmp_path: Path) -> None:
    good, bad = saved(tmp_path / "good.png"), tmp_path / "bad.png"
    bad.write_text("no picture")
    cases = [
        ([(3, bad)], 0, "bad.png"),
        ([(3, tmp_path / "none.png")], 0, "none.png"),
        ([(8, good)], 0, "good.png is for frame 8, but the last one of .*clip.mp4 is 7"),
        ([(3, good), (3, bad)], 0, "good.png and .*bad.png are both for frame 3"),
        ([(1, good)], 2, "good.png is for frame 1, but the part begins with frame 2"),
    ]
    for told, first, sentence in cases:
        with pytest.raises(EngineError, match=sentence):
            read_keyframes(open_clip(clip), told, first)
    with pytest.raises(ValueError, match="Only strokes can follow"):
        VideoRequest(clip, tmp_path / "o.mkv", VideoLook(PhotoLook("wave")), keyframes=((1, good),))


def test_no_room_to_look_ahead_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def close(self) -> None:
            pass

        def seek(self, at: int) -> None:
            pass

        def write(self, content: bytes) -> None:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(keyframes.tempfile, "TemporaryFile", lambda **_: Full())
    frames = [frame.pixels for frame in made(count=2)]
    clip, _ = clip_of(frames, {1: painted_over(frames[1])})
    with pytest.raises(EngineError, match="No space left on device"):
        clip.paint(0, frames[0])


def test_a_frame_on_its_own_has_the_strokes_of_a_keyframe() -> None:
    frames = [frame.pixels for frame in made(count=2)]
    clip, read = clip_of(frames, {0: painted_over(frames[0])})
    (shown,) = clip.still(frames[0])
    assert np.array_equal(shown, painted_over(frames[0]))
    *shares, alone = clip.still(frames[1])
    assert shares
    assert alone.shape == frames[1].shape
    inside = np.s_[16:-16, 16:-16]
    assert unlike(alone[inside], 255 - frames[1][inside]) < 0.6 * unlike(
        alone[inside], frames[1][inside]
    )
    assert read == []
