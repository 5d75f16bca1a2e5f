"""One Daub per person and screen: another one that is started hands its file over and leaves.

The first holds a lock and listens on a local socket that only its user may open. Who holds the lock
may clear away the socket that a crashed Daub has left, so no two ever fight for one.
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
"""How long a Daub that is starting waits for the one that runs, before it opens a window itself."""

LONGEST_NAME = 100
"""Bytes of a socket's path; the systems allow 104 or 108."""

LONGEST_MESSAGE = 2**16

TAKEN = b"taken\n"


@dataclass(frozen=True)
class Address:
    """Where the running Daub is found: the name of its socket, and the lock that it holds."""

    server: str
    lock: Path

    @property
    def reachable(self) -> bool:
        """Somebody may be there; on Unix there is no need to try without the socket's file."""
        return sys.platform == "win32" or Path(self.server).exists()


def own_address(folder: Path | None = None) -> Address:
    """The address of this person's Daub on this screen; `folder` is the person's own, always."""
    folder = folder if folder is not None else _own_folder()
    screen = "|".join(os.environ.get(name, "") for name in ("WAYLAND_DISPLAY", "DISPLAY"))
    name = f"daub-{hashlib.sha256(f'{folder}|{screen}'.encode()).hexdigest()[:16]}"
    # Windows keeps its pipes in a place of their own.
    server = name if sys.platform == "win32" else str(folder / f"{name}.socket")
    return Address(server, folder / f"{name}.lock")


def hand_over(path: Path | None, address: Address) -> bool:
    """Let the running Daub open this file, or only come forward; False when there is none."""
    if not address.reachable:
        return False
    socket = QLocalSocket()
    socket.connectToServer(address.server)
    if not socket.waitForConnected(CONNECT_MS):
        return False
    message = {
        "open": str(path.absolute()) if path is not None else None,
        # With this, Wayland lets the other one come forward.
        "token": os.environ.get("XDG_ACTIVATION_TOKEN", ""),
    }
    socket.write(json.dumps(message).encode() + b"\n")
    socket.flush()
    taken = socket.waitForReadyRead(ANSWER_MS) and bytes(socket.readAll().data()) == TAKEN
    socket.abort()
    return taken


class Reception(QObject):
    """The running Daub's end. `asked` carries a Path to open, or None to only come forward, and the
    token that lets a window do so."""

    asked = Signal(object, str)

    def __init__(self, address: Address, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._address = address
        self._lock = QLockFile(str(address.lock))
        # Daub may run for weeks; a lock is stale only when its process is gone.
        self._lock.setStaleLockTime(0)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._on_connection)

    def open(self) -> bool:
        """Listen from now on; False when another Daub does, or when there can be no socket here."""
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
        """Nobody is received any more."""
        if self._server.isListening():
            self._server.close()
            self._lock.unlock()

    def _on_connection(self) -> None:
        while (visitor := self._server.nextPendingConnection()) is not None:
            visitor.setReadBufferSize(LONGEST_MESSAGE)
            visitor.readyRead.connect(lambda visitor=visitor: self._hear(visitor))
            visitor.disconnected.connect(visitor.deleteLater)
            self._hear(visitor)

    def _hear(self, visitor: QLocalSocket) -> None:
        if visitor.canReadLine():
            asked = _understood(bytes(visitor.readLine(LONGEST_MESSAGE).data()))
            # One that has given up waiting opens the file itself; Qt knows after another look.
            visitor.waitForReadyRead(0)
            waits = visitor.state() == QLocalSocket.LocalSocketState.ConnectedState
            if asked is not None and waits:
                visitor.write(TAKEN)
                visitor.flush()
                self.asked.emit(*asked)
        elif visitor.bytesAvailable() >= LONGEST_MESSAGE:
            visitor.abort()


def _understood(line: bytes) -> tuple[Path | None, str] | None:
    """What a message asks for; None when it is none of ours."""
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
    """Where only this person may write: the session's folder, else the state folder."""
    session = os.environ.get("XDG_RUNTIME_DIR", "")
    if session and Path(session).is_dir():
        return Path(session)
    return Path(platformdirs.user_state_dir("daub", appauthor=False))
