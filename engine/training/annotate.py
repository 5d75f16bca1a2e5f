"""From hand-drawn shapes to a region map: what ``daub annotate`` does.

``polygons.json`` holds the shapes in painter's order, in pixels of the map's ``size``, each as
``regions.draw_shapes`` wants it; ``band`` is how far the borders were let loose to find the edges
of the strokes. ``avoid`` holds polygons, in the same pixels, around what is never copied.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from engine.errors import EngineError
from engine.files import replace_file, unreadable
from engine.image import open_image
from engine.packs.region_map import (
    REGIONS,
    UNASSIGNED_NAME,
    Colour,
    draw_shapes,
    follow_strokes,
    save_region_map,
)
from engine.packs.style_pack import StylePack, read_pack
from resources.materials import rgb_of

POLYGONS = "polygons.json"
LONGEST_SIDE = 1280
"""Of a region map, in pixels, unless ``polygons.json`` says its size."""

BAND = 7
"""Pixels that a border moves at most to find an edge, unless ``polygons.json`` says it."""

SMALLEST_SHARE = 0.005
"""Of the picture; a smaller region has too few positions for its statistics."""

_Pixels = Annotated[float, Field(ge=-32768, le=32767)]
_Radius = Annotated[float, Field(gt=0, le=32767)]
_Side = Annotated[int, Field(ge=16, le=16384)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_Outline = Annotated[tuple[tuple[_Pixels, _Pixels], ...], Field(min_length=3)]


class Shape(_Strict):
    """One polygon, circle or ellipse of a region; ``note`` is for people."""

    region: str
    polygon: _Outline | None = None
    circle: tuple[_Pixels, _Pixels, _Radius] | None = None
    ellipse: (
        tuple[_Pixels, _Pixels, _Radius, _Radius]
        | tuple[_Pixels, _Pixels, _Radius, _Radius, _Pixels]
        | None
    ) = None
    smooth: bool = False
    note: str | None = None

    @model_validator(mode="after")
    def _one_outline(self) -> "Shape":
        if sum(outline is not None for outline in (self.polygon, self.circle, self.ellipse)) != 1:
            raise ValueError("needs one of polygon, circle and ellipse")
        return self


class Drawing(_Strict):
    """What ``polygons.json`` says.

    ``width``: the one recommended for training; ``avoid``: outlines of what is never copied from
    the painting, such as a signature or a frame.
    """

    painting: str | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    size: tuple[_Side, _Side] | None = None
    band: Annotated[int, Field(ge=1, le=64)] = BAND
    width: _Side | None = None
    avoid: tuple[_Outline, ...] = ()
    shapes: tuple[Shape, ...]


@dataclass(frozen=True)
class Annotation:
    """The region map in ``path``. ``painting``: H x W x 3 uint8 RGB, ``regions``: H x W uint8."""

    path: Path
    names: tuple[str, ...]
    painting: np.ndarray
    regions: np.ndarray

    def shares(self) -> dict[str, float]:
        """Each region's share of the picture, 0-1."""
        return {name: float((self.regions == i).mean()) for i, name in enumerate(self.names)}


def annotate(folder: Path, painting: Path, band: int | None = None) -> Annotation:
    """Make ``regions.png`` of the pack ``folder`` from its ``polygons.json``.

    What the drawing does not say yet (painting, sha256, size) and another ``band``, in pixels, are
    written into it. Raises EngineError when drawing, ``style.toml`` and painting do not fit.
    """
    pack, path = read_pack(folder), folder / POLYGONS
    names = tuple(region.name for region in pack.region)
    drawing = read_drawing(path, names)
    picture = open_image(painting)
    complete = _completed(drawing, path, painting, picture, band)
    assert complete.size is not None
    picture = scaled(picture, complete.size)
    shapes = [shape.model_dump(exclude_unset=True) for shape in complete.shapes]
    rough = draw_shapes(shapes, names, complete.size)
    regions = follow_strokes(picture, rough, complete.band)
    metadata = {"painting": str(complete.painting), "painting-sha256": str(complete.sha256)}
    save_region_map(folder / REGIONS, regions, region_colours(pack), metadata)
    if complete != drawing:
        replace_file(path, _as_json(complete).encode())
    return Annotation(folder / REGIONS, names, picture, regions)


