"""Materials over a photo, painted with strokes: local changes, meanings, exports."""

from pathlib import Path

import numpy as np
import pytest

from engine.photo.composite import OverPhoto, composed
from engine.photo.materials import MaterialStrokes
from engine.picture_files import Photo, read_photo
from engine.requests import PaintedBy, PhotoLook
from engine.studio import PhotoExport, Studio
from engine.tiles import Window
from resources.materials import KEEP, PHOTO, materials

LOOK = PhotoLook("starry-night", by="strokes", stroke=2.0)
NOTHING: dict[int, PaintedBy] = {}
SKY, TREE = (next(m.id for m in materials() if m.key == key) for key in ("sky", "tree"))


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio("cpu", "fp32")


@pytest.fixture
def strokes(studio: Studio) -> MaterialStrokes:
    return MaterialStrokes(studio._strokes_for_materials)


def doodle() -> np.ndarray:
    """Return a photo of 256 x 192 with a sky over its left part, and a kept corner."""
    labels = np.full((192, 256), PHOTO, np.uint8)
    labels[40:150, 30:130] = SKY
    labels[150:, 200:] = KEEP
    return labels


def picture_of(strokes: MaterialStrokes, labels: OverPhoto, look: PhotoLook = LOOK) -> np.ndarray:
    for _ in strokes.steps(labels, look, NOTHING):
        pass
    painted = strokes.painted(labels, look, NOTHING)
    assert painted is not None
    return painted.window(Window(0, 0, labels.shape[1], labels.shape[0]))


def test_a_dab_changes_only_its_surroundings(strokes: MaterialStrokes) -> None:
    labels = doodle()
    before = picture_of(strokes, OverPhoto(labels))
    assert list(strokes.steps(OverPhoto(labels), LOOK, NOTHING)) == []
    after = labels.copy()
    after[100:110, 220:230] = TREE
    windows = [step for step in strokes.steps(OverPhoto(after), LOOK, NOTHING) if step]
    changed = picture_of(strokes, OverPhoto(after))
    told = np.zeros(labels.shape, bool)
    for window in windows:
        told[window.within(Window(0, 0, 256, 192))] = True
    assert windows
    assert not told[:, :100].any()
    assert np.array_equal(changed[~told], before[~told])
    assert not np.array_equal(changed[100:110, 220:230], before[100:110, 220:230])


def test_what_was_stopped_is_made_up_for(strokes: MaterialStrokes) -> None:
    labels = doodle()
    picture_of(strokes, OverPhoto(labels))
    after = labels.copy()
    after[60:90, 60:90] = TREE
    next(strokes.steps(OverPhoto(after), LOOK, NOTHING))  # the generator is closed
    assert strokes.painted(OverPhoto(after), LOOK, NOTHING) is None
    stopped = picture_of(strokes, OverPhoto(after))
    assert np.abs(stopped[60:90, 60:90].astype(int) - _unstopped(strokes, after)).mean() < 25


def _unstopped(strokes: MaterialStrokes, labels: np.ndarray) -> np.ndarray:
    return picture_of(MaterialStrokes(strokes._prepare), OverPhoto(labels))[60:90, 60:90]


def test_another_look_paints_anew(strokes: MaterialStrokes) -> None:
    labels = OverPhoto(doodle())
    first = picture_of(strokes, labels)
    assert strokes.painted(labels, PhotoLook("starry-night", by="strokes"), NOTHING) is None
    other = PhotoLook("starry-night", by="strokes", stroke=2.0, seed=3)
    assert not np.array_equal(picture_of(strokes, labels, other), first)


@pytest.mark.parametrize("scale", [1, 2])
def test_an_export_has_the_strokes_of_the_window(
    studio: Studio, tmp_path: Path, scale: int
) -> None:
    own = np.full((192, 256, 3), 120, np.uint8)
    labels = OverPhoto(doodle())
    for _ in studio.material_steps(labels, LOOK, NOTHING):
        pass
    seen = studio._over_photos(LOOK.style).painted(labels, LOOK, NOTHING)
    assert seen is not None
    photo = own.repeat(scale, 0).repeat(scale, 1)
    request = PhotoExport(
        tmp_path / "a.png", Photo(photo), LOOK, labels=OverPhoto(labels.labels, scale), original=own
    )
    for _ in studio.export_photo(request):
        pass
    exported = read_photo(request.path).pixels
    inside = exported[scale * 60 : scale * 130, scale * 50 : scale * 110].astype(int)
    small = inside.reshape(70, scale, 60, scale, 3).mean((1, 3))
    same = seen.window(Window(50, 60, 110, 130))
    assert np.abs(small - same).mean() <= (0 if scale == 1 else 12)
    assert (exported[scale * 165 :, scale * 215 :] == 120).all(), "what is kept is the photo"


def test_an_export_paints_a_material_as_chosen(studio: Studio, tmp_path: Path) -> None:
    """A sky painted by another painting's strokes in red, by strokes only."""
    own = np.full((192, 256, 3), 120, np.uint8)
    meant = {SKY: PaintedBy("great-wave", "sky", "#d02010")}
    found = []
    for meanings in (NOTHING, meant):
        request = PhotoExport(
            tmp_path / "a.png", Photo(own), LOOK, labels=OverPhoto(doodle()), meanings=meanings
        )
        for _ in studio.export_photo(request):
            pass
        found.append(read_photo(request.path).pixels[60:130, 50:110].mean((0, 1)))
    usual, red = found
    assert usual[2] > usual[0]
    assert red[0] > red[2] + 60


def test_the_composite_hides_where_a_material_ends(strokes: MaterialStrokes) -> None:
    """What is painted around a material is its own, so its edge has no border's strokes."""
    labels = OverPhoto(doodle())
    picture_of(strokes, labels)
    painted = strokes.painted(labels, LOOK, NOTHING)
    assert painted is not None
    own = np.full((192, 256, 3), 255, np.uint8)
    shown = composed(labels, own, own, labels.bounds, lambda _, tile: painted.window(tile))
    assert (shown[10, 10] == 255).all()
    assert shown[60:130, 50:110].mean() < 200
