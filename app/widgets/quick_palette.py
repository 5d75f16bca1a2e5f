"""The popup at the pointer with the materials and the size of the brush."""

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QVBoxLayout,
    QWidget,
    QWidgetAction,
)

from app.platform.translation import tr
from app.tools import LARGEST_BRUSH, ToolOptions, heeds
from app.widgets.palette import MaterialButton
from app.widgets.sliders import Scale, ValueSlider
from resources.materials import materials, photo_materials

COLUMNS = 3


class QuickPalette(QMenu):
    """Shows all materials and the brush size. `chosen` carries a material, `resized` a size."""

    chosen = Signal(int)
    resized = Signal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        every = (*materials(), *photo_materials())
        self._buttons = {material.id: MaterialButton(material) for material in every}
        self.size_slider = ValueSlider(280, Scale.logarithmic(1, LARGEST_BRUSH))
        self._size, self._size_row = QLabel(), QWidget()
        holder = QWidgetAction(self)
        holder.setDefaultWidget(self._panel())
        self.addAction(holder)
        self._group.idClicked.connect(self._choose)
        self.size_slider.chosen.connect(self._resize)

    def button(self, material: int) -> MaterialButton:
        """Return the button of a material."""
        return self._buttons[material]

    def show_at(self, spot: QPoint, options: ToolOptions, photo: bool) -> None:
        """Open at a point of the screen. `photo`: whether to show the materials for photos."""
        self._buttons[options.material].setChecked(True)
        for material in photo_materials():
            self._buttons[material.id].setVisible(photo)
        self._size_row.setVisible(heeds(options, "size"))
        self.size_slider.show_value(options.size)
        self._size.setText(f"{options.size} px")
        self.popup(spot)

    def _choose(self, material: int) -> None:
        self.close()
        self.chosen.emit(material)

    def _resize(self, size: float) -> None:
        self._size.setText(f"{round(size)} px")
        self.resized.emit(round(size))

    def _panel(self) -> QWidget:
        panel, grid, row = QWidget(), QGridLayout(), QHBoxLayout(self._size_row)
        for index, button in enumerate(self._buttons.values()):
            button.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
            button.setToolTip("")  # it names a right click that this popup does not have
            self._group.addButton(button, button.material.id)
            grid.addWidget(button, index // COLUMNS, index % COLUMNS)
        grid.setSpacing(1)
        self.size_slider.setAccessibleName(tr("Size"))
        self._size.setMinimumWidth(64)
        for widget in (QLabel(tr("Size")), self.size_slider, self._size):
            row.addWidget(widget)
        layout = QVBoxLayout(panel)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addLayout(grid)
        layout.addWidget(self._size_row)
        return panel
