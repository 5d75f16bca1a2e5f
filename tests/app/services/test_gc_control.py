"""What an import creates is excluded from garbage collection."""

import gc
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.services import gc_control
from app.services.gc_control import UiCollector


@pytest.fixture
def collector(qtbot: QtBot) -> Iterator[UiCollector]:
    gc.collect()
    collector = UiCollector()
    collector.start()
    yield collector
    collector.stop()


def test_garbage_is_collected(collector: UiCollector) -> None:
    class Node:
        alive = 0

        def __init__(self) -> None:
            self.itself = self
            Node.alive += 1

        def __del__(self) -> None:
            Node.alive -= 1

    for _ in range(2000):
        Node()
    assert Node.alive == 2000
    collector.collect()
    assert Node.alive == 0


def test_an_import_is_not_searched_for_garbage(
    collector: UiCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected: list[int] = []
    monkeypatch.setattr(gc, "collect", collected.append)
    imported = [[] for _ in range(gc_control.IMPORTED + 1)]  # type: ignore[var-annotated]
    frozen = gc.get_freeze_count()
    collector.collect()
    assert gc.get_freeze_count() >= frozen + len(imported)
    assert not collected
