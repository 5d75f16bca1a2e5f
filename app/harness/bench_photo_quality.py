"""``daub bench photo --quality``: how well photos are painted, by strokes and by the network."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from app.harness.bench import Figure
from engine.benchmarks.photo_quality import PhotoJudge, PhotoQuality, paint_whole
from engine.descriptors.descriptor import compact
from engine.errors import EngineError
from engine.studio import Studio, open_image, save_png

STYLES = (
    "starry-night", "great-wave", "water-lilies", "the-scream", "olive-trees",
    "wheat-field-with-cypresses",
)  # fmt: skip
METHODS = ("strokes", "network")
PICTURES = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp"}


def measure(photos: Path, keep: Path | None, say: Callable[[str], None]) -> list[Figure]:
    """Paint the photos of a folder in STYLES and judge them.

    ``keep``: a folder for the pictures; those that are there already are judged as they are.
    Raises EngineError for a folder without photos.
    """
    files = sorted(path for path in photos.iterdir() if path.suffix.lower() in PICTURES)
    if not files:
        raise EngineError(f"{photos} contains no photos.")
    studio, descriptor = Studio("cpu"), compact()
    found: list[Figure] = []
    for style in STYLES:
        say(f"{len(files)} photos in {style}")
        judge = PhotoJudge(studio, style, descriptor)
        for by in METHODS:
            judged = []
            for file in files:
                photo = open_image(file)
                painted = _painted(studio, photo, style, by, keep and keep / _name(style, file, by))
                judged.append(judge.quality(photo, painted, by))
            found += figures_of(style, by, judged)
    return found


def figures_of(style: str, by: str, judged: list[PhotoQuality]) -> list[Figure]:
    """Return the means of several photos in a style."""
    texture = float(np.mean([each.texture for each in judged]))
    edges = float(np.mean([each.edges for each in judged]))
    count = len(judged)
    return [
        Figure(f"texture_{style}_{by}", f"{style} by {by}: crop distance", texture, "", count),
        Figure(f"edges_{style}_{by}", f"{style} by {by}: likeness of edges", edges, "", count),
    ]


def _name(style: str, file: Path, by: str) -> str:
    return f"{style}__{file.stem}__{by}.png"


def _painted(
    studio: Studio, photo: np.ndarray, style: str, by: str, path: Path | None
) -> np.ndarray:
    if path is not None and path.exists():
        return open_image(path)
    painted = paint_whole(studio, photo, style, by)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_png(path, painted)
    return painted
