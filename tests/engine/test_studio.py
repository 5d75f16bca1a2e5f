"""Tests of the facade: a preview repaints exactly what the whole picture would show."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import EngineError
from engine.packs.random_doodles import random_doodle
from engine.studio import EnlargedLabels, PaintedBy, PreviewRequest, StrokeRequest, Studio
from engine.tiles import Window
from resources.materials import materials
from tests.support.directions import some_directions


@pytest.fixture
def studio(tiny_pack):
    return Studio(device="cpu", precision="fp32", folders=[tiny_pack.parent])


def doodle(seed, width=300, height=220):
    labels = random_doodle(np.random.default_rng(seed), max(width, height), 6)
    return labels[:height, :width].copy()


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    left=st.integers(-20, 290),
    top=st.integers(-20, 210),
    side=st.integers(1, 120),
    seed=st.integers(0, 99),
)
def test_a_preview_repaints_all_that_changed(studio, left, top, side, seed):
    labels = doodle(seed)
    painting = studio.render(labels, "tiny", seed)
    dirty = (left, top, left + side, top + side)
    labels[max(top, 0) : max(top + side, 0), max(left, 0) : max(left + side, 0)] = 4
    patch = studio.preview(PreviewRequest(1, "tiny", labels, seed, dirty))
    x0, y0, x1, y1 = patch.rect
    painting[y0:y1, x0:x1] = patch.pixels
    assert np.array_equal(painting, studio.render(labels, "tiny", seed))


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    left=st.integers(0, 70), top=st.integers(0, 50), side=st.integers(1, 30),
    seed=st.integers(0, 99),
)  # fmt: skip
def test_a_preview_repaints_all_that_directions_change(studio, left, top, side, seed):
    labels, directions = doodle(seed), some_directions(seed, 55, 75)
    painting = studio.render(labels, "tiny", seed, directions=directions)
    directions = directions.copy()
    directions[top : top + side, left : left + side] ^= 127
    dirty = tuple(4 * edge for edge in (left, top, left + side, top + side))
    request = PreviewRequest(1, "tiny", labels, seed, dirty, directions=directions)
    patch = studio.preview(request)
    x0, y0, x1, y1 = patch.rect
    changed = painting.copy()
    changed[y0:y1, x0:x1] = patch.pixels
    assert np.array_equal(changed, studio.render(labels, "tiny", seed, directions=directions))
    assert not np.array_equal(changed, painting)


def test_an_enlarged_picture_follows_enlarged_directions():
    labels, small = doodle(3, 37, 26), some_directions(3, 7, 10)
    large = EnlargedLabels(labels, 3, small)
    around = Window(-9, -8, 41, 30)
    whole = large.directions_in(around)
    assert whole.shape == (38, 50, 2)
    inside = whole[Window(0, 0, 30, 21).within(around)]
    assert np.array_equal(inside[::3, ::3], small)
    assert np.array_equal(inside[2::3, 2::3], small)
    assert (whole[:8] == whole[8]).all()
    part = Window(-2, 4, 7, 11)
    assert np.array_equal(large.directions_in(part), whole[part.within(around)])
    assert EnlargedLabels(labels, 3).directions_in(part) is None


def test_directions_of_another_size_get_a_sentence(studio):
    labels = doodle(3, 64, 48)
    for wrong in (np.zeros((12, 16), np.uint8), np.zeros((48, 64, 2), np.uint8)):
        with pytest.raises(EngineError, match="needs 16 x 12 directions"):
            studio.render(labels, "tiny", directions=wrong)
    tile = StrokeRequest(labels, "tiny", repeats=True, directions=np.zeros((12, 16, 2), np.uint8))
    with pytest.raises(EngineError, match="cannot follow directions"):
        studio.strokes(tile)


def test_steps_cover_the_canvas_focus_first(studio):
    labels = doodle(1, 700, 600)
    request = PreviewRequest(3, "tiny", labels, 5, None, focus=(600, 500, 700, 600))
    count, painting = np.zeros((600, 700), int), np.zeros((600, 700, 3), np.uint8)
    patches = list(studio.preview_steps(request))
    for patch in patches:
        left, top, right, bottom = patch.rect
        count[top:bottom, left:right] += 1
        painting[top:bottom, left:right] = patch.pixels
    assert (count == 1).all()
    assert patches[0].rect[2:] == (700, 600)
    assert all(patch.serial == 3 for patch in patches)
    assert np.array_equal(painting, studio.preview(request).pixels)


def test_steps_leave_out_what_is_done(studio):
    request = PreviewRequest(3, "tiny", doodle(1, 700, 600), 5, None)
    first, *rest = studio.preview_steps(request)
    left = list(studio.preview_steps(replace(request, done=frozenset({first.rect}))))
    assert [patch.rect for patch in left] == [patch.rect for patch in rest]
    assert all(np.array_equal(one.pixels, two.pixels) for one, two in zip(left, rest, strict=True))


def test_patches_are_read_only(studio):
    patch = studio.preview(PreviewRequest(1, "tiny", doodle(0, 50, 40), 0, None))
    assert not patch.pixels.flags.writeable


def test_seeds_give_other_pictures_and_the_same_seed_the_same(studio):
    labels = doodle(2, 120, 90)
    first = studio.render(labels, "tiny", 1)
    assert np.array_equal(first, studio.render(labels, "tiny", 1))
    assert not np.array_equal(first, studio.render(labels, "tiny", 2))


def test_a_larger_scale_is_painted_not_resized(studio):
    large = studio.render(doodle(3, 60, 40), "tiny", 0, scale=3)
    assert large.shape == (120, 180, 3)


@pytest.mark.parametrize("scale", [0, -1, 10_000])
def test_an_impossible_scale_gets_a_sentence(studio, scale):
    with pytest.raises(EngineError, match="cannot be painted"):
        studio.render(doodle(0, 8, 8), "tiny", 0, scale=scale)


def test_broken_packs_are_listed_with_their_reason(studio, tiny_pack):
    broken = tiny_pack.parent / "broken"
    broken.mkdir()
    (broken / "style.toml").write_text("format = 1")
    problems = {style.id: style.problem for style in studio.styles()}
    assert problems["tiny"] is None
    assert "style.toml" in problems["broken"]
    with pytest.raises(EngineError, match="broken"):
        studio.load_style("broken")
    with pytest.raises(EngineError, match="no style nowhere"):
        studio.load_style("nowhere")


def test_a_style_says_what_serves_a_material(studio):
    assert studio.load_style("tiny").served["rock"] == "mountain"
    assert "CPU, fp32" in studio.device_text


def test_a_meaning_paints_a_material_by_another_region_of_the_painting(studio):
    labels = doodle(4)
    labels[:110] = 3
    style = studio.load_style("tiny")
    region = next(iter(style.regions))
    first = style.regions[region][0]
    as_first = np.where(labels == 3, materials()[0].id, labels).astype(np.uint8)
    assert first == materials()[0].key

    def painted(labels, by=None):
        meanings = {} if by is None else {3: by}
        return studio.preview(PreviewRequest(0, "tiny", labels, 1, None, meanings=meanings)).pixels

    meant = painted(labels, PaintedBy("tiny", region))
    assert np.array_equal(meant, painted(as_first))
    assert not np.array_equal(meant, painted(labels))
    for unknown in (PaintedBy("tiny", "jelly"), PaintedBy("other", region)):
        assert np.array_equal(painted(labels, unknown), painted(labels))


def test_a_studio_moves_and_stays_where_it_is_without_a_gpu(tiny_pack, monkeypatch):
    studio, threads = Studio("cpu", "fp32", [tiny_pack.parent]), torch.get_num_threads()
    try:
        studio.configure("cpu", "bf16", 1)
        assert studio.device_text == "CPU, bf16, 1 thread"
        labels = np.zeros((40, 40), np.uint8)
        assert studio.render(labels, "tiny").shape == (40, 40, 3)
        monkeypatch.setattr("engine.device.available", lambda: ["cpu"])
        with pytest.raises(EngineError, match="no GPU"):
            studio.configure("cuda", "fp32", 1)
        assert studio.device_text == "CPU, bf16, 1 thread"
        studio.configure("cpu", "fp32", 0)
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(threads)
