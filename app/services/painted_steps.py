"""Remember the painting at the steps of the history."""

from typing import NamedTuple

from app.document.picture import PictureSnapshot
from app.document.picture_difference import PictureDifference
from app.document.versions import Versions

BUDGET = 64 * 2**20
"""Bytes of pixels that are kept; the painting of older steps is painted again."""


class Painted(NamedTuple):
    """A painting, and what it is called on the strokes thread.

    `job`: serial of the job that painted it; `canvas`: number of the canvas.
    """

    picture: PictureSnapshot
    job: int
    canvas: int


class PaintedSteps:
    """The paintings of the history's steps, by their serials."""

    def __init__(self) -> None:
        self._versions: Versions[PictureDifference] = Versions(BUDGET)
        self._of_step: dict[int, tuple[int, int]] = {}
        self._picture: PictureSnapshot | None = None

    def __contains__(self, step: int) -> bool:
        return step in self._versions

    def shows(self, step: int, job: int) -> bool:
        """Whether the painting kept or taken last is that of this step, painted by this job."""
        return step == self._versions.current and job == self._of_step[step][0]

    @property
    def nbytes(self) -> int:
        """Memory in bytes, as if no tile were shared."""
        return self._versions.nbytes

    @property
    def jobs(self) -> frozenset[int]:
        """The jobs that painted what is kept."""
        return frozenset(job for job, _ in self._of_step.values())

    def keep(self, step: int, painted: Painted, reachable: set[int]) -> None:
        """Keep the painting of a step; forget steps that are not reachable."""
        before = self._picture if self._picture is not None else painted.picture
        self._versions.add(step, PictureDifference(before, painted.picture))
        self._picture = painted.picture
        self._of_step[step] = painted.job, painted.canvas
        self._versions.keep_only(reachable)
        names = self._versions.names
        self._of_step = {step: of for step, of in self._of_step.items() if step in names}

    def take(self, step: int) -> Painted:
        """Return the painting of a step. Raises KeyError."""
        self._versions.go(step, self._cross)
        assert self._picture is not None
        return Painted(self._picture, *self._of_step[step])

    def clear(self) -> None:
        """Forget everything."""
        self._versions.clear()
        self._of_step.clear()
        self._picture = None

    def _cross(self, difference: PictureDifference) -> None:
        assert self._picture is not None
        self._picture = difference.cross(self._picture)
