"""The engine's facade, which the application and the command line call with numpy arrays.

All threads that a call starts end with the call.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import platformdirs
import torch

from engine.descriptors.descriptor import Between, Descriptor, compact, load_descriptor, nothing
from engine.device import Device, available, choose
from engine.doodle.enlarge import EnlargedLabels, texture_labels, used_materials
from engine.doodle.export import ExportRequest, Shares, export_steps, save_picture
from engine.doodle.files import read_doodle, read_doodle_file
from engine.doodle.generator import (
    Generator,
    directions_read,
    labels_window,
    moved_regions,
    multiplications_per_pixel,
    paint,
    paint_around,
)
from engine.errors import EngineError
from engine.formats import FORMATS, Provenance, find_format, to_look_at
from engine.image import (
    nearest_materials,
    open_image,
    save_doodle,
    save_png,
)
from engine.packs.marked_style import (
    MarkedPicture,
    check_folder_name,
    read_marked,
    starter_of,
    write_style,
)
from engine.packs.marking import AVOID, NONE, Marked, Marking
from engine.packs.network_loans import NetworkTable, network_table
from engine.packs.painting import read_painting, region_means
from engine.packs.picture_style import LONGEST, new_folder, write_picture_style
from engine.packs.scribbles import read_scribbles
from engine.packs.style_info import style_info
from engine.packs.style_pack import (
    BUILT_IN,
    StylePack,
    edge_kinds,
    pack_folders,
    read_generator,
    read_pack,
    read_targets,
    read_whole,
    stamp,
)
from engine.packs.targets import blended
from engine.photo.composite import OverPhoto, composed, fitted_mask, mixed, read_mask
from engine.photo.export import AnyPaintedPhoto, PhotoExport, photo_export_steps
from engine.photo.painter import LARGE_TILE, PhotoPainter, photo_trial
from engine.photo.stylizer import load_stylizer
from engine.picture_files import Photo, open_foreign, read_photo
from engine.refine.borrowed import in_own_colours, recoloured
from engine.refine.photo import refine_photo
from engine.refine.request import RefineRequest, RefineStep
from engine.refine.run import refine, trial
from engine.requests import (
    GuidePair,
    PaintedBy,
    PhotoLook,
    PictureNames,
    PreviewPatch,
    PreviewRequest,
    StrokeRequest,
    StrokeStep,
    StyleInfo,
)
from engine.sheet import captioned, contact_sheet, with_doodle
from engine.strokes.large import resized_sharply
from engine.tiles import Window, affected, beside, plan, seen_from
from resources.colour_depth import sixteen_bits
from resources.materials import materials

if TYPE_CHECKING:  # importing numba takes half a second: import it only to paint strokes
    from engine.packs.marked_strokes import MarkedStrokes
    from engine.packs.style_archive import StyleArchive
    from engine.photo.materials import MaterialSteps, MaterialStrokes, PaintedMaterials
    from engine.photo.strokes import StrokePhotos
    from engine.strokes.painter import StrokeSteps, StrokeStyle
    from engine.strokes.picture_export import PictureExport
    from engine.video.doodle_film import DoodleFilmRequest
    from engine.video.doodle_painter import DoodleLook, DoodlePainter
    from engine.video.doodles import DoodleSequence
    from engine.video.keyframes import Keyframe
    from engine.video.painter import ClipPainter, VideoLook
    from engine.video.run import VideoRequest, VideoStep

__all__ = [
    "AVOID",
    "FORMATS",
    "LONGEST",
    "NONE",
    "EngineError",
    "EnlargedLabels",
    "ExportRequest",
    "GuidePair",
    "Marked",
    "MarkedPicture",
    "Marking",
    "OverPhoto",
    "PaintedBy",
    "Photo",
    "PhotoExport",
    "PhotoLook",
    "PictureNames",
    "PreviewPatch",
    "PreviewRequest",
    "Provenance",
    "RefineRequest",
    "RefineStep",
    "Shares",
    "StrokeRequest",
    "StrokeStep",
    "Studio",
    "StyleInfo",
    "captioned",
    "check_folder_name",
    "composed",
    "contact_sheet",
    "find_format",
    "fitted_mask",
    "mixed",
    "multiplications_per_pixel",
    "nearest_materials",
    "open_foreign",
    "open_image",
    "read_doodle",
    "read_doodle_file",
    "read_marked",
    "read_mask",
    "read_photo",
    "read_scribbles",
    "resized_sharply",
    "save_doodle",
    "save_picture",
    "save_png",
    "starter_of",
    "texture_labels",
    "to_look_at",
    "used_materials",
    "with_doodle",
    "write_style",
]

REPEATING = 16
"""Sides of a tileable texture are multiples of this: the coarsest level's cell size."""

