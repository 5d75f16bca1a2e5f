"""Cut pictures of the regions of all paintings on a thread of their own."""

import logging
import threading
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.services.background_task import BackgroundTask
from engine.errors import EngineError
from engine.requests import StyleInfo

log = logging.getLogger("daub.styles")

SIZE = (72, 48)
"""Columns and rows of a picture."""


class RegionPictures(QObject):
    """The pictures, made once. `found` carries a style's id; `pictures` of it are there then."""

    found = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.pictures: dict[str, dict[str, np.ndarray]] = {}
        self._closing = threading.Event()
        self._task: BackgroundTask | None = None

    def begin(self, styles: Sequence[StyleInfo]) -> None:
        """Make the pictures of these styles, unless that has begun already."""
        if self._task is None:
            self._task = BackgroundTask(lambda: self._make(styles), self)
            self._task.start()

    def stop(self) -> None:
        """Join the thread."""
        self._closing.set()
        if self._task is not None:
            self._task.wait()

    def _make(self, styles: Sequence[StyleInfo]) -> None:
        from engine.packs.region_pictures import region_pictures

        for style in styles:
            if self._closing.is_set():
                return
            try:
                self.pictures[style.id] = region_pictures(style.folder, SIZE)
            except EngineError as error:
                log.warning("no pictures of the regions: %s", error)
            else:
                self.found.emit(style.id)
