"""Import pictures on a separate thread: read them, classify them and convert them to doodles."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from PySide6.QtCore import QObject, Signal

from app.document.clip_options import ANIMATED
from app.document.colour_quantization import ForeignColours, foreign_colours, surely_photo
from app.document.label_map import LabelMap
from app.document.photo import Photo
from app.document.picture import Placeholder
from app.platform.errors import unexpected
from app.platform.translation import tr
from engine.errors import EngineError
from resources.colour_depth import DEEPEST
from resources.materials import in_colours

log = logging.getLogger("daub.arrivals")

# Limits of a canvas side in pixels.
LONGEST, SHORTEST = 8192, 16

# An underlay is only traced, so more detail is not needed, and every frame draws it.
UNDERLAY_SIDE = 2048

# Pixels of a drawing with a smaller alpha (0-255) count as transparent, as on the command line.
HALF = 128

Announce = Callable[[], object]


@dataclass(frozen=True, eq=False)
class DrawingRead:
    """An imported drawing.

    `small`: h x w x 3 uint8 RGB, at most UNDERLAY_SIDE a side. `colours`: its colours and the
    pixels that have them. `fresh`: open it as a new document. `remark`: a message about another way
    to read the file, or "".
    """

    name: str
    small: np.ndarray
    colours: ForeignColours
    fresh: bool = False
    remark: str = ""


@dataclass(frozen=True, eq=False)
class PhotoRead:
    """An imported photo.

    `picture`: shown on the canvas until the photo is painted. `fresh`: open it as a new document.
    `shrunk`: the photo was scaled down because its file is larger than a canvas can be.
    """

    photo: Photo
    picture: Placeholder
    fresh: bool = False
    shrunk: bool = False


class ImportService(QObject):
    """Reads and classifies pictures on a separate thread.

    `arrived` carries a DrawingRead, `photo_arrived` a PhotoRead, `doodle_ready` a DrawingRead and
    its LabelMap, `animated` the file of an animation, `problem` an error sentence.
    """

    arrived = Signal(object)
    photo_arrived = Signal(object)
    doodle_ready = Signal(object, object)
    animated = Signal(Path)
    problem = Signal(str)
    _done = Signal(int, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(1, "arrivals")
        # Results of requests from an earlier round are ignored.
        self._round = self._waiting = 0
        self._stopped = False
        self._done.connect(self._on_done)

    def read(self, path: Path, still: bool = False) -> None:
        """Read a picture file; emits `arrived`, `photo_arrived`, `animated` or `problem`.

        `still`: of an animation, the first picture.
        """

        def look() -> Announce:
            if not still and _is_animated(path):
                return lambda: self.animated.emit(path)
            doodle = _ids(path)
            if doodle is not None:
                return lambda: self.arrived.emit(doodle)
            photo, rgb = _opened(path)
            return self._look(photo, rgb, shrunk=_is_larger(path, photo))

        self._do(look)

    def take(self, name: str, pixels: Callable[[], np.ndarray], fresh: bool = False) -> None:
        """Take a picture from another source, for example the clipboard.

        `pixels` returns H x W x 3 uint8 RGB; it is called on the import thread and may raise
        EngineError. `fresh`: open the picture as a new document.
        """

        def look() -> Announce:
            rgb = _fitting(pixels(), LONGEST)
            return self._look(Photo(name, rgb), rgb, fresh)

        self._do(look)

    def consider(self, photo: Photo) -> None:
        """Treat a photo as a drawing; emits `arrived`."""

        def look() -> Announce:
            arrival = _drawing(photo.name, photo.pixels)
            return lambda: self.arrived.emit(arrival)

        self._do(look)

    def to_doodle(self, arrival: DrawingRead, chosen: Sequence[int]) -> None:
        """Convert a drawing to a doodle: colour i becomes material `chosen[i]`."""

        def make() -> Announce:
            labels = LabelMap.from_array(arrival.colours.labels(chosen))
            return lambda: self.doodle_ready.emit(arrival, labels)

        self._do(make)

    def forget(self) -> bool:
        """Cancel all requests and return whether any was pending."""
        waited, self._waiting = self._waiting > 0, 0
        self._round += 1
        return waited

    def stop(self) -> None:
        """Cancel all requests, ignore later ones and wait for the thread."""
        self._stopped = True
        self.forget()
        self._pool.shutdown(cancel_futures=True)

    def _look(
        self, photo: Photo, rgb: np.ndarray, fresh: bool = False, shrunk: bool = False
    ) -> Announce:
        if min(photo.width, photo.height) < SHORTEST:
            raise EngineError(
                f"{photo.name} is too small: {photo.width} x {photo.height} pixels; a canvas needs "
                f"at least {SHORTEST} pixels a side."
            )
        if not surely_photo(rgb):
            drawing = _drawing(photo.name, _on_background(photo, rgb), fresh)
            if drawing.colours.flat:
                return lambda: self.arrived.emit(drawing)
        arrival = PhotoRead(photo, Placeholder.from_array(rgb), fresh, shrunk)
        return lambda: self.photo_arrived.emit(arrival)

    def _do(self, work: Callable[[], Announce]) -> None:
        if self._stopped:
            return  # a queued signal may arrive after the window was closed
        self._waiting += 1
        self._pool.submit(self._guarded, self._round, work)

    def _guarded(self, begun: int, work: Callable[[], Announce]) -> None:
        try:
            announce = work()
        except Exception as error:
            announce = partial(self.problem.emit, _sentence(error))
        self._done.emit(begun, announce)

    def _on_done(self, begun: int, announce: Announce) -> None:
        if begun == self._round:
            self._waiting -= 1
            announce()


def _drawing(name: str, rgb: np.ndarray, fresh: bool = False) -> DrawingRead:
    return DrawingRead(name, _fitting(rgb, UNDERLAY_SIDE), foreign_colours(rgb), fresh)


def _on_background(photo: Photo, rgb: np.ndarray) -> np.ndarray:
    """Return the drawing with its transparent pixels filled with the first material's colour."""
    if photo.alpha is None:
        return rgb
    clear = photo.alpha[..., None] < HALF
    return np.where(clear, in_colours(np.zeros((), np.uint8)), photo.pixels)


