"""Tests that Refine keeps the colours of borrowed and tinted materials."""

from dataclasses import replace

import numpy as np
import pytest

from engine.packs.borrowing import beside
from engine.packs.network_loans import network_table
from engine.packs.region_colours import tint_of, to_lab
from engine.packs.style_pack import BUILT_IN, read_pack
from engine.refine import run as refining
from engine.requests import PreviewRequest
from engine.studio import RefineRequest, Studio
from resources.materials import KEEP, PHOTO, materials

IDS = {material.key: material.id for material in materials()}
SUN, RED = IDS["sun"], "#cc5c3c"
FOLDER = BUILT_IN / "great-wave"


@pytest.fixture(scope="module")
def studio():
    return Studio("cpu", "fp32")


@pytest.fixture(autouse=True)
def few_steps(monkeypatch):
    monkeypatch.setitem(refining.QUALITIES, "quick", {0: 6})
    monkeypatch.setattr(refining, "IMAGE_SECONDS", 0.0)


@pytest.fixture
def request_(studio):
    """A red sun in the upper half, which strokes copy from the sky with a tint, and the sea."""
    assert read_pack(FOLDER).borrow["sun"].tint == RED
    labels = np.full((96, 96), SUN, np.uint8)
    labels[48:] = IDS["water"]
    start = studio.preview(PreviewRequest(0, "great-wave", labels, 0, None)).pixels
    return RefineRequest(labels, "great-wave", 0, start, quality="quick")


def refined(studio, request):
    return [step.image for step in studio.refine(request) if step.image is not None][-1]


@pytest.mark.parametrize("begins", ["preview", "noise"])
def test_a_tint_stays_where_the_region_has_another_colour(studio, request_, begins):
    image = refined(
        studio, replace(request_, start=request_.start if begins == "preview" else None)
    )
    assert not image.flags.writeable
    assert not np.array_equal(image, request_.start)
    red = to_lab(image[:32]).mean((0, 1))
    assert np.abs(red - tint_of(RED)).max() < 14


def test_outside_the_selection_the_start_stays(studio, request_):
    selection = np.zeros((96, 96), bool)
    selection[20:70, 30:60] = True
    image = refined(studio, replace(request_, selection=selection))
    assert np.array_equal(image[~selection], request_.start[~selection])
    assert not np.array_equal(image[selection], request_.start[selection])


def test_a_tint_stays_over_a_photo(studio, request_, monkeypatch):
    monkeypatch.setitem(refining.QUALITIES, "quick", {0: 20})
    photo = np.full((96, 96, 3), 128, np.uint8)
    labels, start = request_.labels.copy(), request_.start.copy()
    labels[48:], start[48:] = PHOTO, 128
    image = refined(studio, replace(request_, labels=labels, start=start, photo=photo))
    assert not np.array_equal(image, start)
    assert np.abs(to_lab(image[:32]).mean((0, 1)) - tint_of(RED)).max() < 8
    table = network_table(FOLDER, read_pack(FOLDER), beside(FOLDER))
    assert table.numbers[PHOTO] == table.numbers[KEEP] == 0
