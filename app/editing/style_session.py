"""The session of the style studio: a picture, what is marked on it, and the style made of it."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.document.document import Change, Changed, Document
from app.document.label_map import LabelMap
from app.document.style_project import StyleProject
from app.editing.history import History
from app.editing.tool_controller import ToolController
from app.services.engine_worker import StudioFactory
from app.services.studio_files import SaveJob, StyleWriter
from app.services.style_marking import MarkedPicture, Proposal, StyleMarking
from app.services.style_projects import ProjectAutosave, ProjectNote
from app.services.style_trial import StyleTrial, TrialJob
from app.tools import ToolOptions
from resources.materials import UNMARKED
from resources.style_details import StyleDetails

PICTURE, AREAS, MAP = "picture", "areas", "map"
"""What is shown below the scribbles: the picture alone, the proposed areas, or the map."""

UNDO_BYTES = 64 * 2**20
BRUSH = 40
"""The first brush is this part of the picture's longer side."""

PROPOSED = 100
"""Numbers of proposed areas begin here, above the ids of materials."""


class StyleSession(QObject):
    """Owns the marks on one picture, their history, and what is made of them on threads.

    `ground_changed` carries the picture to show below the scribbles, H x W x 3 uint8;
    `shows_changed` one of PICTURE, AREAS and MAP; `marked` the share of the picture by material id
    and the share that is uncertain; `painted` a TrialPicture; `saved` a style's id; `problem` a
    sentence; `changed`: `modified` or `saving` may have changed. `saving`: the style is written.
    """

    ground_changed = Signal(object)
    shows_changed = Signal(str)
    marked = Signal(object, float)
    painted = Signal(object)
    saved = Signal(str)
    problem = Signal(str)
    changed = Signal()

    def __init__(
        self,
        project: StyleProject,
        folder: Path,
        factory: StudioFactory,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.folder, self.name, self.picture = folder, project.name, project.picture
        self.details, self.style_id = project.details, project.style_id
        self.shows = MAP if (project.labels != UNMARKED).any() else AREAS
        self.document = Document(LabelMap.from_array(project.labels))
        self.document.set_background(UNMARKED)
        self.history = History(UNDO_BYTES, self)
        self.marking = StyleMarking(project.picture, self)
        self.trial = StyleTrial(project.picture, factory, self)
        self.writer = StyleWriter(factory, self)
        self.autosave = ProjectAutosave(self)
        size = max(6, round(max(self.document.width, self.document.height) / BRUSH))
        tool = "fill" if self.shows == AREAS else "brush"
        options = ToolOptions(tool, size=size, follow=False, connected=False)
        self.tools = ToolController(self.document, self.history, self.marking, options, self)
        self.tools.areas = self._shown_areas
        self._proposal: Proposal | None = None
        self._map: MarkedPicture | None = None
        self._doodle: np.ndarray | Path | None = None
        # Details are no undo steps, so the state that is saved has two parts.
        self._saved_details = project.details if project.saved else None
        self._wants_save, self.saving = False, False
        self._marks = self.document.labels.snapshot()
        if not project.saved:
            self.history.set_clean(None)
        self._connect()
        self.marking.mark(self._marks)

    def _connect(self) -> None:
        self.document.subscribe(self._on_document)
        self.history.changed.connect(self._on_step)
        self.marking.came.connect(self._on_marked)
        self.marking.failed.connect(self._on_refused)
        self.trial.came.connect(self.painted)
        self.trial.failed.connect(self.problem)
        self.writer.came.connect(self._on_written)
        self.writer.failed.connect(self._on_refused)
        self.autosave.problem.connect(self.problem)

    @property
    def modified(self) -> bool:
        """Whether the style in the gallery lacks something; also if there is none yet."""
        return not self.history.clean or self._saved_details != self.details

    @property
    def classified(self) -> bool:
        """Whether the map shows all that is marked."""
        return self._map is not None and self._map.marks is self._marks

    @property
    def map_labels(self) -> np.ndarray | None:
        """The newest map, H x W uint8 of materials and AVOID; None if nothing was marked."""
        return None if self._map is None else self._map.labels

    @property
    def proposal(self) -> np.ndarray | None:
        """The areas that are proposed, H x W uint8 numbers; None until they are found."""
        return None if self._proposal is None else self._proposal.areas

    @property
    def blank(self) -> bool:
        """Whether nothing was marked and no style was saved, so that nothing can be lost."""
        untouched = not self.history.can_undo and not self.history.can_redo
        labels = self.document.labels.snapshot().array()
        return untouched and not self.style_id and bool((labels == UNMARKED).all())

    @property
    def ground(self) -> np.ndarray:
        """The picture to show below the scribbles, H x W x 3 uint8."""
        if self.shows == AREAS and self._proposal is not None:
            return self._proposal.shown
        if self.shows == MAP and self._map is not None:
            return self._map.shown
        return self.picture

    def show(self, what: str) -> None:
        """Show PICTURE, AREAS or MAP below the scribbles."""
        if what != self.shows:
            self.shows = what
            self.shows_changed.emit(what)
            self.ground_changed.emit(self.ground)

    def set_details(self, details: StyleDetails) -> None:
        """Set title, credit and how strokes paint."""
        older, self.details = self.details, details
        if (older.stroke_size, older.variety, older.strictness) != (
            details.stroke_size, details.variety, details.strictness,
        ):  # fmt: skip
            self._paint()
        if older != details:
            self._note()
            self.changed.emit()

    def set_doodle(self, doodle: np.ndarray | Path) -> None:
        """Set the doodle that shows the style: h x w uint8 of materials, or a file."""
        self._doodle = doodle
        self._paint()

    def undo(self) -> None:
        """Undo the last click of a gesture, else the current gesture or the last step."""
        if not self.tools.step_back():
            self.tools.end()
            self.history.undo()

    def redo(self) -> None:
        """Redo the last undone step."""
        self.tools.end()
        self.history.redo()

    def save(self) -> None:
        """Write the style when all that is marked is classified; `saved` follows."""
        self.tools.end()
        self._wants_save = self.saving = True
        self.changed.emit()
        if self.classified:
            self._write()

    def stop(self) -> None:
        """Write what is left of the project and join all threads."""
        self.tools.end()
        self._note()
        self.trial.stop()
        self.marking.stop()
        self.writer.stop()
        self.autosave.stop()

    # -- marking ----------------------------------------------------------------------------

    def _shown_areas(self) -> np.ndarray | None:
        """Return the areas that Fill fills, H x W uint8; None for those of the scribbles."""
        labels = self.document.labels.snapshot().array()
        if self.shows == AREAS and self._proposal is not None:
            return np.where(labels == UNMARKED, self._proposal.areas + np.uint8(PROPOSED), labels)
        if self.shows == MAP and self._map is not None and self._map.labels is not None:
            return np.where(labels == UNMARKED, self._map.labels, labels)
        return None

    def _on_document(self, change: Change) -> None:
        if change.what is Changed.LABELS:
            self._marks = self.document.labels.snapshot()
            self.marking.mark(self._marks)

    def _on_step(self) -> None:
        newest = self.history.newest
        labels = self.document.labels.snapshot().array()
        drawn = newest is not None and newest.icon != "fill"
        if self.shows == AREAS and (drawn or (labels != UNMARKED).all()):
            self.show(MAP)
        self._note()
        self.changed.emit()

    def _on_marked(self, found: Proposal | MarkedPicture) -> None:
        if isinstance(found, Proposal):
            self._proposal = found
        else:
            self._map = found
            self.marked.emit(found.shares, found.unsure)
            self._paint()
            if self._wants_save and self.classified:
                self._write()
        self.ground_changed.emit(self.ground)

    def _paint(self) -> None:
        if self._doodle is not None:
            self.trial.paint(TrialJob(self.map_labels, self.details, self._doodle))

    # -- saving -----------------------------------------------------------------------------

    def _write(self) -> None:
        self._wants_save = False
        self.writer.write(
            SaveJob(self.picture, self.map_labels, self.details, self.style_id, self.history.step)
        )

    def _on_written(self, job: SaveJob, style_id: str) -> None:
        self.style_id, self.saving = style_id, False
        self._saved_details = job.details
        self.history.set_clean(job.step)
        self.saved.emit(style_id)

    def _on_refused(self, sentence: str) -> None:
        self._wants_save = self.saving = False
        self.problem.emit(sentence)
        self.changed.emit()

    def _note(self) -> None:
        """Write the project, unless nothing was done yet."""
        if not self.blank:
            labels = self.document.labels.snapshot()
            self.autosave.note(
                ProjectNote(
                    self.folder, self.name, self.picture, labels, self.details,
                    style_id=self.style_id, saved=not self.modified,
                )
            )  # fmt: skip
