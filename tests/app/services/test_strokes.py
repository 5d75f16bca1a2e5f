"""Live strokes in the window: the network first, strokes where the pen has rested."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QStyle
from pytestqt.qtbot import QtBot

from app.document.brushwork import Brushwork, Meaning, stroke_text
from app.document.export_options import ExportOptions
from app.document.rect import Rect
from app.platform.settings import Settings
from app.services import strokes_worker
from app.services.strokes import REACH
from app.window.main_window import MainWindow
from engine.doodle.enlarge import EnlargedLabels
from engine.errors import EngineError
from engine.flow import NEUTRAL
from engine.requests import PaintedBy
from engine.strokes import live
from engine.strokes.large import UNIT
from engine.strokes.painter import StrokeStyle
from tests.support.fakes import FakeStudio, fake_paint
from tests.support.file_dialogs import drop, files
from tests.support.hand import drag, move, press, release
from tests.support.photo_documents import photo_file
from tests.support.refining import refine
from tests.support.stroke_pictures import painter


class Styles:
    """Stands in for packs: all styles have the strokes of one small painting."""

    def __init__(self) -> None:
        self.problem = ""
        self.asked: list[tuple[Path, float]] = []
        self.likes: list[bool] = []
        self.used: list[tuple[int, ...]] = []
        self.meanings: list[dict[int, PaintedBy]] = []

    def __call__(
        self,
        folder: Path,
        stroke: float,
        _find: Callable[[str], Path],
        like: StrokeStyle | None = None,
        meanings: Mapping[int, PaintedBy] | None = None,
        used: Sequence[int] = (),
    ) -> StrokeStyle:
        self.asked.append((folder, stroke))
        self.likes.append(like is not None)
        self.meanings.append(dict(meanings or {}))
        self.used.append(tuple(used))
        assert like is None or stroke >= 1
        if self.problem:
            raise EngineError(self.problem)
        of = painter(max(UNIT, round(stroke * UNIT)), 2, [NEUTRAL, NEUTRAL])
        table = (np.arange(256) % 2).astype(np.uint8)
        return StrokeStyle(of, table, materials=tuple(used))


@pytest.fixture
def styles(monkeypatch: pytest.MonkeyPatch) -> Styles:
    styles = Styles()
    monkeypatch.setattr("engine.packs.stroke_source.stroke_style", styles)
    monkeypatch.setattr(live, "ensure_compiled", lambda *_: True)
    return styles


@pytest.fixture
def painting(
    qtbot: QtBot,
    studio: FakeStudio,
    settings: Settings,
    styles: Styles,
    monkeypatch: pytest.MonkeyPatch,
) -> MainWindow:
    """A window whose styles have paintings; it is painted with strokes."""
    usual = studio.styles
    monkeypatch.setattr(
        studio,
        "styles",
        lambda: [replace(style, paints_by=("network", "strokes")) for style in usual()],
    )
    settings.paint_with = "strokes"
    window = MainWindow(studio, settings)
    qtbot.addWidget(window, before_close_func=lambda _: studio.let_go())
    window.resize(1200, 700)
    window.show()
    qtbot.waitUntil(lambda: bool(studio.requests) and not window.session.preview.busy)
    settle(qtbot, window)
    return window


def settle(qtbot: QtBot, window: MainWindow) -> None:
    session = window.session
    qtbot.waitUntil(lambda: not session.preview.busy and not session.strokes.busy, timeout=30_000)


def network(window: MainWindow) -> np.ndarray:
    document = window.session.document
    return fake_paint(document.labels.snapshot().array(), document.style_id, document.seed)


def shown(window: MainWindow) -> np.ndarray:
    return window.session.document.painting.copy()


def test_strokes_replace_the_networks_picture(painting: MainWindow) -> None:
    assert painting.session.strokes.active
    assert (shown(painting) != network(painting)).any(-1).mean() > 0.9


def test_a_stroke_of_the_pen_changes_what_is_near_it_only(
    qtbot: QtBot, painting: MainWindow
) -> None:
    before, canvas = shown(painting), painting.workspace.canvas
    painting.session.set_options(tool="brush", material=5, size=20)
    drag(canvas, [(100, 90), (110, 92)])
    settle(qtbot, painting)
    # The directions of the pen have cells of 4 pixels.
    now, near = shown(painting), Rect(88, 76, 124, 104).grown(REACH)
    changed = (now != before).any(-1)
    assert changed[90, 105]
    changed[near.clipped(painting.session.document.bounds).slices] = False
    assert not changed.any(), "everything outside stays bit for bit"
    inside = now[85:95, 100:108]
    assert (inside != network(painting)[85:95, 100:108]).any(), "strokes, not the network"


def test_a_material_that_comes_up_is_prepared_then(
    qtbot: QtBot, painting: MainWindow, styles: Styles
) -> None:
    first = styles.used[-1]
    assert 13 not in first
    painting.session.set_options(tool="brush", material=13, size=20)
    drag(painting.workspace.canvas, [(100, 90), (110, 92)])
    settle(qtbot, painting)
    assert styles.used[-1] == (*first, 13)
    asked = len(styles.used)
    drag(painting.workspace.canvas, [(60, 60), (70, 62)])
    settle(qtbot, painting)
    assert len(styles.used) == asked


def test_what_paints_a_material_can_be_chosen(
    qtbot: QtBot, painting: MainWindow, styles: Styles, studio: FakeStudio
) -> None:
    document = painting.session.document
    style, asked = document.style_id, len(studio.requests)
    water = Meaning(style, 9, "other", "sky", "#203040")
    elsewhere = Meaning("elsewhere", 9, style, "sky")
    document.set_brushwork(Brushwork(meanings=(elsewhere, water)))
    settle(qtbot, painting)
    assert styles.meanings[-1] == {9: PaintedBy("other", "sky", "#203040")}
    assert len(studio.requests) == asked, "the network cannot paint by another style's region"
    document.set_brushwork(Brushwork(meanings=(replace(water, lender=style),)))
    settle(qtbot, painting)
    assert len(studio.requests) > asked
    assert studio.requests[-1].meanings == {9: PaintedBy(style, "sky", "#203040")}
    assert (shown(painting) != network(painting)).any(-1).mean() > 0.9, "strokes have followed"


def test_combing_changes_what_is_near_it_only(qtbot: QtBot, painting: MainWindow) -> None:
    before, canvas = shown(painting), painting.workspace.canvas
    flows: list[np.ndarray] = []
    painting.session.strokes.flow_changed.connect(flows.append)
    painting.session.set_options(tool="direction", size=20)
    drag(canvas, [(100, 90), (104, 106), (110, 122)])
    settle(qtbot, painting)
    now, near = shown(painting), Rect(84, 76, 128, 140).grown(REACH)
    changed = (now != before).any(-1)
    assert changed[95:115, 90:115].any()
    height, width = now.shape[:2]
    assert flows[-1].shape == (-(-height // 4), -(-width // 4), 2)
    assert flows[-1][26, 26, 0] < 60, "upright, where the pen moved down"
    changed[near.clipped(painting.session.document.bounds).slices] = False
    assert not changed.any(), "everything outside stays bit for bit"
    painting.session.undo()
    settle(qtbot, painting)
    assert (
        painting.session.document.state().directions is None
        or not (painting.session.document.directions.snapshot().array() != 128).any()
    )


def test_the_network_answers_while_the_pen_is_down(
    qtbot: QtBot, painting: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(painting.session.strokes._rest, "start", lambda: None)
    before, canvas = shown(painting), painting.workspace.canvas
    painting.session.set_options(tool="brush", material=5, size=20)
    press(canvas, (100, 90))
    move(canvas, (110, 92))
    qtbot.waitUntil(lambda: not painting.session.preview.busy)
    now = shown(painting)
    assert (now[88:92, 100:108] == network(painting)[88:92, 100:108]).all()
    far = np.ones(now.shape[:2], bool)
    far[60:125, 70:140] = False
    assert (now[far] == before[far]).all(), "the network's picture shows near the pen only"
    release(canvas, (110, 92))
    settle(qtbot, painting)
    assert (shown(painting)[88:92, 100:108] != network(painting)[88:92, 100:108]).any()


def test_strokes_that_are_done_when_the_next_dab_comes_are_shown(
    qtbot: QtBot, painting: MainWindow
) -> None:
    """The thread has finished the first dab's strokes, but they were not received yet."""
    worker, canvas = painting.session.strokes.worker, painting.workspace.canvas
    painting.session.set_options(tool="brush", material=5, size=20)
    done = threading.Event()
    worker.painted.connect(
        lambda _s, _r, _p, last: done.set() if last else None, Qt.ConnectionType.DirectConnection
    )
    drag(canvas, [(60, 90), (66, 92)])
    qtbot.waitUntil(lambda: not painting.session.preview.busy)
    assert done.wait(20), "this thread does not receive anything meanwhile"
    drag(canvas, [(200, 90), (206, 92)])
    settle(qtbot, painting)
    for part in ((slice(88, 92), slice(60, 66)), (slice(88, 92), slice(200, 206))):
        assert (shown(painting)[part] != network(painting)[part]).any()


