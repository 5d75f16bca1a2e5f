"""Doodles are painted with a picture while it is being marked."""

from pathlib import Path

import numpy as np

from engine.packs import stroke_source
from engine.packs.marked_strokes import MarkedStrokes
from engine.packs.marked_style import write_style
from engine.packs.marking import AVOID
from engine.packs.stroke_source import stroke_style
from engine.packs.style_pack import BUILT_IN
from engine.strokes.painter import StrokeStyle
from engine.studio import Studio
from resources.style_details import StyleDetails

SKY, GROUND = 0, 11
BLUE, BROWN, RED = (60, 110, 200), (120, 80, 40), (250, 10, 10)


def halves() -> tuple[np.ndarray, np.ndarray]:
    """Return a picture of noisy blue over noisy brown with a red signature, and its map."""
    labels = np.full((120, 160), SKY, np.uint8)
    labels[60:] = GROUND
    labels[100:110, 120:150] = AVOID
    picture = np.random.default_rng(0).normal(0, 12, (120, 160, 3))
    for number, colour in ((SKY, BLUE), (GROUND, BROWN), (AVOID, RED)):
        picture[labels == number] += colour
    return picture.clip(0, 255).astype(np.uint8), labels


def painted(style: StrokeStyle, doodle: np.ndarray) -> np.ndarray:
    *_, last = style.painter.paint(style.begin(doodle), doodle.shape)
    return last.picture


def upside_down() -> np.ndarray:
    doodle = np.full((96, 96), GROUND, np.uint8)
    doodle[48:] = SKY
    return doodle


def test_a_doodle_has_the_strokes_of_what_is_marked() -> None:
    picture, labels = halves()
    strokes = Studio("cpu").marked_strokes(picture)
    used = (SKY, GROUND)
    found = painted(strokes.style(labels, StyleDetails(), used=used), upside_down())
    assert np.abs(found[8:40].mean((0, 1)) - BROWN).max() < 12
    assert np.abs(found[56:88].mean((0, 1)) - BLUE).max() < 12
    assert found[..., 0].max() < 200  # never the signature
    # The next map counts at once: what was sky is ground.
    swapped = np.where(labels == SKY, GROUND, np.where(labels == GROUND, SKY, labels))
    found = painted(
        strokes.style(swapped.astype(np.uint8), StyleDetails(), used=used), upside_down()
    )
    assert np.abs(found[8:40].mean((0, 1)) - BLUE).max() < 12


def test_a_landscape_whose_turned_copies_would_have_more_levels() -> None:
    """480 x 320 pixels have four levels; three of them above each other would have five."""
    labels = np.full((320, 480), SKY, np.uint8)
    labels[160:] = GROUND
    rows, columns = np.indices((320, 480))
    waves = 60 * np.sin((rows + columns / 3) / 2)  # strokes with a direction are turned
    picture = np.where(labels[..., None] == SKY, BLUE, BROWN) + waves[..., None]
    strokes = Studio("cpu").marked_strokes(picture.clip(0, 255).astype(np.uint8))
    for used in ((SKY, GROUND), (SKY, GROUND, 4)):  # without and with a loan
        style = strokes.style(labels, StyleDetails(), used=used)
        assert style.painter.source.rgb.shape[0] >= 3 * 320
        assert len(style.painter.source.levels) == 4
        found = painted(style, upside_down())
        assert np.abs(found[8:40].mean((0, 1)) - BROWN).max() < 40


def test_what_is_cut_while_marking_is_not_kept(monkeypatch) -> None:
    """Every scribble would leave a file in the cache."""
    picture, labels = halves()
    strokes = Studio("cpu").marked_strokes(picture)
    monkeypatch.setattr(stroke_source, "keep", None)
    strokes.style(labels, StyleDetails(), used=(SKY, GROUND, 4))


def test_the_unfinished_style_paints_as_the_written_one(tmp_path: Path) -> None:
    picture, labels = halves()
    pack = write_style(tmp_path / "mine", picture, labels, StyleDetails())
    written = stroke_style(tmp_path / "mine", 1.0, BUILT_IN.joinpath, used=(SKY, GROUND))
    live = MarkedStrokes(picture, BUILT_IN.joinpath).style(
        labels, StyleDetails(), used=(SKY, GROUND)
    )
    assert (live.table == written.table).all()
    assert live.painter.flows == written.painter.flows
    assert live.painter.source.weights == written.painter.source.weights
    assert pack.strokes.width == 160
    first, second = (
        live.painter.source.levels[0].places,
        written.painter.source.levels[0].places,
    )
    assert (first == second).all()


def test_the_starter_is_composed_as_the_picture() -> None:
    picture, labels = halves()
    doodle, thumbnail = MarkedStrokes(picture, BUILT_IN.joinpath).starter(labels, StyleDetails())
    assert set(np.unique(doodle)) == {SKY, GROUND}
    assert thumbnail.shape == (288, 384, 3)
    assert np.abs(thumbnail[20:120].mean((0, 1)) - BLUE).max() < 12
    assert np.abs(thumbnail[170:280].mean((0, 1)) - BROWN).max() < 12


def test_a_material_that_is_not_marked_is_borrowed() -> None:
    picture, labels = halves()
    strokes = Studio("cpu").marked_strokes(picture)
    style = strokes.style(labels, StyleDetails(), used=(SKY, 8))
    assert style.table[8] > 1  # flowers: a piece behind the two regions
    again = strokes.style(labels, StyleDetails(), used=(SKY, 8))
    assert (again.painter.source.rgb == style.painter.source.rgb).all()
