"""``daub --demo``: a recorded doodle, painted stroke by stroke through the real window.

Canvas, worker thread and generator are those of the application; only the hand is a recording and
the screen is Qt's offscreen platform, so that it runs on a machine without a display.
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
"""Milliseconds between two pointer events, as from a common mouse."""

PAUSE = 120
"""Milliseconds between two strokes: the hand moves on."""

DEMO = "the demo"
"""What its pictures say that they show."""

FILMS = {".webp": "WEBP", ".gif": "GIF"}

FRAME_EVERY = 4
"""Pointer events between two frames of the animation."""


@dataclass(frozen=True)
class Stroke:
    """One drag: tool, material and size are chosen, then the pointer follows ``points``."""

    tool: str
    material: int
    size: int
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Recording:
    """A doodle as it was painted."""

    title: str
    width: int
    height: int
    style: str
    seed: int
    strokes: tuple[Stroke, ...]


@dataclass(frozen=True)
class Result:
    """What a replay produced: files, latencies in milliseconds, and how long it took."""

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
    """Paint the recording; yields after every pointer event."""
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
    """What ``run`` writes into a folder: the painting, and a picture of the window."""
    return folder / "demo-painting.png", folder / "demo-window.png"


def run(folder: Path, animation: Path | None = None, recording: Recording | None = None) -> Result:
    """Replay, write painting and screenshot into ``folder``, and the animation if one is wanted."""
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
    """The result in a few lines for the terminal."""
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
    """Make the output folder. Raises EngineError when that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EngineError(f"{folder} cannot be made: {error.strerror}.") from error


def check_film(path: Path) -> None:
    """Raise EngineError for a name that is neither a WebP's nor a GIF's."""
    if path.suffix.lower() not in FILMS:
        raise EngineError(f"{path} cannot be written: end a film in {' or '.join(FILMS)}.")


def save_film(frames: Sequence[Image.Image], path: Path) -> None:
    """Write the frames as an animated WebP or GIF that rests on the last one."""
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
