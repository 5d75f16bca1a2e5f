"""Documents to save, and others' files to open."""

import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from PIL import Image

from app.document.brushwork import Brushwork, Meaning
from app.document.directions import DirectionSnapshot
from app.document.document_state import DocumentState, SavedDocument, UnsavedWork
from app.document.label_map import LabelMap
from app.document.photo import Photo, PhotoLook
from app.document.picture import PictureSnapshot
from app.document.refined import Refined
from app.document.underlay import Underlay
from resources.colour_depth import eight_bits
from resources.materials import KEEP, PHOTO, materials


def frozen(pixels: np.ndarray) -> np.ndarray:
    pixels.flags.writeable = False
    return pixels


def contents(
    width: int = 60, height: int = 40, seed: int = 1, painted: bool = True, refined: bool = True
) -> SavedDocument:
    """A document with everything in it, different for each seed."""
    rng = np.random.default_rng(seed)

    def labels() -> LabelMap:
        ids = rng.integers(0, len(materials()), (height, width)).astype(np.uint8)
        return LabelMap.from_array(ids)

    def picture() -> np.ndarray:
        return frozen(rng.integers(0, 256, (height, width, 3)).astype(np.uint8))

    state = DocumentState(
        labels=labels().snapshot(),
        preview=PictureSnapshot.from_array(picture()) if painted else None,
        style_id="starry-night",
        seed=seed,
        refined=_refined(picture(), labels(), seed) if refined else None,
        background=seed % len(materials()),
        brushwork=_brushwork(seed),
        directions=directions_of(width, height, seed) if seed % 2 else None,
    )
    return SavedDocument(state, "ab" * 32)


def _refined(pixels: np.ndarray, labels: LabelMap, seed: int) -> Refined:
    turned = directions_of(labels.width, labels.height, seed + 1) if seed % 3 else None
    work = _brushwork(seed + 1)
    return Refined(pixels, labels.snapshot(), "other", seed + 1, None, work, turned)


def directions_of(width: int, height: int, seed: int) -> DirectionSnapshot:
    """Directions of any kind for a canvas of width x height pixels."""
    shape = -(-height // 4), -(-width // 4), 2
    cells = np.random.default_rng(seed).integers(1, 256, shape).astype(np.uint8)
    return DirectionSnapshot.of_array(cells)


def same_directions(one: DirectionSnapshot | None, other: DirectionSnapshot | None) -> bool:
    if one is None or other is None:
        return one is other
    return np.array_equal(one.array(), other.array())


def _brushwork(seed: int) -> Brushwork:
    water = Meaning("starry-night", 9, "great-wave", "wave", "#102030")
    return Brushwork(0.5 + seed % 4 / 2, (water,) * (seed % 2))


Held = TypeVar("Held", SavedDocument, UnsavedWork)


def with_state(held: Held, **changes: Any) -> Held:
    """The same with another state."""
    return replace(held, state=replace(held.state, **changes))


def photo_of(
    width: int, height: int, seed: int = 1, alpha: bool = True, deep: bool = False
) -> Photo:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
    clear = rng.integers(0, 256, (height, width)).astype(np.uint8) if alpha else None
    camera, fine = b"Exif\0\0camera" if seed else b"", None
    if deep:
        fine = rng.integers(0, 65536, (height, width, 4 if alpha else 3)).astype(np.uint16)
        pixels = eight_bits(fine[..., :3])
        clear = eight_bits(fine[..., 3]) if alpha else None
    return Photo("IMG_1.jpg", pixels, clear, camera, fine)


def photo_contents(seed: int = 1, alpha: bool = True, deep: bool = False) -> SavedDocument:
    """The same with a photo and what is painted over it."""
    found = contents(seed=seed)
    labels = found.state.labels.array().copy()
    labels[10:], labels[20:30, :20] = PHOTO, KEEP
    look = PhotoLook(0.7, "other", 0.25, 2.0, "luminance")
    return with_state(
        found, labels=LabelMap.from_array(labels).snapshot(), background=PHOTO,
        photo=photo_of(60, 40, seed, alpha, deep), look=look,
    )  # fmt: skip


def traced_contents() -> SavedDocument:
    """A document with a picture to trace, which reaches over the canvas."""
    pixels = np.random.default_rng(5).integers(0, 256, (30, 50, 3), np.uint8)
    under = Underlay(pixels, -5.5, 3.25, 75.0, 45.0)
    return replace(with_state(contents(), underlay=under), opacity=0.25)


def same_photo(one: Photo | None, other: Photo | None) -> bool:
    if one is None or other is None:
        return one is other
    planes = [(one.pixels, other.pixels), (one.alpha, other.alpha), (one.deep, other.deep)]
    names = (one.name, one.camera) == (other.name, other.camera)
    return names and all(np.array_equal(a, b) if a is not None else b is None for a, b in planes)


def same(one: SavedDocument, other: SavedDocument) -> bool:
    """They hold the same, to the last pixel."""
    states = one.state, other.state
    pairs = [tuple(state.labels.array() for state in states), tuple(map(painting_of, (one, other)))]
    if all(state.refined is not None for state in states):
        pairs.append(tuple(state.refined.pixels for state in states if state.refined))
        pairs.append(tuple(state.refined.labels.array() for state in states if state.refined))
    recipes = [
        (
            state.style_id, state.seed, state.background, state.look, state.brushwork,
            state.refined
            and (state.refined.style_id, state.refined.seed, state.refined.brushwork),
        )
        for state in states
    ]  # fmt: skip
    if not same_directions(one.state.directions, other.state.directions):
        return False
    if all(state.refined is not None for state in states) and not same_directions(
        *(state.refined.directions for state in states if state.refined)
    ):
        return False
    if not same_photo(one.state.photo, other.state.photo) or one.style_hash != other.style_hash:
        return False
    return recipes[0] == recipes[1] and all(np.array_equal(a, b) for a, b in pairs)


def painting_of(saved: SavedDocument) -> np.ndarray | None:
    """H x W x 3 uint8 RGB: the painting in a file; None when there was none."""
    return None if saved.state.preview is None else saved.state.preview.array()


def png(pixels: np.ndarray) -> bytes:
    encoded = io.BytesIO()
    Image.fromarray(pixels).save(encoded, "PNG")
    return encoded.getvalue()


def entries_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_zip(path: Path, entries: dict[str, bytes], way: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", way) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path
