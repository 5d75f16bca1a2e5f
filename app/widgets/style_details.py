"""The details of one style in the gallery."""

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from app.platform.theme import colours
from app.platform.translation import is_english, tr
from app.widgets.style_model import StyleLike
from resources.materials import materials

HEIGHT = 158


class StyleDetails(QFrame):
    """Shows title, artist, credit, licence and regions of a style, and why it is unusable."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("styleDetails")
        self.setFixedHeight(HEIGHT)
        self._title, self._text = QLabel(), QLabel()
        self._title.setProperty("role", "heading")
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.RichText)
        self._text.setAlignment(Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 10, 14, 8)
        layout.setSpacing(3)
        layout.addWidget(self._title)
        layout.addWidget(self._text, 1)

    @property
    def text(self) -> str:
        """The shown text, as HTML."""
        return f"{self._title.text()} {self._text.text()}"

    def show_style(self, style: StyleLike | None, problem: str = "") -> None:
        """Show a style and the reason why it is unusable, if any; None shows nothing."""
        self._title.setText(style.title if style is not None else "")
        self._text.setText(_described(style, problem) if style is not None else "")


def _described(style: StyleLike, problem: str) -> str:
    artist = ", ".join(filter(None, (style.artist, style.year)))
    licence = tr("Licence of this style: {licence}", licence=style.licence) if style.licence else ""
    lines = [escape(line) for line in (artist, style.credit, licence) if line]
    if problem:
        lines.insert(0, f"<span style='color:{colours()['danger']}'>{escape(problem)}</span>")
    parts = "&nbsp;&nbsp; ".join(_part(name, keys) for name, keys in style.regions.items())
    return f"{'<br>'.join(lines)}<p style='margin-top:7px'>{parts}</p>"


def _part(region: str, keys: tuple[str, ...]) -> str:
    """Return a region with the colours and names of its materials, without line breaks in names."""
    known = {material.key: material for material in materials()}
    names = [
        f"<span style='color:{known[key].colour}'>■</span>&nbsp;{_unbroken(tr(known[key].name))}"
        for key in keys
    ]
    # Style packs name their regions in English; in other languages the materials stand alone.
    heading = f"<b>{escape(region)}</b>:&nbsp;" if is_english() else ""
    return f"{heading}{', '.join(names)}"


def _unbroken(name: str) -> str:
    return escape(name).replace(" ", "&nbsp;")
