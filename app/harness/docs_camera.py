"""Write the documentation's pictures, but only those that have changed visibly."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from resources.files import replacing

SEEN = 24
"""Largest difference of an unchanged pixel in levels, 0-255."""

SAME = 0.0005
"""Largest share of changed pixels of an unchanged picture, about a word in the status bar."""


class Camera:
    """Writes pictures as WebP files to a folder.

    A file is not replaced by a picture that looks the same, so that git shows only real changes.
    ``taken``: whether each picture has changed, by name.
    """

    def __init__(self, folder: Path, quality: int = 84) -> None:
        self.folder = folder
        self.taken: dict[str, bool] = {}
        self._quality = quality

    def take(self, name: str, pixels: np.ndarray) -> None:
        """Write ``pixels``, (h, w, 3) uint8 RGB, to ``name``.webp if they have changed."""
        data = io.BytesIO()
        Image.fromarray(pixels).save(data, "WEBP", quality=self._quality, method=6)
        self._keep(name, data)

    def keep_film(self, name: str, made: Path) -> None:
        """Write an animated WebP if its last frame has changed."""
        self._keep(name, io.BytesIO(made.read_bytes()))

    def _keep(self, name: str, data: io.BytesIO) -> None:
        path = self.folder / f"{name}.webp"
        self.taken[name] = not (path.exists() and alike(_last_frame(path), _last_frame(data)))
        if self.taken[name]:
            with replacing(path) as file:
                file.write(data.getvalue())


def alike(one: np.ndarray, other: np.ndarray) -> bool:
    """Return whether two pictures, (h, w, 3) uint8, look the same except for a few words."""
    if one.shape != other.shape:
        return False
    difference = np.abs(one.astype(np.int16) - other).max(axis=-1)
    return bool((difference > SEEN).mean() <= SAME)


def _last_frame(source: Path | io.BytesIO) -> np.ndarray:
    with Image.open(source) as image:
        image.seek(getattr(image, "n_frames", 1) - 1)
        return np.asarray(image.convert("RGB"))
