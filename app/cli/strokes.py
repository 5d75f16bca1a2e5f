"""Helpers for the commands that paint with a painting's brush strokes. Without Qt."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.terminal import progress_bar
from engine.errors import EngineError

if TYPE_CHECKING:
    import numpy as np

    from engine.strokes.painter import StrokeMatches, StrokeSteps
    from engine.studio import GuidePair, StrokeStep, Studio, StyleInfo


class By(StrEnum):
    """Method to paint a doodle."""

    STROKES = "strokes"
    NETWORK = "network"


class TextureBy(StrEnum):
    """Method to make a texture."""

    REFINE = "refine"
    STROKES = "strokes"


def choose(info: "StyleInfo", by: By | None, stroke: float | None = None) -> tuple[By, str]:
    """Choose the method for a style: by default strokes if possible, else the network.

    The second value says why the network was chosen by default, for ``tell``, else "". ``by``: the
    requested method; ``stroke``: the requested size. Raises EngineError if they are incompatible.
    """
    if not info.paints_by:
        raise EngineError(info.problem or f"{info.title} has neither a painting nor a network.")
    asked = by is By.STROKES or (by is None and stroke is not None)
    why = "" if by is not None or asked else _why_network(info)
    if why and By.NETWORK not in info.paints_by:
        raise EngineError(f"{why}, and {info.title} has no network.")
    chosen = by or (By.NETWORK if why else By.STROKES)
    if chosen is By.NETWORK and By.NETWORK not in info.paints_by:
        raise EngineError(f"{info.title} has no network: it is not trained.")
    if chosen is By.NETWORK and stroke is not None:
        raise EngineError("--strokes can only be used with --by strokes.")
    return chosen, why


def tell(why: str) -> None:
    """Print on stderr why the network was chosen by default, unless ``why`` is empty."""
    if why:
        print(f"daub: {why}, so the network was used.", file=sys.stderr)


def _why_network(info: "StyleInfo") -> str:
    """Return why strokes, the default, cannot be used; empty if they can."""
    if By.STROKES in info.paints_by:
        return ""
    return f"{info.title} has no painting to copy strokes from"


def show_strokes(begin: "Callable[[], StrokeSteps]") -> "np.ndarray":
    """Paint with a progress bar and return the picture."""
    return show_matches(begin)[0]


def show_matches(begin: "Callable[[], StrokeSteps]") -> "tuple[np.ndarray, StrokeMatches]":
    """Paint with a progress bar; return the picture and what it was copied from.

    The first picture of a style takes longer: its painting is prepared and kernels are compiled.
    """
    picture, matches = None, []

    def painting(steps: "StrokeSteps") -> "Iterator[StrokeStep]":
        matches.append((yield from steps))

    with progress_bar() as bar:
        task = bar.add_task("preparing the painting", total=None)
        # Closing the generator stops the work at once after an error or Ctrl+C.
        with closing(begin()) as steps:
            for step in painting(steps):
                bar.update(task, completed=step.share, total=1.0, description="painting")
                picture = step.picture
    assert picture is not None
    return picture, matches[0]


@dataclass(frozen=True)
class MappedFiles:
    """A doodle in the colours of a painting's map; further guides as ``read_guide`` takes them."""

    doodle: Path
    painting: Path
    painting_map: Path
    guides: Sequence[str] = ()


def from_painting(
    painter: "Studio", files: MappedFiles, out: Path, seed: int, stroke: float
) -> "np.ndarray":
    """Paint a picture in the colours of a painting's map and return (H, W, 3) uint8.

    Notes about colours that the map lacks are printed on stderr. Raises EngineError, also for a
    picture that the format of ``out`` does not support.
    """
    from engine import studio

    names = studio.PictureNames(str(files.painting), str(files.painting_map), str(files.doodle))
    painting, painting_map, target = map(
        studio.open_image, (files.painting, files.painting_map, files.doodle)
    )
    studio.find_format(out).check(out, target.shape[1], target.shape[0], 8)
    pairs = [read_guide(text) for text in files.guides]

    def begin() -> "StrokeSteps":
        steps, notes = painter.strokes_from(
            painting, painting_map, target, guides=pairs, seed=seed, stroke=stroke, names=names
        )
        for note in notes:
            print(f"daub: {note}", file=sys.stderr)
        return steps

    return show_strokes(begin)


def guide_files(guides: list[str]) -> list[Path]:
    """Return the pictures that --guide names; see ``read_guide``."""
    return [Path(part) for text in guides for part in text.partition("=")[2].split(",")[:2] if part]


def read_guide(text: str) -> "GuidePair":
    """Read the two pictures of NAME=source.png,target.png[,weight]. Raises EngineError."""
    from engine import studio

    name, _, rest = text.partition("=")
    parts = rest.split(",")
    usual = studio.GuidePair.weight
    source, target, weight = [*parts, str(usual)][:3] if len(parts) in (2, 3) else [""] * 3
    if not (name and source and target) or not weight.removeprefix("-").isdecimal():
        raise EngineError(
            f"--guide {text} cannot be read. Use NAME=source.png,target.png or, with a weight from "
            f"0 to 255, NAME=source.png,target.png,{usual}."
        )
    source_picture, target_picture = (studio.open_image(Path(path)) for path in (source, target))
    return studio.GuidePair(name, source_picture, target_picture, int(weight))
