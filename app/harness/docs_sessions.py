"""Scripted sessions that paint in the real window and take the guide's pictures."""

import math
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

import resources
from app.harness import demo
from app.harness.docs_camera import Camera
from app.harness.docs_direction import combed_ways
from app.harness.docs_photos import CAT, ROCKET, photo_refined, photo_styles, photos
from app.harness.docs_studio import studio, studio_film
from app.harness.headless import HeadlessWindow
from engine.benchmarks.video import made_clip
from engine.packs.own_styles import duplicate, rename
from engine.studio import (
    EngineError,
    StrokeRequest,
    Studio,
    contact_sheet,
    open_image,
    read_doodle,
    with_doodle,
)

from PySide6.QtCore import QEvent, QPointF, Qt, QTimer  # isort: skip
from PySide6.QtGui import QMouseEvent  # isort: skip
from PySide6.QtTest import QTest  # isort: skip
from PySide6.QtWidgets import QApplication, QWidget  # isort: skip

from app.platform.theme import DARK, apply_theme
from app.widgets.export_dialog import ExportDialog
from app.widgets.preferences_dialog import PreferencesDialog
from app.widgets.style_model import style_at
from engine.video.clip import ClipInfo, Frame
from engine.video.files import open_clip
from engine.video.films import open_film
from resources.materials import KEEP, in_colours, materials
from resources.style_files import SUFFIX as STYLE_SUFFIX

Point = tuple[float, float]

DOODLES = Path("docs/doodles")
IDS = {material.key: material.id for material in materials()}
NO_BUTTON = Qt.MouseButton.NoButton


@contextmanager
def on_stage(
    style: str, seed: int = 3, canvas: tuple[int, int] = (1024, 768), theme: str = DARK
) -> Iterator[HeadlessWindow]:
    """Open the window with the style's starter doodle, in the size of the guide's pictures."""
    with HeadlessWindow(*canvas, style, seed, strokes=True) as stage:
        apply_theme(QApplication.instance(), theme)  # type: ignore[arg-type]
        QApplication.setCursorFlashTime(0)  # a blinking caret would change the picture
        # The latency depends on the machine and would change the picture.
        stage.preview.latency_measured.disconnect(stage.window.status.set_latency)
        stage.leave()
        try:
            yield stage
        finally:
            apply_theme(QApplication.instance(), DARK)  # type: ignore[arg-type]


def draw(stage: HeadlessWindow, points: Sequence[Point], up: bool = True) -> None:
    """Drag over the canvas along ``points``; ``up``: release the button at the end."""
    stage.press(*points[0])
    for point in points[1:]:
        stage.wait(4)
        stage.move(*point)
    stage.settle()
    if up:
        stage.release(*points[-1])
        stage.settle()
        stage.leave()


def do(stage: HeadlessWindow, *actions: str) -> None:
    """Trigger actions by id, one after the other."""
    for action in actions:
        stage.window.actions_by_id[action].trigger()
        stage.settle()


def ring(x: float, y: float, across: float, down: float, turn: float = 1.0) -> list[Point]:
    """Return points of an ellipse around (x, y); ``turn``: how much of it, 1 is all."""
    angles = np.linspace(0, 2 * math.pi * turn, 48)
    return [(x + across * math.cos(a), y + down * math.sin(a)) for a in angles]


# -- the window ---------------------------------------------------------------------------------


def window(camera: Camera) -> None:
    """Show the window after a first start."""
    with on_stage("wheat-field-with-cypresses") as stage:
        camera.take("window", stage.screenshot())


def painting(camera: Camera) -> None:
    """Show a stroke in progress."""
    recording = demo.load_recording(resources.path("demo_doodle.json"))
    with on_stage("starry-night", 7) as stage:
        stage.clear()
        for _ in demo.replay(stage, recording):
            pass
        stage.choose("brush", IDS["sun"], 56)
        draw(stage, [(430 + 9 * i, 250 - 60 * math.sin(i / 9)) for i in range(26)], up=False)
        camera.take("painting", stage.screenshot())
        stage.release(655, 235)


