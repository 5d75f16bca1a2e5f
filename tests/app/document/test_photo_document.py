"""Documents with a photo: files, journals, canvas changes and undo."""

import errno
import io
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.document.canvas_transform import (
    Transform,
    cropped_to,
    flipped_across,
    flipped_down,
    laid_on,
    scaled_to,
    turned_left,
    turned_right,
)
from app.document.clipboard_doodle import ClipboardDoodle
from app.document.document import Changed, Document
from app.document.document_state import DocumentState, SavedDocument, UnsavedWork
from app.document.errors import DocumentError
from app.document.journal import replay, step_record
from app.document.journal_file import JournalFile, read_journal
from app.document.journal_photo import photo_records, read_photo, with_photo
from app.document.journal_pictures import KEPT, RecoveredPictures
from app.document.label_map import LabelMap
from app.document.openraster import load, save
from app.document.photo import Photo, PhotoLook
from app.document.rect import Rect
from app.editing.commands import CanvasCommand
from app.editing.history import History
from app.services.journal_store import JournalStore
from resources.colour_depth import eight_bits
from resources.materials import KEEP, PHOTO, materials, materials_by_id
from tests.support.paper import (
    contents,
    entries_of,
    photo_contents,
    photo_of,
    same,
    same_photo,
    with_state,
    write_zip,
)

WIDTH, HEIGHT = 60, 40


def work_with(photo: Photo | None, material: int = PHOTO) -> UnsavedWork:
    labels = LabelMap(WIDTH, HEIGHT, material)
    labels.write(Rect(5, 5, 10, 10), np.full((5, 5), 9, np.uint8))
    look = PhotoLook(0.5, "other", 0.5, 2.0, "statistics")
    state = DocumentState(
        labels.snapshot(), "starry-night", 1, photo=photo, look=look, background=PHOTO
    )
    return UnsavedWork(state)


def sentence(path: Path) -> str:
    with pytest.raises(DocumentError) as caught:
        load(path)
    return str(caught.value)


# -- files --------------------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", [True, False])
@pytest.mark.parametrize("deep", [True, False])
def test_a_saved_photo_is_restored_with_all_its_data(
    tmp_path: Path, alpha: bool, deep: bool
) -> None:
    path = tmp_path / "photo.ora"
    save(path, photo_contents(alpha=alpha, deep=deep))
    found = load(path)
    assert isinstance(found, SavedDocument)
    assert same(found, photo_contents(alpha=alpha, deep=deep))
    assert same_photo(found.state.photo, photo_contents(alpha=alpha, deep=deep).state.photo)


def test_a_photo_that_another_program_has_changed_is_that_one(tmp_path: Path) -> None:
    path = tmp_path / "photo.ora"
    save(path, photo_contents(alpha=False, deep=True))
    entries = entries_of(path)
    changed = io.BytesIO()
    Image.new("RGB", (60, 40), (1, 2, 3)).save(changed, "PNG")
    entries["data/photo.png"] = changed.getvalue()
    write_zip(path, entries)
    found = load(path)
    assert isinstance(found, SavedDocument)
    photo = found.state.photo
    assert photo is not None
    assert photo.deep is None
    assert (photo.pixels == (1, 2, 3)).all()


def test_other_programs_see_the_photo_under_the_doodle(tmp_path: Path) -> None:
    path = tmp_path / "photo.ora"
    save(path, photo_contents())
    entries = entries_of(path)
    stack = entries["stack.xml"].decode()
    assert stack.index('"Painting"') < stack.index('"Doodle"') < stack.index('"Photo"')
    doodle = np.asarray(Image.open(io.BytesIO(entries["data/doodle.png"])))
    assert not doodle[12, 50, 3], "the photo shines through"
    assert doodle[25, 5].tolist() == [*materials_by_id()[KEEP].rgb, 255]
    photo = np.asarray(Image.open(io.BytesIO(entries["data/photo.png"])))
    assert np.array_equal(photo[..., 3], photo_of(WIDTH, HEIGHT).alpha)


