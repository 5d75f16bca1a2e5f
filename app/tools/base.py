"""What a tool is."""

from dataclasses import dataclass
from typing import Protocol

from app.document.document import Document
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
    """One drag, from press to release; writes to the document's labels as it goes."""

    def move(self, sample: PointerSample) -> None:
        """The pointer moved with the button down."""

    def finish(self) -> None:
        """The pointer was lifted."""


class Tool(Protocol):
    """A way to change the doodle or the selection. Its words appear in toolbar and undo list.

    It need not look at the selection: what it writes outside of that is taken back.
    """

    id: str
    name: str
    shortcut: str
    icon: str
    tip: str
    has_size: bool
    paints_material: bool

    def begin(self, document: Document, options: ToolOptions, sample: PointerSample) -> Gesture:
        """The pointer was pressed: do the first touch and return what follows the drag."""