def _sentence(error: Exception) -> str:
    if isinstance(error, EngineError):
        return str(error)
    if isinstance(error, MemoryError):
        return tr("There is not enough memory for a picture of this size.")
    log.error("a picture could not be imported", exc_info=error)
    return unexpected(error)


def _opened(path: Path) -> tuple[Photo, np.ndarray]:
    """Read a photo; return it and its pixels on white, H x W x 3 uint8 RGB."""
    from engine.picture_files import read_photo  # imports Pillow, which the window does not need

    found = read_photo(path, LONGEST, deep=True)
    pixels, alpha, deep = found.pixels, found.alpha, found.deep
    if alpha is not None:
        # Fully transparent pixels may have any colour, which would be painted.
        clear = alpha == 0
        pixels = np.where(clear[..., None], np.uint8(255), pixels)
        if deep is not None:
            deep = deep.copy()
            deep[clear, :3] = DEEPEST
    return Photo(path.name, pixels, alpha, found.camera(), deep), found.on_white()


def _ids(path: Path) -> DrawingRead | None:
    """Read a doodle whose pixels are material ids; None if the file is a colour picture."""
    from engine.doodle.files import read_ids

    found = read_ids(path)
    if (
        found is None
        or not SHORTEST <= min(found.labels.shape) <= max(found.labels.shape) <= LONGEST
    ):
        return None
    drawing = _drawing(path.name, in_colours(found.labels))
    return replace(drawing, remark=found.remark)


def _is_animated(path: Path) -> bool:
    if path.suffix.lower() not in ANIMATED:
        return False
    from engine.video.animations import is_animated

    return is_animated(path)


def _is_larger(path: Path, photo: Photo) -> bool:
    """Return whether the picture in the file is larger than `photo`, which was read from it."""
    from PIL import Image

    if max(photo.width, photo.height) < LONGEST:
        return False
    with Image.open(path) as image:
        return max(image.size) > LONGEST


def _fitting(rgb: np.ndarray, longest: int) -> np.ndarray:
    """Return the picture, scaled down if a side is longer than `longest` pixels."""
    height, width = rgb.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return rgb
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
