"""Read clips: everything that FFmpeg decodes, animated pictures and numbered ones.

``films`` writes them.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import EngineError
from engine.picture_files import Photo
from engine.video.animations import RATE, Animation, NumberedPictures, is_numbered
from engine.video.clip import (
    HD,
    UNSPECIFIED,
    Clip,
    ClipInfo,
    Frame,
    Tags,
    Unwanted,
    check_size,
    never,
    wanted,
)
from engine.video.index import FrameIndex, frame_index, packets_from

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

MATRICES = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
"""Number of a colour matrix in H.273 -> in swscale; others are read as HD_MATRIX or SD_MATRIX."""

HD_MATRIX, SD_MATRIX = 1, 5
HD_HEIGHT = 720
"""Rows from which on a clip that does not tell its matrix is read as BT.709, as players do."""

HDR_TRANSFERS = (16, 18)
"""Transfer functions PQ and HLG, which a film of painted frames does not have."""

_ENDINGS = (".gif", ".webp", ".png", ".apng")
_MOST_ERRORS = 1000  # a file that cannot be demuxed any further reports errors for ever


def open_clip(path: Path, rate: Fraction | None = None) -> Clip:
    """Open a clip; ``rate``: frames per second of numbered pictures, as frames/%04d.png.

    Raises EngineError in one sentence that names the file: it does not exist, is not a clip, has
    no video stream or no frame that can be read, or is too large.
    """
    if is_numbered(path) and not path.exists():
        return NumberedPictures(path, rate or RATE)
    if path.is_dir():
        raise EngineError(f"{path} is a folder, not a clip; name its pictures, as %04d.png.")
    if path.suffix.lower() in _ENDINGS:
        return Animation(path)
    return Video(path)


class Video:
    """A clip that FFmpeg decodes. Used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Open the file and decode its first frame. Raises EngineError."""
        self.path, self.damaged = path, 0
        with _reading(path), opened(path) as container:
            if not container.streams.video:
                raise EngineError(f"{path} has no video stream.")
            stream = container.streams.video[0]
            check_size(path, stream.codec_context.width, stream.codec_context.height)
            first = next(self._decoded(container.demux(stream), stream), None)
            if first is None:
                raise EngineError(f"{path} has no frame that can be read.")
            self.info = _info(container, stream, first)
            self._first, self._base = first.pts, self.info.base
        self.damaged = 0
        self._index: FrameIndex | None = None
        self._indexed = False
        self._times: list[Fraction] | None = None

    def frames(
        self,
        start: Fraction | None = None,
        end: Fraction | None = None,
        unwanted: Callable[[], bool] = never,
    ) -> Iterator[Frame]:
        """Decode the frames one by one; packets that cannot be decoded are skipped and counted.

        With ``start``, decoding begins at the keyframe before it.
        """
        self.damaged = 0
        usual = 1 / self.info.rate
        with _reading(self.path), suppress(Unwanted):
            for picture, time in self._pictures(start, unwanted):
                if unwanted() or (end is not None and time >= end):
                    return
                if start is None or time >= start:
                    yield Frame(self._pixels(picture), time, _duration(picture, usual))

    def times(self, unwanted: Callable[[], bool] = never) -> Sequence[Fraction]:
        """Return the times of all frames, ascending."""
        if self._times is None:
            index = self._found_index(unwanted)
            if index is None:
                with _reading(self.path):
                    self._times = wanted((time for _, time in self._pictures(None)), unwanted)
            else:
                first = index.ticks[0]
                self._times = [(tick - first) * self._base for tick in index.ticks]
        return self._times

    def _found_index(self, unwanted: Callable[[], bool]) -> FrameIndex | None:
        if not self._indexed:
            with _reading(self.path), opened(self.path) as container:
                if self._first is not None:
                    stream = container.streams.video[0]
                    self._index = frame_index(container, stream, self._first, unwanted)
            self._indexed = True
        return self._index

    def _pictures(
        self, start: Fraction | None, unwanted: Callable[[], bool] = never
    ) -> Iterator[tuple["VideoFrame", Fraction]]:
        """Decode the frames from ``start`` or earlier on; yield each with its time."""
        index = self._found_index(unwanted) if start else None
        if start and index is not None:
            tick = math.floor(start / self._base) + index.ticks[0]
            for key in index.keys_before(tick):
                pictures = self._from_keyframe(key)
                first = next(pictures, None)
                if first is not None and first.pts is not None and first.pts <= tick:
                    for picture in chain((first,), pictures):
                        if picture.pts is not None:
                            yield picture, (picture.pts - index.ticks[0]) * self._base
                    return
        with opened(self.path) as container:
            yield from self._from_the_first(container)

    def _from_keyframe(self, key: int) -> Iterator["VideoFrame"]:
        """Decode the frames from a keyframe on; those before it may refer to missing ones."""
        with opened(self.path) as container:
            stream = container.streams.video[0]
            found = packets_from(container, stream, key)
            if found is None:
                return
            for picture in self._decoded(found[1], stream):
                if picture.pts is not None and picture.pts >= found[0]:
                    yield picture

    def _from_the_first(
        self, container: "InputContainer"
    ) -> Iterator[tuple["VideoFrame", Fraction]]:
        stream = container.streams.video[0]
        usual, first, last = 1 / self.info.rate, None, Fraction(-1)
        for number, picture in enumerate(self._decoded(container.demux(stream), stream)):
            time = _time(picture, number * usual)
            first = time if first is None else first
            time -= first
            if time <= last:  # damaged times: go on at the usual pace
                time = last + usual
            last = time
            yield picture, time

    def _decoded(
        self, packets: Iterator["Packet[VideoStream]"], stream: "VideoStream"
    ) -> Iterator["VideoFrame"]:
        """Decode all frames; count packets that fail."""
        import av

        stream.thread_type = "AUTO"
        failed = 0
        while failed < _MOST_ERRORS:
            try:
                packet = next(packets)
                yield from packet.decode()
            except (StopIteration, av.error.EOFError):
                return
            except av.error.FFmpegError:
                failed += 1
                self.damaged += 1

    def _pixels(self, picture: "VideoFrame") -> np.ndarray:
        """Return a decoded frame upright, (H, W, 3) uint8; transparent pixels are white."""
        clear = any(part.is_alpha for part in picture.format.components)
        tags = _tags(picture)
        rgb = picture.reformat(
            format="rgba" if clear else "rgb24",
            src_colorspace=swscale_matrix(tags, picture.height),
            src_color_range=2 if tags.full else 1,
            interpolation="BICUBIC",
        ).to_ndarray()
        pixels = Photo(rgb[..., :3], rgb[..., 3]).on_white() if clear else rgb
        pixels = np.ascontiguousarray(np.rot90(pixels, _turns(picture)))
        if pixels.shape[1::-1] == self.info.size:
            return pixels
        from engine.photo.pixels import resized  # a stream may change its size

        return resized(pixels, self.info.size)


def opened(path: Path) -> "InputContainer":
    """Open a file with FFmpeg, which then reads no other files. Raises FFmpegError."""
    import av

    # The prefix keeps FFmpeg from reading a part of the name as a protocol.
    return av.open(f"file:{path.absolute()}", options={"protocol_whitelist": "file"})


def swscale_matrix(tags: Tags, height: int) -> int:
    """Return swscale's number of the matrix between YUV and RGB for these tags."""
    return MATRICES.get(tags.matrix, HD_MATRIX if height >= HD_HEIGHT else SD_MATRIX)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Convert FFmpeg's errors into an EngineError of one sentence."""
    import av

    try:
        yield
    except FileNotFoundError as error:
        raise EngineError(f"{path} does not exist.") from error
    except av.error.InvalidDataError as error:
        raise EngineError(f"{path} is not a clip that Daub can read.") from error
    except av.error.EOFError as error:
        raise EngineError(f"{path} has no frame that can be read.") from error
    except av.error.FFmpegError as error:
        raise EngineError(f"{path} cannot be read: {error.strerror}.") from error