STROKE_STYLES = 2
"""Number of prepared stroke styles in the cache, 30 MiB each and up to 60 MiB more for pieces."""

TILE = 256
"""Side of a preview tile in pixels; about 20 ms on two cores, so that a new request starts soon."""


@dataclass(frozen=True)
class _Style:
    """A loaded style; without a ``model``, regions are filled with their ``colours``, (N, 3).

    ``stamp``: of the pack when it was read; ``paints``: what paints each material.
    """

    stamp: Hashable
    info: StyleInfo
    pack: StylePack
    paints: NetworkTable
    edges: np.ndarray
    model: Generator | None
    colours: np.ndarray | None = None


class Studio:
    """Paints pictures with style packs. Used by one thread at a time.

    ``removed``: folder where what is removed from the user's styles is kept.
    ``device``: auto, cpu or cuda; ``precision``: auto, fp32 or bf16; ``folders``: additional
    folders to search for style packs, before the user's and the built-in one; ``descriptor``:
    weights for Refine instead of the built-in compact descriptor; ``stylizer``: weights of the
    photo network.
    """

    def __init__(
        self,
        device: str = "auto",
        precision: str = "auto",
        folders: Sequence[Path] = (),
        descriptor: Path | None = None,
        stylizer: Path | None = None,
    ) -> None:
        self._user = Path(platformdirs.user_data_dir("daub", appauthor=False)) / "styles"
        self.removed = self._user.with_name("removed-styles")
        self._places = (*folders, self._user, BUILT_IN)
        self._wanted = device, precision
        self._threads = torch.get_num_threads()
        self._device: Device | None = None
        self._styles: dict[str, _Style] = {}
        self._meant: tuple[Hashable, NetworkTable] | None = None
        self._stroke_styles: dict[Hashable, StrokeStyle] = {}
        self._descriptor_path = descriptor
        self._descriptors: dict[torch.device, Descriptor] = {}
        self._stylizer_path = stylizer
        self._photo_painter: PhotoPainter | None = None
        self._stroke_photos: StrokePhotos | None = None
        self._painted_photo: AnyPaintedPhoto | None = None
        self._painted_from: Hashable = None
        self._material_strokes: MaterialStrokes | None = None
        self._materials_from: Hashable = None

    def configure(self, device: str, precision: str, threads: int) -> None:
        """Change the device and precision; ``threads`` of the processor, 0 for the default number.

        Raises EngineError for "cuda" without a GPU and for unknown names; nothing is changed then.
        """
        chosen = choose(device, precision, _trial)
        torch.set_num_threads(threads or self._threads)
        self._wanted, self._device = (device, precision), chosen
        self._styles.clear()
        self._descriptors.clear()
        self._photo_painter = self._painted_photo = None

    @property
    def device_text(self) -> str:
        """Device, precision and threads, e.g. "CPU, fp32, 2 threads"."""
        return self._chosen().text

    @staticmethod
    def devices() -> list[str]:
        """Return the names of this machine's devices, the fastest first."""
        return available()

    def styles(self) -> list[StyleInfo]:
        """Return every style pack, also broken ones with the reason."""
        return [self._info(folder) for folder in pack_folders(self._places)]

    def _info(self, folder: Path) -> StyleInfo:
        return replace(style_info(folder), own=folder.parent == self._user)

    def add_picture(self, picture: Path | np.ndarray, name: str) -> StyleInfo:
        """Add a picture to the user's styles, for photos; see ``engine.packs.picture_style``.

        ``picture``: a file, or (H, W, 3) uint8; ``name``: of the file. Raises EngineError when it
        cannot be read or is too small, or the folder is not writable.
        """
        rgb = open_foreign(picture, LONGEST) if isinstance(picture, Path) else picture
        return self._info(write_picture_style(self._user, rgb, name, self._ids()))

    def export_style(self, style_id: str, path: Path) -> None:
        """Write a style as one file; see ``engine.packs.style_archive``. Raises EngineError."""
        from engine.packs.style_archive import write_archive

        write_archive(self._folder(style_id), path, self._folder)

    def read_archive(self, path: Path) -> "StyleArchive":
        """Check a style file and return what it contains; nothing is written.

        Raises EngineError, in one sentence that names the file.
        """
        from engine.packs.style_archive import read_archive

        return read_archive(path)

    def clash(self, style_id: str) -> str:
        """Return whose style has this id: "own", "other" if it cannot be replaced, "" if free."""
        if style_id not in self._ids():
            return ""
        shipped = (BUILT_IN / style_id).exists()
        own = (self._user / style_id / "style.toml").exists() and not shipped
        return "own" if own else "other"

    def import_style(self, archive: "StyleArchive", replace_own: bool = False) -> StyleInfo:
        """Add a style of a file to the user's styles; if its id is taken, under a new one.

        ``replace_own``: replace the user's style of the same id, which is kept in the folder
        "removed-styles" beside the styles. Raises EngineError, and changes nothing then.
        """
        from engine.packs.own_styles import import_style

        replaced = replace_own and self.clash(archive.id) == "own"
        style_id = archive.id if replaced else self._free(archive.id)
        gone = self.removed if replaced else None
        return self._info(import_style(archive, self._user, style_id, self._folder, gone))

    def duplicate_style(self, style_id: str) -> StyleInfo:
        """Copy a style into the user's styles under a new id. Raises EngineError."""
        from engine.packs.own_styles import duplicate

        return self._info(duplicate(self._folder(style_id), self._user, self._free(style_id)))

    def rename_style(self, style_id: str, title: str) -> None:
        """Change the title of one of the user's styles; its id stays. Raises EngineError."""
        from engine.packs.own_styles import rename

        rename(self.own_folder(style_id), title)

    def set_style_aside(self, style_id: str) -> Path:
        """Move one of the user's styles out of the styles and return where it is.

        Raises EngineError.
        """
        from engine.packs.own_styles import set_aside

        return set_aside(self.own_folder(style_id), self.removed)

    def own_folder(self, style_id: str) -> Path:
        """Return the folder of one of the user's styles. Raises EngineError for another style."""
        folder = self._folder(style_id)
        if folder.parent != self._user:
            raise EngineError(f"The style {style_id} is not your own, so it cannot be changed.")
        return folder

    def _ids(self) -> set[str]:
        """Return all names that a new style cannot have."""
        kept = {path.name for path in self._user.glob("*")}
        return kept | {folder.name for folder in pack_folders(self._places)}

    def _free(self, style_id: str) -> str:
        from engine.packs.own_styles import free_id

        return free_id(style_id, self._ids())

    def marked_strokes(self, picture: np.ndarray) -> "MarkedStrokes":
        """Return what paints doodles with a picture, (H, W, 3) uint8, while it is being marked."""
        from engine.packs.marked_strokes import MarkedStrokes

        return MarkedStrokes(picture, self._folder)

    def save_style(self, marked: MarkedPicture, style_id: str = "") -> StyleInfo:
        """Write a marked picture into the user's styles.

        ``style_id``: of the user's style to write again; without one it gets a new one, made of its
        title. Raises EngineError as ``write_style``.
        """
        folder = self._user / style_id
        if not style_id:
            folder = new_folder(self._user, marked.details.title, self._ids())
        try:
            write_style(
                folder, marked.picture, marked.labels, marked.details, starter_of(marked.labels)
            )
        except EngineError:
            with suppress(OSError):
                folder.rmdir()  # only if nothing was written
            raise
        return style_info(folder)

    def forget_styles(self) -> None:
        """Drop what was loaded of all styles, because the pack of one has changed."""
        self._styles.clear()  # others may borrow from it
        self._meant = None
        self._stroke_styles.clear()
        self._stroke_photos = self._painted_photo = None

    def load_style(self, style_id: str) -> StyleInfo:
        """Load a style pack. Raises EngineError when it is unknown or broken."""
        return self._style(style_id).info

    def describe(self, style_id: str) -> StyleInfo:
        """Describe a pack without loading its network. Raises EngineError when it is unknown."""
        return self._info(self._folder(style_id))

    def preview(self, request: PreviewRequest) -> PreviewPatch:
        """Repaint everything that the request's dirty rectangle can change, in one patch."""
        rect = _stale(request)
        return self._patch(request, rect)

    def preview_steps(self, request: PreviewRequest) -> Iterator[PreviewPatch]:
        """Yield the pixels of ``preview`` in several small patches, those in focus first.

        After a small change the first patch contains the pixels that read the changed labels
        directly. Around it only the flow field changes, which is less urgent.
        """
        rect = _stale(request)
        focus = Window(*request.focus) if request.focus is not None else None
        first = _own(request)
        if not _small(first) or self._chosen().device.type != "cpu":
            tiles = (tile for tile in _pieces(rect, focus) if tile not in request.done)
            yield from (self._patch(request, tile) for tile in tiles)
            return
        for part in (first, *beside(first, rect)):
            yield from (self._patch(request, tile) for tile in _pieces(part, focus))

    def over_photo(
        self,
        labels: OverPhoto,
        style_id: str,
        seed: int,
        rect: tuple[int, int, int, int],
        meanings: Mapping[int, PaintedBy] | None = None,
    ) -> np.ndarray:
        """Paint the materials over a photo in ``rect`` by the network, (h, w, 3) uint8.

        ``meanings``: as in a PreviewRequest.
        """
        style = self._with_meanings(style_id, meanings or {})
        return self._paint(style, labels, seed, Window(*rect))

    def material_steps(
        self, labels: OverPhoto, look: PhotoLook, meanings: Mapping[int, PaintedBy]
    ) -> "MaterialSteps":
        """Paint the materials over a photo with strokes; see ``engine.photo.materials``.

        Yields windows of what differs from the last call, and None after other work. May be
        stopped; the next call continues. ``meanings``: as in a StrokeRequest. Raises EngineError.
        """
        strokes = self._over_photos(look.style)
        return strokes.steps(labels, look, meanings, torch.get_num_threads())

    def materials_shown(self, rect: tuple[int, int, int, int]) -> np.ndarray:
        """Return what ``material_steps`` has painted in a window, (h, w, 3) uint8."""
        assert self._material_strokes is not None
        return self._material_strokes.window(Window(*rect))

    def render(
        self,
        labels: np.ndarray,
        style_id: str,
        seed: int = 0,
        scale: int = 1,
        directions: np.ndarray | None = None,
        meanings: Mapping[int, PaintedBy] | None = None,
    ) -> np.ndarray:
        """Paint a whole doodle, (H * scale, W * scale, 3) uint8.

        The doodle is enlarged and painted at full size. ``directions``: of the pen, ``meanings``:
        as in ``PreviewRequest``. Raises EngineError when a side would exceed MAX_CANVAS.
        """
        large = EnlargedLabels(labels, scale, directions)
        style = self._with_meanings(style_id, meanings or {})
        picture = np.empty((*large.shape, 3), np.uint8)
        for tile in plan(large.bounds, TILE):
            picture[tile.within(large.bounds)] = self._paint(style, large, seed, tile)
        return picture

    def export(self, request: ExportRequest) -> Shares:
        """Paint a doodle into a file and yield the progress, 0-1. See ``engine.doodle.export``.

        The pixels equal those of ``render``; only one band is in memory. Raises EngineError.
        """

        def paint_tile(large: EnlargedLabels, tile: Window) -> np.ndarray:
            style = self._with_meanings(request.style_id, request.meanings)
            return self._paint(style, large, request.seed, tile, request.bits)

        return export_steps(request, paint_tile)

    def export_picture(
        self,
        request: "PictureExport",
        style_id: str = "",
        stroke: float = 1.0,
        meanings: Mapping[int, PaintedBy] | None = None,
    ) -> Shares:
        """Write a finished picture, enlarged with the brushwork of a style's painting.

        Yields the progress, 0-1. Without ``style_id`` the picture is only resized. ``stroke``: size
        of the strokes; ``meanings``: as in a StrokeRequest. See ``engine.strokes.enlargement``.
        Raises EngineError.
        """
        from engine.strokes.picture_export import picture_export_steps

        painter = None
        if request.matches is not None:
            painter = request.matches.painter
        elif style_id:
            used = tuple(material.id for material in materials())
            painter = self._stroke_style(style_id, stroke, meanings or {}, used).painter
        return picture_export_steps(request, painter, torch.get_num_threads())

    def strokes(self, request: StrokeRequest) -> "StrokeSteps":
        """Paint a doodle with strokes copied from the style's painting; see ``engine.strokes``.

        Yields a step per round, coarse to fine; the last has the whole picture. ``close()`` stops
        it. Returns what the picture was copied from, for ``export_picture``. Raises EngineError,
        before painting, for a style without a painting or a bad request.
        """
        labels = EnlargedLabels(request.labels, 1, request.directions).labels
        if request.repeats and any(side % REPEATING for side in labels.shape):
            raise EngineError(f"A tileable texture needs sides that are multiples of {REPEATING}.")
        if request.repeats and request.stroke > 1:
            raise EngineError("A tileable texture needs a stroke size of 1 or less.")
        if request.repeats and request.directions is not None:
            raise EngineError("A tileable texture cannot follow directions.")
        style = self._stroke_style(
            request.style_id, request.stroke, request.meanings, used_materials(labels)
        )
        painting = style.begin(labels, request.seed, request.repeats, request.directions)
        return style.painter.paint(painting, labels.shape, torch.get_num_threads())

    def strokes_from(
        self,
        painting: np.ndarray,
        painting_map: np.ndarray,
        doodle: np.ndarray,
        guides: Sequence[GuidePair] = (),
        seed: int = 0,
        stroke: float = 1.0,
        names: PictureNames | None = None,
    ) -> tuple["StrokeSteps", tuple[str, ...]]:
        """Paint a doodle with any painting and its colour-coded map, all (H, W, 3) uint8.

        Returns the steps, as ``strokes`` does, and sentences about doodle colours missing from the
        map. Raises EngineError with the pictures' ``names``, before painting, when they do not
        match.
        """
        from engine.strokes.from_painting import mapped_painting

        EnlargedLabels(doodle[..., 0])  # raises EngineError if too large
        mapped = mapped_painting(painting, painting_map, doodle, guides, stroke, names)
        painter, shape = mapped.style.painter, mapped.regions.shape
        begun = painter.begin(mapped.regions, seed, more=mapped.more)
        return painter.paint(begun, shape, torch.get_num_threads()), mapped.notes

    def _stroke_style(
        self,
        style_id: str,
        stroke: float,
        meanings: Mapping[int, PaintedBy],
        used: tuple[int, ...],
    ) -> "StrokeStyle":
        """Return a style prepared for a stroke size and materials, from a small cache."""
        from engine.packs.stroke_source import stroke_style
        from engine.strokes.painter import stroke_sixteenths

        meant = tuple(sorted(meanings.items(), key=itemgetter(0)))
        key = stamp(self._folder(style_id)), stroke_sixteenths(stroke), meant, used
        if key not in self._stroke_styles:
            found = stroke_style(self._folder(style_id), stroke, self._folder, None, meanings, used)
            while len(self._stroke_styles) >= STROKE_STYLES:
                self._stroke_styles.pop(next(iter(self._stroke_styles)))
            self._stroke_styles[key] = found
        return self._stroke_styles[key]

    def refine(self, request: RefineRequest, between: Between = nothing) -> Iterator[RefineStep]:
        """Optimise the picture of a doodle or photo step by step; see ``engine.refine.run``.

        ``between`` is called between units of work and may call ``preview``. Raises EngineError,
        before any work, for a style without targets and for a bad request.
        """
        request.check()
        folder = self._folder(request.style_id)
        wanted, precision = self._wanted
        device = wanted if request.device == "auto" else request.device
        chosen = choose(device, precision, trial, "refine")
        pack, descriptor = read_pack(folder), self._descriptor_on(chosen.device)
        targets = read_targets(folder, pack, descriptor)
        paints = network_table(folder, pack, self._folder, request.meanings)
        if request.photo is None:
            numbers = moved_regions(request.labels, paints.numbers, edge_kinds(pack), request.seed)
            own, recolouring = replace(request, labels=paints.regions(numbers)), paints.recolouring
            if recolouring is not None:
                own = in_own_colours(own, recolouring, numbers)
            same = np.arange(256, dtype=np.uint8)
            steps = refine(own, descriptor, targets, same, between=between, half=chosen.half)
            if recolouring is None:
                return steps
            return recoloured(steps, request, recolouring, numbers)
        whole = read_whole(folder, pack, descriptor)
        if request.look is not None and request.look.second is not None:
            other = self._folder(request.look.second)
            second = read_whole(other, read_pack(other), descriptor)
            whole = blended(whole, second, request.look.blend)
        table, own, recolouring = paints.regions(paints.numbers), request, paints.recolouring
        numbers = paints.numbers[request.labels]  # 0, which is never moved, where the photo is
        if recolouring is not None:
            own = in_own_colours(request, recolouring, numbers)
        steps = refine_photo(own, descriptor, targets, whole, table, between, chosen.half)
        return steps if recolouring is None else recoloured(steps, request, recolouring, numbers)

    def texture(
        self, style_id: str, material: str, size: int, seed: int = 0, quality: str = "good"
    ) -> Iterator[RefineStep]:
        """Paint a texture of one material from noise, size x size (Gatys et al. 2015).

        Raises EngineError for an unknown material or a bad size, else as ``refine``.
        """
        labels = texture_labels(material, size)
        return self.refine(RefineRequest(labels, style_id, seed, quality=quality))

    def photo_styles(self, by: str = "network") -> tuple[str, ...]:
        """Return the ids of the styles that paint photos by "network" or by "strokes".

        Raises EngineError for unreadable weights of the network.
        """
        if by == "network":
            return self._photos().styles
        return tuple(info.id for info in self.styles() if by in info.paints_by)

    def photo_source(self, look: PhotoLook) -> Hashable:
        """Return a value that changes when a pack does whose strokes paint photos in a look.

        Raises EngineError for an unknown style.
        """
        if look.by != "strokes":
            return None
        second = look.second if look.blend > 0 else None
        named = (second if look.like else look.style, second)
        return tuple(stamp(self._folder(style_id)) for style_id in named if style_id is not None)

    def photo_small(self, photo: np.ndarray, look: PhotoLook) -> np.ndarray:
        """Paint a whole photo, (H, W, 3) uint8, at a reduced size; see ``engine.photo``.

        Raises EngineError for a style that the network was not trained on.
        """
        painter = self._photos_by_strokes() if look.by == "strokes" else self._photos()
        return painter.small(photo, look)

    def photo_steps(self, photo: np.ndarray, look: PhotoLook) -> Iterator[StrokeStep]:
        """Paint what all windows of a photo need, coarse to fine; nothing for the network.

        May be stopped and called again, which continues. Raises EngineError.
        """
        return self._begun(photo, look).prepare()

    def photo_windows(
        self, photo: np.ndarray, look: PhotoLook, rects: Iterable[tuple[int, int, int, int]]
    ) -> Iterator[tuple[tuple[int, int, int, int], np.ndarray]]:
        """Yield windows of a painted photo, each equal to that part of the whole, with their rects.

        Results are cached for the next call with the same array and look.
        """
        painted = self._begun(photo, look)
        for rect in rects:
            yield rect, painted.window(Window(*rect))

    def export_photo(self, request: PhotoExport) -> Shares:
        """Paint a photo into a file and yield the progress, 0-1. Raises EngineError."""
        look = request.look

        def paint(labels: OverPhoto, tile: Window) -> np.ndarray:
            if painted:
                return painted[0].window(tile)
            return self.over_photo(labels, look.style, look.seed, tile, request.meanings)

        def over_photo() -> Iterator[None]:
            labels = request.labels
            if labels is not None and look.by == "strokes" and used_materials(labels.labels):
                threads, strokes = torch.get_num_threads(), self._over_photos(look.style)
                all_ = strokes.all(labels, look, request.meanings, threads)
                painted.append((yield from all_))

        painted: list[PaintedMaterials] = []

        def begin(request: PhotoExport) -> AnyPaintedPhoto:
            photo, original, shown = request.photo.pixels, request.original, request.shown
            if look.by == "network":
                return self._photos().begin(photo, look, LARGE_TILE, shown)
            matched, threads = photo if original is None else original, torch.get_num_threads()
            return self._photos_by_strokes().begin(matched, look, threads, shown)

        return photo_export_steps(request, begin, paint, over_photo())

    def _over_photos(self, style_id: str) -> "MaterialStrokes":
        """Return what paints materials over photos; a new one if the style's pack has changed."""
        made_from = stamp(self._folder(style_id))
        if self._material_strokes is None or made_from != self._materials_from:
            from engine.photo.materials import MaterialStrokes  # numba, see _photos_by_strokes

            self._material_strokes = MaterialStrokes(self._strokes_for_materials)
            self._materials_from = made_from
        return self._material_strokes

    def _strokes_for_materials(
        self,
        look: PhotoLook,
        stroke: float,
        meanings: Mapping[int, PaintedBy],
        used: tuple[int, ...],
    ) -> "StrokeStyle":
        return self._stroke_style(look.style, stroke, meanings, used)

    def video(self, request: "VideoRequest") -> "Iterator[VideoStep]":
        """Paint a clip into a film; yields a step per frame. Raises EngineError.

        A request that was stopped goes on when it is made again; see ``engine.video``.
        """
        from engine.video.run import keyframe_painter, paint_clip

        if request.keyframes:
            return paint_clip(request, keyframe_painter(request, torch.get_num_threads()))
        return paint_clip(request, self.clip_painter(request.look))

    def clip_frame(
        self, frame: np.ndarray, look: "VideoLook", keyframe: "Keyframe | None" = None
    ) -> Iterator[float | np.ndarray]:
        """Paint a frame of a clip, (H, W, 3) uint8, on its own, or after a painted frame.

        Yields the share done, 0-1, and at last the painted frame. Raises EngineError.
        """
        from engine.video.keyframes import KeyframeClip

        if keyframe is None:
            return self.clip_painter(look).still(frame)
        threads = torch.get_num_threads()
        return KeyframeClip([keyframe], look.photo, lambda *_: (), threads).still(frame)

    def doodle_film(
        self, request: "DoodleFilmRequest", doodles: "DoodleSequence"
    ) -> "Iterator[VideoStep]":
        """Paint a film of doodles; yields a step per frame. Raises EngineError.

        A request that was stopped goes on when it is made again; see ``engine.video``.
        """
        from engine.video.doodle_film import paint_doodles

        return paint_doodles(request, doodles, self.doodle_painter(request.look, doodles.used))

    def doodle_painter(self, look: "DoodleLook", used: tuple[int, ...]) -> "DoodlePainter":
        """Return a painter of the frames of a film; ``used``: ids of its doodles' materials."""
        from engine.video.doodle_painter import NetworkDoodles, StrokeDoodles

        if look.by == "strokes":
            style = self._stroke_style(look.style, look.stroke, dict(look.meanings), used)
            return StrokeDoodles(style, look, torch.get_num_threads())

        def render(labels: np.ndarray, directions: np.ndarray | None) -> np.ndarray:
            meanings = dict(look.meanings)
            return self.render(labels, look.style, look.seed, 1, directions, meanings)

        return NetworkDoodles(render)

    def clip_painter(self, look: "VideoLook") -> "ClipPainter":
        """Return a painter of the frames of a clip."""
        from engine.video.painter import NetworkClip, StrokeClip

        if look.photo.by == "network":
            return NetworkClip(self._photos(), look)
        return StrokeClip(self._photos_by_strokes(), look, torch.get_num_threads())

    def _begun(self, photo: np.ndarray, look: PhotoLook) -> AnyPaintedPhoto:
        """Return the photo that was begun last if it is the same in the same look, else begin."""
        painted, made_from = self._painted_photo, self.photo_source(look)
        if painted is None or not painted.shows(photo, look) or made_from != self._painted_from:
            self._painted_photo, self._painted_from = None, made_from  # frees its memory first
            painted = self._painted_photo = self._begin_photo(photo, look)
        return painted

    def _begin_photo(self, photo: np.ndarray, look: PhotoLook) -> AnyPaintedPhoto:
        if look.by == "strokes":
            return self._photos_by_strokes().begin(photo, look, torch.get_num_threads())
        return self._photos().begin(photo, look)

    def _photos_by_strokes(self) -> "StrokePhotos":
        if self._stroke_photos is None:
            from engine.photo.strokes import StrokePhotos  # numba, which the first window can spare

            self._stroke_photos = StrokePhotos(self._folder)
        return self._stroke_photos

    def _photos(self) -> PhotoPainter:
        if self._photo_painter is None:
            chosen = choose(*self._wanted, photo_trial, "photo")
            self._photo_painter = PhotoPainter(load_stylizer(self._stylizer_path), chosen)
        return self._photo_painter

    def _descriptor_on(self, device: torch.device) -> Descriptor:
        """Return the descriptor network on a device; load it at the first call."""
        if device not in self._descriptors:
            path = self._descriptor_path
            found = load_descriptor(path).to(device) if path else compact(device)
            self._descriptors[device] = found
        return self._descriptors[device]

    def _patch(self, request: PreviewRequest, rect: Window) -> PreviewPatch:
        style = self._with_meanings(request.style_id, request.meanings)
        labels = EnlargedLabels(request.labels, 1, request.directions)
        pixels = self._paint(style, labels, request.seed, rect)
        pixels.flags.writeable = False
        return PreviewPatch(request.serial, (*rect,), pixels)

    def _paint(
        self,
        style: _Style,
        labels: EnlargedLabels,
        seed: int,
        rect: Window,
        bits: int = 8,
    ) -> np.ndarray:
        model, paints = style.model, style.paints
        if model is None:
            return _filled(style, labels.window(rect), bits)

        def painted(tile: Window) -> np.ndarray:
            around = labels.window(labels_window(tile))
            directions = labels.directions_in(directions_read(tile))
            return paint_around(
                model, around, paints.numbers, seed, tile, paints.flows, bits, style.edges,
                directions, paints.recolouring,
            )  # fmt: skip

        if self._chosen().device.type == "cpu":
            return painted(rect)
        # cuDNN chooses its algorithm by the window's shape: full grid tiles keep pixels identical.
        around = rect.coarser(8).finer(8)
        pixels = np.empty((rect.height, rect.width, 3), np.uint8 if bits == 8 else np.uint16)
        for tile in plan(around, TILE):
            inside = tile.clipped(rect)
            pixels[inside.within(rect)] = painted(tile)[inside.within(tile)]
        return pixels

    def _chosen(self) -> Device:
        if self._device is None:
            self._device = choose(*self._wanted, _trial)
        return self._device

    def _style(self, style_id: str) -> _Style:
        known = self._styles.get(style_id)
        if known is None or known.stamp != stamp(known.info.folder):
            self._styles.pop(style_id, None)
            known = self._styles[style_id] = self._load(style_id)
        return known

    def _with_meanings(self, style_id: str, meanings: Mapping[int, PaintedBy]) -> _Style:
        """Return a style with what paints materials by the user's choice."""
        style = self._style(style_id)
        if not meanings:
            return style
        key = style.stamp, tuple(sorted(meanings.items(), key=itemgetter(0)))
        if self._meant is None or self._meant[0] != key:
            folder = style.info.folder
            self._meant = key, network_table(folder, style.pack, self._folder, meanings)
        return replace(style, paints=self._meant[1])

    def _folder(self, style_id: str) -> Path:
        folders = {folder.name: folder for folder in pack_folders(self._places)}
        if style_id not in folders:
            known = ", ".join(folders) or "none"
            raise EngineError(f"There is no style {style_id}; the styles are: {known}.")
        return folders[style_id]

    def _load(self, style_id: str) -> _Style:
        folder = self._folder(style_id)
        when, pack = stamp(folder), read_pack(folder)
        paints = network_table(folder, pack, self._folder)
        facts = when, self._info(folder), pack, paints, edge_kinds(pack)
        if pack.generator is None and pack.painting is not None:
            colours = region_means(read_painting(folder, pack), len(pack.region))
            return _Style(*facts, None, colours)
        model = _placed(read_generator(folder, pack), self._chosen())
        return _Style(*facts, model)