def test_a_pause_of_the_pen_is_enough(qtbot: QtBot, painting: MainWindow) -> None:
    canvas = painting.workspace.canvas
    painting.session.set_options(tool="brush", material=5, size=20)
    press(canvas, (100, 90))
    move(canvas, (110, 92))
    settle(qtbot, painting)
    qtbot.waitUntil(
        lambda: bool((shown(painting)[88:92, 100:108] != network(painting)[88:92, 100:108]).any())
    )
    release(canvas, (110, 92))


def test_the_switch(qtbot: QtBot, painting: MainWindow) -> None:
    action, strokes = painting.actions_by_id["strokes"], shown(painting)
    assert action.isChecked()
    QTest.keyClick(painting, Qt.Key.Key_K)
    assert painting.settings.paint_with == "network"
    settle(qtbot, painting)
    assert (shown(painting) == network(painting)).all()
    painting.preferences_controller._settings.paint_with = "strokes"
    painting.preferences_controller.apply("paint_with")
    assert action.isChecked()
    settle(qtbot, painting)
    assert (shown(painting) == strokes).all()


def test_another_style_and_seed_are_painted_anew(
    qtbot: QtBot, painting: MainWindow, styles: Styles
) -> None:
    first = shown(painting)
    painting.session.set_seed(77)
    settle(qtbot, painting)
    assert (shown(painting) != first).any()
    painting.session.choose_style("other")
    settle(qtbot, painting)
    assert (shown(painting) != network(painting)).any(-1).mean() > 0.9
    assert len(styles.asked) == 2, "a style is prepared once"


