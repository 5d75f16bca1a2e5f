"""Write films: H.264 or VP9, animated pictures and numbered ones, frame by frame."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from heapq import merge
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, cast

import numpy as np
from PIL import Image

from engine.errors import EngineError
from engine.video.animations import is_numbered, numbered
from engine.video.clip import ClipInfo, Frame
from engine.video.files import opened, swscale_matrix
from resources.files import replacing

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

CONTAINERS = {
    ".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm",
    ".gif": "gif", ".webp": "webp", ".apng": "apng", ".png": "apng",
}  # fmt: skip
"""Suffix of a film -> FFmpeg's name of its format."""

ANIMATIONS = {"gif": "gif", "webp": "libwebp_anim", "apng": "apng"}
"""Formats of animated pictures and their encoders."""

LONGEST = 16384
"""Longest side of a film in pixels: H.264's and WebP's limit."""

QUALITY = 18
"""Constant rate factor of H.264; 0-51, lower is better."""

_VP9_HARDER = 12  # VP9's factor for about the same quality is higher by so much
_KEYFRAMES = 48  # most frames between two from which a player can start
_GIF_BASE, _PICTURE_BASE = Fraction(1, 100), Fraction(1, 1000)


class Film(Protocol):
    """A film that is being written."""

    def write(self, frame: Frame) -> None:
        """Add a frame; its time is later than that of the one before."""


