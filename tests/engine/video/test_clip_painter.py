"""Clips painted frame by frame."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.benchmarks.video import MadeFrame, flicker, made_clip
from engine.device import Device
from engine.packs.style_pack import BUILT_IN
from engine.photo.painter import PhotoPainter
from engine.photo.strokes import StrokePhotos
from engine.requests import PhotoLook
from engine.video.painter import ClipPainter, NetworkClip, StrokeClip, VideoLook
from tests.conftest import random_stylizer
from tests.engine.video.test_flow import photo

SIZE = 160, 96


@pytest.fixture(scope="module")
def look(tmp_path_factory: pytest.TempPathFactory) -> PhotoLook:
    path = tmp_path_factory.mktemp("like") / "like.png"
    Image.fromarray(photo("astronaut")).resize((240, 240)).save(path)
    return PhotoLook("starry-night", by="strokes", like=str(path))


def strokes(look: PhotoLook, boil: int = 0) -> StrokeClip:
    photos = StrokePhotos(lambda style: BUILT_IN / style)
    return StrokeClip(photos, VideoLook(look, boil))


def network(strength: float = 1.0) -> NetworkClip:
    painter = PhotoPainter(random_stylizer(), Device(torch.device("cpu"), torch.float32))
    return NetworkClip(painter, VideoLook(PhotoLook("wave", strength)))


def made(kind: str = "pan", count: int = 5) -> list[MadeFrame]:
    return list(made_clip(kind, photo("rocket"), count, SIZE, photo("cat")))


def painted(painter: ClipPainter, frames: list[MadeFrame]) -> list[np.ndarray]:
    return [painter.paint(number, frame.pixels) for number, frame in enumerate(frames)]


def test_a_still_clip_stands_still(look: PhotoLook) -> None:
    frame = made(count=1)[0]
    first, second, third = painted(strokes(look), [frame] * 3)
    assert np.abs(second.astype(int) - third).mean() < 0.5
    assert np.abs(first.astype(int) - second).mean() < 2


@pytest.mark.parametrize("kind", ["pan", "zoom", "layers"])
def test_strokes_stay_on_things(look: PhotoLook, kind: str) -> None:
    frames = made(kind)
    carried = painted(strokes(look), frames)
    alone = [strokes(look).paint(0, frame.pixels) for frame in frames]
    assert flicker(carried, frames) < 0.45 * flicker(alone, frames)
    # It is still the clip: as far from the last frame as one that was painted alone, or nearly.
    last = frames[-1].pixels.astype(int)
    assert np.abs(carried[-1] - last).mean() < 1.2 * np.abs(alone[-1] - last).mean() + 3


def test_boiling_strokes_are_painted_anew_every_few_frames(look: PhotoLook) -> None:
    frame = made(count=1)[0]
    pictures = painted(strokes(look, boil=2), [frame] * 5)
    changes = [np.abs(one.astype(int) - other).mean() for one, other in pairwise(pictures)]
    assert min(changes[1], changes[3]) > 3 * max(changes[0], changes[2])


def test_a_cut_begins_anew(look: PhotoLook) -> None:
    frames = [made(count=1)[0].pixels, np.ascontiguousarray(photo("cat")[:96, :160])]
    clip = strokes(look)
    after_cut = [clip.paint(number, frame) for number, frame in enumerate(frames)][1]
    assert clip.memory.first == 1
    assert np.array_equal(after_cut, strokes(look).paint(0, frames[1]))


@pytest.mark.parametrize("colours", ["style", "luminance", "statistics"])
def test_a_resumed_clip_is_the_same(look: PhotoLook, colours: str) -> None:
    frames, look = made(count=4), replace(look, colours=colours)
    wanted = painted(strokes(look), frames)
    begun = strokes(look)
    painted(begun, frames[:2])
    resumed = strokes(look)
    resumed.resume(begun.memory, frames[0].pixels, frames[1].pixels)
    for number in (2, 3):
        found = resumed.paint(number, frames[number].pixels)
        assert np.array_equal(found, wanted[number])


def test_strength_0_is_the_clip(look: PhotoLook) -> None:
    frames = made(count=2)
    for clip in (strokes(replace(look, strength=0)), network(0)):
        found = painted(clip, frames)
        assert all(np.array_equal(a, b.pixels) for a, b in zip(found, frames, strict=True))


@pytest.mark.parametrize("stroke", [0.5, 2.0])
def test_other_stroke_sizes(look: PhotoLook, stroke: float) -> None:
    frames = made(count=3)
    found = painted(strokes(replace(look, stroke=stroke)), frames)
    assert all(each.shape == (96, 160, 3) for each in found)
    assert flicker(found, frames) < 20


def test_the_network_keeps_statistics_and_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.video.painter.HELD", 0.0)
    frames = made(count=3)
    clip = network()
    pictures = painted(clip, [frames[0], frames[1], frames[0]])
    assert np.array_equal(pictures[0], pictures[2])
    assert clip.memory.first == 0
    alone = network().paint(0, frames[1].pixels)
    assert not np.array_equal(alone, pictures[1])


def test_frames_of_the_network_hold_what_was_before() -> None:
    frames = made(count=4)
    held = painted(network(), frames)
    alone = [network().paint(0, frame.pixels) for frame in frames]
    assert flicker(held, frames) < 0.6 * flicker(alone, frames)
    begun, resumed = network(), network()
    painted(begun, frames[:2])
    resumed.resume(begun.memory, frames[0].pixels, frames[1].pixels)
    assert np.array_equal(resumed.paint(2, frames[2].pixels), held[2])


def test_bad_looks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="boil is 0 frames or more"):
        VideoLook(PhotoLook("starry-night", by="strokes"), -1)
    with pytest.raises(ValueError, match="Only strokes can boil"):
        VideoLook(PhotoLook("starry-night"), 2)


def test_a_frame_on_its_own_is_painted_as_the_first_of_a_shot(look: PhotoLook) -> None:
    first, second = (frame.pixels for frame in made(count=2))
    steps = list(strokes(look).still(first))
    assert all(isinstance(share, float) and 0 < share <= 1 for share in steps[:-1])
    assert len(steps) > 2
    assert np.array_equal(steps[-1], strokes(look).paint(0, first))
    (alone,) = network().still(second)
    assert np.array_equal(alone, network().paint(0, second))
