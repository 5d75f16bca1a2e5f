"""Pictures from outside: read, looked at and turned into doodles on a thread of their own."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PySide6.QtCore import QObject, Signal

from app.document.foreign_colours import ForeignColours, foreign_colours
from app.document.label_map import LabelMap
from app.errors import unexpected
from app.words import tr
from engine.errors import EngineError
from engine.photo_files import open_foreign

log = logging.getLogger("daub.arrivals")

# As large and as small as a canvas can be.
LONGEST, SHORTEST = 8192, 16

# An underlay is only traced: more would not be seen, and every frame draws it.
UNDERLAY_SIDE = 2048


@dataclass(frozen=True, eq=False)
class Arrival:
    """A picture from outside. `small`: h x w x 3 uint8 RGB, at most UNDERLAY_SIDE a side."""

    name: str
    small: np.ndarray
    colours: ForeignColours


class ArrivalService(QObject):
    """`arrived` carries an Arrival, `doodle_ready` a name and a LabelMap, `problem` why not."""

    arrived = Signal(object)
    doodle_ready = Signal(str, object)
    problem = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(1, "arrivals")

    def read(self, path: Path) -> None:
        """Look at a picture file."""
        self._do(lambda: self._look(path.name, open_foreign(path, LONGEST)))

    def take(self, name: str, pixels: Callable[[], np.ndarray]) -> None:
        """Look at H x W x 3 uint8 RGB from elsewhere, the clipboard for example.

        `pixels` is called on the other thread; it may raise EngineError.
        """
        self._do(lambda: self._look(name, _fitting(pixels(), LONGEST)))

    def to_doodle(self, arrival: Arrival, chosen: Sequence[int]) -> None:
        """Make a doodle of it: colour i becomes material `chosen[i]`."""
        self._do(
            lambda: self.doodle_ready.emit(
                arrival.name, LabelMap.from_array(arrival.colours.labels(chosen))
            )
        )

    def stop(self) -> None:
        """Finish the picture in hand; nothing else comes."""
        self._pool.shutdown(cancel_futures=True)

    def _look(self, name: str, rgb: np.ndarray) -> None:
        height, width = rgb.shape[:2]
        if min(height, width) < SHORTEST:
            raise EngineError(
                f"{name} is only {width} x {height} pixels; a canvas has {SHORTEST} or more a side."
            )
        self.arrived.emit(Arrival(name, _fitting(rgb, UNDERLAY_SIDE), foreign_colours(rgb)))

    def _do(self, work: Callable[[], object]) -> None:
        self._pool.submit(self._guarded, work)

    def _guarded(self, work: Callable[[], object]) -> None:
        try:
            work()
        except EngineError as error:
            self.problem.emit(str(error))
        except MemoryError:
            self.problem.emit(tr("There is not enough memory for a picture of this size."))
        except Exception as error:
            log.exception("a picture could not be taken in")
            self.problem.emit(unexpected(error))


def _fitting(rgb: np.ndarray, longest: int) -> np.ndarray:
    """The picture, made smaller if a side is longer."""
    height, width = rgb.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return rgb
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
