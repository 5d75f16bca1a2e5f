"""Documents to save, and others' files to open."""

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from app.document.document_state import Contents
from app.document.label_map import LabelMap
from app.document.photo import Photo, PhotoLook
from app.document.refined import Refined
from app.document.underlay import Underlay
from resources.materials import KEEP, PHOTO, materials


def frozen(pixels: np.ndarray) -> np.ndarray:
    pixels.flags.writeable = False
    return pixels


def contents(
    width: int = 60, height: int = 40, seed: int = 1, painted: bool = True, refined: bool = True
) -> Contents:
    """A document with everything in it, different for each seed."""
    rng = np.random.default_rng(seed)

    def labels() -> LabelMap:
        ids = rng.integers(0, len(materials()), (height, width)).astype(np.uint8)
        return LabelMap.from_array(ids)

    def picture() -> np.ndarray:
        return frozen(rng.integers(0, 256, (height, width, 3)).astype(np.uint8))

    return Contents(
        labels().snapshot(), picture() if painted else None, "starry-night", "ab" * 32, seed,
        Refined(picture(), labels().snapshot(), "other", seed + 1) if refined else None,
        seed % len(materials()),
    )  # fmt: skip


def photo_of(width: int, height: int, seed: int = 1, alpha: bool = True) -> Photo:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
    clear = rng.integers(0, 256, (height, width)).astype(np.uint8) if alpha else None
    return Photo("IMG_1.jpg", pixels, clear, b"Exif\0\0camera" if seed else b"")


def photo_contents(seed: int = 1, alpha: bool = True) -> Contents:
    """The same with a photo and what is painted over it."""
    found = contents(seed=seed)
    labels = found.labels.array().copy()
    labels[10:], labels[20:30, :20] = PHOTO, KEEP
    look = PhotoLook(0.7, "other", 0.25, 2.0, "luminance")
    return replace(
        found, labels=LabelMap.from_array(labels).snapshot(), background=PHOTO,
        photo=photo_of(60, 40, seed, alpha), look=look,
    )  # fmt: skip


def traced_contents() -> Contents:
    """A document with a picture to trace, which reaches over the canvas."""
    pixels = np.random.default_rng(5).integers(0, 256, (30, 50, 3), np.uint8)
    return replace(contents(), underlay=Underlay(pixels, -5.5, 3.25, 75.0, 45.0), opacity=0.25)


def same_photo(one: Photo | None, other: Photo | None) -> bool:
    if one is None or other is None:
        return one is other
    planes = [(one.pixels, other.pixels), (one.alpha, other.alpha)]
    names = (one.name, one.camera) == (other.name, other.camera)
    return names and all(np.array_equal(a, b) if a is not None else b is None for a, b in planes)


def same(one: Contents, other: Contents) -> bool:
    """They hold the same, to the last pixel."""
    pairs = [(one.labels.array(), other.labels.array()), (one.painting, other.painting)]
    if one.refined is not None and other.refined is not None:
        pairs.append((one.refined.pixels, other.refined.pixels))
        pairs.append((one.refined.labels.array(), other.refined.labels.array()))
    recipes = [
        (
            which.style_id, which.style_hash, which.seed, which.background,
            which.refined and (which.refined.style_id, which.refined.seed), which.look,
        )
        for which in (one, other)
    ]  # fmt: skip
    if not same_photo(one.photo, other.photo):
        return False
    return recipes[0] == recipes[1] and all(np.array_equal(a, b) for a, b in pairs)


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
