"""Tests of the pictures of a painting's regions."""

import pytest

from engine.errors import EngineError
from engine.packs.painting import read_painting
from engine.packs.region_pictures import region_pictures
from engine.packs.style_pack import BUILT_IN, read_pack


@pytest.mark.parametrize("style", ["starry-night", "san-giorgio-at-dusk"])
def test_every_region_has_a_picture_of_its_own(style):
    folder = BUILT_IN / style
    pack, painting = read_pack(folder), read_painting(folder, read_pack(folder))
    pictures = region_pictures(folder, (72, 48))
    assert list(pictures) == [region.name for region in pack.region]
    assert {picture.shape for picture in pictures.values()} == {(48, 72, 3)}
    assert len({picture.tobytes() for picture in pictures.values()}) == len(pictures)
    tree = next(n for n, region in enumerate(pack.region) if "tree" in region.materials)
    own = painting.rgb[painting.regions == tree].mean()
    assert abs(pictures[pack.region[tree].name].mean() - own) < abs(pictures["sky"].mean() - own)


def test_a_pack_without_a_painting_says_so(tiny_pack):
    with pytest.raises(EngineError, match="has no painting"):
        region_pictures(tiny_pack, (72, 48))
