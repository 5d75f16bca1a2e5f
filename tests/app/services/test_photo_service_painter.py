"""Materials over a photo by strokes: whenever a job is stopped, what is left is made up for."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from app.document.document_state import DocumentState
from app.document.label_map import LabelMap
from app.document.photo import Photo
from app.document.rect import Rect
from app.services.mailbox import PreviewJob
from app.services.photo_painter import PhotoPainter, engine_look
from engine.requests import PhotoLook, StrokeStep
from engine.studio import OverPhoto, mixed
from engine.tiles import Window
from resources.materials import PHOTO
from tests.support.fakes import fake_materials, fake_paint, fake_stylize

WATER, TREE = 9, 4
SIDE = 96


class PlainStudio:
    """Paints with the fakes, on any thread; strokes are painted when the labels have changed."""

    def __init__(self) -> None:
        self.picture = np.zeros((0, 0, 3), np.uint8)
        self.source = 0
        self.begun = 0

    def photo_source(self, look: PhotoLook) -> object:
        return self.source

    def photo_small(self, photo: np.ndarray, look: PhotoLook) -> np.ndarray:
        self.begun += 1
        return fake_stylize(photo[::2, ::2], look)

    def photo_steps(self, photo: np.ndarray, look: PhotoLook) -> Iterator[StrokeStep]:
        yield from ()

    def photo_windows(
        self, photo: np.ndarray, look: PhotoLook, rects: Sequence[tuple[int, int, int, int]]
    ) -> Iterator[tuple[tuple[int, int, int, int], np.ndarray]]:
        for left, top, right, bottom in rects:
            yield (
                (left, top, right, bottom),
                fake_stylize(photo[top:bottom, left:right], look),
            )

    def over_photo(
        self,
        labels: OverPhoto,
        style: str,
        seed: int,
        rect: tuple[int, int, int, int],
        meanings: object,
    ) -> np.ndarray:
        return fake_paint(labels.window(Window(*rect)), style, seed)

    def material_steps(
        self,
        labels: OverPhoto,
        look: PhotoLook,
        meanings: object,
    ) -> Iterator[Window | None]:
        yield None
        painted = fake_materials(labels, labels.bounds, look)
        if not np.array_equal(painted, self.picture):
            self.picture = painted
            yield labels.bounds

    def materials_shown(self, rect: tuple[int, int, int, int]) -> np.ndarray:
        left, top, right, bottom = rect
        return self.picture[top:bottom, left:right]


def state_of(labels: np.ndarray, photo: Photo) -> DocumentState:
    snapshot = LabelMap.from_array(labels).snapshot()
    return DocumentState(snapshot, "starry-night", background=PHOTO, photo=photo)


def photo_of() -> Photo:
    rows, columns = np.mgrid[:SIDE, :SIDE]
    return Photo("a.png", np.stack([columns, rows, rows ^ columns], -1).astype(np.uint8))


def expected(state: DocumentState) -> np.ndarray:
    assert state.photo is not None
    look = engine_look(state.look, state.style_id, state.seed)
    labels = OverPhoto(state.labels.array())
    painted = fake_materials(labels, labels.bounds, look)
    styled = fake_stylize(state.photo.pixels, look)
    return mixed(styled, painted, labels.covered(labels.bounds))


def shown(
    painter: PhotoPainter, studio: PlainStudio, job: PreviewJob, picture: np.ndarray, most: int
) -> int:
    """Write at most so many steps of a job into a picture; return how many there were."""
    steps = 0
    for patch, _ in painter.steps(studio, job):  # type: ignore[arg-type]
        if patch is not None:
            picture[Rect(*patch.rect).slices] = patch.pixels
        steps += 1
        if steps == most:
            break
    return steps


@pytest.mark.parametrize("stopped_after", range(1, 12))
def test_a_stopped_job_is_made_up_for(stopped_after: int) -> None:
    studio, painter = PlainStudio(), PhotoPainter()
    photo, labels = photo_of(), np.full((SIDE, SIDE), PHOTO, np.uint8)
    picture = np.zeros((SIDE, SIDE, 3), np.uint8)
    labels[10:40, 10:50] = WATER
    state = state_of(labels, photo)
    shown(painter, studio, PreviewJob(1, state, None), picture, 1000)
    assert np.array_equal(picture, expected(state))
    labels[50:70, 60:80] = TREE
    state = state_of(labels, photo)
    job = PreviewJob(2, state, Rect(60, 50, 80, 70))
    shown(painter, studio, job, picture, stopped_after)
    shown(painter, studio, job, picture, 1000)  # the mailbox hands it out again
    assert np.array_equal(picture, expected(state))


def test_strokes_come_back_after_the_cache_was_cleared() -> None:
    """As when another device is chosen: the studio has all its strokes already."""
    studio, painter = PlainStudio(), PhotoPainter()
    labels = np.full((SIDE, SIDE), PHOTO, np.uint8)
    labels[10:40, 10:50] = WATER
    state = state_of(labels, photo_of())
    for _ in range(2):
        picture = np.zeros((SIDE, SIDE, 3), np.uint8)
        shown(painter, studio, PreviewJob(1, state, None), picture, 1000)
        assert np.array_equal(picture, expected(state))
        painter.forget()


def test_everything_is_painted_again_when_a_pack_was_replaced() -> None:
    studio, painter = PlainStudio(), PhotoPainter()
    state = state_of(np.full((SIDE, SIDE), PHOTO, np.uint8), photo_of())
    for source, begun in ((0, 1), (0, 1), (1, 2), (1, 2)):
        studio.source = source
        shown(
            painter, studio, PreviewJob(1, state, None), np.zeros((SIDE, SIDE, 3), np.uint8), 1000
        )
        assert studio.begun == begun
