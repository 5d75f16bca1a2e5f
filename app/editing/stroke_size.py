"""Change the size of the strokes."""

from collections.abc import Callable
from dataclasses import replace

from app.document.brushwork import Brushwork, offered_stroke, stroke_text
from app.editing.settling import SettlingChanges
from app.platform.translation import tr


class StrokeSizeController(SettlingChanges):
    """Changes the document's stroke size immediately, and pushes an undo step after a pause."""

    icon = "strokes"

    def change(self, stroke: float) -> None:
        """Set the nearest size that is offered. `settle` turns the changes into an undo step."""
        size = offered_stroke(stroke)
        brushwork = replace(self._document.brushwork, stroke=size)
        self._change(brushwork, "stroke", tr("Stroke size {size}", size=stroke_text(size)))

    @property
    def _value(self) -> Brushwork:
        return self._document.brushwork

    @property
    def _setter(self) -> Callable[..., None]:
        return self._document.set_brushwork
