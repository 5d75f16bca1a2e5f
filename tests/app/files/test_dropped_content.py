"""Contents of drags and the clipboard, without a window."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QByteArray, QMimeData, QUrl

from app.document.clipboard_doodle import ClipboardDoodle
from app.document.document_state import PICTURES
from app.files import dropped_content
from app.files.dropped_content import FoundFiles, LentFiles, sort_out, understood
from app.widgets.clipboard import image_in, image_of, mime_of, rgb_of
from engine.picture_files import ENDINGS
from tests.support.file_dialogs import picture_file

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)


def mime(*addresses: str, text: str = "") -> QMimeData:
    found = QMimeData()
    if addresses:
        found.setUrls([QUrl(address) for address in addresses])
    if text:
        found.setText(text)
    return found


def touch(folder: Path, *names: str) -> list[Path]:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    return [folder / name for name in names]


def test_files_of_this_machine_each_once_in_their_order() -> None:
    given = mime("file:///b.jpg", "https://x.org/c.png", "file:///a.jpg", "file:///b.jpg")
    assert understood(given).paths == (Path("/b.jpg"), Path("/a.jpg"))


def test_a_picture_from_a_browser_is_called_after_its_address(tmp_path: Path) -> None:
    dragged = mime("https://x.org/pics/Sea%20view.jpg?size=2")
    dragged.setData("image/png", QByteArray(picture_file(tmp_path / "a.png", PIXELS).read_bytes()))
    found = understood(dragged)
    assert (found.image, found.name, found.refusal) == (True, "Sea view.jpg", "")
    image = image_in(dragged)
    assert image is not None
    assert np.array_equal(rgb_of(image), PIXELS)


def test_pixels_are_a_picture_with_or_without_an_address() -> None:
    assert understood(mime_of(image_of(PIXELS), None)).name == "picture"
    dragged = mime("https://x.org/")
    dragged.setImageData(image_of(PIXELS))
    assert understood(dragged).name == "picture"


def test_what_says_to_be_a_picture_and_is_none() -> None:
    dragged = mime("https://x.org/a.jpg")
    dragged.setData("image/jpeg", QByteArray(b"no picture"))
    assert understood(dragged).image
    assert image_in(dragged) is None


def test_a_broken_piece_of_doodle_leaves_the_picture_beside_it() -> None:
    labels = np.zeros((4, 5), np.uint8)
    clip = ClipboardDoodle(labels, 1, 2)
    whole = understood(mime_of(image_of(PIXELS), clip.packed()))
    assert whole.clip is not None
    assert np.array_equal(whole.clip.labels, labels)
    broken = understood(mime_of(image_of(PIXELS), b"no clip"))
    assert (broken.clip, broken.image) == (None, True)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (lambda: mime("https://x.org/a.jpg"), "https://x.org/a.jpg is a web address. Save"),
        (lambda: mime(text=" http://x.org/a.jpg\n"), "http://x.org/a.jpg is a web address. Save"),
        (lambda: mime("smb://box/a.jpg"), "smb://box/a.jpg is not a file on this computer"),
        (lambda: mime(text="hello"), "no picture and no file"),
        (QMimeData, "no picture and no file"),
    ],
)
def test_what_cannot_be_taken_says_why(given: Callable[[], QMimeData], words: str) -> None:
    found = understood(given())
    assert words in found.refusal
    assert (found.paths, found.image, found.clip) == ((), False, None)


def test_a_long_address_is_cut() -> None:
    assert len(understood(mime("https://x.org/" + 900 * "a")).refusal) < 150


def test_files_and_folders_are_sorted_out(tmp_path: Path) -> None:
    loose = touch(tmp_path, "z.JPG", "b.ora", "notes.txt")
    folder = tmp_path / "holiday"
    inside = touch(folder, "2.heic", "1.jpg", "deep/3.png", "old.ora", "read.me", ".hidden.jpg")
    first, found = sort_out([*loose, folder, loose[0], tmp_path / "gone.jpg"])
    assert first == loose[0]
    assert found.photos == (loose[0], inside[1], inside[0], inside[2])
    assert found.paintings == (loose[1], inside[3])
    assert found.given == (loose[0], folder, loose[0])
    assert found.tally == "4 photos, 2 paintings, 2 other files"
    assert found.problems == (f"{tmp_path / 'gone.jpg'} does not exist.",)
    assert found.without(loose[0]).photos == found.photos[1:]
    assert found.without(loose[1]).paintings == (inside[3],)


def test_the_question_says_how_many_of_each_where_that_is_not_plain() -> None:
    def asked(photos: int, **rest: object) -> str:
        paths = tuple(Path(f"{number}.jpg") for number in range(photos))
        return FoundFiles(paths, **rest).photo_question

    assert asked(1) == "Paint the other photo too?"
    assert asked(1000) == "Paint the other 1000 photos too?"
    assert asked(1001) == "Also found: 1001 photos. Paint the photos too?"
    mixed = asked(1, paintings=(Path("a.ora"),), others=2)
    assert mixed == "Also found: 1 photo, 1 painting, 2 other files. Paint the photos too?"
    gone = ("a does not exist.", "b does not exist.", "c does not exist.")
    assert asked(2, problems=gone[:2]) == f"{gone[0]} {gone[1]} Paint the other 2 photos too?"
    assert asked(2, problems=gone).startswith("3 files do not exist or cannot be read. a does")


def test_what_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (path,) = touch(tmp_path, "a.jpg")
    monkeypatch.setattr(os, "access", lambda *_: False)
    first, found = sort_out([path])
    assert (first, found.problems) == (None, (f"{path} cannot be read: permission denied.",))


def test_looking_through_a_folder_can_be_ended(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg")
    assert sort_out([tmp_path], lambda: True) == (None, FoundFiles())


def test_both_tables_of_endings_are_the_same() -> None:
    assert set(PICTURES) == set(ENDINGS)


@pytest.mark.parametrize("linked", [True, False])
def test_a_temporary_file_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, linked: bool
) -> None:
    if not linked:
        monkeypatch.setattr(Path, "hardlink_to", lambda *_: (_ for _ in ()).throw(OSError()))
    own, keeper = tmp_path / "own.jpg", LentFiles()
    own.write_bytes(b"own")
    assert keeper.kept(own) == own
    passing = Path(dropped_content.tempfile.gettempdir()) / "passing.jpg"
    assert keeper.kept(passing) == passing
    passing.write_bytes(b"passing")
    kept = keeper.kept(passing)
    passing.unlink()
    assert (kept.name, kept.read_bytes()) == ("passing.jpg", b"passing")
    assert keeper.holds(kept)
    assert not keeper.holds(own)
    keeper.clear()
    assert not kept.exists()
    assert own.exists()
