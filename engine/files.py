"""Writing the engine's files, with its own exception."""

from pathlib import Path

from engine.errors import EngineError
from resources.files import replacing


def replace_file(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path``, whole or not at all.

    Raises EngineError when that is not possible.
    """
    try:
        with replacing(path) as file:
            file.write(content)
    except OSError as error:
        raise EngineError(f"{path} cannot be written: {error.strerror or error}.") from error
