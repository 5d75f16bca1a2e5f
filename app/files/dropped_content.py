"""Examine dropped or pasted data: files, folders, a picture without a file or a doodle."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path

import platformdirs
from PySide6.QtCore import QMimeData, QUrl

from app.document.clipboard_doodle import ClipboardDoodle
from app.document.document_state import SUFFIX
from app.platform.translation import tr
from app.widgets import clipboard

MANY = 1000
"""With more photos than this a question names their number."""

MOST_NAMED = 2
"""With more unreadable files than this only the first is named."""

LONGEST_NAME = 60
"""Limit of the characters of an address in a message."""


@dataclass(frozen=True)
class DroppedContent:
    """The usable contents of QMimeData; at most one of `clip`, `paths` and `image` is set.

    `clip`: a piece of doodle; `paths`: local files and folders; `image`: whether it holds a picture
    without a file; `name`: the picture's name; `refusal`: why nothing is usable, else "".
    """

    clip: ClipboardDoodle | None = None
    paths: tuple[Path, ...] = ()
    image: bool = False
    name: str = ""
    refusal: str = ""


def understood(mime: QMimeData) -> DroppedContent:
    """Return the best usable contents of `mime`, without reading any file."""
    packed = clipboard.doodle_in(mime)
    clip = ClipboardDoodle.unpacked(packed) if packed is not None else None
    if clip is not None:
        return DroppedContent(clip)
    urls = mime.urls()
    paths = dict.fromkeys(Path(url.toLocalFile()) for url in urls if url.isLocalFile())
    if paths:
        return DroppedContent(paths=(*paths,))
    if clipboard.holds_image(mime):
        # A browser adds the picture's address.
        name = next((url.fileName() for url in urls if url.fileName()), tr("picture"))
        return DroppedContent(image=True, name=name)
    return DroppedContent(refusal=_refusal(urls or _addresses(mime.text())))


def _refusal(urls: Sequence[QUrl]) -> str:
    if not urls:
        return tr("This is no picture and no file, so it cannot be opened.")
    address = urls[0].toDisplayString()
    if len(address) > LONGEST_NAME:
        address = address[:LONGEST_NAME] + "..."
    if urls[0].scheme() in ("http", "https"):
        return tr(
            "{address} is a web address. Save the picture first and open the file.",
            address=address,
        )
    return tr(
        "{address} is not a file on this computer. Save it in a folder and open that file.",
        address=address,
    )


def _addresses(text: str) -> list[QUrl]:
    """Return the web address in dragged text, which some browsers send instead of a URL."""
    text = text.strip()
    return [QUrl(text)] if text.startswith(("http://", "https://")) else []


@dataclass(frozen=True)
class FoundFiles:
    """Files sorted by type (by suffix), in the given order; those of a folder by name.

    `photos`: pictures of any kind; `paintings`: Daub documents; `given`: the given files and
    folders that hold photos; `others`: number of other files; `problems`: an error sentence for
    each path that cannot be read.
    """

    photos: tuple[Path, ...] = ()
    paintings: tuple[Path, ...] = ()
    given: tuple[Path, ...] = ()
    others: int = 0
    problems: tuple[str, ...] = ()

    @property
    def tally(self) -> str:
        """Number of files of each type, in words."""
        parts = (
            (len(self.photos), tr("1 photo"), tr("{count} photos", count=len(self.photos))),
            (
                len(self.paintings),
                tr("1 painting"),
                tr("{count} paintings", count=len(self.paintings)),
            ),
            (self.others, tr("1 other file"), tr("{count} other files", count=self.others)),
        )
        return ", ".join(one if count == 1 else many for count, one, many in parts if count)

    @property
    def complaint(self) -> str:
        """One or two error sentences about unreadable paths; empty if there are none."""
        if len(self.problems) <= MOST_NAMED:
            return " ".join(self.problems)
        return tr(
            "{count} files do not exist or cannot be read. {first}",
            count=len(self.problems), first=self.problems[0],
        )  # fmt: skip

    @property
    def photo_question(self) -> str:
        """Question whether to paint the photos; names the number of each type if needed."""
        count = len(self.photos)
        mixed = bool(self.paintings or self.others) or count > MANY
        if mixed:
            question = tr("Also found: {tally}. Paint the photos too?", tally=self.tally)
        elif count == 1:
            question = tr("Paint the other photo too?")
        else:
            question = tr("Paint the other {count} photos too?", count=count)
        return f"{self.complaint} {question}".lstrip()

    def without(self, path: Path) -> "FoundFiles":
        """Return a copy without the photo or painting `path`."""
        photos = tuple(photo for photo in self.photos if photo != path)
        paintings = tuple(painting for painting in self.paintings if painting != path)
        return replace(self, photos=photos, paintings=paintings)


def sort_out(
    paths: Iterable[Path], unwanted: Callable[[], bool] = lambda: False
) -> tuple[Path | None, FoundFiles]:
    """Search files and folders; return the file to open first and everything that was found.

    This can take long, so do not call it on the UI thread. It ends early when `unwanted` is true.
    """
    from app.batch.photo_tasks import is_photo  # imports Pillow, which the window does not need

    taken, given, problems, others = dict[Path, bool](), list[Path](), list[str](), 0
    for path in paths:
        problem = _problem(path)
        if problem:
            problems.append(problem)
            continue
        files = _below(path, unwanted) if path.is_dir() else [path]
        known = [file for file in files if is_photo(file) or file.suffix.lower() == SUFFIX]
        others += len(files) - len(known)
        taken.update((file, is_photo(file)) for file in known)
        if any(map(is_photo, known)):
            given.append(path)
    photos = tuple(file for file, photo in taken.items() if photo)
    paintings = tuple(file for file, photo in taken.items() if not photo)
    found = FoundFiles(photos, paintings, (*given,), others, (*problems,))
    return next(iter(taken), None), found


def _problem(path: Path) -> str:
    if not path.exists():
        return tr("{path} does not exist.", path=path)
    if not os.access(path, os.R_OK):
        return tr("{path} cannot be read: permission denied.", path=path)
    return ""


def _below(folder: Path, unwanted: Callable[[], bool]) -> list[Path]:
    from app.batch.photo_tasks import files_below

    return sorted(takewhile(lambda _: not unwanted(), files_below(folder)))


class LentFiles:
    """Copies temporary files of other programs, which may be deleted right after a drop."""

    def __init__(self) -> None:
        self._folder: Path | None = None

    def kept(self, path: Path) -> Path:
        """Return `path`, or for a temporary file a copy that exists until `clear`."""
        try:
            return self._copy(path) if path.is_file() and _is_temporary(path) else path
        except OSError:
            return path  # the error is reported when the file is read

    def holds(self, path: Path) -> bool:
        """Return whether `path` is such a copy."""
        return self._folder is not None and path.is_relative_to(self._folder)

    def clear(self) -> None:
        """Delete all copies."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _copy(self, path: Path) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="daub-"))
        copy = Path(tempfile.mkdtemp(dir=self._folder)) / path.name
        try:
            copy.hardlink_to(path.resolve())  # fast even for a large file
        except OSError:
            shutil.copyfile(path, copy)
        return copy


def _is_temporary(path: Path) -> bool:
    """Return whether browsers, mail programs or archivers may have unpacked `path` for a drag."""
    folders = tempfile.gettempdir(), platformdirs.user_cache_dir()
    return any(path.resolve().is_relative_to(Path(folder).resolve()) for folder in folders)
