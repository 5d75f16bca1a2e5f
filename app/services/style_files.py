"""Style files and changes of the user's own styles, on a thread of their own.

The engine thread may be busy with Refine for minutes, so this thread has a `Studio` of its own. The
others notice a changed pack by its stamp.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QFile, QObject, Signal

from app.platform.translation import tr
from app.services.engine_worker import StudioFactory, sentence
from app.services.thread_priority import give_way

if TYPE_CHECKING:
    from engine.packs.style_archive import StyleArchive as StyleArchive
    from engine.studio import Studio

Announce = Callable[[], object]


class StyleFiles(QObject):
    """Reads, writes and changes style packs in the background, one after another.

    `read` carries a StyleArchive and whose style has its id already: "own", "other" or "".
    `imported` carries the StyleInfo of a new style and whether it replaced one; `told` a sentence
    about what was done, `problem` one about what failed; `listed` all styles after a change.
    `taught` carries the id of a style that has a new network, `refused` that of one that cannot
    have it, and why.
    """

    read = Signal(object, str)
    imported = Signal(object, bool)
    told = Signal(str)
    problem = Signal(str)
    listed = Signal(list)
    taught = Signal(str)
    refused = Signal(str, str)
    _done = Signal(object)

    def __init__(self, factory: StudioFactory, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._factory = factory
        self._made: Studio | None = None
        self._pool = ThreadPoolExecutor(1, "style-files", give_way)
        self._stopped = False
        self._done.connect(self._announce)

    def read_file(self, path: Path) -> None:
        """Check a style file; emits `read` or `problem`, and writes nothing."""

        def work(studio: "Studio") -> Announce:
            archive = studio.read_archive(path)
            return partial(self.read.emit, archive, studio.clash(archive.id))

        self._do(work)

    def import_style(self, archive: "StyleArchive", replace: bool) -> None:
        """Add the style of a file that was read, or replace the user's own of the same id."""

        def work(studio: "Studio") -> Announce:
            style = studio.import_style(archive, replace)
            return partial(self.imported.emit, style, replace and style.id == archive.id)

        self._do(work, changes=True)

    def export_style(self, style_id: str, title: str, path: Path) -> None:
        """Write a style as a file."""

        def work(studio: "Studio") -> Announce:
            studio.export_style(style_id, path)
            return partial(
                self.told.emit, tr("Exported {title} as {name}.", title=title, name=path.name)
            )

        self._do(work)

    def rename(self, style_id: str, title: str) -> None:
        """Change the title of one of the user's styles."""

        def work(studio: "Studio") -> Announce:
            studio.rename_style(style_id, title)
            return partial(self.told.emit, tr("The style is called {title} now.", title=title))

        self._do(work, changes=True)

    def duplicate(self, style_id: str) -> None:
        """Copy a style into the user's styles."""

        def work(studio: "Studio") -> Announce:
            copy = studio.duplicate_style(style_id)
            return partial(self.told.emit, tr("{title} is a style of your own.", title=copy.title))

        self._do(work, changes=True)

    def remove(self, style_id: str, title: str) -> None:
        """Move one of the user's styles to the system's trash, or into a folder beside them."""

        def work(studio: "Studio") -> Announce:
            if _to_trash(studio.own_folder(style_id)):
                told = tr("{title} is in the trash.", title=title)
            else:
                place = studio.set_style_aside(style_id)
                told = tr("{title} was moved to {folder}.", title=title, folder=place)
            return partial(self.told.emit, told)

        self._do(work, changes=True)

    def take_network(self, style_id: str, run: Path) -> None:
        """Put the network that was taught in the folder `run` into one of the user's styles."""

        def work(studio: "Studio") -> Announce:
            from engine.training.teaching import take_network

            try:
                take_network(studio.own_folder(style_id), run, studio.removed)
            except Exception as error:
                return partial(self.refused.emit, style_id, sentence(error))
            return partial(self.taught.emit, style_id)

        self._do(work)

    def stop(self) -> None:
        """Finish what was begun, and join the thread."""
        self._stopped = True
        self._pool.shutdown(cancel_futures=True)

    def _do(self, work: Callable[["Studio"], Announce], changes: bool = False) -> None:
        if not self._stopped:
            self._pool.submit(self._guarded, work, changes)

    def _guarded(self, work: Callable[["Studio"], Announce], changes: bool) -> None:
        try:
            if self._made is None:
                self._made = self._factory()
            try:
                announce = work(self._made)
            except Exception as error:
                announce = partial(self.problem.emit, sentence(error))
            styles = self._made.styles() if changes else None  # also what could not be removed
        except Exception as error:
            self._done.emit(partial(self.problem.emit, sentence(error)))
            return
        if styles is not None:
            self._done.emit(partial(self.listed.emit, styles))
        self._done.emit(announce)

    def _announce(self, announce: Announce) -> None:
        if not self._stopped:
            announce()


def _to_trash(folder: Path) -> bool:
    """Move a folder to the system's trash; return whether there is one."""
    moved = QFile.moveToTrash(str(folder))
    return bool(moved[0] if isinstance(moved, tuple) else moved)
