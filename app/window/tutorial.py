"""A guided first painting: each step waits until the user has done it."""

from dataclasses import dataclass

from PySide6.QtCore import QObject

from app.document.document import Change, Changed
from app.editing.commands import PaintCommand
from app.editing.session import Session
from app.files.file_controller import FileController
from app.platform.translation import tr
from app.tools import ToolOptions
from app.widgets.tip_card import TipCard
from app.window.onboarding import Onboarding

SIZE = (1024, 768)
"""Size of the tutorial's canvas."""


SKY = 0
"""The material at the start, so that any other is a choice."""


@dataclass(frozen=True)
class Step:
    """One step; `id` names what the user does to complete it."""

    id: str
    title: str
    text: str


STEPS = (
    Step(
        "material", "Choose a material",
        "On the left you choose what you want to paint, not a colour. Click Sun & Moon, or press "
        "3.",
    ),
    Step(
        "paint", "Paint",
        "Paint a star into the sky of the doodle. The painting beside it follows. Ctrl+Z undoes "
        "it.",
    ),
    Step(
        "style", "Change the style",
        "Press G, rest the pointer on a style to see your doodle in it, and click the one you "
        "like.",
    ),
    Step(
        "refine", "Refine",
        "Press Ctrl+R. Refine improves the painting in the background, and you can go on painting.",
    ),
    Step("export", "Export", "Press Ctrl+E and save your painting as a picture."),
)  # fmt: skip
END = Step(
    "end", "That is all you need",
    "F1 shows every key, and Help > Guide explains everything else.",
)  # fmt: skip


class Tutorial(QObject):
    """Shows the steps on `card`, one after the other. Tips wait until it ends."""

    def __init__(
        self, session: Session, files: FileController, onboarding: Onboarding, card: TipCard,
        parent: QObject,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.card = card
        self._session, self._files, self._onboarding = session, files, onboarding
        self._at: int | None = None
        self._material = 0
        card.understood.connect(self._skip)
        card.unwanted.connect(self.end)
        session.tool_controller.options_changed.connect(self._on_options)
        session.history.changed.connect(self._on_history)
        session.refine.state_changed.connect(lambda _: self.done("refine"))
        session.exports.started.connect(lambda _: self.done("export"))
        session.document.subscribe(self._on_document)

    @property
    def current(self) -> Step | None:
        """The step that is shown; None if the tutorial is not running."""
        return None if self._at is None else (*STEPS, END)[self._at]

    def ask(self) -> None:
        """Start anew, after the question whether to save unsaved work."""
        self._files.guard.when_safe(self._start)

    def done(self, step: str) -> None:
        """Go on if this is what the current step waits for."""
        if self.current is not None and self.current.id == step:
            self._skip()

    def end(self) -> None:
        """Hide the card and let tips appear again."""
        self._at = None
        self.card.hide()
        self._onboarding.hold(False)

    def _start(self) -> None:
        session = self._session
        starter = session.style.starter if session.style is not None else None
        self._at = None  # the new canvas completes no step
        self._files.file.take_new(*SIZE, starter, session.style_id)
        session.set_options(tool="brush", material=SKY)
        self._onboarding.hold(True)
        self._show(0)

    def _skip(self) -> None:
        if self._at is None or self._at == len(STEPS):
            self.end()
        else:
            self._show(self._at + 1)

    def _show(self, at: int) -> None:
        self._at, self._material = at, self._session.options.material
        step = (*STEPS, END)[at]
        title = tr(step.title)
        if at < len(STEPS):
            title = tr("{number} of {all}: {title}", number=at + 1, all=len(STEPS), title=title)
        self.card.show_tip(title, tr(step.text), last=at == len(STEPS))

    # -- what the user does -----------------------------------------------------------------

    def _on_options(self, options: ToolOptions) -> None:
        if options.material != self._material:
            self._material = options.material
            self.done("material")

    def _on_history(self) -> None:
        if isinstance(self._session.history.newest, PaintCommand):
            self.done("paint")

    def _on_document(self, change: Change) -> None:
        if change.what is Changed.STYLE:
            self.done("style")
