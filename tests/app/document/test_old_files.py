"""Files of all earlier formats open unchanged; each was written by the commit it names."""

from pathlib import Path

import numpy as np
import pytest

from app.document import openraster
from app.document.document_state import DocumentState, SavedDocument, UnsavedWork
from app.document.photo import FIRST_LOOK, PhotoLook
from app.services.journal_store import JournalStore
from app.services.recoverable_work import RecoverableWork
from resources.materials import KEEP, PHOTO

FOLDER = Path(__file__).parent / "old_files"

# Which edition holds what: 4920251 (journal cd7548e) first, 8ae0303 (6d77e36) background, 00a0f04
# photo, f557ff4 underlay, 276fb91 how the photo under a refined picture was painted.
EDITIONS = ("first", "background", "photo", "underlay", "refined-photo")

ROWS, COLUMNS = np.mgrid[:40, :60]
PAINTING = np.dstack([COLUMNS * 4, ROWS * 6, (ROWS + COLUMNS) * 2]).astype(np.uint8)
LOOK = PhotoLook(0.7, "other", 0.25, 1.0, "luminance", by="network")  # there was no other


def doodle(over_photo: bool) -> np.ndarray:
    labels = ((COLUMNS // 10 + ROWS // 8) % 12).astype(np.uint8)
    if over_photo:
        labels[20:, 30:], labels[30:, :10] = PHOTO, KEEP
    return labels


def check(state: DocumentState, edition: str, labels: np.ndarray) -> None:
    """All of a state but its preview and seed, as the script that wrote the files made it."""
    place = EDITIONS.index(edition)
    over_photo = place >= 2
    assert np.array_equal(state.labels.array(), labels)
    assert state.style_id == "starry-night"
    assert state.background == (0, 3, PHOTO, PHOTO, PHOTO)[place]
    assert state.refined is not None
    assert np.array_equal(state.refined.pixels, PAINTING[::-1])
    assert np.array_equal(state.refined.labels.array(), doodle(over_photo))
    assert (state.refined.style_id, state.refined.seed) == ("starry-night", 7)
    assert state.refined.look == (LOOK if edition == "refined-photo" else None)
    assert state.look == (LOOK if over_photo else FIRST_LOOK)
    assert (state.photo is not None) == over_photo
    if state.photo is not None:
        assert state.photo.name == "IMG_1.jpg"
        assert np.array_equal(state.photo.pixels, PAINTING[:, ::-1])
        assert state.photo.alpha is not None
        assert (state.photo.alpha[:4] == 128).all()
        assert (state.photo.alpha[4:] == 255).all()
    assert (state.underlay is not None) == (place >= 3)
    if state.underlay is not None:
        under = state.underlay
        assert np.array_equal(under.pixels, PAINTING[:20, :30])
        assert (under.left, under.top, under.width, under.height) == (-5.5, 3.25, 75.0, 45.0)


@pytest.mark.parametrize("edition", EDITIONS)
def test_documents_of_every_format(edition: str) -> None:
    found = openraster.load(FOLDER / f"{edition}.ora")
    assert isinstance(found, SavedDocument)
    state = found.state
    check(state, edition, doodle(over_photo=EDITIONS.index(edition) >= 2))
    assert state.seed == 7
    assert state.preview is not None
    assert np.array_equal(state.preview.array(), PAINTING)
    assert found.style_hash == "ab" * 32
    assert found.opacity == (0.25 if state.underlay is not None else 0.5)


@pytest.mark.parametrize("edition", EDITIONS)
def test_journals_of_every_format(edition: str) -> None:
    """Two steps lie in each: a stroke of the second is in the doodle, but not under Refine's."""
    over_photo = EDITIONS.index(edition) >= 2
    labels = doodle(over_photo)
    labels[5:9, 5:9] = 2
    work = opened(edition)
    check(work.state, edition, labels)
    assert work.state.seed == 8
    assert (work.path, work.unsaved) == (Path("/home/me/night.ora"), True)
    assert (work.steps, work.time, work.stamp) == (2, 2.5, None)


def opened(edition: str) -> UnsavedWork:
    nothing = np.zeros((1, 1, 3), np.uint8)
    leftover = RecoverableWork(
        name=edition, thumbnail=nothing, width=1, height=1, style_id="", path=None, steps=0,
        time=0.0, refined=False, damaged=False,
    )  # fmt: skip
    work = JournalStore(FOLDER).open(leftover)
    assert work is not None
    return work
