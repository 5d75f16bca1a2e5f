"""Tests of the quality figures on pictures for which the result is known."""

import math
import tomllib

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from engine.descriptors.descriptor import Descriptor, load_descriptor
from engine.doodle.generator import Generator
from engine.losses.style import style_targets
from engine.packs import quality
from engine.packs.quality import FIGURES, Judge, highest_repeat, structure_correlation
from engine.packs.style_pack import read_generator, read_pack, read_targets
from engine.packs.targets import SCALES
from tests.conftest import pruned_weights

COLOURS = np.array([(60, 90, 180), (230, 200, 80), (80, 60, 120)])


@pytest.fixture
def descriptor(tmp_path) -> Descriptor:
    save_file(pruned_weights(), tmp_path / "d.safetensors")
    return load_descriptor(tmp_path / "d.safetensors")


def noise(side: int = 512, blur: float = 2, seed: int = 0) -> np.ndarray:
    white = np.random.default_rng(seed).standard_normal((side, side)).astype(np.float32)
    wrapped = np.pad(white, 32, "wrap")
    return cv2.GaussianBlur(wrapped, (0, 0), blur)[32:-32, 32:-32] * 50


def test_noise_does_not_repeat():
    assert highest_repeat(noise()) < 0.05


@pytest.mark.parametrize("share", [0.3, 0.5, 1.0])
def test_a_shifted_copy_is_found(share):
    """n + c n' has the autocorrelation c / (1 + c^2) at the shift between n and n'."""
    copied = noise() + share * np.roll(noise(), (40, 100), (0, 1))
    assert highest_repeat(copied) == pytest.approx(share / (1 + share**2), abs=0.03)


