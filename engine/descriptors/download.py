"""Large files from the net: stopped or broken off, they go on where they were.

What has arrived lies beside its place as ``.part``, with the server's name for that version of the
file (ETag or date) in ``.part.etag``, so that the parts of two versions are not joined where it has
one; the checksum finds the rest.
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
"""Seconds that a server may be silent."""

CHUNK = 1 << 16
"""Bytes that are taken at a time, and at most lost when the connection breaks."""

DIGITS = 8
"""Fewest digits of a sha256 that are accepted as a checksum."""


@dataclass(frozen=True)
class DownloadProgress:
    """``done`` of ``total`` bytes have arrived; the total is None where the server is silent."""

    done: int
    total: int | None


def download(url: str, path: Path, sha256: str) -> Iterator[DownloadProgress]:
    """Download ``url`` to ``path``; yields after every piece, also those of earlier calls.

    ``sha256``: the file's, or its first digits, in lower case; ``path`` appears only when it is
    right. Close the iterator to stop; the next call asks for the rest only. Raises EngineError when
    the server cannot be reached or refuses, when the connection breaks, when there is no room, and
    when the checksum is wrong; all but the last keep what has arrived.
    """
    if len(sha256) < DIGITS:
        raise ValueError(f"{sha256!r} is no checksum")
    if urlsplit(url).scheme not in ("http", "https"):
        raise EngineError(f"{url} cannot be downloaded: it does not begin with https://.")
    part = path.with_name(f"{path.name}.part")
    with _writing(path):
        if not matches(part, sha256):
            path.parent.mkdir(parents=True, exist_ok=True)
            with part.open("ab") as file:
                yield from _received(url, file, _tag(part))
        _accept(url, part, path, sha256)


def matches(path: Path, sha256: str) -> bool:
    """Whether there is a file whose sha256 begins with these digits."""
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
    """Append what is missing; a server that sends the whole file makes it start again."""
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
    """The server's answer to a request for all but the first ``done`` bytes."""
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
            f"{host} cannot be reached ({_reason(error)}): go online, or use a file that is "
            "already here."
        ) from error


def _version(response: HTTPResponse) -> str:
    """What If-Range may ask for, empty if nothing; weak ETags do not promise equal bytes."""
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
        f"The download of {url} broke off {how}; what arrived is kept, so try again to go on."
    )


def _accept(url: str, part: Path, path: Path, sha256: str) -> None:
    right = matches(part, sha256)
    if right:
        os.replace(part, path)
    part.unlink(missing_ok=True)
    _tag(part).unlink(missing_ok=True)
    if not right:
        raise EngineError(
            f"What arrived from {url} was thrown away: its sha256 does not begin with {sha256}."
        )


def _reason(error: Exception) -> str:
    """The system's words for what went wrong, without its number."""
    cause = getattr(error, "reason", error)
    return str(getattr(cause, "strerror", None) or cause).rstrip(".")
