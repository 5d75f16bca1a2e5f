"""Exports on the engine's thread: one at a time, a tile at a time."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.document.document import PaintingSnapshot
from app.document.document_state import DocumentState
from app.document.export_options import ExportOptions
from app.document.label_map import LabelMap
from app.document.photo import Photo
from app.document.refined import preview_share
from app.services.engine_worker import EngineWorker, sentence
from app.services.photo_painter import engine_look
from engine.errors import EngineError

if TYPE_CHECKING:
    from engine.formats import Provenance
    from engine.studio import ExportRequest, PhotoExport, Shares, Studio


LARGEST = 4096 * 4096
"""Pixels of a picture that strokes are painted for: they take about 80 bytes a pixel."""


@dataclass(frozen=True, eq=False)
class ExportJob:
    """A frozen request for a file. The refined picture of `state` lies over the painting.

    `reach` as in `Document`. `seen`: the painting on screen, of a document that is painted with
    strokes; None for one that the network paints.
    """

    run: int
    wish: ExportOptions
    state: DocumentState
    provenance: "Provenance"
    reach: int
    seen: PaintingSnapshot | None = None

    def begin(self, studio: "Studio") -> "Shares":
        """Start to write; lays the tiles out as one array, so not on the UI thread.

        Raises EngineError, before any work, for what cannot be.
        """
        from engine.studio import find_format

        wish, photo = self.wish, self.state.photo
        paints = find_format(wish.path, wish.format).holds == "painting"
        if photo is not None and paints:
            return studio.export_photo(self._photo_request(photo))
        if self.seen is not None and paints:
            return self._export_strokes(studio, self.seen)
        return studio.export(self._request())

    def _request(self) -> "ExportRequest":
        from engine.studio import ExportRequest  # on this thread torch is there

        wish, state = self.wish, self.state
        refined, share = self._refined()
        return ExportRequest(
            path=wish.path,
            labels=state.labels.array(),
            style_id=state.style_id,
            seed=state.seed,
            scale=wish.scale,
            format=wish.format,
            bits=wish.bits,
            quality=wish.quality,
            provenance=self.provenance,
            refined=refined,
            share=share,
        )

    def _export_strokes(self, studio: "Studio", seen: PaintingSnapshot) -> "Shares":
        """Write what is seen; at larger scales paint the enlarged doodle with strokes."""
        from engine.studio import EnlargedLabels, StrokeRequest, save_picture

        wish, state = self.wish, self.state
        self._request().check()
        picture = seen.array() if wish.scale == 1 else None
        if picture is None:
            large = EnlargedLabels(state.labels.array(), wish.scale)
            labels = large.window(large.bounds)
            if labels.size > LARGEST:
                raise EngineError(
                    f"{wish.path} would have more than {LARGEST / 1e6:.0f} megapixels, the most "
                    "for strokes; choose a smaller scale, or paint with the network only."
                )
            for step in studio.strokes(StrokeRequest(labels, state.style_id, state.seed)):
                picture = step.picture
                yield min(step.share, 0.99)
        assert picture is not None
        yield 1.0  # what follows is done on a thread that no dab waits for
        save_picture(wish.path, picture, self.provenance, wish.quality)

    def _photo_request(self, photo: Photo) -> "PhotoExport":
        """At larger scales the photo is enlarged, and then painted."""
        from engine import studio

        wish, state = self.wish, self.state
        if wish.scale > 1:
            photo = photo.scaled(photo.width * wish.scale, photo.height * wish.scale)
        refined, share = self._refined()
        return studio.PhotoExport(
            path=wish.path,
            photo=studio.Photo(photo.pixels, photo.alpha),
            look=engine_look(state.look, state.style_id, state.seed),
            format=wish.format,
            quality=wish.quality,
            provenance=self.provenance,
            camera=photo.camera if wish.camera else b"",
            labels=studio.OverPhoto(state.labels.array(), wish.scale),
            refined=refined,
            share=share,
        )

    def _refined(self) -> tuple[np.ndarray | None, np.ndarray | None]:
        """The refined picture, and how much of what is painted anew shows instead of it."""
        refined = self.state.refined
        if refined is None:
            return None, None
        now = LabelMap.from_snapshot(self.state.labels)
        return refined.pixels, preview_share(refined.labels, now, now.bounds, self.reach)


class ExportEnd(Enum):
    """How an export ended."""

    WRITTEN = auto()
    STOPPED = auto()
    FAILED = auto()


class ExportWorker(QObject):
    """Lives on the engine's thread beside the EngineWorker.

    Before every tile the thread's other events have their turn, and waiting previews are painted.
    `advanced` carries the run's number and the share done, `ended` the number, the ExportEnd and
    what went wrong. Runs up to the number `unwanted` end, and leave no file. Once all is painted,
    the rest - encoding a JPEG, waiting for the disk - is done on a thread that no dab waits for.
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
        """Start to write a file."""
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
        """Let go of the file, for the thread ends; one that is all painted is finished."""
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
        # Not left to the garbage collector: the unfinished file goes now.
        if steps is not None:
            steps.close()
