"""The main window: docks, menus and wiring. What happens is decided in the session."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QMainWindow,
    QSizePolicy,
    QSlider,
    QToolBar,
    QWidget,
)

from app.actions import MENUS, SIDE_BAR, Actions, with_shortcut
from app.canvas_actions import CanvasActions
from app.document.document import Change, Changed
from app.document.openraster import SUFFIX
from app.exchange import Exchange
from app.favourites import NUMBERS, Favourites
from app.file_actions import FileActions
from app.painting_desk import PaintingDesk
from app.recovery import Recovery
from app.services.engine_worker import StudioFactory
from app.services.refine import RefineState
from app.session import Session
from app.settings import Settings
from app.shell import Shell
from app.theme import icon
from app.view_actions import ViewActions
from app.widgets.gallery import Gallery
from app.widgets.history_panel import HistoryPanel
from app.widgets.palette import Palette
from app.widgets.refine_bar import RefineBar
from app.widgets.status import StatusBar
from app.widgets.style_bar import SeedBox, StyleButton
from app.widgets.style_model import StyleLike, by_line
from app.widgets.tool_options import ToolOptionsBar, caption
from app.widgets.workspace import OVERLAY, Workspace
from app.words import tr

# A window that is never drawn, minimised for example, paints all the same.
LONGEST_WAIT_MS = 1000


class MainWindow(QMainWindow):
    """Daub's window. `studio_factory` is called on the engine's thread, once it is started.

    The first frame starts the engine - not sooner, for importing torch keeps Python busy;
    `close()` joins its thread.
    """

    appeared = Signal()

    def __init__(self, studio_factory: StudioFactory, settings: Settings | None = None) -> None:
        super().__init__()
        self.settings = settings if settings is not None else Settings()
        self.session = Session(studio_factory, self.settings, self)
        self.actions_by_id = Actions(self)
        self.workspace = Workspace(self.session.document)
        self.palette_panel, self.history_panel = Palette(), HistoryPanel()
        self.options_bar, self.refine_bar = ToolOptionsBar(), RefineBar()
        self.style_button, self.seed_box = StyleButton(), SeedBox()
        self.favourites = Favourites(self.settings, self)
        self.gallery = Gallery(self.favourites, self.workspace)
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.status = StatusBar()
        self.exchange = Exchange(self, self.session, self.workspace)
        self.status.show_export(self.exchange.progress)
        self.desk = PaintingDesk(
            self.session, self.actions_by_id, self.workspace, self.palette_panel, self.options_bar
        )
        self.shell = Shell(self.session, self.workspace, self.palette_panel, self)
        self._started = False
        self._leaving = False
        self._lay_out()
        self.files = FileActions(
            self, self.session, self.settings, self.actions_by_id, self.workspace.messages
        )
        self.exchange.openers[SUFFIX] = self.files.open_path
        self.files.file.foreign.connect(self._import_foreign)
        self.recovery = Recovery(self.session, self.files, self)
        self._connect_actions()
        self._connect_widgets()
        self._connect_session()
        self._connect_gallery()
        self._connect_refine()
        self.canvas_actions = CanvasActions(self.session, self.actions_by_id, self)
        self.view_actions = ViewActions(
            self.session, self.actions_by_id, self.workspace, self.status, self.settings, self
        )
        self._restore()

    # -- layout -----------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.resize(1440, 880)
        self.setCentralWidget(self.workspace)
        self.setStatusBar(self.status)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        for title, entries in MENUS.items():
            self.actions_by_id.fill(self.menuBar().addMenu(tr(title)), entries)
        self._fill_options_bar()
        self._add_side_bar()
        self._add_palette()
        self._add_history()
        names = ("refine", "refine.pause", "refine.cancel", "compare")
        self.refine_bar.build(*(self.actions_by_id[name] for name in names))
        self.addToolBar(Qt.ToolBarArea.BottomToolBarArea, self.refine_bar)

    def _fill_options_bar(self) -> None:
        bar, gap = self.options_bar, QWidget()
        gap.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        bar.addWidget(gap)
        for widget in (caption(tr("Style")), self.style_button, caption(tr("Seed")), self.seed_box):
            bar.addWidget(widget)
        self.actions_by_id.fill(bar, ("reroll", "-", "view.side", "view.overlay", "view.painting"))
        self.opacity.setRange(0, 100)
        self.opacity.setFixedWidth(90)
        self.opacity.setAccessibleName(tr("Opacity of the painting"))
        self.opacity.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.opacity.setToolTip(tr("How much of the painting lies over the doodle"))
        self._opacity_action = bar.addWidget(self.opacity)
        self.addToolBar(Qt.ToolBarArea.TopToolBarArea, bar)

    def _add_side_bar(self) -> None:
        bar = QToolBar(tr("Tools"))
        bar.setObjectName("tools")
        bar.setMovable(False)
        bar.setIconSize(QSize(22, 22))
        self.actions_by_id.fill(bar, SIDE_BAR)
        self.addToolBar(Qt.ToolBarArea.LeftToolBarArea, bar)

    def _add_palette(self) -> None:
        dock = QDockWidget(tr("Materials"))
        dock.setObjectName("materials")
        dock.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetMovable)
        dock.setWidget(self.palette_panel)
        self.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)

    def _add_history(self) -> None:
        dock = QDockWidget(tr("History"))
        dock.setObjectName("history")
        dock.setWidget(self.history_panel)
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
        dock.hide()
        action = self.actions_by_id["history"]
        action.toggled.connect(dock.setVisible)
        dock.visibilityChanged.connect(lambda _: action.setChecked(not dock.isHidden()))
        dock.visibilityChanged.connect(lambda _: self._show_history())
        self.history_panel.chosen.connect(self.session.go_to)

    # -- wiring -----------------------------------------------------------------------------

    def _connect_actions(self) -> None:
        session, link = self.session, self.workspace.link
        handlers: dict[str, Callable[[], object]] = {
            "recover": self.recovery.ask, "quit": self.close,
            "undo": session.undo, "redo": session.redo, "clear": session.clear,
            "reroll": session.reroll, "surprise": session.surprise,
            "refine": session.begin_refine, "refine.pause": session.refine.toggle_pause,
            "refine.cancel": session.refine.stop, "compare": self._show_compare,
            "zoom.in": lambda: link.zoom(1.25),
            "zoom.out": lambda: link.zoom(0.8), "zoom.fit": link.fit,
            "zoom.actual": self.workspace.show_actual_size, "fullscreen": self._toggle_full_screen,
            **self.exchange.handlers(), **self.shell.handlers,
        }  # fmt: skip
        for number in NUMBERS:
            handlers[f"favourite.{number}"] = partial(self._choose_favourite, number)
        for mode in ("side", "overlay", "painting"):
            handlers[f"view.{mode}"] = partial(self.set_view_mode, mode)
        for action_id, handler in handlers.items():
            self.actions_by_id[action_id].triggered.connect(lambda _=False, do=handler: do())

    def _connect_widgets(self) -> None:
        session, space = self.session, self.workspace
        space.frame_shown.connect(session.preview.frame_shown)
        space.frame_shown.connect(self._on_first_frame)
        session.exports.written.connect(self._on_export_written)
        session.exports.ended.connect(self._stay)
        space.link.changed.connect(self._on_view_changed)
        self.seed_box.chosen.connect(session.set_seed)
        self.opacity.valueChanged.connect(self._on_opacity)

    def _connect_session(self) -> None:
        session = self.session
        session.history.changed.connect(self._show_history)
        session.hand.busy_changed.connect(lambda _busy: self._show_history())
        session.said.connect(self.workspace.messages.say)
        session.problem.connect(self.workspace.messages.warn)
        session.preview.ready.connect(lambda device, _styles: self.status.set_device(device))
        session.preview.engine.worker.device_changed.connect(self.status.set_device)
        session.preview.latency_measured.connect(self.status.set_latency)
        session.preview.busy_changed.connect(self.status.set_busy)
        session.document.subscribe(self._on_document)

    def _connect_gallery(self) -> None:
        session, gallery, action = self.session, self.gallery, self.actions_by_id["gallery"]
        session.styles_changed.connect(gallery.set_styles)
        session.styles_changed.connect(self._show_favourites)
        session.sketch.painted.connect(self._show_sketch)
        session.sketch.failed.connect(gallery.set_problem)
        self.favourites.changed.connect(self._show_favourites)
        gallery.add_actions([self.actions_by_id["surprise"]])
        gallery.chosen.connect(session.choose_style)
        gallery.tried.connect(self._try_style)
        gallery.opened.connect(action.setChecked)
        gallery.opened.connect(lambda _: self.shell.tips.done("gallery"))
        gallery.opened.connect(self.style_button.setChecked)
        action.toggled.connect(gallery.setVisible)
        self.style_button.toggled.connect(gallery.setVisible)
        self.workspace.pressed.connect(gallery.hide)

    def _connect_refine(self) -> None:
        refine, messages = self.session.refine, self.workspace.messages
        self.refine_bar.changed.connect(lambda change: self.session.set_refine_options(**change))
        refine.state_changed.connect(self._show_refine)
        refine.progressed.connect(self.refine_bar.set_progress)
        refine.asked.connect(lambda question: messages.ask(question, (tr("Keep"), tr("Discard"))))
        refine.decided.connect(messages.drop_question)
        messages.answered.connect(lambda answer: self.session.travel.decide(answer == tr("Keep")))
        self.session.preview.engine.worker.devices_listed.connect(self._show_devices)

    def _restore(self) -> None:
        self.restoreGeometry(self.settings.geometry)
        self.restoreState(self.settings.layout)
        self.opacity.setValue(round(self.settings.overlay_opacity * 100))
        self.set_view_mode(self.settings.view_mode)
        self.desk.show_all()
        self.refine_bar.show_options(self.session.refine_options)
        self._show_refine(self.session.refine.state)
        self.refine_bar.set_selection(self.session.document.selection is not None)
        self._show_history()
        self._show_favourites()
        self._show_document()

    # -- showing ----------------------------------------------------------------------------

    def set_view_mode(self, mode: str) -> None:
        """Show "side", "overlay" or "painting"."""
        mode = mode if mode in ("side", "overlay", "painting") else "side"
        self.settings.view_mode = mode
        self.actions_by_id[f"view.{mode}"].setChecked(True)
        self._opacity_action.setVisible(mode == OVERLAY)
        self.workspace.set_mode(mode)
        self._show_compare()

    def _show_favourites(self) -> None:
        for number in NUMBERS:
            style = self.session.styles.get(self.favourites.numbered(number))
            action = self.actions_by_id[f"favourite.{number}"]
            action.setVisible(style is not None)
            action.setText(style.title.replace("&", "&&") if style is not None else "")

    def _choose_favourite(self, number: int) -> None:
        self.session.choose_style(self.favourites.numbered(number))

    def _try_style(self, style_id: str) -> None:
        if not style_id:
            self.workspace.show_sketch(None)
        self.session.sketch.show(style_id)

    def _show_sketch(self, style_id: str, pixels: np.ndarray) -> None:
        self.workspace.show_sketch(pixels, credit_of(self.session.styles[style_id]))

    def _show_history(self) -> None:
        history = self.session.history
        if self.history_panel.isVisible():
            self.history_panel.show_steps(history.steps, history.at, history.forgotten)
        steps = {
            "undo": (tr("Undo"), history.undo_text, history.can_undo or self.session.hand.busy),
            "redo": (tr("Redo"), history.redo_text, history.can_redo),
        }
        for action_id, (word, text, possible) in steps.items():
            action = self.actions_by_id[action_id]
            action.setEnabled(possible)
            action.setText(f"{word} {text}".rstrip())
            action.setToolTip(with_shortcut(f"{word} {text}".rstrip(), action))

    def _show_refine(self, state: RefineState) -> None:
        active = self.session.refine.active
        words = {
            RefineState.WAITING: tr("waiting for the preview"),
            RefineState.PAUSED: tr("paused"),
            RefineState.STOPPING: tr("stopping"),
        }
        self.refine_bar.set_working(active, words.get(state, ""))
        self.actions_by_id["refine"].setEnabled(not active)
        self.actions_by_id["refine.cancel"].setEnabled(active)
        pause, paused = self.actions_by_id["refine.pause"], state is RefineState.PAUSED
        pause.setEnabled(state in (RefineState.RUNNING, RefineState.PAUSED))
        pause.setText(tr("&Resume") if paused else tr("&Pause"))
        pause.setIcon(icon("resume" if paused else "pause"))

    def _show_devices(self, devices: list[str]) -> None:
        self.refine_bar.set_devices(devices)
        if self.session.refine_options.device not in devices:
            self.session.set_refine_options(device="auto")
        self.refine_bar.show_options(self.session.refine_options)

    def _show_compare(self) -> None:
        compare, document = self.actions_by_id["compare"], self.session.document
        compare.setEnabled(document.shows_refined and self.settings.view_mode != OVERLAY)
        if not compare.isEnabled():
            compare.setChecked(False)
        self.workspace.set_compare(compare.isChecked())

    def _on_document(self, change: Change) -> None:
        if change.what in (Changed.REFINED, Changed.CANVAS):
            self._show_compare()
        if change.what in (Changed.SELECTION, Changed.CANVAS):
            self.refine_bar.set_selection(self.session.document.selection is not None)
        if change.what in (Changed.STYLE, Changed.SEED, Changed.CANVAS, Changed.MODIFIED):
            self._show_document()

    def _show_document(self) -> None:
        document, style = self.session.document, self.session.style
        self.setWindowModified(document.modified)
        self.status.set_canvas(document.width, document.height)
        self.seed_box.set_seed(document.seed)
        self.style_button.set_style(style)
        self.gallery.set_style(document.style_id)
        self.palette_panel.set_served(self.session.served_as)
        self.workspace.show_credit(credit_of(style) if style is not None else "")

    def _on_view_changed(self) -> None:
        link = self.workspace.link
        self.status.set_view(link.scale * self.devicePixelRatioF(), link.angle, link.mirrored)
        self.session.preview.look_at(self.workspace.visible_canvas())

    def _on_opacity(self, value: int) -> None:
        self.settings.overlay_opacity = value / 100
        self.workspace.set_opacity(value / 100)

    def _toggle_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def _import_foreign(self, path: Path, pixels: np.ndarray) -> None:
        """Another program's document is a picture like any other."""
        self.exchange.arrivals.take(path.name, lambda: pixels)

    # -- coming and going -------------------------------------------------------------------

    def start(self) -> None:
        """Start the engine, once, in a window that is shown."""
        if not self._started and self.isVisible():
            self._started = True
            self.appeared.emit()
            if self.focusWidget() is None:
                self.workspace.canvas.setFocus()
            self.session.start()

    def stop(self) -> None:
        """Finish what is to be saved and join the threads; closing the window does."""
        self.files.file.stop()
        self.canvas_actions.wait()
        self.exchange.stop()
        self.session.stop()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        QTimer.singleShot(LONGEST_WAIT_MS, self, self.start)

    def _on_first_frame(self) -> None:
        self.workspace.frame_shown.disconnect(self._on_first_frame)
        QTimer.singleShot(0, self, self.start)

    def _on_export_written(self) -> None:
        if self._leaving:
            self.close()

    def _stay(self) -> None:
        """An export that was stopped or failed is no reason to close any more."""
        self._leaving = False

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.session.exports.busy and not self._leaving:
            self._leaving = True
            self.workspace.messages.say(tr("Daub closes as soon as the picture is written."))
            event.ignore()
            return
        self._leaving = False
        if not self.files.may_close(self.close):
            event.ignore()
            return
        self.settings.geometry = self.saveGeometry()
        self.settings.layout = self.saveState()
        self.recovery.stop(keep=False)
        self.stop()
        super().closeEvent(event)


def credit_of(style: StyleLike) -> str:
    """Whose manner a painting in this style is in."""
    return tr("after {style}", style=by_line(style))
