"""The About dialog: versions, device, and the licences of the packages that Daub uses."""

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QPlainTextEdit,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.platform.diagnostics import Part
from app.platform.theme import pixmap
from app.platform.translation import tr


class AboutDialog(QDialog):
    """Shows versions and licences. `report` returns the text that "Copy diagnostics" copies."""

    def __init__(
        self,
        versions: Mapping[str, str],
        device: str,
        parts: Sequence[Part],
        report: Callable[[], str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("About Daub"))
        self._parts, self._report = parts, report
        self.list, self.licence = QListWidget(), QPlainTextEdit()
        self.copy = QPushButton(tr("Copy &diagnostics"))
        tabs = QTabWidget()
        tabs.setDocumentMode(True)
        tabs.tabBar().setDrawBase(False)
        tabs.addTab(self._versions({**versions, "Device": device}), tr("&Versions"))
        tabs.addTab(self._licences(), tr("&Licences"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(14)
        layout.addLayout(self._heading())
        layout.addWidget(tabs, 1)
        layout.addLayout(self._buttons())
        self.resize(680, 540)

    def _heading(self) -> QHBoxLayout:
        picture, text = QLabel(), QLabel()
        picture.setPixmap(pixmap("daub", 64, self.devicePixelRatioF()))
        about = tr("Paint a doodle of materials; Daub turns it into a painting as you draw.")
        licence = tr("MIT licence. Icons and styles by the Daub project.")
        text.setText(f"<b>Daub</b><br>{about}<br>{licence}")
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(picture)
        row.addWidget(text, 1)
        return row

    def _versions(self, versions: Mapping[str, str]) -> QWidget:
        page = QWidget()
        form = QFormLayout(page)
        form.setContentsMargins(6, 14, 6, 6)
        form.setHorizontalSpacing(20)
        for name, version in versions.items():
            value = QLabel(version or "-")
            value.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse
                | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            value.setAccessibleName(f"{tr(name)}: {version}")
            form.addRow(tr(name), value)
        return page

    def _licences(self) -> QWidget:
        self.list.setAccessibleName(tr("Components of Daub"))
        # Apply the style sheet before adding items, or their heights ignore it.
        self.list.ensurePolished()
        self.list.addItems([f"{part.name} {part.version}" for part in self._parts])
        self.list.currentRowChanged.connect(self._show_licence)
        self.licence.setReadOnly(True)
        self.licence.setAccessibleName(tr("Licence"))
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 10, 0, 0)
        row.addWidget(self.list, 3)
        row.addWidget(self.licence, 4)
        self.list.setCurrentRow(0)
        return page

    def _show_licence(self, row: int) -> None:
        part = self._parts[row]
        self.licence.setPlainText(f"{part.licence}\n\n{part.words()}".strip())

    def _buttons(self) -> QHBoxLayout:
        close = QPushButton(tr("&Close"))
        close.setDefault(True)
        close.clicked.connect(self.accept)
        self.copy.setAutoDefault(False)
        self.copy.setToolTip(
            tr("Copy versions, device, settings and the end of the log, without folder names")
        )
        self.copy.clicked.connect(self._copy)
        row = QHBoxLayout()
        row.addWidget(self.copy)
        row.addStretch(1)
        row.addWidget(close)
        return row

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._report())
        self.copy.setText(tr("Copied"))
