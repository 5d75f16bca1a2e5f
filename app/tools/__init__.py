"""The tools, listed once: adding one is a file and a line here."""

from app.tools.base import Gesture, Tool, ToolOptions
from app.tools.brush import Brush
from app.tools.eraser import Eraser
from app.tools.fill import Fill
from app.tools.lasso import Lasso

TOOLS: dict[str, Tool] = {tool.id: tool for tool in (Brush(), Eraser(), Fill(), Lasso())}

__all__ = ["TOOLS", "Gesture", "Tool", "ToolOptions"]
