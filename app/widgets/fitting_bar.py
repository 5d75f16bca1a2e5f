"""Tool bars that need less room in a small window, so that nothing is hidden behind a button."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QToolBar, QWidget

# Forms of the side bar: size of the icons and style sheet.
TIGHT = """
QToolBar#tools QToolButton { padding: 1px; }
QToolBar#tools::separator:vertical { margin: 2px 5px; }
"""
SIDE_FORMS = ((22, ""), (20, ""), (20, TIGHT), (18, TIGHT), (16, TIGHT))


class FittingBar(QToolBar):
    """A tool bar with `levels` forms, each smaller than the one before.

    Subclasses show a form in `show_level` and call `fit` after their contents have changed.
    """

    levels = 1

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(title, parent)
        self.level = 0

    def show_level(self, level: int) -> None:
        """Show one of the forms, 0 for the largest; overridden by subclasses."""

    def fit(self) -> None:
        """Show the largest form that there is room for."""
        for level in range(self.levels):
            if level != self.level:
                self.level = level
                self.show_level(level)
            if self._needed() <= self._room():
                return

    def _needed(self) -> int:
        layout = self.layout()
        assert layout is not None
        layout.invalidate()
        hint = layout.sizeHint()
        return hint.width() if self._is_flat else hint.height()

    def _room(self) -> int:
        return self.width() if self._is_flat else self.height()

    @property
    def _is_flat(self) -> bool:
        return self.orientation() == Qt.Orientation.Horizontal

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()


class SideBar(FittingBar):
    """The bar of the tools; in a low window its icons are smaller and closer."""

    levels = len(SIDE_FORMS)

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(title, parent)
        self.setObjectName("tools")
        self.setMovable(False)
        self.show_level(0)

    def show_level(self, level: int) -> None:
        """Set size and distance of the icons."""
        side, sheet = SIDE_FORMS[level]
        self.setIconSize(QSize(side, side))
        self.setStyleSheet(sheet)
