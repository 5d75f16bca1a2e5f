"""Export worker: writes one file at a time, tile by tile, on the engine thread."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.document.document import PaintingSnapshot
from app.document.document_state import DocumentState
from app.document.export_options import ExportOptions
from app.document.photo import Photo
from app.document.refined import preview_share
from app.document.resample import resized_picture
from app.services.engine_worker import EngineWorker, sentence
from app.services.meanings import meanings_of
from app.services.photo_painter import engine_look

if TYPE_CHECKING:
    from engine.formats import Provenance
    from engine.strokes.painter import StrokeMatches
    from engine.studio import ExportRequest, PhotoExport, Shares, Studio


PAUSE = 0.03
"""Seconds between two looks at the work of another thread."""


@dataclass(frozen=True, eq=False)
class ExportJob:
    """A frozen request to export a file.

    `state`: the document; its refined picture, if any, is drawn over the painting. `reach`: as in
    `Document`. `seen`: the painting on screen if that is exported, and None if the network paints
    it again. `matches`: what its strokes were copied from. `copied`: whether the style has a
    painting to copy strokes from.
    """

    run: int
    wish: ExportOptions
    state: DocumentState
    provenance: "Provenance"
    reach: int
    seen: PaintingSnapshot | None = None
    matches: "Future[StrokeMatches | None] | None" = None
    copied: bool = False

    def begin(self, studio: "Studio") -> "Shares":
        """Start the export and return its steps, each a share done (0-1).

        Joins the tiles to one array, which is too slow for the UI thread. Raises EngineError for
        an impossible request before any work is done.
        """
        from engine.studio import find_format

        wish, photo = self.wish, self.state.photo
        paints = find_format(wish.path, wish.format).holds == "painting"
        if photo is not None and paints:
            return studio.export_photo(self._photo_request(photo))
        if self.seen is not None and paints:
            return self._export_seen(studio, self.seen)
        return studio.export(self._request())

    def _request(self) -> "ExportRequest":
        from engine.studio import ExportRequest  # imports torch, so not on the UI thread

        options, state = self.wish, self.state
        refined, share = self._refined() if options.scale == 1 else (None, None)
        return ExportRequest(
            path=options.path,
            labels=state.labels.array(),
            style_id=state.style_id,
            seed=state.seed,
            scale=options.scale,
            format=options.format,
            bits=options.bits,
            quality=options.quality,
            provenance=self.provenance,
            refined=refined,
            share=share,
            meanings=meanings_of(state),
            directions=state.direction_cells,
        )

    def _export_seen(self, studio: "Studio", seen: PaintingSnapshot) -> "Shares":
        """Export what is seen; at larger scales the same picture with the painting's brushwork."""
        from engine.strokes.picture_export import PictureExport

        wish, state = self.wish, self.state
        request = PictureExport(
            wish.path, seen.array(), wish.scale, wish.format, wish.bits, wish.quality,
            provenance=self.provenance,
        )  # fmt: skip
        request.check()
        style_id = ""
        if request.alters:
            yield from _compiled()
            if self.matches is not None:
                yield from _until_done(self.matches)
                request = replace(request, matches=self.matches.result())
            style_id = state.style_id if self.copied else ""
        yield from studio.export_picture(
            request, style_id, state.brushwork.stroke, meanings_of(state)
        )

    def _photo_request(self, photo: Photo) -> "PhotoExport":
        """Return the request for a photo, which is enlarged; its strokes become larger, too."""
        from engine import studio

        options, state = self.wish, self.state
        refined, share = self._refined()
        original = photo.pixels if options.scale > 1 else None
        if options.scale > 1:
            width, height = photo.width * options.scale, photo.height * options.scale
            photo = photo.scaled(width, height)
            if refined is not None and share is not None:
                refined = studio.resized_sharply(refined, (width, height))
                share = resized_picture(share, width, height)
        return studio.PhotoExport(
            path=options.path,
            photo=studio.Photo(photo.pixels, photo.alpha, deep=photo.deep),
            look=engine_look(state.look, state.style_id, state.seed),
            format=options.format,
            quality=options.quality,
            provenance=self.provenance,
            camera=photo.camera if options.camera else b"",
            labels=studio.OverPhoto(state.labels.array(), options.scale, state.direction_cells),
            refined=refined,
            share=share,
            original=original,
            bits=options.bits,
            meanings=meanings_of(state),
        )

    def _refined(self) -> tuple[np.ndarray | None, np.ndarray | None]:
        """Return the refined picture and where the new painting shows, as `preview_share`."""
        refined = self.state.refined
        if refined is None:
            return None, None
        now = self.state.doodle
        return refined.pixels, preview_share(refined.doodle, now, now.bounds, self.reach)


