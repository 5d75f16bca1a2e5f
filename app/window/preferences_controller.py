"""Opens preferences, shortcuts, About and the log, and applies changed preferences."""

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from app.document.pen_curve import PenCurve
from app.editing.session import Session
from app.platform.errors import log_folder
from app.platform.theme import SYSTEM, apply_theme
from app.platform.translation import tr
from app.services.engine_worker import EngineSettings
from app.widgets.log_viewer import LogViewer, log_tail
from app.widgets.material_labels import MaterialLabels
from app.widgets.palette import Palette
from app.widgets.preferences_dialog import PreferencesDialog
from app.widgets.shortcuts_sheet import ShortcutsSheet
from app.widgets.tip_card import TipCard
from app.widgets.workspace import Workspace
from app.window.onboarding import Onboarding
from app.window.shortcuts import key_entries


class PreferencesController(QObject):
    """Opens the application's non-modal dialogs and puts changed settings into effect."""

    def __init__(
        self, session: Session, workspace: Workspace, palette: Palette, window: QWidget
    ) -> None:
        super().__init__(window)
        self._session, self._workspace, self._palette = session, workspace, palette
        self._settings, self._window = session.settings, window
        self.onboarding = Onboarding(TipCard(workspace), self._settings, self)
        self._letters = MaterialLabels(session.document, self)
        workspace.canvas.set_letters(self._letters)
        self._device, self._devices = "", ["auto", "cpu", "cuda"]
        self._open: dict[str, QDialog] = {}
        self._effects: dict[str, Callable[[], None]] = {
            "theme": self._apply_theme, "tips": self._apply_tips,
            "swatch_letters": self._apply_letters, "doodle_letters": self._apply_letters,
            "preview_pace": self._apply_pace, "device": self._apply_engine,
            "precision": self._apply_engine, "threads": self._apply_engine,
            "undo_megabytes": self._apply_undo_memory, "pen_curve": self._apply_pen_curve,
            "paint_with": self._apply_paint_with,
        }  # fmt: skip
        self._connect()
        for name in ("doodle_letters", "preview_pace", "device", "pen_curve"):
            self.apply(name)

    @property
    def handlers(self) -> dict[str, Callable[[], object]]:
        """Handlers of the actions for dialogs, by action id."""
        return {
            "preferences": self._show_preferences,
            "shortcuts": self._show_shortcuts,
            "tips": self._replay_tips,
            "diagnostics": self._copy_report,
            "log": lambda: self.show_dialog("log", lambda: LogViewer(parent=self._window)),
            "about": lambda: self.show_dialog("about", self._about, fresh=True),
        }

    def show_dialog(self, name: str, make: Callable[[], QDialog], fresh: bool = False) -> QDialog:
        """Show a dialog in front. It is created once, or every time if `fresh`."""
        if fresh and name in self._open:
            self._open.pop(name).deleteLater()
        if name not in self._open:
            self._open[name] = make()
        dialog = self._open[name]
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()
        return dialog

    def apply(self, name: str) -> None:
        """Put a setting into effect; settings that need a restart do nothing here."""
        if name in self._effects:
            self._effects[name]()

    # -- dialogs ----------------------------------------------------------------------------

    def _show_preferences(self) -> None:
        dialog = self.show_dialog("preferences", self._preferences)
        assert isinstance(dialog, PreferencesDialog)
        dialog.show_settings()

    def _preferences(self) -> QDialog:
        dialog = PreferencesDialog(self._settings, self._window)
        dialog.set_devices(self._devices)
        dialog.changed.connect(self.apply)
        return dialog

    def _show_shortcuts(self) -> None:
        self.onboarding.done("shortcuts")
        self.show_dialog("shortcuts", lambda: ShortcutsSheet(key_entries(), self._window))

    def _replay_tips(self) -> None:
        self._settings.tips = True
        self.apply("tips")
        dialog = self._open.get("preferences")
        if isinstance(dialog, PreferencesDialog):
            dialog.show_settings()

    def _copy_report(self) -> None:
        QGuiApplication.clipboard().setText(self.report())
        self._session.said.emit(tr("Copied the diagnostics."))

    def _about(self) -> QDialog:
        # Not imported with the window, because reading package metadata is slow.
        from app.platform import diagnostics
        from app.widgets.about_dialog import AboutDialog

        parts, versions = diagnostics.parts(), diagnostics.versions()
        return AboutDialog(versions, self._device, parts, self.report, self._window)

    def report(self) -> str:
        """Return a diagnostic report for support requests."""
        from app.platform import diagnostics

        return diagnostics.report(self._settings, self._device, log_tail(log_folder()))

    # -- engine and system ------------------------------------------------------------------

    def _connect(self) -> None:
        session, worker = self._session, self._session.preview.engine.worker
        session.preview.ready.connect(lambda device, _styles: self._set_device(device))
        worker.device_changed.connect(self._set_device)
        worker.devices_listed.connect(self._set_devices)
        session.preview.settled.connect(self.onboarding.begin)
        session.history.changed.connect(lambda: self.onboarding.done("brush"))
        session.refine.state_changed.connect(lambda _: self.onboarding.done("refine"))
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.styleHints().colorSchemeChanged.connect(self._follow_system)

    def _set_device(self, device: str) -> None:
        self._device = device

    def _set_devices(self, devices: list[str]) -> None:
        self._devices = devices
        dialog = self._open.get("preferences")
        if isinstance(dialog, PreferencesDialog):
            dialog.set_devices(devices)

    def _follow_system(self) -> None:
        if self._settings.theme == SYSTEM:
            self._apply_theme()

    # -- effects ----------------------------------------------------------------------------

    def _apply_theme(self) -> None:
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        apply_theme(application, self._settings.theme)

    def _apply_letters(self) -> None:
        self._palette.set_letters(self._settings.swatch_letters)
        self._letters.set_wanted(self._settings.doodle_letters)

    def _apply_tips(self) -> None:
        if self._settings.tips:
            self._settings.tips_seen = ""
        self.onboarding.show_next()

    def _apply_pace(self) -> None:
        self._session.preview.live = self._settings.preview_pace == "live"

    def _apply_engine(self) -> None:
        settings = self._settings
        engine_settings = EngineSettings(settings.device, settings.precision, settings.threads)
        self._session.preview.configure(engine_settings)

    def _apply_paint_with(self) -> None:
        self._session.strokes.enable(self._settings.paint_with == "strokes")

    def _apply_pen_curve(self) -> None:
        self._workspace.set_pen_curve(PenCurve.from_text(self._settings.pen_curve))

    def _apply_undo_memory(self) -> None:
        self._session.history.set_budget(self._settings.undo_megabytes * 2**20)
