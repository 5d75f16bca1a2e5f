"""``daub bench app``: measure the time from a click in the gallery to the new painting."""

import time

from app.document.document import Change, Changed
from app.harness.bench import Figure, percentile
from app.harness.headless import HeadlessWindow  # imports torch before Qt
from app.widgets.style_model import style_at

from PySide6.QtCore import QEvent, QObject, QPointF, Qt  # isort: skip
from PySide6.QtGui import QMouseEvent  # isort: skip
from PySide6.QtWidgets import QApplication  # isort: skip

CANVAS = 1024
MOST_MS = 150

Times = tuple[float, float]
"""Elapsed milliseconds, and CPU milliseconds of all threads."""


def switch_figures(style: str) -> list[Figure]:
    """Measure clicks on all other styles, twice, and style previews while hovering.

    The first click on a style also reads its pack.
    """
    with HeadlessWindow(CANVAS, CANVAS, style, seed=1) as stage:
        visitor = Visitor(stage)
        usable = (info.id for info in stage.session.styles.values() if info.problem is None)
        others = [other for other in usable if other != style]
        cold, warm = ([visitor.click(other) for other in others] for _ in range(2))
        looks = [visitor.look(other) for other in others[:-1]]  # the last one is in use
    click = f"click on a style to its first pixels, {CANVAS} x {CANVAS}"
    return [
        *_figures("switch", f"{click}, first use", cold, MOST_MS),
        *_figures("again", f"{click}, loaded before", warm, MOST_MS),
        *_figures("sketch", "hover over a style to its preview", looks),
    ]


def _figures(name: str, text: str, times: list[Times], most: float | None = None) -> list[Figure]:
    clock, work = zip(*times, strict=True)
    return [
        Figure(f"{name}_p50", f"{text}, median", percentile(clock, 50), "ms", len(times), most),
        Figure(f"{name}_most", f"{text}, longest", max(clock), "ms", len(times)),
        Figure(f"{name}_work", f"{text}, CPU time", percentile(work, 50), "ms", len(times)),
    ]


class Visitor(QObject):
    """Sends mouse events to the gallery and measures when the window shows the result."""

    def __init__(self, stage: HeadlessWindow) -> None:
        super().__init__()
        self._stage, self._gallery = stage, stage.window.gallery
        self._since: Times | None = None
        self._arrived = False
        self._seen: Times | None = None
        stage.session.document.subscribe(self._on_change)
        stage.session.sketch.painted.connect(self._arrive)
        self._gallery.tried.connect(self._on_tried)
        stage.window.workspace.frame_shown.connect(self._on_frame)

    def click(self, style_id: str) -> Times:
        """Click on a style that is not in use; return the time to its first visible pixels."""
        spot = self._card(style_id)
        self._begin()
        self._send(QEvent.Type.MouseButtonPress, spot)
        self._send(QEvent.Type.MouseButtonRelease, spot)
        return self._wait(style_id)

    def look(self, style_id: str) -> Times:
        """Hover over a style's card; return the time of its preview without the hover delay."""
        self._send(QEvent.Type.MouseMove, self._card(style_id))
        return self._wait(style_id)

    def _card(self, style_id: str) -> QPointF:
        """Open the gallery and return the middle of a style's card."""
        gallery, stage = self._gallery, self._stage
        stage.window.actions_by_id["gallery"].setChecked(True)
        rows = (gallery.filter.index(row, 0) for row in range(gallery.filter.rowCount()))
        index = next(index for index in rows if style_at(index).id == style_id)
        gallery.cards.scrollTo(index)
        stage.settle()
        self._seen = None
        return QPointF(gallery.cards.visualRect(index).center())

    def _send(self, kind: QEvent.Type, spot: QPointF) -> None:
        cards = self._gallery.cards.viewport()
        moving, left, none = kind is QEvent.Type.MouseMove, Qt.MouseButton.LeftButton, NO_BUTTON
        held = left if kind is QEvent.Type.MouseButtonPress else none
        event = QMouseEvent(
            kind, spot, cards.mapToGlobal(spot), none if moving else left, held, NO_KEY
        )
        QApplication.sendEvent(cards, event)

    def _wait(self, style_id: str) -> Times:
        self._stage.wait_until(lambda: self._seen is not None, f"the first pixels of {style_id}")
        assert self._seen is not None
        seen = self._seen
        self._stage.settle()
        return seen

    def _begin(self) -> None:
        self._since, self._arrived = _now(), False

    def _on_tried(self, style_id: str) -> None:
        if style_id:
            self._begin()

    def _on_change(self, change: Change) -> None:
        if change.what is Changed.PAINTING:
            self._arrive()

    def _arrive(self) -> None:
        self._arrived = True

    def _on_frame(self) -> None:
        if self._since is not None and self._arrived:
            clock, work = _now()
            self._seen = clock - self._since[0], work - self._since[1]
            self._since = None


NO_BUTTON, NO_KEY = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier


def _now() -> Times:
    return time.perf_counter() * 1000, time.process_time() * 1000
