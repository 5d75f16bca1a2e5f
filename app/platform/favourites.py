"""The painter's favourite styles, in the order in which they became that."""

from PySide6.QtCore import QObject, Signal

from app.platform.settings import Settings

NUMBERS = range(1, 10)
"""Favourites with these numbers have a key of their own."""


class Favourites(QObject):
    """Ids of styles, kept in the settings."""

    changed = Signal()

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.ids = tuple(filter(None, settings.favourites.split(",")))

    def toggle(self, style_id: str) -> None:
        """Make a style a favourite, the last of them, or no favourite any more."""
        others = tuple(known for known in self.ids if known != style_id)
        self.ids = others if style_id in self.ids else (*others, style_id)
        self._settings.favourites = ",".join(self.ids)
        self.changed.emit()

    def number(self, style_id: str) -> int:
        """Its place, from 1; 0 for what is no favourite."""
        return self.ids.index(style_id) + 1 if style_id in self.ids else 0

    def numbered(self, number: int) -> str:
        """The id of the favourite with this number; empty when there are fewer."""
        return self.ids[number - 1] if 1 <= number <= len(self.ids) else ""


def key_of(number: int) -> str:
    """The key that chooses a favourite; empty for those that have none."""
    return f"Alt+{number}" if number in NUMBERS else ""
