"""Tests of damaged and malicious style packs and doodles: one error sentence, in little time."""

import hashlib
import random
import tomllib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tomli_w

from engine.doodle.files import read_doodle
from engine.errors import EngineError
from engine.image import save_doodle
from engine.packs.painting import read_painting
from engine.packs.region_map import save_region_map
from engine.packs.style_pack import read_generator, read_pack
from resources.materials import materials
from tests.support.mutate import ROUNDS, bounded, damaged, damaged_png
from tests.support.paintings import FILES, declare, put_painting


def check(read: Callable[[], object], name: Path) -> str:
    """Return the result of reading it."""
    with bounded():
        try:
            read()
        except EngineError as error:
            sentence = str(error)
            assert str(name) in sentence
            assert sentence.endswith(".")
            return "refused"
    return "read"


def test_damaged_style_toml(tiny_pack: Path) -> None:
    path = tiny_pack / "style.toml"
    good, seen = path.read_bytes(), Counter()
    for number in range(ROUNDS):
        path.write_bytes(damaged(good, random.Random(number)))
        seen[check(lambda: read_pack(tiny_pack), path)] += 1
    assert seen["refused"] > ROUNDS / 5, seen


def test_malicious_style_toml(tiny_pack: Path) -> None:
    path = tiny_pack / "style.toml"
    deep, long = "x = " + "[" * 50_000, "a." * 20_000 + "b = 1"
    for text in (deep, long, " " * 2**20, "format = 99999999999999999999", "\0", "id = 1"):
        path.write_text(text)
        assert check(lambda: read_pack(tiny_pack), path) == "refused"


def test_damaged_weights_with_the_right_hash(tiny_pack: Path) -> None:
    path, toml = tiny_pack / "generator.safetensors", tiny_pack / "style.toml"
    good, entries, seen = path.read_bytes(), tomllib.loads(toml.read_text()), Counter()
    for number in range(ROUNDS // 3):
        chance = random.Random(number)
        head, body = good[:4000], good[4000:]
        content = damaged(head, chance) + body if chance.random() < 0.7 else damaged(good, chance)
        path.write_bytes(content)
        entries["generator"]["sha256"] = hashlib.sha256(content).hexdigest()
        toml.write_text(tomli_w.dumps(entries))
        seen[check(lambda: read_generator(tiny_pack, read_pack(tiny_pack)), path)] += 1
    assert seen["refused"] > ROUNDS / 10, seen


def test_damaged_paintings_with_the_right_hash(tiny_pack: Path) -> None:
    rng, seen = np.random.default_rng(0), Counter[str]()
    regions = np.repeat(np.arange(4, dtype=np.uint8), 8)[None].repeat(24, 0)
    save_region_map(tiny_pack / "regions.png", regions, [(0, 0, 0)] * 4, {})
    pixels = rng.integers(0, 256, (*regions.shape, 3)).astype(np.uint8)
    put_painting(tiny_pack, pixels, regions == 1)
    good = {path: path.read_bytes() for path in map(tiny_pack.joinpath, FILES.values())}
    for number in range(ROUNDS):
        chance, path = random.Random(number), list(good)[number % 3]
        is_png = path.suffix == ".png" and number % 2
        path.write_bytes((damaged_png if is_png else damaged)(good[path], chance))
        declare(tiny_pack)
        seen[check(lambda: read_painting(tiny_pack, read_pack(tiny_pack)), tiny_pack)] += 1
        path.write_bytes(good[path])
    assert seen["refused"] > ROUNDS / 5, seen


def test_damaged_doodles(tmp_path: Path) -> None:
    path = tmp_path / "doodle.png"
    save_doodle(path, np.random.default_rng(0).integers(0, 15, (40, 60)).astype(np.uint8))
    good, seen = path.read_bytes(), Counter()
    for number in range(ROUNDS):
        chance = random.Random(number)
        path.write_bytes((damaged_png if number % 2 else damaged)(good, chance))
        seen[check(lambda: read_ids(path), path)] += 1
    assert seen["refused"] > ROUNDS / 5, seen


def read_ids(path: Path) -> None:
    assert read_doodle(path).max() < len(materials())
