"""Find the photos of a batch, their output files and their masks."""

import glob
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.platform.output_guard import check_sources
from engine.errors import EngineError
from engine.requests import PhotoLook
from resources.reading import Reading


@dataclass(frozen=True)
class Task:
    """A photo to paint and its output file; ``mask``: the file of a doodle over the photo."""

    source: Path
    target: Path
    mask: Path | None = None


@dataclass(frozen=True)
class Shard:
    """One of ``parts`` equal parts of a batch, ``part`` 1 to ``parts``: for several machines."""

    part: int
    parts: int

    @classmethod
    def parsed(cls, text: str) -> "Shard":
        """Return the shard that a text such as 2/8 means. Raises ValueError with a sentence."""
        found = re.fullmatch("([0-9]{1,6})/([0-9]{1,6})", text)
        part, parts = (int(number) for number in found.groups()) if found else (0, 0)
        if not 1 <= part <= parts:
            raise ValueError(f"{text!r} is not a part such as 2/8: from 1/8 to 8/8.")
        return cls(part, parts)

    def of(self, tasks: Sequence[Task]) -> list[Task]:
        """Return this part of the tasks; each task is in one part, by the order of the outputs.

        Machines may see the photos in another order or below another folder.
        """
        ordered = sorted(tasks, key=lambda task: task.target.as_posix())
        return ordered[self.part - 1 :: self.parts]

    def __str__(self) -> str:
        return f"{self.part}/{self.parts}"


@dataclass(frozen=True)
class BatchOptions:
    """Options for all photos of a batch.

    ``maker``: the program's name for the metadata; ``quality``: of JPEG and WebP, 1-100; ``notes``:
    keep the camera's metadata; ``place``: keep the location, too; ``threads``: per process;
    ``weights``: file of the photo network, None for the one included; ``labels``: how masks are
    read, None to detect it; ``bits``: per channel, None for 16 where photo and format have them.
    """

    look: PhotoLook
    maker: str
    quality: int = 92
    notes: bool = False
    place: bool = False
    threads: int = 1
    weights: Path | None = None
    labels: Reading | None = None
    bits: int | None = None


@dataclass(frozen=True)
class Outcome:
    """Result of a task: ``problem`` is an error sentence, empty on success."""

    task: Task
    problem: str = ""
    seconds: float = 0.0


def find_tasks(
    given: Sequence[Path], folder: Path, format_id: str, mask: Path | None = None
) -> list[Task]:
    """Return one task for each photo that paths, patterns and folders name, in that order.

    ``folder``: the output folder, where the photos of a folder keep their relative paths, or with
    one photo the output file. ``mask``: a file for all photos, or a folder in which masks have the
    photos' relative paths with the suffix .png. Raises EngineError for a path that does not exist,
    if no photo has a mask, if two photos would have the same output, and if an output would replace
    an input.
    """
    found: dict[Path, Path] = {}
    for source, place in _photos(given, folder.resolve()):
        found.setdefault(source, place)
    one = _is_picture(folder) and len(found) == 1
    targets: dict[Path, Path] = {}
    for source, place in found.items():
        target = folder if one else _target(folder / place, format_id)
        if target in targets:
            raise EngineError(
                f"{targets[target]} and {source} would both be painted into {target}."
            )
        targets[target] = source
    masks = _masks(found, mask) if mask is not None else {}
    check_sources(targets, [*found, *masks.values()])
    return [Task(source, target, masks.get(source)) for target, source in targets.items()]


def _is_picture(path: Path) -> bool:
    """Return whether a path names a picture to write and not a folder."""
    from engine.formats import FORMATS

    kinds = (kind for kind in FORMATS if kind.holds == "painting")
    return not path.is_dir() and any(path.suffix.lower() in kind.extensions for kind in kinds)


def _masks(places: Mapping[Path, Path], mask: Path) -> dict[Path, Path]:
    """Return the masks of those photos that have one."""
    from engine.doodle.files import read_doodle

    if not mask.is_dir():
        read_doodle(mask, over_photo=True)  # report an error once, not for every photo
        return dict.fromkeys(places, mask)
    named = {source: mask / place.with_suffix(".png") for source, place in places.items()}
    there = {str(path.with_suffix(path.suffix.lower())): path for path in mask.rglob("*.*")}
    found = {source: there[str(path)] for source, path in named.items() if str(path) in there}
    if named and not found:
        raise EngineError(
            f"{mask} contains no mask for these photos, for example {min(named.values())}."
        )
    return found


def _photos(given: Sequence[Path], left_out: Path) -> Iterator[tuple[Path, Path]]:
    """Yield photos and their relative output paths; the folder ``left_out`` is not searched."""
    for path in given:
        if path.is_dir():
            for source in _inside(path, left_out):
                yield source, source.relative_to(path)
        elif path.exists():
            yield path, Path(path.name)
        else:
            # Shells without globbing pass patterns unchanged. Path.glob has no absolute patterns.
            pattern = str(path)
            matching = sorted(glob.glob(pattern)) if glob.has_magic(pattern) else []  # noqa: PTH207
            if not matching:
                raise EngineError(f"{path} does not exist.")
            yield from _photos([Path(name) for name in matching], left_out)


def skipped(given: Sequence[Path], folder: Path) -> int:
    """Return the number of files in the given folders that are not photos by their suffix."""
    inside = [_files(path, folder.resolve()) for path in given if path.is_dir()]
    return sum(not is_photo(path) for files in inside for path in files)


def _inside(folder: Path, left_out: Path) -> list[Path]:
    return [path for path in _files(folder, left_out) if is_photo(path)]


def is_photo(path: Path) -> bool:
    """Return whether a file is a photo by its suffix."""
    from engine.picture_files import ENDINGS  # imports numpy and Pillow, not needed by --help

    return path.suffix.lower() in ENDINGS


def files_below(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder and its subfolders that are not hidden, unsorted."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.name.startswith("."):
            yield path


def _files(folder: Path, left_out: Path) -> list[Path]:
    return [
        path
        for path in sorted(files_below(folder))
        if not (left_out != folder.resolve() and path.resolve().is_relative_to(left_out))
    ]


def _target(place: Path, format_id: str) -> Path:
    """Return the output path in the requested format, else the photo's own, else JPEG.

    If the suffix changes, the old suffix becomes part of the name, so that a.heic and a.jpg get
    different paintings.
    """
    from engine.formats import FORMATS

    kinds = {kind.id: kind for kind in FORMATS if kind.holds == "painting"}
    if format_id and format_id not in kinds:
        raise EngineError(f"Unknown format {format_id}. The formats are: {', '.join(kinds)}.")
    wanted = [kinds[format_id]] if format_id else list(kinds.values())
    if any(place.suffix.lower() in kind.extensions for kind in wanted):
        return place
    name = f"{place.stem}-{place.suffix[1:].lower()}" if place.suffix else place.stem
    return place.with_name(name + kinds[format_id or "jpeg"].extensions[0])
