"""The mapping between canvas and widget coordinates, without Qt."""

import math
from dataclasses import dataclass, replace

from app.document.rect import Rect

SMALLEST_SCALE = 0.02
LARGEST_SCALE = 32.0


@dataclass(frozen=True)
class Viewport:
    """How a widget of width x height pixels shows a canvas.

    `scale` is widget pixels per canvas pixel. Canvas point (`x`, `y`) is in the widget's centre, so
    widgets of different sizes with the same values show the same spot. The canvas is `mirrored`
    left to right, then rotated by `angle` degrees clockwise.
    """

    canvas_width: int
    canvas_height: int
    width: float
    height: float
    scale: float = 1.0
    x: float = 0.0
    y: float = 0.0
    angle: float = 0.0
    mirrored: bool = False

    @property
    def upright(self) -> bool:
        """Whether the rotation is a multiple of 90 degrees."""
        return self.angle % 90 == 0

    @property
    def matrix(self) -> tuple[float, float, float, float, float, float]:
        """(a, b, c, d, e, f): canvas (x, y) maps to widget (a x + c y + e, b x + d y + f)."""
        cosine, sine = _turn(self.angle)
        across = -self.scale if self.mirrored else self.scale
        a, b, c, d = across * cosine, across * sine, -self.scale * sine, self.scale * cosine
        left = self.width / 2 - a * self.x - c * self.y
        top = self.height / 2 - b * self.x - d * self.y
        return a, b, c, d, left, top

    def to_canvas(self, x: float, y: float) -> tuple[float, float]:
        """Return the canvas point under a widget point."""
        cosine, sine = _turn(self.angle)
        across, down = (x - self.width / 2) / self.scale, (y - self.height / 2) / self.scale
        right = across * cosine + down * sine
        return (
            self.x + (-right if self.mirrored else right),
            self.y + down * cosine - across * sine,
        )

    def to_widget(self, x: float, y: float) -> tuple[float, float]:
        """Return the widget point over a canvas point."""
        cosine, sine = _turn(self.angle)
        # Subtract first: adding the matrix's offset would lose digits far from the corner.
        across, down = (x - self.x) * self.scale, (y - self.y) * self.scale
        across = -across if self.mirrored else across
        return (
            self.width / 2 + across * cosine - down * sine,
            self.height / 2 + across * sine + down * cosine,
        )

    def box_to_widget(self, rect: Rect, margin: int = 2) -> Rect:
        """Return the widget pixels that show any of `rect`, with a margin for smooth scaling."""
        box = _box([self.to_widget(*corner) for corner in _corners(rect)])
        return box.grown(margin + math.ceil(self.scale))

    def box_to_canvas(self, left: float, top: float, right: float, bottom: float) -> Rect:
        """Return the canvas pixels in a box of the widget, clipped to the canvas."""
        corners = ((left, top), (right, top), (left, bottom), (right, bottom))
        seen = _box([self.to_canvas(*corner) for corner in corners])
        return seen.clipped(Rect.of_size(self.canvas_width, self.canvas_height))

    def visible(self) -> Rect:
        """Return the bounding box of the visible canvas pixels."""
        return self.box_to_canvas(0, 0, self.width, self.height)

    def zoomed(self, x: float, y: float, factor: float) -> "Viewport":
        """Return a view zoomed by a factor around widget point (x, y)."""
        scale = min(LARGEST_SCALE, max(SMALLEST_SCALE, self.scale * factor))
        return replace(self, scale=scale).holding(self.to_canvas(x, y), x, y)

    def turned(self, degrees: float, x: float, y: float) -> "Viewport":
        """Return a view rotated clockwise around widget point (x, y)."""
        angle = (self.angle + degrees) % 360
        return replace(self, angle=angle).holding(self.to_canvas(x, y), x, y)

    def flipped(self) -> "Viewport":
        """Return the mirror image of this view."""
        return replace(self, mirrored=not self.mirrored, angle=-self.angle % 360)

    def holding(self, point: tuple[float, float], x: float, y: float) -> "Viewport":
        """Return a view moved so that a canvas point lies under widget point (x, y)."""
        there = self.to_canvas(x, y)
        middle = replace(self, x=self.x + point[0] - there[0], y=self.y + point[1] - there[1])
        return middle.kept_in_view()

    def panned(self, dx: float, dy: float) -> "Viewport":
        """Return a view with the canvas moved by (dx, dy) widget pixels."""
        middle = self.to_canvas(self.width / 2 - dx, self.height / 2 - dy)
        return replace(self, x=middle[0], y=middle[1]).kept_in_view()

    def fitted(self, margin: float = 24.0) -> "Viewport":
        """Return a view of the whole canvas, centred, with a margin in widget pixels."""
        cosine, sine = (abs(part) for part in _turn(self.angle))
        wide = self.canvas_width * cosine + self.canvas_height * sine
        high = self.canvas_width * sine + self.canvas_height * cosine
        across = max(1.0, self.width - 2 * margin) / wide
        down = max(1.0, self.height - 2 * margin) / high
        return self.centred(min(LARGEST_SCALE, max(SMALLEST_SCALE, min(across, down))))

    def centred(self, scale: float) -> "Viewport":
        """Return a view with the canvas centred at this scale."""
        return replace(self, scale=scale, x=self.canvas_width / 2, y=self.canvas_height / 2)

    def kept_in_view(self) -> "Viewport":
        """Return the nearest view whose centre is on the canvas, so that it stays visible."""
        x = min(float(self.canvas_width), max(0.0, self.x))
        y = min(float(self.canvas_height), max(0.0, self.y))
        return replace(self, x=x, y=y)


def _turn(angle: float) -> tuple[float, float]:
    """Return cosine and sine, exact at multiples of 90 degrees to keep pixels aligned."""
    quarters, rest = divmod(angle, 90)
    if rest == 0:
        return ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[int(quarters) % 4]
    return math.cos(math.radians(angle)), math.sin(math.radians(angle))


def _corners(rect: Rect) -> list[tuple[float, float]]:
    return [(x, y) for y in (rect.top, rect.bottom) for x in (rect.left, rect.right)]


def _box(points: list[tuple[float, float]]) -> Rect:
    """Return the smallest rectangle of whole pixels around points."""
    across, down = zip(*points, strict=True)
    return Rect(
        math.floor(min(across)),
        math.floor(min(down)),
        math.ceil(max(across)),
        math.ceil(max(down)),
    )
