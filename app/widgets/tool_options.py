"""The toolbar of tool options above the canvas."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from app.platform.translation import tr
from app.tools import LARGEST_BRUSH, TOOLS, ToolOptions, heeds
from app.widgets.brush_details import BrushDetails
from app.widgets.choice_row import ChoiceRow, icon_button
from app.widgets.fitting_bar import FittingBar
from app.widgets.number_box import NumberBox
from app.widgets.sliders import Scale, ValueSlider
from resources.materials import named

BRUSH_SHAPE_CHOICES = (
    ("round", "tip-round", "A round brush"),
    ("square", "tip-square", "A square brush"),
    ("ragged", "tip-ragged", "A brush with a ragged edge, for foliage, cloud and foam"),
)
FILL_CHOICES = (
    (True, "shape-filled", "Filled"),
    (False, "shape-outlined", "Only the outline, as wide as the brush"),
)
SELECT_CHOICES = (
    ("replace", "select-replace", "Replace the selection"),
    ("add", "select-add", "Add to the selection  (Shift)"),
    ("subtract", "select-subtract", "Subtract from the selection  (Alt)"),
)
AREA_CHOICES = (
    (True, "area-connected", "Fill the connected area"),
    (False, "area-everywhere", "Fill this material everywhere  (Shift)"),
)
COMB_CHOICES = (
    ("comb", "direction", "Comb: strokes run where the pen moves"),
    ("whirl-left", "whirl-left", "Whirl to the left"),
    ("whirl-right", "whirl-right", "Whirl to the right"),
    ("fountain", "fountain", "Fountain: strokes run away from the pen"),
    ("erase", "comb-erase", "Take the directions away  (Alt)"),
)
# Widths of the sliders, and when the bar is narrow.
SIZE_WIDTHS, SMOOTHING_WIDTHS = (110, 70), (80, 50)
ROPE = "Rope: the pointer pulls the brush behind it"
PRESSURE = "Pen pressure changes the size"
FOLLOW = "Follow the pen: brush strokes of the painting run where the pen moved"


class ToolOptionsBar(FittingBar):
    """Shows the options that the tool uses. `changed` carries the changed option and its value.

    In a narrow window it shortens sliders, leaves out captions and leaves out the tool's name.
    `without`: options that are never shown.
    """

    changed = Signal(dict)
    levels = 4

    def __init__(self, parent: QWidget | None = None, without: Sequence[str] = ()) -> None:
        super().__init__(tr("Tool options"), parent)
        self._without = without
        self.setObjectName("options")
        self.setMovable(False)
        self.setIconSize(QSize(20, 20))
        self._parts: dict[str, list[QAction]] = {}
        self._captions: list[QAction] = []
        self._shorten: list[Callable[[bool], None]] = []
        self._options = ToolOptions()
        self._current_tool = CurrentTool()
        self.size_slider = ValueSlider(SIZE_WIDTHS[0], Scale.logarithmic(1, LARGEST_BRUSH))
        self.size_box, self.step_box = NumberBox(1, LARGEST_BRUSH, " px"), NumberBox(1, 256, " px")
        self.smoothing = ValueSlider(SMOOTHING_WIDTHS[0], Scale.even())
        self.rope = icon_button("rope", ROPE)
        self.pressure = icon_button("pressure", PRESSURE)
        self.follow = icon_button("direction", FOLLOW)
        self.strength = ValueSlider(SMOOTHING_WIDTHS[0], Scale.even())
        self.choices = {
            "brush": ChoiceRow(BRUSH_SHAPE_CHOICES), "filled": ChoiceRow(FILL_CHOICES),
            "connected": ChoiceRow(AREA_CHOICES), "select": ChoiceRow(SELECT_CHOICES),
            "comb": ChoiceRow(COMB_CHOICES),
        }  # fmt: skip
        self.details = BrushDetails()
        self._build()
        self._connect()

    def show_options(self, options: ToolOptions) -> None:
        """Show options, without emitting `changed`; hide those that the tool does not use."""
        blocked = self.blockSignals(True)
        self.size_slider.show_value(options.size)
        self.size_box.setValue(options.size)
        self.step_box.setValue(options.step)
        self.smoothing.show_value(options.smoothing)
        self.rope.setChecked(options.rope)
        self.pressure.setChecked(options.pressure)
        self.follow.setChecked(options.follow)
        self.strength.show_value(options.strength)
        for name, choice in self.choices.items():
            choice.show_value(getattr(options, name))
        self.details.show_options(options)
        self._current_tool.show_options(options)
        self._options = options
        self._show_parts()
        self.fit()
        self.blockSignals(blocked)

    def show_level(self, level: int) -> None:
        """Shorten sliders (1), leave out captions (2) and leave out the tool's name (3)."""
        self._show_parts()
        self._current_tool.set_name_shown(level < 3)
        self.size_slider.setFixedWidth(SIZE_WIDTHS[level > 0])
        self.smoothing.setFixedWidth(SMOOTHING_WIDTHS[level > 0])
        self.strength.setFixedWidth(SMOOTHING_WIDTHS[level > 0])
        for shorten in self._shorten:
            shorten(level > 0)

    def add_caption(self, text: str) -> None:
        """Add a caption, which is left out where there is no room."""
        self._captions.append(self.addWidget(caption(text)))

    def add_shortened(self, widget: QWidget, shorten: Callable[[bool], None]) -> None:
        """Add a widget that `shorten(True)` makes shorter, where there is no room."""
        self.addWidget(widget)
        self._shorten.append(shorten)

    def _show_parts(self) -> None:
        for part in self._captions:
            part.setVisible(self.level < 2)
        for name, parts in self._parts.items():
            shown = heeds(self._options, name) and name not in self._without
            for part in parts:
                captioned = self.level < 2 or part not in self._captions
                part.setVisible(shown and captioned)

    def set_background(self, material: int) -> None:
        """Set the background material, which the eraser paints."""
        self._current_tool.set_background(material)

    def _build(self) -> None:
        size_tip = tr("Size of the brush on the canvas  ([ and ])")
        step_tip = tr("Pixels to grow or shrink the selection by  (Ctrl+] and Ctrl+[)")
        self.size_slider.setAccessibleName(tr("Size"))
        self.size_box.setAccessibleName(tr("Size in pixels"))
        self.step_box.setAccessibleName(tr("Grow, shrink by"))
        self.smoothing.setAccessibleName(tr("Smoothing"))
        self.size_box.setFixedWidth(70)
        self.step_box.setFixedWidth(66)
        self.smoothing.setToolTip(tr("Smoothing of brush strokes"))
        self.strength.setAccessibleName(tr("Strength"))
        self.strength.setToolTip(tr("How strongly strokes follow the direction"))
        for widget in (self.size_slider, self.size_box):
            widget.setToolTip(size_tip)
        self.step_box.setToolTip(step_tip)
        self.addWidget(self._current_tool)
        self.addSeparator()
        choices = self.choices
        self._add("select", choices["select"])
        self._add("step", self.step_box, text=tr("Grow, shrink by"))
        self._add("connected", choices["connected"])
        self._add("filled", choices["filled"])
        self._add("comb", choices["comb"])
        self._add("size", self.size_slider, self.size_box, text=tr("Size"))
        self._add("brush", choices["brush"])
        self._add("strength", self.strength, text=tr("Strength"))
        self._add("jitter", self.details)
        self._add("smoothing", self.smoothing, text=tr("Smoothing"))
        self._add("rope", self.rope)
        self._add("pressure", self.pressure)
        self._add("follow", self.follow)

    def _add(self, option: str, *widgets: QWidget, text: str = "") -> None:
        """Add the widgets of an option, after a caption if there is a `text`."""
        if text:
            self.add_caption(text)
        captions = self._captions[-1:] if text else []
        self._parts[option] = [*captions, *(self.addWidget(widget) for widget in widgets)]

    def _connect(self) -> None:
        tell = self.changed.emit
        self.size_slider.chosen.connect(lambda size: tell({"size": round(size)}))
        self.size_box.valueChanged.connect(lambda size: tell({"size": size}))
        self.step_box.valueChanged.connect(lambda step: tell({"step": step}))
        self.smoothing.chosen.connect(lambda smoothing: tell({"smoothing": smoothing}))
        self.rope.toggled.connect(lambda on: tell({"rope": on}))
        self.pressure.toggled.connect(lambda on: tell({"pressure": on}))
        self.follow.toggled.connect(lambda on: tell({"follow": on}))
        self.strength.chosen.connect(lambda strength: tell({"strength": strength}))
        self.details.changed.connect(self.changed)
        for name, choice in self.choices.items():
            choice.chosen.connect(lambda value, name=name: tell({name: value}))


