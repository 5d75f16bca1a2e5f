"""A picture becomes a style for photos, and a pack without a network fills regions."""

from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from PIL import Image

from engine.errors import EngineError
from engine.packs import pack_writer, picture_style
from engine.packs.painting import LARGEST_PAINTING, read_painting, region_means
from engine.packs.picture_style import LEAST, LONGEST, write_picture_style
from engine.packs.style_info import style_info
from engine.packs.style_pack import read_pack
from engine.requests import PhotoLook
from engine.studio import PreviewRequest, Studio


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3)).astype(np.uint8)


def test_a_picture_becomes_a_pack(tmp_path: Path) -> None:
    picture = noise(90, 120)
    folder = write_picture_style(tmp_path, picture, "Étude No. 7.jpg")
    assert folder == tmp_path / "etude-no-7"
    pack, info = read_pack(folder), style_info(folder)
    painting = read_painting(folder, pack)
    assert info.problem is None
    assert info.title == "Étude No. 7"
    assert info.paints_by == ("strokes",)
    assert not info.paints_doodles
    assert info.thumbnail is not None
    assert painting.rgb.shape == picture.shape
    assert not painting.avoid.any()
    assert (painting.regions == 0).all()


def test_no_existing_style_is_changed(tmp_path: Path) -> None:
    first = write_picture_style(tmp_path, noise(64, 64), "a.png")
    before = {path: path.read_bytes() for path in first.iterdir()}
    second = write_picture_style(tmp_path, np.zeros((64, 70, 3), np.uint8), "a.jpg")
    assert second.name == "a-2"
    assert {path: path.read_bytes() for path in first.iterdir()} == before


def test_a_style_never_has_the_id_of_another_one(tmp_path):
    """A style of the user would hide one that comes with Daub."""
    folder = write_picture_style(tmp_path, noise(64, 64), "The Scream.jpg", {"the-scream"})
    assert folder.name == "the-scream-2"


def test_large_pictures_are_reduced(tmp_path: Path) -> None:
    smooth = np.linspace(0, 255, 2 * LONGEST).astype(np.uint8)
    picture = np.broadcast_to(smooth[None, :, None], (400, 2 * LONGEST, 3)).copy()
    folder = write_picture_style(tmp_path, picture, "wide.png")
    assert read_painting(folder, read_pack(folder)).rgb.shape == (200, LONGEST, 3)
    assert (folder / "painting.webp").stat().st_size <= LARGEST_PAINTING


@pytest.mark.parametrize(("height", "width"), [(LEAST, 40 * LEAST), (26 * LEAST, LEAST)])
def test_a_picture_that_is_too_long_is_refused(tmp_path: Path, height: int, width: int) -> None:
    with pytest.raises(EngineError, match=r"^long.png is .* times as long as wide\.$"):
        write_picture_style(tmp_path, np.zeros((height, width, 3), np.uint8), "long.png")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "...", "☂.png", "../../up.png"])
def test_any_name_gives_a_folder_inside(tmp_path: Path, name: str) -> None:
    folder = write_picture_style(tmp_path, noise(LEAST, LEAST), name)
    assert folder.parent == tmp_path
    assert style_info(folder).problem is None


def test_a_tiny_picture_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"tiny\.png is 200 x 63 pixels"):
        write_picture_style(tmp_path, noise(63, 200), "tiny.png")
    assert not list(tmp_path.iterdir())


def test_an_added_picture_paints_photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    file = tmp_path / "stripes.png"
    stripes = np.where((np.arange(96) // 8 % 2)[:, None, None] == 0, [220, 40, 40], [20, 20, 90])
    Image.fromarray(np.broadcast_to(stripes, (96, 96, 3)).astype(np.uint8)).save(file)
    studio = Studio("cpu")
    info = studio.add_picture(file, file.name)
    assert info.id in studio.photo_styles("strokes")
    look, whole = PhotoLook(info.id, by="strokes"), (0, 0, 64, 48)
    ((_, painted),) = studio.photo_windows(noise(48, 64), look, [whole])
    assert (painted[..., 1] <= 100).all()
    with pytest.raises(EngineError, match=r"absent\.png"):
        studio.add_picture(tmp_path / "absent.png", "absent.png")


def test_without_a_network_materials_have_one_colour_near_the_picture_s_mean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    studio, picture = Studio("cpu"), noise(80, 80)
    info = studio.add_picture(picture, "noise.png")
    folder = info.folder
    mean = region_means(read_painting(folder, read_pack(folder)), 1)[0]
    request = PreviewRequest(1, info.id, np.zeros((40, 50), np.uint8), 0, None)
    for patch in studio.preview_steps(request):
        assert (patch.pixels == patch.pixels[0, 0]).all()
        assert np.abs(patch.pixels[0, 0].astype(int) - mean).max() < 32
    assert np.abs(mean.astype(int) - picture.mean((0, 1))).max() < 12


def test_a_picture_with_much_detail_is_reduced_until_its_file_fits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pack_writer, "LARGEST_PAINTING", 100_000)
    folder = write_picture_style(tmp_path, noise(500, 600), "grain.png")
    assert (folder / "painting.webp").stat().st_size <= 100_000
    painting = read_painting(folder, read_pack(folder))
    assert 400 <= painting.rgb.shape[1] < 600
    assert painting.regions.shape == painting.rgb.shape[:2]


def test_a_failure_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_style, "save_region_map", Mock(side_effect=EngineError("full.")))
    with pytest.raises(EngineError, match="full"):
        write_picture_style(tmp_path, noise(64, 64), "a.png")
    assert not list(tmp_path.iterdir())


def test_a_device_of_windows_is_no_folder(tmp_path: Path) -> None:
    assert write_picture_style(tmp_path, noise(64, 64), "CON.png").name == "picture-con"
