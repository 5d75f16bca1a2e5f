"""Reading and writing the engine's files, with its own exception."""

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


def unreadable(path: Path, error: Exception, kind: str = "") -> EngineError:
    """What to raise for a file that ``error`` kept from being read, ``kind``: as what."""
    if path.is_dir():
        return EngineError(f"{path} is a folder, not a file.")
    if not path.exists():
        return EngineError(f"{path} does not exist.")
    return EngineError(f"{path} cannot be read{kind}: {getattr(error, 'strerror', None) or error}.")
