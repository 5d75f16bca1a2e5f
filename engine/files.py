"""Files are written beside their place and then moved there: the old one stays whole on failure."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from engine.errors import EngineError


def replace_file(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path``. Raises EngineError when that is not possible."""
    with replacing(path) as file:
        file.write(content)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write in pieces, which takes the place of ``path`` at the end.

    Whatever goes wrong inside, ``path`` stays as it was and nothing else is left behind. Raises
    EngineError when the system does not let it be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        raise EngineError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        part.unlink(missing_ok=True)
