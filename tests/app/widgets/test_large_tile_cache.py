"""Tile caches of large canvases: little memory, short slices, visible parts first."""

import numpy as np
import pytest
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from app.document.document import Document
from app.document.document_state import DocumentState
from app.document.label_map import LabelMap
from app.document.picture import PictureSnapshot
from app.document.rect import Rect
from app.document.refined import Refined
from app.widgets import tile_cache as surface_module
from app.widgets.tile_cache import TileCache
from app.widgets.tile_pixels import doodle_pixels, lookup_table, shrunk
from app.widgets.viewport import Viewport
from app.widgets.workspace import Workspace
from resources.materials import materials, palette

TABLE = lookup_table(palette())
SIDE = 4800


class Canvas:
    """Large labels, and which of them were asked for."""

    def __init__(self) -> None:
        rng = np.random.default_rng(1)
        self.labels = np.kron(rng.integers(0, 15, (300, 300)), np.ones((16, 16))).astype(np.uint8)
        self.asked: list[Rect] = []
        self.surface = TileCache(SIDE, SIDE, self.read)

    def read(self, rect: Rect, step: int) -> np.ndarray:
        self.asked.append(rect)
        return shrunk(doodle_pixels(self.labels[rect.slices], TABLE), step)

    def settle(self) -> None:
        while self.surface.behind:
            self.surface.catch_up()

    def seen(self, view: Viewport) -> np.ndarray:
        image = QImage(300, 220, QImage.Format.Format_RGB32)
        image.fill(0)
        painter = QPainter(image)
        self.surface.draw(painter, view, 1.0)
        painter.end()
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(220, 300, 4)
        return rows[:, :, 2::-1].copy()


@pytest.fixture
def canvas(qtbot: QtBot) -> Canvas:
    canvas = Canvas()
    canvas.surface.changed(Rect.of_size(SIDE, SIDE))
    canvas.settle()
    return canvas


def expected(canvas: Canvas, left: int, top: int) -> np.ndarray:
    rgb = np.array([material.rgb for material in materials()], np.uint8)
    return rgb[canvas.labels[top : top + 220, left : left + 300]]


def test_at_full_size_every_pixel_is_the_doodles_own(canvas: Canvas) -> None:
    for left, top in ((1000, 2000), (1400, 2000), (0, 0), (SIDE - 300, SIDE - 220)):
        view = Viewport(SIDE, SIDE, 300, 220, 1.0, left + 150, top + 110)
        canvas.seen(view)
        canvas.settle()
        assert (canvas.seen(view) == expected(canvas, left, top)).all()


def test_it_holds_a_fraction_of_the_canvas(canvas: Canvas) -> None:
    canvas.seen(Viewport(SIDE, SIDE, 300, 220, 1.0, 1000, 1000))
    assert canvas.surface.nbytes < SIDE * SIDE


def test_before_it_is_read_a_new_view_shows_the_coarse_picture(
    canvas: Canvas, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surface_module, "SLICE", 0.0)
    view = Viewport(SIDE, SIDE, 300, 220, 1.0, 2150, 2110)
    blurred = canvas.seen(view).astype(int)
    assert canvas.surface.behind
    assert np.abs(blurred - expected(canvas, 2000, 2000)).mean() < 25


def test_panning_reads_only_what_comes_into_sight(canvas: Canvas) -> None:
    canvas.seen(Viewport(SIDE, SIDE, 300, 220, 1.0, 2150, 2110))
    canvas.settle()
    canvas.asked.clear()
    canvas.seen(Viewport(SIDE, SIDE, 300, 220, 1.0, 2150 + 256, 2110))
    canvas.settle()
    assert sum(rect.area for rect in canvas.asked) <= 4 * 256 * 256


def test_what_is_seen_is_read_first_and_a_dab_at_once(
    canvas: Canvas, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surface_module, "SLICE", 0.0)
    view = Viewport(SIDE, SIDE, 300, 220, 1.0, 2150, 2110)
    canvas.seen(view)
    canvas.settle()
    canvas.asked.clear()
    canvas.labels[:] = 3
    canvas.surface.changed(Rect.of_size(SIDE, SIDE))
    assert canvas.surface.behind
    first = canvas.asked[0]
    assert not first.clipped(view.visible()).empty
    dab = Rect(2100, 2050, 2200, 2150)
    canvas.labels[dab.slices] = 5
    canvas.surface.changed(dab)
    assert tuple(canvas.seen(view)[100, 150]) == materials()[5].rgb


def test_borders_of_tiles_do_not_show_when_zoomed_and_turned(canvas: Canvas) -> None:
    canvas.labels[:] = 7
    canvas.surface.changed(Rect.of_size(SIDE, SIDE))
    canvas.settle()
    for scale, angle in ((0.071, 0.0), (0.31, 33.0), (0.77, 0.0), (1.3, 120.0)):
        view = Viewport(SIDE, SIDE, 300, 220, scale, 2400.3, 2399.1, angle)
        canvas.seen(view)
        canvas.settle()
        assert (canvas.seen(view) == materials()[7].rgb).all()


def test_a_refined_picture_reaches_the_screen_in_slices(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surface_module, "SLICE", 0.002)
    document = Document(LabelMap(3000, 3000), "a", 1, 92)
    space = Workspace(document)
    qtbot.addWidget(space)
    space.resize(900, 500)
    space.show()
    qtbot.waitUntil(lambda: not any(surface.behind for surface in space._surfaces))
    pixels = np.full((3000, 3000, 3), 200, np.uint8)
    document.set_draft(Refined(pixels, document.labels.snapshot(), "a", 1))
    assert space._painting_surface.behind  # not all in one go
    qtbot.waitUntil(lambda: not space._painting_surface.behind)
    colour = space.painting.grab().toImage().pixelColor(space.painting.rect().center())
    assert colour.getRgb()[:3] == (200, 200, 200)


def test_document_of_a_large_canvas_takes_what_is_painted_and_no_more() -> None:
    document = Document(LabelMap(8192, 8192), "a", 1, 92)
    document.merge_painting(Rect(0, 0, 512, 512), np.zeros((512, 512, 3), np.uint8))
    assert document.preview_snapshot().nbytes <= 5 * 256 * 256 * 3
    assert document.labels.snapshot().nbytes == 256 * 256


def test_a_new_large_canvas_is_seen_at_once_as_a_sample(qtbot: QtBot) -> None:
    labels = np.zeros((SIDE, SIDE), np.uint8)
    labels[SIDE // 2 :] = 7
    document = Document(LabelMap(300, 300))
    space = Workspace(document)
    qtbot.addWidget(space)
    painting = PictureSnapshot.from_array(np.full((SIDE, SIDE, 3), (9, 99, 199), np.uint8))
    state = DocumentState(LabelMap.from_array(labels).snapshot(), preview=painting)
    document.become(state)
    assert space.behind, "the fine pixels are still to be read"
    colours = palette()
    for surface, upper, lower in (
        (space._doodle_surface, colours[0], colours[7]),
        (space._painting_surface, (9, 99, 199), (9, 99, 199)),
    ):
        pixels = surface._whole[0].pixels
        assert (pixels[: len(pixels) // 2 - 20, :, 2::-1] == upper).all()
        assert (pixels[len(pixels) // 2 + 20 :, :, 2::-1] == lower).all()
