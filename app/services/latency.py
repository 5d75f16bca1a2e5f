"""Measure the latency of a dab, from the pointer event to the frame that shows its pixels."""

from collections import deque
from dataclasses import dataclass, field

from app.document.rect import Rect


@dataclass
class _Dab:
    serial: int
    since: float
    missing: list[Rect] = field(default_factory=list)


class LatencyMeter:
    """Tracks every dab until all of its own pixels are repainted and on screen.

    `milliseconds`: the latest 1000 latencies.
    """

    def __init__(self) -> None:
        self._asked: deque[_Dab] = deque(maxlen=512)
        self._answered: list[_Dab] = []
        self.milliseconds: deque[float] = deque(maxlen=1000)

    def asked(self, serial: int, rect: Rect, since: float) -> None:
        """Note that a dab on `rect`, made at `since` (perf_counter), was sent as job `serial`."""
        self._asked.append(_Dab(serial, since, [rect]))

    def painted(self, serial: int, rect: Rect) -> None:
        """Note that a patch on `rect` of job `serial` was merged into the painting."""
        for dab in self._asked:
            if dab.serial <= serial:
                dab.missing = [left for part in dab.missing for left in part.minus(rect)]
        self._answered += [dab for dab in self._asked if not dab.missing]
        self._asked = deque((dab for dab in self._asked if dab.missing), maxlen=512)

    def shown(self, now: float) -> float | None:
        """Note that a frame showed all patches so far; return the newest dab's latency in ms."""
        if not self._answered:
            return None
        waits = [(now - dab.since) * 1000 for dab in self._answered]
        self.milliseconds.extend(waits)
        self._answered.clear()
        return waits[-1]

    def forget(self) -> None:
        """Drop all pending dabs, because everything is painted again."""
        self._asked.clear()
        self._answered.clear()
