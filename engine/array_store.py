"""Store arrays that are slow to compute in the user's cache folder, with a checksum of each."""

import os
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np
import platformdirs
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from resources.files import replacing

MOST = 2**31
"""Most bytes that the files about pictures and styles take together.

The built-in styles with all materials need about half of it.
"""


def cache_file(name: str) -> Path:
    """Return the path of the cache file with this name."""
    return Path(platformdirs.user_cache_dir("daub", appauthor=False)) / f"{name}.safetensors"


Forms = Mapping[str, tuple[tuple[int | None, ...], type[np.generic]]]
"""Shape and dtype of each array, by name; a side may be None for any."""


def kept(path: Path, forms: Forms) -> dict[str, np.ndarray] | None:
    """Read arrays from a cache file; other arrays in it are not read.

    The result is in the order of ``forms``. Returns None when the file cannot be read, an array has
    another shape or dtype, or a checksum does not match.
    """
    try:
        with safe_open(path, "np") as file:
            arrays = {name: file.get_tensor(name) for name in forms}
            checksums = file.metadata() or {}
    except (OSError, SafetensorError):
        return None
    complete = all(_has_form(array, *forms[name]) for name, array in arrays.items())
    intact = complete and all(checksums.get(name) == _crc(array) for name, array in arrays.items())
    if not intact:
        return None
    with suppress(OSError):
        os.utime(path)  # see _remove_oldest
    return arrays


def _has_form(array: np.ndarray, shape: tuple[int | None, ...], dtype: type[np.generic]) -> bool:
    sides = len(shape) == array.ndim and all(
        side in (None, own) for own, side in zip(array.shape, shape, strict=True)
    )
    return sides and array.dtype == dtype


def keep(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write the arrays to a cache file. Write errors are ignored: the cache is optional.

    If the files about pictures and styles together have more than MOST bytes, those that were not
    used for the longest time are removed.
    """
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        with replacing(path) as file:
            file.write(save(whole, {name: _crc(array) for name, array in whole.items()}))
        _remove_oldest(path.parent)


def _remove_oldest(folder: Path) -> None:
    """Remove files whose names contain a hash, the least recently used first, above MOST bytes."""
    found = []
    for file in folder.glob("*-*-*.safetensors"):
        with suppress(OSError):  # another process has removed it
            facts = file.stat()
            found.append((facts.st_mtime_ns, facts.st_size, file))
    free = sum(size for _, size, _ in found) - MOST
    for _, size, file in sorted(found):
        if free <= 0:
            return
        with suppress(OSError):  # on Windows, one that is being read
            file.unlink(missing_ok=True)
            free -= size


def _crc(array: np.ndarray) -> str:
    """Return the CRC-32 of an array's bytes: enough to notice damage, and fast."""
    return f"{zlib.crc32(array.data):08x}"
