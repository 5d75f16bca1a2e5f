"""Write into a style pack: a trained generator and tables of ``style.toml``."""

import hashlib
import re
import threading
import tomllib
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from functools import wraps
from io import BytesIO
from pathlib import Path
from typing import ParamSpec, TypeVar

import cv2
import numpy as np
import tomli_w
import torch
from PIL import Image
from safetensors.torch import save

from engine.doodle.files import read_doodle
from engine.doodle.generator import Generator, paint
from engine.errors import EngineError
from engine.files import replace_file
from engine.image import save_png
from engine.packs.borrowing import beside
from engine.packs.network_loans import network_table
from engine.packs.painting import LARGEST_PAINTING
from engine.packs.style_pack import read_pack
from engine.tiles import LEVELS, Window, seen_from

WEIGHTS = "generator.safetensors"
TARGETS = "targets.safetensors"
THUMBNAIL, THUMBNAIL_WIDTH = "thumbnail.png", 384
PAINTING, WHOLE_MAP = "painting.webp", "map.png"

BEST_QUALITY, WORST_QUALITY = 95, 30
"""Quality of WebP, 0-100. Above the best, files are larger and look the same."""

Facts = Mapping[str, str | int | float]

P = ParamSpec("P")
R = TypeVar("R")

_changing = threading.RLock()


def one_at_a_time(change: Callable[P, R]) -> Callable[P, R]:
    """Return a function that changes a pack while no other thread changes one.

    A change reads ``style.toml`` and writes it again later: one between would be lost, and what the
    file names might be removed.
    """

    @wraps(change)
    def alone(*args: P.args, **kwargs: P.kwargs) -> R:
        with _changing:
            return change(*args, **kwargs)

    return alone


def pack_files(folder: Path, trained: bool) -> dict[Path, bool]:
    """Return the files that ``export_targets`` and, if ``trained``, ``export_pack`` write.

    Each with whether ``style.toml`` names it, so that it may be replaced. Raises EngineError when
    ``style.toml`` is missing or invalid.
    """
    pack = read_pack(folder)
    known, measured = pack.generator, pack.targets
    own = {TARGETS: measured is not None and measured.file == TARGETS, "style.toml": True}
    if trained:
        own[WEIGHTS] = known is not None and known.file == WEIGHTS
    if trained and (folder / "starter.png").exists():
        own[THUMBNAIL] = known is not None
    return {folder / name: is_own for name, is_own in own.items()}


def export_pack(folder: Path, model: Generator, training: Facts) -> None:
    """Write fp16 weights and a thumbnail into ``folder`` and record them in its ``style.toml``.

    Raises EngineError when ``style.toml`` is missing or invalid, or the folder is not writable.
    """
    read_pack(folder)
    weights = network_bytes(model)
    replace_file(folder / WEIGHTS, weights)
    generator = _generator_table(WEIGHTS, weights)
    update_toml(folder, {"generator": generator, "training": dict(training)})
    save_thumbnail(folder, model)


def network_bytes(model: Generator) -> bytes:
    """Return the weights as a pack has them, in fp16."""
    return save({key: value.half().contiguous() for key, value in model.state_dict().items()})


def _generator_table(name: str, weights: bytes) -> dict[str, str | int]:
    digest = hashlib.sha256(weights).hexdigest()
    return {"file": name, "sha256": digest, "levels": LEVELS, "halo": halo()}


@one_at_a_time
def put_network(
    folder: Path, weights: bytes, targets: bytes, measured: Facts, training: Facts
) -> None:
    """Put a network and the painting's statistics into a pack that may be in use.

    The new ``style.toml`` replaces the old one when the files that it names are written under names
    of their own, so that there is a whole pack at any time. ``measured``: table of the targets,
    without their file. Measured figures are dropped. Raises EngineError as ``export_pack``, and
    leaves nothing behind then.
    """
    pack = read_pack(folder)
    before = {entry.file for entry in (pack.generator, pack.targets) if entry is not None}
    files = (WEIGHTS, weights), (TARGETS, targets)
    names = {name: free_file_name(folder, name, data, before) for name, data in files}
    tables = {
        "generator": _generator_table(names[WEIGHTS], weights),
        "targets": dict(measured) | {"file": names[TARGETS]},
        "training": dict(training),
    }
    try:
        for name, data in files:
            replace_file(folder / names[name], data)
        update_toml(folder, tables, ("quality",))
    except EngineError:
        _remove(folder, set(names.values()) - before)
        raise
    _remove(folder, before - set(names.values()))