def check_film(path: Path, size: tuple[int, int]) -> None:
    """Raise EngineError if a film of this width and height cannot be written to such a file."""
    if max(size) > LONGEST:
        raise EngineError(f"{path} cannot be written: a side of a film is at most {LONGEST}.")
    if is_numbered(path):
        if path.suffix.lower() not in (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff"):
            raise EngineError(f"{path} cannot be written: numbered pictures end in .png or .jpg.")
    elif path.suffix.lower() not in CONTAINERS:
        known = ", ".join(suffix for suffix in CONTAINERS if suffix not in (".m4v", ".apng"))
        raise EngineError(f"{path} cannot be written: the suffix of a film is one of {known}.")


@contextmanager
def open_film(path: Path, info: ClipInfo, quality: int = QUALITY) -> Iterator[Film]:
    """Open a film with the size, rate, unit of times, tags and pixel aspect of ``info``.

    A file is written under another name and moved into place when the block ends without an error;
    numbered pictures, as frames/%04d.png, one by one. H.264 makes odd sides longer by one pixel.
    Raises EngineError in one sentence that names the file, also for a full disk.
    """
    check_film(path, info.size)
    with writing(path):
        if is_numbered(path):
            yield NumberedFilm(path)
            return
        with replacing(path) as file:
            film = EncodedFilm(file, container_of(path), info, quality)
            yield film
            film.close()


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Convert errors while a film is written into an EngineError of one sentence."""
    import av

    try:
        yield
    except av.error.FFmpegError as error:
        raise EngineError(f"{path} cannot be written: {error.strerror}.") from error
    except OSError as error:
        raise EngineError(f"{path} cannot be written: {error.strerror or error}.") from error


def container_of(path: Path) -> str:
    """Return FFmpeg's name of the format for a path's suffix."""
    return CONTAINERS[path.suffix.lower()]


def video_codec(container: str) -> str:
    """Return the encoder for a format: H.264, or VP9 where this FFmpeg lacks it."""
    import av

    if container in ANIMATIONS:
        return ANIMATIONS[container]
    h264 = container != "webm" and "libx264" in av.codecs_available
    return "libx264" if h264 else "libvpx-vp9"


class NumberedFilm:
    """Numbered pictures, from 1 on."""

    def __init__(self, pattern: Path, first: int = 1) -> None:
        self._pattern, self._next = pattern, first

    def write(self, frame: Frame) -> None:
        """Write the next picture."""
        path = numbered(self._pattern, self._next)
        path.parent.mkdir(parents=True, exist_ok=True)
        image, suffix = Image.fromarray(frame.pixels), path.suffix.lower()
        kind = {".png": "PNG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF"}.get(suffix, "JPEG")
        options = {"quality": 95} if kind in ("JPEG", "WEBP") else {}
        with replacing(path) as file:
            image.save(file, kind, **options)
        self._next += 1


class EncodedFilm:
    """A film in one file, without B-frames, so that frames leave the encoder in their order."""

    def __init__(
        self,
        file: BinaryIO,
        container: str,
        info: ClipInfo,
        quality: int = QUALITY,
        codec: str = "",
        options: dict[str, str] | None = None,
    ) -> None:
        """Begin the file; ``codec``: encoder, by default the container's; ``options``: of FFmpeg's
        muxer."""
        import av

        if container == "gif":
            info = replace(info, base=_GIF_BASE)
        elif container in ANIMATIONS:
            info = replace(info, base=_PICTURE_BASE)
        endless = {"plays" if container == "apng" else "loop": "0"}
        loops = endless if container in ANIMATIONS else {}
        self._container: OutputContainer = av.open(
            file, "w", format=container, options=loops | (options or {})
        )
        self._codec, self._info = codec or video_codec(container), info
        self._stream = self._begin(quality)
        self._durations = deque[int]()
        self._last = -1

    def _begin(self, quality: int) -> "VideoStream":
        info, codec = self._info, self._codec
        width, height = info.size
        if codec == "libx264":
            width, height = width + width % 2, height + height % 2
        options = _options(codec, quality)
        added = self._container.add_stream(codec, rate=info.rate, options=options)
        stream = cast("VideoStream", added)
        stream.width, stream.height = width, height
        stream.pix_fmt = {"gif": "pal8", "apng": "rgb24", "libwebp_anim": "bgra"}.get(
            codec, "yuv420p"
        )
        context = stream.codec_context
        stream.time_base = context.time_base = info.base
        if codec in ANIMATIONS.values():
            return stream
        context.gop_size, context.max_b_frames = _KEYFRAMES, 0
        context.sample_aspect_ratio = info.aspect
        context.colorspace, context.color_range = info.tags.matrix, 2 if info.tags.full else 1
        context.color_primaries, context.color_trc = info.tags.primaries, info.tags.transfer
        return stream

    def write(self, frame: Frame) -> None:
        """Encode a frame."""
        picture, base = self._picture(frame.pixels), self._info.base
        picture.pts = self._last = max(self._last + 1, round(frame.time / base))
        picture.time_base = base
        picture.duration = max(1, round(frame.duration / base))
        self._durations.append(picture.duration)
        self._mux(self._stream.encode(picture))

    @property
    def base(self) -> Fraction:
        """The unit of times in the file, once a frame is written."""
        return Fraction(self._stream.time_base or self._info.base)

    def close(self) -> None:
        """End the file."""
        self._mux(self._stream.encode(None))
        self._container.close()

    def _mux(self, packets: "list[Packet]") -> None:
        for packet in packets:
            if self._durations:
                packet.duration = self._durations.popleft()
            self._container.mux(packet)

    def _picture(self, pixels: np.ndarray) -> "VideoFrame":
        from av import VideoFrame

        if self._codec == "gif":
            return VideoFrame.from_ndarray(_indexed(pixels), "pal8")  # type: ignore[arg-type]
        if self._codec == "apng":
            return VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "rgb24")
        if self._codec == "libwebp_anim":
            opaque = np.full((*pixels.shape[:2], 1), 255, np.uint8)
            return VideoFrame.from_ndarray(np.concatenate([pixels[..., ::-1], opaque], 2), "bgra")
        missing = self._stream.height - pixels.shape[0], self._stream.width - pixels.shape[1]
        if any(missing):
            pixels = np.pad(pixels, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="edge")
        tags = self._info.tags
        return VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "rgb24").reformat(
            format="yuv420p",
            dst_colorspace=swscale_matrix(tags, self._info.size[1]),
            dst_color_range=2 if tags.full else 1,
            interpolation="BICUBIC",
        )


def _options(codec: str, quality: int) -> dict[str, str]:
    if codec == "libx264":
        return {"crf": str(quality), "preset": "medium"}
    if codec == "libvpx-vp9":
        # Alternate reference frames would not leave the encoder in their order.
        crf, speed = str(min(63, quality + _VP9_HARDER)), {"deadline": "good", "cpu-used": "4"}
        return {"crf": crf, "b": "0", "auto-alt-ref": "0", "lag-in-frames": "0"} | speed
    return {"quality": str(max(1, 100 - quality))} if codec == "libwebp_anim" else {}


def _indexed(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a picture's palette indices, (H, W) uint8, and its palette, (256, 4) uint8 ARGB."""
    image = Image.fromarray(pixels).quantize(256, dither=Image.Dither.NONE)
    colours = np.array(image.getpalette(), np.uint8).reshape(-1, 3)
    palette = np.zeros((256, 4), np.uint8)
    palette[:, 0], palette[: len(colours), 1:] = 255, colours
    return np.asarray(image), palette


@dataclass(frozen=True)
class Sound:
    """The sound between two times, in seconds, of a clip; it begins with the film."""

    path: Path
    start: Fraction = Fraction(0)
    end: Fraction | None = None


def check_sound(film: Path, sound: Sound) -> None:
    """Raise EngineError if a film's format cannot hold a clip's sound as it is."""
    import io

    import av

    with opened(sound.path) as source:
        track = source.streams.audio[0]
        name = track.codec_context.name
        try:
            with av.open(io.BytesIO(), "w", format=container_of(film)) as container:
                container.add_stream_from_template(track)
                container.start_encoding()
        except (av.error.FFmpegError, ValueError) as error:
            raise EngineError(
                f"{film} cannot hold the sound of {sound.path} ({name}): use .mkv, or leave "
                "the sound out (--no-sound)."
            ) from error


def join(path: Path, pictures: Path, sound: Sound | None) -> None:
    """Write a film from the encoded pictures of one file and the sound of another.

    Nothing is encoded again. Raises EngineError.
    """
    import av

    with writing(path), replacing(path) as file, opened(pictures) as shown:
        container = av.open(file, "w", format=container_of(path))
        streams = [_packets(shown.streams.video[0], container)]
        if sound is None:
            _mux_all(container, streams)
            return
        with opened(sound.path) as heard:
            streams.append(_packets(heard.streams.audio[0], container, sound))
            _mux_all(container, streams)


Timed = Iterator[tuple[Fraction, int, "Packet"]]
"""Yields packets with their time in seconds and the index of their stream."""


def _mux_all(container: "OutputContainer", streams: list[Timed]) -> None:
    for _, _, packet in merge(*streams, key=lambda timed: timed[:2]):
        container.mux(packet)
    container.close()


def _packets(source: Any, container: "OutputContainer", part: Sound | None = None) -> Timed:
    """Return the packets of a stream, moved to a new stream of ``container``."""
    target = container.add_stream_from_template(source)
    base = Fraction(source.time_base)
    begin = Fraction(0)
    if part is not None:
        begin = part.start + _beginning(source)
    end = None if part is None or part.end is None else part.end - part.start

    def packets() -> Timed:
        for packet in source.container.demux(source):
            if packet.dts is None or packet.pts is None:
                continue
            time = packet.pts * base - begin
            early = part is not None and part.start > 0 and time < 0
            if early or (end is not None and time >= end):
                continue
            shift = round(begin / base)
            packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
            packet.stream = target
            yield time, target.index, packet

    return packets()


def _beginning(source: Any) -> Fraction:
    """Return the time at which the pictures of a sound's file begin, in seconds."""
    streams = source.container.streams.video
    if not streams or streams[0].start_time is None:
        return Fraction(0)
    return streams[0].start_time * Fraction(streams[0].time_base)
