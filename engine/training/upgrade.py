"""Put the painting into a style pack: what ``daub styles --upgrade`` does.

The painting gets the size of the pack's region map, which stays as it is: training and the targets
for Refine were made with it.
"""

import hashlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from engine.errors import EngineError
from engine.files import replace_file
from engine.image import open_image
from engine.packs.pack_writer import PAINTING, WHOLE_MAP, painting_file, update_toml
from engine.packs.painting import painting_flows, read_painting
from engine.packs.region_map import (
    REGIONS,
    draw_avoided,
    load_region_map,
    save_region_map,
)
from engine.packs.style_pack import FORMAT, STROKE_WIDTH, StylePack, read_pack
from engine.training.annotate import POLYGONS, Drawing, read_drawing, region_colours, scaled
from engine.training.whole_map import whole_map

AVOID = "avoid.png"
WRITTEN = (PAINTING, AVOID, WHOLE_MAP)
"""What ``upgrade`` writes beside ``style.toml``."""

SHORTEST, LONGEST = 900, 1600
"""Pixels of the longer side that a pack's painting should have."""


@dataclass(frozen=True)
class Upgraded:
    """What ``upgrade`` made of a pack.

    ``size``: (width, height) of the painting in the pack, ``original``: of the one it was made of;
    ``file_size`` in bytes; ``quality`` of the WebP file, 0-100; ``avoided``: share of the painting
    that is never copied, 0-1.
    """

    folder: Path
    size: tuple[int, int]
    original: tuple[int, int]
    file_size: int
    quality: int
    avoided: float

    def __str__(self) -> str:
        """One line for the terminal."""
        width, height = self.size
        text = (
            f"{PAINTING} {width} x {height} pixels, {self.file_size / 1000:.0f} KB at quality "
            f"{self.quality}; {self.avoided:.1%} of it is never copied"
        )
        return f"{text}. {self.remark}" if self.remark else text

    @property
    def remark(self) -> str:
        """One sentence about a painting that is smaller than it should be; empty otherwise."""
        if max(self.size) >= SHORTEST:
            return ""
        if max(self.original) < SHORTEST:
            return f"The original has no more than {self.original[0]} x {self.original[1]} pixels."
        return f"The longer side should have {SHORTEST} pixels; {POLYGONS} says the map's size."


def upgrade(folder: Path, painting: Path) -> Upgraded:
    """Write the painting and its avoid mask into the pack ``folder``, and format 2.

    ``painting``: the picture that the pack's ``polygons.json`` was drawn on. ``painting.webp`` and
    ``avoid.png`` are written anew, in ``style.toml`` the format and the table ``[painting]``;
    ``[strokes]`` only where there is none. The same painting gives the same bytes again. An
    ``avoid.png`` stays where ``polygons.json`` lists nothing to avoid.
    Raises EngineError when painting, drawing, map and ``style.toml`` do not fit each other, or a
    file that would be written is there already and ``style.toml`` does not name it.
    """
    pack = read_pack(folder)
    drawing = read_drawing(folder / POLYGONS, [region.name for region in pack.region])
    if hashlib.sha256(_content(painting)).hexdigest() != drawing.sha256:
        raise EngineError(f"{painting} is not what {folder / POLYGONS} was drawn on.")
    picture = open_image(painting)
    size = _size(folder, drawing, picture, painting)
    _check_own(folder, pack, [PAINTING, WHOLE_MAP] + [AVOID] * bool(drawing.avoid))
    content, quality = painting_file(scaled(picture, size), folder / PAINTING)
    replace_file(folder / PAINTING, content)
    _write_avoided(folder / AVOID, drawing, size)
    whole = whole_map(scaled(picture, size), load_region_map(folder / REGIONS))
    save_region_map(folder / WHOLE_MAP, whole, region_colours(pack), {})
    update_toml(folder, _tables(folder, pack, size))
    update_toml(folder, {"region": _regions(folder)})
    avoided = read_painting(folder, read_pack(folder)).avoid.mean()
    original = picture.shape[1], picture.shape[0]
    return Upgraded(folder, size, original, len(content), quality, float(avoided))


def renew(folder: Path, painting: Path) -> Upgraded | None:
    """``upgrade`` a pack that has a painting, because its map was drawn again; others stay."""
    return upgrade(folder, painting) if read_pack(folder).painting is not None else None


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise EngineError(f"{path} cannot be read: {error.strerror}.") from error


def _size(folder: Path, drawing: Drawing, picture: np.ndarray, painting: Path) -> tuple[int, int]:
    """(width, height) of the region map, which the painting in the pack has, too."""
    path = folder / REGIONS
    height, width = load_region_map(path).shape
    if drawing.size != (width, height):
        raise EngineError(f"{path} is not what {folder / POLYGONS} says; daub annotate draws it.")
    if max(width, height) > LONGEST:
        raise EngineError(
            f"{path} is {width} x {height} pixels; with a painting {LONGEST} are the most a side."
        )
    if width > picture.shape[1] or height > picture.shape[0]:
        raise EngineError(f"{path} is larger than {painting}, which would have to be enlarged.")
    return width, height


def _check_own(folder: Path, pack: StylePack, names: list[str]) -> None:
    """Refuse to replace a file of these names that is not the pack's."""
    painting = pack.painting
    own = {painting.file, painting.map, painting.avoid} if painting else set()
    for path in (folder / name for name in names if name not in own):
        if path.exists():
            raise EngineError(
                f"{path} would be replaced, but style.toml does not name it; move it."
            )


def _write_avoided(path: Path, drawing: Drawing, size: tuple[int, int]) -> None:
    """Draw the avoid mask as a PNG of one bit, white where nothing is copied."""
    if drawing.avoid:
        content = BytesIO()
        Image.fromarray(draw_avoided(drawing.avoid, size)).save(content, "PNG")
        replace_file(path, content.getvalue())


def _tables(folder: Path, pack: StylePack, size: tuple[int, int]) -> dict[str, object]:
    """What ``style.toml`` says of the files that are in ``folder`` now."""
    painting = {
        "file": PAINTING,
        "sha256": _sha256(folder / PAINTING),
        "map": WHOLE_MAP,
        "map_sha256": _sha256(folder / WHOLE_MAP),
    }
    if (folder / AVOID).exists():
        painting |= {"avoid": AVOID, "avoid_sha256": _sha256(folder / AVOID)}
    tables: dict[str, object] = {"format": FORMAT, "painting": painting}
    if "strokes" not in pack.model_fields_set:
        tables["strokes"] = {"width": min(STROKE_WIDTH, size[0]), "uniformity": 100}
    return tables


def _regions(folder: Path) -> list[dict[str, object]]:
    """The regions of ``style.toml`` with the flow that their strokes have in the painting."""
    pack = read_pack(folder)
    flows = painting_flows(read_painting(folder, pack), pack.strokes.width, len(pack.region))
    return [
        region.model_dump(mode="json", exclude={"flow"}) | {"flow": flow.model_dump()}
        for region, flow in zip(pack.region, flows, strict=True)
    ]


def _sha256(path: Path) -> str:
    return hashlib.sha256(_content(path)).hexdigest()
