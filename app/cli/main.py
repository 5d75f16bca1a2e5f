"""The command line: ``daub refine|texture|render|styles|train|targets|...``. Without Qt.

Errors that the user can correct, such as a wrong path or an unknown style, are printed here as one
sentence on stderr, with exit code 2. The engine is imported inside the commands, so that
``daub --help`` does not wait a second for torch.
"""

import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import TyperException

from app.cli import (
    animate,
    annotate,
    install_desktop,
    render,
    styles,
    stylize,
    training,
    video,
    weights,
)
from app.cli.options import (
    DEFAULT_STYLE,
    Labels,
    Out,
    Overwrite,
    Seed,
    Stroke,
    Style,
    check_free,
    provenance,
    told_doodle,
)
from app.cli.strokes import TextureBy, show_strokes
from app.cli.terminal import never_fail_at_output, progress_bar
from app.platform.arguments import opening
from app.platform.output_guard import check_output, check_sources
from engine.errors import EngineError
from resources.reading import Reading

if TYPE_CHECKING:
    import numpy as np

    from engine.studio import RefineRequest, RefineStep, Studio

_Picture = Annotated[
    Path, typer.Argument(help="Doodle, a PNG of material ids or in palette colours; or a photo.")
]
_Descriptor = Annotated[
    Path | None, typer.Option(help="Descriptor weights, instead of those included.")
]


commands = typer.Typer(
    name="daub",
    help="Paint a doodle of materials and see it as a painting while you draw.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
commands.add_typer(render.commands)
commands.add_typer(training.commands)
commands.add_typer(weights.commands)
commands.add_typer(annotate.commands)
commands.add_typer(styles.commands)
commands.add_typer(install_desktop.commands)
commands.add_typer(stylize.commands)
commands.add_typer(video.commands)
commands.add_typer(animate.commands)


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code; errors are printed as one sentence."""
    if arguments is None:
        never_fail_at_output()
    given = sys.argv[1:] if arguments is None else arguments
    try:
        return int(commands(opening(given), standalone_mode=False) or 0)
    except EngineError as error:
        return _fail(str(error))
    except TyperException as error:
        return _fail(f"{_sentence(error.format_message())} See daub --help.")
    except MemoryError:
        return _fail("There is not enough memory for a picture of this size.")
    except OSError as error:
        return _fail(_told(error))
    except typer.Abort:
        print("daub: stopped.", file=sys.stderr)
        return 130


def _fail(sentence: str) -> int:
    print(f"daub: {_sentence(sentence)}", file=sys.stderr)
    return 2


def _told(error: OSError) -> str:
    """Return an error sentence that names the file and is clearer than the system's message."""
    name = error.filename or "The system"
    if isinstance(error, FileNotFoundError):
        return f"{name} does not exist."
    if isinstance(error, IsADirectoryError):
        return f"{name} is a folder, not a file."
    if isinstance(error, FileExistsError | NotADirectoryError):
        return f"{name} cannot be used: there is a file in place of a folder."
    return f"{name}: {error.strerror or error}."


def _sentence(text: str) -> str:
    """Return the text as one line with a full stop at the end."""
    return " ".join(text.split()).rstrip(".") + "."


@commands.command()
def refine(
    doodle: _Picture,
    out: Out,
    style: Style = DEFAULT_STYLE,
    quality: Annotated[str, typer.Option(help="quick, good or best.")] = "good",
    strength: Annotated[
        float, typer.Option(min=0, max=1, help="Below 1 the preview's colours are kept.")
    ] = 1.0,
    detail: Annotated[
        float, typer.Option(min=0, max=1, help="Weight of strokes: 0 broad, 1 fine.")
    ] = 0.5,
    strokes: Annotated[
        float, typer.Option(help="Size relative to the preview's strokes: 1, or 0.5 for fine.")
    ] = 1.0,
    seed: Seed = 0,
    optimiser: Annotated[str, typer.Option(help="adam or lbfgs.")] = "adam",
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    content: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="The input is a photo; how much of its content is kept."),
    ] = None,
    mask: Annotated[
        Path | None,
        typer.Option(help="Doodle over the photo: Keep keeps it, materials are painted over it."),
    ] = None,
    labels_are: Labels = None,
    descriptor: _Descriptor = None,
    overwrite: Overwrite = False,
) -> None:
    """Paint a doodle (or with --content a photo), refine the painting and write it."""
    check_output(out, [doodle, mask, descriptor], overwrite)
    if mask is not None and content is None:
        raise typer.BadParameter("--mask is for photos and needs --content.")
    from engine import studio

    painter = studio.Studio(descriptor=descriptor)
    check_sources([out], painter.describe(style).files)
    info = painter.load_style(style)
    if content is None:
        labels = told_doodle(doodle, labels_are)
        begun = studio.RefineRequest(labels, style, seed, painter.render(labels, style, seed))
    else:
        over = (mask, labels_are) if mask is not None else None
        begun = _photo_request(painter, doodle, over, style, seed, content)
    request = replace(
        begun,
        quality=quality,
        strength=strength,
        detail=detail,
        strokes=strokes,
        optimiser=optimiser,
        device=device,
    )
    picture, seconds = _show_refining(painter.refine(request))
    studio.save_picture(out, picture, provenance(info, seed, refined=True))
    print(f"{out}: {info.title}, seed {seed}, {quality} quality, refined in {seconds:.1f} s")