def test_undo_brings_the_doodle_back_and_strokes_follow(qtbot: QtBot, painting: MainWindow) -> None:
    painting.session.set_options(tool="brush", material=5, size=20)
    drag(painting.workspace.canvas, [(100, 90), (110, 92)])
    settle(qtbot, painting)
    painting.session.undo()
    settle(qtbot, painting)
    part = slice(88, 92), slice(100, 108)
    assert (shown(painting)[part] != network(painting)[part]).any()


@pytest.mark.parametrize("change", ["network only", "repaint"])
def test_work_given_up_is_followed_by_other_work_at_once(
    qtbot: QtBot, painting: MainWindow, change: str
) -> None:
    strokes, preview = painting.session.strokes, painting.session.preview
    outstanding: list[bool] = []
    give_up = iter([strokes.repaint if change == "repaint" else lambda: strokes.enable(False)])

    def look(busy: bool) -> None:
        if busy:
            next(give_up, lambda: None)()
        else:  # a Refine that waits looks now
            outstanding.append(preview.busy or strokes.busy)

    strokes.busy_changed.connect(look)
    painting.session.set_seed(9)
    qtbot.waitUntil(lambda: bool(outstanding))
    assert outstanding[0]
    settle(qtbot, painting)


def test_strokes_are_not_awaited_after_the_network_has_failed(
    qtbot: QtBot, painting: MainWindow, studio: FakeStudio
) -> None:
    studio.fail_once(EngineError("The network is gone."))
    painting.session.set_seed(9)
    qtbot.waitUntil(lambda: "is gone" in painting.workspace.messages.text)
    assert not painting.session.preview.whole
    assert not painting.session.strokes.busy


