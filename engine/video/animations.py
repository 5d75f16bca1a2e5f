"""Read animated GIF, WebP and PNG files, and numbered pictures as a clip."""

import re
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

from engine.errors import EngineError
from engine.image import reading
from engine.picture_files import Photo, read_photo
from engine.video.clip import ClipInfo, Frame, check_size, inside, never, wanted

ANIMATED = ("GIF", "WEBP", "PNG")
"""Formats that Pillow reads as animations."""

RATE = Fraction(25)
"""Frames per second of numbered pictures, unless told."""

_FASTEST, _USUAL = 20, 100  # ms: browsers show frames of less than 20 ms for 100 ms
_DAMAGE = (OSError, EOFError, SyntaxError, ValueError)
_NUMBER = re.compile(r"%(0(\d+))?d")


class Animation:
    """An animated picture; transparent pixels are white."""

    def __init__(self, path: Path) -> None:
        """Open the file and read the times of its frames. Raises EngineError."""
        self.path, self.damaged = path, 0
        self._times: list[Fraction] | None = None
        with reading(path), Image.open(path, formats=ANIMATED) as image:
            check_size(path, *image.size)
            count = getattr(image, "n_frames", 1)
            size = image.size
        mean = self._mean_duration(count)
        self.info = ClipInfo(size, 1 / mean, Fraction(1, 1000), count)

    def _mean_duration(self, count: int) -> Fraction:
        found = list[Fraction]()
        with reading(self.path), Image.open(self.path, formats=ANIMATED) as image:
            for number in range(min(count, 16)):
                try:
                    found.append(_duration(image, number))
                except _DAMAGE:
                    if not found:
                        raise
                    break
        return sum(found, Fraction(0)) / len(found)

    def frames(
        self,
        start: Fraction | None = None,
        end: Fraction | None = None,
        unwanted: Callable[[], bool] = never,
    ) -> Iterator[Frame]:
        """Read the frames one by one; what follows a damaged one is left out."""
        for image, time, duration in self._images():
            if unwanted() or (end is not None and time >= end):
                return
            if start is None or time >= start:
                yield Frame(_on_white(image), time, duration)

    def times(self, unwanted: Callable[[], bool] = never) -> Sequence[Fraction]:
        """Return the times of all frames, ascending; the first call decodes them all."""
        if self._times is None:
            self._times = wanted((time for _, time, _ in self._images()), unwanted)
        return self._times

    def _images(self) -> Iterator[tuple[Image.Image, Fraction, Fraction]]:
        """Yield every frame with its time and duration in seconds."""
        time, self.damaged = Fraction(0), 0
        with reading(self.path), Image.open(self.path, formats=ANIMATED) as image:
            for number in range(self.info.count):
                try:
                    duration = _duration(image, number)
                except _DAMAGE:
                    if number == 0:
                        raise
                    self.damaged += self.info.count - number
                    return
                yield image, time, duration
                time += duration


def is_animated(path: Path) -> bool:
    """Return whether a picture has several frames; False if it cannot be read."""
    try:
        with reading(path), Image.open(path, formats=ANIMATED) as image:
            return bool(getattr(image, "is_animated", False))
    except EngineError:
        return False


def _duration(image: Image.Image, number: int) -> Fraction:
    image.seek(number)
    image.load()  # WebP tells the duration only now
    told = round(image.info.get("duration") or 0)
    return Fraction(told if told >= _FASTEST else _USUAL, 1000)


def _on_white(image: Image.Image) -> np.ndarray:
    rgba = np.asarray(image.convert("RGBA"))
    return Photo(rgba[..., :3], rgba[..., 3]).on_white()


def is_numbered(path: Path) -> bool:
    """Return whether a path names numbered pictures, as frames/%04d.png."""
    return _NUMBER.search(path.name) is not None


def numbered(pattern: Path, number: int) -> Path:
    """Return the path of one of the numbered pictures."""

    def digits(found: re.Match[str]) -> str:
        return str(number).zfill(int(found[2] or 1))

    return pattern.with_name(_NUMBER.sub(digits, pattern.name, count=1))


def numbers_there(pattern: Path) -> list[int]:
    """Return the numbers of the pictures that exist, ascending."""
    if not pattern.parent.is_dir():
        return []
    found = []
    for path in pattern.parent.iterdir():
        for digits in re.findall(r"\d+", path.name):
            if numbered(pattern, int(digits)).name == path.name:
                found.append(int(digits))
                break
    return sorted(found)


class NumberedPictures:
    """Numbered pictures as a clip; missing numbers are passed over."""

    def __init__(self, pattern: Path, rate: Fraction = RATE) -> None:
        """Look for the pictures and read the first one. Raises EngineError."""
        self.path, self.damaged = pattern, 0
        self._numbers = numbers_there(pattern)
        if not self._numbers:
            raise EngineError(f"{pattern} names no pictures: there are none with such numbers.")
        height, width = read_photo(numbered(pattern, self._numbers[0])).pixels.shape[:2]
        check_size(pattern, width, height)
        self.info = ClipInfo((width, height), rate, 1 / rate, len(self._numbers))

    def times(self, unwanted: Callable[[], bool] = never) -> Sequence[Fraction]:  # noqa: ARG002
        """Return the times of all pictures, ascending."""
        return [number / self.info.rate for number in range(len(self._numbers))]

    def frames(
        self,
        start: Fraction | None = None,
        end: Fraction | None = None,
        unwanted: Callable[[], bool] = never,
    ) -> Iterator[Frame]:
        """Read the pictures one by one. Raises EngineError if one has another size."""
        duration = 1 / self.info.rate
        for index, number in enumerate(self._numbers):
            path = numbered(self.path, number)
            frame = Frame(np.empty(0), index * duration, duration)
            if not inside(frame, start, end):
                continue
            if unwanted():
                return
            pixels = read_photo(path).on_white()
            if pixels.shape[1::-1] != self.info.size:
                raise EngineError(
                    f"{path} is {pixels.shape[1]} x {pixels.shape[0]} pixels, but the first "
                    f"picture is {self.info.size[0]} x {self.info.size[1]}."
                )
            yield Frame(pixels, frame.time, duration)
