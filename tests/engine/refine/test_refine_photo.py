"""Tests of Refine on a photo: content, KEEP, and the strokes of each material."""

import shutil
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from engine.descriptors.descriptor import compact
from engine.errors import EngineError
from engine.losses.style import positions, statistics_distance
from engine.packs import region_map as region_maps
from engine.packs.region_map import save_region_map
from engine.packs.style_pack import BUILT_IN, read_pack, read_targets, region_shares, region_table
from engine.packs.targets import blended, whole_painting
from engine.photo import painter as photo_painter
from engine.refine import run as refining
from engine.refine.photo import refine_photo
from engine.refine.request import QUALITIES, RefineRequest
from engine.requests import PhotoLook
from engine.studio import Studio
from resources.materials import KEEP, PHOTO

HEIGHT, WIDTH = 72, 96
SKY, TREE = 0, 4


@pytest.fixture(scope="module")
def inputs():
    """Return descriptor, statistics and table of a built-in pack; random weights see no content."""
    folder = BUILT_IN / "starry-night"
    pack = read_pack(folder)
    targets = read_targets(folder, pack, compact())
    whole = whole_painting(targets, region_shares(folder, pack))
    return compact(), targets, whole, region_table(pack)


@pytest.fixture
def request_():
    rng = np.random.default_rng(3)
    coarse = rng.integers(0, 255, (HEIGHT // 8, WIDTH // 8, 3), np.uint8)
    photo = coarse.repeat(8, 0).repeat(8, 1)
    photo.flags.writeable = False
    labels = np.full((HEIGHT, WIDTH), PHOTO, np.uint8)
    return RefineRequest(labels, "starry-night", quality="quick", photo=photo)


@pytest.fixture(autouse=True)
def few_steps(monkeypatch):
    monkeypatch.setitem(QUALITIES, "quick", {1: 4, 0: 6})
    monkeypatch.setattr(refining, "SMALLEST", 24)
    monkeypatch.setattr(refining, "IMAGE_SECONDS", 0.0)


def last(steps) -> np.ndarray:
    return [step.image for step in steps if step.image is not None][-1]


def seen(pixels: np.ndarray, layer: str) -> torch.Tensor:
    """(1, C, h, w)"""
    return compact()(torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None] / 255.0, [layer])[layer]


def unlikeness(image: np.ndarray, photo: np.ndarray) -> float:
    """Return 1 minus the correlation of the descriptor's features of both pictures."""
    a, b = (seen(pixels, "relu4_1").flatten().numpy() for pixels in (image, photo))
    return 1 - float(np.corrcoef(a, b)[0, 1])


def test_more_content_is_closer_to_the_photo(request_, inputs):
    noise = np.random.default_rng(4).integers(0, 255, request_.photo.shape, np.uint8)
    pictures = [
        last(refine_photo(replace(request_, start=noise, content=content), *inputs))
        for content in (0.0, 0.4, 1.0)
    ]
    none, some, all_ = (unlikeness(image, request_.photo) for image in pictures)
    assert all_ < some < none


def test_the_photo_is_the_start_where_there_is_none(request_, inputs):
    given = replace(request_, start=request_.photo)
    pictures = [last(refine_photo(each, *inputs)) for each in (request_, given)]
    assert np.array_equal(*pictures)
    assert not np.array_equal(pictures[0], request_.photo)


@pytest.mark.parametrize("kind", [None, np.bool_, np.uint8])
def test_what_is_kept_is_the_photo_to_the_bit(request_, inputs, kind):
    labels = request_.labels.copy()
    labels[10:50, 20:60] = KEEP
    selection = None
    if kind is not None:
        selection = np.zeros((HEIGHT, WIDTH), bool)
        selection[:, :70] = True
        selection = selection if kind is np.bool_ else selection.astype(np.uint8) * 255
    start = np.full_like(request_.photo, 90)
    kept = replace(request_, labels=labels, start=start, selection=selection)
    image = last(refine_photo(kept, *inputs))
    assert np.array_equal(image[labels == KEEP], request_.photo[labels == KEEP])
    assert not np.array_equal(image[labels != KEEP], start[labels != KEEP])
    if selection is not None:
        outside = (selection == 0) & (labels != KEEP)
        assert np.array_equal(image[outside], start[outside])


def test_a_painted_material_takes_the_strokes_of_its_region(request_, inputs):
    _, targets, _, table = inputs
    labels = request_.labels.copy()
    labels[:, :48], labels[:, 48:] = SKY, TREE
    image = last(refine_photo(replace(request_, labels=labels, content=0.2), *inputs))

    def distance(pixels: np.ndarray, material: int) -> float:
        features = seen(pixels, "relu2_1")
        rows, weights = positions(features, torch.ones(1, *features.shape[2:]))
        region = int(table[material])
        return float(statistics_distance(rows, weights, targets[0]["relu2_1", region]))

    for side, material in ((np.s_[8:-8, 8:40], SKY), (np.s_[8:-8, 56:88], TREE)):
        assert distance(image[side], material) < distance(request_.photo[side], material) / 2


def test_under_a_painted_material_the_starts_content_stays(request_, inputs):
    labels = np.full((HEIGHT, WIDTH), TREE, np.uint8)
    start = request_.photo[:, ::-1].copy()
    painted = replace(request_, labels=labels, start=start, content=1.0)
    image = last(refine_photo(painted, *inputs))
    assert unlikeness(image, start) < unlikeness(image, request_.photo)


def test_a_large_photo_is_refined_at_the_working_resolution(request_, inputs, monkeypatch):
    monkeypatch.setattr(photo_painter, "WORKING", 48)
    monkeypatch.setattr(photo_painter, "LEAST", 16)
    labels = request_.labels.copy()
    labels[20:40, 20:40] = KEEP
    start = np.roll(request_.photo, 3, 1)
    image = last(refine_photo(replace(request_, labels=labels, start=start), *inputs))
    assert np.array_equal(image[labels == KEEP], request_.photo[labels == KEEP])
    change = (image.astype(float) - start)[:, 48:]
    assert np.abs(change).mean() > 5
    # What was changed at half the size has no detail that only the whole size could hold.
    smooth = cv2.resize(cv2.resize(change, (24, 36), interpolation=cv2.INTER_AREA), (48, 72))
    inside = (image[:, 48:] > 0) & (image[:, 48:] < 255)
    assert np.abs(change - smooth)[inside].mean() < np.abs(change)[inside].mean() / 2


def in_colours(request: RefineRequest, inputs, colours: str) -> np.ndarray:
    """Return the refined picture of a photo whose upper rows are painted with a material."""
    labels = request.labels.copy()
    labels[:8] = TREE
    look = PhotoLook("starry-night", colours=colours)
    return last(refine_photo(replace(request, labels=labels, look=look), *inputs))


def test_the_colours_of_the_look_hold(request_, inputs):
    pale = request_.photo // 2 + np.array((90, 60, 20), np.uint8)
    plain, light, matched = (
        in_colours(replace(request_, photo=pale), inputs, colours)
        for colours in ("style", "luminance", "statistics")
    )
    for image in (light, matched):
        assert np.array_equal(image[:8], plain[:8])  # a material has the painting's colours
    weights = np.array((0.299, 0.587, 0.114))
    hues = [part[8:] - (part[8:] @ weights)[..., None] for part in (pale, light, plain)]
    assert np.abs(hues[1] - hues[0]).mean() < np.abs(hues[2] - hues[0]).mean() / 3
    means = [part[8:].mean((0, 1)) for part in (pale, matched, plain)]
    assert np.abs(means[1] - means[0]).max() < np.abs(means[2] - means[0]).max() / 2


def test_two_paintings_blend(inputs):
    whole = inputs[2]
    folder = BUILT_IN / "great-wave"
    pack = read_pack(folder)
    other = whole_painting(read_targets(folder, pack, compact()), region_shares(folder, pack))
    half = blended(whole, other, 0.5)[0]["rgb"]
    assert torch.allclose(half.mean, (whole[0]["rgb"].mean + other[0]["rgb"].mean) / 2)
    assert torch.allclose(blended(whole, other, 0.0)[0]["rgb"].deviation, whole[0]["rgb"].deviation)


def test_between_may_stop_it_anywhere(request_, inputs):
    class Stopped(Exception):
        pass

    calls: list[int] = []
    list(refine_photo(request_, *inputs, between=lambda: calls.append(1)))
    for wanted in (0, len(calls) // 2):
        left = iter(range(wanted))

        def stop(left=left) -> None:
            if next(left, None) is None:
                raise Stopped

        with pytest.raises(Stopped):
            list(refine_photo(request_, *inputs, between=stop))


def test_a_bad_request_is_rejected_before_any_work(request_, inputs):
    kept = replace(request_, labels=np.full_like(request_.labels, KEEP))
    with pytest.raises(EngineError, match="kept as it is"):
        refine_photo(kept, *inputs)
    half, selection = request_.labels.copy(), np.zeros((HEIGHT, WIDTH), bool)
    half[:, :48], selection[:, :48] = KEEP, True
    with pytest.raises(EngineError, match="kept as it is"):
        refine_photo(replace(request_, labels=half, selection=selection), *inputs)
    with pytest.raises(EngineError, match="photo is 4 x 4"):
        refine_photo(replace(request_, photo=np.zeros((4, 4, 3), np.uint8)), *inputs)


def test_the_studio_refines_photos(request_, refinable_pack):
    weights = refinable_pack.parent / "descriptor.safetensors"
    folders = [refinable_pack.parent]
    studio = Studio(device="cpu", precision="fp32", folders=folders, descriptor=weights)
    wanted = replace(request_, style_id="tiny")
    assert last(studio.refine(wanted)).shape == (HEIGHT, WIDTH, 3)
    (refinable_pack / "regions.png").write_bytes(b"no picture")
    with pytest.raises(EngineError, match=r"regions\.png"):
        studio.refine(wanted)


def test_shares_are_those_of_the_region_map(refinable_pack, monkeypatch):
    pack = read_pack(refinable_pack)
    assert region_shares(refinable_pack, pack) == [1, 1, 1, 1]  # there is none in the folder
    shutil.copy(refinable_pack.parent / "regions.png", refinable_pack)
    assert region_shares(refinable_pack, pack) == [4801, 4801, 4801, 4801]
    regions = np.full((60, 90), 255, np.uint8)
    regions[:30] = 2
    save_region_map(refinable_pack / "regions.png", regions, [(0, 0, 0)] * 4, {})
    assert region_shares(refinable_pack, pack) == [1, 1, 2701, 1]
    monkeypatch.setattr(region_maps, "LARGEST", 1000)
    with pytest.raises(EngineError, match="too large"):
        region_shares(refinable_pack, pack)
