"""Make a style pack of a picture and a map of its materials: the packs of the style studio.

Every marked material is one region. What paints the others is decided as in every pack: kin,
loans, fallbacks.
"""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tomli_w
from PIL import Image

from engine.doodle.generator import MAX_REGIONS
from engine.errors import EngineError
from engine.files import replace_file
from engine.image import save_doodle, save_png
from engine.packs.marking import AVOID, NONE
from engine.packs.pack_writer import (
    PAINTING,
    THUMBNAIL,
    WHOLE_MAP,
    free_file_name,
    one_at_a_time,
    painting_file,
    reduced_thumbnail,
)
from engine.packs.painting import PackPainting, painting_flows, read_painting, region_means
from engine.packs.picture_style import check_picture, reduced
from engine.packs.region_map import UNASSIGNED, region_map_file
from engine.packs.style_pack import (
    FORMAT,
    STROKE_WIDTH,
    StylePack,
    read_pack,
)
from engine.strokes.guides import fill_gaps
from resources.materials import materials, rgb_of
from resources.style_details import StyleDetails

AVOIDED, STARTER = "avoid.png", "starter.png"

STARTER_SIDE = 1024
"""Longer side of a starter doodle in pixels."""

CALM = 9
"""Side in pixels of the median that makes the borders of a starter doodle calm; odd."""

_OWN = r"(painting(-[0-9]+)?\.webp)|((map|avoid)(-[0-9]+)?\.png)"
"""Names of files that are written here."""

_DERIVED = ("generator", "targets", "training", "quality")
"""Tables of ``style.toml`` that other regions make invalid."""


def stroke_table(details: StyleDetails, width: int) -> dict[str, int]:
    """Return the table ``[strokes]`` of a picture with this width in pixels."""
    wanted = min(STROKE_WIDTH, width) * details.stroke_size
    return {
        "width": max(64, min(2048, round(wanted))),
        "uniformity": round(200 * details.variety),
        "region": round(220 * details.strictness),
    }


def details_of(pack: StylePack, width: int) -> StyleDetails:
    """Return the details of a pack whose picture has this width; the reverse of ``write_style``."""
    strokes = pack.strokes
    size = strokes.width / min(STROKE_WIDTH, width)
    return StyleDetails(
        pack.title, pack.artist, pack.year, pack.credit, pack.licence,
        stroke_size=round(float(np.clip(size, 0.5, 2)), 3),
        variety=min(1.0, strokes.uniformity / 200),
        strictness=min(1.0, strokes.region / 220),
    )  # fmt: skip


def marked_pack(
    style_id: str, picture: np.ndarray, labels: np.ndarray, details: StyleDetails
) -> tuple[StylePack, PackPainting]:
    """Return the pack of a marked picture without writing it, for strokes while it is marked.

    ``picture``: (H, W, 3) uint8; ``labels``: (H, W) uint8 of material ids, AVOID, or NONE. Raises
    EngineError, in one sentence, when they do not fit each other, a label is no material, or
    nothing but AVOID or more than MAX_REGIONS materials are marked.
    """
    rgb, labels = _fitted(picture, labels, details.title or style_id)
    ids, painting = _painting(rgb, labels)
    digest = hashlib.sha256(labels.tobytes() + rgb.tobytes()).hexdigest()
    entries = _entries(style_id, ids, painting, details, {})
    entries["painting"] = {"file": PAINTING, "sha256": digest, "map_sha256": digest}
    return StylePack(**entries), painting


@dataclass(frozen=True, eq=False)
class MarkedPicture:
    """A picture with its map and details; arrays as for ``marked_pack``."""

    picture: np.ndarray
    labels: np.ndarray
    details: StyleDetails


def read_marked(folder: Path) -> MarkedPicture:
    """Read a pack to edit it or a copy of it. Raises EngineError if it has no painting.

    A region becomes its first material.
    """
    pack = read_pack(folder)
    painting = read_painting(folder, pack)
    numbers = {material.key: material.id for material in materials()}
    table = np.full(256, NONE, np.uint8)
    for number, region in enumerate(pack.region):
        table[number] = numbers[region.materials[0]] if region.materials else NONE
    labels = np.where(painting.avoid, AVOID, table[painting.regions]).astype(np.uint8)
    labels[~painting.regions_drawn & ~painting.avoid] = NONE
    return MarkedPicture(painting.rgb, labels, details_of(pack, labels.shape[1]))


