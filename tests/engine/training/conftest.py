"""What a training run needs, small enough for a test."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import save_file

from engine.image import save_png
from engine.packs.region_map import save_region_map
from tests.conftest import pruned_weights


@pytest.fixture
def training_files(tmp_path: Path) -> Path:
    """A painting of two halves (red stripes, blue noise), its region map and a descriptor."""
    rng = np.random.default_rng(0)
    painting = np.zeros((120, 160, 3), np.uint8)
    painting[:, :80, 0] = 120 + 100 * (np.arange(80) // 4 % 2)
    painting[:, 80:, 2] = rng.integers(60, 220, (120, 80))
    regions = np.zeros((120, 160), np.uint8)
    regions[:, 80:] = 1
    save_png(tmp_path / "painting.png", painting)
    save_region_map(tmp_path / "regions.png", regions, [(255, 0, 0), (0, 0, 255)], {})
    save_file(pruned_weights(), tmp_path / "descriptor.safetensors")
    return tmp_path