def _remove(folder: Path, names: Collection[str]) -> None:
    """Remove those of a pack's files that are named as ``put_network`` does."""
    for name in names:
        if re.fullmatch(r"(generator|targets)(-[0-9]+)?\.safetensors", name):
            with suppress(OSError):
                (folder / name).unlink()


def free_file_name(folder: Path, name: str, content: bytes, before: Collection[str]) -> str:
    """Return a name under which a pack's file may be written while the old one is still needed.

    ``before``: files that ``style.toml`` names; one of them is kept if it has this content.
    """
    stem, suffix = name.split(".")
    number = 1
    while True:
        tried = name if number == 1 else f"{stem}-{number}.{suffix}"
        path = folder / tried
        if not path.exists() or (tried in before and path.read_bytes() == content):
            return tried
        number += 1


def save_thumbnail(folder: Path, model: Generator) -> None:
    """Paint the thumbnail with a network, if there is a starter doodle."""
    if (folder / "starter.png").exists():
        save_png(folder / THUMBNAIL, thumbnail(folder, model))


@one_at_a_time
def update_toml(folder: Path, tables: Mapping[str, object], dropped: Collection[str] = ()) -> None:
    """Replace whole tables of ``style.toml``, and drop others.

    Raises EngineError when it cannot be written.
    """
    path = folder / "style.toml"
    entries = tomllib.loads(path.read_text("utf-8")) | dict(tables)
    for name in dropped:
        entries.pop(name, None)
    replace_file(path, tomli_w.dumps(entries).encode())


def thumbnail(folder: Path, model: Generator) -> np.ndarray:
    """Paint the starter doodle with the generator and reduce it, (h, THUMBNAIL_WIDTH, 3) uint8."""
    labels = read_doodle(folder / "starter.png")
    height, width = labels.shape
    table = network_table(folder, read_pack(folder), beside(folder))
    window, recolouring = Window(0, 0, width, height), table.recolouring
    with torch.no_grad():
        painting = paint(
            model, labels, table.numbers, 0, window, table.flows, recolouring=recolouring
        )
    return reduced_thumbnail(painting)


def reduced_thumbnail(picture: np.ndarray) -> np.ndarray:
    """Reduce a picture, (H, W, 3) uint8, to a thumbnail, (h, THUMBNAIL_WIDTH, 3)."""
    height, width = picture.shape[:2]
    size = THUMBNAIL_WIDTH, max(1, round(height * THUMBNAIL_WIDTH / width))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def painting_file(picture: np.ndarray, path: Path) -> tuple[bytes, int]:
    """Encode a painting, (H, W, 3) uint8, as WebP of at most LARGEST_PAINTING bytes.

    Returns the content and its quality, 0-100. Raises EngineError, naming ``path``, when even the
    worst quality is larger.
    """
    best = _webp(picture, BEST_QUALITY)
    if len(best) <= LARGEST_PAINTING:
        return best, BEST_QUALITY
    low, high, content = WORST_QUALITY - 1, BEST_QUALITY, b""
    while high - low > 1:
        middle = (low + high) // 2
        tried = _webp(picture, middle)
        if len(tried) <= LARGEST_PAINTING:
            low, content = middle, tried
        else:
            high = middle
    if not content:
        most = LARGEST_PAINTING // 1000
        raise EngineError(f"{path} would be larger than {most} KB; give the map a smaller size.")
    return content, low


def _webp(picture: np.ndarray, quality: int) -> bytes:
    content = BytesIO()
    Image.fromarray(picture).save(content, "WEBP", quality=quality, method=6)
    return content.getvalue()


def halo() -> int:
    """Return the largest distance in pixels at which the generator reads labels, for any position.

    Through the field, which is not part of a pack, a label reaches FIELD_REACH farther.
    """
    reaches = [seen_from(Window(at, at, at + 1, at + 1)) for at in range(2**LEVELS)]
    return max(max(at - reach.left, reach.right - at - 1) for at, reach in enumerate(reaches))
