"""The list of recently saved or opened documents."""

import json
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.platform.settings import Settings

MOST_RECENT = 10


class RecentFiles(QObject):
    """Paths of recent documents, newest first, stored in the settings.

    `changed` is emitted after every change of `paths`.
    """

    changed = Signal()

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.paths = _stored(settings.recent_files)

    def add(self, path: Path) -> None:
        """Move or add a file to the top of the list."""
        others = [known for known in self.paths if known != path]
        self._set([path, *others][:MOST_RECENT])

    def drop(self, path: Path) -> None:
        """Remove a file from the list."""
        self._set([known for known in self.paths if known != path])

    def clear(self) -> None:
        """Remove all files from the list."""
        self._set([])

    def _set(self, paths: list[Path]) -> None:
        self.paths = paths
        self._settings.recent_files = json.dumps([str(path) for path in paths])
        self.changed.emit()


def _stored(text: str) -> list[Path]:
    """Parse the list from the settings; return an empty list if it is damaged."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return []
    names = found if isinstance(found, list) else []
    return [Path(name) for name in names if isinstance(name, str)][:MOST_RECENT]
