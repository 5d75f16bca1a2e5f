"""How long a dab waits for its pixels, from the pointer event to the frame that shows them."""

from collections import deque
from dataclasses import dataclass, field

from app.document.rect import Rect


@dataclass
class _Dab:
    serial: int
    since: float
    missing: list[Rect] = field(default_factory=list)


class LatencyMeter:
    """Follows every dab until all of its own pixels are repainted and on screen."""

    def __init__(self) -> None:
        self._asked: deque[_Dab] = deque(maxlen=512)
        self._answered: list[_Dab] = []
        self.milliseconds: deque[float] = deque(maxlen=1000)

    def asked(self, serial: int, rect: Rect, since: float) -> None:
        """A dab on `rect`, made at `since` (perf_counter), went out as request `serial`."""
        self._asked.append(_Dab(serial, since, [rect]))

    def painted(self, serial: int, rect: Rect) -> None:
        """A patch that answers request `serial` was put into the painting."""
        for dab in self._asked:
            if dab.serial <= serial:
                dab.missing = [left for part in dab.missing for left in part.minus(rect)]
        self._answered += [dab for dab in self._asked if not dab.missing]
        self._asked = deque((dab for dab in self._asked if dab.missing), maxlen=512)

    def shown(self, now: float) -> float | None:
        """A frame with everything painted so far is on screen: the newest dab's wait in ms."""
        if not self._answered:
            return None
        waits = [(now - dab.since) * 1000 for dab in self._answered]
        self.milliseconds.extend(waits)
        self._answered.clear()
        return waits[-1]

    def forget(self) -> None:
        """The canvas was replaced: nobody waits for the old dabs."""
        self._asked.clear()
        self._answered.clear()
