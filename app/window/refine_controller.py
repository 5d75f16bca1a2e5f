"""Connects Refine with its bar, its actions, its final question and the comparison."""

from collections.abc import Callable

from PySide6.QtCore import QObject

from app.document.document import Change, Changed
from app.editing.session import Session
from app.platform.theme import icon
from app.platform.translation import tr
from app.services.refine import RefineState
from app.widgets.actions import Actions
from app.widgets.refine_bar import RefineBar
from app.widgets.workspace import OVERLAY, Workspace


class RefineController(QObject):
    """Starts, controls and shows Refine in one window."""

    def __init__(self, session: Session, actions: Actions, workspace: Workspace) -> None:
        super().__init__(session)
        self._session, self._actions, self._workspace = session, actions, workspace
        self.bar = RefineBar()
        names = ("refine", "refine.pause", "refine.cancel", "compare")
        self.bar.build(*(actions[name] for name in names))
        self._connect_actions()
        self._connect_refine()
        session.document.subscribe(self._on_document)

    def show_all(self) -> None:
        """Show the options and the state of Refine."""
        self.bar.show_options(self._session.refine_options)
        self._show_state(self._session.refine.state)
        self._show_selection()
        self._show_photo()

    def show_compare(self) -> None:
        """Show the comparison if it is turned on and possible; overlay mode cannot show it."""
        compare, session = self._actions["compare"], self._session
        seen = session.settings.view_mode != OVERLAY
        document = session.document
        compare.setEnabled((document.shows_refined or document.photo is not None) and seen)
        if not compare.isEnabled():
            compare.setChecked(False)
        self._workspace.set_compare(compare.isChecked())

    def _connect_actions(self) -> None:
        session, refine = self._session, self._session.refine
        handlers: dict[str, Callable[[], object]] = {
            "refine": session.begin_refine, "refine.pause": refine.toggle_pause,
            "refine.cancel": refine.stop, "compare": self.show_compare,
        }  # fmt: skip
        for action_id, handler in handlers.items():
            self._actions[action_id].triggered.connect(lambda _=False, do=handler: do())

    def _connect_refine(self) -> None:
        session, refine, messages = self._session, self._session.refine, self._workspace.messages
        self.bar.changed.connect(lambda change: session.set_refine_options(**change))
        refine.state_changed.connect(self._show_state)
        refine.progressed.connect(self.bar.set_progress)
        refine.asked.connect(lambda question: messages.ask(question, (tr("Keep"), tr("Discard"))))
        refine.decided.connect(messages.drop_question)
        messages.answered.connect(lambda answer: session.undo_guard.decide(answer == tr("Keep")))
        session.preview.engine.worker.devices_listed.connect(self._show_devices)

    def _show_state(self, state: RefineState) -> None:
        active = self._session.refine.active
        words = {
            RefineState.WAITING: tr("waiting for the preview"),
            RefineState.PAUSED: tr("paused"),
            RefineState.STOPPING: tr("stopping"),
        }
        self.bar.set_working(active, words.get(state, ""))
        self._actions["refine"].setEnabled(not active)
        self._actions["refine.cancel"].setEnabled(active)
        pause, paused = self._actions["refine.pause"], state is RefineState.PAUSED
        pause.setEnabled(state in (RefineState.RUNNING, RefineState.PAUSED))
        pause.setText(tr("&Resume") if paused else tr("&Pause"))
        pause.setIcon(icon("resume" if paused else "pause"))

    def _show_devices(self, devices: list[str]) -> None:
        self.bar.set_devices(devices)
        if self._session.refine_options.device not in devices:
            self._session.set_refine_options(device="auto")
        self.bar.show_options(self._session.refine_options)

    def _show_selection(self) -> None:
        self.bar.set_selection(self._session.document.selection is not None)

    def _show_photo(self) -> None:
        self.bar.set_photo(self._session.document.photo is not None)

    def _on_document(self, change: Change) -> None:
        if change.what in (Changed.REFINED, Changed.CANVAS):
            self.show_compare()
        if change.what in (Changed.SELECTION, Changed.CANVAS):
            self._show_selection()
        if change.what is Changed.CANVAS:
            self._show_photo()
