"""Processes in the place of those that paint photos; a file of its own, for they import it."""

import os
import signal
import time
from multiprocessing.connection import Connection

from app.batch.photo_tasks import BatchOptions, Outcome
from resources.files import part_prefix


def dying(connection: Connection, wish: BatchOptions) -> None:
    """One that the photo called bad kills; of others it says that they are painted."""
    connection.send("")
    while True:
        try:
            task = connection.recv()
        except EOFError:
            return
        if task.source.stem == "bad":
            os._exit(9)
        connection.send(Outcome(task))


def leaving(connection: Connection, wish: BatchOptions) -> None:
    """The first one ends when it is ready; the next, which finds its file, goes on as usual."""
    if os.path.lexists(wish.maker):
        dying(connection, wish)
    else:
        os.close(os.open(wish.maker, os.O_CREAT))
        connection.send("")
        os._exit(9)


def slow(connection: Connection, wish: BatchOptions) -> None:
    """One that paints the photo called a, writes half of the next, and never ends."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(1))
    connection.send("")
    while True:
        task = connection.recv()
        if task.source.stem == "a":
            connection.send(Outcome(task))
        else:
            (task.target.parent / f"{part_prefix(os.getpid())}half.part").touch()
            time.sleep(60)
