"""The guide's pictures of directions: one doodle, combed in three ways."""

import math
from collections.abc import Callable, Sequence
from itertools import chain

import cv2
import numpy as np

from app.document.document import Document
from app.document.label_map import LabelMap
from app.document.stroke import PointerSample
from app.harness.docs_camera import Camera
from app.tools import TOOLS, Ink, ToolOptions
from engine.studio import StrokeRequest, Studio, contact_sheet
from resources.materials import in_colours, materials

Point = tuple[float, float]
Comb = Callable[[str, int, Sequence[Point]], None]
"""Combs with a brush of the direction tool, of a diameter, along points."""

WIDTH, HEIGHT = 640, 480
IDS = {material.key: material.id for material in materials()}
STYLES = ("wheat-field-with-cypresses", "water-lilies", "great-wave")
SEED = 3


def landscape() -> np.ndarray:
    """Return a doodle of sky, a field, a willow and water, (HEIGHT, WIDTH) uint8."""
    labels = np.full((HEIGHT, WIDTH), IDS["sky"], np.uint8)
    labels[230:] = IDS["field"]
    bank = [(x, 372 + round(12 * math.sin(x / 70))) for x in range(0, WIDTH + 1, 8)]
    cv2.fillPoly(labels, [np.array([*bank, (WIDTH, HEIGHT), (0, HEIGHT)])], IDS["water"])
    cv2.rectangle(labels, (148, 240), (168, 340), IDS["tree"], -1)
    cv2.ellipse(labels, ((158, 190), (208, 224), 0), IDS["foliage"], -1)
    cv2.circle(labels, (470, 92), 30, IDS["sun"], -1)
    return labels


def calm(comb: Comb) -> None:
    """Comb a still day: flat sky and water, upright corn, a hanging willow."""
    for y in range(20, 230, 50):
        comb("comb", 90, [(0, y), (WIDTH, y)])
    for x in range(0, WIDTH + 1, 40):
        comb("comb", 70, [(x, 220), (x, 380)])
    for y in range(390, HEIGHT, 40):
        comb("comb", 70, [(0, y), (WIDTH, y)])
    for x in range(60, 270, 22):
        comb("comb", 44, [(158 + (x - 158) * 0.5, 86), (x, 180), (x + (x - 158) * 0.1, 310)])


def storm(comb: Comb) -> None:
    """Comb a storm from the left: rain falls aslant, corn and willow bend."""
    for x in range(-160, WIDTH + 200, 50):
        comb("comb", 90, [(x, -20), (x + 150, 240)])
    for y in range(240, 400, 34):
        comb("comb", 70, [(k, y + 40 - 50 * math.sin(k / 110)) for k in range(0, WIDTH + 1, 16)])
    for y in range(400, HEIGHT + 20, 34):
        comb("comb", 60, [(k, y + 22 * math.sin(k / 38)) for k in range(0, WIDTH + 1, 8)])
    for y in range(90, 300, 22):
        comb("comb", 44, [(40, y + 20), (150, y), (275, y - 40)])


def dream(comb: Comb) -> None:
    """Comb a dream: whirls in the sky and the water, a fountain in the willow."""
    for x, y, size in ((470, 92, 330), (320, 40, 180), (590, 210, 170), (60, 60, 190)):
        comb("whirl-right", size, [(x, y)])
    for x in range(0, WIDTH + 1, 80):
        comb("fountain", 150, [(x, 390)])
    for x in range(70, WIDTH, 130):
        comb("whirl-left", 150, [(x, 435)])
    comb("fountain", 330, [(158, 200)])


WAYS = (calm, storm, dream)


def combed(labels: np.ndarray, way: Callable[[Comb], None]) -> np.ndarray | None:
    """Comb a doodle with the direction tool; return the directions as the engine takes them."""
    document = Document(LabelMap.from_array(labels))

    def comb(kind: str, size: int, points: Sequence[Point]) -> None:
        options = ToolOptions("direction", size=size, comb=kind)
        gesture = TOOLS["direction"].begin(Ink(document), options, PointerSample(*points[0]))
        for point in points[1:]:
            gesture.move(PointerSample(*point))
        gesture.finish()

    way(comb)
    return document.state().direction_cells


def painted(studio: Studio, style: str, directions: np.ndarray | None) -> np.ndarray:
    """Paint the landscape with strokes, (HEIGHT, WIDTH, 3) uint8."""
    request = StrokeRequest(landscape(), style, SEED, directions=directions)
    for step in studio.strokes(request):
        picture = step.picture
    return picture.copy()


def lined(directions: np.ndarray) -> np.ndarray:
    """Return the landscape in the colours of its materials with lines along the directions."""
    picture = cv2.resize(in_colours(landscape()), (2 * WIDTH, 2 * HEIGHT))
    vectors = (directions.astype(float) - 128) / 127
    for y in range(12, HEIGHT, 24):
        for x in range(12, WIDTH, 24):
            cos, sin = vectors[y // 4, x // 4]
            angle, half = math.atan2(sin, cos) / 2, 18 * min(1.0, math.hypot(cos, sin))
            if half > 2:
                across, down = half * math.cos(angle), half * math.sin(angle)
                start = round(2 * x - across), round(2 * y - down)
                end = round(2 * x + across), round(2 * y + down)
                for shade, width in ((0, 7), (255, 3)):
                    cv2.line(picture, start, end, (shade,) * 3, width, cv2.LINE_AA)
    return cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)


def combed_ways(camera: Camera) -> None:
    """Show the same doodle combed in three ways: in Van Gogh's style, and in two others."""
    studio, labels = Studio(), landscape()
    ways = [combed(labels, way) for way in WAYS]
    lines = [lined(way) for way in ways if way is not None]
    first, *others = ([painted(studio, style, way) for way in ways] for style in STYLES)
    camera.take("combed", contact_sheet([*lines, *first], 3, 420))
    camera.take("combed-others", contact_sheet([*chain(*others)], 3, 420))
