"""Selecting rectangles, changing selections and moving the selected part."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from app.window.main_window import MainWindow
from tests.support.fakes import HEIGHT, WIDTH, starter_labels
from tests.support.hand import click, drag, move, press, release
from tests.support.tools import KEYS, choose, key, labels_of, steps


def selection_mask(window: MainWindow) -> np.ndarray:
    selection = window.session.document.selection
    return np.zeros((HEIGHT, WIDTH), bool) if selection is None else selection.mask


def test_a_rectangle_selects_adds_and_subtracts(window: MainWindow) -> None:
    canvas = window.workspace.canvas
    choose(window, "marquee")
    drag(canvas, [(20, 20), (60, 60)])
    assert selection_mask(window).sum() == 40 * 40
    drag(canvas, [(100, 20), (120, 60)], KEYS.ShiftModifier)
    assert selection_mask(window).sum() == 40 * 60
    drag(canvas, [(20, 20), (40, 60)], KEYS.AltModifier)
    assert selection_mask(window).sum() == 40 * 40
    assert not selection_mask(window)[20:60, 20:40].any()
    window.options_bar.choices["select"].button("add").click()
    drag(canvas, [(20, 20), (40, 60)])
    assert selection_mask(window).sum() == 40 * 60
    click(canvas, (200, 150))
    assert selection_mask(window).any()  # a click adds nothing, and loses nothing
    window.options_bar.choices["select"].button("replace").click()
    click(canvas, (200, 150))
    assert not selection_mask(window).any()
    assert not window.session.history.can_undo
    assert window.session.options.material == 4


def test_shift_after_the_press_makes_the_selection_square(window: MainWindow) -> None:
    canvas = window.workspace.canvas
    choose(window, "marquee")
    press(canvas, (20, 20))
    move(canvas, (60, 40), KEYS.ShiftModifier)
    release(canvas, (60, 40), KEYS.ShiftModifier)
    assert selection_mask(window).sum() == 40 * 40


def test_the_selection_grows_and_shrinks(window: MainWindow) -> None:
    choose(window, "marquee", step=5)
    drag(window.workspace.canvas, [(40, 40), (100, 80)])
    size = selection_mask(window).sum()
    key(window, Qt.Key.Key_BracketLeft, KEYS.ControlModifier)
    assert selection_mask(window).sum() == 50 * 30
    window.options_bar.step_box.setValue(10)
    key(window, Qt.Key.Key_BracketRight, KEYS.ControlModifier)
    assert selection_mask(window).sum() > size
    for _ in range(6):
        window.actions_by_id["select.shrink"].trigger()
    assert window.session.document.selection is None
    assert not window.actions_by_id["select.shrink"].isEnabled()


@pytest.mark.parametrize("way", ["tool", "ctrl"])
def test_moving_the_selection(window: MainWindow, way: str) -> None:
    canvas, session = window.workspace.canvas, window.session
    choose(window, "marquee")
    drag(canvas, [(175, 15), (215, 55)])  # the moon
    mask = selection_mask(window).copy()
    choose(window, "move" if way == "tool" else "brush")
    keys = KEYS.NoModifier if way == "tool" else KEYS.ControlModifier
    drag(canvas, [(190, 30), (150, 40), (90, 50)], keys)
    after, start = labels_of(window), starter_labels()
    assert (after[40:70, 80:110] == 2).all()
    assert not after[20:50, 180:210].any()
    assert (selection_mask(window) == np.roll(mask, (20, -100), (0, 1))).all()
    assert steps(window) == 1
    session.undo()
    assert (labels_of(window) == start).all()
    assert (selection_mask(window) == mask).all()
    session.redo()
    assert (labels_of(window) == after).all()
    assert (selection_mask(window) == np.roll(mask, (20, -100), (0, 1))).all()


def test_copies(window: MainWindow) -> None:
    canvas = window.workspace.canvas
    choose(window, "marquee")
    drag(canvas, [(180, 20), (210, 50)])
    drag(canvas, [(190, 30), (90, 30)], KEYS.ControlModifier | KEYS.AltModifier)
    assert (labels_of(window) == 2).sum() == 2 * 30 * 30
    key(window, Qt.Key.Key_J, KEYS.ControlModifier)
    assert window.session.history.undo_text == "Duplicate"
    assert (labels_of(window) == 2).sum() == 3 * 30 * 30 - 25 * 25
    assert steps(window) == 2


def test_moving_without_a_selection_moves_everything(window: MainWindow) -> None:
    choose(window, "move")
    drag(window.workspace.canvas, [(50, 50), (60, 45)])
    expected = np.zeros((HEIGHT, WIDTH), np.uint8)
    expected[:-5, 10:] = starter_labels()[5:, :-10]
    assert (labels_of(window) == expected).all()
