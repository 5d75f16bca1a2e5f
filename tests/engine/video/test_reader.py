"""Frames of a clip in any order."""

from pathlib import Path

import numpy as np
import pytest

from engine.errors import EngineError
from engine.video import reader
from engine.video.files import open_clip
from engine.video.reader import FrameReader
from tests.support.clips import pictures, write_clip

COUNT = 60


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    times = [int(tick) for tick in np.cumsum(np.random.default_rng(2).integers(90, 900, COUNT))]
    return write_clip(tmp_path / "a.mp4", pictures(COUNT), options={"g": "12"}, times=times)


def same(found: np.ndarray | None, wanted: np.ndarray) -> bool:
    return found is not None and np.array_equal(found, wanted)


def test_frames_are_read_in_any_order(clip: Path) -> None:
    whole = [frame.pixels for frame in open_clip(clip).frames()]
    one = FrameReader(open_clip(clip))
    order = [0, 1, 2, 50, 49, 48, 3, 59, 58, 10, 22, 23, 35, 34, *range(30, 20, -1), 59, 0]
    for number in order:
        assert same(one.read(number), whole[number]), number


def test_reading_backwards_decodes_once_for_several_frames(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, begun = FrameReader(open_clip(clip)), 0
    frames = one.clip.frames

    def counted(*arguments, **named):
        nonlocal begun
        begun += 1
        return frames(*arguments, **named)

    monkeypatch.setattr(one.clip, "frames", counted)
    for number in range(40, 20, -1):
        assert one.read(number) is not None
    assert begun == 3


def test_an_interrupted_read_returns_nothing_and_the_next_one_is_right(clip: Path) -> None:
    whole = [frame.pixels for frame in open_clip(clip).frames()]
    one = FrameReader(open_clip(clip))
    assert one.read(0, lambda: True) is None
    assert same(one.read(0), whole[0])
    assert one.read(30, lambda: True) is None
    assert same(one.read(5), whole[5])


def test_a_read_after_a_failed_one_is_right(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = [frame.pixels for frame in open_clip(clip).frames()]
    one = FrameReader(open_clip(clip))

    def failing(*_arguments, **_named):
        raise EngineError("The disk is gone.")
        yield

    with monkeypatch.context() as patch:
        patch.setattr(one.clip, "frames", failing)
        with pytest.raises(EngineError):
            one.read(0)
    assert same(one.read(0), whole[0])


def test_few_frames_are_kept(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "KEPT", 3 * 64 * 48 * 3)
    one = FrameReader(open_clip(clip))
    for number in range(20):
        assert one.read(number) is not None
    assert len(one._kept) == 3


def test_a_damaged_frame_is_replaced_by_the_next_one(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mov", pictures(8), "png", "rgb24")
    content = bytearray(path.read_bytes())
    headers = [at for at in range(len(content)) if content[at : at + 4] == b"IHDR"]
    for at in (headers[3], headers[7]):
        content[at : at + 12] = bytes(12)
    path.write_bytes(content)
    one = FrameReader(open_clip(path))
    assert len(one.times) == 8
    assert same(one.read(3), pictures(8)[4])
    assert same(one.read(4), pictures(8)[4])
    assert one.read(7) is None
    assert same(one.read(6), pictures(8)[6])