def _info(container: "InputContainer", stream: "VideoStream", first: "VideoFrame") -> ClipInfo:
    turns = _turns(first)
    size = (first.width, first.height)[:: -1 if turns % 2 else 1]
    rate = Fraction(stream.average_rate or stream.guessed_rate or RATE)
    rate = rate if 0 < rate <= 1000 else RATE
    aspect = Fraction(stream.sample_aspect_ratio or 1) or Fraction(1)
    seconds = Fraction(0)
    if stream.duration:
        seconds = stream.duration * (stream.time_base or Fraction(0))
    elif container.duration:
        seconds = Fraction(container.duration, 1_000_000)
    tags = _tags(first)
    return ClipInfo(
        (size[0], size[1]),
        rate,
        Fraction(first.time_base or 1 / rate),
        stream.frames or round(seconds * rate),
        HD if tags.transfer in HDR_TRANSFERS else tags,
        1 / aspect if turns % 2 else aspect,
        bool(container.streams.audio),
    )


def _tags(picture: "VideoFrame") -> Tags:
    """Return a frame's colour tags."""
    matrix = int(picture.colorspace)
    return Tags(
        matrix if matrix in MATRICES else UNSPECIFIED,
        int(picture.color_primaries),
        int(picture.color_trc),
        int(picture.color_range) == 2 or picture.format.name.startswith("yuvj"),
    )


def _time(picture: "VideoFrame", usual: Fraction) -> Fraction:
    """Return a frame's time in seconds, ``usual`` if it has none."""
    if picture.pts is None or not picture.time_base:
        return usual
    return picture.pts * Fraction(picture.time_base)


def _duration(picture: "VideoFrame", usual: Fraction) -> Fraction:
    return picture.duration * (picture.time_base or Fraction(0)) or usual


def _turns(picture: "VideoFrame") -> int:
    """Return the quarter turns, counter-clockwise, after which a frame is upright."""
    return round(picture.rotation / 90) % 4