@one_at_a_time
def write_style(
    folder: Path,
    picture: np.ndarray,
    labels: np.ndarray,
    details: StyleDetails,
    starter: np.ndarray | None = None,
    thumbnail: np.ndarray | None = None,
) -> StylePack:
    """Write the pack ``folder`` of a marked picture, or write it again; return its content.

    ``picture``, ``labels``: as for ``marked_pack``. ``starter``: doodle to start from, (h, w) uint8
    material ids, and ``thumbnail``, (h, w, 3) uint8: by default those that the folder has, or else
    the map and the picture. Tables that Daub does not make here stay as they are; a trained network
    and measured figures do only while regions and materials stay the same. The new ``style.toml``
    replaces the old one when all it names is written, so that there is a whole pack at any time.
    Raises EngineError, in one sentence, as ``marked_pack``, and when the folder has another name
    than a style may have, is not writable, or has files but is no pack.
    """
    check_folder_name(folder)
    old = _old_entries(folder)
    rgb, labels = _fitted(picture, labels, details.title or folder.name)
    ids, painting = _painting(rgb, labels)
    entries = _entries(folder.resolve().name, ids, painting, details, old)
    colours = [rgb_of(region["colour"]) for region in entries["region"]]
    content = _kept_painting(folder, old, rgb) or painting_file(rgb, folder / PAINTING)[0]
    drawn = np.where(painting.regions_drawn, painting.regions, UNASSIGNED).astype(np.uint8)
    files = {PAINTING: content, WHOLE_MAP: region_map_file(drawn, colours, {})}
    if painting.avoid.any():
        files[AVOIDED] = _one_bit(painting.avoid)
    before = _named(old)
    names = {name: free_file_name(folder, name, data, before) for name, data in files.items()}
    table: dict[str, str] = {}
    for key, name in (("", PAINTING), ("map", WHOLE_MAP), ("avoid", AVOIDED)):
        if name in files:
            replace_file(folder / names[name], files[name])
            table[key or "file"] = names[name]
            table[f"{key}_sha256".lstrip("_")] = hashlib.sha256(files[name]).hexdigest()
    entries["painting"] = table
    pack = StylePack(**entries)
    _write_pictures(folder, rgb, labels, starter, thumbnail)
    replace_file(folder / "style.toml", tomli_w.dumps(entries).encode())
    for name in before - set(names.values()):
        with suppress(OSError):
            (folder / name).unlink()
    return pack


def check_folder_name(folder: Path) -> None:
    """Raise EngineError, in one sentence, if a folder's name cannot be the id of a style."""
    if not re.fullmatch("[a-z0-9][a-z0-9-]*", folder.resolve().name):
        raise EngineError(
            f"{folder} cannot be a style: its name may have lower-case letters, digits and hyphens."
        )


def starter_of(labels: np.ndarray) -> np.ndarray:
    """Return a doodle that is composed as the picture: the map with calm borders, (h, w) uint8.

    ``labels``: as for ``marked_pack``; what is not marked or avoided gets what is nearest. Raises
    EngineError when there is no material.
    """
    _materials_in(labels, "The picture")
    whole = fill_gaps(np.where(labels == AVOID, NONE, labels).astype(np.uint8))
    height, width = whole.shape
    share = STARTER_SIDE / max(height, width)
    size = max(1, round(width * share)), max(1, round(height * share))
    return cv2.medianBlur(cv2.resize(whole, size, interpolation=cv2.INTER_NEAREST), CALM)


