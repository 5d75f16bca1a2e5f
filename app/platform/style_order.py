"""The user's order of the styles in the gallery."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from app.platform.settings import Settings


class StyleOrder(QObject):
    """Ids of the styles in the user's order (`ids`), in the settings; `changed` follows a change.

    Empty until the user moves a style. Styles that came later are not in it; they come first.
    """

    changed = Signal()

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.ids = tuple(filter(None, settings.style_order.split(",")))

    def place(self, style_id: str) -> int:
        """Return the style's position; -1 if it is not in the order."""
        return self.ids.index(style_id) if style_id in self.ids else -1

    def move(self, style_id: str, before: str, all_ids: Sequence[str]) -> None:
        """Move a style in front of another one, or to the end if `before` is empty.

        `all_ids`: all styles in their present order.
        """
        others = [known for known in all_ids if known != style_id]
        at = others.index(before) if before in others else len(others)
        self.ids = (*others[:at], style_id, *others[at:])
        self._settings.style_order = ",".join(self.ids)
        self.changed.emit()
