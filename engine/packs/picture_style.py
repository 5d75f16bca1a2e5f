"""Make a style pack of any picture: its brush strokes paint photos, without training.

The pack has one region that is made for no material, so it paints photos and no doodles until a map
is drawn for it.
"""

import hashlib
import re
import shutil
import unicodedata
from collections.abc import Collection
from pathlib import Path

import cv2
import numpy as np
import tomli_w

from engine.errors import EngineError
from engine.files import replace_file
from engine.image import save_png
from engine.packs.pack_writer import (
    PAINTING,
    THUMBNAIL,
    WHOLE_MAP,
    painting_file,
    reduced_thumbnail,
)
from engine.packs.region_map import save_region_map
from engine.packs.style_pack import DEVICES, FORMAT

LONGEST = 1600
"""Longest side of the picture in the pack, in pixels."""

SHORTENED = 400
"""Longest side that is not reduced further so that the file is small enough."""

WIDEST = 1280
"""Largest width of the picture at stroke size 1, in pixels."""

LEAST = 64
"""Least pixels on the shorter side of a picture."""


def write_picture_style(
    styles: Path, picture: np.ndarray, name: str, taken: Collection[str] = ()
) -> Path:
    """Write a pack of a picture, (H, W, 3) uint8, into the folder ``styles``; return its folder.

    ``name``: of the picture's file; ``taken``: ids of other styles. No existing pack is changed.
    Raises EngineError, in one sentence that names the file, when the picture is too small or too
    long, or the folder is not writable.
    """
    check_picture(picture, name)
    folder = new_folder(styles, Path(name).stem, taken)
    try:
        _write(folder, reduced(picture), name)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def check_picture(picture: np.ndarray, name: str) -> None:
    """Raise EngineError, with ``name``, for a picture that is too small or too long for a style."""
    height, width = picture.shape[:2]
    if min(height, width) < LEAST:
        raise EngineError(
            f"{name} is {width} x {height} pixels; a style needs at least {LEAST} on each side."
        )
    times = LONGEST // LEAST  # a longer one would be too small when it is reduced
    if max(height, width) > times * min(height, width):
        raise EngineError(
            f"{name} is {width} x {height} pixels; it may be at most {times} times as long as wide."
        )


def reduced(picture: np.ndarray) -> np.ndarray:
    """Return a picture, (H, W, 3) uint8, at the size that it has in a pack."""
    height, width = picture.shape[:2]
    share = min(1.0, LONGEST / max(height, width))
    size = max(1, round(width * share)), max(1, round(height * share))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA) if share < 1 else picture


def new_folder(styles: Path, name: str, taken: Collection[str] = ()) -> Path:
    """Create a folder with a free id made of a name. Raises EngineError if it cannot.

    ``taken``: ids of styles elsewhere, which one of this id would hide.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    own = re.sub("[^a-z0-9]+", "-", plain).strip("-")[:60] or "picture"
    if DEVICES.fullmatch(own):
        own = f"picture-{own}"
    for number in range(1, 10_000):
        folder = styles / (own if number == 1 else f"{own}-{number}")
        if folder.name in taken:
            continue
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise EngineError(f"{folder} cannot be created: {error.strerror}.") from error
        return folder
    raise EngineError(f"{styles} has too many styles named {own}.")


def _encoded(rgb: np.ndarray, path: Path) -> tuple[np.ndarray, bytes]:
    """Return a picture and its file; smaller if it has so much detail that it would not fit."""
    try:
        return rgb, painting_file(rgb, path)[0]
    except EngineError:
        if max(rgb.shape[:2]) <= SHORTENED:
            raise
    height, width = (max(1, round(0.8 * side)) for side in rgb.shape[:2])
    return _encoded(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA), path)


def _write(folder: Path, rgb: np.ndarray, name: str) -> None:
    rgb, content = _encoded(rgb, folder / PAINTING)
    height, width = rgb.shape[:2]
    replace_file(folder / PAINTING, content)
    red, green, blue = (int(part) for part in rgb.mean((0, 1)))
    colour = f"#{red:02x}{green:02x}{blue:02x}"
    regions = np.zeros((height, width), np.uint8)
    save_region_map(folder / WHOLE_MAP, regions, [(red, green, blue)], {})
    save_png(folder / THUMBNAIL, reduced_thumbnail(rgb))
    entries = {
        "format": FORMAT,
        "id": folder.name,
        "title": Path(name).stem,
        "artist": "",
        "year": "",
        "credit": f"Brush strokes of {name}",
        "licence": "unknown",
        "region": [{"name": "picture", "materials": [], "colour": colour}],
        "painting": {
            "file": PAINTING,
            "sha256": hashlib.sha256(content).hexdigest(),
            "map": WHOLE_MAP,
            "map_sha256": hashlib.sha256((folder / WHOLE_MAP).read_bytes()).hexdigest(),
        },
        "strokes": {"width": max(64, min(WIDEST, width))},
    }
    # Last: a folder without style.toml is no pack.
    replace_file(folder / "style.toml", tomli_w.dumps(entries).encode())
