"""Starting the application: name, icon, look, log, window, event loop."""

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
from app.platform.settings import Settings
from app.platform.single_instance import Reception, own_address
from app.platform.theme import DARK, app_icon, apply_theme
from app.platform.translation import speak
from app.services.engine_worker import StudioFactory
from app.services.recoverable_work import journal_folder
from app.window.main_window import MainWindow

# Python hands its lock to another thread every 5 ms by default: a third of a frame.
SWITCH_SECONDS = 0.001


class Application(QApplication):
    """`file_opened`: macOS hands over a file that was double-clicked or dropped on the icon."""

    file_opened = Signal(Path)

    def event(self, event: QEvent) -> bool:
        """Here and not in an event filter, which every event of every widget would go through."""
        if isinstance(event, QFileOpenEvent) and event.file():
            self.file_opened.emit(Path(event.file()))
            return True
        return super().event(event)


def create_application(argv: Sequence[str], theme: str = DARK) -> QApplication:
    """The QApplication with Daub's name, icon and look; the running one if there is one."""
    running = QApplication.instance()
    application = running if isinstance(running, QApplication) else Application(list(argv))
    application.setApplicationName("Daub")
    application.setOrganizationName("Daub")
    application.setApplicationVersion(__version__)
    application.setDesktopFileName("daub")
    application.setWindowIcon(app_icon())
    apply_theme(application, theme)
    sys.setswitchinterval(SWITCH_SECONDS)
    return application


def use_language(application: QApplication, wish: str) -> None:
    """Speak this language, or with "system" the system's, from the window's making on."""
    language = QLocale.system().name()[:2] if wish == "system" else wish
    speak(language)
    # Qt's own words: the buttons of its dialogs.
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
    """Show the window, open a file if one is given, stay until it is closed; the exit code."""
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
    window.show()
    # Not before: looking for journals would hold the first frame up.
    window.appeared.connect(lambda: window.recovery.begin(journal_folder()))
    if painting is not None:
        window.opening.open(painting)
    try:
        return application.exec()
    finally:
        reception.close()
        # When the window was closed there is nothing left to keep.
        window.recovery.stop(keep=True)
        window.stop()
        errors.uninstall()


def receive(window: MainWindow, path: Path | None, token: str) -> None:
    """Another Daub was started: this one opens its file, if it has one, and comes forward."""
    if path is not None:
        window.opening.open(path)
    if token:
        os.environ["XDG_ACTIVATION_TOKEN"] = token  # Qt takes it from there, once
    window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
    window.show()
    window.raise_()
    window.activateWindow()
