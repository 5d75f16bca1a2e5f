"""What a tool is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.document.stroke import PointerSample
from app.tools.ink import Ink

Point = tuple[float, float]
# Lines to show over the canvas while a gesture goes on, in canvas points.
Trace = Sequence[Sequence[Point]]


@dataclass(frozen=True)
class ToolOptions:
    """Everything the painter can set; a gesture keeps the options it began with.

    `other` is the material chosen before. `brush` is a key of BRUSH_SHAPES. `spacing` is the way
    between
    two dabs as a share of the size, 0 for a stroke without gaps; `jitter` 0-1 how uneven dabs and
    ragged edges are. `gamma` bends the pen's pressure. `select` is "replace", "add" or "subtract";
    `step` is how many pixels a selection grows or shrinks at a time.
    """

    tool: str = "brush"
    material: int = 0
    size: int = 64
    smoothing: float = 0.3
    pressure: bool = True
    other: int = 0
    brush: str = "round"
    spacing: float = 0.0
    jitter: float = 0.0
    gamma: float = 1.0
    rope: bool = False
    filled: bool = True
    connected: bool = True
    select: str = "replace"
    step: int = 8


class Gesture(Protocol):
    """From press to release, or to the last of several clicks; works as it goes.

    It need not know how to be given up: whoever began it puts doodle and selection back.
    """

    @property
    def trace(self) -> Trace:
        """What to draw over the canvas now."""

    def press(self, sample: PointerSample) -> None:
        """The pointer was pressed once more, in a gesture of several clicks."""

    def move(self, sample: PointerSample) -> None:
        """The pointer moved with the button down."""

    def hover(self, sample: PointerSample) -> None:
        """The pointer moved with the button up, in a gesture of several clicks."""

    def lift(self, sample: PointerSample) -> bool:
        """The pointer was lifted; whether that ends the gesture."""

    def step_back(self) -> bool:
        """Take back the last click of several; False when none would be left."""

    def finish(self) -> None:
        """The gesture is over: do what is left to do."""


class Drag:
    """A gesture that ends when the pointer is lifted; for subclasses."""

    @property
    def trace(self) -> Trace:
        """Nothing."""
        return ()

    def press(self, sample: PointerSample) -> None:
        """One press is all."""

    def move(self, sample: PointerSample) -> None:
        """Follow the pointer."""

    def hover(self, sample: PointerSample) -> None:
        """It is over by then."""

    def lift(self, sample: PointerSample) -> bool:
        """The last movement, and the end."""
        self.move(sample)
        return True

    def step_back(self) -> bool:
        """There is but one step."""
        return False

    def finish(self) -> None:
        """All is done."""


class Tool(Protocol):
    """A way to change the doodle or the selection. Its words appear in toolbar and undo list.

    `uses` names the options that it heeds.
    """

    id: str
    name: str
    shortcut: str
    icon: str
    tip: str
    uses: frozenset[str]

    def begin(self, ink: Ink, options: ToolOptions, sample: PointerSample) -> Gesture:
        """The pointer was pressed: do the first touch and return what follows."""
