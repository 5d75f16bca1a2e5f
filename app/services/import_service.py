"""Pictures from outside: read, looked at and turned into doodles on a thread of their own."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from PySide6.QtCore import QObject, Signal

from app.document.colour_quantization import ForeignColours, foreign_colours, surely_photo
from app.document.label_map import LabelMap
from app.document.photo import Photo
from app.document.picture import Placeholder
from app.platform.errors import unexpected
from app.platform.translation import tr
from engine.errors import EngineError
from resources.materials import in_colours

log = logging.getLogger("daub.arrivals")

# As large and as small as a canvas can be.
LONGEST, SHORTEST = 8192, 16

# An underlay is only traced: more would not be seen, and every frame draws it.
UNDERLAY_SIDE = 2048

# Of 255: what is less opaque counts as clear in a drawing, as for the command line.
HALF = 128

Announce = Callable[[], object]


@dataclass(frozen=True, eq=False)
class DrawingRead:
    """A drawing from outside. `small`: h x w x 3 uint8 RGB, at most UNDERLAY_SIDE a side.

    `fresh`: it shall be a document of its own. `remark`: how else its file could be read.
    """

    name: str
    small: np.ndarray
    colours: ForeignColours
    fresh: bool = False
    remark: str = ""


@dataclass(frozen=True, eq=False)
class PhotoRead:
    """A photo from outside; `picture` is what it looks like, for the canvas until it is painted.

    `shrunk`: its file has more pixels than a canvas can have.
    """

    photo: Photo
    picture: Placeholder
    fresh: bool = False
    shrunk: bool = False


class ImportService(QObject):
    """What comes is looked at on a thread of its own.

    `arrived` carries a DrawingRead, `photo_arrived` a PhotoRead, `doodle_ready` a DrawingRead and a
    LabelMap, `problem` why not.
    """

    arrived = Signal(object)
    photo_arrived = Signal(object)
    doodle_ready = Signal(object, object)
    problem = Signal(str)
    _done = Signal(int, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(1, "arrivals")
        # What was asked for before the round that counts is nobody's business any more.
        self._round = self._waiting = 0
        self._stopped = False
        self._done.connect(self._on_done)

    def read(self, path: Path) -> None:
        """Look at a picture file."""

        def look() -> Announce:
            doodle = _ids(path)
            if doodle is not None:
                return lambda: self.arrived.emit(doodle)
            photo, rgb = _opened(path)
            return self._look(photo, rgb, shrunk=_is_larger(path, photo))

        self._do(look)

    def take(self, name: str, pixels: Callable[[], np.ndarray], fresh: bool = False) -> None:
        """Look at H x W x 3 uint8 RGB from elsewhere, the clipboard for example.

        `pixels` is called on the other thread; it may raise EngineError.
        """

        def look() -> Announce:
            rgb = _fitting(pixels(), LONGEST)
            return self._look(Photo(name, rgb), rgb, fresh)

        self._do(look)

    def consider(self, photo: Photo) -> None:
        """Look at a photo as at a drawing; `arrived` follows."""

        def look() -> Announce:
            arrival = _drawing(photo.name, photo.pixels)
            return lambda: self.arrived.emit(arrival)

        self._do(look)

    def to_doodle(self, arrival: DrawingRead, chosen: Sequence[int]) -> None:
        """Make a doodle of it: colour i becomes material `chosen[i]`."""

        def make() -> Announce:
            labels = LabelMap.from_array(arrival.colours.labels(chosen))
            return lambda: self.doodle_ready.emit(arrival, labels)

        self._do(make)

    def forget(self) -> bool:
        """Nothing comes of what was asked for so far; whether anything was still to come."""
        waited, self._waiting = self._waiting > 0, 0
        self._round += 1
        return waited

    def stop(self) -> None:
        """Finish the picture in hand; nothing comes of it, nor of what is asked for afterwards."""
        self._stopped = True
        self.forget()
        self._pool.shutdown(cancel_futures=True)

    def _look(
        self, photo: Photo, rgb: np.ndarray, fresh: bool = False, shrunk: bool = False
    ) -> Announce:
        if min(photo.width, photo.height) < SHORTEST:
            raise EngineError(
                f"{photo.name} is only {photo.width} x {photo.height} pixels; a canvas has "
                f"{SHORTEST} or more a side."
            )
        if not surely_photo(rgb):
            drawing = _drawing(photo.name, _on_background(photo, rgb), fresh)
            if drawing.colours.flat:
                return lambda: self.arrived.emit(drawing)
        arrival = PhotoRead(photo, Placeholder.from_array(rgb), fresh, shrunk)
        return lambda: self.photo_arrived.emit(arrival)

    def _do(self, work: Callable[[], Announce]) -> None:
        if self._stopped:
            return  # another thread's signal may be heard only after the window has closed
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
    """The picture of a drawing: what is clear in it is the first material, as in a new doodle."""
    if photo.alpha is None:
        return rgb
    clear = photo.alpha[..., None] < HALF
    return np.where(clear, in_colours(np.zeros((), np.uint8)), photo.pixels)


def _sentence(error: Exception) -> str:
    if isinstance(error, EngineError):
        return str(error)
    if isinstance(error, MemoryError):
        return tr("There is not enough memory for a picture of this size.")
    log.error("a picture could not be taken in", exc_info=error)
    return unexpected(error)


def _opened(path: Path) -> tuple[Photo, np.ndarray]:
    """A photo, and it on white, H x W x 3 uint8 RGB."""
    from engine.picture_files import read_photo  # with Pillow, which the window does not need

    found = read_photo(path, LONGEST)
    pixels, alpha = found.pixels, found.alpha
    if alpha is not None:
        # What lies under clear pixels is anything, and would be painted.
        pixels = np.where(alpha[..., None] == 0, np.uint8(255), pixels)
    return Photo(path.name, pixels, alpha, found.camera()), found.on_white()


def _ids(path: Path) -> DrawingRead | None:
    """A doodle whose pixels are ids of materials; None for a picture in colours."""
    from engine.doodle.files import read_ids

    found = read_ids(path)
    if (
        found is None
        or not SHORTEST <= min(found.labels.shape) <= max(found.labels.shape) <= LONGEST
    ):
        return None
    drawing = _drawing(path.name, in_colours(found.labels))
    return replace(drawing, remark=found.remark)


def _is_larger(path: Path, photo: Photo) -> bool:
    """The file, which has been read, has more pixels than `photo`."""
    from PIL import Image

    if max(photo.width, photo.height) < LONGEST:
        return False
    with Image.open(path) as image:
        return max(image.size) > LONGEST


def _fitting(rgb: np.ndarray, longest: int) -> np.ndarray:
    """The picture, made smaller if a side is longer."""
    height, width = rgb.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return rgb
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
