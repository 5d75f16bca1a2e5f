"""The dialog of keys and gestures, with a search."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.platform.theme import icon
from app.platform.translation import tr


@dataclass(frozen=True)
class KeyEntry:
    """One line: the action, and its keys or gesture."""

    group: str
    text: str
    keys: str


class ShortcutsSheet(QDialog):
    """Lists the entries by group; the search shows entries that contain every word."""

    def __init__(self, entries: Sequence[KeyEntry], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Keys and gestures"))
        self.search, self.tree, self._none = QLineEdit(), QTreeWidget(), QLabel()
        self._headings: dict[str, QTreeWidgetItem] = {}
        self._lines: dict[str, list[QTreeWidgetItem]] = {}
        self._set_up()
        self._fill(entries)
        self.resize(520, 640)

    def _set_up(self) -> None:
        self.search.setPlaceholderText(tr("Search keys and actions"))
        self.search.setAccessibleName(tr("Search keys and actions"))
        self.search.setClearButtonEnabled(True)
        self.search.addAction(icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self.search.textChanged.connect(self._on_search)
        self.tree.setAccessibleName(tr("Keys and gestures"))
        self.tree.setColumnCount(2)
        self.tree.setHeaderHidden(True)
        self.tree.setIndentation(0)
        self.tree.setRootIsDecorated(False)
        self.tree.setItemsExpandable(False)
        self.tree.setSelectionMode(QTreeWidget.SelectionMode.NoSelection)
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.tree.header().setStretchLastSection(False)
        self._none.setText(tr("No matching entry."))
        self._none.setProperty("role", "muted")
        self._none.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(10)
        for widget in (self.search, self._none, self.tree):
            layout.addWidget(widget)

    def _fill(self, entries: Sequence[KeyEntry]) -> None:
        for entry in entries:
            if entry.group not in self._headings:
                self._headings[entry.group] = self._heading(entry.group)
            line = QTreeWidgetItem(self._headings[entry.group], [entry.text, entry.keys])
            line.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self._lines.setdefault(entry.group, []).append(line)
        self.tree.expandAll()

    def _heading(self, text: str) -> QTreeWidgetItem:
        heading = QTreeWidgetItem(self.tree, [text])
        font = heading.font(0)
        font.setBold(True)
        heading.setFont(0, font)
        return heading

    def _on_search(self, text: str) -> None:
        words, found = text.casefold().split(), False
        for heading, lines in self._lines.items():
            group = self._headings[heading]
            for line in lines:
                content = f"{line.text(0)} {line.text(1)} {heading}".casefold()
                line.setHidden(not all(word in content for word in words))
            group.setHidden(all(line.isHidden() for line in lines))
            found = found or not group.isHidden()
        self._none.setVisible(not found)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # The arrow keys move from the search field to the list.
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up) and self.search.hasFocus():
            self.tree.setFocus()
        else:
            super().keyPressEvent(event)
