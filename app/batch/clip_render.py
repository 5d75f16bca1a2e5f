"""Paint a clip in another process, so that neither its work nor a crash affects the window.

Without Qt. The process loads torch; the one that starts it does not need to.
"""

import os
import signal
import sys
from collections.abc import Callable, Generator, Iterable
from contextlib import closing, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from app.batch.photo_batch import LOOK_EVERY, SPAWN
from app.platform.output_guard import check_sources
from engine.errors import EngineError
from resources.files import remove_parts

if TYPE_CHECKING:
    from engine.video.run import VideoRequest, VideoStep

Engine = tuple[str, str, int]
"""Device, precision and threads, see ``Studio.configure``."""


def render(
    request: "VideoRequest",
    engine: Engine,
    unwanted: Callable[[], bool],
    paused: Callable[[], bool],
) -> "Generator[VideoStep, None, None]":
    """Paint a clip and yield a step per frame.

    ``close()``, or a true result of ``unwanted``, stops at once; the same request goes on later.
    While ``paused`` is true no frame is begun. Raises EngineError.
    """
    connection, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=_work, args=(theirs, request, engine), daemon=True)
    process.start()
    theirs.close()
    rests = False
    try:
        while not unwanted():
            if paused() != rests:
                rests = not rests
                with suppress(OSError):  # it has ended, which `recv` says
                    connection.send(rests)
            if not connection.poll(LOOK_EVERY):
                continue
            try:
                said = connection.recv()
            except (EOFError, OSError) as error:
                raise EngineError(
                    f"{request.target} could not be painted: its process ended, perhaps out of "
                    "memory."
                ) from error
            if said is None:
                return
            if isinstance(said, Exception):
                raise said
            yield said
    finally:
        connection.close()
        process.terminate()
        process.join()
        remove_parts(request.target.parent, process.pid or 0)


# -- in the other process ---------------------------------------------------------------------


def _work(connection: Connection, request: "VideoRequest", engine: Engine) -> None:
    """Send steps, then None; or an EngineError."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is handled by the parent process
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        with suppress(EOFError, OSError):  # the parent process has ended
            _paint(connection, request, engine)
    finally:
        os._exit(0)  # without torch's cleanup, which the signal could interrupt


def _paint(connection: Connection, request: "VideoRequest", engine: Engine) -> None:
    try:
        import cv2

        from engine.studio import Studio

        if engine[2]:
            cv2.setNumThreads(engine[2])
        like = Path(request.look.photo.like) if request.look.photo.like else None
        read = request.source, like, *(path for _, path in request.keyframes)
        _check_target(request.target, read)
        studio = Studio()
        studio.configure(*engine)
        with closing(studio.video(request)) as steps:  # type: ignore[type-var]
            for step in steps:
                connection.send(step)
                _rest(connection)
    except (EOFError, BrokenPipeError):
        raise
    except EngineError as error:
        connection.send(error)
    except MemoryError:
        connection.send(
            EngineError(f"{request.target} cannot be painted: there is not enough memory.")
        )
    except Exception as error:
        connection.send(EngineError(f"{request.target} cannot be painted: {error!r}."))
    else:
        connection.send(None)


def _check_target(target: Path, read: Iterable[Path | None]) -> None:
    """Raise EngineError for a target that is read, and for numbered pictures that nobody chose."""
    from engine.video.animations import is_numbered
    from engine.video.run import files_of, is_begun

    there = files_of(target)
    check_sources([target, *there], read)
    if is_numbered(target) and there and not is_begun(target):  # no dialog asks about them
        raise EngineError(f"{target}: such pictures already exist. Choose another name.")


def _rest(connection: Connection) -> None:
    """Wait while the parent process wants a pause. Raises EOFError when it has ended."""
    rests = False
    while rests or connection.poll():
        rests = connection.recv()