def _photo_request(
    painter: "Studio",
    path: Path,
    mask: "tuple[Path, Reading | None] | None",
    style: str,
    seed: int,
    content: float,
) -> "RefineRequest":
    """Return a request to refine a photo.

    The run starts from the photo network's painting, or from the photo if the network was not
    trained on the style. Materials of a mask, a file and how it is read, are painted over it.
    """
    import numpy as np

    from engine import studio
    from resources.materials import PHOTO

    photo, look = studio.read_photo(path).on_white(), studio.PhotoLook(style, seed=seed)
    height, width = photo.shape[:2]
    labels, start = np.full((height, width), PHOTO, np.uint8), photo
    over = None
    if mask is not None:
        doodle = told_doodle(*mask, over_photo=True)
        over = studio.OverPhoto(studio.fitted_mask(doodle, mask[0], path, (height, width)))
    if style in painter.photo_styles():
        ((_, start),) = painter.photo_windows(photo, look, [(0, 0, width, height)])
    if over is not None:
        labels, start = over.labels, studio.composed(
            over, photo, start, over.bounds,
            lambda doodle, tile: painter.over_photo(doodle, style, seed, tile),
        )  # fmt: skip
    return studio.RefineRequest(labels, style, seed, start, photo=photo, content=content, look=look)


@commands.command()
def texture(
    context: typer.Context,
    material: Annotated[str, typer.Option(help="Material to fill the canvas with, e.g. sky.")],
    out: Out,
    style: Style = DEFAULT_STYLE,
    size: Annotated[int, typer.Option(min=16, help="Side of the square in pixels.")] = 1024,
    by: Annotated[TextureBy, typer.Option(help="Method.")] = TextureBy.REFINE,
    quality: Annotated[str, typer.Option(help="Refine quality: quick, good or best.")] = "good",
    stroke: Stroke = None,
    tile: Annotated[
        bool, typer.Option("--tile", help="Make it tile seamlessly (only --by strokes).")
    ] = False,
    seed: Seed = 0,
    descriptor: _Descriptor = None,
    overwrite: Overwrite = False,
) -> None:
    """Make a texture of one material, with Refine from noise or with strokes, and write it."""
    check_output(out, [descriptor], overwrite)
    from engine import studio

    painter = studio.Studio(descriptor=descriptor)
    check_sources([out], painter.describe(style).files)
    if by is TextureBy.STROKES:
        check_free(context, {"quality", "descriptor"}, "--by strokes", "which does not use Refine")
        info, started, stroke = painter.describe(style), time.perf_counter(), stroke or 1.0
        labels = studio.texture_labels(material, size)
        request = studio.StrokeRequest(labels, style, seed, stroke, tile)
        picture = show_strokes(lambda: painter.strokes(request))
        made, seconds = provenance(info, seed, by=by, stroke=stroke), time.perf_counter() - started
    else:
        check_free(context, {"tile"}, "--by refine", "whose textures do not repeat")
        check_free(context, {"stroke"}, "--by refine", "which has a fixed stroke size")
        info = painter.load_style(style)
        picture, seconds = _show_refining(painter.texture(style, material, size, seed, quality))
        made = provenance(info, seed, refined=True)
    studio.save_picture(out, picture, made)
    how = " by strokes" if by is TextureBy.STROKES else ""
    print(f"{out}: {material} of {info.title}, seed {seed}, made in {seconds:.1f} s{how}")


def _show_refining(steps: "Iterator[RefineStep]") -> "tuple[np.ndarray, float]":
    """Run Refine with a progress bar; return the last picture and the seconds it took."""
    picture, seconds = None, 0.0
    with progress_bar() as bar:
        task = bar.add_task("starting")
        for step in steps:
            size = f"1/{step.scale}" if step.scale > 1 else "full"
            text = f"{size} size, loss {step.loss:+.2f}"
            bar.update(task, completed=step.i, total=step.total, description=text)
            if step.note:
                bar.console.print(step.note)
            picture, seconds = step.image if step.image is not None else picture, step.seconds
    assert picture is not None
    return picture, seconds
