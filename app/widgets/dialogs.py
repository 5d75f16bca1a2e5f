"""Small questions and answers."""

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from app import __version__
from app.errors import log_folder


def ask_png_path(parent: QWidget, suggestion: Path) -> Path | None:
    """Where to save a PNG; None when the painter thinks better of it."""
    dialog = QFileDialog(parent, "Export the painting", str(suggestion.parent))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilter("PNG picture (*.png)")
    # The dialog adds it before it asks whether a file may be replaced.
    dialog.setDefaultSuffix("png")
    dialog.selectFile(suggestion.name)
    return Path(dialog.selectedFiles()[0]) if dialog.exec() else None


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