def test_a_style_whose_strokes_cannot_be_painted(
    qtbot: QtBot, painting: MainWindow, styles: Styles
) -> None:
    styles.problem = "styles/other/painting.webp is damaged."
    painting.session.choose_style("other")
    settle(qtbot, painting)
    qtbot.waitUntil(lambda: "is damaged" in painting.workspace.messages.text)
    settle(qtbot, painting)
    assert (shown(painting) == network(painting)).all()
    painting.session.choose_style("starry-night")
    settle(qtbot, painting)
    assert (shown(painting) != network(painting)).any(-1).mean() > 0.9


def test_a_saved_painting_comes_back_as_it_was(
    qtbot: QtBot, painting: MainWindow, tmp_path: Path
) -> None:
    painting.session.set_options(tool="brush", material=5, size=20)
    drag(painting.workspace.canvas, [(100, 90), (110, 92)])
    settle(qtbot, painting)
    saved, path = shown(painting), tmp_path / "night.ora"
    with qtbot.waitSignal(painting.files.file.saved):
        painting.files.file.save(path)
    painting.files.file.take_new(64, 48, None, "")
    settle(qtbot, painting)
    painting.opening.open(path)
    qtbot.waitUntil(lambda: painting.session.document.width == saved.shape[1])
    settle(qtbot, painting)
    assert (shown(painting) == saved).all()
    drag(painting.workspace.canvas, [(30, 30), (34, 32)])
    settle(qtbot, painting)
    changed = (shown(painting) != saved).any(-1)
    assert changed.any()
    changed[Rect(19, 19, 46, 44).grown(REACH).clipped(painting.session.document.bounds).slices] = 0
    assert not changed.any()


def test_repaint_paints_all_of_it(qtbot: QtBot, painting: MainWindow) -> None:
    canonical = shown(painting)
    painting.session.document.merge_painting(Rect(0, 0, 50, 50), np.zeros((50, 50, 3), np.uint8))
    painting.actions_by_id["repaint"].trigger()
    settle(qtbot, painting)
    assert (shown(painting) == canonical).all()


def test_repaint_also_completes_the_networks_picture_that_was_stopped(
    qtbot: QtBot, painting: MainWindow, studio: FakeStudio
) -> None:
    preview = painting.session.preview
    studio.hold()
    painting.session.set_seed(8)
    qtbot.waitUntil(studio.waiting.is_set)
    preview.stop_run()
    studio.let_go()
    settle(qtbot, painting)
    assert not preview.whole
    painting.actions_by_id["repaint"].trigger()
    settle(qtbot, painting)
    assert preview.whole, "else the painting would not be saved"
    assert (shown(painting) != network(painting)).any(-1).mean() > 0.9


