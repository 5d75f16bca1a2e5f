"""Hide everything around the canvas, and show again what was shown before."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDockWidget, QMainWindow, QToolBar, QWidget

from app.platform.translation import tr
from app.widgets.message_bar import MessageBar


class PanelsController(QObject):
    """Hides menus, bars and panels of a window while `action` is checked. Esc ends it, too."""

    def __init__(self, window: QMainWindow, action: QAction, messages: MessageBar) -> None:
        super().__init__(window)
        self._window, self._action, self._messages = window, action, messages
        self._hidden: list[QWidget] = []
        action.toggled.connect(self._hide)
        window.installEventFilter(self)

    def show(self) -> None:
        """Show again what is hidden, for example before the layout is saved."""
        self._action.setChecked(False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Show the panels on Esc, before it cancels Refine; a gesture uses the key first."""
        kinds = QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride
        if event.type() not in kinds or not isinstance(event, QKeyEvent):
            return False
        if event.key() != Qt.Key.Key_Escape or not self._action.isChecked():
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # so that it comes as a key press
        else:
            self.show()
        return True

    def _hide(self, hide: bool) -> None:
        if not hide:
            for widget in self._hidden:
                widget.show()
            self._hidden.clear()
            return
        self._hidden = [widget for widget in self._surrounding() if not widget.isHidden()]
        for widget in self._hidden:
            widget.hide()
        keys = self._action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        self._messages.say(tr("{keys} or Esc shows the panels again.", keys=keys))

    def _surrounding(self) -> list[QWidget]:
        window, direct = self._window, Qt.FindChildOption.FindDirectChildrenOnly
        bars = window.findChildren(QToolBar, options=direct)
        docks = window.findChildren(QDockWidget, options=direct)
        return [window.menuBar(), window.statusBar(), *bars, *docks]
