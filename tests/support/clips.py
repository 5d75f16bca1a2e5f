"""Tiny clips for tests, written with FFmpeg's own encoders."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

TICKS = Fraction(1, 12800)


def pictures(count: int, width: int = 64, height: int = 48) -> list[np.ndarray]:
    """Return frames of a smooth picture that moves one pixel to the left per frame."""
    across = np.arange(width + count) / 19
    rows = np.arange(height)[:, None] / 23
    wide = np.stack([np.sin(across + rows), np.cos(across - rows), np.sin(2 * rows + across)], 2)
    wide = np.rint(127 + 100 * wide).astype(np.uint8)
    return [np.ascontiguousarray(wide[:, at : at + width]) for at in range(count)]


def write_clip(
    path: Path,
    frames: Iterable[np.ndarray],
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    times: Iterable[int] | None = None,
    sound: bool = False,
    options: dict[str, str] | None = None,
    **settings: int,
) -> Path:
    """Write a clip of 25 frames/s.

    ``times``: of the frames, in TICKS; ``options``: of the encoder; ``settings``: tags.
    """
    frames = list(frames)
    with av.open(str(path), "w") as container:
        options = ({"crf": "4"} if codec == "libx264" else {}) | (options or {})
        stream = container.add_stream(codec, rate=25, options=options)
        stream.width, stream.height = frames[0].shape[1], frames[0].shape[0]
        stream.pix_fmt = pix_fmt
        stream.time_base = stream.codec_context.time_base = TICKS
        for name, value in settings.items():
            setattr(stream.codec_context, name, value)
        track = container.add_stream("aac", rate=44100, layout="mono") if sound else None
        times = list(times or range(0, 512 * len(frames), 512))
        for pixels, time in zip(frames, times, strict=True):
            kind = "rgba" if pixels.shape[2] == 4 else "rgb24"
            frame = av.VideoFrame.from_ndarray(pixels, kind).reformat(
                format=pix_fmt,
                dst_colorspace=5,
                dst_color_range=settings.get("color_range", 1),
            )
            frame.pts, frame.time_base = time, TICKS
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if track is not None:
            _add_tone(container, track, len(frames) / 25)
    return path


def _add_tone(container, track, seconds: float) -> None:
    for start in range(0, int(44100 * seconds), 1024):
        wave = np.sin((start + np.arange(1024)) / 20).astype(np.float32)[None]
        frame = av.AudioFrame.from_ndarray(wave, "fltp", "mono")
        frame.pts, frame.sample_rate, frame.time_base = start, 44100, Fraction(1, 44100)
        container.mux(track.encode(frame))
    container.mux(track.encode(None))


def sound_packets(path: Path) -> list[bytes]:
    """Return the bytes of all sound packets."""
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


def sound_times(path: Path) -> dict[bytes, Fraction]:
    """Return the time of every sound packet, in seconds after the first picture, by its bytes."""
    with av.open(str(path)) as container:
        shown, heard = container.streams.video[0], container.streams.audio[0]
        first = (shown.start_time or 0) * Fraction(shown.time_base)
        return {
            bytes(packet): packet.pts * Fraction(heard.time_base) - first
            for packet in container.demux(heard)
            if packet.size
        }
