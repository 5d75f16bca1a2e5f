"""Scribbles classify a whole picture, along its edges and with a certainty."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.doodle.files import read_doodle
from engine.errors import EngineError
from engine.image import open_image
from engine.packs.marking import AVOID, NONE, Marking
from engine.packs.painting import read_painting
from engine.packs.scribbles import read_scribbles
from engine.packs.style_pack import BUILT_IN, read_pack

MARKED = Path(__file__).parent / "marked"
"""Hand-drawn maps of paintings that are no packs, and at most 12 scribbles on each."""

PAINTINGS = os.environ.get("DAUB_PAINTINGS", "")
"""Folder of these paintings."""

SKY, FIELD, TREE = 0, 7, 4


def scene(height: int = 150, width: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Return a picture of blue sky over a yellow field with a dark tree, and its true map."""
    rng = np.random.default_rng(3)
    truth = np.full((height, width), SKY, np.uint8)
    truth[height // 2 :] = FIELD
    truth[height // 4 : height * 3 // 4, width * 6 // 10 : width * 8 // 10] = TREE
    colours = {SKY: (120, 160, 220), FIELD: (210, 180, 70), TREE: (30, 60, 30)}
    picture = np.zeros((height, width, 3))
    for number, colour in colours.items():
        picture[truth == number] = colour
    picture += rng.normal(0, 25, picture.shape)
    return picture.clip(0, 255).astype(np.uint8), truth


def scribbled(truth: np.ndarray) -> np.ndarray:
    height, width = truth.shape
    scribbles = np.full(truth.shape, NONE, np.uint8)
    scribbles[height // 8, width // 10 : width // 2] = SKY
    scribbles[height * 7 // 8, width // 10 : width // 2] = FIELD
    scribbles[height // 3 : height * 2 // 3, width * 7 // 10] = TREE
    return scribbles


def test_three_scribbles_map_a_picture() -> None:
    picture, truth = scene()
    marked = Marking(picture).classify(scribbled(truth))
    assert marked.labels.shape == truth.shape
    assert marked.labels.dtype == np.uint8
    assert (marked.labels == truth).mean() > 0.97
    assert marked.certainty.dtype == np.float32
    assert marked.certainty.min() >= 0
    assert marked.certainty.max() <= 1


def test_certainty_is_less_where_the_map_is_wrong() -> None:
    picture, truth = scene()
    marked = Marking(picture).classify(scribbled(truth))
    wrong = marked.labels != truth
    inside = np.zeros_like(wrong)
    inside[5:30, 5:100] = True
    assert marked.certainty[inside].mean() > marked.certainty[wrong].mean() + 0.3


def test_scribbles_stay_as_they_are_and_the_signature_is_avoided() -> None:
    picture, truth = scene()
    picture[130:140, 10:40] = (200, 20, 20)
    scribbles = scribbled(truth)
    scribbles[131:139, 12:38] = AVOID
    scribbles[0, 0] = FIELD  # a wrong dot: the painter's own
    marked = Marking(picture).classify(scribbles)
    drawn = scribbles != NONE
    assert (marked.labels[drawn] == scribbles[drawn]).all()
    assert (marked.certainty[drawn] == 1).all()
    assert (marked.labels[132:138, 12:38] == AVOID).all()
    assert (marked.labels[:60] != AVOID).mean() > 0.99
    assert marked.labels[5, 5] == SKY


def test_the_same_scribbles_give_the_same_map() -> None:
    picture, truth = scene()
    first = Marking(picture).classify(scribbled(truth))
    again = Marking(picture)
    again.propose()
    again.classify(np.where(truth == SKY, SKY, NONE).astype(np.uint8))
    second = again.classify(scribbled(truth))
    assert (first.labels == second.labels).all()
    assert (first.certainty == second.certainty).all()


def test_one_material_fills_the_picture() -> None:
    picture, truth = scene()
    scribbles = np.full(truth.shape, NONE, np.uint8)
    scribbles[10, 10:50] = TREE
    assert (Marking(picture).classify(scribbles).labels == TREE).all()


def test_a_proposal_needs_no_scribble() -> None:
    picture, truth = scene()
    clusters = Marking(picture).propose(5)
    assert clusters.shape == truth.shape
    assert clusters.max() < 5
    # Naming each cluster by what most of it shows gives nearly the true map.
    named = np.zeros_like(truth)
    for number in np.unique(clusters):
        named[clusters == number] = np.bincount(truth[clusters == number]).argmax()
    assert (named == truth).mean() > 0.9
    assert (Marking(picture).propose(5) == clusters).all()


def test_a_large_picture_is_mapped_at_its_own_size() -> None:
    picture, truth = scene(700, 900)
    marked = Marking(picture).classify(scribbled(truth))
    assert (marked.labels == truth).mean() > 0.98


@pytest.mark.parametrize(
    ("scribbles", "sentence"),
    [
        (np.full((150, 200), NONE, np.uint8), r"^Nothing is marked yet\.$"),
        (np.zeros((150, 201), np.uint8), r"^The scribbles and the picture differ in size\.$"),
    ],
)
def test_scribbles_that_cannot_be_used(scribbles: np.ndarray, sentence: str) -> None:
    with pytest.raises(EngineError, match=sentence):
        Marking(scene()[0]).classify(scribbles)


def test_a_tiny_picture_is_refused() -> None:
    with pytest.raises(EngineError, match=r"^The picture is 90 x 20 pixels; .* 64 on each side\.$"):
        Marking(np.zeros((20, 90, 3), np.uint8))


def test_strokes_on_a_painting_agree_with_its_map() -> None:
    """San Giorgio at Dusk, which ships, with one stroke per region along the middle of it."""
    folder = BUILT_IN / "san-giorgio-at-dusk"
    painting = read_painting(folder, read_pack(folder))
    regions = np.where(painting.avoid, NONE, painting.regions)
    scribbles = np.full(regions.shape, NONE, np.uint8)
    for region in np.unique(painting.regions):
        row = int(np.median(np.nonzero(regions == region)[0]))
        scribbles[row - 1 : row + 2] = np.where(
            regions[row - 1 : row + 2] == region, region, scribbles[row - 1 : row + 2]
        )
    labels = Marking(painting.rgb).classify(scribbles).labels
    assert (scribbles != NONE).mean() < 0.05
    assert (labels == regions)[regions != NONE].mean() > 0.8


@pytest.mark.skipif(not PAINTINGS, reason="needs DAUB_PAINTINGS=folder")
@pytest.mark.parametrize("path", sorted(MARKED.glob("*-scribbles.png")), ids=lambda path: path.stem)
def test_twelve_scribbles_agree_with_hand_drawn_maps(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = open_image(Path(PAINTINGS) / f"{path.stem.removesuffix('-scribbles')}.jpg")
    drawn = read_doodle(path.with_name(path.name.replace("-scribbles", "")))
    labels = Marking(picture).classify(read_scribbles(path, path, drawn.shape)).labels
    agreement = float((labels == drawn).mean())
    with capsys.disabled():
        sys.stdout.write(f"\n{picture.shape[1]} x {picture.shape[0]} pixels: {agreement:.1%}")
    assert agreement >= 0.85
