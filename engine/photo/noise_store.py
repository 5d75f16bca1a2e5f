"""The noise field on disk: made once on a machine, then read from the user's cache folder.

Making it takes longer than importing torch; reading it is little more than checking it.
"""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import platformdirs
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from resources.files import replacing


def field_file(edition: int) -> Path:
    """Where the field of this edition is kept."""
    folder = Path(platformdirs.user_cache_dir("daub", appauthor=False))
    return folder / f"noise-{edition}.safetensors"


def kept(path: Path, shapes: Sequence[tuple[int, ...]]) -> tuple[torch.Tensor, ...] | None:
    """The levels in a file, float16; None unless they have these shapes and are what was kept."""
    try:
        with safe_open(path, "pt") as file:
            levels = tuple(file.get_tensor(name) for name in _names(len(shapes)))
            told = (file.metadata() or {}).get("sha256")
    except (OSError, SafetensorError):
        return None
    whole = all(
        level.shape == shape and level.dtype is torch.float16
        for level, shape in zip(levels, shapes, strict=True)
    )
    return levels if whole and _sha256(levels) == told else None


def keep(path: Path, levels: Sequence[torch.Tensor]) -> None:
    """Write the levels, float16. Best effort: without a writable cache they are made again."""
    tensors = dict(zip(_names(len(levels)), levels, strict=True))
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            file.write(save(tensors, {"sha256": _sha256(levels)}))


def _names(count: int) -> list[str]:
    return [f"level-{number}" for number in range(count)]


def _sha256(levels: Sequence[torch.Tensor]) -> str:
    digest = hashlib.sha256()
    for level in levels:
        digest.update(level.numpy().data)
    return digest.hexdigest()
