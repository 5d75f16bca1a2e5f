"""The photo network: mixtures of styles, folded statistics, tiles, and its file."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from engine.errors import EngineError
from engine.photo.stylizer import (
    GRID,
    REACH,
    Frozen,
    Stylizer,
    _InstanceNorm,
    load_stylizer,
    save_stylizer,
    stylize,
    stylizer_noise,
)
from tests.conftest import random_stylizer

WIDTH, HEIGHT = 320, 256


@pytest.fixture(scope="module")
def model() -> Stylizer:
    return random_stylizer().eval().requires_grad_(False)


@pytest.fixture(scope="module")
def photo() -> Tensor:
    return torch.rand(1, 3, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(4))


def noise(seed: int = 1, left: int = 0, top: int = 0, width: int = WIDTH, height: int = HEIGHT):
    return [part.float() for part in stylizer_noise(seed, left, top, width, height)]


def frozen(model: Stylizer, photo: Tensor, *look: object, seed: int = 1) -> Frozen:
    return model.freeze(photo, model.condition(*look), noise(seed))  # type: ignore[arg-type]


def test_instance_norm_has_the_gradient_of_its_formula() -> None:
    shapes = ((2, 3, 5, 4), (2, 3, 1, 1), (2, 3, 1, 1))
    values = [torch.randn(shape, dtype=torch.double, requires_grad=True) for shape in shapes]
    assert torch.autograd.gradcheck(_InstanceNorm.apply, values)


def test_folded_statistics_paint_what_training_saw(model: Stylizer, photo: Tensor) -> None:
    condition = model.condition("wave", 0.7, "night", 0.2)
    own = model(photo, condition, noise()).clamp(0, 1)
    assert (
        own - stylize(photo, noise(), model.freeze(photo, condition, noise()))
    ).abs().max() < 1e-4


def test_no_strength_is_the_photo_itself(model: Stylizer, photo: Tensor) -> None:
    assert torch.equal(stylize(photo, noise(), frozen(model, photo, "wave", 0.0)), photo)


def test_more_strength_leads_further_from_the_photo(model: Stylizer, photo: Tensor) -> None:
    far = [
        (stylize(photo, noise(), frozen(model, photo, "wave", s)) - photo).abs().mean()
        for s in (0.0, 0.1, 0.3, 0.6)
    ]
    assert far == sorted(far)
    assert far[1] < far[3]


def test_a_blend_begins_and_ends_with_its_two_styles(model: Stylizer, photo: Tensor) -> None:
    first, second = model.condition("wave"), model.condition("night")
    assert torch.equal(model.condition("wave", 1.0, "night", 0.0), first)
    assert torch.equal(model.condition("wave", 1.0, "night", 1.0), second)
    middle = model.condition("wave", 1.0, "night", 0.5)
    assert torch.equal(middle, (first + second) / 2)
    assert not torch.equal(
        stylize(photo, noise(), frozen(model, photo, "wave")),
        stylize(photo, noise(), frozen(model, photo, "night")),
    )


def test_another_seed_paints_another_picture(model: Stylizer, photo: Tensor) -> None:
    look = frozen(model, photo, "wave")
    assert not torch.equal(stylize(photo, noise(1), look), stylize(photo, noise(2), look))


@settings(max_examples=12, deadline=None)
@given(
    left=st.integers(0, WIDTH // GRID - 2),
    top=st.integers(0, HEIGHT // GRID - 2),
    width=st.integers(1, 12),
    height=st.integers(1, 12),
)
def test_a_window_with_its_surroundings_is_painted_as_in_the_whole(
    model: Stylizer, photo: Tensor, left: int, top: int, width: int, height: int
) -> None:
    look = frozen(model, photo, "night")
    whole = stylize(photo, noise(), look)
    x, y = left * GRID, top * GRID
    right, bottom = min(x + width * GRID, WIDTH), min(y + height * GRID, HEIGHT)
    far_x, far_y = max(0, x - REACH), max(0, y - REACH)
    end_x, end_y = min(WIDTH, right + REACH), min(HEIGHT, bottom + REACH)
    part = photo[..., far_y:end_y, far_x:end_x]
    painted = stylize(part, noise(1, far_x, far_y, end_x - far_x, end_y - far_y), look)
    inside = painted[..., y - far_y : bottom - far_y, x - far_x : right - far_x]
    assert (inside - whole[..., y:bottom, x:right]).abs().max() < 1e-5


def test_half_precision_paints_nearly_the_same(model: Stylizer, photo: Tensor) -> None:
    look = frozen(model, photo, "wave")
    half = stylize(photo, noise(), look.to("cpu", torch.bfloat16))
    assert (half - stylize(photo, noise(), look)).abs().mean() < 0.02


def test_a_style_it_has_not_learnt_is_one_sentence(model: Stylizer) -> None:
    with pytest.raises(EngineError, match="has not learnt the style sunflowers"):
        model.condition("sunflowers")


def test_weights_come_back_from_their_file(model: Stylizer, tmp_path) -> None:
    save_stylizer(model, tmp_path / "net.safetensors")
    again = load_stylizer(tmp_path / "net.safetensors")
    assert again.styles == model.styles
    assert torch.allclose(again.to_rgb.weight, model.to_rgb.weight, atol=1e-3)


def test_a_damaged_file_is_one_sentence_with_its_name(model: Stylizer, tmp_path) -> None:
    path = tmp_path / "net.safetensors"
    save_stylizer(model, path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(EngineError, match=r"net\.safetensors cannot be read as photo network"):
        load_stylizer(path)
