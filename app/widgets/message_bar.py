"""One sentence to the painter, floating over the bottom of the workspace."""

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from app.theme import icon, pixmap

INFO_SECONDS, ERROR_SECONDS = 4, 20
MARGIN = 16


class MessageBar(QFrame):
    """Shows the latest sentence; news leave by themselves soon, problems stay for a while."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("messageBar")
        self._room = parent
        self._sign, self._text = QLabel(), QLabel()
        self._text.setWordWrap(True)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 8)
        layout.setSpacing(10)
        layout.addWidget(self._sign)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._close_button())
        self.hide()

    @property
    def text(self) -> str:
        """The sentence shown last."""
        return self._text.text()

    def say(self, sentence: str) -> None:
        """Tell news."""
        self._show(sentence, "info", INFO_SECONDS)

    def warn(self, sentence: str) -> None:
        """Tell a problem."""
        self._show(sentence, "error", ERROR_SECONDS)

    def place(self) -> None:
        """Go to the bottom of the parent, as wide as the sentence needs."""
        area = self._room.rect()
        width = min(area.width() - 2 * MARGIN, max(320, self._wanted_width()))
        height = (
            self.heightForWidth(width) if self.hasHeightForWidth() else self.sizeHint().height()
        )
        self.setGeometry(
            (area.width() - width) // 2, area.height() - height - MARGIN, width, height
        )

    def _wanted_width(self) -> int:
        return self._text.fontMetrics().horizontalAdvance(self._text.text()) + 110

    def _show(self, sentence: str, level: str, seconds: int) -> None:
        self._text.setText(sentence)
        name = "warning" if level == "error" else "info"
        self._sign.setPixmap(pixmap(name, 18, self.devicePixelRatioF()))
        self.setProperty("level", level)
        self.style().polish(self)
        self.place()
        self.show()
        self.raise_()
        self._timer.start(seconds * 1000)

    def _close_button(self) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon("close"))
        button.setToolTip("Close this message")
        button.clicked.connect(self.hide)
        return button
