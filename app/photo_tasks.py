"""Which photos ``daub stylize`` paints, into which files, and which of these are there already."""

import glob
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from app.photo_batch import Task
from engine.errors import EngineError
from engine.values import PhotoLook


def find_tasks(
    given: Sequence[Path], folder: Path, format_id: str, mask: Path | None = None
) -> list[Task]:
    """A task for every photo that paths, patterns and folders name, in that order, each once.

    A folder's photos keep their places below it. ``mask``: a file for all of them, or a folder in
    which masks have the photos' names and places and end in .png. Raises EngineError for a path
    that is nothing, for masks of none of the photos, and where two photos would be painted into one
    file.
    """
    found: dict[Path, Path] = {}
    for source, place in _photos(given, folder.absolute()):
        found.setdefault(source, place)
    targets: dict[Path, Path] = {}
    for source, place in found.items():
        target = _target(folder / place, format_id)
        if target in targets:  # a.jpg and a.png are both to become a.jpg
            target = target.with_stem(f"{source.stem}-{source.suffix[1:].lower()}")
        if target in targets:
            raise EngineError(
                f"{targets[target]} and {source} would both be painted into {target}."
            )
        if target.absolute() == source.absolute():
            raise EngineError(f"{source} would be painted over; choose another --out-dir.")
        targets[target] = source
    masks = _masks(found, mask) if mask is not None else {}
    return [Task(source, target, masks.get(source)) for target, source in targets.items()]


def _masks(places: Mapping[Path, Path], mask: Path) -> dict[Path, Path]:
    """The masks of those photos that have one."""
    from engine.image import read_doodle

    if not mask.is_dir():
        read_doodle(mask, over_photo=True)  # one complaint, not one for every photo
        return dict.fromkeys(places, mask)
    named = {source: mask / place.with_suffix(".png") for source, place in places.items()}
    found = {source: path for source, path in named.items() if path.is_file()}
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


def _inside(folder: Path, left_out: Path) -> list[Path]:
    from engine.photo_files import ENDINGS  # numpy and Pillow, which --help can do without

    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in ENDINGS
        and path.is_file()
        and not path.name.startswith(".")
        and not (left_out != folder.absolute() and path.absolute().is_relative_to(left_out))
    ]


def _target(place: Path, format_id: str) -> Path:
    """In the wished format, else the photo's own, else as JPEG."""
    from engine.formats import FORMATS

    kinds = {kind.id: kind for kind in FORMATS if kind.holds == "painting"}
    if format_id and format_id not in kinds:
        raise EngineError(f"There is no format {format_id}; the formats are: {', '.join(kinds)}.")
    wanted = [kinds[format_id]] if format_id else list(kinds.values())
    if any(place.suffix.lower() in kind.extensions for kind in wanted):
        return place
    return place.with_suffix(kinds[format_id or "jpeg"].extensions[0])


def is_done(task: Task, look: PhotoLook) -> bool:
    """Whether the painting is there, newer than the photo, and says that it has look and mask.

    Files are put in their place when they are whole, so one that is there is.
    """
    from engine.formats import tells_of
    from engine.photo_mask import fingerprint

    try:
        newer = task.target.stat().st_mtime >= task.source.stat().st_mtime
    except OSError:
        return False
    mask = fingerprint(task.mask) if task.mask is not None else ""
    return newer and tells_of(task.target, look, mask)
