"""The View menu's actions that rotate and mirror the view, and the peeks at other pictures."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QWidget

from app.document.document import Change, Changed
from app.editing.session import Session
from app.platform.settings import Settings
from app.platform.translation import tr
from app.widgets.actions import Actions
from app.widgets.status import StatusBar
from app.widgets.workspace import DOODLE, PREVIEW, Workspace
from app.window.materials_controller import told
from resources.materials import materials_by_id

TURN = 15.0
PEEKS = {"peek.doodle": DOODLE, "peek.preview": PREVIEW}


class ViewController(QObject):
    """Connects the view actions, and shows the material under the pointer in the status bar."""

    def __init__(
        self, session: Session, actions: Actions, workspace: Workspace, status: StatusBar,
        settings: Settings, window: QWidget,
    ) -> None:  # fmt: skip
        super().__init__(window)
        self._session, self._actions, self._workspace = session, actions, workspace
        self._status, self._settings = status, settings
        link = workspace.link
        handlers: dict[str, Callable[[], None]] = {
            "turn.left": lambda: link.turn(-TURN), "turn.right": lambda: link.turn(TURN),
            "turn.none": link.straighten,
        }  # fmt: skip
        for name, handler in handlers.items():
            actions[name].triggered.connect(lambda _=False, do=handler: do())
        actions["mirror"].toggled.connect(link.mirror)
        actions["borders"].toggled.connect(self._show_borders)
        actions["borders"].setChecked(settings.borders)
        for name in PEEKS:
            actions[name].setAutoRepeat(False)
            actions[name].toggled.connect(self._show_peek)
        link.pointer_moved.connect(lambda _old, _new: self._show_material())
        session.document.subscribe(self._on_document)
        window.installEventFilter(self)
        self._show_refined()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """End a peek when its key is released or the window is deactivated."""
        if event.type() == QEvent.Type.KeyRelease and isinstance(event, QKeyEvent):
            if not event.isAutoRepeat():
                self._end_peeks(event.key())
        elif event.type() == QEvent.Type.WindowDeactivate:
            self._end_peeks(None)
        return False

    def _end_peeks(self, key: int | None) -> None:
        """End the peeks whose shortcut uses this key; None ends all."""
        for name in PEEKS:
            action = self._actions[name]
            letter = action.shortcut().toString().rpartition("+")[2]
            if action.isChecked() and (key is None or QKeySequence(key).toString() == letter):
                action.setChecked(False)

    def _show_peek(self) -> None:
        chosen = [peek for name, peek in PEEKS.items() if self._actions[name].isChecked()]
        self._workspace.set_peek(chosen[0] if chosen else "")

    def _show_borders(self, shown: bool) -> None:
        self._settings.borders = shown
        self._workspace.set_borders(shown)

    def _on_document(self, change: Change) -> None:
        if change.what in (Changed.LABELS, Changed.STYLE, Changed.CANVAS, Changed.BRUSHWORK):
            self._show_material()
        if change.what in (Changed.REFINED, Changed.CANVAS):
            self._show_refined()

    def _show_refined(self) -> None:
        self._actions["peek.preview"].setEnabled(self._session.document.shows_refined)

    def _show_material(self) -> None:
        self._status.set_material(self._material_text())

    def _material_text(self) -> str:
        """Return the material under the pointer and what paints it; empty outside the canvas."""
        point, labels = self._workspace.link.pointer, self._session.document.labels
        if point is None:
            return ""
        x, y = int(point[0] // 1), int(point[1] // 1)
        if not (0 <= x < labels.width and 0 <= y < labels.height):
            return ""
        material = materials_by_id()[labels.at(x, y)]
        by = self._session.painters.get(material.id)
        return (told(self._session, material, by) if by else "") or tr(material.name)
