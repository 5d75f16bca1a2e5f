"""Download large files; an interrupted download continues where it stopped.

The received part is stored next to the target as ``.part``, with the server's name for this version
of the file (ETag or date) in ``.part.etag``. So parts of two versions are not joined; if the server
names no version, the checksum detects it.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import BinaryIO
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from engine.errors import EngineError

TIMEOUT = 30.0
"""Seconds without data after which a connection is given up."""

CHUNK = 1 << 16
"""Bytes read at a time, and lost at most when the connection breaks."""

DIGITS = 8
"""Least number of hex digits of a SHA-256 that are accepted as a checksum."""


@dataclass(frozen=True)
class DownloadProgress:
    """``done`` of ``total`` bytes are received; total is None if the server does not tell it."""

    done: int
    total: int | None


def download(url: str, path: Path, sha256: str) -> Iterator[DownloadProgress]:
    """Download ``url`` to ``path``; yield the progress after every piece.

    The progress includes pieces of earlier calls. ``sha256``: that of the file, or its first
    digits, in lower case; ``path`` is created only if it matches. Close the iterator to stop; the
    next call requests only the rest. Raises EngineError when the server cannot be reached or
    refuses, the connection breaks, the disk is full, or the checksum is wrong; except in the last
    case the received part is kept.
    """
    if len(sha256) < DIGITS:
        raise ValueError(f"{sha256!r} is not a checksum")
    if urlsplit(url).scheme not in ("http", "https"):
        raise EngineError(f"{url} cannot be downloaded: it does not start with https://.")
    part = path.with_name(f"{path.name}.part")
    with _writing(path):
        if not matches(part, sha256):
            path.parent.mkdir(parents=True, exist_ok=True)
            with part.open("ab") as file:
                yield from _received(url, file, _tag(part))
        _accept(url, part, path, sha256)


def matches(path: Path, sha256: str) -> bool:
    """Return whether the file exists and its SHA-256 starts with these digits."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest().startswith(sha256)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EngineError(f"{path} cannot be written: {_reason(error)}.") from error


def _tag(part: Path) -> Path:
    return part.with_name(f"{part.name}.etag")


def _received(url: str, file: BinaryIO, tag: Path) -> Iterator[DownloadProgress]:
    """Append the missing bytes; if the server sends the whole file, start again."""
    with _answer(url, file.tell(), tag) as response:
        done = file.tell()
        if response.status != HTTPStatus.PARTIAL_CONTENT:
            done = file.truncate(0)
            tag.write_text(_version(response), "utf-8")
        total = None if response.length is None else done + response.length
        yield DownloadProgress(done, total)
        for chunk in _chunks(url, response):
            file.write(chunk)
            done += len(chunk)
            yield DownloadProgress(done, total)
        file.flush()
        os.fsync(file.fileno())
    if total is not None and done < total:
        raise _broken(url, f"after {done / 1e6:.1f} of {total / 1e6:.1f} MB")


def _answer(url: str, done: int, tag: Path) -> HTTPResponse:
    """Request all but the first ``done`` bytes; return the server's response."""
    headers = {"User-Agent": "Daub"}
    if done:
        headers["Range"] = f"bytes={done}-"
    if done and tag.exists() and (version := tag.read_text("utf-8")):
        headers["If-Range"] = version
    try:
        return urlopen(Request(url, headers=headers), timeout=TIMEOUT)
    except HTTPError as error:
        error.close()
        if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and done:
            return _answer(url, 0, tag)
        answer = f"{error.code} {error.reason}".strip()
        raise EngineError(f"{url} cannot be downloaded: the server says {answer}.") from error
    except (OSError, HTTPException, ValueError) as error:
        host = urlsplit(url).netloc
        raise EngineError(
            f"{host} cannot be reached ({_reason(error)}): go online, or use a local file."
        ) from error


def _version(response: HTTPResponse) -> str:
    """Return the value for If-Range, or ""; weak ETags do not guarantee equal bytes."""
    etag = response.headers.get("ETag", "")
    if etag and not etag.startswith("W/"):
        return etag
    return response.headers.get("Last-Modified", "")


def _chunks(url: str, response: HTTPResponse) -> Iterator[bytes]:
    try:
        while chunk := response.read(CHUNK):
            yield chunk
    except (OSError, HTTPException) as error:
        raise _broken(url, f"({_reason(error)})") from error


def _broken(url: str, how: str) -> EngineError:
    return EngineError(
        f"The download of {url} was interrupted {how}; the received part is kept. Try again to "
        "continue."
    )


def _accept(url: str, part: Path, path: Path, sha256: str) -> None:
    right = matches(part, sha256)
    if right:
        os.replace(part, path)
    part.unlink(missing_ok=True)
    _tag(part).unlink(missing_ok=True)
    if not right:
        raise EngineError(
            f"The download from {url} was discarded: its sha256 does not start with {sha256}."
        )


def _reason(error: Exception) -> str:
    """Return the system's description of an error, without its number."""
    cause = getattr(error, "reason", error)
    return str(getattr(cause, "strerror", None) or cause).rstrip(".")
