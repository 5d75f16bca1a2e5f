"""A film that is painted in several runs."""

import os
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.errors import EngineError
from engine.video import progress
from engine.video.clip import ClipInfo, Frame
from engine.video.files import open_clip
from engine.video.films import Sound
from engine.video.painter import Memory
from engine.video.progress import UnfinishedFilm, claimed, discard, folder_beside, is_claimed
from engine.video.reduced import reduced
from tests.support.clips import pictures, sound_packets, write_clip

INFO = ClipInfo((64, 48), Fraction(25), Fraction(1, 12800), 25)
COUNT = 25
MEMORY = Memory(0, 0, np.zeros((2, 2, 2), np.float32), np.ones((2, 2), np.float32))


@pytest.fixture(autouse=True)
def short_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "SEGMENT", 8)


def add(film: UnfinishedFilm, until: int) -> None:
    wanted = pictures(COUNT)
    for number in range(film.done, until):
        time = Fraction(512 * number + number % 2, 12800)
        film.add(Frame(wanted[number], time, Fraction(1, 25)), MEMORY)


def times_of(path: Path) -> list[Fraction]:
    return [frame.time for frame in open_clip(path).frames()]


@pytest.mark.parametrize("name", ["o.mp4", "o.mkv", "o.webm", "o.mov"])
def test_a_film_in_several_runs_is_whole(tmp_path: Path, name: str) -> None:
    path, sound = tmp_path / name, None
    if name == "o.mp4":
        source = write_clip(tmp_path / "a.mp4", pictures(COUNT), sound=True)
        sound = Sound(source)
    for until in (5, 13, 14, 22, COUNT):
        film = UnfinishedFilm(path, INFO, "same", 18)
        add(film, until)
        assert not path.exists()
        if until >= 8:
            shown = times_of(folder_beside(path) / "so-far.mp4")
            assert len(shown) == until // 8 * 8
    film = UnfinishedFilm(path, INFO, "same", 18)
    assert film.done == COUNT
    assert film.memory is not None
    assert (film.memory.drift == 1).all()
    assert film.moments == (0, Fraction(512 * (COUNT - 1) + (COUNT - 1) % 2, 12800))
    film.finish(sound)
    assert not folder_beside(path).exists()
    found = list(open_clip(path).frames())
    base = open_clip(path).info.base
    wanted = [Fraction(512 * n + n % 2, 12800) for n in range(COUNT)]
    assert all(abs(one.time - two) <= base / 2 for one, two in zip(found, wanted, strict=True))
    unlike = [np.abs(one.pixels.astype(int) - two).mean()
              for one, two in zip(found, pictures(COUNT), strict=True)]  # fmt: skip
    assert max(unlike) < 8
    if sound is not None:
        assert sound_packets(path) == sound_packets(sound.path)


def test_a_segment_that_was_half_written_is_written_again(tmp_path: Path) -> None:
    path = tmp_path / "o.mp4"
    add(UnfinishedFilm(path, INFO, "same", 18), 15)
    kept = tmp_path / "kept"
    shutil.copytree(folder_beside(path), kept)
    with (kept / "so-far.mp4").open("ab") as file:
        file.write(b"half a fragment")
    shutil.rmtree(folder_beside(path))
    shutil.move(kept, folder_beside(path))
    film = UnfinishedFilm(path, INFO, "same", 18)
    assert film.done == 15
    add(film, COUNT)
    film.finish(None)
    assert len(times_of(path)) == COUNT


def test_work_with_other_settings_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "o.mp4"
    add(UnfinishedFilm(path, INFO, "same", 18), 9)
    with pytest.raises(EngineError, match="--again"):
        UnfinishedFilm(path, INFO, "other", 18)
    assert UnfinishedFilm(path, INFO, "same", 18).done == 9
    discard(path)
    assert not folder_beside(path).exists()
    assert UnfinishedFilm(path, INFO, "other", 18).done == 0