@pytest.mark.parametrize("period", [32, 64, 128])
def test_tiles_are_nothing_but_repeats(period):
    assert highest_repeat(np.tile(noise(period), (512 // period,) * 2)) == pytest.approx(1)


def test_long_strokes_are_no_repeat():
    """Over 64 pixels a stroke resembles itself, less and less; that is not a peak."""
    strokes = cv2.blur(np.pad(noise(), 64, "wrap"), (64, 1))[64:-64, 64:-64]
    spectrum = np.abs(np.fft.fft2(strokes - strokes.mean())) ** 2
    correlation = np.fft.ifft2(spectrum).real
    assert correlation[0, 24] > 0.5 * correlation[0, 0]
    assert highest_repeat(strokes) < 0.3


def test_structure_is_what_strokes_make_up():
    structure = 100 * noise(256, blur=30)
    fine = [structure + noise(256, 1, seed) for seed in (1, 2)]
    assert structure_correlation(*fine) > 0.9
    assert structure_correlation(noise(256, 2, 1), noise(256, 2, 2)) < 0.3


def drawn(draw) -> np.ndarray:
    doodle = np.zeros((quality.CANVAS, quality.CANVAS), np.uint8)
    draw(doodle, 1)
    return doodle


def test_shapes_are_as_small_and_thin_as_they_say():
    discs, bars = drawn(quality._discs), drawn(quality._bars)
    count, _, areas, _ = cv2.connectedComponentsWithStats(discs)
    assert count == 1 + 16
    assert areas[1:, cv2.CC_STAT_AREA] / discs.size == pytest.approx(quality.SMALL, rel=0.05)
    count, _, areas, _ = cv2.connectedComponentsWithStats(bars)
    sides = areas[1:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]]
    assert count > 10
    assert (sides.min(1) == quality.THIN).all()
    assert len(set((areas[1:, cv2.CC_STAT_TOP] % 16).tolist())) > 5


def textured(labels: np.ndarray, seed: int, blend: int = 1) -> np.ndarray:
    """Paint every region in its colour with its own grain; they blend over ``blend`` pixels."""
    rng = np.random.default_rng(seed)
    pixels = np.zeros((*labels.shape, 3))
    for region, colour in enumerate(COLOURS):
        grain = cv2.blur(rng.normal(0, 90, labels.shape), (region + 1, region + 1))
        share = cv2.blur((labels == region).astype(float), (blend, blend))
        pixels += share[..., None] * (colour + grain[..., None])
    return pixels.clip(0, 255).astype(np.uint8)


def judge_of(descriptor: Descriptor, monkeypatch, blend: int) -> Judge:
    """Return a judge of a painter that blends regions, with the targets of one that does not."""
    painting = textured(np.repeat(np.arange(3), 256)[None].repeat(512, 0), 99)
    picture = torch.from_numpy(painting).permute(2, 0, 1)[None].float() / 255
    masks = torch.eye(3).repeat_interleave(256, 1)[None, :, None].expand(1, 3, 512, 768)
    targets = []
    for layers in SCALES:
        levels = descriptor.mask_levels(masks, layers)
        targets.append(style_targets(descriptor(picture, layers), levels, 3))
        picture, masks = (torch.nn.functional.avg_pool2d(x, 2) for x in (picture, masks))

    def paint(model, labels, table, seed, window):
        return textured(labels, seed, blend)

    monkeypatch.setattr(quality, "paint", paint)
    return Judge(Generator(), descriptor, targets, 3)


def judged(descriptor: Descriptor, monkeypatch, blend: int) -> tuple[float, float]:
    """Small and thin."""
    judge = judge_of(descriptor, monkeypatch, blend)
    return judge.worse_by(quality._discs), judge.worse_by(quality._bars)


def test_borders_do_not_count_as_distance(descriptor, monkeypatch):
    """A painter that ignores borders is close in narrow stripes too, where deep layers see two."""
    judge = judge_of(descriptor, monkeypatch, 1)
    numbers = np.arange(3, dtype=np.uint8)
    found = []
    for width in (176, 16):
        stripes = np.tile(np.repeat(numbers, width), 512)[: quality.CANVAS]
        doodles = np.broadcast_to(stripes, (2, quality.CANVAS, quality.CANVAS)).copy()
        monkeypatch.setattr(quality, "doodle_bank", lambda *_, seen=doodles: seen)
        found.append(judge.distance())
    assert found[1] < found[0] + 1.5


def test_a_generator_independent_of_size_has_ratios_of_one(descriptor, monkeypatch):
    assert judged(descriptor, monkeypatch, 1) == pytest.approx((1, 1), abs=0.1)


def test_fading_thin_shapes_are_noticed(descriptor, monkeypatch):
    small, thin = judged(descriptor, monkeypatch, 9)
    assert thin > small
    assert thin > FIGURES["thin"].most


@pytest.fixture
def _small_sizes(monkeypatch):
    monkeypatch.setattr(quality, "CANVAS", 128)
    monkeypatch.setattr(quality, "PERIOD", 256)
    monkeypatch.setattr(quality, "VISIBLE", 0.0)


@pytest.mark.usefixtures("_small_sizes")
def test_a_pack_has_the_same_figures_every_time(refinable_pack):
    judge = load_descriptor(refinable_pack.parent / "descriptor.safetensors")
    measured = quality.measure(refinable_pack, judge)
    again = quality.measure(refinable_pack, judge)
    figures = vars(measured)
    assert figures.pop("strokes") is None  # the pack has no painting
    assert {name: vars(again)[name] for name in figures} == pytest.approx(figures, rel=1e-3)
    assert all(map(math.isfinite, figures.values()))
    quality.write(refinable_pack, measured)
    assert read_pack(refinable_pack).quality["thin"] == round(measured.thin, 3)
    assert list(read_pack(refinable_pack).quality) == [n for n in FIGURES if n != "strokes"]
    assert "generator" in tomllib.loads((refinable_pack / "style.toml").read_text())


@pytest.mark.usefixtures("_small_sizes")
def test_the_order_of_targets_does_not_matter(refinable_pack):
    """Positions are sampled randomly, and a file's tensors come in any order."""
    judge = load_descriptor(refinable_pack.parent / "descriptor.safetensors")
    pack = read_pack(refinable_pack)
    targets = read_targets(refinable_pack, pack, judge)
    backwards = [dict(sorted(styles.items(), reverse=True)) for styles in targets]
    model = read_generator(refinable_pack, pack)
    first, second = (Judge(model, judge, them, 4).distance() for them in (targets, backwards))
    assert first == pytest.approx(second, abs=1e-5)


def test_flat_fills_neither_repeat_nor_differ(descriptor, monkeypatch):
    flat = Judge(Generator(), descriptor, [], 2)
    monkeypatch.setattr(quality, "PERIOD", 64)
    monkeypatch.setattr(quality, "paint", lambda *_: np.full((64, 64, 3), 9, np.uint8))
    monkeypatch.setattr(quality, "CANVAS", 64)
    assert (flat.repeat(), flat.diversity()) == (1, 0)
