"""Where the frames of a clip are in time, and where decoding can begin."""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import TYPE_CHECKING

from engine.video.clip import Unwanted, never

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

_TRIES = (0, 1, 3, 8)  # how many keyframes earlier to begin, if decoding begins too late


@dataclass(frozen=True)
class FrameIndex:
    """The times of all frames in units of the stream, ascending, and those of its keyframes."""

    ticks: tuple[int, ...]
    keys: tuple[int, ...]

    def keys_before(self, tick: int) -> Iterator[int]:
        """Yield the keyframes to try for a frame, from the last one before it backwards.

        The first keyframe is not among them, as decoding can begin there without seeking.
        """
        at = bisect_right(self.keys, tick) - 1
        yield from (self.keys[at - back] for back in _TRIES if at - back > 0)


def frame_index(
    container: "InputContainer",
    stream: "VideoStream",
    first: int,
    unwanted: Callable[[], bool] = never,
) -> FrameIndex | None:
    """Read the times of all packets, without decoding; ``first``: that of the first frame.

    Returns None if they do not say when every frame is shown. Raises Unwanted.
    """
    if container.format.name == "avi" and stream.codec_context.has_b_frames:
        return None  # frames change places, but an AVI file does not say how
    ticks, keys = list[int](), list[int]()
    for packet in _readable(container, stream):
        if unwanted():
            raise Unwanted
        if not packet.size or packet.is_discard:
            continue
        if packet.pts is None:
            return None
        if packet.pts >= first:
            ticks.append(packet.pts)
            if packet.is_keyframe:
                keys.append(packet.pts)
    ticks.sort()
    unique = all(one < two for one, two in pairwise(ticks))
    if not unique or not ticks or ticks[0] != first:
        return None
    return FrameIndex((*ticks,), (*sorted(keys),))


def _readable(
    container: "InputContainer", stream: "VideoStream"
) -> Iterator["Packet[VideoStream]"]:
    """Yield the packets up to where a damaged file ends."""
    import av

    with suppress(av.error.FFmpegError):
        yield from container.demux(stream)


def packets_from(
    container: "InputContainer", stream: "VideoStream", key: int
) -> "tuple[int, Iterator[Packet[VideoStream]]] | None":
    """Go to a keyframe; return its time and the packets from there on.

    It may be another keyframe in a file that is hard to seek in; None if there is none.
    """
    import av

    try:
        container.seek(key, stream=stream)
        packets = container.demux(stream)
        first = next((packet for packet in packets if packet.is_keyframe), None)
    except av.error.FFmpegError:  # the file cannot be sought in
        return None
    if first is None or first.pts is None:
        return None
    return first.pts, chain((first,), packets)
