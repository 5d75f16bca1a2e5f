"""The documents that were saved or opened last."""

import json
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.platform.settings import Settings

MOST_RECENT = 10


class RecentFiles(QObject):
    """Paths, the newest first, kept in the settings."""

    changed = Signal()

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.paths = _stored(settings.recent_files)

    def add(self, path: Path) -> None:
        """Put a file first."""
        others = [known for known in self.paths if known != path]
        self._set([path, *others][:MOST_RECENT])

    def drop(self, path: Path) -> None:
        """Forget a file, because it is not there any more."""
        self._set([known for known in self.paths if known != path])

    def clear(self) -> None:
        """Forget all of them."""
        self._set([])

    def _set(self, paths: list[Path]) -> None:
        self.paths = paths
        self._settings.recent_files = json.dumps([str(path) for path in paths])
        self.changed.emit()


def _stored(text: str) -> list[Path]:
    """What the settings hold, as far as it can be read."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return []
    names = found if isinstance(found, list) else []
    return [Path(name) for name in names if isinstance(name, str)][:MOST_RECENT]
