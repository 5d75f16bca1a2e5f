"""UI thread side of style previews: small paintings of the document in another style."""

from dataclasses import replace

import cv2
import numpy as np
from PySide6.QtCore import QObject, Signal

from app.document.document import Change, Changed, Document
from app.services.engine_thread import EngineThread
from app.services.style_preview_worker import StylePreviewJob

# Enlarging a style preview to more pixels than this would block the UI thread too long.
LARGEST_START = 2048 * 2048

# Changes of the document that make all style previews outdated.
ANEW = (
    Changed.LABELS, Changed.DIRECTIONS, Changed.SEED, Changed.CANVAS, Changed.LOOK,
    Changed.BRUSHWORK,
)  # fmt: skip


class StylePreviewService(QObject):
    """Paints style previews, which do not change the document. A newer request replaces an older.

    `painted` carries the style's id and h x w x 3 uint8 RGB with the canvas's aspect ratio;
    `failed` the id and an error sentence. When the user chooses a style, its style preview is shown
    enlarged until the live preview is painted.
    """

    painted = Signal(str, object)
    failed = Signal(str, str)

    def __init__(
        self, document: Document, engine: EngineThread, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._engine = document, engine
        self._wanted = ""
        self._serial = self._valid_from = 0
        self._known: dict[str, np.ndarray] = {}
        engine.worker.sketched.connect(self._on_sketched)
        engine.worker.sketch_failed.connect(self.failed)
        document.subscribe(self._on_change)

    def show(self, style_id: str) -> None:
        """Request a style preview, or emit the cached one; an empty id cancels the request."""
        self._wanted = style_id
        if style_id in self._known:
            self._engine.sketch(None)
            self.painted.emit(style_id, self._known[style_id])
        else:
            self._request()

    def _request(self) -> None:
        self._serial += 1
        state = replace(self._document.state(), style_id=self._wanted)
        job = StylePreviewJob(self._serial, state)
        self._engine.sketch(job if self._wanted else None)

    def _on_sketched(self, job: StylePreviewJob, pixels: np.ndarray) -> None:
        if job.serial < self._valid_from:
            return
        self._known[job.state.style_id] = pixels
        if job.state.style_id == self._wanted:
            self.painted.emit(job.state.style_id, pixels)

    def _on_change(self, change: Change) -> None:
        if change.what is Changed.STYLE:
            self._show_enlarged()
        elif change.what in ANEW:
            self._known.clear()
            self._valid_from = self._serial + 1
            if self._wanted:
                self._request()

    def _show_enlarged(self) -> None:
        document = self._document
        sketch = self._known.get(document.style_id)
        if sketch is not None and document.bounds.area <= LARGEST_START:
            size = document.width, document.height
            large = cv2.resize(sketch, size, interpolation=cv2.INTER_CUBIC)
            document.merge_painting(document.bounds, large)