def test_files_of_others_in_the_folder_stay(tmp_path: Path) -> None:
    path = tmp_path / "o.mp4"
    folder_beside(path).mkdir()
    mine = folder_beside(path) / "mine.png"
    mine.write_bytes(b"mine")
    film = UnfinishedFilm(path, INFO, "same", 18)
    add(film, COUNT)
    film.finish(None)
    assert list(folder_beside(path).iterdir()) == [mine]


def test_a_film_that_lost_its_end_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "o.mp4"
    add(UnfinishedFilm(path, INFO, "same", 18), 15)
    so_far = folder_beside(path) / "so-far.mp4"
    so_far.write_bytes(so_far.read_bytes()[:-9])
    assert UnfinishedFilm(path, INFO, "same", 18).done == 0


@pytest.mark.parametrize("name", ["progress.npz", "so-far.mp4"])
def test_progress_that_cannot_be_read_now_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path, opens = tmp_path / "o.mp4", Path.open
    add(UnfinishedFilm(path, INFO, "same", 18), 15)

    def locked(file: Path, *arguments: Any) -> Any:
        if file.name == name:
            raise PermissionError(13, "Permission denied")
        return opens(file, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", locked)
        with pytest.raises(EngineError, match=r"o\.mp4 cannot be read: Permission denied"):
            UnfinishedFilm(path, INFO, "same", 18)
    assert UnfinishedFilm(path, INFO, "same", 18).done == 15


def test_a_segment_is_on_the_disk_before_its_pictures_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced, fsync = list[int](), os.fsync
    monkeypatch.setattr(
        os, "fsync", lambda file: (synced.append(os.fstat(file).st_ino), fsync(file))
    )
    path = tmp_path / "o.mp4"
    add(UnfinishedFilm(path, INFO, "same", 18), 8)
    assert (folder_beside(path) / "so-far.mp4").stat().st_ino in synced


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 no archive", b"text"])
def test_damaged_progress_begins_anew(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "o.mp4"
    add(UnfinishedFilm(path, INFO, "same", 18), 9)
    (folder_beside(path) / "progress.npz").write_bytes(damage)
    assert UnfinishedFilm(path, INFO, "same", 18).done == 0


def test_animations_and_numbered_pictures_go_on(tmp_path: Path) -> None:
    for path in (tmp_path / "o.gif", tmp_path / "f" / "%03d.png"):
        for until in (10, COUNT):
            film = UnfinishedFilm(path, INFO, "same", 18)
            add(film, until)
        film.finish(None)
        assert len(times_of(path)) == COUNT
        assert not folder_beside(path).exists()


def test_two_runs_do_not_paint_one_film(tmp_path: Path) -> None:
    path = tmp_path / "o.mp4"
    with claimed(path):
        assert is_claimed(path)
        with pytest.raises(EngineError, match=r"o\.mp4 is being painted already"), claimed(path):
            pass
        with claimed(tmp_path / "other.mp4"):
            add(UnfinishedFilm(path, INFO, "same", 18), 3)
    assert not is_claimed(path)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["o.mp4.unfinished"]
    with claimed(path):
        film = UnfinishedFilm(path, INFO, "same", 18)
        assert film.done == 3
        add(film, COUNT)
        film.finish(None)
    assert [each.name for each in tmp_path.iterdir()] == ["o.mp4"]


def test_a_killed_run_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "o.mp4"
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom engine.video.progress import claimed\n"
        f"with claimed(Path({str(path)!r})):\n"
        "    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    assert is_claimed(path)
    holder.kill()
    holder.communicate()
    assert (folder_beside(path) / "lock").exists()
    assert not is_claimed(path)
    with claimed(path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_clip_can_be_made_smaller(tmp_path: Path) -> None:
    clip = open_clip(write_clip(tmp_path / "a.mp4", pictures(4)))
    small = reduced(clip, 33)
    assert small.info.size == (32, 24)
    found = list(small.frames(Fraction(1, 25)))
    assert [frame.pixels.shape for frame in found] == [(24, 32, 3)] * 3
    assert list(small.times()) == list(clip.times())
    assert reduced(clip, 64) is clip
    assert reduced(clip, 0) is clip
