"""Read pictures and packs into the style studio, and write its styles, on a thread."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.document.style_project import (
    StyleProject,
    from_scribbles,
    read_project,
    to_scribbles,
)
from app.platform.translation import tr
from app.services.engine_worker import StudioFactory
from app.services.newest_task import NewestTask
from resources.materials import UNMARKED
from resources.style_details import StyleDetails


@dataclass(frozen=True, eq=False)
class SaveJob:
    """A style to write. `labels`: None if nothing is marked, then it is a style for photos only.

    `picture`: H x W x 3 uint8; `labels`: H x W uint8; `style_id`: of the style to write again, or
    "" for a new one; `step`: number of the state that is saved.
    """

    picture: np.ndarray
    labels: np.ndarray | None
    details: StyleDetails
    style_id: str
    step: int


class StyleWriter(QObject):
    """Writes styles into the user's folder. `came` carries the SaveJob and the style's id."""

    came = Signal(object, str)
    failed = Signal(str)

    def __init__(self, factory: StudioFactory, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._factory = factory
        self._task = NewestTask("style", self._work, self, finishes=True)
        self._task.came.connect(lambda found: self.came.emit(*found))
        self._task.failed.connect(self.failed)

    def write(self, job: SaveJob) -> None:
        """Write this style."""
        self._task.post(job)

    def stop(self) -> None:
        """Write what is left and join the thread."""
        self._task.stop()

    def _work(self, job: SaveJob) -> Iterator[tuple[SaveJob, str]]:
        from engine.studio import MarkedPicture

        studio = self._factory()
        if job.labels is None:
            yield job, studio.add_picture(job.picture, job.details.title).id
            return
        marked = MarkedPicture(job.picture, to_scribbles(job.labels), job.details)
        yield job, studio.save_style(marked, job.style_id).id


def picture_project(source: Path | np.ndarray, name: str) -> StyleProject:
    """Read a picture, a file or H x W x 3 uint8 RGB, for a new style. Raises EngineError."""
    from engine.packs.picture_style import LONGEST, check_picture, reduced
    from engine.picture_files import open_foreign

    rgb = open_foreign(source, LONGEST) if isinstance(source, Path) else source
    check_picture(rgb, name)
    rgb = np.ascontiguousarray(reduced(rgb))
    labels = np.full(rgb.shape[:2], UNMARKED, np.uint8)
    title = title_of(name)
    credit = tr("Brush strokes of {name}", name=title)
    details = StyleDetails(title, credit=credit, licence=tr("unknown"))
    return StyleProject(name, rgb, labels, details)


def pack_project(folder: Path, copy: bool) -> StyleProject:
    """Read a pack, to edit it or a copy of it. Raises EngineError."""
    from engine.studio import read_marked

    found = read_marked(folder)
    picture, labels = np.ascontiguousarray(found.picture), from_scribbles(found.labels)
    if not copy:
        return StyleProject(folder.name, picture, labels, found.details, folder.name, saved=True)
    details = replace(found.details, title=tr("{title} (copy)", title=found.details.title))
    return StyleProject(folder.name, picture, labels, details)


def stored_project(folder: Path) -> StyleProject:
    """Read a project that was begun before. Raises EngineError."""
    from app.document.errors import DocumentError
    from engine.errors import EngineError

    try:
        return read_project(folder)
    except DocumentError as error:
        raise EngineError(str(error)) from error


def title_of(name: str) -> str:
    """Return a title made of a file's name: "my_wheat-field.jpg" becomes "My wheat field"."""
    words = Path(name).stem.replace("_", " ").replace("-", " ").split()
    title = " ".join(words)
    return title[:1].upper() + title[1:] if title else tr("My style")
