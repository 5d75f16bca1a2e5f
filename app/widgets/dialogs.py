"""Small questions and answers."""

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox, QWidget

from app import __version__
from app.errors import log_folder


def show_log_folder() -> None:
    """Open the folder with the error log in the system's file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(log_folder())))


def show_about(parent: QWidget) -> None:
    """Version and licence."""
    QMessageBox.about(
        parent,
        "About Daub",
        f"<b>Daub {__version__}</b><p>Paint a doodle of materials; a painting grows beside the "
        "brush.</p><p>MIT licence. Icons and styles by the Daub project.</p>",
    )
