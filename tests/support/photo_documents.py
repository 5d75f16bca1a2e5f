"""Photos in files, and a window that has finished painting them."""

from pathlib import Path

import numpy as np
from pytestqt.qtbot import QtBot

from app.document.document import Document
from app.services.photo_painter import engine_look
from app.window.main_window import MainWindow
from engine.studio import OverPhoto, mixed
from tests.support.fakes import fake_materials, fake_stylize
from tests.support.file_dialogs import drop, files, picture_file

PHOTO_WIDTH, PHOTO_HEIGHT = 700, 600


def photo_pixels(width: int = PHOTO_WIDTH, height: int = PHOTO_HEIGHT) -> np.ndarray:
    """Something with as many colours as a photo has."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([columns % 256, rows % 256, (rows * columns // 64) % 256], -1).astype(np.uint8)


def photo_file(folder: Path, name: str = "IMG_1.png") -> Path:
    return picture_file(folder / name, photo_pixels())


def take(qtbot: QtBot, window: MainWindow, folder: Path) -> Document:
    """Drop a photo on an empty painting, and wait until it is painted."""
    assert drop(window, files(photo_file(folder)))
    document = window.session.document
    qtbot.waitUntil(lambda: document.photo is not None)
    settle(qtbot, window)
    return document


def settle(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: not window.session.preview.busy)


def expected(document: Document) -> np.ndarray:
    """The whole painting of a photo, without tiles and without anything known from before."""
    photo, style, seed = document.photo, document.style_id, document.seed
    assert photo is not None
    labels = OverPhoto(document.labels.snapshot().array())
    look = engine_look(document.look, style, seed)
    styled = fake_stylize(photo.pixels, look)
    painted = fake_materials(labels, labels.bounds, look)
    styled = mixed(styled, painted, labels.covered(labels.bounds))
    return mixed(styled, photo.pixels, labels.kept(labels.bounds))


def is_painted(document: Document) -> bool:
    return np.array_equal(document.painting, expected(document))


def choose(window: MainWindow, material: int, size: int = 40) -> None:
    window.session.set_options(tool="brush", material=material, size=size)
