"""Tests of Refine with tiny networks and canvases: steps, selection, memory fallbacks."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from engine.descriptors.descriptor import load_descriptor
from engine.errors import EngineError
from engine.packs.style_pack import read_pack, read_targets, region_table
from engine.refine import run as refining
from engine.refine.request import RefineRequest, RefineStep
from engine.refine.run import refine
from engine.studio import Studio

HEIGHT, WIDTH = 72, 96


@pytest.fixture
def inputs(refinable_pack):
    """Return descriptor, targets and table of the tiny pack."""
    descriptor = load_descriptor(refinable_pack.parent / "descriptor.safetensors")
    pack = read_pack(refinable_pack)
    return descriptor, read_targets(refinable_pack, pack, descriptor), region_table(pack)


@pytest.fixture
def request_():
    labels = np.zeros((HEIGHT, WIDTH), np.uint8)
    labels[40:] = 3
    start = np.random.default_rng(1).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)
    return RefineRequest(labels, "tiny", 5, start, quality="quick")


@pytest.fixture(autouse=True)
def few_steps(monkeypatch):
    """Use few steps, coarse and fine, with a picture for each."""
    monkeypatch.setitem(refining.QUALITIES, "quick", {1: 3, 0: 4})
    monkeypatch.setattr(refining, "SMALLEST", 24)
    monkeypatch.setattr(refining, "IMAGE_SECONDS", 0.0)


def pictures(steps) -> list[RefineStep]:
    return [step for step in steps if step.image is not None]


def ends_of(steps: list[RefineStep]) -> list[RefineStep]:
    """Return what was yielded at the end of every step, not between its tiles."""
    return [step for before, step in pairwise(steps) if step.i > before.i]


def test_it_goes_from_coarse_to_fine_and_the_loss_falls(request_, inputs):
    steps = list(refine(request_, *inputs))
    shown = pictures(steps)
    ends = ends_of(steps)
    assert [step.i for step in ends] == list(range(1, 8))
    assert {step.total for step in steps} == {7}
    assert [step.scale for step in ends] == [2, 2, 2, 1, 1, 1, 1]
    assert shown[-1] is steps[-1]
    assert ends[-1].loss < ends[3].loss
    assert len(steps) > 2 * len(shown)  # tiles in between, to serve others or stop
    image = shown[-1].image
    assert image.shape == (HEIGHT, WIDTH, 3)
    assert image.dtype == np.uint8
    assert not image.flags.writeable
    assert all(a.seconds <= b.seconds for a, b in pairwise(steps))


def test_only_what_is_better_than_the_start_of_a_stage_is_shown(request_, inputs, monkeypatch):
    monkeypatch.setitem(refining.QUALITIES, "quick", {0: 8})
    gentle = ends_of(list(refine(request_, *inputs)))
    assert gentle[1].loss < gentle[0].loss
    assert [step.i for step in gentle if step.image is not None] == [6, 7, 8]
    monkeypatch.setattr(refining, "RATE", 2.0)  # it only adds noise
    wild = ends_of(list(refine(request_, *inputs)))
    assert wild[1].loss > wild[0].loss
    assert [step.i for step in wild if step.image is not None] == [8]


@pytest.mark.parametrize("optimiser", ["adam", "lbfgs"])
@pytest.mark.parametrize("noise", [False, True])
def test_a_seed_fixes_the_picture(request_, inputs, optimiser, noise):
    request_ = replace(request_, optimiser=optimiser, start=None if noise else request_.start)
    first, again = (pictures(refine(request_, *inputs))[-1] for _ in range(2))
    assert np.array_equal(first.image, again.image)
    assert np.isfinite(first.loss)
    if noise:
        other = pictures(refine(replace(request_, seed=6), *inputs))[-1]
        assert not np.array_equal(first.image, other.image)


@pytest.mark.parametrize("kind", [np.bool_, np.uint8])
def test_outside_the_selection_nothing_changes(request_, inputs, kind):
    selection = np.zeros((HEIGHT, WIDTH), bool)
    selection[20:60, 30:70] = True
    mask = selection if kind is np.bool_ else selection.astype(np.uint8) * 255
    last = pictures(refine(replace(request_, selection=mask), *inputs))[-1].image
    assert np.array_equal(last[~selection], request_.start[~selection])
    assert not np.array_equal(last[selection], request_.start[selection])


def test_small_tiles_paint_the_same_picture(request_, inputs):
    whole, tiled = (pictures(refine(request_, *inputs, tile=t))[-1].image for t in (640, 32))
    assert np.abs(whole.astype(int) - tiled).max() <= 2


def drift(a: np.ndarray, b: np.ndarray) -> float:
    """Return the difference of the mean colours of 8 x 8 cells."""
    cells = (a.astype(float) - b).reshape(HEIGHT // 8, 8, WIDTH // 8, 8, 3).mean((1, 3))
    return float(np.abs(cells).mean())


def test_strength_holds_to_the_start(request_, inputs):
    weak, strong = (
        pictures(refine(replace(request_, strength=strength), *inputs))[-1].image
        for strength in (0.0, 1.0)
    )
    assert drift(weak, request_.start) < drift(strong, request_.start)


def test_fine_strokes_differ_and_bad_requests_are_rejected(request_, inputs):
    normal, fine = (
        pictures(refine(replace(request_, strokes=size), *inputs))[-1].image for size in (1.0, 0.5)
    )
    assert not np.array_equal(normal, fine)
    for bad in ({"strokes": 0.3}, {"device": "tpu"}):
        with pytest.raises(EngineError, match="no strokes"):
            refine(replace(request_, **bad), *inputs)


def test_between_is_called_within_tiles_and_may_stop_the_run(request_, inputs):
    calls: list[int] = []
    counts = [len(calls) for _ in refine(request_, *inputs, between=lambda: calls.append(1))]
    # Forwards and backwards through two convolutions and more, in each of 7 steps.
    assert len(calls) > 7 * 8
    assert max(b - a for a, b in pairwise(counts)) > 3

    class Stopped(Exception):
        pass

    for wanted in (1, len(calls) // 2, len(calls) - 1):
        left = iter(range(wanted))

        def stop(left=left) -> None:
            if next(left, None) is None:
                raise Stopped

        with pytest.raises(Stopped):
            list(refine(request_, *inputs, between=stop))


def test_share_grows_to_one(request_, inputs):
    shares = [step.share for step in refine(request_, *inputs)]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)
    assert shares[0] < 0.05


def test_detail_changes_the_weights_of_scales(request_, inputs):
    broad, fine = (
        pictures(refine(replace(request_, detail=detail), *inputs))[-1].image
        for detail in (0.0, 1.0)
    )
    assert not np.array_equal(broad, fine)


class Cramped(torch.nn.Module):
    """A descriptor that has no memory for crops above a size."""

    def __init__(self, inner, pixels):
        super().__init__()
        self.inner, self.pixels = inner, pixels

    def __getattr__(self, name):
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(self.inner, name)

    def forward(self, rgb, layers, between, half):
        if rgb.shape[-1] * rgb.shape[-2] > self.pixels:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return self.inner(rgb, layers, between, half)


def test_low_memory_means_smaller_tiles(request_, inputs, monkeypatch):
    monkeypatch.setattr(refining, "SMALLEST_TILE", 16)
    descriptor, targets, table = inputs
    cramped = Cramped(descriptor, HEIGHT * WIDTH - 1)
    steps = list(refine(request_, cramped, targets, table))
    notes = [step.note for step in steps if step.note]
    assert notes
    assert all("tiles of" in note for note in notes)
    whole = pictures(refine(request_, *inputs))[-1].image
    assert np.abs(steps[-1].image.astype(int) - whole).max() <= 2


def test_no_memory_at_all_is_one_sentence(request_, inputs):
    descriptor, targets, table = inputs
    with pytest.raises(EngineError, match="not enough memory"):
        list(refine(request_, Cramped(descriptor, 0), targets, table))


def test_other_failures_are_not_taken_for_low_memory(request_, inputs, monkeypatch):
    monkeypatch.setattr(refining, "_folded", lambda *_: (_ for _ in ()).throw(RuntimeError("no")))
    with pytest.raises(RuntimeError, match="no"):
        list(refine(request_, *inputs))


@pytest.mark.parametrize("phase", [(0, 0), (5, 0), (3, 7)])
def test_folding_is_the_adjoint_of_reflecting(phase):
    x, y = torch.rand(1, 3, 20, 30), torch.rand(1, 3, 20 + phase[0], 30 + phase[1])
    reflected = refining._reflected(x, phase)
    if any(phase):
        padding = (phase[1], 0, phase[0], 0)
        assert torch.equal(reflected, torch.nn.functional.pad(x, padding, mode="reflect"))
    expected = (reflected * y).sum()
    assert torch.allclose(expected, (x * refining._folded(y.clone(), phase)).sum())


BAD = {
    "too small": {"labels": np.zeros((8, 90), np.uint8), "start": None},
    "quality": {"quality": "superb"},
    "sgd": {"optimiser": "sgd"},
    "Strength": {"strength": 1.5},
    "start is": {"start": np.zeros((4, 4, 3), np.uint8)},
    "photo is": {"photo": np.zeros((4, 4, 3), np.uint8)},
    "content must": {"content": -0.1},
    "empty": {"selection": np.zeros((HEIGHT, WIDTH), bool)},
}


@pytest.mark.parametrize("words", BAD)
def test_a_bad_request_is_rejected_before_any_work(request_, inputs, words):
    with pytest.raises(EngineError, match=words):
        refine(replace(request_, **BAD[words]), *inputs)


@pytest.fixture
def studio(refinable_pack):
    folders = [refinable_pack.parent]
    weights = refinable_pack.parent / "descriptor.safetensors"
    return Studio(device="cpu", precision="fp32", folders=folders, descriptor=weights)


def test_the_studio_refines_and_makes_textures(request_, studio):
    assert pictures(studio.refine(request_))[-1].image.shape == (HEIGHT, WIDTH, 3)
    last = pictures(studio.texture("tiny", "tree", 64, seed=1, quality="quick"))[-1]
    assert last.image.shape == (64, 64, 3)
    # The tree part of the painting is dark green, and so is its texture.
    assert last.image.reshape(-1, 3).mean(0).argmax() == 1


def test_the_studio_names_what_is_wrong(request_, studio, tiny_pack):
    with pytest.raises(EngineError, match="no style"):
        studio.refine(replace(request_, style_id="none"))
    with pytest.raises(EngineError, match="no material jelly"):
        studio.texture("tiny", "jelly", 64)
    with pytest.raises(EngineError, match="1 to 16384 pixels"):
        studio.texture("tiny", "sky", 100_000)
