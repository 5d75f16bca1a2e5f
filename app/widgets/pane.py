"""A canvas view with a title bar above it."""

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.widgets.picture_view import PictureView


class PaneTitle(QFrame):
    """The title bar above a view: a title, a muted note, and widgets at the right end."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.setObjectName("paneTitle")
        self._text, self._note = QLabel(text), QLabel()
        self._text.setProperty("role", "heading")
        self._note.setProperty("role", "muted")
        self._note.setMinimumWidth(1)  # a long note must not keep the window wide
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(12, 6, 12, 6)
        self._line.addWidget(self._text)
        self._line.addWidget(self._note)
        self._line.addStretch(1)

    def add(self, widget: QWidget) -> None:
        """Add a widget at the right end."""
        self._line.addWidget(widget)

    def set_text(self, text: str) -> None:
        """Set the title."""
        self._text.setText(text)

    @property
    def note(self) -> str:
        """The muted text after the title."""
        return self._note.text()

    def set_note(self, note: str) -> None:
        """Set the muted text after the title; empty for none."""
        self._note.setText(note)
        self._note.setToolTip(note)


def titled_view(title: PaneTitle, view: PictureView) -> QWidget:
    """Return a widget with the title bar above the view."""
    whole = QWidget()
    layout = QVBoxLayout(whole)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    layout.addWidget(title)
    layout.addWidget(view, 1)
    return whole
