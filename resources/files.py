"""Write files atomically: to a temporary file in the same folder, then rename it. Lock files."""

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


def remove_parts(folder: Path, process: int) -> None:
    """Remove the temporary files that a process has left in a folder when it was killed."""
    for part in folder.glob(f"{part_prefix(process)}*.part"):
        part.unlink(missing_ok=True)


@contextmanager
def locking(path: Path) -> Iterator[None]:
    """Hold a lock file until the block ends, and remove it then.

    Raises BlockingIOError if it is held, also by this process; else OSError. The system releases it
    when the process dies.
    """
    file = _lock_file(path)
    try:
        yield
    finally:
        if os.name == "posix":  # while it is held, so that nobody else's is removed
            with suppress(OSError):
                path.unlink(missing_ok=True)
            file.close()
        else:  # an open file cannot be removed, and neither can one that another process holds
            file.close()
            with suppress(OSError):
                path.unlink(missing_ok=True)


def _lock_file(path: Path) -> BinaryIO:
    while True:
        file = path.open("ab")
        try:
            _hold(file)
            # Who held it may have removed it meanwhile; then another file may lie there.
            if _is_at(file, path):
                return file
        except BaseException:
            file.close()
            raise
        file.close()


def _hold(file: BinaryIO) -> None:
    if os.name == "posix":
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                raise BlockingIOError(error.errno, error.strerror) from error
            # Some network folders know no locks.
    else:
        import msvcrt

        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError as error:
            raise BlockingIOError(errno.EWOULDBLOCK, str(error)) from error


def _is_at(file: BinaryIO, path: Path) -> bool:
    """Return whether an open file is the one at a path."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except OSError:
        return False


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
