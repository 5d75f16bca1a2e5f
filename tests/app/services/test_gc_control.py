"""What an import creates is excluded from garbage collection; see also test_preview."""

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
