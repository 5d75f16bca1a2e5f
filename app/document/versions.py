"""Remember many versions of a large value by the differences between them."""

from collections import Counter
from collections.abc import Callable, Collection
from itertools import count
from typing import Generic, Protocol, TypeVar


class Difference(Protocol):
    """What another version has where it differs from the current one."""

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""


D = TypeVar("D", bound=Difference)


class Versions(Generic[D]):
    """A tree of versions with numbers. Only the current one is complete, and the caller has it.

    Each other version has the difference to its neighbour in the direction of the current one. So
    going from one version to another crosses the differences on the way, and each of them is turned
    round. Versions beyond `budget` bytes are forgotten, those first that were left first.
    """

    def __init__(self, budget: int) -> None:
        self.current: int | None = None
        self.nbytes = 0
        self._budget = budget
        self._towards: dict[int, tuple[int, D]] = {}
        self._nameless = count(-1, -1)

    def __contains__(self, name: int) -> bool:
        return name == self.current or name in self._towards

    @property
    def names(self) -> frozenset[int]:
        """The numbers of all versions."""
        return frozenset(self._towards) | ({self.current} if self.current is not None else set())

    def add(self, name: int, back: D) -> None:
        """Make `name` the current version; `back` is what the one before has where it differs.

        An older version of that name loses it, but versions behind it stay within reach.
        """
        if name in self:
            self._rename(name, next(self._nameless))
        if self.current is not None:
            self._towards[self.current] = name, back
            self.nbytes += back.nbytes
        self.current = name
        self._shrink()

    def go(self, name: int, cross: Callable[[D], None]) -> None:
        """Make `name` current again: `cross` exchanges the values for each difference on the way.

        Afterwards a difference has what the version had that was left. Raises KeyError.
        """
        way = []
        while name != self.current:
            way.append(name)
            name = self._towards[name][0]
        for nearer in reversed(way):
            here, difference = self._towards.pop(nearer)
            self.nbytes -= difference.nbytes
            cross(difference)
            self.nbytes += difference.nbytes
            self._towards[here] = nearer, difference
            self.current = nearer

    def keep_only(self, names: Collection[int]) -> None:
        """Forget all other versions, except the current one and those between two that are kept."""
        inner = Counter(there for there, _ in self._towards.values())
        ends = [name for name in self._towards if not inner[name] and name not in names]
        while ends:
            there = self._forget(ends.pop())
            inner[there] -= 1
            if not inner[there] and there != self.current and there not in names:
                ends.append(there)

    def clear(self) -> None:
        """Forget all versions."""
        self.current, self.nbytes = None, 0
        self._towards.clear()

    def _rename(self, old: int, new: int) -> None:
        if old == self.current:
            self.current = new
        self._towards = {
            new if name == old else name: (new if there == old else there, difference)
            for name, (there, difference) in self._towards.items()
        }

    def _shrink(self) -> None:
        while self.nbytes > self._budget:
            inner = {there for there, _ in self._towards.values()}
            self._forget(next(name for name in self._towards if name not in inner))

    def _forget(self, name: int) -> int:
        there, difference = self._towards.pop(name)
        self.nbytes -= difference.nbytes
        return there
