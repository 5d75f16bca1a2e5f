"""Clips and films: reading, writing, bad input."""

import errno
import io
from contextlib import nullcontext
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from engine.errors import EngineError
from engine.video.clip import ClipInfo, Frame, Tags
from engine.video.files import open_clip
from engine.video.films import Sound, check_film, check_sound, join, open_film
from tests.support.clips import TICKS, pictures, sound_packets, write_clip


def read(path: Path, **part) -> list[Frame]:
    return list(open_clip(path).frames(**part))


def far(frame: Frame, pixels: np.ndarray) -> float:
    return float(np.abs(frame.pixels.astype(int) - pixels).mean())


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"),
    [
        ("a.mp4", "libx264", "yuv420p"),
        ("a.mkv", "libx264", "yuv420p10le"),
        ("a.mp4", "libx265", "yuv420p10le"),
        ("a.webm", "libvpx-vp9", "yuv420p"),
        ("a.mp4", "libsvtav1", "yuv420p"),
    ],
)
def test_usual_codecs_are_read(tmp_path: Path, name: str, codec: str, pix_fmt: str) -> None:
    if codec not in av.codecs_available:
        pytest.skip(f"this FFmpeg has no {codec}")
    wanted = pictures(5)
    path = write_clip(tmp_path / name, wanted, codec, pix_fmt)
    clip = open_clip(path)
    assert clip.info.size == (64, 48)
    assert clip.info.rate == 25
    found = list(clip.frames())
    assert [frame.time for frame in found] == [Fraction(n, 25) for n in range(5)]
    assert all(far(*pair) < 12 for pair in zip(found, wanted, strict=True))
    assert clip.damaged == 0


def test_transparent_pixels_are_white(tmp_path: Path) -> None:
    clear = np.zeros((48, 64, 4), np.uint8)
    clear[:, 32:] = 10, 20, 30, 255
    (frame,) = read(write_clip(tmp_path / "a.mov", [clear], "qtrle", "argb"))
    assert (frame.pixels[:, :32] == 255).all()
    assert (frame.pixels[:, 32:] == (10, 20, 30)).all()


def test_rotated_clips_are_read_upright(tmp_path: Path) -> None:
    wanted = pictures(2)
    path = write_clip(tmp_path / "a.mp4", [np.rot90(each) for each in wanted])
    content = path.read_bytes()
    # The matrix of the track's header, in 16.16 fixed point: a quarter turn clockwise.
    at = content.index(b"tkhd") + 4 + 40
    turn = [0, 1 << 16, 0, -(1 << 16), 0, 0, 48 << 16, 0, 1 << 30]
    matrix = b"".join(value.to_bytes(4, "big", signed=True) for value in turn)
    path.write_bytes(content[:at] + matrix + content[at + 36 :])
    clip = open_clip(path)
    assert clip.info.size == (64, 48)
    assert far(next(clip.frames()), wanted[0]) < 5