def test_the_visible_part_comes_first(
    qtbot: QtBot, painting: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what *Repaint* makes does not depend on what is visible."""
    session, rects = painting.session, []
    canonical, seen = shown(painting), Rect(100, 60, 140, 100)
    monkeypatch.setattr(painting.workspace, "visible_canvas", lambda: seen)
    painting._on_view_changed()
    session.strokes.worker.painted.connect(lambda _, rect, *__: rects.append(rect))
    painting.actions_by_id["repaint"].trigger()
    settle(qtbot, painting)
    assert rects[0] == seen
    assert rects[-1] == session.document.bounds
    assert (shown(painting) == canonical).all()


def test_a_dab_on_an_opened_painting_is_painted_first(qtbot: QtBot, painting: MainWindow) -> None:
    """The thread needs a painting of the whole canvas, but one does not wait for it."""
    session, rects = painting.session, []
    session.become(session.document.state(preview=True))
    settle(qtbot, painting)
    assert session.document.stands_in
    session.strokes.worker.painted.connect(lambda _, rect, *__: rects.append(rect))
    session.set_options(tool="brush", material=5, size=4)
    drag(painting.workspace.canvas, [(100, 90)])
    settle(qtbot, painting)
    assert rects[0].area < session.document.bounds.area / 4
    assert rects[-1] == session.document.bounds


def exported(qtbot: QtBot, window: MainWindow, wish: ExportOptions) -> np.ndarray:
    """Export the document and return the file's pixels, float32 0-255."""
    with qtbot.waitSignal(window.session.exports.written, timeout=20_000):
        window.session.export(wish)
    pixels = cv2.imread(str(wish.path), cv2.IMREAD_UNCHANGED)[..., ::-1]
    return pixels.astype(np.float32) / (257 if pixels.dtype == np.uint16 else 1)


def distance(large: np.ndarray, seen: np.ndarray) -> float:
    """The mean difference of the picture seen from a larger one made as small by area."""
    size = seen.shape[1], seen.shape[0]
    return float(abs(cv2.resize(large, size, interpolation=cv2.INTER_AREA) - seen).mean())


def painted_at(window: MainWindow, styles: Styles, scale: int) -> np.ndarray:
    """The doodle enlarged and painted with strokes at that size: another picture."""
    document = window.session.document
    large = EnlargedLabels(document.labels.snapshot().array(), scale)
    style = styles(Path(), document.brushwork.stroke, lambda _: Path())
    regions = style.table[large.window(large.bounds)]
    begun = style.painter.begin(regions, document.seed)
    *_, step = style.painter.paint(begun, regions.shape)
    return step.picture.astype(np.float32)


DABS = ([(100, 90), (110, 92)], [(30, 40), (60, 44)], [(104, 96), (120, 80)])


@pytest.mark.parametrize(
    ("scale", "bits", "size"), [(1, 8, 1), (1, 16, 1), (2, 8, 1), (3, 16, 1), (1, 16, 2), (2, 8, 2)]
)
def test_an_export_looks_like_what_is_seen(
    qtbot: QtBot, painting: MainWindow, studio: FakeStudio, styles: Styles, tmp_path: Path,
    scale: int, bits: int, size: float,
) -> None:  # fmt: skip
    painting.session.stroke_size.change(size)
    painting.session.set_options(tool="brush", material=5, size=20)
    for dab in DABS:  # so the picture depends on what was painted in what order
        drag(painting.workspace.canvas, dab)
        settle(qtbot, painting)
    seen = shown(painting)
    large = exported(qtbot, painting, ExportOptions(tmp_path / "a.png", scale=scale, bits=bits))
    assert large.shape == (192 * scale, 256 * scale, 3)
    assert distance(large, seen) < 6
    assert distance(painted_at(painting, styles, scale), seen) > (15 if scale > 1 else 0)
    request = studio.pictures[-1][0]
    if scale > 1:
        assert request.matches is not None
        found = request.matches.painter.picture(request.matches.field, seen.shape[:2])
        assert (found == seen).mean() > 0.99, "the very matches of the picture on screen"
    if scale == 1:
        assert (np.rint(large) == seen).all()
    with Image.open(tmp_path / "a.png") as image:
        assert f"by strokes, stroke {size}" in image.info["Comment"]


def test_an_export_while_strokes_are_painted_is_of_what_is_seen(
    qtbot: QtBot, painting: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    painting.session.set_seed(31)
    qtbot.waitUntil(lambda: painting.session.strokes.busy)
    seen = shown(painting)
    large = exported(qtbot, painting, ExportOptions(tmp_path / "a.png", scale=2))
    assert distance(large, seen) < 6
    assert studio.pictures[-1][0].matches is None


def test_a_refined_picture_is_exported_larger(
    qtbot: QtBot, painting: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    refine(qtbot, painting)
    painting.session.set_options(tool="brush", material=5, size=20)
    drag(painting.workspace.canvas, DABS[0])
    settle(qtbot, painting)
    seen, strokes = shown(painting), painting.session.document.preview
    assert distance(strokes.astype(np.float32), seen) > 15
    wish = ExportOptions(tmp_path / "a.png", scale=2, bits=16)
    assert distance(exported(qtbot, painting, wish), seen) < 9
    plain = replace(wish, path=tmp_path / "b.png", refined=False)
    assert distance(exported(qtbot, painting, plain), strokes) < 6


def test_a_refined_picture_over_the_networks_is_exported_larger(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    refine(qtbot, window)
    seen = shown(window)
    assert distance(network(window).astype(np.float32), seen) > 15
    large = exported(qtbot, window, ExportOptions(tmp_path / "a.png", scale=2))
    assert distance(large, seen) < 6
    assert studio.pictures[-1][1] == "", "its style has no painting"


def test_the_networks_picture_is_painted_again_at_its_size(
    qtbot: QtBot, painting: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    painting.actions_by_id["strokes"].setChecked(False)
    settle(qtbot, painting)
    large = exported(qtbot, painting, ExportOptions(tmp_path / "a.png", scale=2))
    assert studio.exports[-1].scale == 2
    assert distance(large, network(painting)) < 6


def test_the_time_of_an_export_is_that_of_strokes(
    qtbot: QtBot, painting: MainWindow, tmp_path: Path
) -> None:
    session, area = painting.session, painting.session.document.bounds.area
    assert session.export_seconds(area) == 0
    with_strokes = session.export_seconds(4 * area)
    assert with_strokes is not None
    assert 0 < with_strokes < 60
    assert session.export_seconds(4 * area, refined=True) > with_strokes
    exported(qtbot, painting, ExportOptions(tmp_path / "a.png", scale=4))
    measured = session.export_seconds(4 * area)
    assert measured is not None
    assert measured != with_strokes
    assert session.export_seconds(8 * area) == pytest.approx(2 * measured)
    painting.actions_by_id["strokes"].setChecked(False)
    settle(qtbot, painting)
    assert session.export_seconds(4 * area) != measured, "the network has its own pace"


def test_the_switch_is_that_of_the_photo(
    qtbot: QtBot, painting: MainWindow, tmp_path: Path
) -> None:
    action, session = painting.actions_by_id["strokes"], painting.session
    assert drop(painting, files(photo_file(tmp_path)))
    qtbot.waitUntil(lambda: session.document.photo is not None)
    assert action.isEnabled()
    assert action.isChecked()
    assert not session.strokes.active
    action.setChecked(False)
    assert session.document.look.by == "network"
    assert session.strokes.enabled, "doodles are still painted with strokes"
    session.undo()
    assert session.document.look.by == "strokes"
    assert action.isChecked()


def test_a_style_without_a_painting(window: MainWindow) -> None:
    action = window.actions_by_id["strokes"]
    assert not action.isEnabled()
    assert "no painting" in action.toolTip()


def test_long_work_shows_its_progress_and_can_be_stopped(
    qtbot: QtBot, painting: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.strokes.MOMENT", 0.0)
    progress = painting.styles.progress
    shares: list[float] = []
    painting.session.strokes.progressed.connect(lambda share, _: shares.append(share))
    painting.session.set_seed(9)
    settle(qtbot, painting)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert progress.isHidden()
    progress.begin("Strokes")
    progress.stop_button.click()
    assert painting.settings.paint_with == "network"
    assert not painting.actions_by_id["strokes"].isChecked()


def test_closing_in_the_middle_joins_the_thread(
    qtbot: QtBot, painting: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    painting.session.set_seed(5)
    qtbot.waitUntil(lambda: not painting.session.preview.busy)
    painting.session.history.set_clean(painting.session.history.step)
    assert painting.close()
    assert not painting.session.strokes._thread.isRunning()


def test_matches_of_another_style_are_not_handed_over(qtbot: QtBot, painting: MainWindow) -> None:
    strokes, state = painting.session.strokes, painting.session.document.state()
    for style_id, known in (("other", False), ("starry-night", True)):
        matches: Future = Future()
        of = strokes_worker.key_of(replace(state, style_id=style_id), strokes._canvas)
        strokes._want_matches.emit(matches, of)
        assert (matches.result(10) is not None) == known
    painting.session.set_seed(3)
    qtbot.waitUntil(lambda: strokes.busy)
    assert strokes.matches().result(0) is None, "they would have to be waited for"
    settle(qtbot, painting)


def test_matches_of_the_document_before_are_not_handed_over(
    qtbot: QtBot, painting: MainWindow
) -> None:
    session = painting.session
    assert session.strokes.matches().result(10) is not None
    opened = session.document.state(preview=True)
    session.become(replace(opened, brushwork=Brushwork(stroke=2.0)))
    settle(qtbot, painting)
    assert session.document.stands_in
    assert session.strokes.matches().result(10) is None, "of strokes of another size"
    session.strokes.repaint()
    settle(qtbot, painting)
    assert session.strokes.matches().result(10) is not None


def test_a_preference_leaves_an_open_photo_as_it_is(
    qtbot: QtBot, painting: MainWindow, tmp_path: Path
) -> None:
    session, action = painting.session, painting.actions_by_id["strokes"]
    assert drop(painting, files(photo_file(tmp_path)))
    qtbot.waitUntil(lambda: session.document.photo is not None)
    look, steps = session.document.look, session.history.steps
    painting.settings.paint_with = "network"
    painting.preferences_controller.apply("paint_with")
    session.settle()
    assert not session.strokes.enabled
    assert session.document.look == look
    assert session.history.steps == steps
    assert action.isChecked() == (look.by == "strokes")


def test_the_newest_job_takes_over_what_waits() -> None:
    slot = strokes_worker.StrokesSlot()
    job = strokes_worker.StrokesJob(1, None, Rect(0, 0, 4, 4), {})
    slot.post(job)
    slot.post(replace(job, serial=2, changed=Rect(8, 8, 9, 9)))
    taken = slot.take()
    assert (taken.serial, taken.changed) == (2, Rect(0, 0, 9, 9))
    slot.post(replace(job, changed=None))
    slot.post(job)
    assert slot.take().changed is None
    assert slot.take() is None


# The size of the strokes.


def drag_slider(window: MainWindow, *shares: float) -> None:
    """Press the handle of the stroke size's slider, and drag it to these shares of the slider."""
    slider = window.styles.stroke_box.slider
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    half = slider.style().pixelMetric(QStyle.PixelMetric.PM_SliderLength) / 2

    def send(kind: QEvent.Type, share: float, held: Qt.MouseButton) -> None:
        spot = QPointF(half + share * (slider.width() - 2 * half), slider.height() / 2)
        button = none if kind is QEvent.Type.MouseMove else left
        place = slider.mapToGlobal(spot)
        event = QMouseEvent(kind, spot, place, button, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(slider, event)

    send(QEvent.Type.MouseButtonPress, slider.value() / slider.maximum(), left)
    for share in shares:
        send(QEvent.Type.MouseMove, share, left)
    send(QEvent.Type.MouseButtonRelease, shares[-1], none)


def stroke(window: MainWindow) -> float:
    return window.session.document.brushwork.stroke


def test_the_slider_changes_the_strokes_and_is_one_undo_step(
    qtbot: QtBot, painting: MainWindow, styles: Styles
) -> None:
    session, box, first = painting.session, painting.styles.stroke_box, shown(painting)
    assert (stroke(painting), box.slider.value()) == (1.0, 500)
    drag_slider(painting, 0.6, 0.7, 0.75)
    size = stroke(painting)
    assert 1.5 < size < 2.5
    settle(qtbot, painting)
    larger = shown(painting)
    assert (larger != first).any(-1).mean() > 0.5
    assert [step.text for step in session.history.steps] == [f"Stroke size {stroke_text(size)}"]
    session.undo()
    assert (stroke(painting), box.slider.value()) == (1.0, 500)
    settle(qtbot, painting)
    assert (shown(painting) == first).all()
    session.redo()
    settle(qtbot, painting)
    assert (shown(painting) == larger).all()
    assert styles.likes == [False] + [True] * (len(styles.asked) - 1), "the source is shared"


def test_a_drag_stays_at_one_and_reaches_both_ends(painting: MainWindow) -> None:
    drag_slider(painting, 0.7, 0.52)
    assert (stroke(painting), painting.styles.stroke_box.slider.value()) == (1.0, 500)
    assert not painting.session.history.can_undo, "nothing has changed"
    drag_slider(painting, 1.5)
    assert stroke(painting) == 4.0
    drag_slider(painting, -0.5)
    assert stroke(painting) == 0.5


def test_keys_step_through_the_sizes(qtbot: QtBot, painting: MainWindow) -> None:
    slider, sizes = painting.styles.stroke_box.slider, []
    for _ in range(8):
        QTest.keyClick(slider, Qt.Key.Key_Right)
        sizes.append(stroke(painting))
    assert sizes == sorted(sizes)
    assert len(set(sizes)) >= 4
    qtbot.waitUntil(lambda: painting.session.history.can_undo)
    assert len(painting.session.history.steps) == 1


def test_a_gesture_ends_the_change_of_the_size(qtbot: QtBot, painting: MainWindow) -> None:
    painting.session.stroke_size.change(2.0)
    drag(painting.workspace.canvas, [(100, 90), (110, 92)])
    texts = [step.text for step in painting.session.history.steps]
    assert texts[0] == "Stroke size 2"
    assert len(texts) == 2


@pytest.mark.parametrize("size", [0.5, 2.0, 4.0])
def test_a_stroke_of_the_pen_changes_what_is_near_it_at_every_size(
    qtbot: QtBot, painting: MainWindow, size: float
) -> None:
    session = painting.session
    session.stroke_size.change(size)
    settle(qtbot, painting)
    before = shown(painting)
    session.set_options(tool="brush", material=5, size=4)
    drag(painting.workspace.canvas, [(30, 30), (34, 32)])
    settle(qtbot, painting)
    changed = (shown(painting) != before).any(-1)
    assert changed[28:34, 28:36].any()
    near = Rect(27, 27, 38, 36).grown(session.strokes.reach).clipped(session.document.bounds)
    assert near != session.document.bounds
    changed[near.slices] = False
    assert not changed.any(), "everything outside stays bit for bit"


def test_the_size_is_saved_and_shown_again(
    qtbot: QtBot, painting: MainWindow, styles: Styles, tmp_path: Path
) -> None:
    painting.session.stroke_size.change(3.0)
    settle(qtbot, painting)
    saved, path = shown(painting), tmp_path / "night.ora"
    with qtbot.waitSignal(painting.files.file.saved):
        painting.files.file.save(path)
    painting.files.file.take_new(64, 48, None, "")
    settle(qtbot, painting)
    assert (stroke(painting), painting.styles.stroke_box.slider.value()) == (1.0, 500)
    painting.opening.open(path)
    qtbot.waitUntil(lambda: painting.session.document.width == saved.shape[1])
    settle(qtbot, painting)
    assert stroke(painting) == 3.0
    assert painting.styles.stroke_box.slider.value() > 800
    assert (shown(painting) == saved).all()
    painting.actions_by_id["repaint"].trigger()
    settle(qtbot, painting)
    assert (shown(painting) == saved).all()
    assert 3.0 in [size for _, size in styles.asked]


@pytest.mark.parametrize("seconds", [0.0, 1000.0])
def test_what_is_nearly_there_is_shown_before_the_newest_size(
    qtbot: QtBot, painting: MainWindow, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    monkeypatch.setattr("app.services.strokes.FOLLOWS", seconds)
    session, finished = painting.session, []
    session.strokes.worker.painted.connect(lambda *args: finished.append(args[-1]))
    session.stroke_size.change(2.0)
    session.stroke_size.change(3.0)
    session.stroke_size.change(4.0)
    settle(qtbot, painting)
    followed = seconds > 0
    assert finished.count(True) == 1 + followed
    newest = shown(painting)
    session.strokes.repaint()
    settle(qtbot, painting)
    assert (shown(painting) == newest).all()


def test_the_size_says_why_it_cannot_be_chosen(
    qtbot: QtBot, painting: MainWindow, tmp_path: Path
) -> None:
    box, action = painting.styles.stroke_box, painting.actions_by_id["strokes"]
    assert box.isEnabled()
    action.setChecked(False)
    assert not box.isEnabled()
    assert "switched off" in box.toolTip()
    action.setChecked(True)
    assert box.isEnabled()
    settle(qtbot, painting)
    assert drop(painting, files(photo_file(tmp_path)))
    qtbot.waitUntil(lambda: painting.session.document.photo is not None)
    assert not box.isEnabled()
    assert "Photo panel" in box.toolTip()


def test_a_canvas_that_is_too_large_for_small_strokes(
    qtbot: QtBot, painting: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = painting.session
    monkeypatch.setattr("app.services.strokes.LARGEST", session.document.bounds.area / 3)
    session.set_seed(5)
    settle(qtbot, painting)
    assert not session.strokes.active
    assert "smaller than size 1.75" in session.strokes.unavailable
    assert painting.styles.stroke_box.isEnabled()
    session.stroke_size.change(2.0)
    settle(qtbot, painting)
    assert session.strokes.active
    assert painting.actions_by_id["strokes"].isEnabled()
    assert (shown(painting) != network(painting)).any(-1).mean() > 0.9
    session.stroke_size.change(1.0)
    settle(qtbot, painting)
    assert (shown(painting) == network(painting)).all()
    monkeypatch.setattr("app.services.strokes.LARGEST", 1)
    session.set_seed(6)
    assert not painting.styles.stroke_box.isEnabled()
