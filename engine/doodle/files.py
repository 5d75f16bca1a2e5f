"""Read doodles and masks from files: detect whether a picture holds material ids or colours."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from engine.errors import EngineError
from engine.image import MAX_PIXELS, nearest_materials
from engine.picture_files import open_photo, photo_from
from resources.materials import PHOTO, Material, in_colours, materials, photo_materials
from resources.reading import Reading

OPAQUE = 128
"""Alpha below which a doodle's pixel counts as transparent, of 255."""

BACKGROUND = 0
"""Material of transparent pixels in a doodle without a photo."""


@dataclass(frozen=True, eq=False)
class DoodleFile:
    """A doodle read from a file.

    ``labels``: (H, W) uint8 material ids; ``reading``: how the pixels were interpreted; ``remark``:
    a sentence if they could be interpreted in another way, else empty.
    """

    labels: np.ndarray
    reading: Reading
    remark: str = ""


def read_doodle(
    path: Path | str, over_photo: bool = False, reading: Reading | None = None
) -> np.ndarray:
    """Read a doodle as (H, W) uint8 material ids; see ``read_doodle_file``."""
    return read_doodle_file(path, over_photo, reading).labels


def read_doodle_file(
    path: Path | str, over_photo: bool = False, reading: Reading | None = None
) -> DoodleFile:
    """Read a doodle; with the ids PHOTO and KEEP if it lies ``over_photo``.

    Two kinds of pictures hold ids: indexed ones with Daub's palette in its order, and 8-bit grey
    ones in which all values are material ids. In other pictures each pixel becomes the material
    with the nearest sRGB colour; transparent pixels become BACKGROUND, or PHOTO over a photo.
    ``reading`` overrides the detection. Raises EngineError, also for unknown ids.
    """
    path = Path(path)
    image = open_photo(path, MAX_PIXELS)
    known = (*materials(), *(photo_materials() if over_photo else ()))
    guess, doubtful = _guess(image, known)
    remark = _remark(path, guess) if doubtful and reading is None else ""
    reading = reading or guess
    if reading is Reading.IDS:
        return DoodleFile(_ids(path, image, known), reading, remark)
    photo = photo_from(path, image)
    labels = nearest_materials(photo.pixels, known)
    if photo.alpha is not None:
        labels[photo.alpha < OPAQUE] = PHOTO if over_photo else BACKGROUND
    return DoodleFile(labels, reading, remark)


def read_ids(path: Path | str) -> DoodleFile | None:
    """Read a doodle that holds ids, see ``read_doodle_file``; return None if it holds colours."""
    path = Path(path)
    image = open_photo(path, MAX_PIXELS)
    guess, doubtful = _guess(image, materials())
    if guess is Reading.COLOURS:
        return None
    return DoodleFile(_ids(path, image, materials()), guess, _remark(path, guess) * doubtful)


def _guess(image: Image.Image, known: Sequence[Material]) -> tuple[Reading, bool]:
    """Return how to interpret the pixels, and whether another interpretation is possible."""
    if image.mode not in ("P", "L") or image.has_transparency_data:
        return Reading.COLOURS, False
    values = np.flatnonzero(image.histogram())
    all_ids = bool(np.isin(values, [material.id for material in known]).all())
    if image.mode == "L":
        return (Reading.IDS if all_ids else Reading.COLOURS), all_ids
    colours = np.array(image.getpalette("RGB"), np.uint8).reshape(-1, 3)
    if _is_own(colours):
        return Reading.IDS, False
    used = colours[values[values < len(colours)]]
    exact = (used[:, None] == [material.rgb for material in known]).all(-1).any(-1).all()
    return Reading.COLOURS, all_ids and not exact


def _is_own(colours: np.ndarray) -> bool:
    """Return whether a palette, (n, 3) uint8, starts like Daub's; it may be shorter."""
    count = min(len(colours), len(materials()))
    return bool((colours[:count] == in_colours(np.arange(count, dtype=np.uint8))).all())


def _ids(path: Path, image: Image.Image, known: Sequence[Material]) -> np.ndarray:
    if image.mode not in ("P", "L"):
        raise EngineError(f"{path} contains no ids: it is neither indexed nor 8-bit grey.")
    for found in np.flatnonzero(image.histogram()):
        if all(found != material.id for material in known):
            raise EngineError(f"{path} contains the id {found}, which is not a material id.")
    return np.array(image)


def _remark(path: Path, reading: Reading) -> str:
    other = Reading.COLOURS if reading is Reading.IDS else Reading.IDS
    return f"{path} was read as {reading}; --labels {other} reads it as {other}."
