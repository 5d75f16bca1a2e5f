"""Write files atomically: to a temporary file in the same folder, then rename it."""

import errno
import os
import platform
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


def part_prefix(process: int) -> str:
    """Return how the names of this machine's temporary files of a process begin.

    Other machines may write into the same folder.
    """
    machine = "".join(letter for letter in platform.node() if letter.isalnum())[:32]
    return f".daub-{machine}-{process}-"


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file that replaces `path` only when the block ends without an error.

    The content is synced to disk before the rename. Raises OSError.
    """
    # Write to the target of a symbolic link and keep the link.
    target = Path(os.path.realpath(path))
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, "it is write-protected", str(path))
    part = target.with_name(f"{part_prefix(os.getpid())}{uuid.uuid4().hex[:8]}.part")
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, part)
        os.replace(part, target)
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """Sync the folder, so that the rename survives a power failure, where that is supported."""
    if os.name == "posix":
        with suppress(OSError):
            opened = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(opened)
            finally:
                os.close(opened)
