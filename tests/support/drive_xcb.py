"""Run by test_real_window.py in a process of its own: the real window on a real X server.

Prints a JSON report; the screenshot is what the X server shows, not what Qt would draw.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import engine.studio  # noqa: F401 - torch before Qt

from PySide6.QtCore import QPoint, QSettings, Qt, QtMsgType, qInstallMessageHandler  # isort: skip
from PySide6.QtGui import QColor  # isort: skip
from PySide6.QtTest import QTest  # isort: skip

from app.platform.settings import Settings
from app.widgets.picture_view import PictureView
from app.window.application import create_application
from app.window.main_window import MainWindow
from engine.studio import save_doodle
from tests.support.fakes import FakeStudio, starter_labels


def main(screenshot: Path, folder: Path) -> None:
    warnings: list[str] = []

    def note(kind: QtMsgType, context: object, text: str) -> None:
        if kind != QtMsgType.QtDebugMsg:
            warnings.append(text)

    qInstallMessageHandler(note)
    application = create_application(["daub"])
    save_doodle(folder / "starter.png", starter_labels())
    settings = Settings(QSettings(str(folder / "daub.ini"), QSettings.Format.IniFormat))
    settings.canvas_width, settings.canvas_height = 512, 384
    settings.material, settings.brush_size = 4, 60
    window = MainWindow(FakeStudio(folder / "starter.png"), settings)
    window.resize(1280, 760)
    window.show()
    assert QTest.qWaitForWindowExposed(window)
    wait_for(lambda: bool(window.session.document.style_id))
    canvas, painting = window.workspace.canvas, window.workspace.painting
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=at(canvas, 100, 300))
    for x in range(110, 330, 10):
        QTest.mouseMove(canvas, at(canvas, x, 300), 5)
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=at(canvas, 330, 300))
    wait_for(lambda: not window.session.preview.busy)
    QTest.qWait(200)
    picture = application.primaryScreen().grabWindow(0)
    picture.save(str(screenshot))
    image = picture.toImage()

    def seen(view: PictureView, x: int, y: int) -> list[int]:
        spot = view.mapToGlobal(at(view, x, y))
        return list(QColor(image.pixel(spot)).getRgb()[:3])

    report = {
        "platform": application.platformName(),
        "doodle": seen(canvas, 200, 300),
        "painting": seen(painting, 200, 300),
        "sky": seen(canvas, 60, 60),
        "undo": window.session.history.undo_text,
        "latencies": len(window.session.preview.latency.milliseconds),
        "warnings": warnings,
    }
    window.session.undo()  # nobody is there to be asked whether to save
    window.session.history.set_clean(window.session.history.step)  # else it asks
    window.close()
    sys.stdout.write(json.dumps(report) + "\n")


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        QTest.qWait(10)


def at(view: PictureView, x: float, y: float) -> QPoint:
    left, top = view.viewport().to_widget(x, y)
    return QPoint(round(left), round(top))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(Path(sys.argv[1]), Path(folder))
