"""The main window: lays out docks and menus, and connects widgets with the session."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QMainWindow,
    QSizePolicy,
    QSlider,
    QWidget,
)

from app.document.document import Change, Changed
from app.editing.session import Session
from app.files.batch_controller import BatchController
from app.files.clip_controller import ClipController
from app.files.clipboard_controller import ClipboardController
from app.files.drop_controller import DropController
from app.files.export_controller import ExportController
from app.files.file_controller import FileController
from app.files.film_controller import FilmController
from app.files.open_controller import OpenController
from app.files.recovery import Recovery
from app.platform.settings import Settings
from app.platform.translation import tr
from app.services.engine_worker import StudioFactory
from app.widgets.actions import MENUS, SIDE_BAR, Actions, with_shortcut
from app.widgets.fitting_bar import SideBar
from app.widgets.history_panel import HistoryPanel
from app.widgets.palette import Palette
from app.widgets.status import StatusBar
from app.widgets.tip_card import TipCard
from app.widgets.tool_options import ToolOptionsBar
from app.widgets.workspace import OVERLAY, Workspace
from app.window.canvas_controller import CanvasController
from app.window.close_guard import CloseGuard
from app.window.help_controller import HelpController
from app.window.materials_controller import MaterialsController
from app.window.paint_controller import PaintController
from app.window.painting_progress import PaintingProgress
from app.window.panels_controller import PanelsController
from app.window.photo_controller import PhotoController
from app.window.preferences_controller import PreferencesController
from app.window.refine_controller import RefineController
from app.window.studio_controller import StudioController
from app.window.style_controller import StyleController
from app.window.style_files_controller import StyleFilesController
from app.window.teaching_controller import TeachingController
from app.window.tutorial import Tutorial
from app.window.variations_controller import VariationsController
from app.window.view_controller import ViewController

# The engine also starts in a window that is never drawn, for example a minimised one.
LONGEST_WAIT_MS = 1000


class MainWindow(QMainWindow):
    """The main window. `studio_factory` is called on the engine's thread when the engine starts.

    The engine starts after the first frame, because importing torch blocks Python. `close()` joins
    its thread. `appeared` is emitted just before the engine starts.
    """

    appeared = Signal()

    def __init__(self, studio_factory: StudioFactory, settings: Settings | None = None) -> None:
        super().__init__()
        self.settings = settings if settings is not None else Settings()
        self.session = Session(studio_factory, self.settings, self)
        self.actions_by_id = Actions(self)
        self.workspace = Workspace(self.session.document)
        self.palette_panel, self.history_panel = Palette(), HistoryPanel()
        self.options_bar = ToolOptionsBar()
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.status = StatusBar()
        self.clipboard = ClipboardController(self.session, self)
        self.batch = BatchController(self, self.session, self.workspace.messages)
        self.clips = ClipController(self, self.session, studio_factory, self.workspace.messages)
        self.paint_controller = PaintController(
            self.session, self.actions_by_id, self.workspace, self.palette_panel, self.options_bar
        )
        self.styles = StyleController(self.session, self.actions_by_id, self.workspace)
        self.materials_controller = MaterialsController(
            self.session, self.actions_by_id, self.palette_panel, self
        )
        self.photo_controller = PhotoController(
            self.session, self.palette_panel, self.actions_by_id["panels"]
        )
        self.gallery, self.favourites = self.styles.gallery, self.styles.favourites
        self.style_files_controller = StyleFilesController(self, self.session, self.gallery)
        self.teaching = TeachingController(
            self, self.session, self.gallery, self.workspace.messages
        )
        self.style_button, self.seed_box = self.styles.button, self.styles.seed_box
        self.refine_controller = RefineController(self.session, self.actions_by_id, self.workspace)
        self.refine_bar = self.refine_controller.bar
        self.preferences_controller = PreferencesController(
            self.session, self.workspace, self.palette_panel, self
        )
        self._started = False
        self._lay_out()
        self.files = FileController(
            self, self.session, self.settings, self.actions_by_id, self.workspace.messages
        )
        tips = self.preferences_controller.onboarding
        card = TipCard(self.workspace, tr("Skip"), tr("End the tutorial"))
        self.tutorial = Tutorial(self.session, self.files, tips, card, self)
        self.help_controller = HelpController(
            self.session, self.tutorial, self.actions_by_id, self.workspace.messages
        )
        self.exporting = ExportController(
            self, self.session, self.files.file, self.workspace.messages
        )
        self.filming = FilmController(self, self.session, self.files.file, self.workspace.messages)
        self.variations_controller = VariationsController(
            self, self.session, self.files.file, self.actions_by_id, self.workspace.messages
        )
        self.painting_progress = PaintingProgress(self.session.preview, self)
        for progress in (
            self.exporting.progress, self.filming.progress, self.batch.progress,
            self.clips.progress, self.teaching.progress, self.styles.progress,
            self.painting_progress.widget,
        ):  # fmt: skip
            self.status.show_job(progress)
        self.opening = OpenController(
            self, self.session, self.workspace, self.files, self.actions_by_id["recent"]
        )
        self.opening.clip_wanted.connect(self.clips.open)
        self.files.file.begun.connect(self.exporting.close)
        self.files.file.begun.connect(self.filming.close)
        self.drop_controller = DropController(
            self, self.session, self.opening, self.files.file, self.batch,
            self.workspace.messages, gallery=self.styles.gallery,
        )  # fmt: skip
        self.clipboard.pasted.connect(self.drop_controller.take_pasted)
        self.studio = StudioController(
            self, self.session, studio_factory, self.gallery, self.workspace.messages
        )
        self.style_files_controller.lesson_wanted.connect(self.teaching.teach)
        self.studio.lesson_wanted.connect(self.teaching.teach)
        self.studio.saved.connect(self.teaching.renew)
        self.style_files_controller.edited.connect(self.studio.edit)
        self.style_files_controller.copied.connect(self.studio.edit_copy)
        self.opening.style_wanted.connect(self.studio.begin)
        self.drop_controller.style_dropped.connect(self.studio.begin)
        self.recovery = Recovery(self.session, self.files.file, self.opening, self)
        self._connect_actions()
        self._connect_widgets()
        self._connect_session()
        self.canvas_controller = CanvasController(self.session, self.actions_by_id, self)
        self.view_controller = ViewController(
            self.session, self.actions_by_id, self.workspace, self.status, self.settings, self
        )
        panels = self.actions_by_id["panels"]
        self.panels_controller = PanelsController(self, panels, self.workspace.messages)
        # A photo may have come or gone while its panel was hidden.
        panels.toggled.connect(lambda on: None if on else self.photo_controller.show_all())
        self.close_guard = CloseGuard(
            self, self.files.guard, self.session.canvas_jobs, self.session.exports,
            self.workspace.messages, photos=self.batch.service, films=self.filming,
            clips=self.clips.renders,
        )  # fmt: skip
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
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.photo_controller.dock)
        self.addToolBar(Qt.ToolBarArea.BottomToolBarArea, self.refine_bar)

    def _fill_options_bar(self) -> None:
        bar, gap = self.options_bar, QWidget()
        gap.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        bar.addWidget(gap)
        for text, widget in ((tr("Style"), self.style_button), (tr("Seed"), self.seed_box)):
            bar.add_caption(text)
            bar.addWidget(widget)
        self.actions_by_id.fill(bar, ("reroll", "strokes"))
        bar.add_shortened(self.styles.stroke_box, self.styles.stroke_box.set_short)
        self.actions_by_id.fill(bar, ("-", "view.side", "view.overlay", "view.painting"))
        self.opacity.setRange(0, 100)
        self.opacity.setFixedWidth(90)
        self.opacity.setAccessibleName(tr("Opacity of the painting"))
        self.opacity.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.opacity.setToolTip(tr("Opacity of the painting"))
        self._opacity_action = bar.addWidget(self.opacity)
        self.addToolBar(Qt.ToolBarArea.TopToolBarArea, bar)

    def _add_side_bar(self) -> None:
        bar = SideBar(tr("Tools"))
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
        chosen, work = self.history_panel.chosen, self.session.canvas_jobs
        chosen.connect(lambda at: work.after(partial(self.session.go_to, at)))

    # -- wiring -----------------------------------------------------------------------------

    def _connect_actions(self) -> None:
        session, link, work = self.session, self.workspace.link, self.session.canvas_jobs
        handlers: dict[str, Callable[[], object]] = {
            "recover": self.recovery.ask, "quit": self.close,
            "undo": partial(work.after, session.undo), "redo": partial(work.after, session.redo),
            "clear": session.clear,
            "reroll": session.reroll, "surprise": session.surprise,
            "repaint": session.strokes.repaint,
            "repaint.selection": session.selection_reroll.begin,
            "zoom.in": lambda: link.zoom(1.25),
            "zoom.out": lambda: link.zoom(0.8), "zoom.fit": link.fit,
            "zoom.actual": self.workspace.show_actual_size, "fullscreen": self._toggle_full_screen,
            **self.opening.handlers(), **self.exporting.handlers(), **self.filming.handlers(),
            **self.clips.handlers(),
            **self.variations_controller.handlers(), **self.studio.handlers(),
            **self.help_controller.handlers(),
            **self.clipboard.handlers(), **self.preferences_controller.handlers,
        }  # fmt: skip
        for mode in ("side", "overlay", "painting"):
            handlers[f"view.{mode}"] = partial(self.set_view_mode, mode)
        for action_id, handler in handlers.items():
            self.actions_by_id[action_id].triggered.connect(lambda _=False, do=handler: do())

    def _connect_widgets(self) -> None:
        session, space = self.session, self.workspace
        space.frame_shown.connect(session.preview.frame_shown)
        space.frame_shown.connect(self._on_first_frame)
        space.link.changed.connect(self._on_view_changed)
        self.gallery.opened.connect(
            lambda _: self.preferences_controller.onboarding.done("gallery")
        )
        self.opacity.valueChanged.connect(self._on_opacity)

    def _connect_session(self) -> None:
        session = self.session
        session.history.changed.connect(self._show_history)
        session.tool_controller.busy_changed.connect(lambda _busy: self._show_history())
        session.canvas_jobs.changed.connect(self._show_history)
        session.said.connect(self.workspace.messages.say)
        session.problem.connect(self.workspace.messages.warn)
        session.preview.ready.connect(lambda device, _styles: self.status.set_device(device))
        session.preview.engine.worker.device_changed.connect(self.status.set_device)
        session.preview.latency_measured.connect(self.status.set_latency)
        session.preview.busy_changed.connect(self.status.set_busy)
        session.document.subscribe(self._on_document)

    def _restore(self) -> None:
        self.restoreGeometry(self.settings.geometry)
        self.restoreState(self.settings.layout)
        self.opacity.setValue(round(self.settings.overlay_opacity * 100))
        self.set_view_mode(self.settings.view_mode)
        self.paint_controller.show_all()
        self.styles.show_all()
        self.refine_controller.show_all()
        self.photo_controller.show_all()
        self._show_history()
        self._show_document()

    # -- showing ----------------------------------------------------------------------------

    def set_view_mode(self, mode: str) -> None:
        """Switch to the view "side", "overlay" or "painting"; any other value means "side"."""
        mode = mode if mode in ("side", "overlay", "painting") else "side"
        self.settings.view_mode = mode
        self.actions_by_id[f"view.{mode}"].setChecked(True)
        self._opacity_action.setVisible(mode == OVERLAY)
        self.options_bar.fit()
        self.workspace.set_mode(mode)
        self.refine_controller.show_compare()

    def _show_history(self) -> None:
        history, session = self.session.history, self.session
        under_way = session.tool_controller.busy or session.canvas_jobs.busy
        if self.history_panel.isVisible():
            self.history_panel.show_steps(history.steps, history.at, history.forgotten)
        steps = {
            "undo": (tr("Undo"), history.undo_text, history.can_undo or under_way),
            "redo": (tr("Redo"), history.redo_text, history.can_redo),
        }
        for action_id, (word, text, possible) in steps.items():
            action = self.actions_by_id[action_id]
            action.setEnabled(possible)
            action.setText(f"{word} {text}".rstrip())
            action.setToolTip(with_shortcut(f"{word} {text}".rstrip(), action))

    def _on_document(self, change: Change) -> None:
        if change.what in (Changed.CANVAS, Changed.MODIFIED):
            self._show_document()

    def _show_document(self) -> None:
        document = self.session.document
        self.setWindowModified(document.modified)
        self.status.set_canvas(document.width, document.height)

    def _on_view_changed(self) -> None:
        link = self.workspace.link
        self.status.set_view(link.scale * self.devicePixelRatioF(), link.angle, link.mirrored)
        self.session.preview.look_at(self.workspace.visible_canvas())

    def _on_opacity(self, value: int) -> None:
        self.settings.overlay_opacity = value / 100
        self.workspace.set_opacity(value / 100)

    def _toggle_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    # -- start and stop ---------------------------------------------------------------------

    def start(self) -> None:
        """Start the engine if the window is visible and the engine is not yet started."""
        if not self._started and self.isVisible():
            self._started = True
            self.appeared.emit()
            if self.focusWidget() is None:
                self.workspace.focus_canvas()
            self.session.start()

    def stop(self) -> None:
        """Finish saving and join all threads; called when the window closes."""
        self.teaching.leave()
        self.studio.stop()
        self.files.file.stop()
        self.session.canvas_jobs.stop()
        self.opening.stop()
        self.clipboard.stop()
        self.batch.stop()
        self.clips.stop()
        self.filming.stop()
        self.drop_controller.stop()
        self.variations_controller.stop()
        self.help_controller.stop()
        self.teaching.service.stop()
        self.session.stop()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        QTimer.singleShot(LONGEST_WAIT_MS, self, self.start)

    def _on_first_frame(self) -> None:
        self.workspace.frame_shown.disconnect(self._on_first_frame)
        QTimer.singleShot(0, self, self.start)

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.close_guard.may_close():
            event.ignore()
            return
        self.panels_controller.show()  # the next start must not begin without panels
        self.settings.geometry = self.saveGeometry()
        self.settings.layout = self.saveState()
        self.recovery.stop(keep=False)
        self.stop()
        super().closeEvent(event)
