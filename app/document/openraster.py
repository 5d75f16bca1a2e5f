"""Read and write documents as OpenRaster files (.ora).

The folder daub/ of the zip holds Daub's own data. The layers, the merged image and the thumbnail
are for other programs. Daub also reads the painting and photo layers when it opens a document.
"""

import io
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, BinaryIO
from xml.etree import ElementTree

import cv2
import numpy as np
from PIL import Image
from pydantic import Field, ValidationError

from app import __version__
from app.document.archive import GREY, RGB, RGBA, Archive
from app.document.directions import CELL, ZERO, DirectionSnapshot
from app.document.document_state import DocumentState, SavedDocument
from app.document.errors import DocumentError
from app.document.file_schema import (
    BrushworkEntry,
    Corner,
    Entry,
    Id,
    Length,
    Look,
    MaterialId,
    Share,
    fitting_background,
)
from app.document.foreign_openraster import Foreign, flatten
from app.document.label_map import LabelMap
from app.document.patch import UNTOUCHED
from app.document.photo import FIRST_LOOK, Photo
from app.document.picture import PictureSnapshot
from app.document.rect import Rect
from app.document.refined import Refined
from app.document.underlay import Underlay
from resources.colour_depth import eight_bits, from_bytes, lower_bytes, upper_bytes
from resources.files import replacing
from resources.materials import PHOTO, in_colours, materials, photo_materials

FORMAT = 2
"""Newest format of daub/document.json that this version reads."""

WITHOUT_PHOTO = 1
"""Format of documents without a photo, which versions without photo support also read."""

ENTRIES = "daub/document.json"
LABELS, REFINED, REFINED_LABELS = "daub/labels.png", "daub/refined.png", "daub/refined-labels.png"
PAINTING, DOODLE, PICTURE = "data/painting.png", "data/doodle.png", "data/photo.png"
CAMERA = "daub/camera.exif"
UPPER, LOWER = "daub/photo-upper.png", "daub/photo-lower.png"
"""The upper and lower bytes of a photo of 16 bits; Pillow writes no such colours into one PNG."""

DIRECTIONS, REFINED_DIRECTIONS = "daub/directions.png", "daub/refined-directions.png"
TRACED, UNDERLAY = "data/underlay.png", "daub/underlay.png"

THUMBNAIL_SIDE = 256
MOST_TEXT = MOST_CAMERA = 2**16


class _Style(Entry):
    id: Id
    sha256: Annotated[str, Field(max_length=64)] = ""


_Seed = Annotated[int, Field(ge=0, le=2**31 - 1)]


class _Refined(Entry):
    style: Id
    seed: _Seed
    look: Look | None = None
    brushwork: BrushworkEntry = BrushworkEntry()


class _Photo(Look):
    name: Annotated[str, Field(max_length=1000)]


class _Underlay(Entry):
    left: Corner
    top: Corner
    width: Length
    height: Length
    opacity: Share


class _Entries(Entry):
    """The content of daub/document.json. Unknown keys of later versions are ignored."""

    format: int
    daub: str
    style: _Style
    seed: _Seed
    painted: bool
    refined: _Refined | None = None
    background: MaterialId = 0
    brushwork: BrushworkEntry = BrushworkEntry()
    photo: _Photo | None = None
    underlay: _Underlay | None = None


class _Head(Entry):
    format: Annotated[int, Field(ge=1)]


# -- writing --------------------------------------------------------------------------------


def save(path: Path, saved: SavedDocument) -> None:
    """Write a document; an existing file stays intact on failure. Raise DocumentError."""
    try:
        with replacing(path) as file:
            write(file, saved)
    except OSError as error:
        raise DocumentError(_save_error(path, error)) from error


def write(file: BinaryIO, saved: SavedDocument) -> None:
    """Write a document as OpenRaster to an open file. Raise OSError."""
    state = saved.state
    labels, photo = state.labels.array(), state.photo
    doodle = _doodle(labels, photo is not None)
    bare = photo.pixels if photo is not None else doodle
    painting = state.preview.array() if state.preview is not None else bare
    merged = _png(painting)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_entry("mimetype"), "image/openraster")
        archive.writestr(_entry("stack.xml"), _stack(state, saved.opacity), zipfile.ZIP_DEFLATED)
        if state.underlay is not None:
            _, traced = state.underlay.on_canvas(state.labels.bounds)
            archive.writestr(_entry(TRACED), _png(traced))
            archive.writestr(_entry(UNDERLAY), _png(state.underlay.pixels))
        archive.writestr(_entry(PAINTING), merged)
        archive.writestr(_entry(DOODLE), _png(doodle))
        if photo is not None:
            archive.writestr(_entry(PICTURE), _png(_with_alpha(photo)))
            archive.writestr(_entry(CAMERA), photo.camera)
            if photo.deep is not None:
                archive.writestr(_entry(UPPER), _png(upper_bytes(photo.deep)))
                archive.writestr(_entry(LOWER), _png(lower_bytes(photo.deep)))
        archive.writestr(_entry("mergedimage.png"), merged)
        archive.writestr(_entry("Thumbnails/thumbnail.png"), _png(thumbnail(painting)))
        archive.writestr(_entry(ENTRIES), _entries(saved), zipfile.ZIP_DEFLATED)
        archive.writestr(_entry(LABELS), _png(labels))
        if state.refined is not None:
            archive.writestr(_entry(REFINED), _png(state.refined.pixels))
            archive.writestr(_entry(REFINED_LABELS), _png(state.refined.labels.array()))
            _write_directions(archive, REFINED_DIRECTIONS, state.refined.directions)
        _write_directions(archive, DIRECTIONS, state.directions)


