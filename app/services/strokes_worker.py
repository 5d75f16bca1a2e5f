"""Paint live strokes on a thread of their own."""

import logging
import threading
from collections.abc import Hashable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QThread, Signal, SignalInstance, Slot

from app.document.document_state import DocumentState
from app.document.rect import NOWHERE, Rect
from app.document.selection import Selection
from app.services.engine_worker import sentence
from app.services.mailbox import Dirty, joined
from app.services.meanings import meanings_of
from app.services.stroke_versions import Key, StrokeVersions
from app.services.thread_priority import give_way

if TYPE_CHECKING:
    from engine.strokes.live import LiveStep, LiveStrokes
    from engine.strokes.painter import StrokeMatches, StrokeStyle
    from engine.tiles import Window

log = logging.getLogger("daub.strokes")

MOST_STYLES = 2
"""Prepared styles and sizes that are kept: the one in use, and the one before."""


_Source = tuple[Hashable, tuple[Hashable, ...], tuple[int, ...]]
"""What a source is made for: style with its stamp, meanings and materials."""


@dataclass(frozen=True, eq=False)
class Reroll:
    """A part of the canvas that gets strokes of another seed."""

    selection: Selection
    seed: int


@dataclass(frozen=True, eq=False)
class StrokesJob:
    """A frozen request for strokes. ``changed``: None for the whole canvas.

    ``base``: the job to whose state to return before, as the doodle differs from that one inside
    ``changed`` only; None continues from the current state. ``kept``: jobs that may become a base.
    ``reroll``: what to paint with other strokes afterwards.
    ``folders``: of the style packs by id, since a style may borrow from others; ``canvas``: another
    number for another canvas; ``focus``: what to show first when the whole canvas is painted.
    """

    serial: int
    state: DocumentState
    changed: Dirty
    folders: Mapping[str, Path]
    canvas: int = 0
    focus: Rect | None = None
    base: int | None = None
    kept: frozenset[int] = frozenset()
    reroll: Reroll | None = None


