"""A copy of the finished preview, made a slice at a time: large canvases must not stop the hand."""

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from app.document.document import Document
from app.services.preview import PreviewService

# About 4 ms; all of a common canvas.
SLICE_BYTES = 8 * 2**20


class PreviewCopy(QObject):
    """Copies the preview once it is up to date.

    `begun` says when: whatever else shall belong to the same moment is to be taken then. It comes
    again when the preview was written to before the copy was whole. `ready` carries H x W x 3 uint8
    RGB, read-only, or None when the engine cannot paint the preview.
    """

    begun = Signal()
    ready = Signal(object)

    def __init__(
        self, document: Document, preview: PreviewService, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._preview = document, preview
        self._wanted = False
        self._pixels: np.ndarray | None = None
        self._row = self._merges = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._go_on)
        preview.busy_changed.connect(self._on_busy)

    def ask(self) -> None:
        """Make a copy; one that is being made is begun anew."""
        self._wanted, self._pixels = True, None
        self._begin()

    @property
    def waiting(self) -> bool:
        """A copy is wanted, but the preview is not up to date yet."""
        return self._wanted and self._pixels is None

    def _on_busy(self, busy: bool) -> None:
        if not busy and self.waiting:
            self._begin()

    def _begin(self) -> None:
        if self._preview.busy or self._preview.starting:
            return
        self.begun.emit()
        if not self._preview.whole:
            self._hand_over(None)
            return
        self._pixels = np.empty_like(self._document.preview)
        self._row, self._merges = 0, self._document.merges
        self._go_on()

    def _go_on(self) -> None:
        if self._pixels is None:
            return
        if self._merges != self._document.merges:
            self._pixels = None
            self._begin()
            return
        height, width = self._pixels.shape[:2]
        rows = slice(self._row, self._row + max(1, SLICE_BYTES // (3 * width)))
        self._pixels[rows] = self._document.preview[rows]
        self._row = rows.stop
        if self._row < height:
            self._timer.start(0)
        else:
            self._pixels.flags.writeable = False
            self._hand_over(self._pixels)

    def _hand_over(self, pixels: np.ndarray | None) -> None:
        self._wanted, self._pixels = False, None
        self.ready.emit(pixels)
