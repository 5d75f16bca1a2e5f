"""What a tool is."""

from dataclasses import dataclass
from typing import Protocol

from app.document.label_map import LabelMap
from app.document.stroke import PointerSample


@dataclass(frozen=True)
class ToolOptions:
    """Everything the painter can set; a gesture keeps the options it began with."""

    tool: str = "brush"
    material: int = 0
    size: int = 64
    smoothing: float = 0.3
    pressure: bool = True


class Gesture(Protocol):
    """One drag, from press to release; writes to the label map as it goes."""

    def move(self, sample: PointerSample) -> None:
        """The pointer moved with the button down."""

    def finish(self) -> None:
        """The pointer was lifted."""


class Tool(Protocol):
    """A way to change the doodle. Its words appear in the toolbar and the undo list."""

    id: str
    name: str
    shortcut: str
    icon: str
    tip: str
    has_size: bool
    paints_material: bool

    def begin(self, labels: LabelMap, options: ToolOptions, sample: PointerSample) -> Gesture:
        """The pointer was pressed: do the first touch and return what follows the drag."""
