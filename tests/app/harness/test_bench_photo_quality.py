"""``daub bench photo --quality``: what is painted, kept and printed."""

from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from PIL import Image

from app.harness import bench_photo_quality
from app.harness.bench_photo_quality import METHODS, STYLES, measure
from engine.errors import EngineError


def test_every_style_is_painted_by_both_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (128, 160, 3)).astype(np.uint8)
    photos, keep = tmp_path / "photos", tmp_path / "keep"
    photos.mkdir()
    Image.fromarray(pixels).save(photos / "one.png")
    (photos / "notes.txt").write_text("no photo")
    paint = Mock(side_effect=lambda studio, photo, style, by: photo[:, ::-1].copy())
    monkeypatch.setattr(bench_photo_quality, "paint_whole", paint)
    monkeypatch.setattr(bench_photo_quality, "STYLES", STYLES[:2])
    said: list[str] = []
    figures = measure(photos, keep, said.append)
    assert len(said) == 2
    assert len(figures) == 2 * 2 * len(METHODS)
    assert paint.call_count == 2 * len(METHODS)
    assert len(list(keep.glob("*__one__*.png"))) == 2 * len(METHODS)
    again = measure(photos, keep, said.append)
    assert paint.call_count == 2 * len(METHODS), "kept pictures are judged as they are"
    assert [figure.value for figure in again] == [figure.value for figure in figures]


def test_a_folder_without_photos_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="contains no photos"):
        measure(tmp_path, None, lambda what: None)
