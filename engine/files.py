"""Write the engine's files and describe read errors, both with EngineError."""

from pathlib import Path

from engine.errors import EngineError
from resources.files import replacing


def replace_file(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path`` atomically.

    Raises EngineError when the file cannot be written; the old file is then unchanged.
    """
    try:
        with replacing(path) as file:
            file.write(content)
    except OSError as error:
        raise EngineError(f"{path} cannot be written: {error.strerror or error}.") from error


def unreadable(path: Path, error: Exception, kind: str = "") -> EngineError:
    """Return the EngineError for a file that could not be read because of ``error``.

    ``kind``: what the file should have been, e.g. " as photo network weights".
    """
    if path.is_dir():
        return EngineError(f"{path} is a folder, not a file.")
    if not path.exists():
        return EngineError(f"{path} does not exist.")
    return EngineError(f"{path} cannot be read{kind}: {getattr(error, 'strerror', None) or error}.")
