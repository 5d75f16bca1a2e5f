"""What the commands share that paint with a painting's own brush strokes. Knows no Qt."""

import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, cast

from app.cli.terminal import progress_bar
from engine.errors import EngineError

if TYPE_CHECKING:
    import numpy as np

    from engine.studio import GuidePair, StrokeStep, Studio, StyleInfo

STROKE_BITS = 8
"""Bits a channel that strokes have: they are copied from a painting that has as many."""


class By(StrEnum):
    """What paints a doodle."""

    STROKES = "strokes"
    NETWORK = "network"


class TextureBy(StrEnum):
    """What makes a texture."""

    REFINE = "refine"
    STROKES = "strokes"


def choose(
    info: "StyleInfo", by: By | None, bits: int = 8, stroke: float | None = None
) -> tuple[By, str]:
    """What paints in a style: strokes if nobody says otherwise and they can.

    Where they cannot, the network does, and the second value says why: see ``tell``. ``bits``: a
    channel; ``stroke``: the size that was asked for. Raises EngineError where these do not agree.
    """
    if not info.paints_by:
        raise EngineError(info.problem or f"{info.title} has neither a painting nor a network.")
    asked = by is By.STROKES or (by is None and stroke is not None)
    if asked and bits != STROKE_BITS:
        raise EngineError(
            f"Strokes have {STROKE_BITS} bits a channel, not {bits}; --by network has 16, too."
        )
    why = "" if by is not None or asked else _why_network(info, bits)
    if why and By.NETWORK not in info.paints_by:
        raise EngineError(f"{why}, and {info.title} has no network.")
    chosen = by or (By.NETWORK if why else By.STROKES)
    if chosen is By.NETWORK and stroke is not None:
        raise EngineError("A size of strokes is for --by strokes: the network has one of its own.")
    return chosen, why


def tell(why: str) -> None:
    """Say on stderr why the network painted though nobody asked for it, if it did."""
    if why:
        print(f"daub: {why}, so the network painted.", file=sys.stderr)


def _why_network(info: "StyleInfo", bits: int) -> str:
    """Why strokes do not paint though nobody said otherwise; empty when they do."""
    if By.STROKES not in info.paints_by:
        return f"{info.title} has no painting to copy strokes from"
    return f"Strokes have {STROKE_BITS} bits a channel, not {bits}" if bits != STROKE_BITS else ""


def show_strokes(begin: "Callable[[], Iterator[StrokeStep]]") -> "np.ndarray":
    """Begin to paint and go on to the end; the picture. Meanwhile a bar, on a terminal.

    The first picture of a style waits until its painting is prepared and the kernels are compiled.
    """
    picture = None
    with progress_bar() as bar:
        task = bar.add_task("preparing the painting", total=None)
        # Whatever goes wrong, Ctrl+C above all, the work stops at once.
        with closing(cast("Generator[StrokeStep, None, None]", begin())) as steps:
            for step in steps:
                bar.update(task, completed=step.share, total=1.0, description="painting")
                picture = step.picture
    assert picture is not None
    return picture


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
    """Paint any picture as a doodle in the colours of a painting's map, (H, W, 3) uint8.

    Sentences about colours that the map lacks go to stderr. Raises EngineError, also for a picture
    that ``out`` could not hold.
    """
    from engine import studio

    names = studio.PictureNames(str(files.painting), str(files.painting_map), str(files.doodle))
    painting, painting_map, target = map(
        studio.open_image, (files.painting, files.painting_map, files.doodle)
    )
    studio.find_format(out).check(out, target.shape[1], target.shape[0], STROKE_BITS)
    pairs = [read_guide(text) for text in files.guides]

    def begin() -> "Iterator[StrokeStep]":
        steps, notes = painter.strokes_from(
            painting, painting_map, target, guides=pairs, seed=seed, stroke=stroke, names=names
        )
        for note in notes:
            print(f"daub: {note}", file=sys.stderr)
        return steps

    return show_strokes(begin)


def guide_files(guides: list[str]) -> list[Path]:
    """The pictures that --guide names; see ``read_guide``."""
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
            f"--guide {text} cannot be read; it is NAME=source.png,target.png or, with its weight "
            f"of 0 to 255, NAME=source.png,target.png,{usual}."
        )
    source_picture, target_picture = (studio.open_image(Path(path)) for path in (source, target))
    return studio.GuidePair(name, source_picture, target_picture, int(weight))
