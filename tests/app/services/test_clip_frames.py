"""Reading frames of a clip on a thread: only the newest wish counts, but a drag shows some."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.services import clip_frames
from app.services.clip_frames import ClipFacts, ClipFrame, ClipFrames, within
from engine.video.reader import FrameReader
from tests.support.clips import pictures, write_clip

BOX = 400, 300
COUNT = 8


class SlowReads:
    """Lets every read wait until it is not wanted, or may go on."""

    def __init__(self) -> None:
        self.begun, self.last, self.go = (threading.Event() for _ in range(3))

    def read(self, number: int, unwanted: Callable[[], bool]) -> np.ndarray | None:
        self.begun.set()
        if number == COUNT - 1:
            self.last.set()
        while not self.go.wait(0.002):
            if unwanted():
                return None
        return np.full((4, 6, 3), number, np.uint8)


@pytest.fixture
def frames(qtbot: QtBot, tmp_path: Path) -> Iterator[ClipFrames]:
    service = ClipFrames(write_clip(tmp_path / "a.mp4", pictures(COUNT)))
    with qtbot.waitSignal(service.opened) as opened:
        service.open()
    facts = opened.args[0]
    assert isinstance(facts, ClipFacts)
    assert (facts.count, facts.size, facts.sound) == (COUNT, (64, 48), False)
    assert facts.seconds == pytest.approx(COUNT / 25)
    yield service
    service.stop()


@pytest.fixture
def slow(frames: ClipFrames, monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowReads]:
    reads = SlowReads()
    monkeypatch.setattr(FrameReader, "read", lambda _self, *given: reads.read(*given))
    yield reads
    reads.go.set()


def came(qtbot: QtBot, frames: ClipFrames, then: Callable[[], object]) -> list[int]:
    """Return the numbers of the frames that came until all was read."""
    seen = list[int]()
    frames.came.connect(lambda frame: seen.append(frame.number))
    then()
    qtbot.waitUntil(lambda: not frames.busy)
    qtbot.waitUntil(lambda: bool(seen) and seen[-1] == COUNT - 1)
    return seen


def drag(slow: SlowReads, frames: ClipFrames) -> None:
    """Wish for one frame after another while the first is read."""
    for number in (3, 5, COUNT - 1):
        frames.show(number, BOX)
        slow.begun.wait()


def test_a_newer_wish_ends_the_read_before(
    qtbot: QtBot, frames: ClipFrames, slow: SlowReads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clip_frames, "STALE", float("inf"))

    def dragged() -> None:
        drag(slow, frames)
        assert slow.last.wait(5)  # those before were given up
        slow.go.set()

    assert came(qtbot, frames, dragged) == [COUNT - 1]


def test_a_long_drag_shows_frames_on_the_way(
    qtbot: QtBot, frames: ClipFrames, slow: SlowReads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clip_frames, "STALE", 0.0)

    def dragged() -> None:
        drag(slow, frames)
        slow.go.set()

    assert came(qtbot, frames, dragged) == [3, COUNT - 1]


def test_stopping_ends_a_read_at_once(
    frames: ClipFrames, slow: SlowReads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clip_frames, "STALE", 0.0)
    frames.show(3, BOX)
    slow.begun.wait()
    frames.stop()  # would wait for ever
    assert not slow.go.is_set()


def test_frames_are_reduced_to_the_screen(qtbot: QtBot, frames: ClipFrames) -> None:
    with qtbot.waitSignal(frames.came) as shown:
        frames.show(2, (32, 300))
    frame = shown.args[0]
    assert isinstance(frame, ClipFrame)
    assert frame.pixels.shape == (48, 64, 3)
    assert frame.shown.shape == (24, 32, 3)
    assert within(frame.pixels, (64, 48)) is frame.pixels
    assert within(frame.pixels, (0, 0)).shape == (1, 1, 3)