def test_a_document_without_a_photo_can_be_read_by_older_versions(tmp_path: Path) -> None:
    formats = []
    for made in (contents(), photo_contents()):
        save(tmp_path / "a.ora", made)
        formats.append(json.loads(entries_of(tmp_path / "a.ora")["daub/document.json"])["format"])
    assert formats == [1, 2]


def test_photo_materials_are_invalid_without_a_photo(tmp_path: Path) -> None:
    path = tmp_path / "photo.ora"
    save(path, with_state(photo_contents(), photo=None))
    assert f"has the unknown material {KEEP}" in sentence(path)
    save(path, with_state(contents(), background=PHOTO))
    found = load(path)
    assert isinstance(found, SavedDocument)
    assert found.state.background == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"strength": 1.5}, "damaged (photo.strength)"),
        ({"stroke": 100.0}, "damaged (photo.stroke)"),
        ({"colours": "purple"}, "damaged (photo.colours)"),
    ],
)
def test_invalid_looks(tmp_path: Path, changes: dict[str, object], words: str) -> None:
    path = tmp_path / "photo.ora"
    save(path, photo_contents())
    entries = entries_of(path)
    told = json.loads(entries["daub/document.json"])
    told["photo"].update(changes)
    write_zip(path, {**entries, "daub/document.json": json.dumps(told).encode()})
    assert words in sentence(path)


def test_a_photo_of_another_size_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "photo.ora"
    save(path, with_state(photo_contents(), photo=photo_of(30, 20)))
    assert "data/photo.png is 30 x 20 pixels, but the doodle is 60 x 40" in sentence(path)


# -- the journal --------------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", [True, False])
def test_the_journal_holds_the_photo_once_and_the_look_with_each_step(
    tmp_path: Path, alpha: bool
) -> None:
    work, file = work_with(photo_of(WIDTH, HEIGHT, alpha=alpha)), JournalFile(tmp_path)
    assert work.state.photo is not None
    assert file.pictures.lacks(work.state.photo)
    list(file.picture_steps(work.state.photo))
    file.save(work)
    before = (tmp_path / "journal").stat().st_size
    for strength in (0.1, 0.2, 0.3):
        work = with_state(work, look=PhotoLook(strength))
        assert not file.pictures.lacks(work.state.photo)
        file.save(work)
    file.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["journal", "photo-1"]
    assert (tmp_path / "journal").stat().st_size - before < 3 * 600
    told = read_journal(tmp_path)
    assert told is not None
    assert told.work.state.look == PhotoLook(0.3)
    assert told.work.state.background == PHOTO
    assert same_photo(RecoveredPictures(tmp_path).photo(told.photo), work.state.photo)


