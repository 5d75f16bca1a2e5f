"""Write into a style pack: a trained generator and tables of ``style.toml``."""

import hashlib
import tomllib
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

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
    weights = save({key: value.half().contiguous() for key, value in model.state_dict().items()})
    replace_file(folder / WEIGHTS, weights)
    generator = {
        "file": WEIGHTS,
        "sha256": hashlib.sha256(weights).hexdigest(),
        "levels": LEVELS,
        "halo": halo(),
    }
    update_toml(folder, {"generator": generator, "training": dict(training)})
    if (folder / "starter.png").exists():
        save_png(folder / THUMBNAIL, thumbnail(folder, model))


def update_toml(folder: Path, tables: Mapping[str, object]) -> None:
    """Replace whole tables of ``style.toml``. Raises EngineError when it cannot be written."""
    path = folder / "style.toml"
    entries = tomllib.loads(path.read_text("utf-8")) | dict(tables)
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
