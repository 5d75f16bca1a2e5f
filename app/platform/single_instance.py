"""One instance per user and screen: a second instance passes its file to the first and exits.

The first instance holds a lock and listens on a local socket that only its user can open. Only the
holder of the lock may remove the socket of a crashed instance, so two instances never conflict.
"""

import hashlib
import json
import logging
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from PySide6.QtCore import QLockFile, QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

log = logging.getLogger("daub.instance")

CONNECT_MS, ANSWER_MS = 500, 3000
"""Time that a new instance waits for the running one before it opens its own window."""

LONGEST_NAME = 100
"""Limit of a socket's path in bytes; operating systems allow 104 or 108."""

LONGEST_MESSAGE = 2**16

TAKEN = b"taken\n"


@dataclass(frozen=True)
class Address:
    """Address of the running instance: the name of its socket and its lock file."""

    server: str
    lock: Path

    @property
    def reachable(self) -> bool:
        """Whether an instance may be running; on Unix the socket's file must exist."""
        return sys.platform == "win32" or Path(self.server).exists()


def own_address(folder: Path | None = None) -> Address:
    """Return the address of this user's instance on this screen.

    `folder`: a folder that only the user can write to; None for the default.
    """
    folder = folder if folder is not None else _own_folder()
    screen = "|".join(os.environ.get(name, "") for name in ("WAYLAND_DISPLAY", "DISPLAY"))
    name = f"daub-{hashlib.sha256(f'{folder}|{screen}'.encode()).hexdigest()[:16]}"
    # Windows has a separate namespace for pipes.
    server = name if sys.platform == "win32" else str(folder / f"{name}.socket")
    return Address(server, folder / f"{name}.lock")


def hand_over(path: Path | None, address: Address) -> bool:
    """Ask the running instance to open a file or, with None, to raise its window.

    Return False if there is no instance or it does not answer.
    """
    if not address.reachable:
        return False
    socket = QLocalSocket()
    socket.connectToServer(address.server)
    if not socket.waitForConnected(CONNECT_MS):
        return False
    message = {
        "open": str(path.absolute()) if path is not None else None,
        # Wayland requires this token to raise the other window.
        "token": os.environ.get("XDG_ACTIVATION_TOKEN", ""),
    }
    socket.write(json.dumps(message).encode() + b"\n")
    socket.flush()
    taken = socket.waitForReadyRead(ANSWER_MS) and bytes(socket.readAll().data()) == TAKEN
    socket.abort()
    return taken


class Reception(QObject):
    """Receives requests of other instances.

    `asked` carries a Path to open, or None to only raise the window, and the activation token that
    this requires on Wayland.
    """

    asked = Signal(object, str)

    def __init__(self, address: Address, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._address = address
        self._lock = QLockFile(str(address.lock))
        # A program may run for weeks, so a lock is stale only when its process has ended.
        self._lock.setStaleLockTime(0)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._on_connection)

    def open(self) -> bool:
        """Start to listen; return False if another instance does or no socket can be created."""
        address = self._address
        if len(os.fsencode(address.server)) > LONGEST_NAME:
            return False
        try:
            address.lock.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            log.warning("%s cannot be made: %s", address.lock.parent, error)
            return False
        if not self._lock.tryLock(0):
            return False
        QLocalServer.removeServer(address.server)
        if self._server.listen(address.server):
            return True
        log.warning("%s cannot be listened on: %s", address.server, self._server.errorString())
        self._lock.unlock()
        return False

    def close(self) -> None:
        """Stop listening and release the lock."""
        if self._server.isListening():
            self._server.close()
            self._lock.unlock()

    def _on_connection(self) -> None:
        while (client := self._server.nextPendingConnection()) is not None:
            client.setReadBufferSize(LONGEST_MESSAGE)
            client.readyRead.connect(lambda client=client: self._read(client))
            client.disconnected.connect(client.deleteLater)
            self._read(client)

    def _read(self, client: QLocalSocket) -> None:
        if client.canReadLine():
            asked = _parsed(bytes(client.readLine(LONGEST_MESSAGE).data()))
            # A client that timed out opens the file itself; this call lets Qt notice that.
            client.waitForReadyRead(0)
            waits = client.state() == QLocalSocket.LocalSocketState.ConnectedState
            if asked is not None and waits:
                client.write(TAKEN)
                client.flush()
                self.asked.emit(*asked)
        elif client.bytesAvailable() >= LONGEST_MESSAGE:
            client.abort()


def _parsed(line: bytes) -> tuple[Path | None, str] | None:
    """Parse a message into path and token; None if it is invalid."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict):
        return None
    name, token = message.get("open"), message.get("token")
    if not (name is None or (isinstance(name, str) and Path(name).is_absolute())):
        return None
    return Path(name) if name is not None else None, token if isinstance(token, str) else ""


def _own_folder() -> Path:
    """Return a folder that only the user can write to: the runtime folder or the state folder."""
    session = os.environ.get("XDG_RUNTIME_DIR", "")
    if session and Path(session).is_dir():
        return Path(session)
    return Path(platformdirs.user_state_dir("daub", appauthor=False))