class CurrentTool(QWidget):
    """Shows the current tool, its material, and the previous material (key X)."""

    def __init__(self) -> None:
        super().__init__()
        self._options, self._background = ToolOptions(), 0
        self._chip, self._other, self._text = QLabel(), QLabel(), QLabel()
        self._chip.setFixedSize(26, 20)
        self._other.setFixedSize(12, 12)
        self._text.setFixedWidth(130)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(6, 0, 4, 0)
        layout.setSpacing(5)
        for part in (self._chip, self._other, self._text):
            layout.addWidget(part)

    def show_options(self, options: ToolOptions) -> None:
        """Set the tool options to show."""
        self._options = options
        self._show()

    def set_name_shown(self, shown: bool) -> None:
        """Show or hide the names of tool and material; the material's colour stays."""
        self._text.setVisible(shown)

    def set_background(self, material: int) -> None:
        """Set the background material, which the eraser paints."""
        self._background = material
        self._show()

    def _show(self) -> None:
        tool, other = TOOLS[self._options.tool], named()[self._options.other]
        paints = "material" in tool.uses
        material = named()[self._options.material if paints else self._background]
        has_material = paints or {"background", "size"} <= tool.uses
        _tint(self._chip, material.colour if has_material else "transparent")
        _tint(self._other, other.colour if paints else "transparent")
        self._other.setToolTip(
            tr("Previous material: {material}  (X)", material=tr(other.name)) if paints else ""
        )
        name = tr(tool.name)
        self._text.setText(f"{name}: {tr(material.name)}" if has_material else name)


def _tint(chip: QLabel, shade: str) -> None:
    chip.setStyleSheet(f"background: {shade}; border-radius: {min(4, chip.height() // 3)}px;")


def caption(text: str) -> QLabel:
    """Return a muted label for a control."""
    label = QLabel(text)
    label.setProperty("role", "muted")
    label.setContentsMargins(6, 0, 4, 0)
    return label
