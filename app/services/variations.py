"""UI thread side of variations: a document in other seeds and styles; and sheets of them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Qt, QThread, Signal
from PySide6.QtGui import QImage, QPainter

from app.document.document import Document
from app.services.engine_thread import EngineThread
from app.services.engine_worker import StudioFactory
from app.services.variations_worker import Variation, VariationsJob, VariationsWorker
from engine.errors import EngineError

QUALITY = 92
"""Quality of a sheet in JPEG or WebP."""

CAPTION, TEXT = 22, 13
"""Height of a caption on a sheet and of its letters, in pixels."""


class VariationsService(QObject):
    """Paints pictures that do not change the document, one after another in the background.

    `painted` carries the index of a variation, h x w x 3 uint8 RGB and whether this is its last
    picture; `failed` the index and one sentence. Only the newest request reports.
    """

    painted = Signal(int, object, bool)
    failed = Signal(int, str)
    _serve = Signal()
    _leave = Signal()

    def __init__(
        self, document: Document, engine: EngineThread, factory: StudioFactory, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._document, self._engine = document, engine
        self._serial = 0
        self.worker = VariationsWorker(factory)
        self._thread = QThread(self)
        self._thread.setObjectName("variations")
        self.worker.moveToThread(self._thread)
        self._thread.started.connect(self.worker.start)
        self._serve.connect(self.worker.serve)
        self._leave.connect(self.worker.leave)
        self.worker.painted.connect(self._on_painted)
        self.worker.failed.connect(self._on_failed)

    def begin(self, variations: Sequence[Variation], longest: int) -> None:
        """Paint the doodle, reduced to `longest` pixels a side, in place of what was asked for."""
        self._serial += 1
        state, settings = self._document.state(), self._engine.worker.wish
        self.worker.wanted = VariationsJob(
            self._serial, state, tuple(variations), longest, settings
        )
        self._thread.start()
        self._serve.emit()

    def end(self) -> None:
        """Stop painting, and free the styles."""
        self._serial += 1
        self.worker.wanted = None
        self._serve.emit()

    def stop(self) -> None:
        """Join the thread."""
        self.worker.closing.set()
        if self._thread.isRunning():
            self._leave.emit()
            self._thread.wait()

    def _on_painted(self, serial: int, index: int, pixels: np.ndarray, last: bool) -> None:
        if serial == self._serial:
            self.painted.emit(index, pixels, last)

    def _on_failed(self, serial: int, index: int, sentence: str) -> None:
        if serial == self._serial:
            self.failed.emit(index, sentence)


def write_sheet(
    path: Path, pictures: Sequence[np.ndarray], captions: Sequence[str], columns: int, what: str
) -> str:
    """Write pictures of one width, (h, w, 3) uint8, with captions on one white sheet.

    `what`: content of the sheet, for its metadata. Returns why it cannot be written, in a sentence;
    empty if it is.
    """
    from engine import studio  # imports torch, so not with the window
    from engine.sheet import GAP, PAPER

    told = list(map(_captioned, pictures, captions))
    sheet = studio.contact_sheet(told, min(columns, len(told)), told[0].shape[1])
    # There is a gap at the right and below already.
    sheet = np.pad(sheet, ((GAP, 0), (GAP, 0), (0, 0)), constant_values=PAPER)
    try:
        studio.save_picture(path, sheet, studio.to_look_at(what), QUALITY)
    except EngineError as error:
        return str(error)
    return ""


def _captioned(picture: np.ndarray, text: str) -> np.ndarray:
    """Return a picture, (H, W, 3) uint8, with a line of text below it.

    Drawn by Qt, because the font that `engine.sheet.captioned` uses has no accents.
    """
    strip = QImage(picture.shape[1], CAPTION, QImage.Format.Format_RGB888)
    strip.fill(Qt.GlobalColor.white)
    painter = QPainter(strip)
    font = painter.font()
    font.setPixelSize(TEXT)
    painter.setFont(font)
    painter.setPen(Qt.GlobalColor.black)
    elided = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, strip.width())
    painter.drawText(strip.rect(), Qt.AlignmentFlag.AlignVCenter, elided)
    painter.end()
    rows = np.frombuffer(strip.constBits(), np.uint8).reshape(CAPTION, strip.bytesPerLine())
    return np.vstack([picture, rows[:, : 3 * strip.width()].reshape(CAPTION, -1, 3)])