def test_only_the_newest_photos_are_kept(tmp_path: Path) -> None:
    file = JournalFile(tmp_path)
    for seed in range(KEPT + 2):
        work = work_with(photo_of(WIDTH, HEIGHT, seed))
        assert work.state.photo is not None
        list(file.picture_steps(work.state.photo))
        file.save(work)
    file.close()
    kept = [f"photo-{number + 3}" for number in range(KEPT)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["journal", *kept]


def test_more_photos_than_are_kept_are_written_once_each(tmp_path: Path) -> None:
    """Their steps waited for the disk together."""
    file = JournalFile(tmp_path)
    works = [work_with(photo_of(WIDTH, HEIGHT, seed)) for seed in range(KEPT + 2)]
    newest, written = works[-1].state.photo, 1
    assert newest is not None
    list(file.picture_steps(newest))
    file.save(*works)
    while (lacking := file.pictures.lacking()) is not None:
        list(file.picture_steps(lacking))
        written += 1
    file.close()
    assert written == KEPT
    assert not file.pictures.lacks(newest)
    assert len(list(tmp_path.glob("photo-*"))) == KEPT


def test_a_journal_with_a_photo_has_the_newer_format() -> None:
    assert b'"format":2' in step_record(None, work_with(photo_of(WIDTH, HEIGHT)), lambda _: "a")
    assert b'"format":1' in step_record(None, work_with(None, 0))


def test_recovered_work_has_its_photo(tmp_path: Path) -> None:
    room = JournalStore(tmp_path)
    work = work_with(photo_of(WIDTH, HEIGHT))
    assert work.state.photo is not None
    name, file = room.begin()
    list(file.picture_steps(work.state.photo))
    file.save(work)
    file.close()
    room.release(name)
    left = room.leftovers()
    grey = np.array(materials_by_id()[PHOTO].rgb)
    assert (left[0].thumbnail != grey).any(-1).mean() > 0.9, "the photo is seen"
    found = room.open(left[0])
    assert found is not None
    assert same_photo(found.state.photo, work.state.photo)
    assert np.array_equal(found.state.labels.array(), work.state.labels.array())
    (tmp_path / name / "photo-1").write_bytes(b"nothing")
    lost = room.open(left[0])
    assert lost is not None
    assert lost.state.photo is None
    assert set(np.unique(lost.state.labels.array())) == {0, 9}, "what was painted is still there"
    assert lost.state.background == 0
    room.release_all()


@given(cut=st.integers(1, 400), seed=st.integers(0, 3), deep=st.booleans())
def test_a_truncated_photo_is_not_read(cut: int, seed: int, deep: bool) -> None:
    photo = photo_of(WIDTH, HEIGHT, seed, bool(seed % 2), deep)
    whole = b"".join(photo_records(photo))
    assert same_photo(read_photo(io.BytesIO(whole)), photo)
    assert read_photo(io.BytesIO(whole[:-cut])) is None
    # What a record of another kind holds is no photo either.
    record = step_record(None, work_with(None, 0))
    assert read_photo(io.BytesIO(record)) is None
    told = replay(io.BytesIO(record))
    assert told is not None
    assert with_photo(told.work, None) is told.work


def test_a_full_disk_leaves_no_partial_photo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, work = JournalFile(tmp_path), work_with(photo_of(WIDTH, HEIGHT))
    assert work.state.photo is not None

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space"):
            list(file.picture_steps(work.state.photo))
    assert not list(tmp_path.iterdir())
    assert file.pictures.lacks(work.state.photo)
    file.close()


# -- changes ------------------------------------------------------------------------------------


def document_with(photo: Photo | None) -> Document:
    document = Document(LabelMap(WIDTH, HEIGHT), "starry-night")
    labels = LabelMap(WIDTH, HEIGHT, PHOTO if photo else 0).snapshot()
    document.replace_canvas(DocumentState(labels, photo=photo))
    return document


def test_importing_a_photo_is_one_undo_step() -> None:
    document, history = document_with(None), History(2**24)
    document.set_background(4)
    photo = photo_of(30, 20)
    labels = LabelMap(30, 20, PHOTO).snapshot()
    state = DocumentState(labels, photo=photo, background=PHOTO)
    command = CanvasCommand(document, state, "Photo")
    history.push(command)
    assert document.photo is photo
    assert (document.width, document.background) == (30, PHOTO)
    assert any(piece is photo.pixels for piece in command.held()), "it counts for the budget"
    history.undo()
    assert document.photo is None
    assert (document.width, document.background) == (WIDTH, 4)
    history.redo()
    assert document.photo is photo
    assert document.background == PHOTO


def test_another_document_has_no_photo_of_the_one_before() -> None:
    document = document_with(photo_of(WIDTH, HEIGHT))
    document.set_look(PhotoLook(0.3))
    document.become(DocumentState(LabelMap(10, 10).snapshot(), "other", 2))
    assert document.photo is None
    assert document.look == PhotoLook()


def test_a_changed_look_notifies_listeners() -> None:
    document, told = document_with(photo_of(WIDTH, HEIGHT)), []
    document.set_modified(False)
    document.subscribe(lambda change: told.append(change.what))
    document.set_look(PhotoLook(0.3))
    assert told == [Changed.LOOK, Changed.MODIFIED]
    assert document.look == PhotoLook(0.3)


WAYS: list[tuple[Transform, Transform]] = [
    (flipped_across, flipped_across),
    (flipped_down, flipped_down),
    (turned_left, turned_right),
    (laid_on(80, 70, 10, 20, 3), cropped_to(Rect(10, 20, 10 + WIDTH, 20 + HEIGHT))),
    (laid_on(80, 70, 10, 20, None), laid_on(WIDTH, HEIGHT, -10, -20, 0)),
]


@pytest.mark.parametrize("deep", [True, False])
@pytest.mark.parametrize("alpha", [True, False])
@pytest.mark.parametrize(("there", "back"), WAYS)
def test_the_photo_is_transformed_with_the_canvas(
    there: Transform, back: Transform, alpha: bool, deep: bool
) -> None:
    photo = photo_of(WIDTH, HEIGHT, alpha=alpha, deep=deep)
    document = document_with(photo)
    moved = there(document.state(preview=True))
    assert moved.photo is not None
    assert (moved.photo.width, moved.photo.height) == (moved.labels.width, moved.labels.height)
    again = back(moved)
    assert same_photo(again.photo, photo)


def test_a_scaled_canvas_scales_its_photo() -> None:
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    pixels[:, WIDTH // 2 :] = 200
    document = document_with(Photo("a", pixels))
    scaled = scaled_to(WIDTH // 2, HEIGHT // 2)(document.state(preview=True))
    assert scaled.photo is not None
    assert np.array_equal(scaled.photo.pixels, pixels[::2, ::2])


def test_a_scaled_photo_of_16_bits_rounds_to_its_8_bits() -> None:
    photo = photo_of(WIDTH, HEIGHT, deep=True).scaled(WIDTH * 2, HEIGHT * 2)
    assert photo.deep is not None
    assert photo.alpha is not None
    assert np.array_equal(eight_bits(photo.deep), np.dstack([photo.pixels, photo.alpha]))


def test_a_canvas_with_another_photo_is_not_the_same() -> None:
    document = document_with(photo_of(WIDTH, HEIGHT))
    state = document.state()
    assert state.same_canvas(replace(state))
    assert not state.same_canvas(replace(state, photo=photo_of(WIDTH, HEIGHT)))


def test_a_piece_of_photo_mask_pastes_only_onto_a_photo() -> None:
    source = document_with(photo_of(WIDTH, HEIGHT))
    source.labels.write(Rect(0, 0, 4, 4), np.full((4, 4), 7, np.uint8))
    source.labels.write(Rect(4, 0, 8, 4), np.full((4, 4), KEEP, np.uint8))
    clip = ClipboardDoodle.unpacked(
        ClipboardDoodle.of(source.labels.snapshot(), source.selection).packed()
    )
    assert clip is not None
    doodle = document_with(None)
    patch = clip.patch_on(doodle)
    assert patch is not None
    doodle.redo_patch(patch)
    assert set(np.unique(doodle.labels.array())) == {0, 7}
    other = document_with(photo_of(WIDTH, HEIGHT, 2))
    patch = clip.patch_on(other)
    assert patch is not None
    other.redo_patch(patch)
    assert np.array_equal(other.labels.array(), source.labels.array())


def test_ids_and_letters_of_photo_materials_are_unique() -> None:
    every = materials_by_id()
    assert set(every) == {*range(len(materials())), PHOTO, KEEP}
    assert len({material.letter for material in every.values()}) == len(every)
    assert [every[PHOTO].key, every[KEEP].key] == ["photo", "keep"]
