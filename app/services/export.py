"""The window's side of exports: one at a time, while painting goes on."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app import __version__
from app.document.document import Document
from app.document.export_options import ExportOptions
from app.platform.translation import tr
from app.services.engine_thread import EngineThread
from app.services.export_worker import ExportEnd, ExportJob
from app.services.photo_painter import engine_look
from app.services.refine import time_left
from engine.requests import StyleInfo

if TYPE_CHECKING:
    from engine.formats import Format

MAKER = f"Daub {__version__}"


def formats() -> "Sequence[Format]":
    """What can be written."""
    from engine.formats import FORMATS  # with Pillow, which the window does not need

    return FORMATS


class ExportService(QObject):
    """Writes the painting as it was when it was asked for, painted anew at the wished size.

    So it depends on nothing that the window shows, only on doodle, style and seed - and on the
    refined picture where that is wished for. `progressed`: share done and time left in words;
    `written`: the file is there; `stopped`: it is not, by wish; `problem`: why it is not.
    """

    started = Signal(Path)
    progressed = Signal(float, str)
    written = Signal(Path)
    stopped = Signal(Path)
    problem = Signal(str)
    ended = Signal()

    def __init__(
        self, document: Document, engine: EngineThread, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._engine = document, engine
        self._run = 0
        self._path: Path | None = None
        self._began = 0.0
        engine.exporter.advanced.connect(self._on_advanced)
        engine.exporter.ended.connect(self._on_ended)

    @property
    def busy(self) -> bool:
        """A file is being written."""
        return self._path is not None

    def estimate(self, pixels: int) -> float | None:
        """About how many seconds so many pixels take; None while that is not known."""
        pace = self._engine.worker.seconds_per_pixel
        return pixels * pace if pace and self._document.photo is None else None

    def begin(self, wish: ExportOptions, style: StyleInfo, strokes: bool = False) -> None:
        """Start to write; `started`, `progressed` and one of the others follow.

        `strokes`: the document is painted with them. At scale 1 the file holds what is seen then.
        """
        if self._path is not None:
            self.problem.emit(
                tr("{name} is still being written; stop that or wait.", name=self._path.name)
            )
            return
        document = self._document
        refined = document.shown_refined if wish.refined and wish.scale == 1 else None
        photo = document.photo
        if refined is not None or photo is not None or strokes:
            wish = replace(wish, bits=8)
        from engine.formats import Provenance

        look = engine_look(document.look, document.style_id, document.seed)
        made = Provenance(
            maker=MAKER,
            style=document.style_id,
            seed=document.seed,
            title=style.title,
            source=style.credit,
            scale=wish.scale,
            refined=refined is not None,
            look=look if photo is not None else None,
            by="strokes" if strokes else "",
        )
        self._run += 1
        self._path, self._began = wish.path, time.monotonic()
        state = replace(document.state(), refined=refined)
        seen = document.painting_snapshot(refined=wish.refined) if strokes else None
        job = ExportJob(self._run, wish, state, made, document.reach, seen)
        self._engine.export(job)
        self.started.emit(wish.path)

    def stop(self) -> None:
        """Leave it; no file remains."""
        self._engine.stop_export(self._run)

    def _on_advanced(self, run: int, share: float) -> None:
        if run == self._run and self._path is not None:
            words = time_left(time.monotonic() - self._began, share)
            self.progressed.emit(share, words)

    def _on_ended(self, _run: int, end: ExportEnd, problem: str) -> None:
        path, self._path = self._path, None
        if path is None:
            return
        if end is ExportEnd.WRITTEN:
            self.written.emit(path)
        elif end is ExportEnd.STOPPED:
            self.stopped.emit(path)
        else:
            self.problem.emit(problem)
        self.ended.emit()
