"""The Canvas menu: rotate, flip, crop, extend or scale the canvas, one undo step each."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.document.canvas_transform import (
    Transform,
    cropped_to,
    edge_material,
    flipped_across,
    flipped_down,
    laid_on,
    scaled_to,
    turned_left,
    turned_right,
)
from app.document.document import Change, Changed
from app.document.document_state import DocumentState
from app.editing.session import Session
from app.platform.translation import tr
from app.widgets.actions import Actions
from app.widgets.resize_dialog import ResizeDialog

SIMPLE: dict[str, tuple[str, Transform]] = {
    "canvas.flip_across": ("Flip horizontally", flipped_across),
    "canvas.flip_down": ("Flip vertically", flipped_down),
    "canvas.turn_left": ("Rotate left", turned_left),
    "canvas.turn_right": ("Rotate right", turned_right),
}


class CanvasController(QObject):
    """Runs the commands of the Canvas menu one after the other on a background thread."""

    def __init__(self, session: Session, actions: Actions, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._actions, self._window = session, actions, window
        self._outdated = False
        self._work = session.canvas_jobs
        handlers: dict[str, Callable[[], None]] = {
            name: partial(self.change, name, tr(text), transform)
            for name, (text, transform) in SIMPLE.items()
        }
        handlers["canvas.resize"] = self.ask_size
        handlers["canvas.crop"] = self.crop
        for name, handler in handlers.items():
            actions[name].triggered.connect(lambda _=False, do=handler: self._work.after(do))
        session.document.subscribe(self._on_change)
        self._show_crop()

    def ask_size(self) -> None:
        """Ask for a new canvas size and whether to scale the doodle, then resize."""
        document = self._session.document
        dialog = ResizeDialog(
            document.width, document.height, edge_material(document.labels.snapshot()),
            document.refined is not None, self._window,
        )  # fmt: skip
        if not dialog.exec():
            return
        answer = dialog.answer()
        size = answer.width, answer.height
        if answer.scales:
            self.change(
                "canvas.resize",
                tr("Scale to {size}", size=f"{size[0]} × {size[1]}"),
                scaled_to(*size),
            )
        else:
            transform = laid_on(*size, answer.left, answer.top, answer.material)
            self.change(
                "canvas.resize",
                tr("Resize canvas to {size}", size=f"{size[0]} × {size[1]}"),
                transform,
            )

    def crop(self) -> None:
        """Crop the canvas to the bounding box of the selection, if there is one."""
        selection = self._session.document.selection
        if selection is not None:
            self.change("canvas.crop", tr("Crop"), cropped_to(selection.box))

    def change(self, name: str, text: str, transform: Transform) -> None:
        """Start a transform of the whole canvas; no other canvas job may be running.

        ``name`` is the id of the action and ``text`` the name of the undo step.
        """
        self._session.close_off()
        self._begin(name, text, transform, self._session.document.state(preview=True))

    def _begin(self, name: str, text: str, transform: Transform, state: DocumentState) -> None:
        self._outdated = False
        self._work.begin(
            lambda: transform(state), lambda done: self._on_done(name, text, transform, state, done)
        )

    def _on_done(
        self, name: str, text: str, transform: Transform, state: DocumentState, done: DocumentState
    ) -> None:
        if self._outdated:
            self._session.said.emit(
                tr("{what} was cancelled because the canvas has changed.", what=text)
            )
            self._work.dropped.emit()
            return
        self._session.close_off()
        now = self._session.document.state(preview=True)
        if not state.same_canvas(now):
            # The user has painted in the meantime: transform the new state, so nothing is lost.
            self._begin(name, text, transform, now)
            return
        self._session.replace_canvas(done, text, name.replace(".", "-").replace("_", "-"))

    def _on_change(self, change: Change) -> None:
        if change.what in (Changed.SELECTION, Changed.CANVAS):
            self._show_crop()
        # A running transform of the old canvas must not replace the new one.
        self._outdated |= change.what is Changed.CANVAS

    def _show_crop(self) -> None:
        self._actions["canvas.crop"].setEnabled(self._session.document.selection is not None)
