"""``daub animate``: doodles become a film. Without Qt."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.options import (
    DEFAULT_STYLE,
    LAST_SEED,
    ByOption,
    Labels,
    Overwrite,
    Stroke,
)
from app.cli.strokes import By, choose, tell
from app.cli.video import check_target, exact, report, show_steps
from engine.errors import EngineError
from resources.reading import Reading

if TYPE_CHECKING:
    from app.document.document_state import DocumentState
    from engine.video.clip import Clip
    from engine.video.doodle_painter import DoodleLook
    from engine.video.doodles import Doodle

commands = typer.Typer()

STILL = (".ora", ".png", ".bmp", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".gif")
"""Files that hold a single doodle; the last ones may be animated instead."""

_ANIMATED = (".png", ".webp", ".gif")


class Easing(StrEnum):
    """How things move between two doodles."""

    SMOOTH = "smooth"
    LINEAR = "linear"


@commands.command()
def animate(
    doodles: Annotated[
        list[Path],
        typer.Argument(
            help="Doodles, as .ora or pictures; or one clip, folder or d/%04d.png of them."
        ),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", help="Film, as .mp4, .mkv, .webm or .gif, or %04d.png."),
    ],
    style: Annotated[
        str | None, typer.Option(help="Style pack (default: the first document's).")
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(min=0, max=3600, help="From one doodle to the next (default: 2)."),
    ] = None,
    hold: Annotated[
        float | None, typer.Option(min=0, max=3600, help="Each doodle stands still (default: 0.5).")
    ] = None,
    loop: Annotated[
        bool, typer.Option("--loop", help="The last doodle becomes the first one again.")
    ] = False,
    easing: Annotated[
        Easing, typer.Option(help="Whether things start and stop softly.")
    ] = Easing.SMOOTH,
    by: ByOption = None,
    boil: Annotated[
        int, typer.Option(min=0, help="Strokes: paint anew every so many frames; 0 never.")
    ] = 0,
    stroke: Stroke = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, max=LAST_SEED, help="Seed for the random choices (default: 0)."),
    ] = None,
    longest: Annotated[
        int, typer.Option(min=0, help="Most pixels of the film's longer side; 0 the doodles' own.")
    ] = 0,
    rate: Annotated[
        float | None, typer.Option(min=0.1, max=240, help="Frames per second (default: 25).")
    ] = None,
    labels_are: Labels = None,
    quality: Annotated[
        int, typer.Option(min=0, max=51, help="Of the film: 0 is best, 51 smallest.")
    ] = 18,
    again: Annotated[
        bool, typer.Option("--again", help="Begin anew instead of going on with a stopped run.")
    ] = False,
    overwrite: Overwrite = False,
) -> None:
    """Turn one doodle into the next, as a film. Run again, the same command continues."""
    source = _source(doodles, labels_are)
    check_target(out, [*doodles, *source.files], again, overwrite)
    if source.folder is not None and out.parent.resolve() == source.folder.resolve():
        raise EngineError(f"{out} would lie among the doodles. Choose another folder.")
    from engine.studio import Studio
    from engine.video.doodle_film import DoodleFilmRequest
    from engine.video.doodles import DoodleSequence, Timing

    studio = Studio()
    document = source.document()
    info = studio.describe(style or (document.style_id if document else DEFAULT_STYLE))
    chosen, why = choose(info, by, stroke)
    look = _look(document, info.id, chosen, seed)
    between, still = (0.0, 0.0) if source.frames else (2.0, 0.5)
    try:
        look = replace(look, boil=boil, stroke=look.stroke if stroke is None else stroke)
        timing = Timing(
            seconds=exact(between if seconds is None else seconds),
            hold=exact(still if hold is None else hold),
            rate=source.rate if rate is None else exact(rate),
            loop=loop,
            smooth=easing is Easing.SMOOTH,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    request = DoodleFilmRequest(
        out, look, timing, source.files, (longest, labels_are), quality=quality, again=again
    )
    found = DoodleSequence(lambda: source.read(longest))
    tell(why)
    last, spent = show_steps(studio.doodle_film(request, found), again)
    report(out, f"{info.title} by {look.by}", last, spent)


def _look(document: "DocumentState | None", style: str, by: By, seed: int | None) -> "DoodleLook":
    """Return how a document looks in a style: its seed, stroke size and what paints materials."""
    from app.services.meanings import meanings_of
    from engine.video.doodle_painter import DoodleLook

    if document is None:
        return DoodleLook(style, seed or 0, by)
    seed = document.seed if seed is None else seed
    meanings = tuple(sorted(meanings_of(document, style).items()))
    stroke = document.brushwork.stroke if by is By.STROKES else 1.0
    return DoodleLook(style, seed, by, stroke, meanings=meanings)


@dataclass(frozen=True, eq=False)
class _Source:
    """Where doodles come from: ``files``, or the frames of a ``clip``.

    ``frames``: whether each is a frame of the film, unless told; ``folder``: that holds them all;
    ``labels``: how pictures are read.
    """

    files: tuple[Path, ...]
    labels: Reading | None
    frames: bool = False
    folder: Path | None = None
    clip: "Clip | None" = None
    _told: set[str] = field(default_factory=set)

    @property
    def rate(self) -> Fraction:
        """Frames per second unless told."""
        return self.clip.info.rate if self.clip is not None else Fraction(25)

    def document(self) -> "DocumentState | None":
        """Return the first doodle's document, if it is one of Daub's. Raises EngineError."""
        return _document(self.files[0]) if self.clip is None else None

    def read(self, longest: int = 0) -> "Iterator[Doodle]":
        """Read the doodles one by one. Raises EngineError."""
        from engine.video.doodles import clip_doodles

        files = (_doodle(path, self.labels, self._told) for path in self.files)
        for doodle in files if self.clip is None else clip_doodles(self.clip):
            yield doodle.reduced(longest)


def _source(paths: Sequence[Path], labels: Reading | None) -> _Source:
    """Return where the doodles that were named come from. Raises EngineError."""
    from engine.video.animations import is_numbered, numbered, numbers_there
    from engine.video.files import open_clip

    path = paths[0]
    if len(paths) > 1:
        return _Source(tuple(paths), labels)
    if path.is_dir():
        files = sorted((file for file in path.iterdir() if _is_still(file)), key=_by_number)
        if not files:
            raise EngineError(f"{path} has no doodles: no .ora documents and no pictures.")
        return _Source(tuple(files), labels, True, path)
    if is_numbered(path) and not path.exists():
        files = [numbered(path, number) for number in numbers_there(path)]
        if not files:
            raise EngineError(f"{path} names no doodles: there are none with such numbers.")
        return _Source(tuple(files), labels, True)
    if _is_still(path):
        clip = open_clip(path) if path.suffix.lower() in _ANIMATED else None
        if clip is None or clip.info.count == 1:
            return _Source((path,), labels)
        return _Source((path,), labels, True, clip=clip)
    return _Source((path,), labels, True, clip=open_clip(path))


def _is_still(path: Path) -> bool:
    return path.suffix.lower() in STILL and not path.name.startswith(".")


def _by_number(path: Path) -> list[tuple[int, str]]:
    """Return a key that sorts 2.png before 10.png."""
    parts = re.split(r"(\d+)", path.name)
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]


def _document(path: Path) -> "DocumentState | None":
    """Read a document of Daub's; None for another file. Raises EngineError."""
    from app.document.document_state import SavedDocument
    from app.document.errors import DocumentError
    from app.document.openraster import load

    if path.suffix.lower() != ".ora":
        return None
    try:
        found = load(path)
    except DocumentError as error:
        raise EngineError(str(error)) from error
    return found.state if isinstance(found, SavedDocument) else None


def _doodle(path: Path, labels: Reading | None, told: set[str]) -> "Doodle":
    """Read a document or picture as a doodle; print remarks that were not told yet.

    Raises EngineError.
    """
    from engine.studio import nearest_materials, read_doodle_file
    from engine.video.doodles import Doodle

    if path.suffix.lower() != ".ora":
        found = read_doodle_file(path, False, labels)
        if found.remark and found.remark not in told:
            told.add(found.remark)
            typer.echo(f"daub: {found.remark}", err=True)
        return Doodle(found.labels, None, str(path))
    state = _document(path)
    if state is None:
        from app.document.openraster import read_foreign

        return Doodle(nearest_materials(read_foreign(path).pixels), None, str(path))
    if state.photo is not None:
        raise EngineError(f"{path} has a photo, and a film is made of doodles only.")
    directions = state.directions
    cells = None if directions is None or directions.blank else directions.array()
    return Doodle(state.labels.array(), cells, str(path))
