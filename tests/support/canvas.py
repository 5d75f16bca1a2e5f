"""What the canvas holds, and selecting a part of it."""

import numpy as np

from app.document.rect import Rect
from app.document.selection import Selection
from app.window.main_window import MainWindow
from tests.support.fakes import HEIGHT, WIDTH

Array = np.ndarray


def labels_of(window: MainWindow) -> Array:
    return window.session.document.labels.array()


def texts(window: MainWindow) -> list[str]:
    return [step.text for step in window.session.history.steps]


def select(window: MainWindow, box: Rect) -> Array:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[box.slices] = True
    window.session.document.set_selection(Selection.of_mask(mask.copy()))
    return mask
