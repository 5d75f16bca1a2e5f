"""The list of photos that could not be painted."""

from collections.abc import Sequence

from PySide6.QtWidgets import QDialog, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from app.platform.translation import tr


class ProblemList(QDialog):
    """Dialog that shows one error sentence per photo as text that can be copied."""

    def __init__(self, sentences: Sequence[str], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Daub")
        self.text = QPlainTextEdit("\n".join(sentences))
        self.text.setReadOnly(True)
        self.text.setAccessibleName(tr("These photos were not painted:"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 16)
        layout.addWidget(QLabel(tr("These photos were not painted:")))
        layout.addWidget(self.text)
        self.resize(640, 320)
