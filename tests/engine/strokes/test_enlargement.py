"""Tests of enlarged pictures: the same picture, larger, with the painting's own detail."""

import cv2
import numpy as np
import pytest

from engine.strokes.enlargement import enlarged_alone, enlarged_by, matches_for
from engine.strokes.guides import GuideWeights
from engine.strokes.large import UNIT, Original
from engine.strokes.painter import StrokeMatches, StrokePainter, eight_bits
from engine.strokes.source import SourcePart, prepare_source
from engine.strokes.synthesis import StrokeSettings
from engine.tiles import Window
from tests.engine.strokes.test_matching import finished
from tests.support.stroke_pictures import brushwork, doodle, painted, painting_of, stripes

REGIONS = stripes(96, 120, 3)


@pytest.fixture(scope="module")
def painter() -> StrokePainter:
    """A painter whose original is twice as large as its source."""
    original = painting_of(REGIONS.repeat(2, 0).repeat(2, 1), seed=3)
    small = cv2.resize(original, (120, 96), interpolation=cv2.INTER_AREA)
    part = SourcePart(small, REGIONS, np.zeros(REGIONS.shape, bool))
    source = prepare_source(part, GuideWeights())
    place = Original(lambda: original, Window(0, 0, 120, 96))
    return StrokePainter(source, source.rgb, UNIT, StrokeSettings(), (), [place])


@pytest.fixture(scope="module")
def strokes(painter: StrokePainter) -> StrokeMatches:
    painting = painted(doodle(70, 90, 3, 4), painter.source)
    assert (painter.picture(painting.field, (70, 90)) == painting.picture).all()
    return StrokeMatches(painter, painting.field)


def whole(paint, picture: np.ndarray, scale: int) -> np.ndarray:
    height, width = picture.shape[:2]
    return paint(Window(0, 0, width * scale, height * scale))


def distance(large: np.ndarray, picture: np.ndarray) -> float:
    """Mean difference of a picture from an enlarged one (uint16) made small again."""
    size = picture.shape[1], picture.shape[0]
    small = cv2.resize(large.astype(np.float32) / 257, size, interpolation=cv2.INTER_AREA)
    return float(abs(small - picture).mean())


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_strokes_stay_the_same_picture(strokes: StrokeMatches, scale: int):
    picture = strokes.painter.picture(strokes.field, (70, 90))
    paint = enlarged_by(strokes, strokes.painter.larger(scale), picture, scale)
    large = whole(paint, picture, scale)
    assert large.shape == (70 * scale, 90 * scale, 3)
    assert distance(large, picture) < 6
    other = enlarged_by(strokes, strokes.painter.larger(scale), picture[:, ::-1], scale)
    assert distance(whole(other, picture, scale), picture) > 15, "what is measured says something"
    if scale == 1:
        assert (eight_bits(large) == picture).all()


def test_what_is_copied_has_the_originals_detail(painter: StrokePainter):
    rows, columns = np.arange(10, 60)[:, None], np.arange(20, 100)
    matches = StrokeMatches(painter, ((rows << 16) | columns).astype(np.int32))
    picture = painter.picture(matches.field, (50, 80))
    large = whole(enlarged_by(matches, painter.larger(2), picture, 2), picture, 2)
    assert (eight_bits(large) == painter.originals[0].rgb[20:120, 40:200]).all()


def test_other_pictures_stay_the_same_too(painter: StrokePainter):
    picture = (120 + 40 * np.sin(np.arange(90) / 9)[:, None] + brushwork(70, 90, 8) // 3)[:70]
    picture = picture.clip(0, 255).astype(np.uint8)
    _, field = finished(matches_for(picture, painter))
    paint = enlarged_by(StrokeMatches(painter, field), painter.larger(2), picture, 2)
    assert distance(whole(paint, picture, 2), picture) < 8
    assert distance(whole(enlarged_alone(picture, 2), picture, 2), picture) < 6


def test_known_matches_are_kept_where_they_explain_the_picture(strokes: StrokeMatches):
    painter, field = strokes.painter, strokes.field
    picture = painter.picture(field, (70, 90))
    assert finished(matches_for(picture, painter, field)) == ([], field)
    changed = picture.copy()
    changed[40:60, 50:80] = painter.source.rgb[30:50, 20:50]
    shares, mended = finished(matches_for(changed, painter, field))
    assert shares
    assert (mended[:24] == field[:24]).all()
    rows, columns = np.arange(34, 46)[:, None], np.arange(24, 46)
    assert (mended[44:56, 54:76] == ((rows << 16) | columns)).mean() > 0.8
    assert (field == strokes.field).all(), "the known ones are left as they were"


def test_matches_of_another_size_do_not_count(strokes: StrokeMatches):
    picture = strokes.painter.picture(strokes.field, (70, 90))[:50]
    _, field = finished(matches_for(picture, strokes.painter, strokes.field))
    assert field.shape == (50, 90)


def test_large_strokes_are_matched_at_their_own_size(painter: StrokePainter):
    large = painter.larger(2)
    small = painted(doodle(35, 45, 3, 4), painter.source)
    picture = large.picture(small.field, (70, 90))
    _, field = finished(matches_for(picture, large))
    assert field.shape == (35, 45)
    assert finished(matches_for(picture, large, small.field)) == ([], small.field)
    paint = enlarged_by(StrokeMatches(large, small.field), large.larger(2), picture, 2)
    assert distance(whole(paint, picture, 2), picture) < 6


@pytest.mark.parametrize("how", ["by", "alone"])
def test_windows_are_parts_of_the_whole(strokes: StrokeMatches, how: str):
    picture = strokes.painter.picture(strokes.field, (70, 90))
    picture[30:50, 30:60] = 200 - picture[30:50, 30:60] // 2
    paint = (
        enlarged_by(strokes, strokes.painter.larger(3), picture, 3)
        if how == "by"
        else enlarged_alone(picture, 3)
    )
    large = whole(paint, picture, 3).astype(int)
    for window in (Window(0, 50, 270, 61), Window(100, 100, 160, 190), Window(0, 209, 270, 210)):
        part = paint(window)
        # Directions and sharpening are rounded at the window's edge: at most two of 255 levels.
        difference = part - large[window.top : window.bottom, window.left : window.right]
        assert abs(difference).max() <= 2 * 257
