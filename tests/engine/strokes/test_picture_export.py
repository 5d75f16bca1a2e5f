"""Tests of files with enlarged pictures."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.errors import EngineError
from engine.strokes import picture_export
from engine.strokes.large import UNIT
from engine.strokes.painter import StrokeMatches, StrokePainter
from engine.strokes.picture_export import PictureExport, picture_export_steps
from engine.strokes.synthesis import StrokeSettings
from tests.support.stroke_pictures import doodle, painted, source

SHAPE = 70, 90


@pytest.fixture(scope="module")
def painter() -> StrokePainter:
    return StrokePainter(source(), source().rgb, UNIT, StrokeSettings())


@pytest.fixture(scope="module")
def field() -> np.ndarray:
    return painted(doodle(*SHAPE, 3, 4)).field


def read(path: Path) -> np.ndarray:
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED)[..., ::-1]


def test_at_scale_1_the_file_is_the_picture(tmp_path, painter, field):
    picture = painter.picture(field, SHAPE)
    request = PictureExport(tmp_path / "a.png", picture)
    assert list(picture_export_steps(request, None))[-1] == 1
    assert (read(request.path) == picture).all()


def test_sixteen_bits_round_to_the_picture_and_have_more(tmp_path, painter, field):
    picture = painter.picture(field, SHAPE)
    request = PictureExport(
        tmp_path / "a.tif", picture, bits=16, matches=StrokeMatches(painter, field)
    )
    list(picture_export_steps(request, painter))
    found = read(request.path)
    assert found.dtype == np.uint16
    assert (np.rint(found / 257) == picture).all()
    assert (found % 257 != 0).mean() > 0.05, "means of several places are between two values"


@pytest.mark.parametrize("matched", [True, False])
@pytest.mark.parametrize("bits", [8, 16])
def test_larger(tmp_path, painter, field, matched, bits, monkeypatch):
    monkeypatch.setattr(picture_export, "BAND", 3000)
    picture = painter.picture(field, SHAPE)
    request = PictureExport(tmp_path / "a.png", picture, 3, bits=bits)
    shares = list(picture_export_steps(request, painter if matched else None))
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    large = read(request.path).astype(np.float32) / (257 if bits == 16 else 1)
    small = cv2.resize(large, SHAPE[::-1], interpolation=cv2.INTER_AREA)
    assert large.shape == (210, 270, 3)
    assert abs(small - picture).mean() < 7


@pytest.mark.parametrize("by", ["LARGEST", "MOST_BYTES"])
def test_beyond_the_largest_painting_it_is_interpolated(tmp_path, painter, field, monkeypatch, by):
    monkeypatch.setattr(picture_export, "BAND", 3000)
    most = 3 * UNIT if by == "LARGEST" else 10 * painter.source.rgb.size
    monkeypatch.setattr(picture_export, by, most)
    sizes = []
    larger = StrokePainter.larger
    monkeypatch.setattr(
        StrokePainter, "larger", lambda self, scale: sizes.append(scale) or larger(self, scale)
    )
    picture = painter.picture(field, SHAPE)
    request = PictureExport(tmp_path / "a.png", picture, 4)
    list(picture_export_steps(request, painter))
    small = cv2.resize(
        read(request.path).astype(np.float32), SHAPE[::-1], interpolation=cv2.INTER_AREA
    )
    assert sizes == [2]
    assert abs(small - picture).mean() < 7


@pytest.mark.parametrize("after", [1, 30])
def test_stopping_leaves_no_file(tmp_path, painter, field, after, monkeypatch):
    monkeypatch.setattr(picture_export, "BAND", 3000)
    request = PictureExport(tmp_path / "a.png", painter.picture(field, SHAPE), 4)
    steps = picture_export_steps(request, painter)
    for _ in range(after):
        next(steps)
    steps.close()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"path": "a.jpg", "bits": 16}, "JPEG has 8 bits"),
        ({"path": "a.txt"}, "supported file extensions"),
        ({"scale": 400}, "cannot be painted"),
    ],
)
def test_bad_requests_are_refused_in_a_sentence(tmp_path, painter, field, change, words):
    change = {"path": "a.png", **change}
    change["path"] = tmp_path / change["path"]
    request = PictureExport(picture=painter.picture(field, SHAPE), **change)
    with pytest.raises(EngineError, match=words):
        list(picture_export_steps(request, painter))
    assert not list(tmp_path.iterdir())
