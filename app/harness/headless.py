"""The real main window offscreen, controlled by simulated mouse events, for demo and benchmarks.

Import this module before any other that imports Qt, because torch must be imported first.
"""

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType

import numpy as np

from engine.studio import EngineError, Studio, StyleInfo  # before Qt, see app.window.launch

from PySide6.QtCore import QEvent, QEventLoop, QPointF, QSettings  # isort: skip
from PySide6.QtCore import Qt, QTimer, qInstallMessageHandler  # isort: skip
from PySide6.QtGui import QImage, QMouseEvent  # isort: skip
from PySide6.QtWidgets import QApplication, QWidget  # isort: skip

from app.document.export_options import ExportOptions
from app.platform.settings import Settings
from app.window.application import create_application
from app.window.main_window import MainWindow
from app.window.startup_probe import print_message

LONGEST_WAIT = 120.0
"""Seconds after which waiting for a painting is an error."""


class HeadlessWindow:
    """Opens the main window offscreen with separate settings; a context manager.

    ``folders``: additional folders of style packs. ``keys``: modifier keys of the mouse events.
    ``device``: text about the engine's device, empty until it has started.
    """

    def __init__(
        self,
        width: int,
        height: int,
        style: str,
        seed: int,
        folders: Sequence[Path] = (),
        strokes: bool = False,
    ) -> None:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        create_application(["daub"])
        self._handler_before = qInstallMessageHandler(print_message)
        self._folder = tempfile.TemporaryDirectory(prefix="daub-")
        store = QSettings(str(Path(self._folder.name) / "daub.ini"), QSettings.Format.IniFormat)
        settings = Settings(store)
        settings.canvas_width, settings.canvas_height = width, height
        settings.style, settings.seed = style, seed
        settings.tips = False
        settings.paint_with = "strokes" if strokes else "network"
        self.window = MainWindow(partial(Studio, folders=folders), settings)
        self.window.studio.root = Path(self._folder.name) / "studio"
        self.window.teaching.service.root = Path(self._folder.name) / "teaching"
        self.canvas = self.window.workspace.canvas
        self.session = self.window.session
        self.preview = self.session.preview
        self._loop, self._timer = QEventLoop(), QTimer()
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._loop.quit)
        self.device = ""
        self.keys = Qt.KeyboardModifier.NoModifier
        self._style = style
        self._problems: list[str] = []
        self.preview.ready.connect(self._on_ready)
        self.session.problem.connect(self._problems.append)

    def __enter__(self) -> "HeadlessWindow":
        try:
            self.window.resize(1440, 720)
            self.window.show()
            self.wait_until(lambda: bool(self.device), "the engine to start")
            if self.session.document.style_id != self._style:
                raise EngineError(f"The style {self._style} is not usable. See daub styles.")
            self.settle()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def _close(self) -> None:
        # Avoid questions whether to save or to keep the refined picture.
        self.session.tool_controller.end()
        self.session.refine.discard()
        self.session.history.set_clean(self.session.history.step)
        self.window.close()
        self.window.deleteLater()
        self.wait(0)
        self._folder.cleanup()
        qInstallMessageHandler(self._handler_before)

    def _on_ready(self, device: str, _styles: list[StyleInfo]) -> None:
        self.device = device

    # -- input ------------------------------------------------------------------------------

    def choose(self, tool: str, material: int, size: int) -> None:
        """Set tool, material id and brush size."""
        self.session.set_options(tool=tool, material=material, size=size, smoothing=0.0)

    def press(self, x: float, y: float) -> None:
        """Press the left button at a canvas position."""
        self._send(QEvent.Type.MouseButtonPress, x, y)

    def move(self, x: float, y: float) -> None:
        """Move the pointer to a canvas position with the button pressed."""
        self._send(QEvent.Type.MouseMove, x, y)

    def release(self, x: float, y: float) -> None:
        """Release the left button at a canvas position."""
        self._send(QEvent.Type.MouseButtonRelease, x, y)

    def leave(self) -> None:
        """Move the pointer off the canvas, so that the brush outline disappears."""
        QApplication.sendEvent(self.canvas, QEvent(QEvent.Type.Leave))
        self.wait(20)

    def _send(self, kind: QEvent.Type, x: float, y: float) -> None:
        canvas = self.canvas
        spot = QPointF(*canvas.viewport().to_widget(x, y))
        left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        button = none if kind is QEvent.Type.MouseMove else left
        held = none if kind is QEvent.Type.MouseButtonRelease else left
        event = QMouseEvent(kind, spot, canvas.mapToGlobal(spot), button, held, self.keys)
        QApplication.sendEvent(canvas, event)

    # -- waiting ----------------------------------------------------------------------------

    def wait(self, milliseconds: int) -> None:
        """Run the event loop for a time."""
        self._timer.start(milliseconds)
        self._loop.exec()

    def wait_until(
        self, condition: Callable[[], bool], what: str, seconds: float = LONGEST_WAIT
    ) -> None:
        """Run the event loop until ``condition`` is true; ``what`` names it in the error.

        Raises EngineError when the window reports a problem, or after ``seconds``.
        """
        end = time.monotonic() + seconds
        while not condition():
            if self._problems:
                raise EngineError(self._problems[0])
            if time.monotonic() > end:
                raise EngineError(f"Timed out after {seconds:.0f} s while waiting for {what}.")
            self.wait(2)

    def settle(self) -> None:
        """Wait until the painting shows the whole doodle."""
        space = self.window.workspace
        strokes = self.session.strokes
        self.wait_until(
            lambda: not (self.preview.busy or strokes.busy or space.behind), "the painting"
        )
        self.wait(40)  # for the last frame

    # -- output -----------------------------------------------------------------------------

    def latencies(self) -> tuple[float, ...]:
        """Return the milliseconds from pointer event to frame of all dabs so far."""
        return tuple(self.preview.latency.milliseconds)

    def clear(self) -> None:
        """Clear the canvas and the latencies measured so far."""
        self.session.clear()
        self.settle()
        self.preview.latency.milliseconds.clear()

    def export(self, path: Path) -> None:
        """Export the painting through the application's export service."""
        saved: list[Path] = []
        self.session.exports.written.connect(saved.append)
        self.session.export(ExportOptions(path))
        self.wait_until(lambda: bool(saved), f"{path} to be saved")

    def screenshot(self, widget: QWidget | None = None) -> np.ndarray:
        """Return a picture of the window or another widget, (h, w, 3) uint8 RGB."""
        seen = widget if widget is not None else self.window
        image = seen.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
        width, height = image.width(), image.height()
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(height, image.bytesPerLine())
        return rows[:, : width * 3].reshape(height, width, 3).copy()
