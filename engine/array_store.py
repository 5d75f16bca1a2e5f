"""Keep arrays that take long to make in the user's cache folder, and check what is read back."""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np
import platformdirs
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from resources.files import replacing


def cache_file(name: str) -> Path:
    """Return where the arrays of this name are kept."""
    return Path(platformdirs.user_cache_dir("daub", appauthor=False)) / f"{name}.safetensors"


def kept(
    path: Path, forms: Mapping[str, tuple[tuple[int, ...], type[np.generic]]]
) -> dict[str, np.ndarray] | None:
    """Read the arrays of these names, each with its shape and type; None unless all are as kept."""
    try:
        with safe_open(path, "np") as file:
            arrays = {name: file.get_tensor(name) for name in forms}
            told = (file.metadata() or {}).get("sha256")
    except (OSError, SafetensorError):
        return None
    whole = all((array.shape, array.dtype) == forms[name] for name, array in arrays.items())
    return arrays if whole and sha256_of(arrays) == told else None


def keep(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write the arrays. Best effort: without a writable cache they are made again."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            file.write(save(dict(arrays), {"sha256": sha256_of(arrays)}))


def sha256_of(arrays: Mapping[str, np.ndarray]) -> str:
    """Return the sha256 of the arrays' bytes in the order of their names."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(np.ascontiguousarray(arrays[name]).data)
    return digest.hexdigest()
