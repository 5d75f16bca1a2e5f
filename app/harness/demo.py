"""``daub --demo``: replay a recorded doodle stroke by stroke in the real window.

Canvas, worker thread and generator are those of the application. The pointer events are recorded,
and Qt's offscreen platform is used, so that no display is needed.
"""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image

import resources
from app.harness.headless import HeadlessWindow
from engine.studio import EngineError, save_picture, to_look_at
from resources.files import replacing
from resources.materials import materials

MOVE_EVERY = 8
"""Milliseconds between two pointer events, as of a common mouse."""

PAUSE = 120
"""Milliseconds between two strokes."""

DEMO = "the demo"
"""Description in the metadata of its pictures."""

FILMS = {".webp": "WEBP", ".gif": "GIF"}

FRAME_EVERY = 4
"""Pointer events between two frames of the animation."""


@dataclass(frozen=True)
class Stroke:
    """One drag along ``points`` (canvas pixels) with a tool, material id and brush size."""

    tool: str
    material: int
    size: int
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Recording:
    """A recorded doodle: title, canvas size, style id, seed and strokes."""

    title: str
    width: int
    height: int
    style: str
    seed: int
    strokes: tuple[Stroke, ...]


@dataclass(frozen=True)
class Result:
    """Result of a replay: output files, device, latencies in ms and total seconds."""

    painting: Path
    window: Path
    device: str
    latencies: tuple[float, ...]
    seconds: float


def load_recording(path: Path) -> Recording:
    """Read a recording. Raises EngineError when it is not one."""
    ids = {material.key: material.id for material in materials()}
    try:
        data = json.loads(path.read_text("utf-8"))
        strokes = tuple(
            Stroke(
                stroke["tool"],
                ids[stroke["material"]],
                stroke["size"],
                tuple((float(x), float(y)) for x, y in stroke["points"]),
            )
            for stroke in data.pop("strokes")
        )
        return Recording(**data, strokes=strokes)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise EngineError(f"{path} is not a recorded doodle: {error}.") from error


def replay(stage: HeadlessWindow, recording: Recording) -> Iterator[None]:
    """Paint the recording; yield after every pointer event."""
    for stroke in recording.strokes:
        stage.choose(stroke.tool, stroke.material, stroke.size)
        stage.press(*stroke.points[0])
        for point in stroke.points[1:]:
            stage.wait(MOVE_EVERY)
            stage.move(*point)
            yield
        stage.release(*stroke.points[-1])
        stage.wait(PAUSE)
        yield


def files(folder: Path) -> tuple[Path, Path]:
    """Return the output files of ``run``: the painting and the screenshot of the window."""
    return folder / "demo-painting.png", folder / "demo-window.png"


def run(folder: Path, animation: Path | None = None, recording: Recording | None = None) -> Result:
    """Replay a recording; write painting and screenshot to ``folder``, and the animation."""
    if recording is None:
        recording = load_recording(resources.path("demo_doodle.json"))
    make_folder(folder)
    painting, window = files(folder)
    with HeadlessWindow(
        recording.width, recording.height, recording.style, recording.seed
    ) as stage:
        stage.clear()
        film: list[Image.Image] = []
        began = time.perf_counter()
        for event, _ in enumerate(replay(stage, recording)):
            if animation is not None and event % FRAME_EVERY == 0:
                film.append(Image.fromarray(stage.screenshot()).reduce(2))
        stage.settle()
        seconds = time.perf_counter() - began
        stage.leave()
        last = stage.screenshot()
        stage.export(painting)
        save_picture(window, last, to_look_at(DEMO))
        if animation is not None:
            save_film([*film, Image.fromarray(last).reduce(2)], animation)
        return Result(painting, window, stage.device, stage.latencies(), seconds)


def report(result: Result) -> str:
    """Return a summary of the result for the terminal."""
    median, p95 = np.percentile(result.latencies, [50, 95])
    count = len(result.latencies)
    return "\n".join(
        (
            f"painted in {result.seconds:.1f} s on {result.device}",
            f"dab to pixels: median {median:.0f} ms, p95 {p95:.0f} ms ({count} dabs)",
            f"painting: {result.painting}",
            f"window: {result.window}",
        )
    )


def make_folder(folder: Path) -> None:
    """Create the output folder. Raises EngineError on failure."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EngineError(f"{folder} cannot be created: {error.strerror}.") from error


def check_film(path: Path) -> None:
    """Raise EngineError if the suffix is neither .webp nor .gif."""
    if path.suffix.lower() not in FILMS:
        raise EngineError(f"{path} cannot be written: use the suffix {' or '.join(FILMS)}.")


def save_film(frames: Sequence[Image.Image], path: Path) -> None:
    """Write the frames as an animated WebP or GIF that pauses on the last one."""
    durations = [50] * (len(frames) - 1) + [2500]
    exif, said = Image.Exif(), to_look_at(DEMO).sentence
    exif[ExifTags.Base.ImageDescription] = said
    told = {"exif": exif} if path.suffix.lower() == ".webp" else {"comment": said}
    try:
        with replacing(path) as file:
            frames[0].save(
                file, FILMS[path.suffix.lower()], save_all=True, append_images=frames[1:],
                duration=durations, loop=0, quality=70, **told,
            )  # fmt: skip
    except (OSError, ValueError) as error:
        raise EngineError(f"{path} cannot be written: {error}.") from error