def _stale(request: PreviewRequest) -> Window:
    """Return the canvas pixels that the request's dirty rectangle can change."""
    height, width = request.labels.shape
    canvas = Window(0, 0, width, height)
    if request.dirty is None:
        return canvas
    return affected(Window(*request.dirty).clipped(canvas)).clipped(canvas)


def _own(request: PreviewRequest) -> Window:
    """Return the canvas pixels that read the dirty labels in the mask; all if nothing is dirty."""
    height, width = request.labels.shape
    canvas = Window(0, 0, width, height)
    if request.dirty is None:
        return canvas
    return seen_from(Window(*request.dirty).clipped(canvas)).clipped(canvas)


def _small(rect: Window) -> bool:
    return rect.width * rect.height <= 1.5 * TILE * TILE


def _pieces(rect: Window, focus: Window | None) -> Iterable[Window]:
    return (rect,) if _small(rect) else plan(rect, TILE, focus)


def _filled(style: _Style, labels: np.ndarray, bits: int) -> np.ndarray:
    """Fill every region with its mean colour: what is shown until strokes are there."""
    assert style.colours is not None
    numbers = style.paints.numbers[labels]
    flat, recolouring = style.colours[style.paints.regions(numbers)], style.paints.recolouring
    if recolouring is not None:
        flat = recolouring.picture(flat, numbers)
    return flat if bits == 8 else sixteen_bits(flat)


def _placed(model: Generator, device: Device) -> Generator:
    """Move the model to its device. RGB stays in float32: bf16 would show banding."""
    model = model.to(device.device, device.dtype, memory_format=torch.channels_last)
    model.to_rgb.float()
    return model.eval()


def _trial(device: Device) -> None:
    """Paint a 192-pixel window with an untrained generator, to compare precisions."""
    torch.manual_seed(0)
    model, table = _placed(Generator(), device), np.zeros(256, np.uint8)
    for _ in range(3):
        paint(model, np.zeros((8, 8), np.uint8), table, 0, Window(0, 0, 192, 192))
