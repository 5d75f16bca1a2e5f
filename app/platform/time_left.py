"""The remaining time of a job, in words."""

from app.platform.translation import tr

FIRST_GUESS = 0.02
"""Below this share of the work the remaining time cannot be estimated."""


def time_left(seconds: float, share: float) -> str:
    """Return the remaining time in words, when `share` (0-1) of the work took `seconds`."""
    if share < FIRST_GUESS:
        return tr("estimating the time left")
    left = seconds * (1 - share) / share
    if left < 5:
        return tr("a few seconds left")
    if left < 55:
        return tr("about {seconds} s left", seconds=5 * round(left / 5))
    minutes = round(left / 60)
    if minutes < 60:
        return tr("about {minutes} min left", minutes=max(1, minutes))
    return tr("about {hours} h {minutes} min left", hours=minutes // 60, minutes=minutes % 60)
