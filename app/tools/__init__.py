"""The table of all tools. A new tool needs a module and an entry here."""

from app.tools.base import LARGEST_BRUSH, Gesture, Tool, ToolOptions
from app.tools.brush import Brush
from app.tools.brush_shape import BRUSH_SHAPES
from app.tools.direction import COMBS, Direction
from app.tools.ellipse import Ellipse
from app.tools.eraser import Eraser
from app.tools.fill import Fill
from app.tools.ink import Ink
from app.tools.line import Line
from app.tools.move import Move
from app.tools.polygon import Polygon
from app.tools.rectangle import Rectangle
from app.tools.select import Lasso, Marquee

_ALL: tuple[Tool, ...] = (
    Brush(), Eraser(), Fill(), Line(), Rectangle(), Ellipse(), Polygon(), Direction(),
    Lasso(), Marquee(), Move(),
)  # fmt: skip
TOOLS: dict[str, Tool] = {tool.id: tool for tool in _ALL}

__all__ = [
    "BRUSH_SHAPES", "COMBS", "LARGEST_BRUSH", "TOOLS", "Gesture", "Ink", "Tool", "ToolOptions",
    "heeds",
]  # fmt: skip


def heeds(options: ToolOptions, name: str) -> bool:
    """Return whether an option has an effect: for example, filled shapes ignore the size."""
    uses = TOOLS[options.tool].uses
    return name in uses and not (name == "size" and "filled" in uses and options.filled)
