"""Where the canvas lies in a widget: pure arithmetic, no Qt."""

import math
from dataclasses import dataclass, replace

from app.document.rect import Rect

SMALLEST_SCALE = 0.02
LARGEST_SCALE = 32.0


@dataclass(frozen=True)
class Viewport:
    """A widget of width x height that looks at a canvas.

    `scale` is widget pixels per canvas pixel; canvas point (x, y) is in the widget's middle, so
    widgets of different sizes that share scale, x and y look at the same spot.
    """

    canvas_width: int
    canvas_height: int
    width: float
    height: float
    scale: float = 1.0
    x: float = 0.0
    y: float = 0.0

    def to_canvas(self, x: float, y: float) -> tuple[float, float]:
        """The canvas point under a widget point."""
        return self.x + (x - self.width / 2) / self.scale, self.y + (
            y - self.height / 2
        ) / self.scale

    def to_widget(self, x: float, y: float) -> tuple[float, float]:
        """The widget point over a canvas point."""
        return self.width / 2 + (x - self.x) * self.scale, self.height / 2 + (
            y - self.y
        ) * self.scale

    def box_to_widget(self, rect: Rect, margin: int = 2) -> Rect:
        """Widget pixels that show any of `rect`, with a margin for smooth scaling."""
        left, top = self.to_widget(rect.left, rect.top)
        right, bottom = self.to_widget(rect.right, rect.bottom)
        box = Rect(math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom))
        return box.grown(margin + math.ceil(self.scale))

    def visible(self) -> Rect:
        """The canvas pixels that can be seen."""
        left, top = self.to_canvas(0, 0)
        right, bottom = self.to_canvas(self.width, self.height)
        seen = Rect(math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom))
        return seen.clipped(Rect.of_size(self.canvas_width, self.canvas_height))

    def zoomed(self, x: float, y: float, factor: float) -> "Viewport":
        """Zoomed so that the canvas point under widget point (x, y) stays there."""
        scale = min(LARGEST_SCALE, max(SMALLEST_SCALE, self.scale * factor))
        held_x, held_y = self.to_canvas(x, y)
        share = self.scale / scale
        return replace(
            self,
            scale=scale,
            x=held_x + (self.x - held_x) * share,
            y=held_y + (self.y - held_y) * share,
        ).kept_in_view()

    def panned(self, dx: float, dy: float) -> "Viewport":
        """The canvas dragged by (dx, dy) widget pixels."""
        moved = replace(self, x=self.x - dx / self.scale, y=self.y - dy / self.scale)
        return moved.kept_in_view()

    def fitted(self, margin: float = 24.0) -> "Viewport":
        """The whole canvas in the middle with a margin around it."""
        across = max(1.0, self.width - 2 * margin) / self.canvas_width
        down = max(1.0, self.height - 2 * margin) / self.canvas_height
        return self.centred(min(LARGEST_SCALE, max(SMALLEST_SCALE, min(across, down))))

    def centred(self, scale: float) -> "Viewport":
        """The canvas's middle in the widget's middle at this scale."""
        return replace(self, scale=scale, x=self.canvas_width / 2, y=self.canvas_height / 2)

    def kept_in_view(self) -> "Viewport":
        """The nearest view whose middle is on the canvas, so that the canvas is never lost."""
        x = min(float(self.canvas_width), max(0.0, self.x))
        y = min(float(self.canvas_height), max(0.0, self.y))
        return replace(self, x=x, y=y)