class StrokesSlot:
    """The newest job that waits; it takes over what the one before had to paint."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._job: StrokesJob | None = None

    @property
    def waiting(self) -> bool:
        """Whether a job waits."""
        return self._job is not None

    def post(self, job: StrokesJob) -> None:
        """Leave a job in place of the one that waits."""
        with self._lock:
            older, self._job = self._job, job
            if older is not None and job.base is None:
                changed = joined(older.changed, job.changed)
                self._job = replace(job, changed=changed, base=older.base)

    def take(self) -> StrokesJob | None:
        """Take the job that waits, if there is one."""
        with self._lock:
            job, self._job = self._job, None
            return job


class StrokesWorker(QObject):
    """Lives on the strokes thread; a newer job stops the one in progress.

    `painted` carries the job's serial, a Rect, h x w x 3 uint8 RGB and whether that was the last of
    the job; `rerolled` the same for a part that gets other strokes; `advanced` the serial and the
    share done, 0-1; `failed` the serial and one sentence; `flowed` the serial and
    which way strokes run on the whole canvas, see `LiveStrokes.flow`.
    """

    painted = Signal(int, object, object, bool)
    rerolled = Signal(int, object, object, bool)
    advanced = Signal(int, float)
    failed = Signal(int, str)
    flowed = Signal(int, object)
    _go_on = Signal()

    def __init__(self, slot: StrokesSlot) -> None:
        super().__init__()
        self.closing = threading.Event()
        self._slot = slot
        self._styles: dict[tuple[_Source, int], StrokeStyle] = {}
        self._versions = StrokeVersions()
        self._compiled = False
        self._go_on.connect(self.serve)

    @Slot()
    def start(self) -> None:
        """Lower the thread's priority: the pen and the network come first."""
        give_way()

    @Slot()
    def serve(self) -> None:
        """Paint the newest job."""
        job = self._slot.take()
        if job is None or self.closing.is_set():
            return
        try:
            self._paint(job)
        except Exception as error:
            self._versions = StrokeVersions()
            self.failed.emit(job.serial, sentence(error))
        if self._slot.waiting:
            self._go_on.emit()

    @Slot(object, object)
    def hand_over(self, matches: "Future[StrokeMatches | None]", key: Key) -> None:
        """Copy what the painting was copied from into ``matches``, if it is a painting of this."""
        live = self._versions.live if self._versions.key == key else None
        matches.set_result(None if live is None else live.matches())

    @Slot()
    def leave(self) -> None:
        """Drop what was painted and end the thread."""
        self._styles, self._versions = {}, StrokeVersions()
        QThread.currentThread().quit()

    def _paint(self, job: StrokesJob) -> None:
        known = job.base is None or self._versions.go(job.base)
        labels, changed = job.state.labels.array(), job.changed
        live = self._live_for(job, labels, changed if known else None)
        if live is None:
            return
        if not known and changed is not None:
            changed = changed.union(Rect(*live.difference(labels, job.state.direction_cells)))
        parts = list(self._parts(job, live, labels, changed))
        if not parts:
            self.flowed.emit(job.serial, live.flow())
        for number, (steps, signal) in enumerate(parts):
            for step in steps:
                share = (number + step.share) / len(parts)
                if share >= 1:
                    self._keep(job)
                    self.flowed.emit(job.serial, live.flow())
                elif self.closing.is_set() or self._slot.waiting:
                    return  # the generator is closed; what is left is made up for later
                self.advanced.emit(job.serial, share)
                if step.pixels is not None:
                    rect, pixels = Rect(*step.window), np.ascontiguousarray(step.pixels)
                    signal.emit(job.serial, rect, pixels, share >= 1)

    def _parts(
        self, job: StrokesJob, live: "LiveStrokes", labels: np.ndarray, changed: Dirty
    ) -> "Iterator[tuple[Iterator[LiveStep], SignalInstance]]":
        """Yield the parts of the work, with the signal for what they paint.

        None if there is only a state to return to.
        """
        reroll = job.reroll
        window, focus = (None if part is None else _window(part) for part in (changed, job.focus))
        if window is None or not window.empty or (reroll is not None and live.lacks(labels)):
            turned = job.state.direction_cells
            yield live.steps(labels, window, focus, turned), self.painted
        if reroll is not None:
            box, mask = _window(reroll.selection.box), reroll.selection.mask
            yield live.reroll(box, mask, reroll.seed), self.rerolled

    def _keep(self, job: StrokesJob) -> None:
        """Keep the state that the job has reached."""
        only_back = job.changed == NOWHERE and job.reroll is None
        name = job.base if only_back and job.base is not None else job.serial
        self._versions.keep(name, job.kept | {name})

    def _live_for(
        self, job: StrokesJob, labels: np.ndarray, changed: Dirty
    ) -> "LiveStrokes | None":
        """The painting for the job; None when the window closes meanwhile.

        `changed`: where `labels` may have materials that were not painted yet, None for all.
        """
        from engine.strokes.live import LiveStrokes, ensure_compiled

        if not self._compiled:
            if not ensure_compiled(self.closing.is_set):
                return None
            self._compiled = True
        state, versions, key = job.state, self._versions, key_of(job.state, job.canvas)
        live = versions.live
        if live is None or key != versions.key or job.changed is None:
            used = _materials(labels, None)
            if live is not None and set(used) == set(live.materials):
                used = live.materials  # in the old order, with a source to share
            threads = QThread.idealThreadCount()
            versions.begin(LiveStrokes(self._style(job, used), state.seed, threads), key)
        elif new := set(_materials(labels, changed)) - set(live.materials):
            live.extend(self._style(job, (*live.materials, *sorted(new))))
        return versions.live

    def _style(self, job: StrokesJob, used: tuple[int, ...]) -> "StrokeStyle":
        """Return the job's style, prepared for its size and these materials. Raises EngineError."""
        from engine.packs.borrowing import among
        from engine.packs.stroke_source import stroke_style
        from engine.packs.style_pack import stamp
        from engine.strokes.large import UNIT
        from engine.strokes.painter import stroke_sixteenths

        folder_of = among(job.folders)
        style_id, stroke = job.state.style_id, job.state.brushwork.stroke
        meanings = meanings_of(job.state)
        source = (style_id, stamp(folder_of(style_id))), tuple(meanings.items()), used
        key = source, stroke_sixteenths(stroke)
        if key not in self._styles:
            # The same style for other materials is not used again.
            for name in [name for name in self._styles if name[0] != source]:
                if name[0][:2] == source[:2]:
                    del self._styles[name]
            alike = [name for name in self._styles if name[0] == source and name[1] >= UNIT]
            like = self._styles[alike[-1]] if alike else None
            # It may borrow from other styles, whose folders it asks for.
            found = stroke_style(folder_of(style_id), stroke, folder_of, like, meanings, used)
            for note in found.notes:
                log.warning("%s", note)
            if len(self._styles) >= MOST_STYLES:
                self._styles.pop(next(iter(self._styles)))
            self._styles[key] = found
        return self._styles[key]


def key_of(state: DocumentState, canvas: int) -> Key:
    """Return what a live painting of the document, on the canvas of this number, is made for."""
    meanings = tuple(meanings_of(state).items())
    return state.style_id, state.seed, canvas, state.brushwork.stroke, meanings


def _materials(labels: np.ndarray, changed: Dirty) -> tuple[int, ...]:
    """Return the ids of the materials in a rectangle of the doodle, None for all of it."""
    from engine.studio import used_materials

    part = labels if changed is None else labels[changed.slices]
    return used_materials(np.ascontiguousarray(part))


def _window(rect: Rect) -> "Window":
    from engine.tiles import Window

    return Window(*rect)
