"""Tests of downloads from a local server: complete, stopped, interrupted, changed, refused."""

import hashlib
import itertools
import random
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.descriptors import download as downloading
from engine.descriptors.download import download
from engine.errors import EngineError
from tests.support.file_server import FileServer, serving

CONTENT = random.Random(0).randbytes(3_000_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def server() -> Iterator[FileServer]:
    with serving(CONTENT) as running:
        yield running


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "weights" / "file.bin"


def names(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.parent.iterdir())


def stop_after(server: FileServer, path: Path, pieces: int) -> int:
    """Take some pieces and close; return the bytes on disk."""
    progress = download(server.url, path, SHA256)
    last = list(itertools.islice(progress, pieces))[-1]
    progress.close()
    part = path.with_name("file.bin.part")
    assert part.stat().st_size == last.done
    assert not path.exists()
    return last.done


def test_the_whole_file_arrives_with_progress(server, path):
    steps = list(download(server.url, path, SHA256[:8]))
    assert path.read_bytes() == CONTENT
    assert [step.total for step in steps] == [len(CONTENT)] * len(steps)
    done = [step.done for step in steps]
    assert (done[0], done[-1]) == (0, len(CONTENT))
    assert len(done) > 10
    assert done == sorted(done)
    assert names(path) == ["file.bin"]


def test_a_stopped_download_requests_only_the_rest(server, path):
    done = stop_after(server, path, 20)
    assert 0 < done < len(CONTENT) / 2
    server.body_bytes = 0
    steps = list(download(server.url, path, SHA256))
    assert steps[0].done == done
    assert server.asked == [None, f"bytes={done}-"]
    assert server.body_bytes == len(CONTENT) - done
    assert path.read_bytes() == CONTENT
    assert names(path) == ["file.bin"]


def test_a_broken_connection_keeps_what_arrived(server, path):
    server.break_after = 1_000_000
    with pytest.raises(EngineError, match=r"was interrupted after 1\.0 of 3\.0 MB"):
        list(download(server.url, path, SHA256))
    assert names(path) == ["file.bin.part", "file.bin.part.etag"]
    list(download(server.url, path, SHA256))
    assert server.asked == [None, "bytes=1000000-"]
    assert path.read_bytes() == CONTENT


def test_a_silent_server_is_not_waited_for_forever(path, monkeypatch):
    monkeypatch.setattr(downloading, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(EngineError, match=r"cannot be reached \(timed out\)"):
            next(download(url, path, SHA256))


def test_a_server_that_knows_no_ranges_sends_all_again(server, path):
    stop_after(server, path, 20)
    server.ranges, server.body_bytes = False, 0
    steps = list(download(server.url, path, SHA256))
    assert steps[0].done == 0
    assert server.body_bytes == len(CONTENT)
    assert path.read_bytes() == CONTENT


def test_parts_of_two_versions_are_not_joined(server, path):
    stop_after(server, path, 20)
    server.content, server.etag = CONTENT[::-1], '"second"'
    list(download(server.url, path, hashlib.sha256(server.content).hexdigest()))
    assert path.read_bytes() == server.content


def test_a_part_longer_than_the_file_is_begun_again(server, path):
    path.parent.mkdir()
    path.with_name("file.bin.part").write_bytes(CONTENT + b"more")
    list(download(server.url, path, SHA256))
    assert server.asked == [f"bytes={len(CONTENT) + 4}-", None]
    assert path.read_bytes() == CONTENT


def test_a_whole_part_needs_no_server(path):
    path.parent.mkdir()
    path.with_name("file.bin.part").write_bytes(CONTENT)
    assert list(download("http://127.0.0.1:9/file", path, SHA256)) == []
    assert path.read_bytes() == CONTENT


def test_an_unknown_length(server, path):
    server.says_length = False
    steps = list(download(server.url, path, SHA256))
    assert {step.total for step in steps} == {None}
    assert steps[-1].done == len(CONTENT)
    assert path.read_bytes() == CONTENT


def test_a_wrong_checksum_leaves_nothing(server, path):
    with pytest.raises(EngineError, match=r"discarded.*00000000\.$"):
        list(download(server.url, path, "00000000"))
    assert names(path) == []


def test_no_checksum_is_refused(server, path):
    with pytest.raises(ValueError, match="checksum"):
        next(download(server.url, path, ""))
    assert server.asked == []


def test_a_missing_file_is_said_with_its_address(server, path):
    url = f"{server.url}/missing"
    with pytest.raises(EngineError) as caught:
        list(download(url, path, SHA256))
    assert str(caught.value) == f"{url} cannot be downloaded: the server says 404 Not Found."


def test_no_server_is_listening(path):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(EngineError) as caught:
        list(download(f"http://127.0.0.1:{port}/file", path, SHA256))
    sentence = str(caught.value)
    assert sentence.startswith(
        f"127.0.0.1:{port} cannot be reached (Connection refused): go online"
    )
    assert "\n" not in sentence


def test_other_addresses_are_not_opened(tmp_path, path):
    (tmp_path / "local").write_bytes(CONTENT)
    with pytest.raises(EngineError, match="https"):
        list(download((tmp_path / "local").as_uri(), path, SHA256))
    assert not path.parent.exists()


def test_a_folder_that_cannot_be_made_is_named(server, path):
    path.parent.write_text("a file, not a folder")
    with pytest.raises(EngineError, match=r"file\.bin cannot be written: "):
        list(download(server.url, path, SHA256))
    assert server.asked == []


def test_a_full_disk_is_said_and_what_fitted_is_kept(server, path):
    limits = pytest.importorskip("resource")
    before = limits.getrlimit(limits.RLIMIT_FSIZE)
    limits.setrlimit(limits.RLIMIT_FSIZE, (1_000_000, before[1]))
    try:
        with pytest.raises(EngineError, match=r"file\.bin cannot be written: File too large"):
            list(download(server.url, path, SHA256))
    finally:
        limits.setrlimit(limits.RLIMIT_FSIZE, before)
    list(download(server.url, path, SHA256))
    assert server.asked == [None, "bytes=1000000-"]
    assert path.read_bytes() == CONTENT
