"""Keep what is painted of a film beside it, so that a run that was killed goes on.

Only one run paints a film at a time: it holds the file ``lock`` in the folder NAME.unfinished. The
folder also holds progress.npz: what the painter remembers, the settings, and how far
the film is; and the last frames as PNG. Of a film in one file, every SEGMENT frames are appended to
so-far.mp4, a fragmented MP4 that plays at any time. Numbered pictures are written to their place.
"""

import io
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from PIL import Image

from engine.errors import EngineError
from engine.image import reading
from engine.video.animations import is_numbered
from engine.video.clip import ClipInfo, Frame
from engine.video.films import (
    ANIMATIONS,
    EncodedFilm,
    NumberedFilm,
    Sound,
    check_film,
    container_of,
    join,
    open_film,
    video_codec,
    writing,
)
from engine.video.painter import Memory
from resources.files import locking, replacing

SEGMENT = 48
"""Frames that are encoded together."""

PROGRESS = "progress.npz"
"""Name of the file that says how far a film is."""

LOCK = "lock"
"""Name of the file that a run holds."""

_FRAGMENTS = {"movflags": "empty_moov+default_base_moof+frag_keyframe"}
_HEAD = (b"ftyp", b"moov")
_TAIL = (b"mfra",)
_OURS = re.compile(r"\d{6,}\.png|so-far\.mp4|\.daub-.*\.part")


def folder_beside(film: Path) -> Path:
    """Return the folder in which the progress of a film is kept."""
    name = film.name.replace("%", "_") if is_numbered(film) else film.name
    return film.with_name(f"{name}.unfinished")


def discard(film: Path) -> None:
    """Remove what is kept of an unfinished film; numbered pictures and other files stay."""
    folder = folder_beside(film)
    with suppress(OSError):
        for path in list(folder.iterdir()):
            if _OURS.fullmatch(path.name):
                path.unlink()
        (folder / PROGRESS).unlink(missing_ok=True)
        folder.rmdir()


class OtherSettings(EngineError):
    """A film was begun with other settings."""


@contextmanager
def claimed(film: Path) -> Iterator[None]:
    """Keep other runs from painting a film. Raises EngineError if one does already."""
    folder = folder_beside(film)
    with ExitStack() as stack:
        with writing(film):
            folder.mkdir(parents=True, exist_ok=True)
            stack.callback(_remove_empty, folder)
            try:
                stack.enter_context(locking(folder / LOCK))
            except BlockingIOError as error:
                raise EngineError(
                    f"{film} is being painted already: wait for it, or choose another name."
                ) from error
        yield


def is_claimed(film: Path) -> bool:
    """Return whether a run paints a film now."""
    if not (folder_beside(film) / LOCK).exists():
        return False
    try:
        with locking(folder_beside(film) / LOCK):
            return False
    except OSError:
        return True


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


