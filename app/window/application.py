"""Set up the QApplication, open the main window and run the event loop."""

import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QLibraryInfo, QLocale, Qt, QTranslator, Signal
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication

from app import __version__
from app.platform.errors import ErrorHub, start_log
from app.platform.memory import return_large_blocks
from app.platform.settings import Settings
from app.platform.single_instance import Reception, own_address
from app.platform.theme import DARK, app_icon, apply_theme
from app.platform.translation import speak
from app.services.engine_worker import StudioFactory
from app.services.recoverable_work import journal_folder
from app.window.main_window import MainWindow
from app.window.start_size import place

# The default interval of 5 ms is a third of a frame, too long for the UI thread to wait.
SWITCH_SECONDS = 0.001  # of Python's global interpreter lock


class Application(QApplication):
    """The QApplication of Daub.

    `file_opened` carries the path of a file that macOS asks the application to open, after a
    double click on the file or a drop on the icon.
    """

    file_opened = Signal(Path)

    def event(self, event: QEvent) -> bool:
        """Handle file-open events; an event filter would see every event of every widget."""
        if isinstance(event, QFileOpenEvent) and event.file():
            self.file_opened.emit(Path(event.file()))
            return True
        return super().event(event)


def create_application(argv: Sequence[str], theme: str = DARK) -> QApplication:
    """Return the QApplication with Daub's name, icon and theme; reuse a running one."""
    running = QApplication.instance()
    application = running if isinstance(running, QApplication) else Application(list(argv))
    application.setApplicationName("Daub")
    application.setOrganizationName("Daub")
    application.setApplicationVersion(__version__)
    application.setDesktopFileName("daub")
    application.setWindowIcon(app_icon())
    apply_theme(application, theme)
    return_large_blocks()
    sys.setswitchinterval(SWITCH_SECONDS)
    return application


def use_language(application: QApplication, setting: str) -> None:
    """Use a language ("en", "de" or "system") for all windows created from now on."""
    language = QLocale.system().name()[:2] if setting == "system" else setting
    speak(language)
    # Qt's own texts, such as the buttons of its dialogs.
    translator = QTranslator(application)
    if translator.load(
        f"qtbase_{language}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    ):
        application.installTranslator(translator)


def run(
    argv: Sequence[str],
    studio_factory: StudioFactory,
    settings: Settings | None = None,
    painting: Path | None = None,
) -> int:
    """Show the window, open a file if one is given, and return the exit code after closing."""
    settings = settings if settings is not None else Settings()
    application = create_application(argv, settings.theme)
    use_language(application, settings.language)
    start_log()
    errors = ErrorHub(application)
    errors.install()
    window = MainWindow(studio_factory, settings)
    errors.happened.connect(window.workspace.messages.warn)
    if isinstance(application, Application):
        application.file_opened.connect(window.opening.open)
    reception = Reception(own_address(), application)
    reception.asked.connect(partial(receive, window))
    reception.open()
    show(window)
    # Searching for journals earlier would delay the first frame.
    window.appeared.connect(lambda: window.recovery.begin(journal_folder()))
    window.appeared.connect(window.studio.offer)
    window.appeared.connect(window.clips.offer)
    window.appeared.connect(window.teaching.offer)
    if painting is not None:
        window.opening.open(painting)
    try:
        return application.exec()
    finally:
        reception.close()
        # Closing the window has already ended autosave; otherwise keep its work for recovery.
        window.recovery.stop(keep=True)
        window.stop()
        errors.uninstall()


def show(window: MainWindow) -> None:
    """Show a new window: as it was when it was closed, or as large as suits the screen."""
    if window.settings.geometry.isEmpty():
        place(window, window.screen().availableGeometry())
    window.show()


def receive(window: MainWindow, path: Path | None, token: str) -> None:
    """Open the file that a second Daub process was started with, and raise the window."""
    if path is not None:
        window.opening.open(path)
    if token:
        os.environ["XDG_ACTIVATION_TOKEN"] = token  # read once and removed by Qt
    window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
    window.show()
    window.raise_()
    window.activateWindow()
