"""The palette of materials."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import QBrush, QColor, QKeySequence, QPainter, QPaintEvent, QPen, QShortcut
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QMenu,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.platform.theme import colour, pixmap
from app.platform.translation import tr
from app.widgets.material_labels import draw_letter
from resources.materials import AVOID, KEEP, PHOTO, Material, materials, photo_materials

ROW_HEIGHT = 31
CHIP = 21
SIGN = 14
VEIL = 110
STRIPES = (120, 116, 104)


PHOTO_KEYS = {PHOTO: "Shift+9", KEEP: "Shift+0"}
STRIPED = (KEEP, AVOID)


def shortcut_of(index: int) -> str:
    """Return the key that chooses the material with this id: 1 to 9, 0, then with Shift."""
    if index in PHOTO_KEYS:
        return PHOTO_KEYS[index]
    if index == AVOID:
        return PHOTO_KEYS[KEEP]
    digit = str((index + 1) % 10)
    return digit if index < 10 else f"Shift+{digit}"


@dataclass(frozen=True)
class Hint:
    """What the palette tells about a material, in the user's language.

    `short`: what paints it, beside its name; empty for a region of that name. `sentence`: the same
    in full. `chosen`: the user has chosen it. `warning`: why it cannot be told from a neighbour, in
    a sentence; else empty.
    """

    short: str = ""
    sentence: str = ""
    chosen: bool = False
    warning: str = ""


NO_HINT = Hint()


class MaterialButton(QAbstractButton):
    """A row of the palette: colour, name and key, and what paints the material.

    `has_menu`: whether the tooltip names the right click.
    """

    def __init__(self, material: Material, has_menu: bool = True) -> None:
        super().__init__()
        self.material = material
        self._has_menu = has_menu
        self.key = shortcut_of(material.id)
        self._hint = NO_HINT
        self._is_background = False
        self._lettered = False
        self.setText(tr(material.name))
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.set_hint(NO_HINT)

    def set_background(self, background: bool) -> None:
        """Mark or unmark the material as the background."""
        self._is_background = background
        self._describe()

    def set_hint(self, hint: Hint) -> None:
        """Show what paints the material."""
        self._hint = hint
        tip = f"{tr(self.material.name)}  ({self.key})"
        chosen = tr("You have chosen this for the document.") if hint.chosen else ""
        more = tr("Right-click for the background and what paints it.") if self._has_menu else ""
        lines = (tip, hint.sentence, chosen, hint.warning, more)
        self.setToolTip("\n".join(line for line in lines if line))
        self._describe()

    def _describe(self) -> None:
        """Update the description for screen readers."""
        background = tr("Background") if self._is_background else ""
        words = self._hint.short, background, self._hint.warning
        self.setAccessibleDescription(", ".join(word for word in words if word))
        self.update()

    @property
    def hint(self) -> Hint:
        """What is told about the material."""
        return self._hint

    def set_lettered(self, lettered: bool) -> None:
        """Show or hide the material's letter on its swatch."""
        self._lettered = lettered
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(196, ROW_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_background(painter)
        self._draw_chip(painter)
        self._draw_text(painter)

    def _draw_background(self, painter: QPainter) -> None:
        area = QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5)
        if self.isChecked():
            painter.setPen(QPen(colour("accent"), 1.2))
            painter.setBrush(colour("accent-dim"))
        elif self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour("hover"))
        elif not self.hasFocus():
            return
        if self.hasFocus():
            painter.setPen(QPen(colour("text"), 1.2))
        painter.drawRoundedRect(area, 5, 5)

    def _draw_chip(self, painter: QPainter) -> None:
        top = (self.height() - CHIP) / 2
        painter.setPen(QPen(QColor(255, 255, 255, 45), 1))
        painter.setBrush(QColor(*self.material.rgb))
        chip = QRectF(7.5, top, CHIP + 5, CHIP)
        painter.drawRoundedRect(chip, 4, 4)
        if self.material.id in STRIPED:
            painter.setBrush(QBrush(QColor(*STRIPES), Qt.BrushStyle.BDiagPattern))
            painter.drawRoundedRect(chip, 4, 4)
        if self._is_background:
            eraser = pixmap("eraser", 16, self.devicePixelRatioF())
            painter.setPen(Qt.PenStyle.NoPen)
            veil = colour("spot")
            veil.setAlpha(VEIL)
            painter.setBrush(veil)
            painter.drawRoundedRect(chip, 4, 4)
            painter.drawPixmap(QPointF(chip.center().x() - 8, chip.center().y() - 8), eraser)
        elif self._lettered:
            draw_letter(painter, chip.center(), self.material.letter)

    def _draw_text(self, painter: QPainter) -> None:
        area = self.rect().adjusted(43, 0, -9, 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(colour("text"))
        painter.drawText(area, middle | Qt.AlignmentFlag.AlignLeft, self.text())
        small = painter.font()
        small.setPointSizeF(max(6.5, small.pointSizeF() - 1.5))
        name_width = painter.fontMetrics().horizontalAdvance(self.text())
        painter.setFont(small)
        painter.setPen(colour("muted"))
        key = self.key.replace("Shift+", "⇧")
        painter.drawText(area, middle | Qt.AlignmentFlag.AlignRight, key)
        rest = area.adjusted(name_width + 7, 0, -22, 0)
        if self._hint.warning:
            sign = pixmap("warning", SIGN, self.devicePixelRatioF())
            top = round((self.height() - SIGN) / 2)
            painter.drawPixmap(rest.right() - SIGN + 1, top, sign)
            rest.adjust(0, 0, -SIGN - 4, 0)
        if self._hint.chosen:
            painter.setPen(colour("accent"))
        elide = Qt.TextElideMode.ElideRight
        words = painter.fontMetrics().elidedText(self._hint.short, elide, rest.width())
        painter.drawText(rest, middle | Qt.AlignmentFlag.AlignLeft, words)


class Palette(QScrollArea):
    """All materials. The signals carry a material's id.

    `chosen`: it was clicked. From the menu of a right click: `background_chosen`; `painter_asked`:
    the user wants to choose what paints it; `painter_reset`: no longer. `marks`: what the style
    studio marks besides materials; then rows have no menu.
    """

    chosen = Signal(int)
    background_chosen = Signal(int)
    painter_asked = Signal(int)
    painter_reset = Signal(int)

    def __init__(self, parent: QWidget | None = None, marks: Sequence[Material] = ()) -> None:
        super().__init__(parent)
        self._has_menus = not marks
        self.setObjectName("palette")
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._group = QButtonGroup(self)
        self._problem = ""
        every = (*(marks or photo_materials()), *materials())
        self._buttons = {each.id: MaterialButton(each, self._has_menus) for each in every}
        self.setWidget(self._list())
        self._group.idClicked.connect(self.chosen)
        for button in self._buttons.values():
            shortcut = QShortcut(QKeySequence(button.key), self)
            shortcut.activated.connect(button.click)
        if not marks:
            self.set_photo(False)

    def button(self, material: int) -> MaterialButton:
        """Return the row of a material."""
        return self._buttons[material]

    def set_material(self, material: int) -> None:
        """Show a material as the chosen one."""
        self._buttons[material].setChecked(True)
        # Tab focuses the chosen material; the arrow keys move from there.
        for button in self._buttons.values():
            chosen = button.isChecked()
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus if chosen else Qt.FocusPolicy.NoFocus)

    def set_photo(self, there: bool) -> None:
        """Show or hide the materials for photos."""
        for material in photo_materials():
            self._buttons[material.id].setVisible(there)
            self._buttons[material.id].setEnabled(there)

    def set_background(self, material: int) -> None:
        """Mark the background material."""
        for button in self._buttons.values():
            button.set_background(button.material.id == material)

    def set_letters(self, lettered: bool) -> None:
        """Show or hide the letters on the swatches."""
        for button in self._buttons.values():
            button.set_lettered(lettered)

    def set_hints(self, hints: Mapping[int, Hint], problem: str = "") -> None:
        """Show what paints the materials, by id. `problem`: why that cannot be chosen."""
        self._problem = problem
        for material, button in self._buttons.items():
            button.set_hint(hints.get(material, NO_HINT))

    def menu_of(self, material: int) -> QMenu:
        """Return the menu of a material's row."""
        menu, button = QMenu(self), self._buttons[material]
        menu.setToolTipsVisible(True)
        entries = [(tr("Use as &background"), self.background_chosen, True, "")]
        if material not in PHOTO_KEYS:
            able, why = not self._problem, self._problem
            reset = able and button.hint.chosen
            entries += [
                (tr("&Paint it as..."), self.painter_asked, able, why),
                (tr("Paint it as the &style does"), self.painter_reset, reset, ""),
            ]
        for text, signal, enabled, why in entries:
            action = menu.addAction(text)
            action.triggered.connect(partial(self._emit, signal, material))
            action.setEnabled(enabled)
            action.setToolTip(why)
        return menu

    @staticmethod
    def _emit(signal: SignalInstance, material: int, _checked: bool = False) -> None:
        signal.emit(material)

    def _show_menu(self, material: int, spot: QPoint) -> None:
        menu = self.menu_of(material)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self._buttons[material].mapToGlobal(spot))

    def _list(self) -> QWidget:
        rows = QWidget()
        layout = QVBoxLayout(rows)
        layout.setContentsMargins(6, 2, 6, 6)
        layout.setSpacing(1)
        for button in self._buttons.values():
            self._group.addButton(button, button.material.id)
            policies = Qt.ContextMenuPolicy
            button.setContextMenuPolicy(
                policies.CustomContextMenu if self._has_menus else policies.NoContextMenu
            )
            button.customContextMenuRequested.connect(
                lambda spot, material=button.material.id: self._show_menu(material, spot)
            )
            layout.addWidget(button)
        layout.addStretch(1)
        return rows