def read_drawing(path: Path, names: Sequence[str]) -> Drawing:
    """Read ``polygons.json``. Raises EngineError with one sentence naming file and shape."""
    try:
        entries = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    try:
        drawing = Drawing.model_validate(entries)
    except ValidationError as error:
        raise EngineError(f"{path}: {_first_problem(error, entries)}.") from error
    for number, shape in enumerate(drawing.shapes, 1):
        if shape.region not in (*names, UNASSIGNED_NAME):
            known = ", ".join(names)
            raise EngineError(
                f"{path}: shape {number} belongs to {shape.region}; style.toml has {known}."
            )
    return drawing


def _first_problem(error: ValidationError, entries: Any) -> str:
    problem = error.errors()[0]
    place, message = problem["loc"], problem["msg"].removeprefix("Value error, ")
    if len(place) > 1 and place[0] == "shapes":
        place = _shape_name(entries["shapes"], int(place[1])), *place[2:]
    where = ": ".join(_counted(part) for part in place)
    return f"{where or 'the file'}: {message[0].lower()}{message[1:]}"


def _shape_name(shapes: list[Any], index: int) -> str:
    region = shapes[index].get("region") if isinstance(shapes[index], dict) else None
    return f"shape {index + 1}" + (f" ({region})" if region is not None else "")


def _counted(part: str | int) -> str:
    """Corners and numbers are counted from 1, like shapes."""
    return str(part + 1) if isinstance(part, int) else part


def _completed(
    drawing: Drawing, path: Path, painting: Path, picture: np.ndarray, band: int | None
) -> Drawing:
    """The drawing with everything in it that its file did not say."""
    sha256 = hashlib.sha256(painting.read_bytes()).hexdigest()
    if drawing.sha256 not in (None, sha256):
        raise EngineError(f"{path} was drawn on another picture than {painting} (sha256 differs).")
    facts: dict[str, object] = {"sha256": sha256}
    facts["painting"] = drawing.painting or painting.name
    facts["size"] = size = drawing.size or map_size(picture)
    facts["band"] = band or drawing.band
    if abs(size[1] - picture.shape[0] * size[0] / picture.shape[1]) > 1:
        height, width = picture.shape[:2]
        raise EngineError(
            f"{path} has the size {size[0]} x {size[1]}, which {painting} of {width} x {height} "
            "cannot be scaled to."
        )
    news = {key: value for key, value in facts.items() if value != getattr(drawing, key)}
    return drawing.model_copy(update=news)


def _as_json(drawing: Drawing) -> str:
    """One line per entry and shape, so that people can find and change them."""
    entries = json.loads(drawing.model_dump_json(exclude_unset=True), parse_float=_number)
    lists = ("avoid", "shapes")
    order = [key for key in Drawing.model_fields if key in entries and key not in lists]
    lines = [f" {json.dumps(key)}: {json.dumps(entries[key])}" for key in order]
    lines += [_as_lines(key, entries[key]) for key in lists if key in entries]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _as_lines(key: str, entries: list[Any]) -> str:
    lines = ",\n".join(f"  {json.dumps(entry)}" for entry in entries)
    return f" {json.dumps(key)}: [\n{lines}\n ]"


def working_painting(folder: Path, painting: Path) -> np.ndarray:
    """The painting at the size of the pack's region map, H x W x 3 uint8, drawn or not yet.

    Raises EngineError when ``polygons.json`` is there and wrong, or the painting is no picture.
    """
    picture, path = open_image(painting), folder / POLYGONS
    size = None
    if path.exists():
        size = read_drawing(path, [region.name for region in read_pack(folder).region]).size
    return scaled(picture, size or map_size(picture))


def _number(text: str) -> int | float:
    """Whole pixels as people write them, without a decimal point."""
    value = float(text)
    return int(value) if value.is_integer() else value


def map_size(painting: np.ndarray) -> tuple[int, int]:
    """(width, height) of a painting's region map: its own, or LONGEST_SIDE on the longer side."""
    height, width = painting.shape[:2]
    scale = min(1.0, LONGEST_SIDE / max(height, width))
    return round(width * scale), round(height * scale)


def scaled(painting: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The H x W x 3 painting at (width, height)."""
    if (painting.shape[1], painting.shape[0]) == size:
        return painting
    return cv2.resize(painting, size, interpolation=cv2.INTER_AREA)


def region_colours(pack: StylePack) -> list[Colour]:
    """The colours that the regions of a pack are shown in."""
    return [rgb_of(region.colour) for region in pack.region]
