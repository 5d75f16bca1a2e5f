"""A marked picture becomes a pack, and the pack can be written again at any moment."""

from pathlib import Path

import numpy as np
import pytest
import tomli_w

from engine.descriptors.descriptor import compact
from engine.doodle.files import read_doodle
from engine.errors import EngineError
from engine.packs import marked_style
from engine.packs.marked_style import read_marked, starter_of, write_style
from engine.packs.marking import AVOID, NONE
from engine.packs.pack_check import damage, problems
from engine.packs.pack_writer import update_toml
from engine.packs.painting import read_painting
from engine.packs.style_info import style_info
from engine.packs.style_pack import BUILT_IN, read_pack
from resources.materials import materials
from resources.style_details import StyleDetails

SKY, GROUND, TREE, BOAT = 0, 11, 4, 13


def picture(height: int = 90, width: int = 120) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3)).astype(np.uint8)


def marked(height: int = 90, width: int = 120) -> np.ndarray:
    """Return a map of ground under sky, with a signature and a part that is not marked."""
    labels = np.full((height, width), SKY, np.uint8)
    labels[height // 2 :] = GROUND
    labels[-10:, -30:] = AVOID
    labels[:10, :10] = NONE
    return labels


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_marked_picture_becomes_a_whole_pack(tmp_path: Path) -> None:
    details = StyleDetails("Étude", "Anna", "1901", "In the attic", "CC0", 0.8, 1.0, 0.25)
    pack = write_style(tmp_path / "etude", picture(), marked(), details)
    assert read_pack(tmp_path / "etude") == pack
    assert problems(tmp_path / "etude", compact()) == []
    assert damage(tmp_path / "etude", BUILT_IN.joinpath) == []  # it may be exported
    info = style_info(tmp_path / "etude")
    assert info.problem is None
    assert info.paints_doodles
    assert (info.title, info.artist, info.year) == ("Étude", "Anna", "1901")
    assert (info.credit, info.licence) == ("In the attic", "CC0")
    assert info.regions == {"sky": ("sky",), "ground": ("ground",)}
    assert info.thumbnail is not None
    painting = read_painting(tmp_path / "etude", pack)
    assert (painting.avoid == (marked() == AVOID)).all()
    assert (painting.regions[:45] == 0).all()
    assert not painting.regions_drawn[:10, :10].any()
    assert pack.strokes.width == 96
    assert pack.strokes.uniformity == 200
    assert pack.strokes.region == 55
    assert pack.borrow == {}
    assert info.strokes_by["ground"].style == "etude"
    assert info.strokes_by["flowers"].style in [path.name for path in BUILT_IN.iterdir()]


def test_details_have_sensible_defaults(tmp_path: Path) -> None:
    pack = write_style(tmp_path / "plain", picture(), marked(), StyleDetails())
    assert pack.title == "plain"
    assert pack.credit == "Brush strokes of plain"
    assert pack.licence == "unknown"
    assert (pack.strokes.uniformity, pack.strokes.region) == (100, 110)


def test_what_is_read_again_is_what_was_written(tmp_path: Path) -> None:
    details = StyleDetails("A", "B", "C", "D", "E", 0.75, 0.25, 0.5)
    write_style(tmp_path / "again", picture(), marked(), details)
    found = read_marked(tmp_path / "again")
    assert (found.labels == marked()).all()
    assert found.details == details
    assert found.picture.shape == (90, 120, 3)


def test_a_map_drawn_by_hand_stays(tmp_path: Path) -> None:
    folder = tmp_path / "drawn"
    pack = write_style(folder, picture(), marked(), StyleDetails())
    (folder / "map.png").rename(folder / "regions.png")
    assert pack.painting is not None
    table = pack.painting.model_dump(exclude_none=True) | {"map": "regions.png"}
    update_toml(folder, {"painting": table})
    before = (folder / "regions.png").read_bytes()
    write_style(folder, picture(), np.roll(marked(), 9, 0), StyleDetails())
    assert (folder / "regions.png").read_bytes() == before
    assert read_pack(folder).painting != pack.painting


def test_a_painting_is_not_encoded_again(tmp_path: Path) -> None:
    folder = tmp_path / "again"
    write_style(folder, picture(), marked(), StyleDetails())
    before = (folder / "painting.webp").read_bytes()
    found = read_marked(folder)
    assert (found.picture != picture()).any()
    labels = found.labels.copy()
    labels[20:30] = TREE
    write_style(folder, found.picture, labels, found.details)
    assert (folder / "painting.webp").read_bytes() == before
    (folder / "painting.webp").write_bytes(before[:-100])
    write_style(folder, found.picture, labels, found.details)
    assert problems(folder, compact()) == []


def test_a_built_in_style_can_be_copied(tmp_path: Path) -> None:
    folder = BUILT_IN / "san-giorgio-at-dusk"
    found, old = read_marked(folder), read_pack(folder)
    assert {each for each in np.unique(found.labels) if each < AVOID} == {
        next(m.id for m in materials() if m.key == region.materials[0]) for region in old.region
    }
    pack = write_style(tmp_path / "copy", found.picture, found.labels, found.details)
    assert sorted(region.materials[0] for region in pack.region) == sorted(
        region.materials[0] for region in old.region
    )
    assert pack.credit == old.credit


def test_writing_again_keeps_what_was_not_made_here(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    write_style(folder, picture(), marked(), StyleDetails())
    regions = read_pack(folder).model_dump(mode="json")["region"]
    regions[0]["name"], regions[0]["materials"] = "air", ["sky", "water"]
    trained = {"minutes": 5}
    loan = {"boat": "starry-night"}
    update_toml(folder, {"region": regions, "borrow": loan, "training": trained})
    (folder / "notes.txt").write_text("mine")
    same = write_style(folder, picture(), marked(), StyleDetails("Again"))
    assert same.region[0].name == "air"
    assert same.region[0].materials == ("sky", "water")
    assert same.training == trained
    assert "boat" in same.borrow
    labels = marked()
    labels[40:50] = TREE
    other = write_style(folder, picture(), labels, StyleDetails("Again"))
    assert [region.name for region in other.region] == ["air", "tree", "ground"]
    assert other.training == {}
    assert (folder / "notes.txt").read_text() == "mine"


def test_a_starter_that_is_there_stays(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    write_style(folder, picture(), marked(), StyleDetails())
    doodle = np.full((40, 50), GROUND, np.uint8)
    small = np.zeros((30, 40, 3), np.uint8)
    write_style(folder, picture(), marked(), StyleDetails(), doodle, small)
    write_style(folder, picture(), marked(), StyleDetails("More"))
    assert (read_doodle(folder / "starter.png") == doodle).all()


def test_no_file_is_left_over(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    for row in range(20, 60, 5):
        labels = marked()
        labels[row : row + 5] = TREE
        write_style(folder, picture(), labels, StyleDetails())
    names = sorted(path.name for path in folder.iterdir() if not path.name.startswith("map"))
    assert names == ["avoid.png", "painting.webp", "starter.png", "style.toml", "thumbnail.png"]
    assert len(list(folder.glob("map*.png"))) == 1
    assert problems(folder, compact()) == []


@pytest.mark.parametrize("before", range(1, 7))
def test_a_pack_is_whole_when_writing_is_cut_off(
    tmp_path: Path, before: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "mine"
    write_style(folder, picture(), marked(), StyleDetails("Old"))
    labels, other = marked(), 255 - picture()
    labels[:30], labels[-20:] = TREE, AVOID
    written, real = [], marked_style.replace_file

    def cut_off(path: Path, data: bytes) -> None:
        written.append(path)
        if len(written) == before:
            raise EngineError("The disk is full.")
        real(path, data)

    monkeypatch.setattr(marked_style, "replace_file", cut_off)
    failed = False
    try:
        write_style(folder, other, labels, StyleDetails("New"))
    except EngineError:
        failed = True
    assert failed == (before <= 4)  # painting, map, mask, style.toml
    assert problems(folder, compact()) == []
    found = read_marked(folder)
    assert found.details.title == ("Old" if failed else "New")
    assert (found.labels == (marked() if failed else labels)).all()


def test_large_pictures_and_their_maps_are_reduced(tmp_path: Path) -> None:
    smooth = np.broadcast_to(np.linspace(0, 255, 2000)[None, :, None], (400, 2000, 3))
    pack = write_style(
        tmp_path / "wide", smooth.astype(np.uint8), marked(400, 2000), StyleDetails()
    )
    painting = read_painting(tmp_path / "wide", pack)
    assert painting.rgb.shape == (320, 1600, 3)
    assert (painting.regions[:150] == 0).all()
    assert pack.strokes.width == 896


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (np.full((90, 120), AVOID, np.uint8), "mine has no material marked yet."),
        (np.full((90, 120), 77, np.uint8), "mine contains the id 77, which is no material."),
        (np.zeros((90, 121), np.uint8), "mine has another size than the picture."),
        (
            np.repeat(np.arange(9, dtype=np.uint8), 1200).reshape(90, 120),
            "mine has 9 materials marked; a style has at most 8.",
        ),
    ],
)
def test_maps_that_make_no_style(tmp_path: Path, labels: np.ndarray, sentence: str) -> None:
    with pytest.raises(EngineError) as told:
        write_style(tmp_path / "mine", picture(), labels, StyleDetails())
    assert str(told.value).endswith(sentence)
    assert not list(tmp_path.glob("*/*"))


def test_other_files_are_never_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "thumbnail.png").write_bytes(b"mine")
    with pytest.raises(EngineError, match="contains other files; choose a new folder"):
        write_style(folder, picture(), marked(), StyleDetails())
    assert content(folder) == {"thumbnail.png": b"mine"}
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "style.toml").write_text(tomli_w.dumps({"format": 99}))
    with pytest.raises(EngineError, match="format 99"):
        write_style(broken, picture(), marked(), StyleDetails())
    assert list(content(broken)) == ["style.toml"]


@pytest.mark.parametrize("name", ["Mine", "my style", "-x", "é"])
def test_a_folder_must_be_named_as_an_id(tmp_path: Path, name: str) -> None:
    with pytest.raises(EngineError, match="lower-case letters, digits and hyphens"):
        write_style(tmp_path / name, picture(), marked(), StyleDetails())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "wrong", [{"stroke_size": 0.4}, {"variety": 1.1}, {"strictness": float("nan")}]
)
def test_details_out_of_range(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} is"):
        StyleDetails(**wrong)  # type: ignore[arg-type]


def test_a_starter_has_only_materials() -> None:
    doodle = starter_of(marked())
    assert doodle.shape == (768, 1024)
    assert set(np.unique(doodle)) == {SKY, GROUND}