def test_varying_times_and_tags_survive_a_film(tmp_path: Path) -> None:
    times = [100, 612, 700, 2400, 2500]
    path = write_clip(tmp_path / "a.mp4", pictures(5), times=times, colorspace=6, color_range=2,
                      color_primaries=6, color_trc=6)  # fmt: skip
    clip = open_clip(path)
    assert clip.info.tags == Tags(6, 6, 6, True)
    out = tmp_path / "out.mp4"
    with open_film(out, clip.info) as film:
        for frame in clip.frames():
            film.write(frame)
    copy = open_clip(out)
    assert copy.info.tags == clip.info.tags
    frames = list(copy.frames())
    assert [frame.time for frame in frames] == [(time - 100) * TICKS for time in times]
    assert all(far(*pair) < 5 for pair in zip(frames, pictures(5), strict=True))
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_part_is_read(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", pictures(10))
    found = read(path, start=Fraction(2, 25), end=Fraction(5, 25))
    assert [frame.time * 25 for frame in found] == [2, 3, 4]


@pytest.mark.parametrize("name", ["o.mp4", "o.mov", "o.mkv", "o.webm"])
def test_films_of_odd_size(tmp_path: Path, name: str) -> None:
    info = ClipInfo((63, 47), Fraction(25), Fraction(1, 1000), 4)
    wanted = pictures(4, 63, 47)
    with open_film(tmp_path / name, info) as film:
        for number, pixels in enumerate(wanted):
            film.write(Frame(pixels, Fraction(number, 25), Fraction(1, 25)))
    found = read(tmp_path / name)
    assert len(found) == 4
    for frame, pixels in zip(found, wanted, strict=True):
        assert frame.pixels.shape in ((48, 64, 3), (47, 63, 3))
        assert np.abs(frame.pixels[:47, :63].astype(int) - pixels).mean() < 9


@pytest.mark.parametrize("name", ["o.gif", "o.webp", "o.png"])
def test_animated_pictures(tmp_path: Path, name: str) -> None:
    info = ClipInfo((63, 47), Fraction(25), Fraction(1, 1000), 3)
    steps = [Fraction(0), Fraction(4, 100), Fraction(10, 100)]
    with open_film(tmp_path / name, info) as film:
        for pixels, time in zip(pictures(3, 63, 47), steps, strict=True):
            film.write(Frame(pixels, time, Fraction(4, 100)))
    clip = open_clip(tmp_path / name)
    assert clip.info.count == 3
    found = list(clip.frames())
    assert [frame.time for frame in found] == steps
    assert all(far(*pair) < 8 for pair in zip(found, pictures(3, 63, 47), strict=True))


def test_transparent_animations_are_white(tmp_path: Path) -> None:
    one, two = (Image.new("RGBA", (8, 8), (200, 0, 0, alpha)) for alpha in (0, 255))
    one.save(tmp_path / "a.webp", save_all=True, append_images=[two], duration=50, lossless=True)
    first, second = read(tmp_path / "a.webp")
    assert (first.pixels == 255).all()
    assert (second.pixels == (200, 0, 0)).all()


def test_numbered_pictures_both_ways(tmp_path: Path) -> None:
    pattern = tmp_path / "new" / "%03d.png"
    info = ClipInfo((64, 48), Fraction(25), Fraction(1, 25), 3)
    with open_film(pattern, info) as film:
        for number, pixels in enumerate(pictures(3)):
            film.write(Frame(pixels, Fraction(number, 25), Fraction(1, 25)))
    assert sorted(path.name for path in pattern.parent.iterdir()) == [
        "001.png", "002.png", "003.png",
    ]  # fmt: skip
    clip = open_clip(pattern, Fraction(10))
    found = list(clip.frames())
    assert [frame.time for frame in found] == [0, Fraction(1, 10), Fraction(2, 10)]
    assert all(far(*pair) == 0 for pair in zip(found, pictures(3), strict=True))
    Image.new("RGB", (5, 5)).save(tmp_path / "new" / "004.png")
    with pytest.raises(EngineError, match=r"004\.png is 5 x 5 pixels"):
        list(clip.frames()) and list(open_clip(pattern).frames())


def test_sound_is_copied_untouched(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "a.mp4", pictures(50), sound=True)
    silent, out = write_clip(tmp_path / "b.mp4", pictures(50)), tmp_path / "o.mkv"
    assert open_clip(source).info.sound
    assert not open_clip(silent).info.sound
    check_sound(out, Sound(source))
    join(out, silent, Sound(source))
    assert sound_packets(out) == sound_packets(source)
    assert [frame.time for frame in read(out)] == [Fraction(n, 25) for n in range(50)]
    join(out, silent, Sound(source, Fraction(1), Fraction(3, 2)))
    some, all_ = sound_packets(out), sound_packets(source)
    assert 19 <= len(some) <= 24
    assert some == all_[all_.index(some[0]) :][: len(some)]


def test_sound_that_a_format_cannot_hold_is_refused(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "a.mp4", pictures(5), sound=True)
    with pytest.raises(EngineError, match=r"o\.webm cannot hold the sound of .*a\.mp4 \(aac\)"):
        check_sound(tmp_path / "o.webm", Sound(source))


def test_damaged_packets_are_skipped_and_counted(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mov", pictures(12), "png", "rgb24")
    content = bytearray(path.read_bytes())
    headers = [at for at in range(len(content)) if content[at : at + 4] == b"IHDR"]
    for at in (headers[3], headers[7]):
        content[at : at + 12] = bytes(12)
    path.write_bytes(content)
    clip = open_clip(path)
    found = list(clip.frames())
    assert clip.damaged == 2
    assert [frame.time * 25 for frame in found] == [0, 1, 2, 4, 5, 6, 8, 9, 10, 11]


def test_a_truncated_clip_is_read_to_where_it_ends(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mkv", pictures(40))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    assert 10 < len(read(path)) < 40


def bad_files(folder: Path) -> dict[str, Path]:
    paths = {name: folder / name for name in ("no.mp4", "text.mp4", "sound.mp4", "none.mkv")}
    paths["text.mp4"].write_text("not a clip " * 100)
    with av.open(str(paths["sound.mp4"]), "w") as container:
        track = container.add_stream("aac", rate=44100, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 44100
        container.mux(track.encode(frame))
        container.mux(track.encode(None))
    with av.open(str(paths["none.mkv"]), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        container.start_encoding()
    return paths


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("no.mp4", "does not exist"),
        ("text.mp4", "is not a clip that Daub can read"),
        ("sound.mp4", "has no video stream"),
        ("none.mkv", "has no frame that can be read"),
    ],
)
def test_bad_clips_are_told_in_a_sentence(tmp_path: Path, name: str, sentence: str) -> None:
    path = bad_files(tmp_path)[name]
    with pytest.raises(EngineError, match=sentence) as caught:
        open_clip(path)
    assert str(path) in str(caught.value)
    assert str(caught.value).endswith(".")


def test_unknown_suffixes_and_large_films_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"o\.avi cannot be written: the suffix"):
        check_film(tmp_path / "o.avi", (64, 48))
    with pytest.raises(EngineError, match="at most 16384"):
        check_film(tmp_path / "o.mp4", (20000, 48))


class FullDisk(io.BytesIO):
    def write(self, content) -> int:
        if self.tell() + len(content) > 4000:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(content)


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch) -> None:
    out = tmp_path / "o.mp4"
    info = ClipInfo((64, 48), Fraction(25), Fraction(1, 1000), 3)
    noise = np.random.default_rng(0)
    monkeypatch.setattr("engine.video.films.replacing", lambda path: nullcontext(FullDisk()))

    def write() -> None:
        with open_film(out, info) as film:
            for number in range(50):
                pixels = noise.integers(0, 256, (48, 64, 3)).astype(np.uint8)
                film.write(Frame(pixels, Fraction(number, 25), Fraction(1, 25)))

    with pytest.raises(EngineError, match=r"o\.mp4 cannot be written: No space left on device"):
        write()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a.gif", "a.png"])
def test_an_animation_that_lost_its_end_is_read_up_to_there(tmp_path: Path, name: str) -> None:
    path, (first, *others) = tmp_path / name, [Image.fromarray(one) for one in pictures(8)]
    first.save(path, save_all=True, append_images=others, duration=50)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 5])
    clip = open_clip(path)
    found = list(clip.frames())
    assert 2 <= len(found) < 8
    assert len(clip.times()) == len(found)
    assert clip.info.rate == 20
