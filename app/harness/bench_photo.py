"""``daub bench photo``: measure the painting of photos, compared with a plain architecture."""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from app.harness.bench import Figure
from app.harness.bench_refine import figures_of
from engine.benchmarks import photo as photo_benchmark
from engine.benchmarks.photo import Rivals, seconds_of
from engine.photo.stylizer import WEIGHTS
from engine.studio import Studio, open_image, save_picture

WIDTH, HEIGHT = 1920, 1080
LARGE = 4000, 3000
RIVAL_RUNS = 3
METHODS = ("network", "strokes")
MEGAPIXEL = 1152, 864
RACE_SIZE = 512, 384
EVALUATIONS = 300
"""Evaluations of L-BFGS from the photo, as in torch's tutorial of Gatys et al."""

RACE_PHOTO = Path(__file__).parents[2] / "docs/photos/astronaut.jpg"


def measure(style: str, runs: int, race: bool, say: Callable[[str], None]) -> list[Figure]:
    """Measure all figures; ``say`` is called with the name of each measurement.

    ``race``: also compare Refine with L-BFGS.
    """
    say(f"a photo of {WIDTH} x {HEIGHT}, also with the plain architecture")
    figures = rival_figures(runs)
    with tempfile.TemporaryDirectory(prefix="daub-") as folder:
        photo = Path(folder) / "photo.jpg"
        save_picture(photo, photo_benchmark.picture(*LARGE))
        say("the first picture of a dropped photo")
        for by in METHODS:
            figures += first_figures(photo, runs, by)
        say("whole photos with strokes")
        figures += stroke_figures(runs)
        for by in METHODS:
            say(f"the memory of an export by {by}")
            figures += memory_figures(photo, by)
    text = "weights of the photo network, all styles"
    figures.append(Figure("weights", text, WEIGHTS.stat().st_size / 1e6, "MB", 1, 4))
    if race:
        say(f"{EVALUATIONS} evaluations of L-BFGS from a photo, then Refine")
        figures += race_figures(style)
    return figures


def rival_figures(runs: int) -> list[Figure]:
    """Measure whole photos including their statistics; the ratios compare CPU time."""
    rivals, size = Rivals(WIDTH, HEIGHT), f"{WIDTH} x {HEIGHT}"
    usual = seconds_of(rivals.paint, runs)
    finest = seconds_of(lambda: rivals.paint(rivals.finest), runs)
    few = min(runs, RIVAL_RUNS)
    rival = seconds_of(rivals.paint_plainly, few)
    ratio, finest_ratio = (rival.processor / own.processor for own in (usual, finest))
    return [
        Figure("photo", f"a photo of {size}, median", usual.wall, "s", runs, 1),
        Figure("work", "CPU time of a photo, median", usual.processor, "s", runs),
        Figure("finest", "CPU time with every pixel painted", finest.processor, "s", runs),
        Figure("rival", "CPU time of the plain architecture", rival.processor, "s", few),
        Figure("ratio", "plain architecture / photo", ratio, "", few),
        Figure("finest_ratio", "plain architecture / every pixel painted", finest_ratio, "", few),
    ]


def first_figures(photo: Path, runs: int, by: str) -> list[Figure]:
    """Measure the time from the file of a large photo to its first picture."""
    times = photo_benchmark.first_picture(photo, runs, by)
    text = f"a JPEG of {LARGE[0]} x {LARGE[1]} to its first picture by {by}"
    return [
        Figure(f"first_{by}", f"{text}, median", 1000 * times.wall, "ms", runs, 300),
        Figure(f"first_work_{by}", "CPU time of that", 1000 * times.processor, "ms", runs),
    ]


def stroke_figures(runs: int) -> list[Figure]:
    """Measure whole photos with strokes, of one megapixel and of twelve."""
    one = photo_benchmark.whole_by_strokes(*MEGAPIXEL, runs)
    few = min(runs, RIVAL_RUNS)
    large = photo_benchmark.whole_by_strokes(*LARGE, few)
    text = "with strokes, median"
    return [
        Figure("strokes", f"{MEGAPIXEL[0]} x {MEGAPIXEL[1]} {text}", one.wall, "s", runs, 1.5),
        Figure("strokes_large", f"{LARGE[0]} x {LARGE[1]} {text}", large.wall, "s", few, 40),
    ]


def memory_figures(photo: Path, by: str) -> list[Figure]:
    """Measure the peak memory of a process that paints a large photo into a file."""
    code = "import sys; from pathlib import Path; from engine.benchmarks.photo import peak_memory; "
    code += "print(peak_memory(*map(Path, sys.argv[1:3]), sys.argv[3]))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(photo), str(photo.with_name(f"{by}.png")), by],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    text = f"memory of painting {LARGE[0]} x {LARGE[1]} into a file by {by}"
    most = 1024 if by == "network" else 1536
    return [Figure(f"memory_{by}", text, float(done.stdout), "MiB", 1, most)]


def race_figures(style: str) -> list[Figure]:
    """Compare Refine with Gatys et al. 2016 on one photo: time to the same loss.

    Raises EngineError.
    """
    photo = _cut(open_image(RACE_PHOTO), RACE_SIZE)
    course = photo_benchmark.photo_course(Studio("cpu"), style, photo, "best")
    found = figures_of(course.race(EVALUATIONS), f"{EVALUATIONS} evaluations from the photo")
    return [replace(figure, id=f"race_{figure.id}") for figure in found]


def _cut(photo: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Crop the middle of a photo, (h, w, 3) uint8, and scale it to ``size``, width and height."""
    (height, width), (across, down) = photo.shape[:2], size
    scale = min(height / down, width / across)
    rows, columns = round(down * scale), round(across * scale)
    top, left = (height - rows) // 2, (width - columns) // 2
    part = np.ascontiguousarray(photo[top : top + rows, left : left + columns])
    return cv2.resize(part, size, interpolation=cv2.INTER_CUBIC)
