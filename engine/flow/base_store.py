"""Keep the base of the flow field on disk: made once on a machine, then read from the cache."""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np
import platformdirs
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from resources.files import replacing


def base_file(edition: int) -> Path:
    """Return where the base of this edition is kept."""
    folder = Path(platformdirs.user_cache_dir("daub", appauthor=False))
    return folder / f"flow-{edition}.safetensors"


def kept(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray] | None:
    """Read the int8 arrays of these names and shapes; None unless all are what was kept."""
    try:
        with safe_open(path, "np") as file:
            arrays = {name: file.get_tensor(name) for name in shapes}
            told = (file.metadata() or {}).get("sha256")
    except (OSError, SafetensorError):
        return None
    whole = all(
        array.shape == shapes[name] and array.dtype == np.int8 for name, array in arrays.items()
    )
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
