"""The time that a job took, and the remaining time in words."""

import time

from app.platform.translation import tr

FIRST_GUESS = 0.02
"""Below this share of the work the remaining time cannot be estimated."""


def time_left(seconds: float, share: float) -> str:
    """Return the remaining time in words, when `share` (0-1) of the work took `seconds`."""
    if share < FIRST_GUESS:
        return tr("estimating the time left")
    return left_in_words(seconds * (1 - share) / share)


def left_in_words(left: float) -> str:
    """Return so many remaining seconds in words."""
    if left < 5:
        return tr("a few seconds left")
    if left < 55:
        return tr("about {seconds} s left", seconds=5 * round(left / 5))
    minutes = round(left / 60)
    if minutes < 60:
        return tr("about {minutes} min left", minutes=max(1, minutes))
    return tr("about {hours} h {minutes} min left", hours=minutes // 60, minutes=minutes % 60)


class WorkClock:
    """Counts the seconds since its creation without those at rest."""

    def __init__(self) -> None:
        self._began, self._rested = time.monotonic(), 0.0
        self._since: float | None = None

    @property
    def seconds(self) -> float:
        """Seconds at work."""
        return (self._since or time.monotonic()) - self._began - self._rested

    def rest(self, wanted: bool) -> None:
        """Stop to count, or continue."""
        if wanted:
            self._since = time.monotonic()
        elif self._since is not None:
            self._rested += time.monotonic() - self._since
            self._since = None
