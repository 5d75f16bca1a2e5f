"""Damaged and malicious documents open or give one error sentence, and take little time."""

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.document.document_state import SavedDocument
from app.document.errors import DocumentError
from app.document.openraster import load, read_foreign, save
from resources.materials import materials, materials_by_id
from tests.support.mutate import ROUNDS, bounded, damaged, damaged_png
from tests.support.paper import contents, entries_of, photo_contents, traced_contents, write_zip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "painting.ora"


def check(path: Path) -> str:
    """Open a file and return the outcome."""
    with bounded():
        try:
            found = load(path)
        except DocumentError as error:
            sentence = str(error)
            assert sentence.startswith(str(path))
            assert sentence.endswith(".")
            assert len(sentence) < len(str(path)) + 200
            assert "\n" not in sentence
            return "refused"
    if isinstance(found, SavedDocument):
        check_contents(found)
        return "opened"
    assert found.pixels.ndim == 3
    assert found.pixels.dtype == np.uint8
    return "flattened"


def check_contents(saved: SavedDocument) -> None:
    found = saved.state
    labels = found.labels.array()
    known = materials_by_id() if found.photo is not None else range(len(materials()))
    assert np.isin(labels, list(known)).all()
    shape = *labels.shape, 3
    assert found.photo is None or found.photo.pixels.shape == shape
    assert found.preview is None or found.preview.array().shape == shape
    for turned in (found.directions, found.refined and found.refined.directions):
        if turned is not None:
            assert turned.bounds == found.labels.bounds.cells(4)
            assert turned.array().min() > 0
    if found.underlay is not None:
        place, pixels = found.underlay.on_canvas(found.labels.bounds)
        assert pixels.shape == (place.height, place.width, 3)
    if found.refined is not None:
        assert found.refined.pixels.shape == shape
        assert np.isin(found.refined.labels.array(), list(known)).all()


def test_files_with_damaged_bytes(path: Path) -> None:
    save(path, contents(refined=False))
    good, seen = path.read_bytes(), Counter()
    for number in range(ROUNDS):
        path.write_bytes(damaged(good, random.Random(number)))
        seen[check(path)] += 1
    assert seen["refused"] > ROUNDS / 5, seen


def swapped(entries: dict[str, bytes], chance: random.Random) -> dict[str, bytes]:
    """Give entries each other's names or unknown names."""
    names = list(entries)
    one, other = chance.choice(names), chance.choice([*names, "../../etc/passwd", "/x", "a\\b"])
    return {**entries, one: entries.get(other, b""), other: entries[one]}


def worsened(entries: dict[str, bytes], chance: random.Random) -> dict[str, bytes]:
    """Damage one entry of a zip with valid checksums."""
    name = chance.choice(list(entries))
    is_png = name.endswith(".png") and chance.random() < 0.7
    return {**entries, name: (damaged_png if is_png else damaged)(entries[name], chance)}


@pytest.mark.parametrize("made", [contents, photo_contents, traced_contents])
def test_intact_zips_with_damaged_entries(path: Path, made: Callable[[], SavedDocument]) -> None:
    save(path, made())
    good, seen = entries_of(path), Counter()
    for number in range(ROUNDS):
        chance = random.Random(number)
        entries = swapped(good, chance) if chance.random() < 0.2 else worsened(good, chance)
        if chance.random() < 0.3:  # as if another program had saved it
            entries.pop("daub/document.json", None)
            if chance.random() < 0.5:
                entries.pop("mergedimage.png", None)
        write_zip(path, entries)
        seen[check(path)] += 1
    assert seen["refused"] > ROUNDS / 5, seen
    assert seen["opened"] > 0, seen
    assert seen["flattened"] > 0, seen


@pytest.mark.parametrize("name", ["stack.xml", "daub/document.json", "daub/labels.png"])
def test_zip_bombs(path: Path, name: str) -> None:
    save(path, contents())
    entries = entries_of(path)
    entries[name] = bytes(100 * 2**20)
    write_zip(path, entries)
    assert path.stat().st_size < 2**21
    if name == "stack.xml":  # not looked at in files of our own
        del entries["daub/document.json"], entries["mergedimage.png"]
        write_zip(path, entries)
    del entries
    assert check(path) == "refused"
    with bounded():
        read_foreign(path) if name != "stack.xml" else None
