"""Photos in a painting's own brush strokes, and their colours."""

import itertools
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from PIL import Image

from engine.errors import EngineError
from engine.flow.field import LARGEST as LARGEST_FIELD
from engine.packs.painting import read_painting
from engine.packs.style_pack import BUILT_IN, read_pack
from engine.photo import pixels, strokes
from engine.photo.strokes import LEAST, LONGEST_SIDE, MOST, SMALL, WORKING, StrokePhotos
from engine.photo.transport import FAR, lab, transported
from engine.requests import PhotoLook
from engine.strokes.large import enlarged_source
from engine.strokes.painter import StrokePainter
from resources.colour_depth import eight_bits, sixteen_bits

STYLE = "starry-night"


def photo_of(width: int = 96, height: int = 64) -> np.ndarray:
    """Return a bright disc on a dark slope, with a little grain."""
    y, x = np.mgrid[:height, :width]
    slope = 40 + 60 * x / width
    disc = (x - width / 2) ** 2 + (y - height / 2) ** 2 < (height / 3) ** 2
    grey = np.where(disc, 220, slope)[..., None] + np.array([0, 10, 30])
    grain = np.random.default_rng(1).integers(-4, 5, (height, width, 3))
    return (grey + grain).clip(0, 255).astype(np.uint8)


