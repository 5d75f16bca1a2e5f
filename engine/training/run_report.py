"""What a run shows of itself while it trains: a curve of its losses and a sheet of pictures."""

from pathlib import Path

import numpy as np
from PIL import Image

from engine.doodle.generator import Generator, paint
from engine.packs.random_doodles import HELD_OUT, doodle_bank
from engine.sheet import contact_sheet
from engine.tiles import Window


def plot_losses(table: Path, picture: Path) -> bool:
    """Draw the loss over the steps; False when matplotlib (extra ``train``) is not installed."""
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        return False
    steps, losses = np.loadtxt(table, delimiter=",", usecols=(0, 1), ndmin=2, skiprows=1).T
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.add_subplot(xlabel="step", ylabel="mean log distance")
    axes.plot(steps, losses, linewidth=0.4, alpha=0.5)
    width = max(1, len(losses) // 50)
    axes.plot(steps[width - 1 :], np.convolve(losses, np.ones(width) / width, "valid"))
    figure.savefig(picture, dpi=100)
    return True


def held_out_sheet(model: Generator, regions: int, size: int = 512, count: int = 6) -> Image.Image:
    """Held-out doodles painted by the exported network, three beside each other."""
    bank = doodle_bank(HELD_OUT, count, size, regions)
    table, window = np.arange(256, dtype=np.uint8), Window(0, 0, size, size)
    painted = [paint(model, doodle, table, i, window) for i, doodle in enumerate(bank)]
    return Image.fromarray(contact_sheet(painted, columns=3, width=size))
