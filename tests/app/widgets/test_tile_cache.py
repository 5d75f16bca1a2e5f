import numpy as np
import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from app.document.rect import Rect
from app.widgets.tile_cache import TileCache
from app.widgets.tile_pixels import doodle_pixels, lookup_table, painting_pixels, shrunk
from app.widgets.viewport import Viewport
from resources.materials import materials, palette


def picture(rgb: np.ndarray) -> TileCache:
    """A surface that reads this array, which may be written to."""
    height, width = rgb.shape[:2]
    surface = TileCache(
        width, height, lambda rect, step: shrunk(painting_pixels(rgb[rect.slices]), step)
    )
    surface.changed(Rect.of_size(width, height))
    while surface.behind:
        surface.catch_up()
    return surface


def noise(height: int, width: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)


def drawn(surface: TileCache, view: Viewport, onto: QImage, clip: QRect | None = None) -> QImage:
    painter = QPainter(onto)
    if clip is not None:
        painter.setClipRect(clip)
    surface.draw(painter, view, 1.0)
    painter.end()
    return onto


def empty() -> QImage:
    image = QImage(300, 220, QImage.Format.Format_RGB32)
    image.fill(0)
    return image


def array(image: QImage) -> np.ndarray:
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    return rows[:, :, 2::-1].copy()


def test_colours_arrive_as_they_are(qtbot: QtBot) -> None:
    rgb = noise(40, 60, 1)
    image = drawn(picture(rgb), Viewport(60, 40, 300, 220, 1.0, 30, 20), empty())
    assert (array(image)[90:130, 120:180] == rgb).all()


def test_doodle_pixels_are_the_palette() -> None:
    labels = np.arange(15, dtype=np.uint8).reshape(3, 5)
    pixels = doodle_pixels(labels, lookup_table(palette()))
    assert [tuple(pixel[2::-1]) for row in pixels for pixel in row] == [
        material.rgb for material in materials()
    ]


@pytest.mark.parametrize("scale", [0.07, 0.31, 0.54, 0.8, 1.0, 1.7, 3.3, 9.0])
def test_repainting_a_part_equals_repainting_all(qtbot: QtBot, scale: float) -> None:
    """Live patches must leave no seam at any zoom."""
    rgb = noise(333, 517, 2)
    surface = picture(rgb)
    view = Viewport(517, 333, 300, 220, scale, 250.3, 160.7)
    part = Rect(230, 141, 277, 190)
    image = drawn(surface, view, empty())
    rgb[part.slices] = noise(part.height, part.width, 3)
    surface.changed(part)
    box = view.box_to_widget(part)
    partial = drawn(surface, view, image, QRect(box.left, box.top, box.width, box.height))
    whole = array(drawn(picture(rgb), view, empty()))
    # Qt's fixed-point steps start at the clip: one grey level of 255 may differ, a shift may not.
    assert np.abs(array(partial).astype(int) - whole).max() <= 1
