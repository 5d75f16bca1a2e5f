"""Starting the application: name, icon, look, log, window, event loop."""

import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import QApplication

from app import __version__
from app.errors import ErrorHub, start_log
from app.main_window import MainWindow
from app.services.engine_worker import StudioFactory
from app.services.leftovers import journal_folder
from app.settings import Settings
from app.theme import app_icon, apply_theme

# Python hands its lock to another thread every 5 ms by default: a third of a frame.
SWITCH_SECONDS = 0.001


def create_application(argv: Sequence[str]) -> QApplication:
    """The QApplication with Daub's name, icon and look; the running one if there is one."""
    running = QApplication.instance()
    application = running if isinstance(running, QApplication) else QApplication(list(argv))
    application.setApplicationName("Daub")
    application.setOrganizationName("Daub")
    application.setApplicationVersion(__version__)
    application.setDesktopFileName("daub")
    application.setWindowIcon(app_icon())
    apply_theme(application)
    sys.setswitchinterval(SWITCH_SECONDS)
    return application


def run(
    argv: Sequence[str],
    studio_factory: StudioFactory,
    settings: Settings | None = None,
    painting: Path | None = None,
) -> int:
    """Show the window, open a painting if one is given, stay until it is closed; the exit code."""
    application = create_application(argv)
    start_log()
    errors = ErrorHub(application)
    errors.install()
    window = MainWindow(studio_factory, settings)
    errors.happened.connect(window.workspace.messages.warn)
    window.show()
    window.recovery.begin(journal_folder())
    if painting is not None:
        window.files.open_path(painting)
    try:
        return application.exec()
    finally:
        # When the window was closed there is nothing left to keep.
        window.recovery.stop(keep=True)
        window.stop()
        errors.uninstall()
