"""Tests of masks of photos: read from files of Daub and of other programs, and resized."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.doodle.export import ExportRequest, export_steps
from engine.doodle.files import read_doodle
from engine.errors import EngineError
from engine.photo.composite import read_mask
from resources.materials import KEEP, PHOTO, in_colours

TREE = 4
PHOTO_FILE = Path("beach.jpg")


def mask(height: int = 30, width: int = 40) -> np.ndarray:
    labels = np.full((height, width), PHOTO, np.uint8)
    labels[: height // 3, : width // 2], labels[2 * height // 3 :] = KEEP, TREE
    return labels


@pytest.mark.parametrize("kind", ["ids", "doodle"])
def test_what_the_window_exports_comes_back(tmp_path: Path, kind: str) -> None:
    path, labels = tmp_path / "mask.png", mask()
    request = ExportRequest(path, labels, "none", 0, format=kind)
    for _ in export_steps(request, lambda *_: pytest.fail("nothing is painted")):
        pass
    assert np.array_equal(read_mask(path, PHOTO_FILE, (30, 40)), labels)


def test_what_another_program_left_transparent_is_the_photo(tmp_path: Path) -> None:
    labels = mask()
    opaque = np.where(labels == PHOTO, 0, 255).astype(np.uint8)
    colours = in_colours(np.where(labels == PHOTO, TREE, labels))
    Image.fromarray(np.dstack([colours, opaque])).save(tmp_path / "mask.png")
    assert np.array_equal(read_mask(tmp_path / "mask.png", PHOTO_FILE, (30, 40)), labels)


def write_ids(path: Path, labels: np.ndarray) -> Path:
    image = Image.fromarray(labels)
    image.putpalette(in_colours(np.arange(256, dtype=np.uint8)).tobytes())
    image.save(path)
    return path


def test_another_size_takes_the_nearest_and_makes_no_new_materials(tmp_path: Path) -> None:
    path = write_ids(tmp_path / "mask.png", mask())
    assert np.array_equal(read_mask(path, PHOTO_FILE, (60, 80)), mask(60, 80))
    assert np.array_equal(read_mask(path, PHOTO_FILE, (15, 20)), mask(15, 20))
    assert read_mask(path, PHOTO_FILE, (100, 134)).shape == (100, 134)  # rounded


@pytest.mark.parametrize("shape", [(40, 30), (30, 42), (300, 390), (1, 40)])
def test_other_proportions_are_refused(tmp_path: Path, shape: tuple[int, int]) -> None:
    path = write_ids(tmp_path / "mask.png", mask())
    size = f"{shape[1]} x {shape[0]}"
    with pytest.raises(EngineError, match=rf"mask\.png is 40 x 30 pixels, and beach.jpg {size}: "):
        read_mask(path, PHOTO_FILE, shape)


@pytest.mark.parametrize("wrong", [15, 99, 252, 255])
def test_unknown_ids_are_rejected(tmp_path: Path, wrong: int) -> None:
    labels = mask()
    labels[3, 5] = wrong
    path = write_ids(tmp_path / "mask.png", labels)
    with pytest.raises(
        EngineError, match=rf"mask\.png contains the id {wrong}, which is not a mater"
    ):
        read_mask(path, PHOTO_FILE, (30, 40))


def test_a_doodle_by_itself_holds_nothing_of_a_photo(tmp_path: Path) -> None:
    path = write_ids(tmp_path / "mask.png", mask())
    with pytest.raises(EngineError, match="contains the id 253"):
        read_doodle(path)
