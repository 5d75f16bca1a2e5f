"""File dialogs, and message boxes about work that could be lost."""

from enum import Enum, auto
from pathlib import Path

from PySide6.QtWidgets import (
    QFileDialog,
    QInputDialog,
    QMessageBox,
    QWidget,
)

from app.document.document_state import PICTURES, SUFFIX
from app.platform.translation import tr
from resources.style_files import SUFFIX as STYLE_SUFFIX

PICTURE_FILTER = " ".join(f"*{ending}" for ending in PICTURES)
ORA_FILTER = f"OpenRaster (*{SUFFIX})"


def style_filter() -> str:
    """Return the name filter of file dialogs for style files."""
    return f"{tr('Daub style')} (*{STYLE_SUFFIX})"


class Answer(Enum):
    """The user's decision about work that could be lost."""

    SAVE = auto()
    SAVE_AS = auto()
    OVERWRITE = auto()
    DISCARD = auto()
    CANCEL = auto()


def ask_open_path(parent: QWidget, folder: Path) -> Path | None:
    """Ask which document or picture to open; return None if the user cancels."""
    dialog = QFileDialog(parent, tr("Open a painting"), str(folder))
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setNameFilters([
        f"{tr('Paintings, pictures and styles')} (*{SUFFIX} *{STYLE_SUFFIX} {PICTURE_FILTER})",
        f"{tr('Daub painting')}, {ORA_FILTER}",
        f"{tr('Pictures')} ({PICTURE_FILTER})",
        style_filter(),
    ])  # fmt: skip
    return Path(dialog.selectedFiles()[0]) if dialog.exec() else None


def ask_save_path(parent: QWidget, suggestion: Path) -> Path | None:
    """Ask where to save the document; return None if the user cancels."""
    dialog = QFileDialog(parent, tr("Save the painting"), str(suggestion.parent))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilter(f"{tr('Daub painting')}, {ORA_FILTER}")
    dialog.setDefaultSuffix("ora")
    dialog.selectFile(suggestion.name)
    return Path(dialog.selectedFiles()[0]) if dialog.exec() else None


def ask_style_path(parent: QWidget, suggestion: Path) -> Path | None:
    """Ask where to save a style file; return None if the user cancels."""
    dialog = QFileDialog(parent, tr("Export a style"), str(suggestion.parent))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilter(style_filter())
    dialog.setDefaultSuffix(STYLE_SUFFIX[1:])
    dialog.selectFile(suggestion.name)
    return Path(dialog.selectedFiles()[0]) if dialog.exec() else None


def ask_sheet_path(parent: QWidget, suggestion: Path) -> Path | None:
    """Ask where to save a sheet of pictures; return None if the user cancels.

    Call `ask_replace` for a file that exists: this dialog does not ask.
    """
    dialog = QFileDialog(parent, tr("Save the sheet"), str(suggestion.parent))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
    dialog.setNameFilters(["PNG (*.png)", "JPEG (*.jpg *.jpeg)"])
    dialog.setDefaultSuffix("png")
    dialog.filterSelected.connect(
        lambda chosen: dialog.setDefaultSuffix("jpg" if "*.jpg" in chosen else "png")
    )
    dialog.selectFile(suggestion.name)
    return Path(dialog.selectedFiles()[0]) if dialog.exec() else None


def ask_replace(parent: QWidget, path: Path) -> bool:
    """Ask whether a file may be replaced."""
    kinds = QMessageBox.StandardButton
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle("Daub")
    box.setText(tr("{name} already exists. Replace it?", name=path.name))
    replace = box.addButton(tr("Replace"), QMessageBox.ButtonRole.DestructiveRole)
    box.setDefaultButton(box.addButton(kinds.Cancel))
    box.exec()
    return box.clickedButton() is replace


def ask_remove(parent: QWidget, title: str) -> bool:
    """Ask whether one of the user's styles may be removed."""
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle("Daub")
    box.setText(tr("Move the style {title} to the trash?", title=title))
    box.setInformativeText(tr("Documents in this style use another one then."))
    remove = box.addButton(tr("Move to the trash"), QMessageBox.ButtonRole.DestructiveRole)
    box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
    box.exec()
    return box.clickedButton() is remove


def ask_title(parent: QWidget, title: str) -> str:
    """Ask for a new title of a style; return the old one or "" if the user cancels."""
    dialog = QInputDialog(parent)
    dialog.setWindowTitle(tr("Rename the style"))
    dialog.setLabelText(tr("Title"))
    dialog.setTextValue(title)
    return dialog.textValue().strip() if dialog.exec() else ""


def ask_changed(parent: QWidget, name: str) -> Answer:
    """Ask what to do with unsaved changes; return SAVE, DISCARD or CANCEL."""
    kinds = QMessageBox.StandardButton
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle("Daub")
    box.setText(tr("Save the changes to {name}?", name=name))
    box.setInformativeText(tr("Otherwise, changes since the last save are lost."))
    box.setStandardButtons(kinds.Save | kinds.Discard | kinds.Cancel)
    box.setDefaultButton(kinds.Save)
    answers = {kinds.Save: Answer.SAVE, kinds.Discard: Answer.DISCARD}
    return answers.get(kinds(box.exec()), Answer.CANCEL)


def ask_overwrite(parent: QWidget, path: Path) -> Answer:
    """Ask what to do with a file that another program changed; OVERWRITE, SAVE_AS or CANCEL."""
    roles = QMessageBox.ButtonRole
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle("Daub")
    box.setText(tr("{name} was changed by another program since it was opened.", name=path.name))
    box.setInformativeText(tr("Saving overwrites those changes."))
    overwrite = box.addButton(tr("Overwrite"), roles.DestructiveRole)
    save_as = box.addButton(tr("Save as..."), roles.AcceptRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(save_as)
    box.exec()
    chosen = box.clickedButton()
    if chosen is overwrite:
        return Answer.OVERWRITE
    return Answer.SAVE_AS if chosen is save_as else Answer.CANCEL
