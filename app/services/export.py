"""UI thread side of exports: one file at a time, in the background."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app import __version__
from app.document.document import Document
from app.document.export_options import ExportOptions
from app.platform.time_left import time_left
from app.platform.translation import tr
from app.services.engine_thread import EngineThread
from app.services.export_worker import ExportEnd, ExportJob
from app.services.photo_painter import engine_look
from app.services.strokes import StrokesService
from engine.requests import StyleInfo

if TYPE_CHECKING:
    from engine.formats import Format

FIRST_PACE = 5e-7
"""Seconds to enlarge and write a pixel, until that is measured."""

MATCHING = 8
"""Pixels that are enlarged in the time in which one is matched."""

MAKER = f"Daub {__version__}"


def formats() -> "Sequence[Format]":
    """Return the file formats that can be written."""
    from engine.formats import FORMATS  # imports Pillow, which the window does not need

    return FORMATS


class ExportService(QObject):
    """Exports a snapshot of the document at the requested scale.

    Strokes and refined pictures are exported as they are seen, larger. Else the result depends only
    on the doodle (or photo), the style and the seed. Signals: `started` carries the path;
    `progressed` the share done (0-1) and the remaining time in words; `written` and `stopped` the
    path; `problem` an error sentence; `ended` follows every export.
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
        self._enlarged, self._seconds_per_pixel = 0, FIRST_PACE
        engine.exporter.advanced.connect(self._on_advanced)
        engine.exporter.ended.connect(self._on_ended)

    @property
    def busy(self) -> bool:
        """Whether a file is being written."""
        return self._path is not None

    def export_seconds(self, pixels: int, strokes: bool, refined: bool) -> float | None:
        """Return the estimated seconds to export so many pixels; None if unknown.

        `strokes`: of strokes; `refined`: of the refined picture. Both are exported as they are
        seen, the latter after its pixels have been matched with the painting.
        """
        area = self._document.bounds.area
        if self._document.photo is not None:
            return None
        if strokes or (refined and pixels > area):
            enlarged = pixels + MATCHING * area * refined if pixels > area else 0
            return enlarged * self._seconds_per_pixel
        pace = self._engine.worker.seconds_per_pixel
        return pixels * pace if pace else None

    def begin(
        self, options: ExportOptions, style: StyleInfo, strokes: StrokesService | None = None
    ) -> None:
        """Start an export; emits `started`, `progressed` and at the end one of the others.

        `strokes`: paints the document, unless it is painted by the network.
        """
        if self._path is not None:
            self.problem.emit(
                tr("{name} is still being exported. Cancel that or wait.", name=self._path.name)
            )
            return
        document = self._document
        refined = document.shown_refined if options.refined else None
        photo = document.photo
        shallow = photo is not None and photo.deep is None
        if shallow or (refined is not None and options.scale == 1):
            options = replace(options, bits=8)
        from engine.formats import Provenance

        look = engine_look(document.look, document.style_id, document.seed)
        made = Provenance(
            maker=MAKER,
            style=document.style_id,
            seed=document.seed,
            title=style.title,
            source=style.credit,
            scale=options.scale,
            refined=refined is not None,
            look=look if photo is not None else None,
            by="strokes" if strokes is not None else "",
            stroke=document.brushwork.stroke,
        )
        self._run += 1
        self._path, self._began = options.path, time.monotonic()
        state = replace(document.state(), refined=refined)
        larger = refined is not None and options.scale > 1
        seen = (
            document.painting_snapshot(refined=options.refined)
            if photo is None and (strokes is not None or larger)
            else None
        )
        matches = None if strokes is None else strokes.matches()
        copied = "strokes" in style.paints_by
        job = ExportJob(
            self._run, options, state, made, document.reach, seen, matches=matches, copied=copied
        )
        self._enlarged = document.bounds.area * options.scale**2 if seen is not None else 0
        self._engine.export(job)
        self.started.emit(options.path)

    def stop(self) -> None:
        """Cancel the export; no file remains."""
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
            if self._enlarged > self._document.bounds.area:
                self._seconds_per_pixel = (time.monotonic() - self._began) / self._enlarged
            self.written.emit(path)
        elif end is ExportEnd.STOPPED:
            self.stopped.emit(path)
        else:
            self.problem.emit(problem)
        self.ended.emit()
