"""The style studio's project on disk: what was written is read, and damage is one sentence."""

from pathlib import Path

import numpy as np
import pytest

from app.document.errors import DocumentError
from app.document.style_project import (
    FACTS,
    NEVER,
    NOTHING,
    PICTURE,
    SCRIBBLES,
    StyleProject,
    from_scribbles,
    read_project,
    remove_project,
    to_scribbles,
    write_project,
)
from engine.studio import AVOID as ENGINE_AVOID
from engine.studio import NONE
from resources.materials import AVOID, UNMARKED, materials
from resources.style_details import StyleDetails

DETAILS = StyleDetails("Étude", "Nobody", "1901", "mine", "CC0", 1.5, 0.2, 0.9)


def project(value: int = 3) -> StyleProject:
    picture = np.random.default_rng(0).integers(0, 256, (20, 30, 3)).astype(np.uint8)
    labels = np.full((20, 30), UNMARKED, np.uint8)
    labels[:4], labels[4:6] = value, AVOID
    return StyleProject("étude.png", picture, labels, DETAILS, "etude", True, 12.5)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_project(tmp_path / "one", project())
    found, expected = read_project(tmp_path / "one"), project()
    assert np.array_equal(found.picture, expected.picture)
    assert np.array_equal(found.labels, expected.labels)
    assert (found.name, found.details, found.style_id, found.saved, found.time) == (
        "étude.png", DETAILS, "etude", True, 12.5
    )  # fmt: skip
    remove_project(tmp_path / "one")
    assert not (tmp_path / "one").exists()


def test_scribbles_are_those_of_the_command_line() -> None:
    assert (NOTHING, NEVER) == (NONE, ENGINE_AVOID)
    ids = [*(material.id for material in materials()), AVOID, UNMARKED]
    labels = np.array([ids], np.uint8)
    assert to_scribbles(labels).max() == NOTHING
    assert np.array_equal(from_scribbles(to_scribbles(labels)), labels)
    assert from_scribbles(np.array([[200]], np.uint8)).tolist() == [[UNMARKED]]


def damaged(folder: Path, name: str, content: bytes) -> None:
    write_project(folder, project())
    (folder / name).write_bytes(content)


HUGE = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + (60_000).to_bytes(4, "big") * 2 + b"\x08\0\0\0\0"


@pytest.mark.parametrize("name", [PICTURE, SCRIBBLES, FACTS])
@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", HUGE])
def test_damage_is_one_sentence(tmp_path: Path, name: str, content: bytes) -> None:
    damaged(tmp_path, name, content)
    with pytest.raises(DocumentError, match=name):
        read_project(tmp_path)


def test_other_sizes_do_not_fit(tmp_path: Path) -> None:
    write_project(tmp_path / "a", project())
    other = StyleProject("b", np.zeros((8, 8, 3), np.uint8), np.zeros((8, 8), np.uint8), DETAILS)
    write_project(tmp_path / "b", other)
    (tmp_path / "a" / SCRIBBLES).write_bytes((tmp_path / "b" / SCRIBBLES).read_bytes())
    with pytest.raises(DocumentError, match="another size"):
        read_project(tmp_path / "a")
