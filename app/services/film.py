"""UI thread side of films: one film at a time, in the background."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal

from app.document.document import PaintingSnapshot
from app.document.document_state import DocumentState
from app.document.film import FilmOptions
from app.platform.time_left import time_left
from app.services.engine_thread import EngineThread
from app.services.engine_worker import StudioFactory
from app.services.film_worker import FilmJob, FilmWorker
from engine.requests import StyleInfo


class FilmService(QObject):
    """Writes a film of how a painting was made.

    Signals: `started` carries the path; `progressed` the share done (0-1) and the time left in
    words; `written` and `stopped` the path; `problem` an error sentence; `ended` follows each film.
    """

    started = Signal(Path)
    progressed = Signal(float, str)
    written = Signal(Path)
    stopped = Signal(Path)
    problem = Signal(str)
    ended = Signal()
    _serve = Signal(object)
    _leave = Signal()

    def __init__(self, engine: EngineThread, factory: StudioFactory, parent: QObject) -> None:
        super().__init__(parent)
        self._engine = engine
        self._path: Path | None = None
        self._began = 0.0
        self.worker = FilmWorker(factory)
        self._thread = QThread(self)
        self._thread.setObjectName("film")
        self.worker.moveToThread(self._thread)
        self._serve.connect(self.worker.serve)
        self._leave.connect(self.worker.leave)
        self.worker.advanced.connect(self._on_advanced)
        self.worker.ended.connect(self._on_ended)

    @property
    def busy(self) -> bool:
        """Whether a film is being written."""
        return self._path is not None

    def begin(
        self,
        states: Sequence[DocumentState],
        seen: PaintingSnapshot,
        options: FilmOptions,
        styles: Sequence[StyleInfo],
        strokes: bool,
    ) -> None:
        """Write a film of states, oldest first, that ends with the painting `seen`.

        `strokes`: with strokes where a style has them. A style that is no longer among `styles` is
        replaced by that of the last state.
        """
        self._path, self._began = options.path, time.monotonic()
        there, last = {style.id for style in styles}, states[-1].style_id
        shown = (s if s.style_id in there else replace(s, style_id=last) for s in states)
        copied = {style.id for style in styles if "strokes" in style.paints_by}
        network = {style.id for style in styles if "network" in style.paints_by}
        job = FilmJob(
            tuple(shown), seen, options,
            {style.id: style.folder for style in styles},
            frozenset(copied if strokes else copied - network), self._engine.worker.wish,
        )  # fmt: skip
        self.worker.stopping.clear()
        self._thread.start()
        self.started.emit(options.path)
        self._serve.emit(job)

    def cancel(self) -> None:
        """Stop the film; no file remains."""
        self.worker.stopping.set()

    def stop(self) -> None:
        """Stop the film and join the thread."""
        self.cancel()
        if self._thread.isRunning():
            self._leave.emit()
            self._thread.wait()

    def _on_advanced(self, share: float) -> None:
        if self._path is not None:
            self.progressed.emit(share, time_left(time.monotonic() - self._began, share))

    def _on_ended(self, problem: str | None) -> None:
        path, self._path = self._path, None
        if problem:
            self.problem.emit(problem)
        else:
            (self.stopped if problem is None else self.written).emit(path)
        self.ended.emit()
