"""Keep the states of the live strokes to which undo and redo may return."""

from collections.abc import Collection, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional

from app.document.versions import Versions

if TYPE_CHECKING:
    from engine.strokes.edits import StrokeEdit
    from engine.strokes.live import LiveStrokes

BUDGET = 128 * 2**20
"""Bytes of match fields and pictures that are kept besides the current ones."""

Key = tuple[str, int, int, float, tuple[Hashable, ...]]
"""Style id, seed, number of the canvas, stroke size and what paints materials by choice."""

Painting = tuple[Optional["LiveStrokes"], Key]


@dataclass(eq=False)
class _Difference:
    """Edits of the same painting, or another painting."""

    edits: "list[StrokeEdit]"
    painting: Painting | None = None

    @property
    def nbytes(self) -> int:
        other = self.painting[0] if self.painting is not None else None
        return sum(edit.nbytes for edit in self.edits) + (other.nbytes if other is not None else 0)


class StrokeVersions:
    """The live painting of one thread, and its earlier and later states by job.

    `live`: the current painting, which may be ahead of the state that was kept last; `key`: what it
    is a painting of.
    """

    def __init__(self) -> None:
        self.live: LiveStrokes | None = None
        self.key: Key = ("", 0, 0, 1.0, ())
        self._versions: Versions[_Difference] = Versions(BUDGET)
        self._left: Painting | None = None  # of the current state, if another painting has begun

    @property
    def nbytes(self) -> int:
        """Memory in bytes besides the current painting."""
        return self._versions.nbytes

    def begin(self, live: "LiveStrokes", key: Key) -> None:
        """Continue with another painting."""
        if self._left is None and self.live is not None:
            self.live.revert()
            self._left = self.live, self.key
        self.live, self.key = live, key

    def keep(self, job: int, jobs: Collection[int]) -> None:
        """Keep the current state under the number of a job; forget states not in `jobs`."""
        assert self.live is not None
        back = _Difference(self.live.take_edits(), self._left)
        self._left = None
        self._versions.add(job, back)
        self._versions.keep_only(jobs)

    def go(self, job: int) -> bool:
        """Return to the state that was kept under this number.

        If there is none, drop what has been painted since the last one, and return False.
        """
        known = job in self._versions
        if known and self._left is not None:
            (self.live, self.key), self._left = self._left, None
        elif self.live is not None:
            self.live.revert()
        if known:
            self._versions.go(job, self._cross)
        return known

    def _cross(self, difference: _Difference) -> None:
        if difference.painting is not None:
            here = self.live, self.key
            (self.live, self.key), difference.painting = difference.painting, here
        elif self.live is not None:
            self.live.exchange(difference.edits)
