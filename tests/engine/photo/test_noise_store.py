"""Tests of the stored noise field: it is reused by the next process; damaged files are not used."""

import os
from pathlib import Path

import pytest
import torch

from engine.photo import noise
from engine.photo.noise_store import field_file, keep, kept

SHAPES = [(2, 8, 8), (2, 4, 4)]


@pytest.fixture
def levels() -> tuple[torch.Tensor, ...]:
    torch.manual_seed(3)
    return tuple(torch.randn(shape).half() for shape in SHAPES)


@pytest.fixture
def path(tmp_path: Path, levels: tuple[torch.Tensor, ...]) -> Path:
    path = tmp_path / "cache" / "noise.safetensors"
    keep(path, levels)
    return path


def test_what_was_kept_is_read_again(path, levels):
    read = kept(path, SHAPES)
    assert read is not None
    assert all(torch.equal(one, other) for one, other in zip(read, levels, strict=True))


def test_there_is_none_before_one_was_kept(tmp_path):
    assert kept(tmp_path / "noise.safetensors", SHAPES) is None


@pytest.mark.parametrize("at", [0, 9, 60, 200, -1])
def test_a_changed_byte_is_noticed(path, at):
    content = bytearray(path.read_bytes())
    content[at] ^= 0x10
    path.write_bytes(content)
    assert kept(path, SHAPES) is None


@pytest.mark.parametrize("length", [0, 7, 100, -1])
def test_half_a_file_is_noticed(path, length):
    path.write_bytes(path.read_bytes()[:length])
    assert kept(path, SHAPES) is None


def test_another_field_is_not_taken(path, levels):
    assert kept(path, [(2, 8, 8), (2, 4, 2)]) is None
    assert kept(path, [*SHAPES, (2, 2, 2)]) is None
    keep(path, [level.bfloat16().view(torch.int16) for level in levels])
    assert kept(path, SHAPES) is None


def test_an_unwritable_cache_is_ignored(tmp_path, levels):
    (tmp_path / "cache").write_text("a file where the folder should be")
    keep(tmp_path / "cache" / "noise.safetensors", levels)
    assert kept(tmp_path / "cache" / "noise.safetensors", SHAPES) is None


def test_the_field_is_made_once_and_then_read(monkeypatch):
    field = noise.pyramid()
    assert field_file(noise.EDITION).is_relative_to(os.environ["XDG_CACHE_HOME"])
    monkeypatch.setattr(noise, "_levels", lambda: pytest.fail("it was made again"))
    again = noise.pyramid.__wrapped__()
    assert all(torch.equal(one, other) for one, other in zip(field, again, strict=True))


def test_a_damaged_field_is_made_again(monkeypatch, tmp_path, levels):
    path = tmp_path / "noise.safetensors"
    path.write_bytes(b"no field")
    monkeypatch.setattr(noise, "field_file", lambda _edition: path)
    monkeypatch.setattr(noise, "_levels", lambda: levels)
    assert noise.pyramid.__wrapped__() is levels
    assert kept(path, SHAPES) is not None


def test_the_field_is_still_that_of_its_edition():
    """A change of the field requires a new EDITION, or machines keep the old one in their cache."""
    assert noise.EDITION == 1
    for level, at, wanted in (
        (0, (100, 200), (-0.754, 0.710, 0.954, 0.468, 0.252, 0.713, -1.227, -1.934)),
        (3, (10, 20), (0.240, -0.809, 1.125, -0.533, -0.163, -0.081, -1.401, -1.144)),
    ):
        found = noise.pyramid()[level][:, *at].float()
        assert torch.allclose(found, torch.tensor(wanted), atol=0.02)
