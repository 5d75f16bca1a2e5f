"""The interfaces of tools and gestures, and the tool options."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.document.stroke import PointerSample
from app.tools.ink import Ink

Point = tuple[float, float]
# Brush diameter in canvas pixels: a quarter of the longest side that a canvas can have.
LARGEST_BRUSH = 2048
# Lines shown over the canvas during a gesture, in canvas coordinates.
Trace = Sequence[Sequence[Point]]


@dataclass(frozen=True)
class ToolOptions:
    """All tool options. A gesture keeps the options it began with.

    `tool`: a key of TOOLS; `material`: the current material, and `other` the previous one; `size`:
    brush diameter in canvas pixels; `smoothing`: 0-1; `pressure`: whether pen pressure changes the
    size; `brush`: a key of BRUSH_SHAPES; `spacing`: distance between two dabs as a share of the
    size, 0 for a stroke without gaps; `jitter`: 0-1, unevenness of dabs and ragged edges; `gamma`:
    exponent of the pen pressure; `rope`: whether smoothing works like a rope between pointer and
    brush; `filled`: whether shapes are filled; `connected`: whether Fill is limited to connected
    pixels; `select`: "replace", "add" or "subtract"; `step`: pixels by which Grow and Shrink change
    the selection; `follow`: whether a stroke records the direction of the pen; `comb`: a key of
    COMBS, what the direction tool does; `strength`: 0-1, how strongly its directions count.
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
    follow: bool = True
    comb: str = "comb"
    strength: float = 1.0


class Gesture(Protocol):
    """One use of a tool, from press to release or to the last of several clicks.

    It changes the doodle as it goes. To cancel it, the caller restores doodle and selection.
    """

    @property
    def trace(self) -> Trace:
        """Lines to show over the canvas now."""

    def press(self, sample: PointerSample) -> None:
        """Handle another press in a gesture of several clicks."""

    def move(self, sample: PointerSample) -> None:
        """Handle a movement with the button down."""

    def hover(self, sample: PointerSample) -> None:
        """Handle a movement with the button up in a gesture of several clicks."""

    def lift(self, sample: PointerSample) -> bool:
        """Handle the release of the button. Return whether that ends the gesture."""

    def step_back(self) -> bool:
        """Undo the last of several clicks. Return False if none would remain."""

    def finish(self) -> None:
        """Complete the gesture, for example paint the rest of a stroke."""


class Drag:
    """A gesture that ends when the button is released. Does nothing itself; for subclasses."""

    @property
    def trace(self) -> Trace:
        """No lines."""
        return ()

    def press(self, sample: PointerSample) -> None:
        """Ignore further presses."""

    def move(self, sample: PointerSample) -> None:
        """Do nothing; subclasses follow the pointer."""

    def hover(self, sample: PointerSample) -> None:
        """Ignore movements with the button up."""

    def lift(self, sample: PointerSample) -> bool:
        """Handle the last movement and end the gesture."""
        self.move(sample)
        return True

    def step_back(self) -> bool:
        """Return False: there is only one step."""
        return False

    def finish(self) -> None:
        """Do nothing; subclasses complete the gesture."""


class Tool(Protocol):
    """A tool that changes the doodle or the selection.

    `name`, `shortcut`, `icon` and `tip` appear in the toolbar, and `name` and `icon` in the undo
    list. `uses` names the options that affect the tool.
    """

    id: str
    name: str
    shortcut: str
    icon: str
    tip: str
    uses: frozenset[str]

    def begin(self, ink: Ink, options: ToolOptions, sample: PointerSample) -> Gesture:
        """Handle the first press and return the gesture that it begins."""
