"""The menu of a style in the gallery: edit, teach, export, rename, duplicate, move, remove."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from app.editing.session import Session
from app.files.export_controller import export_folder
from app.platform.translation import tr
from app.services.teaching import can_be_taught
from app.widgets.dialogs import ask_remove, ask_style_path, ask_title
from app.widgets.gallery import Gallery
from app.widgets.style_model import StyleLike
from resources.style_files import SUFFIX

NATIVE = QKeySequence.SequenceFormat.NativeText


class StyleFilesController(QObject):
    """Shows the menu of the style under the pointer or of the current card, and does its actions.

    Only the user's own styles can be renamed, edited and removed. `edited` carries the id of a
    style to change in the style studio, `copied` of one to begin a new style with, `lesson_wanted`
    of one whose network shall be taught.
    """

    edited = Signal(str)
    copied = Signal(str)
    lesson_wanted = Signal(str)

    def __init__(self, window: QWidget, session: Session, gallery: Gallery) -> None:
        super().__init__(window)
        self._window, self._session, self._gallery = window, session, gallery
        self.menu = QMenu(gallery)
        gallery.menu_wanted.connect(self._show)

    def _show(self, style: StyleLike, point: QPoint) -> None:
        self.menu.clear()
        gallery, whole, key = self._gallery, style.problem is None, style.id
        files = self._session.style_files
        self._add("edit", tr("&Edit..."), lambda: self.edited.emit(key), whole and style.own)
        self._add("edit.copy", tr("Edit a &copy..."), lambda: self.copied.emit(key), whole)
        self._add(
            "teach", tr("Teach the net&work..."), lambda: self.lesson_wanted.emit(key),
            key in self._session.styles and can_be_taught(self._session.styles[key]),
        )  # fmt: skip
        self._add("export", tr("E&xport..."), lambda: self._export(style), whole)
        self._add("rename", tr("Re&name..."), lambda: self._rename(style), whole and style.own)
        self._add("duplicate", tr("&Duplicate"), lambda: files.duplicate(key), whole)
        self.menu.addSeparator()
        for name, text, step in (
            ("up", tr("Move &up"), -1), ("down", tr("Move d&own"), 1)
        ):  # fmt: skip
            keys = QKeySequence("Alt+Up" if step < 0 else "Alt+Down").toString(NATIVE)
            self._add(
                name, f"{text}\t{keys}", partial(gallery.move_style, key, step),
                gallery.target(key, step) is not None,
            )  # fmt: skip
        self.menu.addSeparator()
        self._add("remove", tr("Dele&te..."), lambda: self._remove(style), style.own)
        self.menu.popup(point)

    def _add(self, name: str, text: str, do: Callable[[], object], possible: bool) -> None:
        action = self.menu.addAction(text)
        action.setObjectName(f"style.{name}")
        action.setEnabled(possible)
        action.triggered.connect(lambda _=False: do())

    def _export(self, style: StyleLike) -> None:
        settings = self._session.settings
        path = ask_style_path(self._window, export_folder(settings) / f"{style.id}{SUFFIX}")
        if path is not None:
            settings.export_folder = str(path.parent)
            self._session.style_files.export_style(style.id, style.title, path)

    def _rename(self, style: StyleLike) -> None:
        title = ask_title(self._window, style.title)
        if title and title != style.title:
            self._session.style_files.rename(style.id, title)

    def _remove(self, style: StyleLike) -> None:
        if ask_remove(self._window, style.title):
            self._session.remove_style(style.id, style.title)
