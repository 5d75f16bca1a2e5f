"""The progress of painting a photo or a large canvas, in the status bar."""

from PySide6.QtCore import QObject

from app.platform.time_left import time_left
from app.platform.translation import tr
from app.services.preview import PreviewService
from app.widgets.job_progress import JobProgress

MOMENT = 1.0
"""Seconds after which progress is shown."""


class PaintingProgress(QObject):
    """Shows the progress of the network while it paints the whole canvas; `widget` may stop it."""

    def __init__(self, preview: PreviewService, parent: QObject) -> None:
        super().__init__(parent)
        self.widget = JobProgress(
            tr("Painting"), tr("Stop painting"), tr("Stop; Ctrl+F5 paints the rest later")
        )
        preview.run_begun.connect(self.widget.hide)
        preview.busy_changed.connect(lambda busy: None if busy else self.widget.hide())
        preview.progressed.connect(self._show)
        self.widget.stopped.connect(preview.stop_run)

    def _show(self, share: float, seconds: float) -> None:
        if seconds < MOMENT:
            return
        if self.widget.isHidden():
            self.widget.begin(tr("Painting"))
        self.widget.set_progress(share, time_left(seconds, share))