def _fitted(picture: np.ndarray, labels: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Check a picture and its labels and return them at the size that they have in a pack."""
    check_picture(picture, name)
    if labels.shape != picture.shape[:2]:
        raise EngineError(f"The map of {name} has another size than the picture.")
    _materials_in(labels, name)
    rgb = reduced(picture)
    size = rgb.shape[1], rgb.shape[0]
    return rgb, cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST)


def _materials_in(labels: np.ndarray, name: str) -> list[int]:
    """Return the ids of the materials in a map, rising.

    Raises EngineError for none, too many and unknown ones.
    """
    found = [int(each) for each in np.unique(labels) if each not in (AVOID, NONE)]
    if not found:
        raise EngineError(f"{name} has no material marked yet.")
    if found[-1] >= len(materials()):
        raise EngineError(f"The map of {name} contains the id {found[-1]}, which is no material.")
    if len(found) > MAX_REGIONS:
        raise EngineError(
            f"{name} has {len(found)} materials marked; a style has at most {MAX_REGIONS}."
        )
    return found


def _painting(rgb: np.ndarray, labels: np.ndarray) -> tuple[list[int], PackPainting]:
    """Return the materials of a map by region, and the painting with its regions."""
    ids = _materials_in(labels, "The picture")
    table = np.full(256, UNASSIGNED, np.uint8)
    table[ids] = np.arange(len(ids))
    drawn = table[labels]
    arrays = rgb, fill_gaps(drawn), labels == AVOID, drawn != UNASSIGNED
    return ids, PackPainting(*arrays)


def _entries(
    style_id: str,
    ids: list[int],
    painting: PackPainting,
    details: StyleDetails,
    old: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the content of ``style.toml`` without the table of the painting."""
    width = painting.rgb.shape[1]
    strokes = dict(old.get("strokes", {})) | stroke_table(details, width)
    title = details.title or style_id
    entries = dict(old) | {
        "format": FORMAT,
        "id": style_id,
        "title": title,
        "artist": details.artist,
        "year": details.year,
        "credit": details.credit or f"Brush strokes of {title}",
        "licence": details.licence or "unknown",
        "region": _regions(ids, painting, int(strokes["width"]), old.get("region", [])),
        "strokes": strokes,
    }
    if _paints(entries["region"]) != _paints(old.get("region", [])):
        for table in _DERIVED:
            entries.pop(table, None)
    return entries


def _paints(regions: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    return [(region["name"], list(region["materials"])) for region in regions]


def _regions(
    ids: list[int], painting: PackPainting, width: int, old: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the regions of ``style.toml``; of the old ones they keep name and materials."""
    keys = [materials()[number].key for number in ids]
    before = {region["materials"][0]: region for region in old if region["materials"]}
    means, flows = region_means(painting, len(ids)), painting_flows(painting, width, len(ids))
    regions = []
    for key, mean, flow in zip(keys, means, flows, strict=True):
        known = before.get(key, {"name": key, "materials": [key]})
        also = [other for other in known["materials"][1:] if other not in keys]
        red, green, blue = (int(part) for part in mean)
        regions.append({
            "name": known["name"],
            "materials": [key, *also],
            "colour": f"#{red:02x}{green:02x}{blue:02x}",
            "flow": flow.model_dump(),
        })  # fmt: skip
    return regions


def _old_entries(folder: Path) -> dict[str, Any]:
    """Return what ``style.toml`` says now; empty for a new folder, which is created."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not any(folder.iterdir()):
            return {}
    except OSError as error:
        raise EngineError(f"{folder} cannot be created: {error.strerror}.") from error
    if not (folder / "style.toml").exists():
        raise EngineError(f"{folder} contains other files; choose a new folder for the style.")
    read_pack(folder)
    return tomllib.loads((folder / "style.toml").read_text("utf-8"))


def _kept_painting(folder: Path, old: Mapping[str, Any], rgb: np.ndarray) -> bytes:
    """Return the old painting's file if it shows the same pixels; empty otherwise.

    Encoded again and again, a picture that is read from its pack would lose a little every time.
    """
    if "painting" not in old:
        return b""
    pack = StylePack(**old)
    try:
        same = np.array_equal(read_painting(folder, pack).rgb, rgb)
    except EngineError:  # damaged: it is written anew
        return b""
    return (folder / old["painting"]["file"]).read_bytes() if same else b""


def _named(old: Mapping[str, Any]) -> set[str]:
    """Return the files of the painting that the old ``style.toml`` names, if named as here.

    Others are not Daub's to remove, such as a map that was drawn by hand.
    """
    table = old.get("painting", {})
    names = {table[key] for key in ("file", "map", "avoid") if key in table}
    return {name for name in names if re.fullmatch(_OWN, name)}


def _write_pictures(
    folder: Path,
    rgb: np.ndarray,
    labels: np.ndarray,
    starter: np.ndarray | None,
    thumbnail: np.ndarray | None,
) -> None:
    if starter is not None or not (folder / STARTER).exists():
        save_doodle(folder / STARTER, starter_of(labels) if starter is None else starter)
    if thumbnail is not None or not (folder / THUMBNAIL).exists():
        save_png(folder / THUMBNAIL, reduced_thumbnail(rgb) if thumbnail is None else thumbnail)


def _one_bit(mask: np.ndarray) -> bytes:
    content = BytesIO()
    Image.fromarray(mask).save(content, "PNG")
    return content.getvalue()