def direction(camera: Camera) -> None:
    """Show the direction tool: a sky that whirls, and corn that was painted upwards."""
    with on_stage("wheat-field-with-cypresses") as stage:
        stage.clear()
        stage.choose("rectangle", IDS["sky"], 60)
        draw(stage, [(0, 0), (500, 200), (1024, 480)])
        stage.choose("brush", IDS["field"], 90)
        for x in range(20, 1060, 64):
            draw(stage, [(x - 30, 790), (x, 640), (x + 50, 500)])
        stage.choose("ellipse", IDS["sun"], 60)
        draw(stage, [(690, 120), (740, 170), (790, 220)])
        stage.session.set_options(tool="direction", size=420, comb="whirl-left")
        draw(stage, [(740, 170)])
        stage.session.set_options(size=160, comb="comb")
        for y in (60, 190, 320, 420):
            draw(stage, [(x, y + 30 * math.sin(x / 90)) for x in range(0, 520, 20)])
        camera.take("direction", stage.screenshot())


def mirror(camera: Camera) -> None:
    """Show mirrored painting."""
    with on_stage("water-lilies") as stage:
        stage.clear()
        do(stage, "symmetry.left_right")
        stage.choose("rectangle", IDS["water"], 40)
        draw(stage, [(-10, 430), (1034, 780)])
        stage.choose("brush", IDS["tree"], 34)
        draw(stage, [(170 + 20 * math.sin(i / 6), 470 - 9 * i) for i in range(30)])
        stage.choose("ellipse", IDS["foliage"], 40)
        for x, y, across, down in ((60, 120, 300, 270), (20, 230, 190, 330), (230, 240, 380, 330)):
            draw(stage, [(x, y), (across, down)])
        stage.choose("ellipse", IDS["flowers"], 40)
        for x, y in ((70, 560), (250, 640), (390, 530)):
            draw(stage, [(x, y), (x + 110, y + 50)])
        draw(stage, [(150, 690), (215, 720), (270, 745)], up=False)
        camera.take("mirror", stage.screenshot())
        stage.release(270, 745)


def selecting(camera: Camera) -> None:
    """Show a tree selected with the lasso while a copy of it is dragged."""
    with on_stage("wheat-field-with-cypresses") as stage:
        stage.choose("lasso", IDS["tree"], 48)
        draw(stage, ring(912, 438, 44, 128))
        stage.keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
        draw(stage, [(912 - 9 * i, 450 + 6 * i) for i in range(22)], up=False)
        camera.take("selecting", stage.screenshot())
        stage.release(723, 576)


def gallery(camera: Camera) -> None:
    """Show the gallery with the style preview of the card under the pointer."""
    with on_stage("wheat-field-with-cypresses") as stage:
        stage.window.resize(1440, 860)
        do(stage, "gallery")
        hover_style(stage, "starry-night-over-the-rhone")
        camera.take("gallery", stage.screenshot())


