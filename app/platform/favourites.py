"""The user's favourite styles, in the order in which they were added."""

from PySide6.QtCore import QObject, Signal

from app.platform.settings import Settings

NUMBERS = range(1, 10)
"""Numbers of the favourites that have a keyboard shortcut."""


class Favourites(QObject):
    """Ids of the favourite styles (`ids`), stored in the settings; `changed` follows a change."""

    changed = Signal()

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.ids = tuple(filter(None, settings.favourites.split(",")))

    def toggle(self, style_id: str) -> None:
        """Add a style at the end of the favourites, or remove it."""
        others = tuple(known for known in self.ids if known != style_id)
        self.ids = others if style_id in self.ids else (*others, style_id)
        self._settings.favourites = ",".join(self.ids)
        self.changed.emit()

    def number(self, style_id: str) -> int:
        """Return the style's position from 1; 0 if it is no favourite."""
        return self.ids.index(style_id) + 1 if style_id in self.ids else 0

    def numbered(self, number: int) -> str:
        """Return the id of the favourite at position `number`; empty if there are fewer."""
        return self.ids[number - 1] if 1 <= number <= len(self.ids) else ""


def key_of(number: int) -> str:
    """Return the keyboard shortcut of a favourite; empty if it has none."""
    return f"Alt+{number}" if number in NUMBERS else ""