def _compiled() -> Iterator[float]:
    """Compile the kernels, which takes some seconds once; yield 0 meanwhile."""
    from engine.strokes.live import ensure_compiled

    stopped = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        try:
            yield from _until_done(pool.submit(ensure_compiled, stopped.is_set))
        finally:
            stopped.set()


def _until_done(future: "Future[Any]") -> Iterator[float]:
    """Yield 0 until another thread's work is done, so that previews are painted meanwhile."""
    while not future.done():
        yield 0.0
        wait([future], PAUSE)


class ExportEnd(Enum):
    """Result of an export."""

    WRITTEN = auto()
    STOPPED = auto()
    FAILED = auto()


class ExportWorker(QObject):
    """Lives on the engine thread beside the EngineWorker.

    Before every tile, other events of the thread are handled and waiting previews are painted.
    `advanced` carries the run's number and the share done (0-1), `ended` the number, the ExportEnd
    and an error sentence. Runs up to the number `unwanted` are cancelled and leave no file. When
    all tiles are painted, encoding and writing the file end on another thread, so that they do not
    delay previews.
    """

    advanced = Signal(int, float)
    ended = Signal(int, object, str)
    _go_on = Signal()

    def __init__(self, engine: EngineWorker) -> None:
        super().__init__()
        self.unwanted = 0
        self._engine = engine
        self._run = 0
        self._steps: Shares | None = None
        self._finisher = ThreadPoolExecutor(1, "export")
        self._go_on.connect(self._advance, Qt.ConnectionType.QueuedConnection)

    @Slot(object)
    def begin(self, job: ExportJob) -> None:
        """Start an export."""
        self._run = job.run
        try:
            assert self._engine.studio is not None
            self._engine.studio.load_style(job.state.style_id)
            self._steps = job.begin(self._engine.studio)
        except Exception as error:
            self._end(ExportEnd.FAILED, sentence(error))
        else:
            self._go_on.emit()

    @Slot()
    def leave(self) -> None:
        """Cancel an unpainted export and wait for a painted one, before the thread ends."""
        self._close()
        self._finisher.shutdown()

    @Slot()
    def _advance(self) -> None:
        if self._steps is None:
            return
        try:
            self._engine.serve_waiting()
            if self._run <= self.unwanted or self._engine.closing.is_set():
                self._end(ExportEnd.STOPPED)
                return
            share = next(self._steps)
        except Exception as error:
            self._end(ExportEnd.FAILED, sentence(error))
        else:
            self.advanced.emit(self._run, share)
            if share < 1:
                self._go_on.emit()
            else:
                steps, self._steps = self._steps, None
                self._finisher.submit(self._finish, self._run, steps)

    def _finish(self, run: int, steps: "Shares") -> None:
        try:
            for _ in steps:
                pass
        except Exception as error:
            self.ended.emit(run, ExportEnd.FAILED, sentence(error))
        else:
            self.ended.emit(run, ExportEnd.WRITTEN, "")

    def _end(self, end: ExportEnd, problem: str = "") -> None:
        self._close()
        self.ended.emit(self._run, end, problem)

    def _close(self) -> None:
        steps, self._steps = self._steps, None
        # Closing the generator deletes the unfinished file now, not at garbage collection.
        if steps is not None:
            steps.close()