@pytest.fixture
def painter() -> StrokePhotos:
    return StrokePhotos(lambda style: BUILT_IN / style)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A small picture to copy strokes from: two colours, plain and in stripes."""
    y, x = np.mgrid[:80, :100]
    bright = np.where(y < 40, (x + y) // 6 % 2 == 0, x < 50)
    stripes = np.where(bright[..., None], [200, 150, 40], [30, 60, 140])
    path = tmp_path / "stripes.png"
    Image.fromarray(stripes.astype(np.uint8)).save(path)
    return path


def painted(
    painter: StrokePhotos, photo: np.ndarray, look: PhotoLook, threads: int = 1
) -> np.ndarray:
    begun = painter.begin(photo, look, threads)
    return begun.window(begun.bounds)


def look_of(**changes: object) -> PhotoLook:
    return PhotoLook(**{"style": STYLE, "by": "strokes", **changes})  # type: ignore[arg-type]


def test_only_colours_of_the_picture_are_painted(painter: StrokePhotos, picture: Path) -> None:
    """Nothing but the picture is copied: every pixel lies between its two colours."""
    result = painted(painter, photo_of(), look_of(like=str(picture))).astype(int)
    assert (result[..., 0] >= 29).all()
    assert (result[..., 0] <= 201).all()
    assert (result[..., 2] >= 39).all()
    assert (result[..., 2] <= 141).all()
    # The bright disc gets the bright colour and the dark ground the dark one.
    assert result[24:40, 40:56, 0].mean() > result[:8, :8, 0].mean() + 40


def test_threads_and_windows_change_nothing(painter: StrokePhotos) -> None:
    photo = photo_of()
    first = painted(painter, photo, look_of())
    assert np.array_equal(first, painted(painter, photo, look_of(), threads=3))
    begun = painter.begin(photo, look_of())
    part = begun.window(begun.bounds.clipped(begun.bounds.grown(-9)))
    assert np.array_equal(part, first[9:-9, 9:-9])
    assert not part.flags.writeable


def test_a_seed_gives_another_painting(painter: StrokePhotos) -> None:
    photo = photo_of()
    assert not np.array_equal(
        painted(painter, photo, look_of()), painted(painter, photo, look_of(seed=2))
    )


def test_a_stopped_painting_goes_on(painter: StrokePhotos) -> None:
    photo = photo_of()
    begun = painter.begin(photo, look_of())
    few = list(itertools.islice(begun.prepare(), 3))
    rest = list(begun.prepare())
    shares = [step.share for step in [*few, *rest]]
    assert len(few) == 3
    assert rest
    assert shares == sorted(shares)
    assert np.array_equal(begun.window(begun.bounds), painted(painter, photo, look_of()))


def test_a_painting_that_failed_is_not_taken_for_a_finished_one(
    painter: StrokePhotos, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = painter.begin(photo_of(), look_of(stroke=4.0))
    with monkeypatch.context() as patch:
        patch.setattr(StrokePainter, "picture", Mock(side_effect=MemoryError))
        with pytest.raises(MemoryError):
            begun.window(begun.bounds)
    with pytest.raises(AssertionError, match="has failed"):
        begun.window(begun.bounds)


def test_strength_zero_is_the_photo(painter: StrokePhotos) -> None:
    photo = photo_of()
    assert np.array_equal(painted(painter, photo, look_of(strength=0.0)), photo)


def test_strength_moves_the_colours_from_the_photo_to_the_painting(painter: StrokePhotos) -> None:
    photo = photo_of()
    far = [
        np.abs(
            painted(painter, photo, look_of(strength=strength)).mean((0, 1)) - photo.mean((0, 1))
        )
        for strength in (0.25, 0.5, 1.0)
    ]
    assert far[0].sum() < far[1].sum() < far[2].sum()


@pytest.mark.parametrize(
    "changes", [{"strength": 0.4}, {"colours": "luminance"}, {"colours": "statistics"}]
)
def test_where_a_deep_photo_shows_the_painting_is_deep(
    painter: StrokePhotos, changes: dict[str, object]
) -> None:
    photo, look = photo_of(), look_of(**changes)
    deep = sixteen_bits(photo) // 256 * 256 + 77
    fine = painter.begin(eight_bits(deep), look, shown=deep)
    seen = fine.window(fine.bounds)
    assert seen.dtype == np.uint16
    assert (seen % 257 > 0).mean() > 0.9, "finer than 8 bits"
    plain = painted(painter, eight_bits(deep), look)
    assert np.abs(seen / 257 - plain).max() < 2


def test_a_deep_photo_of_strength_zero_is_itself(painter: StrokePhotos) -> None:
    deep = np.random.default_rng(0).integers(0, 65536, (64, 96, 3)).astype(np.uint16)
    begun = painter.begin(eight_bits(deep), look_of(strength=0.0), shown=deep)
    assert np.array_equal(begun.window(begun.bounds), deep)


def test_detail_keeps_edges(painter: StrokePhotos) -> None:
    """The disc's border is nearer to the photo's with more detail and less freedom."""
    photo = photo_of()

    def likeness(**changes: float) -> float:
        result = painted(painter, photo, look_of(colours="statistics", **changes))
        return float(np.corrcoef(lab(result)[..., 0].ravel(), lab(photo)[..., 0].ravel())[0, 1])

    assert likeness(detail=1.0, freedom=0.0) > likeness(detail=0.0, freedom=1.0)


def test_unrest_is_seen_around_objects_and_not_in_strokes() -> None:
    """A moon on a ground of fine strokes, whose contrast is as strong."""
    y, x = np.mgrid[:160, :240]
    ground = np.where((x + y) // 2 % 2 == 0, 30, 60)
    moon = (x - 180) ** 2 + (y - 80) ** 2 < 14**2
    colours = np.stack([np.where(moon, 75, ground), moon * 20, moon * 50], -1)
    unrest = strokes._unrest(colours.astype(np.float32))
    assert unrest[74:86, 174:186].min() > 3 * unrest[:, :120].max()


def test_with_all_freedom_objects_may_be_copied_anywhere() -> None:
    weights = [strokes._weights(look_of(freedom=freedom)).distance for freedom in (0, 0.5, 1)]
    assert weights == [strokes.UNREST, strokes.UNREST // 2, 0]


def test_a_larger_export_is_the_same_picture(painter: StrokePhotos) -> None:
    photo = photo_of()
    once = painted(painter, photo, look_of()).astype(int)
    large = np.repeat(np.repeat(photo, 2, 0), 2, 1)
    begun = painter.begin(photo, look_of(), shown=large)
    twice = begun.window(begun.bounds)
    assert twice.shape == (128, 192, 3)
    shrunk = twice.reshape(64, 2, 96, 2, 3).mean((1, 3))
    other = painted(painter, large, look_of()).reshape(64, 2, 96, 2, 3).mean((1, 3))
    assert np.abs(shrunk - once).mean() < 0.5 * np.abs(other - once).mean()


@pytest.mark.parametrize("size", [(1, 1), (16, 200), (97, 33)])
def test_any_size(painter: StrokePhotos, size: tuple[int, int]) -> None:
    photo = photo_of(*size)
    assert painted(painter, photo, look_of()).shape == photo.shape


def test_a_very_long_photo_is_painted(painter: StrokePhotos) -> None:
    photo = np.tile(photo_of(100, 4), (1, 310, 1))
    assert photo.shape[1] > LARGEST_FIELD
    begun = painter.begin(photo, look_of())
    assert begun.matched.width <= LONGEST_SIDE
    assert begun.window(begun.bounds).shape == photo.shape


def test_large_strokes_are_matched_small(painter: StrokePhotos) -> None:
    """A photo above MOST pixels, and strokes larger than the painting's."""
    photo = np.tile(photo_of(), (3, 3, 1))
    result = painted(painter, photo, look_of(stroke=4.0))
    assert result.shape == photo.shape
    large = np.zeros((MOST // 1000 + 100, 1000, 3), np.uint8)
    begun = painter.begin(large, look_of())
    assert 0 < begun.matched.width * begun.matched.height <= MOST


def test_the_painting_that_is_copied_from_has_a_largest_size(
    painter: StrokePhotos, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []

    def recorded(source: np.ndarray, originals: object, size: int) -> np.ndarray:
        sizes.append(size)
        return enlarged_source(source, originals, size)  # type: ignore[arg-type]

    monkeypatch.setattr(strokes, "enlarged_source", recorded)
    photo, look = photo_of(1204, 812), look_of(like=str(picture), stroke=4.0)
    whole = painted(painter, photo, look).astype(int)
    monkeypatch.setattr(strokes, "LARGEST", 40)
    limited = painted(painter, photo, look)
    assert sizes == [64, 40]
    assert limited.shape == photo.shape
    assert np.abs(limited - whole).mean() < 8, "the same picture, only softer"


def test_the_first_picture_is_small_and_in_the_paintings_colours(painter: StrokePhotos) -> None:
    photo = np.tile(photo_of(), (10, 10, 1))
    small = painter.small(photo, look_of())
    assert max(small.shape[:2]) == SMALL
    full = painted(painter, photo_of(), look_of()).mean((0, 1))
    apart = np.abs(small.mean((0, 1)) - full).sum()
    assert apart < np.abs(photo.mean((0, 1)) - full).sum()


def test_two_styles_are_blended(painter: StrokePhotos) -> None:
    photo = photo_of()
    mixed = painted(painter, photo, look_of(second="great-wave", blend=0.5))
    assert not np.array_equal(mixed, painted(painter, photo, look_of()))
    assert not np.array_equal(mixed, painted(painter, photo, look_of(style="great-wave")))


def test_small_photos_are_matched_larger(painter: StrokePhotos) -> None:
    """Strokes are a share of the picture; a tiny photo is enlarged at most twice."""
    begun = painter.begin(photo_of(768, 512), look_of())
    assert max(begun.matched[2:]) == pytest.approx(WORKING, abs=64)
    assert max(painter.begin(photo_of(), look_of()).matched[2:]) == 2 * 96
    finer = painter.begin(photo_of(2 * WORKING, 40), look_of())
    assert max(finer.matched[2:]) == 2 * WORKING


def test_grey_pictures_serve(painter: StrokePhotos, tmp_path: Path) -> None:
    path = tmp_path / "grey.png"
    grain = np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint8)
    Image.fromarray(grain).save(path)
    result = painted(painter, photo_of(), look_of(like=str(path))).astype(int)
    assert np.abs(result - result[..., :1]).max() <= 1


def test_bad_pictures_are_refused_in_a_sentence(painter: StrokePhotos, tmp_path: Path) -> None:
    small = tmp_path / "small.png"
    Image.new("RGB", (LEAST - 1, 90)).save(small)
    with pytest.raises(EngineError, match=r"small\.png is 31 x 90 pixels"):
        painter.begin(photo_of(), look_of(like=str(small)))
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    with pytest.raises(EngineError, match=r"broken\.png"):
        painter.begin(photo_of(), look_of(like=str(broken)))


def test_a_look_for_strokes_is_checked() -> None:
    with pytest.raises(ValueError, match="freedom is 0 to 1"):
        look_of(freedom=1.5)
    with pytest.raises(ValueError, match="by is one of"):
        look_of(by="magic")
    with pytest.raises(ValueError, match="needs by=strokes"):
        PhotoLook(STYLE, like="a.png")


def test_transport_moves_light_and_hues_towards_the_painting() -> None:
    photo, random = photo_of(192, 128), np.random.default_rng(3)
    painting = random.normal([150, 90, 60], [40, 20, 10], (100, 100, 3)).clip(0, 255)
    painting = painting.astype(np.uint8)
    own, moved, wanted = (lab(each).mean((0, 1)) for each in (
        photo, transported(photo, painting), painting
    ))  # fmt: skip
    assert (np.abs(moved - wanted)[1:] < 0.75 * np.abs(own - wanted)[1:]).all()
    assert abs(moved[0] - wanted[0]) < 6
    still = transported(photo, painting, 0.0).astype(int)
    assert np.abs(still - photo).max() <= 2


@pytest.mark.parametrize("style", ["great-wave", "water-lilies", "the-scream"])
def test_a_face_keeps_its_light_and_its_colour_stays_in_one_piece(style: str) -> None:
    """Skin from shade to light becomes steadily lighter, and no step is of another hue."""
    folder = BUILT_IN / style
    painting = read_painting(folder, read_pack(folder)).rgb
    shade = np.linspace(0.35, 1, 64)[None, :, None] * np.array([232, 185, 160])
    photo = np.concatenate([np.tile(shade, (32, 1, 1)), photo_of(64, 96)]).astype(np.uint8)
    moved = lab(transported(photo, painting))[0]
    assert (np.diff(moved[:, 0]) > 0).all()
    assert np.abs(np.diff(moved, axis=0)).max() < 4
    change = moved - lab(photo)[0]
    assert np.hypot(change[:, 1], change[:, 2]).max() < FAR


def test_a_dark_photo_is_not_flattened() -> None:
    """However little contrast the painting has, the photo keeps half of its own."""
    dark = (photo_of(192, 128) // 4).astype(np.uint8)
    painting = np.full((80, 80, 3), 128, np.uint8)
    painting[:40] += 2
    light = lab(dark)[..., 0]
    moved = lab(transported(dark, painting))[..., 0]
    assert moved.std() > 0.5 * light.std()
    assert np.corrcoef(moved.ravel(), light.ravel())[0, 1] > 0.99


def test_a_large_background_does_not_swallow_the_photo() -> None:
    """A painting that is mostly black does not turn most of the photo black."""
    painting = np.zeros((100, 100, 3), np.uint8)
    painting[:30] = np.random.default_rng(0).integers(60, 256, (30, 100, 3))
    dark = (transported(photo_of(192, 128), painting).max(2) < 20).mean()
    assert dark < 0.5


@pytest.mark.parametrize("colours", ["luminance", "statistics"])
@pytest.mark.parametrize("deep", [False, True])
def test_colours_of_a_photo_are_given_strip_by_strip(
    colours: str, deep: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole at once would take a gigabyte more for 12 megapixels."""
    photo, painted = photo_of(), photo_of()[::-1] // 2
    own = sixteen_bits(photo) if deep else photo
    look = PhotoLook(STYLE, by="strokes", colours=colours)
    whole = strokes.finished(painted, own, look, 1.0)
    monkeypatch.setattr(strokes, "BAND", 5 * photo.shape[1])
    assert np.array_equal(strokes.finished(painted, own, look, 1.0), whole)
    assert whole.dtype == own.dtype
    assert not np.array_equal(eight_bits(whole), painted)


def test_moments_of_strips_are_those_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixels, "_AT_ONCE", 1000)
    photo = photo_of()
    colours = photo.reshape(-1, 3) / 255
    mean, spread = pixels._moments(photo)
    assert mean == pytest.approx(colours.mean(0))
    wanted = np.cov(colours.T, bias=True) + pixels._FLOOR * np.eye(3)
    assert spread == pytest.approx(wanted)
