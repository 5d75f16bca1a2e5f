"""The card in a corner of the workspace that shows tips to new users."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.platform.translation import tr

WIDTH, MARGIN = 330, 16


class TipCard(QFrame):
    """Shows one tip. `understood`: the user dismissed it; `unwanted`: wants no tips.

    `ok`, `no_more`: the texts of the buttons for these.
    """

    understood = Signal()
    unwanted = Signal()

    def __init__(self, parent: QWidget, ok: str = "", no_more: str = "") -> None:
        super().__init__(parent)
        self.setObjectName("tipCard")
        self._parent = parent
        self._title, self._text = QLabel(), QLabel()
        self._title.setProperty("role", "heading")
        self._text.setWordWrap(True)
        self._ok = ok or tr("Got it")
        self.ok = _button(self._ok)
        self.no_more = _button(no_more or tr("No more tips"))
        self.ok.clicked.connect(self.understood)
        self.no_more.clicked.connect(self.unwanted)
        self._lay_out()
        parent.installEventFilter(self)
        self.hide()

    @property
    def text(self) -> str:
        """Text of the latest tip."""
        return self._text.text()

    @property
    def title(self) -> str:
        """Title of the latest tip."""
        return self._title.text()

    def show_tip(self, title: str, text: str, last: bool = False) -> None:
        """Show a tip until `hide` is called; after the `last` one there is nothing to refuse."""
        self.ok.setText(tr("Got it") if last else self._ok)
        self.no_more.setVisible(not last)
        self._title.setText(title)
        self._text.setText(text)
        self.setAccessibleName(f"{title}: {text}")
        self.show()
        self.place()

    def place(self) -> None:
        """Move to the lower right corner; the gallery is on the left, messages in the middle."""
        height = self.heightForWidth(WIDTH)
        area = self._parent.rect()
        self.setGeometry(
            area.width() - WIDTH - MARGIN, area.height() - height - MARGIN, WIDTH, height
        )

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self.no_more)
        buttons.addStretch(1)
        buttons.addWidget(self.ok)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 12, 10)
        layout.setSpacing(6)
        layout.addWidget(self._title)
        layout.addWidget(self._text)
        layout.addSpacing(4)
        layout.addLayout(buttons)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in the corner when the workspace is resized."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self.place()
        return super().eventFilter(watched, event)


def _button(text: str) -> QPushButton:
    button = QPushButton(text)
    # Focus with the Tab key only, so that a click leaves the keyboard focus on the canvas.
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
