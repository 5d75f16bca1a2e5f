"""Processes in the place of the one that paints a clip; a file of its own, for they import it."""

import os
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from app.batch.clip_render import Engine, _rest
from engine.video.run import VideoStep

if TYPE_CHECKING:
    from engine.video.run import VideoRequest

STEPS = 40


def counting(connection: Connection, _request: "VideoRequest", _engine: Engine) -> None:
    """One that says at once that it paints frame after frame, and rests when it shall."""
    with suppress(OSError, EOFError):
        for number in range(1, STEPS + 1):
            connection.send(VideoStep(number, STEPS, 0, 0, (64, 48)))
            connection.poll(0.05)  # gives the parent process time to say something
            _rest(connection)
        connection.send(None)


def dying(connection: Connection, _request: "VideoRequest", _engine: Engine) -> None:
    """One that is killed after two frames."""
    for number in (1, 2):
        connection.send(VideoStep(number, STEPS, 0, 0, (64, 48)))
    os._exit(9)
