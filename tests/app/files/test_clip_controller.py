"""Clips in their window: frames, part, preview, rendering, and what an earlier start left."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.batch import clip_render
from app.document.clip_options import ClipOptions, RenderJob
from app.files.clip_controller import ClipController
from app.services.clip_renders import RenderStore
from app.widgets.clip_window import ClipWindow, clock_text
from app.widgets.clipboard import rgb_of
from app.widgets.scrub_bar import ScrubBar
from app.window.main_window import MainWindow
from engine.requests import PhotoLook
from engine.video.files import open_clip
from engine.video.progress import claimed, folder_beside
from engine.video.run import is_begun
from tests.support.clip_workers import STEPS, counting, dying
from tests.support.clips import pictures, write_clip
from tests.support.fakes import FakeStudio, fake_stylize
from tests.support.file_dialogs import drop, files

COUNT = 40
KEY, SHIFT = Qt.Key, Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(
        tmp_path / "clip.mp4", pictures(COUNT), sound=True, options={"g": "12"}
    )  # fmt: skip


@pytest.fixture
def clips(window: MainWindow, tmp_path: Path) -> ClipController:
    window.clips.renders.root = tmp_path / "renderings"
    return window.clips


def opened(qtbot: QtBot, clips: ClipController, path: Path) -> ClipWindow:
    clips._main.opening.open(path)
    qtbot.waitUntil(lambda: clips.frame is not None and not clips.busy)
    assert clips.window is not None
    return clips.window


def at(qtbot: QtBot, clips: ClipController, number: int) -> None:
    """Wait until a frame is shown."""
    qtbot.waitUntil(lambda: clips.frame is not None and clips.frame.number == number)
    assert clips.window is not None
    assert clips.window.scrub.value() == clips.number == number


def shown(window: ClipWindow) -> np.ndarray:
    return rgb_of(window.view.image)


def press(window: ClipWindow, *keys: Qt.Key, held: Qt.KeyboardModifier | None = None) -> None:
    for key in keys:
        QTest.keyClick(window.view, key, held or Qt.KeyboardModifier.NoModifier)


# -- opening ----------------------------------------------------------------------------------


def test_a_dropped_clip_is_shown_in_its_window(
    qtbot: QtBot, window: MainWindow, clips: ClipController, clip: Path
) -> None:
    photo = window.session.document.photo
    assert drop(window, files(clip))
    qtbot.waitUntil(lambda: clips.frame is not None)
    shows = clips.window
    assert shows is not None
    assert shows.isVisible()
    assert not shows.isModal()
    assert "clip.mp4" in shows.windowTitle()
    assert np.array_equal(shown(shows), next(open_clip(clip).frames()).pixels)
    assert window.session.document.photo is photo
    assert clips.part == (0, COUNT - 1)
    assert shows.form.options.style == "starry-night"
    shows.close()
    assert clips.window is None
    assert not clips.busy


def test_file_open_clip_asks_for_one(
    qtbot: QtBot, window: MainWindow, clips: ClipController, clip: Path
) -> None:
    window.actions_by_id["clip"].trigger()
    dialog = clips.dialog
    assert isinstance(dialog, QFileDialog)
    assert "*.mp4" in dialog.nameFilters()[0]
    dialog.selectFile(str(clip))
    dialog.accept()
    qtbot.waitUntil(lambda: clips.frame is not None)
    assert clips.facts is not None
    assert clips.facts.path == clip


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png"])
def test_an_animation_is_a_clip_and_a_still_picture_is_not(
    qtbot: QtBot, window: MainWindow, clips: ClipController, tmp_path: Path, name: str
) -> None:
    first, *others = [Image.fromarray(each) for each in pictures(4, 96, 64)]
    moving, still = tmp_path / name, tmp_path / f"still-{name}"
    first.save(moving, save_all=True, append_images=others, duration=50)
    first.save(still)
    assert drop(window, files(still))
    qtbot.waitUntil(lambda: window.session.document.photo is not None)
    assert clips.window is None
    assert drop(window, files(moving))
    qtbot.waitUntil(lambda: clips.frame is not None)
    assert clips.facts is not None
    assert clips.facts.count == 4
    assert [float(time) for time in clips.facts.times] == [0, 0.05, 0.1, 0.15]
    window.opening.open(moving, still=True)
    qtbot.waitUntil(lambda: "as a new painting or replace" in window.workspace.messages.text)


def test_of_several_clips_one_is_opened(
    qtbot: QtBot, window: MainWindow, clips: ClipController, clip: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.mp4"
    other.write_bytes(clip.read_bytes())
    assert drop(window, files(other, clip))
    assert "Only other.mp4 is opened" in window.workspace.messages.text
    qtbot.waitUntil(lambda: clips.frame is not None)
    assert clips.facts is not None
    assert clips.facts.path == other


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("no.mp4", "does not exist"), ("text.mp4", "is not a clip"), ("sound.mp4", "no video stream"),
     ("none.mkv", "has no frame")],
)  # fmt: skip
def test_a_bad_clip_is_one_sentence(
    qtbot: QtBot, window: MainWindow, clips: ClipController, tmp_path: Path, name: str,
    sentence: str,
) -> None:  # fmt: skip
    from tests.engine.video.test_files import bad_files

    path = bad_files(tmp_path)[name]
    window.opening.open(path)
    qtbot.waitUntil(lambda: str(path) in window.workspace.messages.text)
    assert sentence in window.workspace.messages.text
    assert window.workspace.messages.text.count(".") - str(path).count(".") == 1
    assert clips.window is None


# -- frames and part --------------------------------------------------------------------------


def test_keys_step_and_mark(qtbot: QtBot, clips: ClipController, clip: Path) -> None:
    window = opened(qtbot, clips, clip)
    whole = [frame.pixels for frame in open_clip(clip).frames()]
    press(window, KEY.Key_Right, KEY.Key_Right)
    at(qtbot, clips, 2)
    assert np.array_equal(shown(window), whole[2])
    press(window, KEY.Key_Right, held=SHIFT)
    at(qtbot, clips, 12)
    press(window, KEY.Key_I)
    press(window, KEY.Key_Right, KEY.Key_Right, held=SHIFT)
    press(window, KEY.Key_Left)
    at(qtbot, clips, 31)
    assert np.array_equal(shown(window), whole[31])
    press(window, KEY.Key_O)
    assert clips.part == window.scrub.part == (12, 31)
    assert window.part_label.text().strip() == "0:00.80"
    press(window, KEY.Key_Home)
    at(qtbot, clips, 12)
    press(window, KEY.Key_End)
    at(qtbot, clips, 31)
    press(window, KEY.Key_Left, held=SHIFT)
    press(window, KEY.Key_Left, held=SHIFT)
    at(qtbot, clips, 11)
    press(window, KEY.Key_O)  # before the beginning, which gives way
    assert clips.part == (11, 11)
    press(window, KEY.Key_X)
    assert clips.part == (0, COUNT - 1)
    for _ in range(3):
        press(window, KEY.Key_Left, held=SHIFT)
    at(qtbot, clips, 0)


def move(scrub: ScrubBar, number: int, y: int) -> QPoint:
    return QPoint(round(scrub.place_of(number)), y)


def test_the_mouse_scrubs_and_drags_the_marks(
    qtbot: QtBot, clips: ClipController, clip: Path
) -> None:
    window = opened(qtbot, clips, clip)
    scrub, low = window.scrub, window.scrub.height() - 8
    QTest.mousePress(scrub, LEFT, pos=move(scrub, 20, low))
    at(qtbot, clips, 20)
    for number in range(21, 36):
        QTest.mouseMove(scrub, move(scrub, number, low))
    QTest.mouseRelease(scrub, LEFT, pos=move(scrub, 35, low))
    at(qtbot, clips, 35)
    for begin, end in ((0, 8), (COUNT - 1, 30)):
        QTest.mousePress(scrub, LEFT, pos=move(scrub, begin, 5))
        QTest.mouseMove(scrub, move(scrub, end, 5))
        QTest.mouseRelease(scrub, LEFT, pos=move(scrub, end, 5))
    assert clips.part == (8, 30)
    assert clips.number == 35


def test_a_clip_plays_its_part_and_stops(qtbot: QtBot, clips: ClipController, clip: Path) -> None:
    window = opened(qtbot, clips, clip)
    clips._mark(5, 15)
    clips._set_part(5, 15)
    seen = list[int]()
    assert clips._frames is not None
    clips._frames.came.connect(lambda frame: seen.append(frame.number))
    with qtbot.waitSignal(clips._frames.ended):
        press(window, KEY.Key_Space)
        assert "Pause" in window.play_button.toolTip()
    assert "Play" in window.play_button.toolTip()
    assert seen == sorted(set(seen))
    assert seen[-1] == 15
    assert 5 <= seen[0] < 15
    at(qtbot, clips, 15)
    clips._set_part(0, COUNT - 1)
    clips.seek(0)
    at(qtbot, clips, 0)
    seen.clear()
    press(window, KEY.Key_Space)
    qtbot.waitUntil(lambda: len(seen) > 2)
    press(window, KEY.Key_Space)
    qtbot.waitUntil(lambda: not clips.busy)
    assert clips.number < COUNT - 1
    at(qtbot, clips, clips.number)


# -- preview ----------------------------------------------------------------------------------


def test_a_previewed_frame_is_shown_and_compared(
    qtbot: QtBot, clips: ClipController, studio: FakeStudio, clip: Path
) -> None:
    window = opened(qtbot, clips, clip)
    own = shown(window)
    press(window, KEY.Key_P)
    qtbot.waitUntil(window.painted_button.isEnabled)
    painted = fake_stylize(own, PhotoLook("starry-night", by="strokes", seed=1))
    assert np.array_equal(shown(window), painted)
    assert window.preview_button.text() == "Preview frame"
    press(window, KEY.Key_C)
    assert np.array_equal(shown(window), own)
    QTest.mouseClick(window.painted_button, LEFT)
    assert np.array_equal(shown(window), painted)
    press(window, KEY.Key_Right)
    at(qtbot, clips, 1)
    assert not window.painted_button.isEnabled()
    assert window.clip_button.isChecked()
    press(window, KEY.Key_Left)
    at(qtbot, clips, 0)
    assert np.array_equal(shown(window), painted)  # still there
    window.form.boil_box.setValue(3)
    assert not window.painted_button.isEnabled()  # of other options
    assert np.array_equal(shown(window), own)
    press(window, KEY.Key_P)
    qtbot.waitUntil(window.painted_button.isEnabled)
    assert studio.clip_frames[-1][1].boil == 3


def test_the_newest_preview_wins(
    qtbot: QtBot, clips: ClipController, studio: FakeStudio, clip: Path
) -> None:
    window = opened(qtbot, clips, clip)
    studio.hold()
    press(window, KEY.Key_P)
    qtbot.waitUntil(studio.waiting.is_set)
    assert "Painting" in window.preview_button.text()
    press(window, KEY.Key_Right)
    at(qtbot, clips, 1)  # the window answers while a frame is painted
    press(window, KEY.Key_P, KEY.Key_Right, KEY.Key_P)  # the last one before the frame is there
    at(qtbot, clips, 2)
    studio.let_go()
    qtbot.waitUntil(window.painted_button.isEnabled)
    assert clips.number == 2
    assert {number for number, _ in clips._painted} <= {0, 2}


def test_options_reach_the_engine(
    qtbot: QtBot, clips: ClipController, studio: FakeStudio, clip: Path, tmp_path: Path
) -> None:
    window = opened(qtbot, clips, clip)
    form = window.form
    form.style_box.setCurrentIndex(form.style_box.findData("other"))
    form.style_box.activated.emit(form.style_box.currentIndex())
    form.stroke.setValue(form.stroke.maximum())
    form.detail.setValue(0)
    options = clips.options
    assert options is not None
    assert (options.style, options.stroke, options.detail) == ("other", 4.0, 0.0)
    form.by_box.setCurrentIndex(form.by_box.findData("network"))
    form.by_box.activated.emit(form.by_box.currentIndex())
    assert not form.detail.isEnabled()
    like = tmp_path / "like.png"
    Image.fromarray(pictures(1)[0]).save(like)
    form.style_box.activated.emit(form.style_box.count() - 1)
    form.style_box.setCurrentIndex(form.style_box.count() - 1)
    form.style_box.activated.emit(form.style_box.currentIndex())
    assert clips.dialog is not None
    clips.dialog.selectFile(str(like))
    clips.dialog.accept()
    assert clips.options is not None
    assert (clips.options.like, clips.options.by) == (str(like), "strokes")
    assert form.style_box.currentText() == "like.png"
    press(window, KEY.Key_P)
    qtbot.waitUntil(window.painted_button.isEnabled)
    look = studio.clip_frames[-1][1].photo
    assert (look.like, look.by, look.stroke, look.detail) == (str(like), "strokes", 4.0, 0.0)


def test_a_failed_preview_is_told(
    qtbot: QtBot, clips: ClipController, studio: FakeStudio, clip: Path
) -> None:
    from engine.errors import EngineError

    window = opened(qtbot, clips, clip)
    studio.fail_once(EngineError("styles/x has no painting."))
    press(window, KEY.Key_P)
    qtbot.waitUntil(lambda: window.messages.text == "styles/x has no painting.")
    assert window.preview_button.text() == "Preview frame"


def test_a_frame_is_saved_painted_over_and_followed(
    qtbot: QtBot, clips: ClipController, clip: Path, tmp_path: Path
) -> None:
    window = opened(qtbot, clips, clip)
    press(window, KEY.Key_Right, held=SHIFT)
    at(qtbot, clips, 10)
    QTest.mouseClick(window.form.save_button, LEFT)
    dialog, path = clips.dialog, tmp_path / "mine.png"
    assert dialog is not None
    assert dialog.selectedFiles()[0].endswith("clip 10.png")
    assert not dialog.testOption(QFileDialog.Option.DontConfirmOverwrite)
    dialog.selectFile(str(path))
    dialog.accept()
    qtbot.waitUntil(lambda: "Saved" in window.messages.text)
    own = list(open_clip(clip).frames())[10].pixels
    assert np.array_equal(np.asarray(Image.open(path)), own)
    Image.fromarray(255 - own).save(path)
    QTest.mouseClick(window.form.load_button, LEFT)
    assert clips.dialog is not None
    clips.dialog.selectFile(str(path))
    clips.dialog.accept()
    assert clips.options is not None
    assert clips.options.keyframes == ((10, path),)
    assert not window.form.style_box.isEnabled()
    press(window, KEY.Key_P)
    qtbot.waitUntil(window.painted_button.isEnabled)
    assert np.array_equal(shown(window), 255 - own)
    QTest.mouseClick(window.form.remove_button, LEFT)
    assert clips.options.keyframes == ()
    assert window.form.style_box.isEnabled()


def test_a_frame_never_replaces_the_clip(qtbot: QtBot, clips: ClipController, clip: Path) -> None:
    window, before = opened(qtbot, clips, clip), clip.read_bytes()
    assert clips.frame is not None
    clips._save(clips.frame.pixels, clip, clip)
    qtbot.waitUntil(lambda: window.messages.text.startswith(f"{clip} would replace {clip}"))
    assert clip.read_bytes() == before


def test_a_clip_that_cannot_be_read_on_stops_playing(
    qtbot: QtBot, clips: ClipController, clip: Path
) -> None:
    window = opened(qtbot, clips, clip)
    press(window, KEY.Key_Space)
    assert "Pause" in window.play_button.toolTip()
    assert clips._frames is not None
    clips._frames.failed.emit("clip.mp4 cannot be read.")
    assert "Play" in window.play_button.toolTip()


# -- rendering --------------------------------------------------------------------------------


@pytest.fixture
def like(tmp_path: Path) -> Path:
    path = tmp_path / "like.png"
    Image.fromarray(pictures(1, 160, 120)[0]).save(path)
    return path


def job_of(clip: Path, like: Path, name: str = "out.mp4") -> RenderJob:
    options = ClipOptions("starry-night", like=str(like), longest=32)
    return RenderJob(clip, clip.parent / name, options, Fraction(2, 25), Fraction(8, 25))


def ask_target(clips: ClipController, target: Path) -> None:
    assert clips.window is not None
    QTest.mouseClick(clips.window.render_button, LEFT)
    dialog = clips.dialog
    assert dialog is not None
    assert not dialog.testOption(QFileDialog.Option.DontConfirmOverwrite)
    assert not Path(dialog.selectedFiles()[0]).exists()
    dialog.selectFile(str(target))
    dialog.accept()


def test_the_chosen_part_is_rendered_with_its_sound(
    qtbot: QtBot, window: MainWindow, clips: ClipController, clip: Path, like: Path, tmp_path: Path
) -> None:
    shows = opened(qtbot, clips, clip)
    shows.form.take_picture(like)
    clips._set_part(2, 7)
    target = tmp_path / "out.mp4"
    with qtbot.waitSignal(clips.renders.progressed, timeout=60_000):
        ask_target(clips, target)
    qtbot.waitUntil(shows.strip.isVisible)
    assert window.clips.progress.isVisible()
    assert not shows.render_button.isEnabled()
    assert " of 6" in shows.words.text()
    clips.seek(30)
    at(qtbot, clips, 30)  # the window answers meanwhile
    qtbot.waitUntil(target.exists, timeout=60_000)
    qtbot.waitUntil(lambda: "Rendered out.mp4, 6 frames" in shows.messages.text)
    assert not shows.strip.isVisible()
    assert shows.render_button.isEnabled()
    found = open_clip(target)
    assert len(list(found.frames())) == 6
    assert found.info.sound
    assert clips.renders.store.unfinished() == []
    assert list((tmp_path / "renderings").iterdir()) == []


def test_a_rendering_is_paused_and_goes_on(
    qtbot: QtBot, clips: ClipController, clip: Path, like: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clip_render, "_work", counting)
    window = opened(qtbot, clips, clip)
    clips.begin(job_of(clip, like))
    with qtbot.waitSignal(clips.renders.progressed, timeout=60_000):
        pass
    QTest.mouseClick(window.pause_button, LEFT)
    assert clips.renders.paused
    assert window.pause_button.text() == "Continue"
    assert "paused" in window.words.text()
    QTest.mouseClick(clips.pause_button, LEFT)
    assert not clips.renders.paused
    assert window.pause_button.text() == "Pause"
    qtbot.waitUntil(lambda: f"{STEPS} frames" in window.messages.text, timeout=60_000)


def test_a_stopped_rendering_continues_or_is_discarded(
    qtbot: QtBot, clips: ClipController, clip: Path, like: Path
) -> None:
    window = opened(qtbot, clips, clip)
    job = job_of(clip, like)
    with qtbot.waitSignal(clips.renders.progressed, timeout=60_000):
        clips.begin(job)
    QTest.mouseClick(window.stop_button, LEFT)
    qtbot.waitUntil(lambda: "Stopped out.mp4" in window.messages.text, timeout=20_000)
    assert is_begun(job.target)
    window.messages.buttons[0].click()  # Continue
    qtbot.waitUntil(lambda: "Rendered out.mp4, 6 frames" in window.messages.text, timeout=60_000)
    other = job_of(clip, like, "other.mp4")
    with qtbot.waitSignal(clips.renders.progressed, timeout=60_000):
        clips.begin(other)
    clips.renders.stop()
    qtbot.waitUntil(lambda: "Stopped other.mp4" in window.messages.text, timeout=20_000)
    window.messages.buttons[1].click()  # Discard
    assert not folder_beside(other.target).exists()
    assert clips.renders.store.unfinished() == []


def test_an_answer_is_about_the_rendering_that_was_asked_about(
    qtbot: QtBot, clips: ClipController, window: MainWindow, clip: Path, like: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(clip_render, "_work", counting)
    jobs = [job_of(clip, like, name) for name in ("first.mp4", "second.mp4")]
    asked = window.workspace.messages
    for job in jobs:
        folder_beside(job.target).mkdir()
        (folder_beside(job.target) / "progress.npz").touch()
        with qtbot.waitSignal(clips.renders.progressed, timeout=60_000):
            clips.begin(job)
        clips.renders.stop()
        told, bar = f"Stopped {job.target.name}", clips._messages
        qtbot.waitUntil(lambda told=told, bar=bar: told in bar.text, timeout=20_000)
        opened(qtbot, clips, clip)  # what follows is asked in its window
    assert "Stopped first.mp4" in asked.text
    asked.buttons[1].click()  # Discard
    assert [is_begun(job.target) for job in jobs] == [False, True]


def test_a_question_is_withdrawn_when_its_target_is_rendered(
    qtbot: QtBot, clips: ClipController, window: MainWindow, clip: Path, like: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(clip_render, "_work", counting)
    job, asked = job_of(clip, like), window.workspace.messages
    with qtbot.waitSignal(clips.renders.progressed, timeout=60_000):
        clips.begin(job)
    clips.renders.stop()
    qtbot.waitUntil(lambda: "Stopped out.mp4" in asked.text, timeout=20_000)
    opened(qtbot, clips, clip)
    clips.begin(job)
    assert not asked.isVisible()
    clips.renders.wait()
    clips._on_found([job])
    assert "was interrupted" in asked.text
    clips.begin(job)
    assert not asked.isVisible()
    clips.renders.wait()


def test_a_target_begun_with_other_options_is_begun_anew_only_when_asked(
    qtbot: QtBot, clips: ClipController, clip: Path, like: Path
) -> None:
    window = opened(qtbot, clips, clip)
    job = job_of(clip, like)
    with qtbot.waitSignal(clips.renders.progressed, timeout=60_000):
        clips.begin(job)
    clips.renders.wait()
    qtbot.waitUntil(lambda: "Stopped out.mp4" in window.messages.text)
    clips.begin(replace(job, options=replace(job.options, detail=0.1)))
    qtbot.waitUntil(lambda: "begun with other options" in window.messages.text, timeout=60_000)
    assert clips.renders.store.unfinished() == [job]  # the first one is still offered
    window.messages.buttons[0].click()
    qtbot.waitUntil(lambda: "Rendered out.mp4" in window.messages.text, timeout=60_000)


def test_a_film_that_is_painted_elsewhere_is_refused(
    qtbot: QtBot, clips: ClipController, window: MainWindow, clip: Path, like: Path
) -> None:
    job = job_of(clip, like)
    with claimed(job.target):
        clips.begin(job)
        qtbot.waitUntil(
            lambda: "is being painted already" in window.workspace.messages.text, timeout=60_000
        )
    assert not job.target.exists()


def test_a_second_rendering_is_refused(
    qtbot: QtBot, clips: ClipController, window: MainWindow, clip: Path, like: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(clip_render, "_work", counting)
    clips.begin(job_of(clip, like))
    clips.begin(job_of(clip, like, "other.mp4"))
    assert "already being rendered" in window.workspace.messages.text
    assert clips.renders.job is not None
    assert clips.renders.job.target.name == "out.mp4"
    clips.renders.wait()  # or the window would ask when it is closed


def test_closing_asks_and_the_next_start_offers_to_go_on(
    qtbot: QtBot, clips: ClipController, window: MainWindow, studio: FakeStudio, clip: Path,
    like: Path,
) -> None:  # fmt: skip
    window.session.document.set_modified(False)
    job = job_of(clip, like)
    with qtbot.waitSignal(clips.renders.progressed, timeout=60_000):
        clips.begin(job)
    window.close()
    assert window.isVisible()
    assert "being rendered" in window.workspace.messages.text
    window.workspace.messages.buttons[0].click()
    assert not window.isVisible()
    assert not clips.renders.busy
    assert is_begun(job.target)
    other = MainWindow(studio, window.settings)
    qtbot.addWidget(other)
    other.clips.renders.root = clips.renders.root
    other.show()
    other.clips.offer()
    messages = other.workspace.messages
    qtbot.waitUntil(lambda: "rendering of out.mp4 was interrupted" in messages.text)
    messages.buttons[0].click()
    qtbot.waitUntil(lambda: "Rendered out.mp4, 6 frames" in messages.text, timeout=60_000)
    assert len(list(open_clip(job.target).frames())) == 6


def test_a_rendering_whose_process_dies_is_told(
    qtbot: QtBot, clips: ClipController, window: MainWindow, clip: Path, like: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(clip_render, "_work", dying)
    clips.begin(job_of(clip, like))
    qtbot.waitUntil(
        lambda: "its process ended" in window.workspace.messages.text, timeout=60_000
    )  # fmt: skip
    assert not clips.renders.busy


# -- what is remembered -----------------------------------------------------------------------


def test_renderings_are_remembered_as_they_are(tmp_path: Path, clip: Path, like: Path) -> None:
    store, job = RenderStore(tmp_path / "kept"), job_of(clip, like)
    keyed = replace(job, options=job.options.with_keyframe(3, like), end=None)
    assert store.unfinished() == []
    store.keep(keyed)
    assert store.unfinished() == []  # nothing of it is there, so it is forgotten
    assert list(store.root.iterdir()) == []
    folder_beside(job.target).mkdir()
    (folder_beside(job.target) / "progress.npz").touch()
    store.keep(keyed)
    (store.root / "damaged.json").write_text("{}")
    store.keep(
        replace(keyed, target=tmp_path / f"{'long' * 99}.mp4")
    )  # raises OSError, as a lost disk
    assert store.unfinished() == [keyed]
    with claimed(job.target):
        assert store.unfinished() == []
        store.discard(keyed)
    assert store.unfinished() == [keyed]
    store.discard(keyed)
    assert not folder_beside(job.target).exists()
    assert store.unfinished() == []


def test_times_as_text() -> None:
    assert [clock_text(each) for each in (0, 61.5, 3725.257)] == [
        "0:00.00", "1:01.50", "1:02:05.26",
    ]  # fmt: skip


def test_the_bar_finds_frames(qtbot: QtBot) -> None:
    bar = ScrubBar()
    qtbot.addWidget(bar)
    bar.resize(300, 34)
    bar.set_count(1, 25)
    assert bar.frame_at(150) == 0
    bar.set_count(101, 25)
    assert [bar.frame_at(bar.place_of(number)) for number in (0, 37, 100)] == [0, 37, 100]
    assert bar.frame_at(-50) == 0
    assert bar.frame_at(5000) == 100
    assert QPointF(bar.place_of(0), 0).x() > 0