def hover_style(stage: HeadlessWindow, style_id: str) -> None:
    """Hover over a style's card until its preview is painted."""
    gallery, painted = stage.window.gallery, []
    stage.session.sketch.painted.connect(lambda style, _: painted.append(style))
    rows = range(gallery.filter.rowCount())
    row = next(row for row in rows if style_at(gallery.filter.index(row, 0)).id == style_id)
    spot = QPointF(gallery.cards.visualRect(gallery.filter.index(row, 0)).center())
    view = gallery.cards.viewport()
    move = QMouseEvent(
        QEvent.Type.MouseMove, spot, view.mapToGlobal(spot), NO_BUTTON, NO_BUTTON,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    QApplication.sendEvent(view, move)
    stage.wait_until(lambda: style_id in painted, "the style preview")
    stage.wait(60)


def paint_as(camera: Camera) -> None:
    """Show the choice of what paints a material, over the window."""
    with on_stage("starry-night", 7) as stage:
        stage.choose("brush", IDS["water"], 120)
        draw(stage, [(40 + 12 * i, 690 + 20 * math.sin(i / 7)) for i in range(80)])
        pictures, styles = stage.session.region_pictures, stage.session.styles
        pictures.begin(list(styles.values()))
        stage.wait_until(lambda: len(pictures.pictures) == len(styles), "the regions' pictures")

        def taken() -> None:
            dialog, shot = QApplication.activeModalWidget(), stage.screenshot()
            if dialog is None:
                raise EngineError("The dialog for docs/pictures/paint-as.webp did not open.")
            asked = stage.screenshot(dialog)
            top, left = (shot.shape[0] - asked.shape[0]) // 2, shot.shape[1] // 4
            shot[top : top + asked.shape[0], left : left + asked.shape[1]] = asked
            camera.take("paint-as", shot)
            dialog.close()

        QTimer.singleShot(300, taken)
        do(stage, "paint.as")


def overlay(camera: Camera) -> None:
    """Show the painting with the regions' borders over it."""
    with on_stage("great-wave") as stage:
        do(stage, "view.painting", "borders")
        camera.take("overlay", stage.screenshot())


def refine(camera: Camera) -> None:
    """Show the preview on the left of the divider and the refined picture on the right."""
    with on_stage("starry-night", canvas=(512, 384), theme="light") as stage:
        stage.choose("brush", IDS["sun"], 26)
        draw(stage, [(433, 40)])
        do(stage, "history")
        stage.session.set_refine_options(quality="good")
        do(stage, "refine")
        stage.wait_until(lambda: not stage.session.refine.active, "Refine", 1800)
        do(stage, "compare")
        stage.settle()
        camera.take("refine", stage.screenshot())


# -- dialogs ------------------------------------------------------------------------------------


def dialogs(camera: Camera) -> None:
    """Show the dialogs New, Export and Preferences."""
    with on_stage("water-lilies") as stage:
        take_modal(camera, stage, "new")
        do(stage, "export")
        asked = stage.window.exporting.dialog
        if isinstance(asked, ExportDialog):
            asked.file.setText("~/water-lilies.png")
            asked.scale.setValue(4)
        take_dialog(camera, stage, "export", asked)
        do(stage, "preferences")
        take_dialog(camera, stage, "preferences", stage.window.findChild(PreferencesDialog))


def replay(camera: Camera) -> None:
    """Show the dialog of a film beside the frame that ends the film."""
    with on_stage("great-wave") as stage, tempfile.TemporaryDirectory() as folder:
        for material, size, y in (("cloud", 40, 250), ("cloud", 26, 320), ("water", 70, 740)):
            stage.choose("brush", IDS[material], size)
            draw(stage, [(60, y), (180, y - 18), (300, y + 6), (390, y - 8)])
        do(stage, "film")
        asked, path = stage.window.filming.dialog, Path(folder) / "great-wave.mp4"
        if asked is None:
            raise EngineError("The dialog for docs/pictures/replay.webp did not open.")
        asked.file.setText("~/great-wave.mp4")
        stage.wait(300)
        shot = stage.screenshot(asked)
        asked.file.setText(str(path))
        asked.seconds.setValue(3)
        asked.accept()
        stage.wait_until(path.exists, "the film")
        *_, last = open_clip(path).frames()
    height = shot.shape[0]
    width = round(last.pixels.shape[1] * height / last.pixels.shape[0])
    seen = Image.fromarray(last.pixels).resize((width, height), Image.Resampling.LANCZOS)
    camera.take("replay", np.concatenate([shot, np.asarray(seen)], axis=1))


def clip(camera: Camera) -> None:
    """Show the window of a clip: a pan over a photo, with a painted frame."""
    frames = made_clip("pan", open_image(ROCKET), 96, (640, 400))
    with on_stage("starry-night") as stage, tempfile.TemporaryDirectory() as folder:
        path, clips = Path(folder) / "launch.mp4", stage.window.clips
        info = ClipInfo((640, 400), Fraction(25), Fraction(1, 25), 96)
        with open_film(path, info) as film:
            for number, frame in enumerate(frames):
                film.write(Frame(frame.pixels, Fraction(number, 25), Fraction(1, 25)))
        stage.window.opening.open(path)
        stage.wait_until(lambda: clips.frame is not None, "the clip")
        window = clips.window
        if window is None:
            raise EngineError("The window for docs/pictures/clip.webp did not open.")
        for number, key in ((14, Qt.Key.Key_I), (80, Qt.Key.Key_O), (38, Qt.Key.Key_P)):
            clips.seek(number)
            stage.wait_until(lambda: not clips.busy, "a frame")
            stage.wait(0)
            QTest.keyClick(window.view, key)
        stage.wait_until(window.painted_button.isEnabled, "the preview")
        stage.wait(300)
        camera.take("clip", stage.screenshot(window))
        window.close()


def take_modal(camera: Camera, stage: HeadlessWindow, action: str) -> None:
    """Take the picture of a modal dialog, which blocks the call that opens it."""

    def taken() -> None:
        take_dialog(camera, stage, action, QApplication.activeModalWidget())

    QTimer.singleShot(300, taken)
    do(stage, action)


def style_import(camera: Camera) -> None:
    """Show what a style file contains before it is imported."""
    with on_stage("starry-night") as stage, tempfile.TemporaryDirectory() as folder:
        path, opening = Path(folder) / f"pond{STYLE_SUFFIX}", stage.window.opening
        copy = duplicate(Studio().describe("water-lilies").folder, Path(folder), "pond")
        rename(copy, "A pond at noon")
        Studio(folders=[Path(folder)]).export_style("pond", path)
        opening.open(path)
        stage.wait_until(lambda: opening.styles.dialog is not None, "the dialog")
        take_dialog(camera, stage, "style-import", opening.styles.dialog)


def take_dialog(camera: Camera, stage: HeadlessWindow, name: str, dialog: QWidget | None) -> None:
    """Take the picture of an open dialog and close it. Raises EngineError if it is not open."""
    if dialog is None:
        raise EngineError(f"The dialog for docs/pictures/{name}.webp did not open.")
    stage.wait(300)
    camera.take(name, stage.screenshot(dialog))
    dialog.close()
    stage.wait(0)


def drawing(camera: Camera) -> None:
    """Show the import of a drawing in paler colours than the palette's."""
    pale = in_colours(read_doodle(DOODLES / "04.png")) // 4 * 3 + 60
    with tempfile.TemporaryDirectory() as folder, on_stage("water-lilies") as stage:
        path = Path(folder) / "summer.png"
        Image.fromarray(pale).save(path)
        stage.window.opening.open(path)
        stage.wait_until(lambda: stage.window.opening.dialog is not None, "the drawing")
        take_dialog(camera, stage, "import", stage.window.opening.dialog)


def photo(camera: Camera) -> None:
    """Show a painted photo, with an area around one eye painted with Keep."""
    with on_stage("wheat-field-with-cypresses") as stage:
        stage.window.opening.open(CAT.absolute())
        stage.wait_until(lambda: stage.session.document.photo is not None, "the photo")
        stage.settle()
        stage.window.workspace.messages.hide()
        stage.choose("brush", KEEP, 46)
        draw(stage, ring(166, 115, 16, 10), up=False)
        camera.take("photo", stage.screenshot())
        stage.release(182, 115)


def recovery(camera: Camera) -> None:
    """Show the recovery dialog after a crash."""
    with tempfile.TemporaryDirectory() as folder:
        with on_stage("great-wave") as stage:
            stage.window.recovery.begin(Path(folder))
            stage.choose("brush", IDS["boat"], 30)
            draw(stage, [(430, 560), (520, 575), (610, 560)])
            stage.wait(1500)
            stage.window.recovery.stop(keep=True)
        with on_stage("water-lilies") as stage:
            stage.window.recovery.begin(Path(folder))
            found = stage.window.recovery
            stage.wait_until(lambda: found.dialog is not None, "recoverable work")
            take_dialog(camera, stage, "recovery", found.dialog)


# -- without a window ---------------------------------------------------------------------------

PAIRS = (
    (
        "pair-wheat",
        "styles/wheat-field-with-cypresses/starter.png",
        "wheat-field-with-cypresses",
        3,
    ),
    ("pair-wave", "styles/great-wave/starter.png", "great-wave", 3),
    ("pair-night", "styles/starry-night/starter.png", "starry-night", 3),
)
OTHER_PAINTERS = ("wheat-field-with-cypresses", "water-lilies", "san-giorgio-at-dusk")
FILM_WIDTH, HELD = 800, 26
"""Width of the film in pixels; frames for which a complete painting is shown."""


def by_strokes(
    studio: Studio, labels: np.ndarray, style: str, seed: int, stroke: float = 1.0
) -> np.ndarray:
    """Paint (H, W) material ids with strokes; return the finished (H, W, 3) uint8 picture."""
    *_, last = studio.strokes(StrokeRequest(labels, style, seed, stroke))
    return last.picture


def pairs(camera: Camera) -> None:
    """Show doodles and their paintings side by side."""
    studio = Studio()
    for name, doodle, style, seed in PAIRS:
        labels = read_doodle(Path(doodle))
        sides = in_colours(labels), by_strokes(studio, labels, style, seed)
        camera.take(name, contact_sheet(sides, 2, 600))


def stroke_sizes(camera: Camera) -> None:
    """Show one doodle painted with strokes of three sizes."""
    studio, (_, doodle, style, seed) = Studio(), PAIRS[0]
    labels = read_doodle(Path(doodle))
    sizes = [by_strokes(studio, labels, style, seed, stroke) for stroke in (0.5, 1, 2)]
    camera.take("stroke-sizes", contact_sheet(sizes, 3, 480))


def sheet(camera: Camera) -> None:
    """Show all doodles of docs/doodles painted in one style."""
    studio, tiles = Studio(), []
    for seed, path in enumerate(sorted(DOODLES.glob("*.png"))):
        labels = read_doodle(path)
        painting = by_strokes(studio, labels, "starry-night", seed)
        tiles.append(with_doodle(painting, labels))
    camera.take("doodles", contact_sheet(tiles, 5, 288))


def film(camera: Camera) -> None:
    """Record the demo for the README: the doodle is painted and then shown in other styles.

    Every frame waits until its painting is complete.
    """
    recording = demo.load_recording(resources.path("demo_doodle.json"))
    frames: list[Image.Image] = []
    with on_stage(recording.style, recording.seed) as stage:
        stage.clear()
        for event, _ in enumerate(demo.replay(stage, recording)):
            if event % demo.FRAME_EVERY == 0:
                stage.settle()
                frames.append(frame(stage))
        stage.leave()
        for style in (recording.style, *OTHER_PAINTERS):
            stage.session.choose_style(style)
            stage.settle()
            frames += [frame(stage)] * HELD
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "demo.webp"
        demo.save_film(frames, made)
        camera.keep_film("demo", made)


def frame(stage: HeadlessWindow) -> Image.Image:
    """Return a film frame of doodle and painting, FILM_WIDTH pixels wide."""
    seen = Image.fromarray(stage.screenshot(stage.window.workspace))
    return seen.resize(
        (FILM_WIDTH, round(seen.height * FILM_WIDTH / seen.width)), Image.Resampling.LANCZOS
    )


SESSIONS: dict[str, Callable[[Camera], None]] = {
    session.__name__: session
    for session in (
        window, painting, direction, mirror, selecting, gallery, paint_as, overlay, refine,
        dialogs, replay, clip, style_import, drawing, recovery, photo, pairs, stroke_sizes,
        combed_ways, photos, photo_styles, photo_refined, studio,
        studio_film, sheet, film,
    )
}  # fmt: skip
