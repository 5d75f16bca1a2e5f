"""Refine on a photo, through the window: what reaches the engine, what belongs to the picture."""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from pytestqt.qtbot import QtBot

from app.document import journal, openraster
from app.document.document_state import SavedDocument
from app.document.export_options import ExportOptions
from app.document.photo import PhotoLook
from app.document.refined import Refined
from app.window.main_window import MainWindow
from engine.requests import PhotoLook as EngineLook
from resources.materials import KEEP
from tests.support.fakes import FakeStudio
from tests.support.hand import drag
from tests.support.photo_documents import choose, settle, take
from tests.support.refining import hold_in_tile, refine

LOOK = PhotoLook(strength=0.75, colours="luminance")


def test_photo_look_and_content_reach_the_engine(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    bar = window.refine_bar
    assert not bar.content.isVisible()
    document = take(qtbot, window, tmp_path)
    qtbot.waitUntil(bar.content.isVisible)
    choose(window, KEEP)
    drag(window.workspace.canvas, [(200, 200), (300, 240)])
    settle(qtbot, window)
    bar.content.setValue(80)
    start = document.preview
    refine(qtbot, window)
    (request,) = studio.refined
    assert document.photo is not None
    assert np.array_equal(request.photo, document.photo.pixels)
    assert np.array_equal(request.start, start)
    assert (request.labels == KEEP).any()
    assert request.content == 0.8
    style, seed = document.style_id, document.seed
    assert request.look == EngineLook(style, seed=seed, by="strokes")
    assert window.session.settings.refine_content == 0.5  # until the window closes
    window.close()
    assert window.session.settings.refine_content == 0.8


def test_a_doodle_is_refined_without_photo(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio
) -> None:
    refine(qtbot, window)
    (request,) = studio.refined
    assert request.photo is None
    assert request.look is None


def test_another_look_hides_the_refined_picture_and_stops_a_run(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    document = take(qtbot, window, tmp_path)
    refine(qtbot, window)
    assert document.shows_refined
    document.set_look(LOOK)
    assert not document.shows_refined
    document.set_look(PhotoLook())
    assert document.shows_refined
    settle(qtbot, window)
    said: list[str] = []
    window.session.said.connect(said.append)
    hold_in_tile(qtbot, window, studio, drafted=False)
    document.set_look(LOOK)
    studio.let_go()
    qtbot.waitUntil(lambda: not window.session.refine.active)
    assert any("the photo look has changed" in sentence for sentence in said)


def test_a_refined_photo_is_one_step(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    document = take(qtbot, window, tmp_path)
    refine(qtbot, window)
    shown = document.painting
    window.actions_by_id["undo"].trigger()
    assert document.photo is not None
    assert not document.shows_refined
    window.actions_by_id["redo"].trigger()
    assert np.array_equal(document.painting, shown)


def test_a_refined_photo_is_exported_larger(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    document = take(qtbot, window, tmp_path)
    plain = document.painting
    refine(qtbot, window)
    seen = document.painting
    wish = ExportOptions(tmp_path / "out.png", scale=2)
    with qtbot.waitSignal(window.session.exports.written):
        window.session.export(wish)
    large = cv2.imread(str(wish.path))[..., ::-1].astype(np.float32)
    small = cv2.resize(large, (document.width, document.height), interpolation=cv2.INTER_AREA)
    assert large.shape == (2 * document.height, 2 * document.width, 3)
    assert abs(small - seen).mean() < 4
    assert abs(small - plain).mean() > 20
    with Image.open(wish.path) as image:
        assert image.text["daub:refined"] == "yes"


def test_file_and_journal_keep_the_look_of_a_refined_photo(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    document = take(qtbot, window, tmp_path)
    document.set_look(LOOK)
    settle(qtbot, window)
    refine(qtbot, window)
    refined = document.refined
    assert refined is not None
    assert refined.look == LOOK
    labels, style, seed = document.labels.snapshot(), document.style_id, document.seed
    path = tmp_path / "painting.ora"
    openraster.save(path, SavedDocument(document.state()))
    loaded = openraster.load(path)
    assert isinstance(loaded, SavedDocument)
    again = loaded.state.refined
    assert again is not None
    assert again.fits(style, seed, LOOK)
    records = tmp_path / "picture"
    records.write_bytes(b"".join(journal.picture_records(refined)))
    with records.open("rb") as file:
        read = journal.read_picture(file)
    assert read is not None
    assert read.look == LOOK
    plain = Refined(refined.pixels, labels, style, seed)
    records.write_bytes(b"".join(journal.picture_records(plain)))
    with records.open("rb") as file:
        read = journal.read_picture(file)
    assert read is not None
    assert read.look is None
