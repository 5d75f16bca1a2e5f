"""Store arrays that are slow to compute in the user's cache folder, with a checksum."""

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
    """Return the path of the cache file with this name."""
    return Path(platformdirs.user_cache_dir("daub", appauthor=False)) / f"{name}.safetensors"


def kept(
    path: Path, forms: Mapping[str, tuple[tuple[int | None, ...], type[np.generic]]]
) -> dict[str, np.ndarray] | None:
    """Read arrays from a cache file.

    ``forms``: shape and dtype of each array, by name; a side may be None. Returns None when
    the file cannot be read, an array has another shape or dtype, or the checksum does not match.
    """
    try:
        with safe_open(path, "np") as file:
            arrays = {name: file.get_tensor(name) for name in forms}
            checksum = (file.metadata() or {}).get("sha256")
    except (OSError, SafetensorError):
        return None
    complete = all(_has_form(array, *forms[name]) for name, array in arrays.items())
    return arrays if complete and sha256_of(arrays) == checksum else None


def _has_form(array: np.ndarray, shape: tuple[int | None, ...], dtype: type[np.generic]) -> bool:
    sides = len(shape) == array.ndim and all(
        side in (None, own) for own, side in zip(array.shape, shape, strict=True)
    )
    return sides and array.dtype == dtype


def keep(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write the arrays to a cache file. Write errors are ignored: the cache is optional."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            file.write(save(dict(arrays), {"sha256": sha256_of(arrays)}))


def sha256_of(arrays: Mapping[str, np.ndarray]) -> str:
    """Return the SHA-256 hex digest of the arrays' bytes, in the order of their names."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(np.ascontiguousarray(arrays[name]).data)
    return digest.hexdigest()
