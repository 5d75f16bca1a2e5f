"""Take a snapshot of the preview as soon as it is complete."""

from PySide6.QtCore import QObject, Signal

from app.document.document import Document
from app.services.preview import PreviewService


class PreviewCopy(QObject):
    """Waits until the preview is up to date.

    `ready` carries a PictureSnapshot, or None when the engine cannot paint the preview. Receivers
    that need other state of the same moment must read it in their slot.
    """

    ready = Signal(object)

    def __init__(
        self, document: Document, preview: PreviewService, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._preview = document, preview
        self.waiting = False
        preview.busy_changed.connect(self._on_busy)

    def ask(self) -> None:
        """Start to wait; emits `ready` once, at once if the preview is up to date."""
        self.waiting = True
        self._look()

    def _on_busy(self, busy: bool) -> None:
        if not busy and self.waiting:
            self._look()

    def _look(self) -> None:
        if self._preview.busy or self._preview.starting:
            return
        self.waiting = False
        self.ready.emit(self._document.preview_snapshot() if self._preview.whole else None)
