"""Tests of cached guides and similar places; damaged caches are computed again."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from engine.strokes import source_store
from engine.strokes.guides import GuideWeights
from engine.strokes.source import SourcePart, prepare_source
from engine.strokes.source_store import prepared_part, prepared_source


@pytest.fixture
def part() -> SourcePart:
    rng = np.random.default_rng(1)
    rgb = rng.integers(0, 256, (60, 70, 3), np.uint8)
    return SourcePart(rgb, np.zeros((60, 70), np.uint8), np.zeros((60, 70), bool))


@pytest.fixture
def kept_in(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(source_store, "cache_file", lambda name: tmp_path / f"{name}.safetensors")
    return tmp_path


def contents(source) -> list[bytes]:
    return [level.similar.tobytes() + level.pixels.tobytes() for level in source.levels]


def test_what_was_kept_is_read_and_not_found_again(part, kept_in, monkeypatch):
    first = prepared_source(part, GuideWeights())
    assert len(list(kept_in.iterdir())) == 1
    monkeypatch.setattr("engine.strokes.source.similar_places", None)
    monkeypatch.setattr("engine.strokes.source.painting_guides", None)
    assert contents(prepared_source(part, GuideWeights())) == contents(first)


@pytest.mark.parametrize("damage", [lambda c: c[:-9], lambda c: c[:-1] + bytes([c[-1] ^ 1]), len])
def test_a_damaged_file_is_made_anew(part, kept_in, damage):
    first = prepared_source(part, GuideWeights())
    (path,) = kept_in.iterdir()
    whole, damaged = load_file(path), damage(path.read_bytes())
    path.write_bytes(damaged if isinstance(damaged, bytes) else b"")
    assert contents(prepared_source(part, GuideWeights())) == contents(first)
    assert all(np.array_equal(array, whole[name]) for name, array in load_file(path).items())


def test_another_painting_or_other_weights_have_a_file_of_their_own(part, kept_in):
    prepared_source(part, GuideWeights())
    prepared_source(part, GuideWeights(streaks=10))
    other = SourcePart(255 - part.rgb, part.regions, part.unusable)
    prepared_source(other, GuideWeights())
    assert len(list(kept_in.iterdir())) == 3


def test_a_main_painting_has_units_of_its_own_also_where_it_was_a_piece_before(part, kept_in):
    levels = part.levels
    assert not prepared_part(part, GuideWeights(), levels).units
    for _ in range(2):
        source = prepared_source(part, GuideWeights())
        assert [level.unit for level in source.levels] == [
            level.unit for level in prepare_source(part, GuideWeights()).levels
        ]


def test_facts_stand_for_the_content_that_they_describe(part, kept_in, monkeypatch):
    first = prepared_source(replace(part, facts="one"), GuideWeights())
    monkeypatch.setattr("engine.strokes.source.similar_places", None)
    assert contents(prepared_source(replace(part, facts="one"), GuideWeights())) == contents(first)
    with pytest.raises(TypeError):
        prepared_source(replace(part, facts="two"), GuideWeights())


def test_without_a_cache_it_still_paints(part, tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setattr(source_store, "cache_file", lambda name: tmp_path / "file" / name)
    assert prepared_source(part, GuideWeights()).levels
