"""A hint for the first sessions, in a corner of the workspace."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.platform.translation import tr

WIDTH, MARGIN = 330, 16


class TipCard(QFrame):
    """`understood` when this tip has done its work, `unwanted` when nobody wants any more."""

    understood = Signal()
    unwanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("tipCard")
        self._room = parent
        self._title, self._text = QLabel(), QLabel()
        self._title.setProperty("role", "heading")
        self._text.setWordWrap(True)
        self.ok = _button(tr("Got it"))
        self.no_more = _button(tr("No more tips"))
        self.ok.clicked.connect(self.understood)
        self.no_more.clicked.connect(self.unwanted)
        self._lay_out()
        parent.installEventFilter(self)
        self.hide()

    @property
    def text(self) -> str:
        """The tip shown last."""
        return self._text.text()

    def show_tip(self, title: str, text: str) -> None:
        """Show a tip until `hide` is called."""
        self._title.setText(title)
        self._text.setText(text)
        self.setAccessibleName(f"{title}: {text}")
        self.show()
        self.place()

    def place(self) -> None:
        """Go to the lower right corner: the gallery is at the left, messages are in the middle."""
        height = self.heightForWidth(WIDTH)
        area = self._room.rect()
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
        """Stay in the corner when the workspace changes its size."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self.place()
        return super().eventFilter(watched, event)


def _button(text: str) -> QPushButton:
    button = QPushButton(text)
    # With the Tab key only: a click must not take the keyboard from the canvas.
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
