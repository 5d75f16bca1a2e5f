"""The form of the style studio: title, credit and how the style's strokes paint."""

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QLineEdit, QWidget

from app.platform.translation import tr
from app.widgets.sliders import Scale, ValueSlider
from resources.style_details import StyleDetails

FIELDS = {
    "title": "Title", "artist": "Artist", "year": "Year", "credit": "Credit",
}  # fmt: skip
LICENCES = ("unknown", "public domain", "CC0", "CC BY 4.0", "CC BY-SA 4.0", "my own work")
SLIDERS = {
    "stroke_size": ("Stroke size", "Size of the brush strokes compared with other styles"),
    "variety": ("Variety", "How rarely strokes copy the same place of the picture again"),
    "strictness": ("Strictness", "How strictly strokes stay in the region of their material"),
}
WIDTH = 150
QWIDGETSIZE_MAX = 2**24 - 1


class StyleForm(QWidget):
    """Edits StyleDetails. `changed` carries the new ones."""

    changed = Signal(object)

    def __init__(self, details: StyleDetails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._details = details
        self.lines = {name: QLineEdit(getattr(details, name)) for name in FIELDS}
        self.licence = QComboBox()
        self.sliders = {
            "stroke_size": ValueSlider(WIDTH, Scale.around_one(0.5, 2.0)),
            "variety": ValueSlider(WIDTH, Scale.even()),
            "strictness": ValueSlider(WIDTH, Scale.even()),
        }
        self._lay_out()
        for name, line in self.lines.items():
            line.textEdited.connect(lambda text, name=name: self._change(name, text))
        self.licence.editTextChanged.connect(lambda text: self._change("licence", text))
        for name, slider in self.sliders.items():
            slider.chosen.connect(lambda value, name=name: self._change(name, value))

    def _lay_out(self) -> None:
        form = QFormLayout(self)
        form.setContentsMargins(12, 8, 12, 8)
        form.setHorizontalSpacing(10)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        form.setVerticalSpacing(5)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for name, text in FIELDS.items():
            self.lines[name].setAccessibleName(tr(text))
            self.lines[name].setCursorPosition(0)
            form.addRow(_caption(tr(text)), self.lines[name])
        self.licence.setEditable(True)
        self.licence.setAccessibleName(tr("Licence"))
        self.licence.addItems([tr(each) for each in LICENCES])
        self.licence.setEditText(self._details.licence)
        form.addRow(_caption(tr("Licence")), self.licence)
        for name, (text, tip) in SLIDERS.items():
            slider = self.sliders[name]
            slider.setAccessibleName(tr(text))
            slider.setToolTip(tr(tip))
            slider.setMaximumWidth(QWIDGETSIZE_MAX)
            slider.show_value(getattr(self._details, name))
            form.addRow(_caption(tr(text)), slider)

    def _change(self, name: str, value: object) -> None:
        self._details = replace(self._details, **{name: value})  # type: ignore[arg-type]
        self.changed.emit(self._details)


def _caption(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "muted")
    label.setMinimumHeight(22)
    return label
