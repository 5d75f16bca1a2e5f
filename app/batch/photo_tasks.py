"""Find the photos that ``daub stylize`` paints, their files, and what is there already."""

import glob
import os
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from pathlib import Path

from app.batch.photo_batch import Task, Wish, fingerprint, settings_of
from app.platform.output_guard import check_sources
from engine.errors import EngineError


def find_tasks(
    given: Sequence[Path], folder: Path, format_id: str, mask: Path | None = None
) -> list[Task]:
    """A task for every photo that paths, patterns and folders name, in that order, each once.

    A folder's photos keep their places below it. ``folder``: of the paintings, or with one photo
    the painting's own file. ``mask``: a file for all of them, or a folder in which masks have the
    photos' names and places and end in .png. Raises EngineError for a path that is nothing, for
    masks of none of the photos, where two photos would be painted into one file, and where a
    painting would replace what is read.
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
    """Whether a path names a picture to write rather than a folder."""
    from engine.formats import FORMATS

    kinds = (kind for kind in FORMATS if kind.holds == "painting")
    return not path.is_dir() and any(path.suffix.lower() in kind.extensions for kind in kinds)


def _masks(places: Mapping[Path, Path], mask: Path) -> dict[Path, Path]:
    """The masks of those photos that have one."""
    from engine.doodle.files import read_doodle

    if not mask.is_dir():
        read_doodle(mask, over_photo=True)  # one complaint, not one for every photo
        return dict.fromkeys(places, mask)
    named = {source: mask / place.with_suffix(".png") for source, place in places.items()}
    there = {str(path.with_suffix(path.suffix.lower())): path for path in mask.rglob("*.*")}
    found = {source: there[str(path)] for source, path in named.items() if str(path) in there}
    if named and not found:
        raise EngineError(f"{mask} holds no mask for these photos, {min(named.values())} for one.")
    return found


def _photos(given: Sequence[Path], left_out: Path) -> Iterator[tuple[Path, Path]]:
    """Photos, and their places in the folder of paintings, which is not looked into itself."""
    for path in given:
        if path.is_dir():
            for source in _inside(path, left_out):
                yield source, source.relative_to(path)
        elif path.exists():
            yield path, Path(path.name)
        else:
            # Patterns reach us where no shell resolves them; those of Path cannot be absolute.
            pattern = str(path)
            matching = sorted(glob.glob(pattern)) if glob.has_magic(pattern) else []  # noqa: PTH207
            if not matching:
                raise EngineError(f"{path} does not exist.")
            yield from _photos([Path(name) for name in matching], left_out)


def skipped(given: Sequence[Path], folder: Path) -> int:
    """How many files in the given folders are no photos by their endings."""
    inside = [_files(path, folder.resolve()) for path in given if path.is_dir()]
    return sum(not is_photo(path) for files in inside for path in files)


def _inside(folder: Path, left_out: Path) -> list[Path]:
    return [path for path in _files(folder, left_out) if is_photo(path)]


def is_photo(path: Path) -> bool:
    """Whether a file's name ends as photos' names do."""
    from engine.picture_files import ENDINGS  # numpy and Pillow, which --help can do without

    return path.suffix.lower() in ENDINGS


def files_below(folder: Path) -> Iterator[Path]:
    """A folder's files at any depth that are not hidden, in no order."""
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
    """In the format that is asked for, else the photo's own, else JPEG.

    Where the ending changes, the photo's own stays in the name: a.heic and a.jpg are two paintings
    whether they are painted together or not.
    """
    from engine.formats import FORMATS

    kinds = {kind.id: kind for kind in FORMATS if kind.holds == "painting"}
    if format_id and format_id not in kinds:
        raise EngineError(f"There is no format {format_id}; the formats are: {', '.join(kinds)}.")
    wanted = [kinds[format_id]] if format_id else list(kinds.values())
    if any(place.suffix.lower() in kind.extensions for kind in wanted):
        return place
    name = f"{place.stem}-{place.suffix[1:].lower()}" if place.suffix else place.stem
    return place.with_name(name + kinds[format_id or "jpeg"].extensions[0])


class Standing(Enum):
    """What lies where a photo's painting belongs."""

    FREE = "nothing, or an older painting of the photo"
    DONE = "the painting"
    TAKEN = "something else"


def standing(task: Task, wish: Wish) -> Standing:
    """Compare what is there with a photo and all settings, by what the file says about itself.

    Files are put in their place when they are whole, so one that is there is.
    """
    from engine.formats import told_by

    if not os.path.lexists(task.target):
        return Standing.FREE
    try:
        photo, settings = fingerprint(task.source), settings_of(task, wish)
    except OSError:
        return Standing.TAKEN
    told = told_by(task.target)
    if f", photo {photo}, settings {settings}" in told:
        return Standing.DONE
    return Standing.FREE if f", photo {photo}," in told else Standing.TAKEN
