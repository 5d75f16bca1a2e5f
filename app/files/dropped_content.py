"""What a drag or the clipboard brings: files, folders, a picture without a file, or why not."""

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
MOST_NAMED = 2
"""Files that cannot be read and are named one by one."""

LONGEST_NAME = 60
"""Characters of an address that a sentence shows."""


@dataclass(frozen=True)
class DroppedContent:
    """What QMimeData holds. At most one of the first three is there, else `refusal` says why not.

    `clip`: a piece of doodle; `paths`: files and folders of this machine; `image`: there is
    a picture's content, called `name`.
    """

    clip: ClipboardDoodle | None = None
    paths: tuple[Path, ...] = ()
    image: bool = False
    name: str = ""
    refusal: str = ""


def understood(mime: QMimeData) -> DroppedContent:
    """Say what there is to take, best first; no file is looked at."""
    packed = clipboard.doodle_in(mime)
    clip = ClipboardDoodle.unpacked(packed) if packed is not None else None
    if clip is not None:
        return DroppedContent(clip)
    urls = mime.urls()
    paths = dict.fromkeys(Path(url.toLocalFile()) for url in urls if url.isLocalFile())
    if paths:
        return DroppedContent(paths=(*paths,))
    if clipboard.holds_image(mime):
        # A browser says beside the picture where it is from.
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
            "{address} is a web address; save the picture first and open the file.",
            address=address,
        )
    return tr(
        "{address} is no file of this computer; save it in a folder and open that file.",
        address=address,
    )


def _addresses(text: str) -> list[QUrl]:
    """Browsers also drag an address as nothing but text."""
    text = text.strip()
    return [QUrl(text)] if text.startswith(("http://", "https://")) else []


@dataclass(frozen=True)
class FoundFiles:
    """Files by what their names end in, in the order they were given, a folder's by name.

    `photos`: pictures of any kind; `given`: what the photos were given as, themselves or folders;
    `others`: how many files are neither; `problems`: sentences about what cannot be read.
    """

    photos: tuple[Path, ...] = ()
    paintings: tuple[Path, ...] = ()
    given: tuple[Path, ...] = ()
    others: int = 0
    problems: tuple[str, ...] = ()

    @property
    def tally(self) -> str:
        """How many of each there are, in words."""
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
        """One sentence or two about what cannot be read; empty when there is nothing."""
        if len(self.problems) <= MOST_NAMED:
            return " ".join(self.problems)
        return tr(
            "{count} files are not there or cannot be read. {first}",
            count=len(self.problems), first=self.problems[0],
        )  # fmt: skip

    @property
    def photo_question(self) -> str:
        """Ask whether to paint the photos; says how many of each where that is not plain."""
        count = len(self.photos)
        mixed = bool(self.paintings or self.others) or count > MANY
        if mixed:
            question = tr("There are also: {tally}. Paint the photos too?", tally=self.tally)
        elif count == 1:
            question = tr("Paint the other photo too?")
        else:
            question = tr("Paint the other {count} photos too?", count=count)
        return f"{self.complaint} {question}".lstrip()

    def without(self, path: Path) -> "FoundFiles":
        """The same without a photo or painting."""
        photos = tuple(photo for photo in self.photos if photo != path)
        paintings = tuple(painting for painting in self.paintings if painting != path)
        return replace(self, photos=photos, paintings=paintings)


def sort_out(
    paths: Iterable[Path], unwanted: Callable[[], bool] = lambda: False
) -> tuple[Path | None, FoundFiles]:
    """Look at files and into folders: what to open first, and all that was found.

    It can take long, so not on the UI thread; ends early when it is `unwanted`.
    """
    from app.batch.photo_tasks import is_photo  # with Pillow, which the window does not need

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
    """Keeps other programs' temporary files, which may be gone as soon as they are dropped."""

    def __init__(self) -> None:
        self._folder: Path | None = None

    def kept(self, path: Path) -> Path:
        """The file itself, or of a temporary one a copy that stays until `clear`."""
        try:
            return self._copy(path) if path.is_file() and _is_temporary(path) else path
        except OSError:
            return path  # whoever reads it says what is wrong

    def holds(self, path: Path) -> bool:
        """Whether it is such a copy."""
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
            copy.hardlink_to(path.resolve())  # at once, however large the file is
        except OSError:
            shutil.copyfile(path, copy)
        return copy


def _is_temporary(path: Path) -> bool:
    """Browsers, mail programs and archivers unpack into these folders what is dragged from them."""
    folders = tempfile.gettempdir(), platformdirs.user_cache_dir()
    return any(path.resolve().is_relative_to(Path(folder).resolve()) for folder in folders)
