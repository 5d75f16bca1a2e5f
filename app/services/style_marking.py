"""Divide a picture into materials by a few scribbles, on a thread of its own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.document.label_map import LabelSnapshot
from app.document.marked_picture import divided, unsure_share, veiled
from app.document.style_project import from_scribbles, to_scribbles
from app.services.newest_task import NewestTask
from resources.materials import AVOID, UNMARKED

if TYPE_CHECKING:
    from engine.packs.marking import Marking

CLUSTERS = 6


@dataclass(frozen=True, eq=False)
class Proposal:
    """A first division of the picture without any scribble.

    `areas`: H x W uint8 numbers; `shown`: the picture with their borders, H x W x 3 uint8.
    """

    areas: np.ndarray
    shown: np.ndarray


@dataclass(frozen=True, eq=False)
class MarkedPicture:
    """The material of every pixel, by the scribbles so far.

    `marks`: the scribbles; `labels`: H x W uint8, materials and AVOID, None if no material is
    marked; `shown`: the picture under their colours, H x W x 3 uint8; `shares`: of the picture by
    material id, 0-1; `unsure`: share that is hatched.
    """

    marks: LabelSnapshot
    labels: np.ndarray | None
    shown: np.ndarray
    shares: Mapping[int, float] = field(default_factory=dict)
    unsure: float = 0.0


class StyleMarking(QObject):
    """Classifies the pixels of one picture, H x W x 3 uint8; the newest scribbles win.

    `came` carries a Proposal first, then a MarkedPicture for every change; `failed` a sentence.
    It stands in the place of a preview for the tool controller.
    """

    came = Signal(object)
    failed = Signal(str)

    def __init__(self, picture: np.ndarray, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._picture = picture
        self._marking: Marking | None = None
        self._task = NewestTask("marking", self._work, self)
        self._task.came.connect(self.came)
        self._task.failed.connect(self.failed)

    def mark(self, labels: LabelSnapshot) -> None:
        """Classify by these labels: materials, AVOID and UNMARKED."""
        self._task.post(labels)

    def stop(self) -> None:
        """Join the thread."""
        self._task.stop()

    @contextmanager
    def dab(self, since: float | None) -> Iterator[None]:
        """Do nothing: every change is classified."""
        yield

    def catch_up(self) -> None:
        """Do nothing: nothing is held back."""

    def _work(self, labels: LabelSnapshot) -> Iterator[Proposal | MarkedPicture]:
        if self._marking is None:
            from engine.packs.marking import Marking  # imports torch

            self._marking = Marking(self._picture)
            areas = self._marking.propose(CLUSTERS)
            yield Proposal(areas, divided(self._picture, areas))
        marks = labels.array()
        if np.isin(marks, (UNMARKED, AVOID)).all():
            yield MarkedPicture(labels, None, self._picture)
            return
        found = self._marking.classify(to_scribbles(marks))
        materials = from_scribbles(found.labels)
        shown = veiled(self._picture, materials, found.certainty)
        counts = np.bincount(materials.ravel(), minlength=256) / materials.size
        shares = {int(each): float(counts[each]) for each in np.flatnonzero(counts)}
        yield MarkedPicture(labels, materials, shown, shares, unsure_share(found.certainty))
