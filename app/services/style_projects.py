"""The folder with the projects of the style studio, open, unfinished and saved ones."""

import logging
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import platformdirs
from PySide6.QtCore import QLockFile, QObject, Signal

from app.document.errors import DocumentError
from app.document.label_map import LabelSnapshot
from app.document.style_project import (
    ProjectFacts,
    StyleProject,
    read_facts,
    write_project,
)
from app.platform.translation import tr
from app.services.newest_task import NewestTask
from resources.style_details import StyleDetails

log = logging.getLogger("daub.studio")


def projects_folder() -> Path:
    """Return the folder of the projects."""
    return Path(platformdirs.user_data_dir("daub", appauthor=False)) / "studio"


class ProjectStore:
    """Manages the projects in `root`: a subfolder for each, with a lock file beside it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._locks: dict[str, QLockFile] = {}

    def begin(self) -> Path:
        """Lock the folder of a new project and return it. Raises OSError."""
        self.root.mkdir(parents=True, exist_ok=True)
        folder = self.root / f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:8]}"
        if not self.take(folder):
            raise PermissionError(13, "Permission denied", str(self.root))
        return folder

    def take(self, folder: Path) -> bool:
        """Lock a project; return False if another instance has it."""
        if folder.name in self._locks:
            return True
        lock = QLockFile(str(folder.with_name(f"{folder.name}.lock")))
        lock.setStaleLockTime(0)  # not stale while its process runs, even for weeks
        if lock.tryLock(0):
            self._locks[folder.name] = lock
            return True
        return False

    def release(self, folder: Path) -> None:
        """Unlock a project."""
        lock = self._locks.pop(folder.name, None)
        if lock is not None:
            lock.unlock()

    def unfinished(self) -> list[tuple[Path, ProjectFacts]]:
        """Return the projects with unsaved work that nobody has open, the newest first."""
        found = [each for each in self._free() if not each[1].saved]
        return sorted(found, key=lambda each: each[1].time, reverse=True)

    def of_style(self, style_id: str) -> Path | None:
        """Return the newest project that was saved as this style; None without one."""
        found = [each for each in self._free() if each[1].style_id == style_id]
        return max(found, key=lambda each: each[1].time)[0] if found else None

    def _free(self) -> Iterator[tuple[Path, ProjectFacts]]:
        for folder in self.root.glob("*/"):
            if folder.name in self._locks or not self.take(folder):
                continue
            try:
                yield folder, read_facts(folder)
            except DocumentError as error:
                log.warning("%s", error)
            finally:
                self.release(folder)


@dataclass(frozen=True, eq=False)
class ProjectNote:
    """What is to be written of a project."""

    folder: Path
    name: str
    picture: np.ndarray
    labels: LabelSnapshot
    details: StyleDetails
    style_id: str
    saved: bool

    def project(self) -> StyleProject:
        """Return the project; joins the tiles, which is slow for the UI thread."""
        return StyleProject(
            self.name, self.picture, self.labels.array(), self.details,
            style_id=self.style_id, saved=self.saved, time=time.time(),
        )  # fmt: skip


class ProjectAutosave(QObject):
    """Writes the newest state of a project on a thread of its own.

    `problem` carries a sentence once, until writing works again.
    """

    problem = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._failing = False
        self._task = NewestTask("studio autosave", self._write, self, finishes=True)
        self._task.came.connect(self._on_written)

    @property
    def busy(self) -> bool:
        """Whether something is still to be written."""
        return self._task.busy

    def note(self, note: ProjectNote) -> None:
        """Write this state in place of one that waits."""
        self._task.post(note)

    def stop(self) -> None:
        """Write what is left and join the thread."""
        self._task.stop()

    def _write(self, note: ProjectNote) -> Iterator[str]:
        try:
            write_project(note.folder, note.project())
        except OSError as error:
            reason = error.strerror or str(error)
            yield tr(
                "The studio cannot save to {folder} ({reason}).", folder=note.folder, reason=reason
            )
        else:
            yield ""

    def _on_written(self, problem: str) -> None:
        if problem and not self._failing:
            self.problem.emit(problem)
        self._failing = bool(problem)