class UnfinishedFilm:
    """A film that is being painted.

    ``done``: number of frames; ``memory``: the painter's; ``moments``: times in the film, in
    seconds, of the first frame that the memory needs, and of the last one.
    """

    def __init__(self, film: Path, info: ClipInfo, settings: str, quality: int) -> None:
        """Go on with what is there, or begin. Raises EngineError if it has other ``settings``."""
        check_film(film, info.size)
        self._film, self._info, self._quality = film, info, quality
        self._settings = settings
        self._folder = folder_beside(film)
        self.memory: Memory | None = None
        self.moments = Fraction(0), Fraction(0)
        self.done = self._stored = self._bytes = 0
        self._times = np.empty((0, 2), np.int64)
        self._numbered = is_numbered(film)
        if not self._found():
            discard(self._film)

    def add(self, frame: Frame, memory: Memory) -> None:
        """Keep a painted frame and what the painter needs for the next one. Raises EngineError."""
        with writing(self._film):
            self._folder.mkdir(parents=True, exist_ok=True)
            if self._numbered:
                NumberedFilm(self._film, self.done + 1).write(frame)
            else:
                with replacing(self._picture(self.done)) as file:
                    Image.fromarray(frame.pixels).save(file, "PNG", compress_level=1)
                base = self._info.base
                times = round(frame.time / base), round(frame.duration / base)
                self._times = np.concatenate([self._times, [times]])
            first = frame.time if memory.first == self.done else self.moments[0]
            self.moments = first, frame.time
            self.done, self.memory = self.done + 1, memory
            self._keep()
            if self._in_segments and self.done - self._stored >= SEGMENT:
                self._store()

    def finish(self, sound: Sound | None) -> None:
        """Write the film, with a clip's sound, and remove the folder. Raises EngineError."""
        with writing(self._film):
            if self._in_segments:
                if self.done > self._stored:
                    self._store()
                join(self._film, self._so_far, sound)
            elif not self._numbered:
                with open_film(self._film, self._info, self._quality) as film:
                    for frame in self._waiting():
                        film.write(frame)
            discard(self._film)

    @property
    def _in_segments(self) -> bool:
        return not self._numbered and container_of(self._film) not in ANIMATIONS

    @property
    def _so_far(self) -> Path:
        return self._folder / "so-far.mp4"

    def _picture(self, number: int) -> Path:
        return self._folder / f"{number:06}.png"

    def _keep(self) -> None:
        memory = self.memory
        assert memory is not None
        with replacing(self._folder / PROGRESS) as file:
            np.savez(
                file, settings=np.array(self._settings), times=self._times,
                counts=np.array([self.done, self._stored, self._bytes]),
                shot=np.array([memory.first, memory.painted]),
                moments=np.array([str(moment) for moment in self.moments]),
                places=memory.places, drift=memory.drift, colours=memory.colours,
                picture=memory.picture,
            )  # fmt: skip

    def _found(self) -> bool:
        """Read the progress; return whether there is any that is whole.

        Raises EngineError for other settings, and if it cannot be read now.
        """
        try:
            kept_at = self._folder / PROGRESS
            with kept_at.open("rb") as file, np.load(file, allow_pickle=False) as kept:
                if str(kept["settings"]) != self._settings:
                    raise OtherSettings(
                        f"{self._film} was begun with other options, another clip or another "
                        "version: run the same command, or begin anew with --again."
                    )
                shot = [int(number) for number in kept["shot"]]
                arrays = (kept[name] for name in ("places", "drift", "colours", "picture"))
                memory = Memory(shot[0], shot[1], *arrays)
                done, stored, size = (int(number) for number in kept["counts"])
                times = kept["times"]
                first, last = (Fraction(str(moment)) for moment in kept["moments"])
            waiting = [] if self._numbered else range(stored, done)
            if not all(self._picture(number).exists() for number in waiting):
                return False
            if stored:
                with self._so_far.open("r+b") as film:
                    if film.seek(0, io.SEEK_END) < size:
                        return False
                    film.truncate(size)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:  # perhaps whole: do not begin anew
            raise EngineError(
                f"What is painted of {self._film} cannot be read: {error.strerror or error}."
            ) from error
        except (EOFError, KeyError, ValueError, TypeError, IndexError, BadZipFile):
            return False
        self.done, self._stored, self._bytes = done, stored, size
        self._times, self.memory, self.moments = times, memory, (first, last)
        return True

    def _waiting(self) -> Iterator[Frame]:
        """Read the frames that are not in the film so far."""
        for index, number in enumerate(range(self._stored, self.done)):
            with reading(self._picture(number)), Image.open(self._picture(number)) as image:
                pixels = np.asarray(image)
            time, duration = (Fraction(int(part)) for part in self._times[index])
            yield Frame(pixels, time * self._info.base, duration * self._info.base)

    def _store(self) -> None:
        """Append the waiting frames to the film so far."""
        buffer = io.BytesIO()
        codec = video_codec(container_of(self._film))
        segment = EncodedFilm(buffer, "mp4", self._info, self._quality, codec, _FRAGMENTS)
        for frame in self._waiting():
            segment.write(frame)
        segment.close()
        skipped = _TAIL if self._bytes == 0 else _HEAD + _TAIL
        begin = round(int(self._times[0, 0]) * self._info.base / segment.base)
        content = b"".join(
            _moved(box, self._stored, begin) if kind == b"moof" else box
            for kind, box in _boxes(buffer.getvalue())
            if kind not in skipped
        )
        with self._so_far.open("r+b" if self._bytes else "wb") as file:
            file.seek(self._bytes)
            file.write(content)
            file.truncate()
            file.flush()
            os.fsync(file.fileno())  # before the pictures are removed
        pictures = [self._picture(number) for number in range(self._stored, self.done)]
        self._stored, self._bytes = self.done, self._bytes + len(content)
        self._times = self._times[:0]
        self._keep()
        for picture in pictures:
            picture.unlink(missing_ok=True)


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the kind and the bytes of every box of an MP4 file."""
    at = 0
    while at < len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        assert size >= 8, "FFmpeg writes no other boxes to a short file"
        yield content[at + 4 : at + 8], content[at : at + size]
        at += size


def _moved(fragment: bytes, number: int, begin: int) -> bytes:
    """Return a fragment's moof box as one that begins at a time, in the track's units.

    ``number``: added to the fragment's own, so that numbers ascend. FFmpeg lets every file begin
    at 0.
    """
    box = bytearray(fragment)
    for name, size, added in ((b"mfhd", 4, number), (b"tfdt", 8, begin)):
        at = box.index(name) + 8
        value = int.from_bytes(box[at : at + size], "big") + added
        box[at : at + size] = value.to_bytes(size, "big")
    return bytes(box)
