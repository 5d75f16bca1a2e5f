"""Tests of the stored base: it is reused by the next process; damaged files are not used."""

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from engine import array_store
from engine.array_store import cache_file, keep, kept
from engine.flow import base
from engine.flow.base import DEVIATION, EDITION, PERIOD, SHAPES, cut, fractal, seed_offset
from engine.tiles import Window

SMALL = {"one": (8, 8), "two": (2, 4, 4)}


def int8(shapes: dict[str, tuple[int, ...]]) -> dict[str, tuple[tuple[int, ...], type[np.int8]]]:
    return {name: (shape, np.int8) for name, shape in shapes.items()}


@pytest.fixture
def arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    return {name: rng.integers(-127, 128, shape).astype(np.int8) for name, shape in SMALL.items()}


@pytest.fixture
def path(tmp_path: Path, arrays: dict[str, np.ndarray]) -> Path:
    path = tmp_path / "cache" / "flow.safetensors"
    keep(path, arrays)
    return path


def test_what_was_kept_is_read_again(path, arrays):
    read = kept(path, int8(SMALL))
    assert read is not None
    assert all(np.array_equal(read[name], arrays[name]) for name in SMALL)


def test_there_is_none_before_one_was_kept(tmp_path):
    assert kept(tmp_path / "flow.safetensors", int8(SMALL)) is None


@pytest.mark.parametrize("at", [0, 9, 60, 200, -1])
def test_a_changed_byte_is_noticed(path, at):
    content = bytearray(path.read_bytes())
    content[at] ^= 0x10
    path.write_bytes(content)
    assert kept(path, int8(SMALL)) is None


@pytest.mark.parametrize("length", [0, 7, 100, -1])
def test_half_a_file_is_noticed(path, length):
    path.write_bytes(path.read_bytes()[:length])
    assert kept(path, int8(SMALL)) is None


def test_another_base_is_not_taken(path, arrays):
    assert kept(path, int8({"one": (8, 8), "two": (4, 4)})) is None
    assert kept(path, int8(SMALL | {"three": (1,)})) is None
    assert kept(path, {name: (shape, np.uint8) for name, shape in SMALL.items()}) is None
    keep(path, {name: array.view(np.uint8) for name, array in arrays.items()})
    assert kept(path, int8(SMALL)) is None


def test_only_what_is_asked_for_is_read_and_checked(path, arrays):
    content = bytearray(path.read_bytes())
    content[-1] ^= 0x10  # in the second array
    path.write_bytes(content)
    (read,) = kept(path, int8({"one": (8, 8)})).values()
    assert np.array_equal(read, arrays["one"])
    assert kept(path, int8({"two": (2, 4, 4)})) is None


def test_what_was_not_used_for_long_makes_room(tmp_path, arrays, monkeypatch):
    files = [tmp_path / f"cut-1-{number}.safetensors" for number in range(4)]
    others = [tmp_path / name for name in ("flow-2.safetensors", "kernels-1.safetensors", "a-b-c")]
    for other in others:
        other.write_bytes(b"x" * 1000)
        os.utime(other, (1, 1))
    for age, path in enumerate(files[:3]):
        keep(path, arrays)
        os.utime(path, (10 + age, 10 + age))
    monkeypatch.setattr(array_store, "MOST", int(2.5 * files[0].stat().st_size))
    assert kept(files[0], int8(SMALL)), "it was used just now"
    keep(files[3], arrays)
    assert [path.exists() for path in files] == [True, False, False, True]
    assert all(other.exists() for other in others)


def test_an_unwritable_cache_is_ignored(tmp_path, arrays):
    (tmp_path / "cache").write_text("a file where the folder should be")
    keep(tmp_path / "cache" / "flow.safetensors", arrays)
    assert kept(tmp_path / "cache" / "flow.safetensors", int8(SMALL)) is None


def test_the_base_is_made_once_and_then_read(monkeypatch):
    found = base.base()
    assert cache_file(f"flow-{EDITION}").is_relative_to(os.environ["XDG_CACHE_HOME"])
    monkeypatch.setattr(base, "make_arrays", lambda: pytest.fail("it was made again"))
    again = base.base.__wrapped__()
    assert np.array_equal(found.flows, again.flows)
    assert all(map(np.array_equal, found.grains, again.grains))


def test_the_base_is_still_that_of_its_edition():
    """A change of the base requires a new EDITION, or machines keep the old one in their cache."""
    assert EDITION == 2
    arrays = kept(cache_file(f"flow-{EDITION}"), int8(SHAPES)) if base.base() else None
    assert arrays is not None
    digest = "0bbfdae214f839fd3b71d6db03ad9aa18f07ae0ce8ce53edf70f33bbaa78ea7e"
    whole = b"".join(arrays[name].tobytes() for name in sorted(arrays))
    assert hashlib.sha256(whole).hexdigest() == digest


def test_a_field_has_no_seam_and_unit_deviation():
    field = fractal(5, 256, 20, 100, 1.5)
    inside = np.abs(np.diff(field, axis=1)).max()
    assert np.abs(field[:, 0] - field[:, -1]).max() <= 1.05 * inside
    assert field.std() == pytest.approx(1)


def test_grains_are_of_unit_deviation_and_hardly_clipped():
    for grain in base.base().grains:
        assert grain.std() == pytest.approx(DEVIATION, rel=0.02)
        assert (np.abs(grain.astype(int)) == 127).mean() < 1e-3


def test_windows_wrap_around_the_seam():
    array = np.arange(64).reshape(8, 8)
    assert cut(array, Window(-1, 7, 2, 9)).tolist() == [[63, 56, 57], [7, 0, 1]]
    assert cut(array, Window(16, 8, 18, 9)).tolist() == [[0, 1]]
    assert cut(array, Window(0, 0, 20, 1)).shape == (1, 20)


def test_offsets_lie_on_the_coarsest_grid():
    for seed in range(50):
        row, column = seed_offset(seed)
        assert row % 16 == column % 16 == 0
        assert 0 <= min(row, column) <= max(row, column) < PERIOD
