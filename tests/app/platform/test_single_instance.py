"""One instance per user and screen: a second instance passes its file to the first."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QUrl
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from pytestqt.qtbot import QtBot

from app import start as entry
from app.platform import single_instance
from app.platform.single_instance import Address, Reception, hand_over, own_address
from app.window.application import Application, receive
from app.window.main_window import MainWindow

ROOT = Path(__file__).parents[3]

Calls = list[tuple[Path | None, str]]


@pytest.fixture
def address() -> Iterator[Address]:
    short = "/tmp" if sys.platform == "darwin" else None  # as paths of sockets must be
    with tempfile.TemporaryDirectory(dir=short) as folder:
        yield own_address(Path(folder))


@pytest.fixture
def reception(address: Address) -> Iterator[Reception]:
    reception = Reception(address)
    assert reception.open()
    yield reception
    reception.close()


@pytest.fixture
def calls(reception: Reception) -> Calls:
    found: Calls = []
    reception.asked.connect(lambda path, token: found.append((path, token)))
    return found


def second_daub(qtbot: QtBot, address: Address, path: Path | None) -> bool:
    """Return whether another process can pass a file to this instance."""
    code = """
import sys
from pathlib import Path
from app.platform.single_instance import hand_over, own_address
path = Path(sys.argv[2]) if sys.argv[2:] else None
print(hand_over(path, own_address(Path(sys.argv[1]))))
"""
    given = [str(address.lock.parent), *([str(path)] if path is not None else [])]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    with subprocess.Popen(
        [sys.executable, "-c", code, *given], env=environment, stdout=subprocess.PIPE, text=True
    ) as other:
        qtbot.waitUntil(lambda: other.poll() is not None, timeout=60_000)
        assert other.stdout is not None
        return other.stdout.read().strip() == "True"


def visitor(address: Address, message: bytes) -> QLocalSocket:
    """Connect a client that sends a message and waits."""
    socket = QLocalSocket()
    socket.connectToServer(address.server)
    assert socket.waitForConnected(2000)
    socket.write(message)
    socket.flush()
    return socket


def test_the_first_opens_what_the_second_was_given(
    qtbot: QtBot, address: Address, calls: Calls, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_ACTIVATION_TOKEN", "a token")
    monkeypatch.chdir(tmp_path)
    assert second_daub(qtbot, address, Path("Zwölf Äpfel.ora"))
    assert calls == [(tmp_path / "Zwölf Äpfel.ora", "a token")]


def test_without_a_file_it_comes_forward(qtbot: QtBot, address: Address, calls: Calls) -> None:
    assert second_daub(qtbot, address, None)
    assert [path for path, _ in calls] == [None]


def test_nobody_is_there(address: Address) -> None:
    assert not hand_over(Path("a.ora"), address)


def test_only_one_listens(address: Address, reception: Reception) -> None:
    assert not Reception(address).open()
    reception.close()
    later = Reception(address)
    assert later.open()
    later.close()


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of Windows end with their process")
def test_what_a_killed_daub_left_is_cleared_away(qtbot: QtBot, address: Address) -> None:
    code = """
import os, sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from app.platform.single_instance import Reception, own_address
application = QCoreApplication([])
assert Reception(own_address(Path(sys.argv[1])), application).open()
os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", code, str(address.lock.parent)], cwd=ROOT, check=False)
    assert Path(address.server).exists(), "nothing was left behind, so this shows nothing"
    assert not hand_over(None, address)
    heir = Reception(address)
    assert heir.open()
    assert second_daub(qtbot, address, None)
    heir.close()


def test_one_that_does_not_answer_is_not_waited_for(
    address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(single_instance, "ANSWER_MS", 50)
    dumb = QLocalServer()
    assert dumb.listen(address.server)
    assert not hand_over(None, address)
    dumb.close()


def test_one_that_has_given_up_is_not_served(qtbot: QtBot, address: Address, calls: Calls) -> None:
    visitor(address, b'{"open": null}\n').abort()
    patient = visitor(address, b'{"open": null, "token": "patient"}\n')
    qtbot.waitUntil(lambda: bool(calls))
    assert calls == [(None, "patient")]
    patient.abort()


@pytest.mark.parametrize(
    "message",
    [
        b"\n",
        b"[]\n",
        b"not json\n",
        b"[" * 60_000 + b"\n",
        b'{"open": 7}\n',
        b'{"open": "not/absolute.ora"}\n',
        b"x" * 70_000,
    ],
)
def test_strange_messages_do_nothing(
    qtbot: QtBot, address: Address, calls: Calls, message: bytes
) -> None:
    stranger, friend = visitor(address, message), visitor(address, b'{"open": null}\n')
    qtbot.waitUntil(lambda: bool(calls))
    assert calls == [(None, "")]
    stranger.abort()
    friend.abort()


@pytest.mark.skipif(sys.platform == "win32", reason="Unix permissions")
def test_only_the_person_may_open_the_socket(address: Address, reception: Reception) -> None:
    assert Path(address.server).stat().st_mode & 0o077 == 0


def test_every_screen_has_a_daub_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    here = own_address(tmp_path)
    monkeypatch.setenv("DISPLAY", ":10")
    assert own_address(tmp_path) != here


def test_where_no_socket_can_be_daub_starts_all_the_same(tmp_path: Path) -> None:
    assert not Reception(own_address(tmp_path / ("very long" * 12))).open()
    (tmp_path / "file").touch()
    assert not Reception(own_address(tmp_path / "file")).open()


def test_a_second_start_opens_no_window(monkeypatch: pytest.MonkeyPatch) -> None:
    handed: list[Path | None] = []
    monkeypatch.setattr(single_instance, "hand_over", lambda path, _: handed.append(path) is None)
    assert entry.run(["some/picture.ora"]) == 0
    assert entry.run(["--open", "other.ora"]) == 0
    assert handed == [Path("some/picture.ora"), Path("other.ora")]


def test_the_window_opens_the_file_and_comes_forward(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    path = tmp_path / "first.ora"
    window.files.file.save(path)
    qtbot.waitUntil(lambda: path.exists() and not window.files.file.saving)
    window.files.file.take_new(64, 64, None, window.session.style_id)
    window.showMinimized()
    receive(window, path, "")
    qtbot.waitUntil(lambda: window.files.file.path == path)
    assert not window.isMinimized()


def test_a_desktop_may_ask_for_a_file(qtbot: QtBot, tmp_path: Path) -> None:
    application = QCoreApplication.instance()
    assert isinstance(application, Application)
    event = QFileOpenEvent(QUrl.fromLocalFile(str(tmp_path / "a.ora")))
    with qtbot.waitSignal(application.file_opened) as asked:
        QCoreApplication.sendEvent(application, event)
    assert asked.args == [tmp_path / "a.ora"]


def test_messages_are_what_the_next_daub_understands(address: Address, tmp_path: Path) -> None:
    """Two versions of Daub may communicate, so the message format is fixed."""
    line = json.dumps({"open": str(tmp_path / "a.ora"), "token": "t", "later": 1}).encode()
    assert single_instance._parsed(line) == (tmp_path / "a.ora", "t")