def thumbnail(pixels: np.ndarray) -> np.ndarray:
    """Scale H x W x 3 uint8 pixels down so that no side is longer than THUMBNAIL_SIDE."""
    height, width = pixels.shape[:2]
    scale = THUMBNAIL_SIDE / max(height, width)
    if scale >= 1:
        return pixels
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


def _save_error(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{path} cannot be saved: the folder {path.parent} no longer exists."
    return f"{path} cannot be saved: {(error.strerror or str(error)).lower()}."


def _entry(name: str) -> zipfile.ZipInfo:
    """Return an entry with a fixed time, so that the same document gives the same file."""
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o644 << 16
    return info


def _png(pixels: np.ndarray) -> bytes:
    encoded = io.BytesIO()
    Image.fromarray(pixels).save(encoded, "PNG", compress_level=3)
    return encoded.getvalue()


def _doodle(labels: np.ndarray, over_photo: bool) -> np.ndarray:
    """Return the doodle layer: H x W x 3 uint8, or x 4 with alpha when there is a photo."""
    colours = in_colours(labels)
    if not over_photo:
        return colours
    return np.dstack([colours, np.where(labels == PHOTO, 0, 255).astype(np.uint8)])


def _with_alpha(photo: Photo) -> np.ndarray:
    return photo.pixels if photo.alpha is None else np.dstack([photo.pixels, photo.alpha])


def _write_directions(
    archive: zipfile.ZipFile, name: str, directions: DirectionSnapshot | None
) -> None:
    """Write directions as red and green of a picture, a pixel per cell; nothing for none."""
    if directions is not None:
        cells = directions.array()
        blue = np.full(cells.shape[:2], ZERO, np.uint8)
        archive.writestr(_entry(name), _png(np.dstack([cells, blue])))


def _stack(state: DocumentState, opacity: float) -> bytes:
    width, height = str(state.labels.width), str(state.labels.height)
    image = ElementTree.Element("image", version="0.0.5", w=width, h=height, xres="72", yres="72")
    stack = ElementTree.SubElement(image, "stack")
    photo = (("Photo", PICTURE),) if state.photo is not None else ()
    for name, source in (("Painting", PAINTING), ("Doodle", DOODLE), *photo):
        _add_layer(stack, name, source)
    if state.underlay is not None:
        place, _ = state.underlay.on_canvas(state.labels.bounds)
        layer = _add_layer(stack, "Underlay", TRACED)
        # The underlay is not part of the painting.
        layer.attrib.update(x=str(place.left), y=str(place.top), visibility="hidden")
        layer.set("opacity", str(round(opacity, 3)))
    return ElementTree.tostring(image, "UTF-8", xml_declaration=True)


def _add_layer(stack: ElementTree.Element, name: str, source: str) -> ElementTree.Element:
    return ElementTree.SubElement(stack, "layer", {
        "name": name, "src": source, "x": "0", "y": "0", "opacity": "1.0",
        "visibility": "visible", "composite-op": "svg:src-over",
    })  # fmt: skip


def _entries(saved: SavedDocument) -> str:
    state = saved.state
    refined, photo = state.refined, state.photo
    entries = _Entries(
        format=FORMAT if photo is not None else WITHOUT_PHOTO,
        daub=__version__,
        style=_Style(id=state.style_id, sha256=saved.style_hash),
        seed=state.seed,
        painted=state.preview is not None,
        refined=_refined_entry(refined),
        background=state.background,
        brushwork=BrushworkEntry.of(state.brushwork),
        photo=_Photo(name=photo.name, **asdict(state.look)) if photo is not None else None,
        underlay=_underlay_entry(saved),
    )
    return entries.model_dump_json(indent=2)


def _refined_entry(refined: Refined | None) -> _Refined | None:
    if refined is None:
        return None
    look = Look(**asdict(refined.look)) if refined.look is not None else None
    brushwork = BrushworkEntry.of(refined.brushwork)
    return _Refined(style=refined.style_id, seed=refined.seed, look=look, brushwork=brushwork)


def _underlay_entry(saved: SavedDocument) -> _Underlay | None:
    under = saved.state.underlay
    if under is None:
        return None
    return _Underlay(
        left=under.left, top=under.top, width=under.width, height=under.height,
        opacity=saved.opacity,
    )  # fmt: skip


# -- reading --------------------------------------------------------------------------------


def load(path: Path) -> SavedDocument | Foreign:
    """Read a document, or flatten an OpenRaster file of another program.

    Raise DocumentError if that fails.
    """
    with Archive(path) as archive:
        # Other programs drop the folder daub/ when they save a Daub document.
        return _read(archive) if ENTRIES in archive else flatten(archive)


def read_foreign(path: Path) -> Foreign:
    """Flatten an OpenRaster file of any program. Raise DocumentError if that fails."""
    with Archive(path) as archive:
        return flatten(archive)


def _read(archive: Archive) -> SavedDocument:
    entries = _read_entries(archive)
    labels = _read_labels(archive, LABELS, None, over_photo=entries.photo is not None)
    height, width = labels.shape
    size = width, height
    painting = archive.pixels(PAINTING, RGB, size) if entries.painted else None
    state = DocumentState(
        labels=LabelMap.from_array(labels).snapshot(),
        style_id=entries.style.id,
        seed=entries.seed,
        background=fitting_background(entries.background, entries.photo is not None),
        refined=_read_refined(archive, entries, size),
        photo=_read_photo(archive, entries.photo, size),
        look=entries.photo.value if entries.photo is not None else FIRST_LOOK,
        brushwork=entries.brushwork.value,
        underlay=_read_underlay(archive, entries.underlay),
        preview=PictureSnapshot.from_array(painting) if painting is not None else None,
        directions=_read_directions(archive, DIRECTIONS, size),
    )
    opacity = entries.underlay.opacity if entries.underlay is not None else 0.5
    return SavedDocument(state, entries.style.sha256, opacity)


def _read_entries(archive: Archive) -> _Entries:
    text = archive.read(ENTRIES, MOST_TEXT)
    try:
        found = _Head.model_validate_json(text).format
        if found > FORMAT:
            raise archive.error(
                f"it was saved by a newer version of Daub (format {found}, supported: 1-{FORMAT})"
            )
        return _Entries.model_validate_json(text)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"]) or "top level"
        raise archive.error(f"{ENTRIES} is damaged ({where})") from error


def _read_labels(
    archive: Archive,
    name: str,
    size: tuple[int, int] | None,
    nothing: int = 0,
    over_photo: bool = False,
) -> np.ndarray:
    """Read and check material ids; `nothing` is an id that is allowed although no material."""
    labels = archive.pixels(name, GREY, size)
    last = len(materials()) - 1
    others = [nothing, *(material.id for material in photo_materials() if over_photo)]
    highest = int(labels.max(where=~np.isin(labels, others), initial=0))
    if highest > last:
        raise archive.error(f"{name} has the unknown material {highest}")
    return labels


def _read_refined(archive: Archive, entries: _Entries, size: tuple[int, int]) -> Refined | None:
    entry = entries.refined
    if entry is None:
        return None
    pixels = archive.pixels(REFINED, RGB, size)
    pixels.flags.writeable = False
    # On an extended canvas the new area of the refined picture's doodle is UNTOUCHED.
    over_photo = entries.photo is not None
    labels = LabelMap.from_array(_read_labels(archive, REFINED_LABELS, size, UNTOUCHED, over_photo))
    look = entry.look.value if entry.look is not None else None
    return Refined(
        pixels, labels.snapshot(), entry.style, entry.seed, look, entry.brushwork.value,
        directions=_read_directions(archive, REFINED_DIRECTIONS, size),
    )  # fmt: skip


def _read_directions(
    archive: Archive, name: str, size: tuple[int, int]
) -> DirectionSnapshot | None:
    """Read directions; None where there are none, as in files of older versions."""
    if name not in archive:
        return None
    cells = Rect.of_size(*size).cells(CELL)
    head = archive.picture(name)
    if (head.width, head.height) != (cells.width, cells.height):
        raise archive.error(
            f"{name} is {head.width} x {head.height} pixels, but the doodle has "
            f"{cells.width} x {cells.height} directions"
        )
    return DirectionSnapshot.of_array(archive.pixels(name, RGB, None)[..., :2])


def _read_photo(archive: Archive, entry: _Photo | None, size: tuple[int, int]) -> Photo | None:
    if entry is None:
        return None
    camera, kind = archive.read(CAMERA, MOST_CAMERA), archive.picture(PICTURE).colour_type
    kind = RGB if kind == RGB else RGBA
    pixels, alpha = archive.pixels(PICTURE, kind, size), None
    deep = None
    if UPPER in archive and LOWER in archive:
        deep = from_bytes(*(archive.pixels(name, kind, size) for name in (UPPER, LOWER)))
        if not np.array_equal(eight_bits(deep), pixels):
            deep = None  # another program has changed the photo
    if kind == RGBA:
        pixels, alpha = np.ascontiguousarray(pixels[..., :3]), np.ascontiguousarray(pixels[..., 3])
    return Photo(entry.name, pixels, alpha, camera, deep)


def _read_underlay(archive: Archive, entry: _Underlay | None) -> Underlay | None:
    if entry is None:
        return None
    pixels = archive.pixels(UNDERLAY, RGB, None)
    return Underlay(pixels, entry.left, entry.top, entry.width, entry.height)
