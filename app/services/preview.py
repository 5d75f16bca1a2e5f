"""UI thread side of the live preview: requests pixels, merges patches and drops stale ones."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.document.document import Change, Changed, Document
from app.document.label_map import LabelSnapshot
from app.document.rect import NOWHERE, Rect
from app.services.engine_thread import EngineThread
from app.services.engine_worker import EngineSettings, StudioFactory
from app.services.latency import LatencyMeter
from app.services.mailbox import PreviewJob
from engine.errors import EngineError
from engine.requests import PreviewPatch, StyleInfo

__all__ = ["PreviewService", "StyleInfo"]


class Overlay(Protocol):
    """Replaces the network's picture by a better one; see `StrokesService`."""

    @property
    def active(self) -> bool:
        """Whether it does so in this document."""

    @property
    def busy(self) -> bool:
        """Whether a better picture is still to come."""

    def network_part(self, rect: Rect) -> Rect:
        """Return the part of a rectangle where the network's picture is shown."""


class PreviewService(QObject):
    """Keeps the document's painting up to date with its doodle, style and seed.

    It observes the document. Every job has a serial; a change of style, seed, canvas or photo look
    makes all patches of earlier serials stale. A patch from a slightly older doodle is still shown:
    a newer job repaints the changed part. `whole`: the painting is complete; after a failure
    neither `whole` nor `busy` is true. `starting`: the engine has neither started nor failed yet.
    `live`: if false, the changes of a drag are requested at its end, see `catch_up`. The painting
    of the whole canvas is a run: `run_begun` starts one and makes the earlier one stale, and
    `progressed` carries the share done, 0-1, and the seconds since then. `patched` carries the
    rectangle of new pixels and the labels that they were painted from. Signals:
    `ready` carries the device text and the styles, `styles_listed` the styles then and whenever
    one was added, `style_failed` the style's id and an error
    sentence, `latency_measured` milliseconds, `problem` an error sentence; `settled` follows when
    the painting is complete.
    """

    ready = Signal(str, list)
    styles_listed = Signal(list)
    style_loaded = Signal(object)
    style_failed = Signal(str, str)
    busy_changed = Signal(bool)
    settled = Signal()
    patched = Signal(object, object)
    run_begun = Signal()
    progressed = Signal(float, float)
    latency_measured = Signal(float)
    problem = Signal(str)

    def __init__(
        self, document: Document, factory: StudioFactory, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.latency = LatencyMeter()
        self._document = document
        self._serial = 0
        self._answered = 0
        self.whole, self.live, self.starting = False, True, False
        self._held = NOWHERE
        self._labels: dict[int, LabelSnapshot] = {}  # of the jobs that are not painted yet
        self._run, self._run_began, self._stopped_run = 0, 0.0, -1
        self._rough = True
        self._view: Rect | None = None
        self._dab_time: float | None = None
        self._by_regions: object = {}
        self.overlay: Overlay | None = None
        self.engine = EngineThread(factory, self)
        self._connect()
        document.subscribe(self._on_change)

    @property
    def busy(self) -> bool:
        """Whether requested pixels have not arrived yet."""
        return self._answered < self._serial

    @property
    def by_pointer(self) -> bool:
        """Whether the doodle is being changed by a pointer event."""
        return self._dab_time is not None

    @property
    def serial(self) -> int:
        """Serial of the newest job."""
        return self._serial

    @property
    def view(self) -> Rect | None:
        """The visible rectangle; None until the window has set it."""
        return self._view

    def start(self) -> None:
        """Start the engine thread; emits `ready` when the studio exists."""
        self.starting = True
        self.engine.start()

    def stop(self) -> None:
        """Join the engine thread."""
        self.engine.stop()

    def look_at(self, rect: Rect) -> None:
        """Set the visible rectangle, which is painted first when the whole canvas is repainted."""
        self._view = rect

    @contextmanager
    def dab(self, since: float | None) -> Iterator[None]:
        """Mark doodle changes inside the block as made by a pointer event at `since`.

        `since`: a perf_counter time, or None.
        """
        self._dab_time = since
        try:
            yield
        finally:
            self._dab_time = None

    def catch_up(self) -> None:
        """Request the changes of a drag that has ended, if they were held back."""
        if not self._held.empty:
            self._request(self._held)

    def configure(self, settings: EngineSettings) -> None:
        """Change device, precision or number of threads and repaint everything."""
        self.engine.configure(settings)

    def starter(self, path: Path) -> np.ndarray | None:
        """Read a doodle as H x W material ids; on failure emit `problem` and return None."""
        from engine.doodle.files import read_doodle  # imports Pillow, as the engine does

        try:
            return read_doodle(path)
        except EngineError as error:
            self.problem.emit(str(error))
            return None

    def repaint(self) -> None:
        """Repaint everything; the picture on screen stays until then."""
        self._request(None, rough=False)

    def stop_run(self) -> None:
        """Stop painting the whole canvas; `repaint` paints what is missing then."""
        if self.busy:
            self._stopped_run = self.engine.worker.unwanted = self._run

    def frame_shown(self) -> None:
        """Measure the latency; called when a view has drawn the painting."""
        wait = self.latency.shown(time.perf_counter())
        if wait is not None:
            self.latency_measured.emit(wait)

    def _connect(self) -> None:
        worker = self.engine.worker
        worker.ready.connect(self._on_ready)
        worker.device_changed.connect(self.repaint)
        worker.styles_listed.connect(self.styles_listed)
        worker.style_loaded.connect(self.style_loaded)
        worker.style_failed.connect(self.style_failed)
        worker.patch_ready.connect(self._on_patch)
        worker.finished.connect(self._on_finished)
        worker.failed.connect(self._on_failed)
        worker.advanced.connect(self._on_advanced)

    def _on_ready(self, device: str, styles: list[StyleInfo]) -> None:
        self.starting = False
        self.styles_listed.emit(styles)
        self.ready.emit(device, styles)

    def _on_change(self, change: Change) -> None:
        if change.what in (Changed.LABELS, Changed.DIRECTIONS):
            self._request(change.rect)
        elif self._repaints(change.what):
            self.latency.forget()
            if change.what is Changed.CANVAS:
                self._view = None  # that was of the old canvas; a new one is shown as a whole
            self._request(None)

    def _repaints(self, what: Changed) -> bool:
        """Return whether a change needs the network's whole picture anew."""
        older, self._by_regions = self._by_regions, self._meant_regions()
        if what is Changed.BRUSHWORK:
            return older != self._by_regions
        return what in (Changed.STYLE, Changed.SEED, Changed.CANVAS, Changed.LOOK)

    def _meant_regions(self) -> object:
        """Return what the user chose to paint materials, of what the preview depends on.

        For the network, the regions of the style's painting by material. Over a photo, the preview
        has strokes too, and so all choices.
        """
        style_id = self._document.style_id
        chosen = self._document.brushwork.meanings_in(style_id)
        if self._document.photo is not None:
            return chosen
        return {each.material: each.region for each in chosen if each.lender == style_id}

    def _begin_run(self, rough: bool) -> None:
        """The next job paints the whole canvas, and patches of earlier jobs are stale.

        `rough`: a coarse picture may be shown first.
        """
        self._run, self._run_began = self._serial + 1, time.monotonic()
        self._rough = rough
        self.run_begun.emit()

    def _request(self, dirty: Rect | None, rough: bool = True) -> None:
        document = self._document
        self.whole = False
        if dirty is None:
            self._begin_run(rough and not document.stands_in)
        if not document.style_id:
            return
        if not self.live and dirty is not None and self._dab_time is not None:
            self._held = self._held.union(dirty)
            return
        dirty = dirty.union(self._held) if dirty is not None else None
        self._held = NOWHERE
        self._serial += 1
        if dirty is not None and self._dab_time is not None:
            self.latency.asked(self._serial, dirty, self._dab_time)
        focus = dirty if dirty is not None else self._view
        narrow = self.overlay is not None and self.overlay.active
        state = document.state()
        self._labels[self._serial] = state.labels
        self.engine.post(
            PreviewJob(
                self._serial, state, dirty, focus,
                rough=self._rough, narrow=narrow, run=self._run,
            )
        )  # fmt: skip
        self.busy_changed.emit(True)

    def _on_patch(self, patch: PreviewPatch) -> None:
        self.engine.worker.patch_taken()
        if patch.serial < self._run:
            return
        rect = Rect(*patch.rect)
        self.latency.painted(patch.serial, rect)
        part = rect if self.overlay is None else self.overlay.network_part(rect)
        if not part.empty:
            self._document.merge_painting(part, patch.pixels[part.slices_in(rect)])
        for serial in [serial for serial in self._labels if serial < patch.serial]:
            del self._labels[serial]
        self.patched.emit(rect, self._labels[patch.serial])

    def _on_finished(self, serial: int) -> None:
        self._answered = max(self._answered, serial)
        if not self.busy:
            self.whole = self._run != self._stopped_run
            self.busy_changed.emit(False)
            if self.whole:
                self.settled.emit()

    def _on_advanced(self, run: int, share: float) -> None:
        if run == self._run and self.busy:
            self.progressed.emit(share, time.monotonic() - self._run_began)

    def _on_failed(self, serial: int, sentence: str) -> None:
        self.starting = False
        self._answered = max(self._answered, serial)
        if sentence:
            self.problem.emit(sentence)
        if not self.busy:
            self.busy_changed.emit(False)
