"""Store the noise field in the user's cache folder.

Computing it takes longer than importing torch; reading it takes little more than the checksum.
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
    """Return the cache file of the field of this edition."""
    folder = Path(platformdirs.user_cache_dir("daub", appauthor=False))
    return folder / f"noise-{edition}.safetensors"


def kept(path: Path, shapes: Sequence[tuple[int, ...]]) -> tuple[torch.Tensor, ...] | None:
    """Read the levels from a file, float16.

    Returns None when the file cannot be read, a shape or dtype differs, or the checksum is wrong.
    """
    try:
        with safe_open(path, "pt") as file:
            levels = tuple(file.get_tensor(name) for name in _names(len(shapes)))
            checksum = (file.metadata() or {}).get("sha256")
    except (OSError, SafetensorError):
        return None
    complete = all(
        level.shape == shape and level.dtype is torch.float16
        for level, shape in zip(levels, shapes, strict=True)
    )
    return levels if complete and _sha256(levels) == checksum else None


def keep(path: Path, levels: Sequence[torch.Tensor]) -> None:
    """Write the levels, float16. Write errors are ignored: the cache is optional."""
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
