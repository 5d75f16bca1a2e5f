"""Files are written beside their place and then moved there: the old one stays whole on failure."""

import os
from pathlib import Path

from engine.errors import EngineError


def replace_file(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path``. Raises EngineError when that is not possible."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise EngineError(f"{path} cannot be written: {error.strerror or error}.") from error
