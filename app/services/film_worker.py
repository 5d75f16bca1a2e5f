"""Paint the states of a document again and write them as a film, on a thread of its own."""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PySide6.QtCore import QObject, QThread, Signal, Slot

from app.document.brushwork import reduced_stroke
from app.document.document import PaintingSnapshot
from app.document.document_state import DocumentState
from app.document.film import ANIMATED, BLEND, ENDING, RATE, FilmOptions, states_by_frame
from app.document.patch import box_of
from app.document.rect import Rect
from app.document.resample import reduced_labels
from app.document.tile_grid import TILE
from app.services.engine_worker import EngineSettings, StudioFactory, new_studio, sentence
from app.services.meanings import meanings_of
from app.services.thread_priority import give_way
from engine.requests import PreviewRequest
from resources.materials import in_colours

if TYPE_CHECKING:
    from engine.strokes.live import LiveStrokes
    from engine.studio import Studio

log = logging.getLogger("daub.film")

GAP = 8
"""Pixels between painting and doodle."""

LARGEST = 2048
"""Longest side in pixels at which states are painted; larger ones are reduced before."""

GROUND = 24
"""Grey value of what neither painting nor doodle covers, 0-255."""


@dataclass(frozen=True, eq=False)
class FilmJob:
    """A frozen request for a film.

    `states`: of the document, oldest first; `seen`: the painting on screen, which ends the film;
    `folders`: of the styles, by id; `strokes`: ids of the styles that paint with strokes; `engine`:
    settings of the window's engine.
    """

    states: tuple[DocumentState, ...]
    seen: PaintingSnapshot
    options: FilmOptions
    folders: Mapping[str, Path]
    strokes: frozenset[str]
    engine: EngineSettings


