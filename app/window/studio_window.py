"""The window of the style studio: mark a picture's materials and see a doodle painted with them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QPushButton,
    QScrollArea,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.editing.style_session import AREAS, MAP, PICTURE, StyleSession
from app.platform.translation import tr
from app.services.style_trial import TrialPicture
from app.tools import ToolOptions, heeds
from app.widgets.actions import Actions
from app.widgets.fitting_bar import SideBar
from app.widgets.gesture_keys import GestureKeys
from app.widgets.marking_view import MarkingView
from app.widgets.palette import NO_HINT, Hint, Palette
from app.widgets.style_form import StyleForm
from app.widgets.tool_options import ToolOptionsBar
from app.widgets.trial_view import TrialView
from resources.materials import AVOID, marks

TOOLS = (
    "tool.brush", "tool.eraser", "tool.fill", "tool.line", "tool.rectangle", "tool.ellipse",
    "tool.polygon", "tool.lasso", "tool.marquee",
)  # fmt: skip
BAR = (*TOOLS, "-", "undo", "redo", "-", "zoom.in", "zoom.out", "zoom.fit")
OTHERS = (
    "undo", "redo", "swap", "smaller", "larger", "zoom.in", "zoom.out", "zoom.fit", "zoom.actual",
    "select.all", "select.none", "mirror", "turn.left", "turn.right", "turn.none", "save",
)  # fmt: skip
SHOWN = {
    PICTURE: ("Picture", "Only the picture and your scribbles"),
    AREAS: ("Areas", "A division of the picture without any scribble: choose a material and click"),
    MAP: ("Map", "The material of every part; hatched where it is uncertain"),
}
SIDE = 340
SIZE = QSize(1360, 820)


@dataclass(frozen=True)
class TrialDoodle:
    """A doodle that can show the style: its name on screen, and h x w ids or a file."""

    name: str
    doodle: np.ndarray | Path


class StudioWindow(QMainWindow):
    """Connects the widgets of the studio with its session.

    `used` carries the id of a style that the user wants to paint with, `lesson_wanted` of one whose
    network shall be taught; `closed` follows when all threads have ended.
    """

    used = Signal(str)
    lesson_wanted = Signal(str)
    closed = Signal()

    def __init__(
        self, session: StyleSession, doodles: Sequence[TrialDoodle], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.session, self._doodles = session, doodles
        session.setParent(self)
        self.actions_by_id = Actions(self, (*TOOLS, *OTHERS))
        self.options_bar = ToolOptionsBar(without=("follow", "pressure"))
        self.view = MarkingView(session.document, session.ground)
        self.palette_panel = Palette(marks=[mark for mark in marks() if mark.id == AVOID])
        self.trial = TrialView([each.name for each in doodles])
        self.form = StyleForm(session.details)
        self.state, self.save_button = QLabel(), QPushButton(tr("Save style"))
        self.teach_button = QPushButton(tr("Teach the network"))
        self.shown = {what: QToolButton() for what in SHOWN}
        self._lay_out()
        self._connect_actions()
        self._connect_view()
        self._connect_session()
        self._show_options(session.tools.options)
        self._show_ground(session.ground)
        self._show_state()
        self._show_hint({}, 0.0)
        self.options_bar.set_background(session.document.background)
        if doodles:
            session.set_doodle(doodles[0].doodle)

    # -- layout -----------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.resize(SIZE)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.addToolBar(Qt.ToolBarArea.TopToolBarArea, self.options_bar)
        bar = SideBar(tr("Tools"))
        self.actions_by_id.fill(bar, BAR)
        self.addToolBar(Qt.ToolBarArea.LeftToolBarArea, bar)
        self.view.title.add(self._switch())
        self.palette_panel.setFixedWidth(212)
        parts = QSplitter(Qt.Orientation.Horizontal)
        parts.setHandleWidth(3)
        parts.setChildrenCollapsible(False)
        for part in (self.palette_panel, self.view, self._side()):
            parts.addWidget(part)
        parts.setStretchFactor(1, 1)
        self.setCentralWidget(parts)
        self._show_title()

    def _switch(self) -> QWidget:
        """Return the buttons that choose what is shown below the scribbles."""
        row, group = QWidget(), QButtonGroup(self)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        height = QLabel("x").sizeHint().height() + 6
        for what, (text, tip) in SHOWN.items():
            button = self.shown[what]
            button.setText(tr(text))
            button.setToolTip(tr(tip))
            button.setCheckable(True)
            button.setFixedHeight(height)
            button.setStyleSheet("padding: 0 8px;")
            button.clicked.connect(partial(self.session.show, what))
            group.addButton(button)
            layout.addWidget(button)
        row.setFixedHeight(height)
        return row

    def _side(self) -> QWidget:
        """Return the column with the trial, the form and the button that saves."""
        side, end, scroll = QWidget(), QHBoxLayout(), QScrollArea()
        scroll.setWidget(self.form)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFixedHeight(self.form.sizeHint().height() + 2)
        self.state.setProperty("role", "muted")
        self.save_button.setDefault(True)
        self.save_button.setToolTip(tr("Put the style into the gallery  (Ctrl+S)"))
        self.teach_button.setToolTip(
            tr("A network learns to paint at once what strokes paint; save the style first")
        )
        self.state.setWordWrap(True)  # or the column would change its width with the text
        end.setContentsMargins(12, 4, 12, 12)
        end.setSpacing(8)
        end.addWidget(self.state, 1)
        end.addWidget(self.teach_button)
        end.addWidget(self.save_button)
        layout = QVBoxLayout(side)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.trial, 1)
        layout.addWidget(scroll)
        layout.addLayout(end)
        side.setMinimumWidth(SIDE)
        side.setMaximumWidth(560)
        return side

    # -- wiring -----------------------------------------------------------------------------

    def _connect_actions(self) -> None:
        session, link, tools = self.session, self.view.link, self.session.tools
        handlers: dict[str, Callable[[], object]] = {
            "undo": session.undo, "redo": session.redo, "swap": tools.swap_materials,
            "smaller": partial(tools.resize_brush, -1), "larger": partial(tools.resize_brush, 1),
            "zoom.in": lambda: link.zoom(1.25), "zoom.out": lambda: link.zoom(0.8),
            "zoom.fit": link.fit, "save": session.save, "turn.none": link.straighten,
            "zoom.actual": lambda: link.set_scale(1 / self.devicePixelRatioF()),
            "turn.left": lambda: link.turn(-15), "turn.right": lambda: link.turn(15),
            "select.none": lambda: session.document.set_selection(None),
        }  # fmt: skip
        for tool in TOOLS:
            handlers[tool] = partial(tools.set_options, tool=tool.removeprefix("tool."))
        for action_id, handler in handlers.items():
            self.actions_by_id[action_id].triggered.connect(lambda _=False, do=handler: do())
        self.actions_by_id["mirror"].toggled.connect(link.mirror)

    def _connect_view(self) -> None:
        tools, canvas = self.session.tools, self.view.canvas
        keys = GestureKeys(lambda: tools.dragging, self)
        canvas.pressed.connect(tools.press)
        canvas.dragged.connect(tools.drag)
        canvas.released.connect(tools.release)
        canvas.released.connect(lambda _sample: keys.catch_up())
        canvas.hovered.connect(tools.hover)
        canvas.interrupted.connect(tools.drop)
        tools.traced.connect(self.view.set_trace)
        tools.busy_changed.connect(keys.listen)
        keys.dropped.connect(tools.drop)
        keys.closed.connect(tools.close)
        keys.stepped_back.connect(tools.step_back)
        self.palette_panel.chosen.connect(tools.choose_material)
        self.options_bar.changed.connect(lambda change: tools.set_options(**change))
        tools.options_changed.connect(self._show_options)

    def _connect_session(self) -> None:
        session = self.session
        session.ground_changed.connect(self._show_ground)
        session.shows_changed.connect(lambda _: self._show_ground(session.ground))
        session.marked.connect(self._show_hint)
        session.painted.connect(self._show_trial)
        session.saved.connect(self._on_saved)
        session.problem.connect(self.view.messages.warn)
        session.changed.connect(self._show_state)
        self.form.changed.connect(session.set_details)
        self.save_button.clicked.connect(session.save)
        self.teach_button.clicked.connect(lambda: self.lesson_wanted.emit(session.style_id))
        self.trial.chosen.connect(lambda index: session.set_doodle(self._doodles[index].doodle))

    # -- showing ----------------------------------------------------------------------------

    def _show_options(self, options: ToolOptions) -> None:
        self.options_bar.show_options(options)
        self.palette_panel.set_material(options.material)
        self.actions_by_id[f"tool.{options.tool}"].setChecked(True)
        square = options.brush == "square" and heeds(options, "brush")
        self.view.set_brush(options.size if heeds(options, "size") else 0, square)

    def _show_ground(self, ground: np.ndarray) -> None:
        self.view.set_ground(ground)
        self.shown[self.session.shows].setChecked(True)

    def _show_hint(self, shares: Mapping[int, float], unsure: float) -> None:
        """Show each material's share of the picture, and what to do next."""
        hints = {each: Hint(short=f"{100 * share:.0f} %") for each, share in shares.items()}
        self.palette_panel.set_hints({AVOID: NO_HINT, **hints})
        share = round(100 * unsure)
        note = tr("{share} % uncertain: add scribbles there", share=share) if share else ""
        if not shares:
            note = tr("Choose a material and click on an area, or scribble (B)")
        self.view.title.set_note(note)
        self.trial.title.set_note("" if shares else tr("no marks yet"))

    def _show_trial(self, trial: TrialPicture) -> None:
        self.trial.show_picture(trial.pixels)
        self.trial.title.set_note(tr("painting...") if 0 < trial.share < 1 else "")

    def _show_state(self) -> None:
        session = self.session
        history = session.history
        self.actions_by_id["undo"].setEnabled(history.can_undo or session.tools.busy)
        self.actions_by_id["redo"].setEnabled(history.can_redo)
        self.save_button.setEnabled(session.modified and not session.saving)
        self.teach_button.setEnabled(bool(session.style_id) and not session.modified)
        state = tr("Changed since it was saved.") if session.style_id else ""
        if session.saving:
            state = tr("Saving...")
        elif not session.modified:
            state = tr("Saved.")
        self.state.setText(state)
        self._show_title()

    def _show_title(self) -> None:
        title = self.session.details.title or self.session.name
        self.setWindowTitle(f"{title}[*] - {tr('Style studio')}")
        self.setWindowModified(self.session.modified)

    def _on_saved(self, style_id: str) -> None:
        self._show_state()
        told = tr("{title} is in the gallery.", title=self.session.details.title)
        self.view.messages.offer(
            told, (tr("Paint with it"),), lambda _answer: self.used.emit(style_id)
        )

    def closeEvent(self, event: QCloseEvent) -> None:
        self.session.stop()
        super().closeEvent(event)
        self.closed.emit()
