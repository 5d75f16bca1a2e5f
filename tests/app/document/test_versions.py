"""Versions of a value, kept by their differences."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.document.versions import Versions


@dataclass
class Other:
    """The other version as a whole, which is the simplest difference."""

    value: int
    nbytes: int = 1


class Thing:
    """A value with versions; it knows what each name stands for."""

    def __init__(self, budget: int = 1000) -> None:
        self.versions: Versions[Other] = Versions(budget)
        self.value = 0
        self.meant: dict[int, int] = {}

    def add(self, name: int, value: int, nbytes: int = 1) -> None:
        back, self.value = Other(self.value, nbytes), value
        self.versions.add(name, back)
        self.meant[name] = value

    def go(self, name: int) -> None:
        self.versions.go(name, self._cross)

    def _cross(self, difference: Other) -> None:
        self.value, difference.value = difference.value, self.value


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, 9), st.integers(1, 4)),
        st.tuples(st.just("go"), st.integers(0, 9), st.just(0)),
        st.tuples(st.just("keep"), st.integers(0, 2**10 - 1), st.just(0)),
    ),
    max_size=40,
)


@given(STEPS, st.integers(1, 30))
def test_every_version_that_is_there_comes_back_as_it_was(
    steps: list[tuple[str, int, int]], budget: int
) -> None:
    thing, versions = Thing(budget), None
    versions = thing.versions
    for number, (what, name, nbytes) in enumerate(steps):
        if what == "add":
            thing.add(name, number + 100, nbytes)
        elif what == "keep":
            versions.keep_only({bit for bit in range(10) if name >> bit & 1})
        elif name in versions:
            thing.go(name)
            assert thing.value == thing.meant[name]
        assert versions.nbytes <= budget
    for name in list(versions.names):
        if name >= 0:
            thing.go(name)
            assert thing.value == thing.meant[name]


def test_a_branch_is_kept_beside_another() -> None:
    thing = Thing()
    for name in (1, 2, 3):
        thing.add(name, 10 * name)
    thing.go(1)
    thing.add(4, 40)
    for name in (3, 4, 2, 1, 3):
        thing.go(name)
        assert thing.value == 10 * name


def test_the_oldest_are_forgotten_first() -> None:
    thing = Thing(budget=3)
    for name in range(6):
        thing.add(name, name)
    assert thing.versions.names == {2, 3, 4, 5}
    thing.go(2)
    thing.go(5)
    thing.add(6, 6)
    assert 2 not in thing.versions
    with pytest.raises(KeyError):
        thing.go(2)


def test_what_lies_between_two_that_are_kept_stays() -> None:
    thing = Thing()
    for name in range(5):
        thing.add(name, name)
    thing.versions.keep_only({1})
    assert thing.versions.names == {1, 2, 3, 4}
    thing.go(1)
    assert thing.value == 1
    thing.versions.keep_only(set())
    assert thing.versions.names == {1}


def test_an_older_version_may_lose_its_name() -> None:
    thing = Thing()
    for name, value in ((1, 10), (2, 20), (1, 30), (1, 40)):
        thing.add(name, value)
    thing.go(2)
    assert thing.value == 20
    thing.go(1)
    assert thing.value == 40
    thing.versions.clear()
    assert 1 not in thing.versions
    assert thing.versions.nbytes == 0
