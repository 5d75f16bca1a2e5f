"""A view of the canvas with a title above it."""

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.widgets.picture_view import PictureView


class PaneTitle(QFrame):
    """The strip above a view."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.setObjectName("paneTitle")
        self._text, self._note = QLabel(text), QLabel()
        self._text.setProperty("role", "heading")
        self._note.setProperty("role", "muted")
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(12, 6, 12, 6)
        self._line.addWidget(self._text)
        self._line.addWidget(self._note)
        self._line.addStretch(1)

    def add(self, widget: QWidget) -> None:
        """Put something at the right end."""
        self._line.addWidget(widget)

    def set_text(self, text: str) -> None:
        """What the view shows."""
        self._text.setText(text)

    @property
    def note(self) -> str:
        """The muted words behind the title."""
        return self._note.text()

    def set_note(self, note: str) -> None:
        """More about it, muted; empty for nothing."""
        self._note.setText(note)


def titled_view(title: PaneTitle, view: PictureView) -> QWidget:
    """The view under its title."""
    whole = QWidget()
    layout = QVBoxLayout(whole)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    layout.addWidget(title)
    layout.addWidget(view, 1)
    return whole
