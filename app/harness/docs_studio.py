"""Take the guide's pictures of the style studio: a painting marked by clicks and scribbles."""

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image

from app.harness.demo import save_film
from app.harness.docs_camera import Camera
from app.harness.headless import HeadlessWindow
from engine.studio import open_image

from PySide6.QtCore import QEvent, QPointF, Qt  # isort: skip
from PySide6.QtGui import QMouseEvent  # isort: skip
from PySide6.QtWidgets import QApplication  # isort: skip

from app.window.studio_window import StudioWindow
from resources.materials import materials

Point = tuple[float, float]

PAINTING = Path("styles/sainte-adresse/painting.webp")
IDS = {material.key: material.id for material in materials()}
SIZE = (1280, 760)

MARKS: Sequence[tuple[str, Sequence[Point]]] = (
    ("sky", ((0.1, 0.1), (0.5, 0.16), (0.9, 0.08))),
    ("water", ((0.03, 0.59), (0.12, 0.58), (0.22, 0.57))),
    ("ground", ((0.3, 0.93), (0.5, 0.88), (0.75, 0.84))),
    ("boat", ((0.14, 0.66), (0.28, 0.69), (0.44, 0.62))),
    ("mountain", ((0.28, 0.47), (0.4, 0.46), (0.52, 0.44))),
    ("grass", ((0.8, 0.5), (0.88, 0.45), (0.95, 0.4))),
)
"""Scribbles on the painting: a material, and points as shares of width and height."""


FILM_WIDTH = 800
"""Width of the film's frames in pixels."""

HELD = 16
"""Frames for which the film rests after every scribble."""


def studio(camera: Camera) -> None:
    """Show the areas that are proposed, and the painting with a scribble on each material."""
    with HeadlessWindow(1024, 768, "starry-night", 3, strokes=True) as stage:
        QApplication.setCursorFlashTime(0)
        window = opened(stage, PAINTING)
        camera.take("studio-areas", stage.screenshot(window.view))
        for key, points in MARKS:
            mark(stage, window, IDS[key], points)
        session = window.session
        stage.wait_until(lambda: session.classified, "the map")
        stage.wait_until(lambda: not session.trial.busy, "the doodle")
        QApplication.sendEvent(window.view.canvas, QEvent(QEvent.Type.Leave))
        stage.wait(200)
        camera.take("studio", stage.screenshot(window))


def studio_film(camera: Camera) -> None:
    """Show how a style is made, scribble by scribble."""
    frames: list[Image.Image] = []
    with HeadlessWindow(1024, 768, "starry-night", 3, strokes=True) as stage:
        QApplication.setCursorFlashTime(0)
        window = opened(stage, PAINTING)
        session = window.session

        def shoot() -> None:
            seen = Image.fromarray(stage.screenshot(window))
            size = FILM_WIDTH, round(seen.height * FILM_WIDTH / seen.width)
            frames.append(seen.resize(size, Image.Resampling.LANCZOS))

        shoot()
        frames *= HELD
        for key, points in MARKS:
            mark(stage, window, IDS[key], points, between=shoot)
            stage.wait_until(lambda: session.classified, "the map")
            stage.wait_until(lambda: not session.trial.busy, "the doodle")
            stage.wait(200)
            shoot()
            frames += frames[-1:] * HELD
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "studio.webp"
        save_film([*frames, *frames[-1:] * 2 * HELD], made)
        camera.keep_film("studio-film", made)


def opened(stage: HeadlessWindow, painting: Path) -> StudioWindow:
    """Open the studio with a picture and wait until it proposes areas."""
    studio = stage.window.studio
    studio.begin(open_image(painting), "sainte-adresse.webp")
    stage.wait_until(lambda: studio.window is not None, "the studio")
    window = studio.window
    assert window is not None
    window.resize(*SIZE)
    session = window.session
    stage.wait_until(lambda: session.classified and not session.trial.busy, "the proposal")
    stage.wait_until(lambda: not window.view.behind, "the picture")
    stage.wait(200)
    return window


def mark(
    stage: HeadlessWindow,
    window: StudioWindow,
    material: int,
    points: Sequence[Point],
    between: Callable[[], None] | None = None,
) -> None:
    """Draw a scribble with the brush through points, as shares of the picture.

    ``between``: called at every fifth position of the brush.
    """
    window.session.tools.set_options(tool="brush", material=material, size=18, smoothing=0.0)
    kinds = QEvent.Type
    picture = window.session.document
    path = [
        (x * picture.width, y * picture.height)
        for start, end in pairwise(points)
        for x, y in np.linspace(start, end, 8)
    ]
    press = partial(_send, window)
    press(kinds.MouseButtonPress, path[0])
    for number, point in enumerate(path[1:]):
        press(kinds.MouseMove, point)
        stage.wait(2)
        if between is not None and number % 5 == 0:
            between()
    press(kinds.MouseButtonRelease, path[-1])


def _send(window: StudioWindow, kind: QEvent.Type, point: Point) -> None:
    view = window.view.canvas
    spot = QPointF(*view.viewport().to_widget(*point))
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    button = none if kind is QEvent.Type.MouseMove else left
    held = none if kind is QEvent.Type.MouseButtonRelease else left
    keys = Qt.KeyboardModifier.NoModifier
    event = QMouseEvent(kind, spot, view.mapToGlobal(spot), button, held, keys)
    QApplication.sendEvent(view, event)
