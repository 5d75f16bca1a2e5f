"""What each state of a film shows: strokes where the doodle changed, refined pictures, photos."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.document.directions import DirectionMap
from app.document.document import Document
from app.document.document_state import DocumentState
from app.document.film import FilmOptions
from app.document.label_map import LabelMap
from app.document.photo import Photo
from app.document.rect import Rect
from app.document.refined import Refined
from app.services import film_worker
from app.services.engine_worker import EngineSettings
from app.services.film_worker import GROUND, FilmJob, FrameLayout, StatePainter
from engine.flow import NEUTRAL
from engine.strokes import live
from engine.strokes.large import UNIT
from engine.strokes.painter import StrokeStyle
from tests.support.fakes import FakeStudio, fake_paint
from tests.support.stroke_pictures import painter

SIZE = (160, 240)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """The materials that strokes were prepared for, once per preparation."""
    asked: list[tuple[int, ...]] = []

    def stroke_style(*_: object, used: tuple[int, ...], **__: object) -> StrokeStyle:
        asked.append(used)
        table = (np.arange(256) % 2).astype(np.uint8)
        return StrokeStyle(painter(UNIT, 2, [NEUTRAL, NEUTRAL]), table, materials=used)

    monkeypatch.setattr("engine.packs.stroke_source.stroke_style", stroke_style)
    monkeypatch.setattr(live, "ensure_compiled", lambda *_: True)
    return asked


def state_of(labels: np.ndarray, seed: int = 1) -> DocumentState:
    return DocumentState(LabelMap.from_array(labels).snapshot(), "starry-night", seed)


def painter_of(*states: DocumentState) -> StatePainter:
    seen = Document(LabelMap(SIZE[1], SIZE[0])).painting_snapshot()
    job = FilmJob(
        states, seen, FilmOptions(Path("film.mp4")), {"starry-night": Path()},
        frozenset({"starry-night"}), EngineSettings(),
    )  # fmt: skip
    return StatePainter(FakeStudio(), job, lambda: False)


def test_strokes_are_repainted_where_the_doodle_changed(asked: list[tuple[int, ...]]) -> None:
    first = np.full(SIZE, 2, np.uint8)
    second = first.copy()
    second[:30, :30] = 3
    states = state_of(first), state_of(second), state_of(second, seed=2)
    paints = painter_of(*states)
    before, after, other = (paints.paint(state).copy() for state in states)
    assert asked == [(2, 3), (2, 3)]  # both materials from the first state on; again for the seed
    assert (before[:30, :30] != after[:30, :30]).mean() > 0.5
    assert (before[:, 200:] == after[:, 200:]).all()
    assert (after[:, 200:] != other[:, 200:]).mean() > 0.5


def test_a_refined_picture_is_shown_while_it_fits_the_doodle(
    asked: list[tuple[int, ...]],
) -> None:
    plain = state_of(np.full(SIZE, 2, np.uint8))
    pixels = np.full((*SIZE, 3), 77, np.uint8)
    refined = replace(plain, refined=Refined(pixels, plain.labels, "starry-night", 1))
    changed = replace(refined, labels=LabelMap(SIZE[1], SIZE[0], material=3).snapshot())
    paints = painter_of(refined, changed)
    assert (paints.paint(refined) == 77).all()
    assert (paints.paint(changed) != 77).any()


def test_a_photo_is_shown_as_it_is(asked: list[tuple[int, ...]]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (*SIZE, 3)).astype(np.uint8)
    state = replace(state_of(np.full(SIZE, 2, np.uint8)), photo=Photo("photo", pixels))
    assert (painter_of(state).paint(state) == pixels).all()
    assert not asked


def test_a_canvas_of_other_proportions_has_borders() -> None:
    last = state_of(np.zeros((100, 200), np.uint8))
    layout = FrameLayout(last, FilmOptions(Path("film.mp4"), 400, 5, "painting"))
    assert layout.size == (400, 200)
    frame = layout.frame(np.full((100, 100, 3), 255, np.uint8), np.zeros((100, 100), np.uint8))
    assert (frame[:, :99] == GROUND).all()
    assert (frame[:, 101:299] == 255).all()
    assert (frame[:, 301:] == GROUND).all()


def test_a_large_canvas_is_painted_smaller(
    asked: list[tuple[int, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(film_worker, "LARGEST", 120)
    first = np.full((480, 360), 2, np.uint8)
    first[:, 180:] = 3
    second = first.copy()
    second[:200, :180] = 3
    states = state_of(first), state_of(second)
    paints = painter_of(*states)
    before, after = (paints.paint(state).copy() for state in states)
    assert before.shape == (120, 90, 3)
    assert asked == [(2, 3)]
    assert (before[:40, :40] != after[:40, :40]).mean() > 0.5
    assert (before[-20:] == after[-20:]).all()


def test_the_network_repaints_only_what_changed() -> None:
    first = np.full((300, 400), 2, np.uint8)
    second = first.copy()
    second[40:60, 70:90] = 3
    turned = DirectionMap(400, 300)
    turned.write(Rect(0, 0, 5, 5), np.full((5, 5, 2), 200, np.uint8))
    states = [
        state_of(first), state_of(second), replace(state_of(second), background=1),
        replace(state_of(second), directions=turned.snapshot()), state_of(second, seed=2),
    ]  # fmt: skip
    paints = painter_of(*states)
    job, studio = replace(paints._job, strokes=frozenset()), FakeStudio()
    paints = StatePainter(studio, job, lambda: False)
    with ThreadPoolExecutor(1) as pool:
        pictures = [pool.submit(paints.paint, state).result().copy() for state in states]
    assert [request.dirty for request in studio.requests] == [None, (70, 40, 90, 60), None, None]
    for state, picture in zip(states, pictures, strict=True):
        assert (picture == fake_paint(state.labels.array(), "starry-night", state.seed)).all()


def test_a_large_canvas_is_painted_smaller_by_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(film_worker, "LARGEST", 120)
    state = state_of(np.full((480, 360), 2, np.uint8))
    job = replace(painter_of(state)._job, strokes=frozenset())
    paints = StatePainter(FakeStudio(), job, lambda: False)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(paints.paint, state).result().shape == (120, 90, 3)
