"""The pictures of the documentation, and when one of them is replaced."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from resources.files import replacing

SEEN = 24
"""Grey levels by which a pixel must differ to count as another one."""

SAME = 0.0005
"""Share of other pixels at which a picture still counts as the same: a word in the status bar."""


class Camera:
    """Keeps pictures as WebP in a folder.

    A picture that looks as the one before stays as it is, so that who makes all of them anew sees
    in git which have changed. ``taken`` says of each whether it has.
    """

    def __init__(self, folder: Path, quality: int = 84) -> None:
        self.folder = folder
        self.taken: dict[str, bool] = {}
        self._quality = quality

    def take(self, name: str, pixels: np.ndarray) -> None:
        """Keep ``pixels``, (h, w, 3) uint8 RGB, as ``name``.webp."""
        data = io.BytesIO()
        Image.fromarray(pixels).save(data, "WEBP", quality=self._quality, method=6)
        self._keep(name, data)

    def keep_film(self, name: str, made: Path) -> None:
        """Keep an animated WebP; it is told by its last frame."""
        self._keep(name, io.BytesIO(made.read_bytes()))

    def _keep(self, name: str, data: io.BytesIO) -> None:
        path = self.folder / f"{name}.webp"
        self.taken[name] = not (path.exists() and alike(_last_frame(path), _last_frame(data)))
        if self.taken[name]:
            with replacing(path) as file:
                file.write(data.getvalue())


def alike(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two pictures, (h, w, 3) uint8, look the same but for a few words."""
    if one.shape != other.shape:
        return False
    difference = np.abs(one.astype(np.int16) - other).max(axis=-1)
    return bool((difference > SEEN).mean() <= SAME)


def _last_frame(source: Path | io.BytesIO) -> np.ndarray:
    with Image.open(source) as image:
        image.seek(getattr(image, "n_frames", 1) - 1)
        return np.asarray(image.convert("RGB"))
