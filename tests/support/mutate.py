"""Files damaged by chance and with intent, the same ones in every run."""

import os
import random
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROUNDS = int(os.environ.get("DAUB_FUZZ", "300"))
"""How many damaged files each test reads; 10,000 on demand."""

LONGEST = 2.0
MOST_KILOBYTES = 256 * 1024

Damage = Callable[[bytes, random.Random], bytes]


def flipped(content: bytes, chance: random.Random) -> bytes:
    """Some bytes are others."""
    data = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 8, 64))):
        if data:
            data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data)


def cut(content: bytes, chance: random.Random) -> bytes:
    """The end is missing."""
    return content[: chance.randrange(len(content) + 1)]


def moved(content: bytes, chance: random.Random) -> bytes:
    """A piece is somewhere else, or there twice."""
    start, end = sorted(chance.randrange(len(content) + 1) for _ in range(2))
    place = chance.randrange(len(content) + 1)
    rest = content if chance.random() < 0.5 else content[:start] + content[end:]
    return rest[:place] + content[start:end] + rest[place:]


def huge_number(content: bytes, chance: random.Random) -> bytes:
    """Somewhere there is one of the numbers that programs trip over."""
    number = chance.choice((0, 1, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF))
    place = chance.randrange(max(1, len(content) - 4))
    packed = struct.pack(chance.choice("<>") + "L", number)
    return content[:place] + packed + content[place + 4 :]


DAMAGES: tuple[Damage, ...] = (flipped, flipped, cut, moved, huge_number)


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Damaged in one of these ways."""
    return chance.choice(DAMAGES)(content, chance)


def damaged_png(content: bytes, chance: random.Random) -> bytes:
    """A PNG with a damaged chunk whose checksum is right."""
    chunks = [*png_chunks(content)]
    place = chance.randrange(len(chunks))
    kind, body = chunks[place]
    if kind == b"IHDR" and chance.random() < 0.7:
        sides = [chance.choice((0, 1, 60, 8192, 8193, 2**31 - 1, 2**32 - 1)) for _ in range(2)]
        body = struct.pack(">LL", *sides) + body[8:]
    elif body:
        body = damaged(body, chance)
    chunks[place] = kind, body
    if chance.random() < 0.2:
        chance.shuffle(chunks)
    return content[:8] + b"".join(map(png_chunk, chunks))


def png_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 8
    while place < len(content):
        (size,) = struct.unpack(">L", content[place : place + 4])
        yield content[place + 4 : place + 8], content[place + 8 : place + 8 + size]
        place += 12 + size


def png_chunk(chunk: tuple[bytes, bytes]) -> bytes:
    kind, body = chunk
    return struct.pack(">L", len(body)) + kind + body + struct.pack(">L", zlib.crc32(kind + body))


@contextmanager
def bounded() -> Iterator[None]:
    """What happens in here takes neither long, on a machine of its own, nor much memory."""
    before, began = _resident("VmRSS"), time.process_time()
    with suppress(OSError):  # Linux begins to look for the highest anew
        Path("/proc/self/clear_refs").write_text("5")
    yield
    seconds, most = time.process_time() - began, _resident("VmHWM") - before
    assert seconds < LONGEST, f"took {seconds:.1f} s"
    assert most < MOST_KILOBYTES, f"took {most // 1024} MiB"


def _resident(name: str) -> int:
    """Kilobytes of this process that are really in memory; 0 where nobody counts them."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if name in line), 0)
