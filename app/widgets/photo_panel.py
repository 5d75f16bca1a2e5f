"""The Photo panel: strength, strokes, colours and a second style."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QLabel,
    QStyledItemDelegate,
    QVBoxLayout,
    QWidget,
)

from app.document.photo import COLOURS, PAINTED_BY, PhotoLook
from app.platform.translation import tr
from app.widgets.sliders import Scale, StrokeSlider, ValueSlider
from app.widgets.style_model import StyleLike

WIDTH = 200
# Initial blend of a second style, so that choosing one has a visible effect.
FIRST_BLEND = 0.5
BY_WORDS = {"strokes": "Brush strokes", "network": "Network only"}
OF_STROKES = ("detail", "freedom", "shapes")
SLIDERS = ("strength", "stroke", *OF_STROKES, "blend")
COLOUR_WORDS = {
    "style": "From the style", "luminance": "From the photo", "statistics": "Matched to the photo",
}  # fmt: skip


class PhotoPanel(QWidget):
    """Controls of the photo look. `changed` carries the changed values by name.

    `settled` is emitted when a slider is released, or after a choice.
    """

    changed = Signal(dict)
    settled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("photoPanel")
        self.strength = ValueSlider(WIDTH, Scale.even())
        self.blend = ValueSlider(WIDTH, Scale.even())
        self.stroke = StrokeSlider(WIDTH)
        self.detail, self.freedom, self.shapes = (
            ValueSlider(WIDTH, Scale.even()) for _ in OF_STROKES
        )
        self.by, self.second, self.colours = QComboBox(), QComboBox(), QComboBox()
        self._figures: dict[str, QLabel] = {}
        self._styles: Sequence[StyleLike] = ()
        self._learnt: frozenset[str] | None = None
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(12, 10, 12, 12)
        self.setFixedWidth(WIDTH + 24)
        self._rows.setSpacing(10)
        self._add_choice(
            tr("Paint with"), self.by,
            tr("Brush strokes copied from the style's painting, or the network"),
        )  # fmt: skip
        self._add_slider(
            "strength", tr("Strength"), self.strength,
            tr("How strongly the style changes the photo"),
        )  # fmt: skip
        self._add_slider("stroke", tr("Stroke size"), self.stroke, tr("Size of the brush strokes"))
        self._add_slider(
            "detail", tr("Detail"), self.detail, tr("How much of the photo's detail strokes keep")
        )
        self._add_slider(
            "freedom", tr("Freedom"), self.freedom, tr("How far strokes may depart from the photo")
        )
        self._add_slider(
            "shapes", tr("Follow shapes"), self.shapes,
            tr("How closely strokes run along the photo's shapes"),
        )  # fmt: skip
        self._add_choice(tr("Colours"), self.colours, tr("Colours of the painting"))
        self._add_choice(tr("Second style"), self.second, tr("Style to blend with the first one"))
        self._add_slider("blend", tr("Blend"), self.blend, tr("Share of the second style"))
        self._rows.addStretch(1)
        for by in PAINTED_BY:
            self.by.addItem(tr(BY_WORDS[by]), by)
        for colours in COLOURS:
            self.colours.addItem(tr(COLOUR_WORDS[colours]), colours)
        self.set_styles(())
        self._connect()

    def set_styles(self, styles: Sequence[StyleLike]) -> None:
        """Set the styles to choose the second style from."""
        self._styles = styles
        self._fill_second()

    def set_learnt(self, ids: Sequence[str]) -> None:
        """Set the ids of the styles that photos can be painted in; only these are offered."""
        self._learnt = frozenset(ids)
        self._fill_second()

    def show_look(self, look: PhotoLook) -> None:
        """Show a photo look, without emitting `changed`."""
        for name in SLIDERS:
            slider: ValueSlider = getattr(self, name)
            if not slider.isSliderDown():
                slider.show_value(getattr(look, name))
            self._figures[name].setText(_figure(name, getattr(look, name)))
        self.second.setCurrentIndex(max(0, self.second.findData(look.second)))
        self.colours.setCurrentIndex(self.colours.findData(look.colours))
        self.by.setCurrentIndex(self.by.findData(look.by))
        for name in OF_STROKES:
            getattr(self, name).setEnabled(look.by == "strokes")
        self.blend.setEnabled(look.second is not None)

    def _add_slider(self, key: str, name: str, slider: ValueSlider, tip: str) -> None:
        figure = self._figures[key] = QLabel()
        figure.setProperty("role", "muted")
        figure.setAlignment(Qt.AlignmentFlag.AlignRight)
        slider.setAccessibleName(name)
        slider.setToolTip(tip)
        grid = QGridLayout()
        grid.setVerticalSpacing(3)
        grid.addWidget(QLabel(name), 0, 0)
        grid.addWidget(figure, 0, 1)
        grid.addWidget(slider, 1, 0, 1, 2)
        self._rows.addLayout(grid)

    def _add_choice(self, name: str, box: QComboBox, tip: str) -> None:
        # A combo box's own delegate ignores the style sheet.
        box.setItemDelegate(QStyledItemDelegate(box))
        box.setFixedWidth(WIDTH)
        box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        box.setAccessibleName(name)
        box.setToolTip(tip)
        column = QVBoxLayout()
        column.setSpacing(3)
        column.addWidget(QLabel(name))
        column.addWidget(box)
        self._rows.addLayout(column)

    def _connect(self) -> None:
        for name in SLIDERS:
            slider: ValueSlider = getattr(self, name)
            slider.chosen.connect(
                lambda value, name=name: self.changed.emit({name: round(value, 3)})
            )
            slider.sliderReleased.connect(self.settled)
        self.by.activated.connect(lambda _: self._choose({"by": self.by.currentData()}))
        self.colours.activated.connect(
            lambda _: self._choose({"colours": self.colours.currentData()})
        )
        self.second.activated.connect(lambda _: self._choose_second(self.second.currentData()))

    def _fill_second(self) -> None:
        chosen, learnt = self.second.currentData(), self._learnt
        self.second.clear()
        self.second.addItem(tr("None"), None)
        for style in self._styles:
            if style.problem is None and (learnt is None or style.id in learnt):
                self.second.addItem(style.title, style.id)
        self.second.setCurrentIndex(max(0, self.second.findData(chosen)))

    def _choose(self, changes: dict[str, object]) -> None:
        self.changed.emit(changes)
        self.settled.emit()

    def _choose_second(self, style_id: str | None) -> None:
        blend = self.blend.value() / self.blend.maximum()
        share = (blend or FIRST_BLEND) if style_id is not None else 0.0
        self._choose({"second": style_id, "blend": share})


def _figure(name: str, value: float) -> str:
    return f"{value:.1f}×" if name == "stroke" else f"{value * 100:.0f} %"
