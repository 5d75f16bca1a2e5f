"""A Studio without torch: flat colours, and a hand on the brake. And a watch on the threads."""

import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QCoreApplication, QThread

from engine.doodle.enlarge import EnlargedLabels
from engine.doodle.export import Shares, export_steps
from engine.photo.export import photo_export_steps
from engine.requests import PhotoLook
from engine.studio import (
    EngineError,
    ExportRequest,
    MarkedPicture,
    OverPhoto,
    PaintedBy,
    PhotoExport,
    PreviewPatch,
    PreviewRequest,
    RefineRequest,
    RefineStep,
    StrokeRequest,
    StrokeStep,
    StyleInfo,
)
from engine.tiles import Window
from resources.materials import materials, materials_by_id

if TYPE_CHECKING:  # imports numba
    from engine.strokes.picture_export import PictureExport
    from engine.video.keyframes import Keyframe
    from engine.video.painter import VideoLook

WIDTH, HEIGHT = 256, 192
REACH = 24
ADDED = "added"
TINTS = {"starry-night": 0, "other": 40, "third": 80, ADDED: 120}
REGIONS = {"sky": ("sky", "water"), "lagoon": ("boat", "figure")}
REFINE_STEPS, REFINE_TILES = 6, 3


def fake_paint(labels: np.ndarray, style_id: str, seed: int) -> np.ndarray:
    """H x W ids -> H x W x 3: depends on the doodle, the style and the seed."""
    palette = np.zeros((256, 3), np.int32)
    for material in materials_by_id().values():
        palette[material.id] = material.rgb
    return (palette // 2 + TINTS[style_id] + seed % 64).astype(np.uint8)[labels]


def fake_materials(labels: OverPhoto, window: Window, look: PhotoLook) -> np.ndarray:
    """The network's materials over a photo, or their negative where strokes paint."""
    pixels = fake_paint(labels.window(window), look.style, look.seed)
    return 255 - pixels if look.by == "strokes" else pixels


def fake_stylize(photo: np.ndarray, look: PhotoLook) -> np.ndarray:
    """H x W x 3 -> the same: each pixel by itself, and different for every look."""
    ink = TINTS[look.style] + 7 * len(look.colours) + look.seed % 64 + round(20 * look.stroke)
    ink += round(100 * look.blend) + TINTS.get(look.second or "", 0)
    painted = (255 - photo.astype(np.int32) + ink) % 256
    return (photo + (painted - photo) * look.strength).round().astype(np.uint8)


def fake_refine(request: RefineRequest) -> np.ndarray:
    """H x W x 3: the start's negative, where it is selected."""
    start, selection = request.start, request.selection
    assert start is not None
    picture = (
        255 - start if selection is None else np.where(selection[..., None], 255 - start, start)
    )
    picture.flags.writeable = False
    return picture


class FakePhotos:
    """In a PhotoPainter's place: all of a photo at once."""

    def begin(self, request: PhotoExport) -> "FakePhotos":
        self.painted = fake_stylize(request.photo.pixels, request.look)
        return self

    def prepare(self) -> Iterator[StrokeStep]:
        yield from ()

    def steps(self, _rect: Window) -> Iterator[None]:
        yield

    def window(self, rect: Window) -> np.ndarray:
        return self.painted[rect.top : rect.bottom, rect.left : rect.right]


class FakeMarkedStrokes:
    """Paints every material in the mean colour of what is marked as it."""

    def __init__(self, picture: np.ndarray) -> None:
        self._picture = picture
        self.painter = self

    def style(
        self, labels: np.ndarray, details: object, used: tuple[int, ...]
    ) -> "FakeMarkedStrokes":
        means = np.full((256, 3), self._picture.mean((0, 1)))
        for material in np.unique(labels):
            means[material] = self._picture[labels == material].mean(0)
        self.means = means
        return self

    def begin(self, doodle: np.ndarray, seed: int) -> np.ndarray:
        return self.means[doodle].astype(np.uint8)

    def paint(self, picture: np.ndarray, shape: object, threads: int) -> Iterator[StrokeStep]:
        yield StrokeStep(picture[::2, ::2], 2.0, 0.5)
        yield StrokeStep(picture, 1.0, 1.0)


class FakeStudio:
    """Records requests, can be held and released, and must not be touched on the UI thread."""

    def __init__(self, starter: Path | None = None, tile: int = 64) -> None:
        self.starter = starter
        self.tile = tile
        self.requests: list[PreviewRequest] = []
        self.patches: list[PreviewPatch] = []
        self.failures: list[Exception] = []
        self.broken_styles: set[str] = set()
        self.stroked: list[StrokeRequest] = []
        self.strokeless: set[str] = set()
        self.loaded: list[str] = []
        self.thread: QThread | None = None
        self.wishes: list[tuple[str, str, int]] = []
        self.refused: EngineError | None = None
        self.refined: list[RefineRequest] = []
        self.exports: list[ExportRequest] = []
        self.pictures: list[tuple[PictureExport, str, float]] = []
        self.refine_failures: dict[int, Exception] = {}
        self.photo_look: list[PhotoLook] = []
        self.photo_source_is: object = None
        self.added: list[tuple[Path | np.ndarray, str]] = []
        self.saved: list[tuple[MarkedPicture, str]] = []
        self.forgotten = 0
        self.windows: list[tuple[int, int, int, int]] = []
        self.covers: list[tuple[int, int, int, int]] = []
        self.materials_picture = np.zeros((0, 0, 3), np.uint8)
        self.cover_meanings: list[dict[int, PaintedBy]] = []
        self.material_strokes: list[tuple[OverPhoto, PhotoLook, dict[int, PaintedBy]]] = []
        self.clip_frames: list[tuple[np.ndarray, VideoLook]] = []
        self.photo_exports: list[PhotoExport] = []
        self.small_step = 4
        self.unlearnt: set[str] = set()
        self.awaited = self.breaths = 0
        self.in_tile = threading.Event()
        self._go, self._refine_go = threading.Event(), threading.Event()
        self._go.set()
        self._refine_go.set()
        self.waiting = threading.Event()

    def __call__(self) -> "FakeStudio":
        """The studio is its own factory; called on the engine's thread."""
        self._check_thread()
        self.thread = QThread.currentThread()
        return self

    # -- the test's hand on it --------------------------------------------------------------

    def hold(self) -> None:
        """Stop before the next patch."""
        self.waiting.clear()
        self._go.clear()

    def let_go(self) -> None:
        """Go on."""
        self._go.set()
        self._refine_go.set()

    def hold_refine(self) -> None:
        """Let the next tile of Refine take for ever; it breathes, as the real one does, and counts
        its `breaths`."""
        self.in_tile.clear()
        self._refine_go.clear()

    def fail_refine(self, step: int, error: Exception) -> None:
        """Raise this at a step of Refine; at step 0 before any work."""
        self.refine_failures[step] = error

    def fail_once(self, error: Exception) -> None:
        """Raise this at the next preview."""
        self.failures.append(error)

    # -- the Studio's own interface ---------------------------------------------------------

    @property
    def device_text(self) -> str:
        return f"Fake, {self.wishes[-1][1]}" if self.wishes else "Fake, 1 thread"

    def configure(self, device: str, precision: str, threads: int) -> None:
        self._check_thread()
        if self.refused is not None:
            raise self.refused
        self.wishes.append((device, precision, threads))

    def styles(self) -> list[StyleInfo]:
        self._check_thread()
        return [
            self._info("starry-night", "The Starry Night", None),
            self._info("other", "Another Night", None),
            self._info("third", "The Third", None),
            self._info("broken", "Broken", "styles/broken lists 4 regions, the generator has 5."),
            *(self._picture_info(name) for _, name in self.added),
        ]

    def _picture_info(self, name: str) -> StyleInfo:
        info = self._info(ADDED, name, None)
        return replace(info, regions={"picture": ()}, paints_by=("strokes",))

    def devices(self) -> list[str]:
        return ["cuda", "cpu"]

    def load_style(self, style_id: str) -> StyleInfo:
        self._check_thread()
        if style_id in self.broken_styles:
            raise EngineError(f"styles/{style_id} cannot be loaded.")
        self.loaded.append(style_id)
        return (
            self._picture_info(ADDED) if style_id == ADDED else self._info(style_id, style_id, None)
        )

    def preview_steps(self, request: PreviewRequest) -> Iterator[PreviewPatch]:
        self._check_thread()
        self._check_request(request)
        self.requests.append(request)
        if self.failures:
            raise self.failures.pop(0)
        for rect in self._tiles(request):
            if rect in request.done:
                continue
            self._brake()
            left, top, right, bottom = rect
            part = request.labels[top:bottom, left:right]
            pixels = fake_paint(part, request.style_id, request.seed)
            pixels.flags.writeable = False
            patch = PreviewPatch(request.serial, rect, pixels)
            self.patches.append(patch)
            yield patch

    def strokes(self, request: StrokeRequest) -> Iterator[StrokeStep]:
        """The negative of the network's picture, after a coarse step."""
        self._check_thread()
        assert not request.labels.flags.writeable
        self.stroked.append(request)
        if request.style_id in self.strokeless:
            raise EngineError(f"styles/{request.style_id} has no painting.")
        picture = 255 - fake_paint(request.labels, request.style_id, request.seed)
        yield StrokeStep(picture[::2, ::2], 2.0, 0.5)
        self._brake()
        yield StrokeStep(picture, 1.0, 1.0)

    def photo_styles(self, by: str = "network") -> tuple[str, ...]:
        self._check_thread()
        self.awaited += 1
        if by == "strokes":
            kept = TINTS.keys() if self.added else TINTS.keys() - {ADDED}
            return tuple(kept - self.unlearnt - self.strokeless)
        return tuple(TINTS.keys() - self.unlearnt - {ADDED})

    def photo_source(self, look: PhotoLook) -> object:
        self._check_thread()
        return self.photo_source_is

    def photo_small(self, photo: np.ndarray, look: PhotoLook) -> np.ndarray:
        self._check_thread()
        self._check_photo(photo, look)
        self.photo_look.append(look)
        if self.failures:
            raise self.failures.pop(0)
        return fake_stylize(photo[:: self.small_step, :: self.small_step], look)

    def add_picture(self, picture: Path | np.ndarray, name: str) -> StyleInfo:
        self._check_thread()
        if self.failures:
            raise self.failures.pop(0)
        self.added.append((picture, name))
        return self.styles()[-1]

    def save_style(self, marked: MarkedPicture, style_id: str = "") -> StyleInfo:
        self._check_thread()
        if self.failures:
            raise self.failures.pop(0)
        self.saved.append((marked, style_id))
        return self._info(style_id or "other", marked.details.title, None)

    def forget_styles(self) -> None:
        self._check_thread()
        self.forgotten += 1

    def marked_strokes(self, picture: np.ndarray) -> "FakeMarkedStrokes":
        self._check_thread()
        return FakeMarkedStrokes(picture)

    def photo_steps(self, photo: np.ndarray, look: PhotoLook) -> Iterator[StrokeStep]:
        self._check_thread()
        self._check_photo(photo, look)
        if look.by == "strokes":
            self._brake()
            yield StrokeStep(fake_stylize(photo[::2, ::2], look), 2.0, 0.5)

    def photo_windows(
        self, photo: np.ndarray, look: PhotoLook, rects: Sequence[tuple[int, int, int, int]]
    ) -> Iterator[tuple[tuple[int, int, int, int], np.ndarray]]:
        self._check_thread()
        self._check_photo(photo, look)
        for rect in rects:
            self._brake()
            left, top, right, bottom = rect
            self.windows.append(rect)
            yield rect, fake_stylize(photo[top:bottom, left:right], look)

    def clip_frame(
        self, frame: np.ndarray, look: "VideoLook", keyframe: "Keyframe | None" = None
    ) -> Iterator[float | np.ndarray]:
        """The frame as a photo, or the painted frame of the keyframe."""
        self._check_thread()
        if self.failures:
            raise self.failures.pop(0)
        yield 0.5
        self._brake()
        self.clip_frames.append((frame, look))
        yield fake_stylize(frame, look.photo) if keyframe is None else keyframe.painting

    def export_photo(self, request: PhotoExport) -> Shares:
        self._check_thread()
        self._check_photo(request.photo.pixels, request.look)
        self.photo_exports.append(request)

        def paint_tile(labels: OverPhoto, tile: Window) -> np.ndarray:
            return fake_materials(labels, tile, request.look)

        return photo_export_steps(request, FakePhotos().begin, paint_tile)  # type: ignore[arg-type]

    def over_photo(
        self,
        labels: OverPhoto,
        style_id: str,
        seed: int,
        rect: tuple[int, int, int, int],
        meanings: Mapping[int, PaintedBy] | None = None,
    ) -> np.ndarray:
        self._check_thread()
        self.covers.append(rect)
        self.cover_meanings.append(dict(meanings or {}))
        return fake_paint(labels.window(Window(*rect)), style_id, seed)

    def material_steps(
        self, labels: OverPhoto, look: PhotoLook, meanings: Mapping[int, PaintedBy]
    ) -> Iterator[Window | None]:
        """The negative of the network's materials, where they differ from the last call."""
        self._check_thread()
        self.material_strokes.append((labels, look, dict(meanings)))
        yield None
        self._brake()
        painted = fake_materials(labels, labels.bounds, look)
        if not np.array_equal(painted, self.materials_picture):
            self.materials_picture = painted
            yield labels.bounds

    def materials_shown(self, rect: tuple[int, int, int, int]) -> np.ndarray:
        self._check_thread()
        left, top, right, bottom = rect
        return self.materials_picture[top:bottom, left:right]

    def export(self, request: ExportRequest) -> Shares:
        self._check_thread()
        self.exports.append(request)

        def paint_tile(large: EnlargedLabels, tile: Window) -> np.ndarray:
            self._check_thread()
            self._brake()
            pixels = fake_paint(large.window(tile), request.style_id, request.seed)
            return pixels if request.bits == 8 else pixels.astype(np.uint16) * 257 + 3

        return export_steps(request, paint_tile)

    def export_picture(
        self,
        request: "PictureExport",
        style_id: str = "",
        stroke: float = 1.0,
        meanings: Mapping[int, PaintedBy] | None = None,
    ) -> Shares:
        """As the real one, but with the painting of the matches or none."""
        from engine.strokes.picture_export import picture_export_steps

        self._check_thread()
        assert not request.picture.flags.writeable
        self.pictures.append((request, style_id, stroke))
        painter = None if request.matches is None else request.matches.painter
        return picture_export_steps(request, painter)

    def refine(
        self, request: RefineRequest, between: Callable[[], None] = lambda: None
    ) -> Iterator[RefineStep]:
        self._check_thread()
        self._check_refine(request)
        self.refined.append(request)
        if 0 in self.refine_failures:
            raise self.refine_failures.pop(0)
        return self._refine_steps(request, between)

    def _refine_steps(
        self, request: RefineRequest, between: Callable[[], None]
    ) -> Iterator[RefineStep]:
        for tile in range(1, REFINE_STEPS * REFINE_TILES + 1):
            self._tile(between)
            step, rest = divmod(tile, REFINE_TILES)
            if not rest and step in self.refine_failures:
                raise self.refine_failures.pop(step)
            share = tile / (REFINE_STEPS * REFINE_TILES)
            image = None if rest else fake_refine(request)
            yield RefineStep(step, REFINE_STEPS, 1, share, -share, image, 0.0)

    # -- inside -----------------------------------------------------------------------------

    def _brake(self) -> None:
        self.waiting.set()
        assert self._go.wait(20), "a test held the fake studio and forgot it"

    def _tile(self, between: Callable[[], None]) -> None:
        end = time.monotonic() + 20
        while True:
            self.breaths += 1
            between()
            self._check_thread()
            self.in_tile.set()
            if self._refine_go.wait(0.002):
                return
            assert time.monotonic() < end, "a test held the fake studio and forgot it"

    def _check_refine(self, request: RefineRequest) -> None:
        assert not request.labels.flags.writeable
        assert request.start is not None
        assert not request.start.flags.writeable
        request.check()

    def _check_thread(self) -> None:
        application = QCoreApplication.instance()
        assert application is not None
        assert QThread.currentThread() is not application.thread(), "Studio used on the UI thread"

    def _check_photo(self, photo: np.ndarray, look: PhotoLook) -> None:
        assert not photo.flags.writeable
        if look.style not in TINTS:
            raise EngineError(f"The photo network has not learnt the style {look.style}.")

    def _check_request(self, request: PreviewRequest) -> None:
        assert not request.labels.flags.writeable
        assert request.labels.dtype == np.uint8
        assert request.style_id in self.loaded

    def _tiles(self, request: PreviewRequest) -> list[tuple[int, int, int, int]]:
        height, width = request.labels.shape
        left, top, right, bottom = request.dirty or (0, 0, width, height)
        left, top = max(0, left - REACH), max(0, top - REACH)
        right, bottom = min(width, right + REACH), min(height, bottom + REACH)
        tile = self.tile
        boxes = [
            (x, y, min(x + tile, right), min(y + tile, bottom))
            for y in range(top, bottom, tile)
            for x in range(left, right, tile)
        ]
        return sorted(boxes, key=lambda box: _far(box, request.focus))

    def _info(self, style_id: str, title: str, problem: str | None) -> StyleInfo:
        served = {material.key: material.key for material in materials()}
        served["rock"] = "mountain"
        return StyleInfo(
            style_id, title, "Nobody", "1889", "", "", Path(), None,
            (self.starter,) if problem is None and self.starter is not None else (),
            problem, served, REGIONS if style_id == "other" else {},
        )  # fmt: skip


def _far(box: tuple[int, int, int, int], focus: tuple[int, int, int, int] | None) -> float:
    if focus is None:
        return 0
    across = box[0] + box[2] - focus[0] - focus[2]
    down = box[1] + box[3] - focus[1] - focus[3]
    return across * across + down * down


def starter_labels() -> np.ndarray:
    """Sky over grass with a moon: the doodle that the tests' style starts with."""
    labels = np.zeros((HEIGHT, WIDTH), np.uint8)
    labels[HEIGHT // 2 :] = 6
    labels[20:50, 180:210] = 2
    return labels


class ThreadWatch:
    """Knows every QThread that was started."""

    def __init__(self) -> None:
        self._started: list[weakref.ref[QThread]] = []

    def note(self, thread: QThread) -> None:
        self._started.append(weakref.ref(thread))

    def running(self) -> list[QThread]:
        alive = [reference() for reference in self._started]
        return [thread for thread in alive if thread is not None and _runs(thread)]


def _runs(thread: QThread) -> bool:
    try:
        return thread.isRunning()
    except RuntimeError:  # the C++ thread is gone already
        return False
