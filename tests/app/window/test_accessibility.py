"""Every control can be reached with the keyboard and is named for screen readers."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QScrollBar,
    QToolButton,
    QWidget,
)

from app.widgets.new_canvas_dialog import NewCanvasDialog, Template
from app.widgets.picture_view import PictureView
from app.window.main_window import MainWindow

KINDS = (
    QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QAbstractItemView,
    QPlainTextEdit, PictureView,
)  # fmt: skip


def controls(root: QWidget) -> Iterator[QWidget]:
    """What a person can act on; not the parts that Qt builds its own controls of."""
    for widget in root.findChildren(QWidget):
        inner = isinstance(widget.parent(), QLineEdit | QAbstractSpinBox | QComboBox)
        popup = isinstance(widget.window(), QMenu) or widget.window() is not root.window()
        own = widget.objectName().startswith("qt_") or isinstance(widget, QScrollBar | QHeaderView)
        if isinstance(widget, KINDS) and not (inner or own or popup):
            yield widget


def name_of(widget: QWidget) -> str:
    """What a screen reader says."""
    if widget.accessibleName():
        return widget.accessibleName()
    labels = widget.window().findChildren(QLabel)
    buddies = [label.text() for label in labels if label.buddy() is widget]
    text = widget.text() if isinstance(widget, QAbstractButton) else ""
    return text or "".join(buddies)


def in_menus(window: MainWindow) -> set[QAction]:
    menus = window.menuBar().findChildren(QMenu)
    return {action for menu in menus for action in menu.actions()}


def reachable(widget: QWidget, by_menu: set[QAction]) -> bool:
    if widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
        return True
    if isinstance(widget, QAbstractButton) and widget.group() is not None:
        # The arrow keys go from the one that is reached to the others.
        others = widget.group().buttons()
        return any(other.focusPolicy() & Qt.FocusPolicy.TabFocus for other in others)
    return isinstance(widget, QToolButton) and widget.defaultAction() in by_menu


def test_every_control_of_the_window(window: MainWindow) -> None:
    found, by_menu = list(controls(window)), in_menus(window)
    assert len(found) > 50
    for widget in found:
        assert name_of(widget), f"{widget} has no name for screen readers"
        assert reachable(widget, by_menu), f"{name_of(widget)} cannot be reached by keyboard"


@pytest.mark.parametrize("action", ["preferences", "shortcuts", "log", "about"])
def test_every_control_of_the_dialogs(window: MainWindow, action: str) -> None:
    window.actions_by_id[action].trigger()
    found = list(controls(window.preferences_controller._open[action]))
    assert found
    for widget in found:
        assert name_of(widget), f"{widget} has no name for screen readers"
        assert reachable(widget, set()), f"{name_of(widget)} cannot be reached by keyboard"


@pytest.mark.parametrize("action", ["variations", "styles.all"])
def test_every_control_of_the_variations(window: MainWindow, action: str) -> None:
    window.actions_by_id[action].trigger()
    dialog = window.variations_controller.dialog
    assert dialog is not None
    for widget in controls(dialog):
        assert name_of(widget), f"{widget} has no name for screen readers"
        assert reachable(widget, set()), f"{name_of(widget)} cannot be reached by keyboard"


def test_every_control_of_the_new_canvas_dialog(window: MainWindow) -> None:
    dialog = NewCanvasDialog(300, 200, [Template("Plain sky")], window)
    for widget in controls(dialog):
        assert name_of(widget), f"{widget} has no name for screen readers"
        assert reachable(widget, set()), f"{name_of(widget)} cannot be reached by keyboard"


def test_every_action_with_a_sign_only_is_named(window: MainWindow) -> None:
    for action in window.actions():
        assert action.text() or not action.isVisible()


def test_the_keyboard_begins_on_the_canvas_and_comes_around(window: MainWindow) -> None:
    window.resize(1900, 800)  # or some of the bar is behind a button
    window.activateWindow()
    assert window.focusWidget() is window.workspace.canvas
    seen: list[QWidget] = []
    while window.focusWidget() not in seen:
        seen.append(window.focusWidget())
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
    assert {window.workspace.canvas, window.seed_box, window.style_button} <= set(seen)
    assert window.palette_panel.button(4) in seen  # the chosen one stands for them all


def test_materials_are_chosen_with_the_arrow_keys(window: MainWindow) -> None:
    window.activateWindow()
    tree = window.palette_panel.button(4)
    tree.setFocus()
    QTest.keyClick(tree, Qt.Key.Key_Down)
    assert window.session.options.material == 5
    assert QApplication.focusWidget() is window.palette_panel.button(5)
