"""Run by test_hidpi.py with QT_SCALE_FACTOR=2: pixels on screen, and where the pointer paints."""

import json
import sys
import tempfile
from pathlib import Path

import engine.studio  # noqa: F401 - torch before Qt

from PySide6.QtCore import QSettings  # isort: skip
from PySide6.QtGui import QImage  # isort: skip
from PySide6.QtTest import QTest  # isort: skip
import numpy as np  # isort: skip

from app.platform.settings import Settings
from app.window.application import create_application
from app.window.main_window import MainWindow
from engine.studio import save_doodle
from tests.support.fakes import FakeStudio, starter_labels
from tests.support.hand import drag


def main(folder: Path) -> None:
    create_application(["daub"])
    save_doodle(folder / "starter.png", starter_labels())
    settings = Settings(QSettings(str(folder / "daub.ini"), QSettings.Format.IniFormat))
    settings.canvas_width, settings.canvas_height = 256, 192
    settings.material, settings.brush_size, settings.smoothing = 4, 1, 0.0
    window = MainWindow(FakeStudio(folder / "starter.png"), settings)
    window.resize(1200, 700)
    window.show()
    document = window.session.document
    while not document.style_id or window.session.preview.busy:
        QTest.qWait(10)
    window.actions_by_id["zoom.actual"].trigger()
    # Pixels of the doodle, each painted alone: what is under the pointer and nothing beside it.
    spots = [(20, 30), (21, 31), (100, 60), (101, 60), (255, 191), (0, 0)]
    for x, y in spots:
        drag(window.workspace.canvas, [(x + 0.5, y + 0.5)])
    while window.session.preview.busy:
        QTest.qWait(10)
    labels = document.labels.array()
    hit = [bool(labels[y, x] == 4) for x, y in spots]
    others = int((labels == 4).sum()) - len(spots)
    QTest.qWait(50)
    report = {
        "ratio": window.devicePixelRatioF(),
        "scale": window.workspace.link.scale,
        "hit": hit,
        "others": others,
        "sharp": sharp(window),
        "zoom": window.status.zoom.text(),
    }
    window.session.history.set_clean(window.session.history.step)  # else it asks
    window.close()
    sys.stdout.write(json.dumps(report) + "\n")


def sharp(window: MainWindow) -> bool:
    """The painting stands on the screen pixel for pixel."""
    view = window.workspace.painting
    window.workspace.link.move_pointer(None)
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    seen = rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)
    wanted = window.session.document.painting
    left, top = view.viewport().to_widget(0, 0)
    ratio = view.devicePixelRatioF()
    column, row = round(left * ratio), round(top * ratio)
    part = seen[row : row + 192, column : column + 256]
    return bool((part[2:-2, 2:-2] == wanted[2:-2, 2:-2]).all())


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(Path(folder))
