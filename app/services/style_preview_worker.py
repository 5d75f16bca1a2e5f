"""Paint style previews on the engine thread: the document, scaled down, in another style."""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.document.document_state import DocumentState
from app.document.photo import Photo
from app.document.resample import reduced_labels, resized_labels, resized_picture
from app.services.meanings import meanings_of
from app.services.photo_painter import engine_look
from engine.requests import PreviewRequest

if TYPE_CHECKING:
    from engine.studio import Studio

# Pixels of a style preview. This takes about 90 ms on one core, short enough while hovering.
STYLE_PREVIEW_AREA = 384 * 384


@dataclass(frozen=True)
class StylePreviewJob:
    """A frozen request for a style preview; the style is the one in `state`."""

    serial: int
    state: DocumentState

    def request(self) -> PreviewRequest:
        """Return the request for the engine; scales the doodle, which is slow for the UI thread."""
        labels = small_labels(self.state.labels.array())
        state, turned = self.state, self.state.directions_at(labels.shape)
        return PreviewRequest(
            self.serial,
            state.style_id,
            labels,
            state.seed,
            None,
            meanings=meanings_of(state),
            directions=turned,
        )


class StylePreviewSlot:
    """A slot for the newest style preview job, which stays until it is painted or cancelled."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._job: StylePreviewJob | None = None

    @property
    def newest(self) -> StylePreviewJob | None:
        """The current job, or None."""
        return self._job

    def post(self, job: StylePreviewJob | None) -> bool:
        """Replace the job, None to cancel it; return whether the worker must be woken."""
        with self._lock:
            older, self._job = self._job, job
            return older is None and job is not None

    def settle(self, job: StylePreviewJob) -> bool:
        """Remove a finished job; return whether a newer one needs another call of the worker."""
        with self._lock:
            if self._job is job:
                self._job = None
            return self._job is not None


def paint_sketch(
    studio: "Studio", job: StylePreviewJob, interrupted: Callable[[], bool]
) -> np.ndarray | None:
    """Paint a style preview, h x w x 3 uint8 RGB, read-only; return None if it was interrupted.

    `interrupted` is called after every patch. Raises EngineError when the style cannot be loaded.
    """
    studio.load_style(job.state.style_id)
    if job.state.photo is not None:
        return _photo_sketch(studio, job, job.state.photo)
    request = job.request()
    pixels = np.empty((*request.labels.shape, 3), np.uint8)
    for patch in studio.preview_steps(request):
        left, top, right, bottom = patch.rect
        pixels[top:bottom, left:right] = patch.pixels
        if interrupted():
            return None
    pixels.flags.writeable = False
    return pixels


def _photo_sketch(studio: "Studio", job: StylePreviewJob, photo: Photo) -> np.ndarray:
    from engine.studio import OverPhoto, composed  # imports torch, so not on the UI thread

    look = engine_look(job.state.look, job.state.style_id, job.state.seed)
    pixels = studio.photo_small(photo.pixels, look)
    height, width = pixels.shape[:2]
    step = max(1, photo.width // width)
    labels = OverPhoto(resized_labels(job.state.labels.array()[::step, ::step], width, height))
    own = resized_picture(photo.pixels, width, height)
    style_id, seed, meanings = job.state.style_id, job.state.seed, meanings_of(job.state)
    pixels = composed(
        labels, own, pixels, labels.bounds,
        lambda labels, tile: studio.over_photo(labels, style_id, seed, tile, meanings),
    ).copy()  # fmt: skip
    pixels.flags.writeable = False
    return pixels


def small_labels(labels: np.ndarray) -> np.ndarray:
    """Scale material ids, H x W, down to at most about STYLE_PREVIEW_AREA pixels; read-only."""
    return reduced_labels(labels, min(1.0, math.sqrt(STYLE_PREVIEW_AREA / labels.size)))