class FilmWorker(QObject):
    """Lives on the film thread. `advanced` carries the share done, 0-1.

    `ended` carries why there is no film: empty if it is written, else one sentence, or None if it
    was stopped.
    """

    advanced = Signal(float)
    ended = Signal(object)

    def __init__(self, factory: StudioFactory) -> None:
        super().__init__()
        self.stopping = threading.Event()
        self._factory = factory

    @Slot(object)
    def serve(self, job: FilmJob) -> None:
        """Write a film."""
        give_way()
        try:
            self._write(job)
        except _Stopped:
            self.ended.emit(None)
        except Exception as error:
            self.ended.emit(sentence(error))
        else:
            self.ended.emit("")

    @Slot()
    def leave(self) -> None:
        """End the thread."""
        QThread.currentThread().quit()

    def _write(self, job: FilmJob) -> None:
        """Write the film. Raises EngineError; and _Stopped, which leaves no file."""
        from engine.video.clip import ClipInfo, Frame
        from engine.video.films import open_film

        layout, path = FrameLayout(job.states[-1], job.options), job.options.path
        info, number = ClipInfo(layout.size, Fraction(RATE), Fraction(1, RATE), 0), 0
        with open_film(path, info) as film:
            for pixels, count in self._shots(job, layout):
                # Players of films want all frames, those of animated pictures as few as possible.
                length = count if path.suffix.lower() in ANIMATED else 1
                for _ in range(count // length):
                    if self.stopping.is_set():
                        raise _Stopped
                    film.write(Frame(pixels, Fraction(number, RATE), Fraction(length, RATE)))
                    number += length

    def _shots(self, job: FilmJob, layout: "FrameLayout") -> Iterator[tuple[np.ndarray, int]]:
        """Yield pictures, (H, W, 3) uint8, and for how many frames each is shown."""
        painter = StatePainter(new_studio(self._factory, job.engine), job, self.stopping.is_set)
        shown = Counter(states_by_frame(len(job.states), job.options.seconds))
        frame = layout.empty()
        for done, (number, count) in enumerate(shown.items()):
            self.advanced.emit(done / len(shown))
            state = job.states[number]
            frame = layout.frame(painter.paint(state), state.labels.array())
            yield frame, count
        end = layout.frame(job.seen.array(), job.states[-1].labels.array())
        blended = round(BLEND * RATE)
        for step in range(1, blended):
            yield cv2.addWeighted(end, step / blended, frame, 1 - step / blended, 0), 1
        yield end, round(ENDING * RATE) - blended + 1


class _Stopped(Exception):
    """The user has stopped the film."""


class StatePainter:
    """Paints states one after another, only where the doodle changed."""

    def __init__(self, studio: "Studio", job: FilmJob, stopped: Callable[[], bool]) -> None:
        self._studio, self._job, self._stopped = studio, job, stopped
        self._live: LiveStrokes | None = None
        self._picture = np.empty((0, 0, 3), np.uint8)
        self._key: object = None
        self._request: PreviewRequest | None = None
        self._by_net = np.empty((0, 0, 3), np.uint8)

    def paint(self, state: DocumentState) -> np.ndarray:
        """Return the painting of a state, h x w x 3 uint8. Raises EngineError and _Stopped.

        It is as large as the canvas, or its longer side is LARGEST if that is smaller. A photo is
        shown as it is. A refined picture is shown where it belongs to the doodle.
        """
        refined = state.refined
        if state.photo is not None:
            return state.photo.pixels
        if refined is not None and refined.doodle.same(state.doodle):
            return refined.pixels
        if state.style_id in self._job.strokes:
            return self._by_strokes(state)
        return self._by_network(state)

    def _by_network(self, state: DocumentState) -> np.ndarray:
        labels, turned = _doodle_of(state)
        request = PreviewRequest(
            0, state.style_id, labels, state.seed, None,
            meanings=meanings_of(state), directions=turned,
        )  # fmt: skip
        changed = _changed(self._request, request)
        if changed is None:
            self._by_net = np.empty((*labels.shape, 3), np.uint8)
        elif changed.empty:
            return self._by_net
        self._request = request
        self._studio.load_style(state.style_id)
        self._check()
        dirty = None if changed is None else (*changed,)
        for patch in self._studio.preview_steps(replace(request, dirty=dirty)):
            self._check()
            self._by_net[Rect(*patch.rect).slices] = patch.pixels
        return self._by_net

    def _by_strokes(self, state: DocumentState) -> np.ndarray:
        labels, turned = _doodle_of(state)
        key = state.style_id, state.seed, state.brushwork, state.labels.bounds
        live = self._live
        changed = None
        if live is None or key != self._key:
            live, self._key = self._begin(state), key
            self._live, self._picture = live, np.empty((*labels.shape, 3), np.uint8)
        else:
            changed = live.difference(labels, turned)
            if changed.empty:
                return self._picture
        for step in live.steps(labels, changed, None, turned):
            self._check()
            if step.pixels is not None:
                self._picture[Rect(*step.window).slices] = step.pixels
        live.take_edits()  # they are for undo
        return self._picture

    def _begin(self, state: DocumentState) -> "LiveStrokes":
        """Prepare a style for all materials that the film shows in it."""
        from engine.packs.borrowing import among
        from engine.packs.stroke_source import stroke_style
        from engine.strokes.live import LiveStrokes, ensure_compiled

        if not ensure_compiled(self._stopped):
            raise _Stopped
        self._live = None  # frees its source
        folder_of = among(self._job.folders)
        used = _materials(each for each in self._job.states if each.style_id == state.style_id)
        style = stroke_style(
            folder_of(state.style_id), reduced_stroke(state.brushwork.stroke, _factor(state)),
            folder_of,
            meanings=meanings_of(state), used=used,
        )  # fmt: skip
        for note in style.notes:
            log.warning("%s", note)
        return LiveStrokes(style, state.seed, QThread.idealThreadCount())

    def _check(self) -> None:
        if self._stopped():
            raise _Stopped


def _changed(old: PreviewRequest | None, new: PreviewRequest) -> Rect | None:
    """Return where a doodle differs from the one that was painted; None for everywhere."""
    if old is None or old.labels.shape != new.labels.shape:
        return None
    same = (old.style_id, old.seed, old.meanings) == (new.style_id, new.seed, new.meanings)
    if not same or not _equal(old.directions, new.directions):
        return None
    return box_of(old.labels != new.labels)


def _equal(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other)


def _factor(state: DocumentState) -> float:
    """Return by how much a state is reduced before it is painted."""
    return min(1.0, LARGEST / max(state.labels.width, state.labels.height))


def _doodle_of(state: DocumentState) -> tuple[np.ndarray, np.ndarray | None]:
    """Return material ids, h x w, and the pen's directions, at the size that is painted."""
    factor = _factor(state)
    if factor == 1:
        return state.labels.array(), state.direction_cells
    labels = reduced_labels(state.labels.array(), factor, samples=2)
    return labels, state.directions_at(labels.shape)


def _materials(states: Iterator[DocumentState]) -> tuple[int, ...]:
    """Return the ids of the materials in these states, ascending."""
    from engine.studio import used_materials

    found, seen = set[int](), dict[int, np.ndarray]()
    for labels in (state.labels for state in states):
        across = -(-labels.width // TILE)
        for index, tile in enumerate(labels.tiles):
            if id(tile) not in seen:  # states share most of their tiles
                seen[id(tile)] = tile
                top, left = (TILE * at for at in divmod(index, across))
                found |= set(used_materials(tile[: labels.height - top, : labels.width - left]))
    return tuple(sorted(found))


class FrameLayout:
    """Where painting and doodle lie in a frame. `size`: width and height of a frame, even."""

    def __init__(self, last: DocumentState, options: FilmOptions) -> None:
        """`last`: the last state, whose canvas fills its place; others keep their proportions."""
        width, height = last.labels.width, last.labels.height
        factor = options.longest / max(width, height)
        self._part = _even(width * factor), _even(height * factor)
        self._across, self._down = options.layout == "beside", options.layout == "below"
        width, height = self._part
        self.size = (
            2 * width + GAP if self._across else width,
            2 * height + GAP if self._down else height,
        )

    def empty(self) -> np.ndarray:
        """Return a frame without pictures, (H, W, 3) uint8."""
        return np.full((self.size[1], self.size[0], 3), GROUND, np.uint8)

    def frame(self, painting: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Return a frame with a painting, h x w x 3 uint8, and material ids, h x w."""
        frame, (width, height) = self.empty(), self._part
        frame[:height, :width] = self._fitted(painting)
        if self._across or self._down:
            frame[-height:, -width:] = self._fitted(in_colours(labels))
        return frame

    def _fitted(self, picture: np.ndarray) -> np.ndarray:
        """Scale a picture into its place, with borders where the proportions differ."""
        (width, height), (rows, columns) = self._part, picture.shape[:2]
        factor = min(width / columns, height / rows)
        size = (
            max(1, min(width, round(columns * factor))),
            max(1, min(height, round(rows * factor))),
        )
        method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
        scaled = cv2.resize(picture, size, interpolation=method)
        left, top = (width - size[0]) // 2, (height - size[1]) // 2
        place = np.full((height, width, 3), GROUND, np.uint8)
        place[top : top + size[1], left : left + size[0]] = scaled
        return place


def _even(length: float) -> int:
    return max(2, 2 * round(length / 2))
