"""One running window per person: what is opened later goes to it.

The window listens on a local socket: a file in a folder that only this user may enter, or a named pipe with a secret name on Windows. Each
side asks the system whether the other one runs under the same account: with a name in a shared folder, another account could create the
socket first and receive the names of a person's files.

A second start hands its files over, waits for the answer and ends. Whoever does not answer in time is not waited for: the second start
then opens a window of its own, because a person who double-clicks a picture must see it. A lock, which no crash outlives, keeps that
window from taking the place of one that is only busy.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, Signal, Slot
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from aedesk.core.documents import parse_json
from aedesk.gui.peer import peer_is_this_user
from aedesk.settings.places import config_dir, runtime_dir, state_dir
from aedesk.settings.private import make_private, open_private

CONNECT_MS = 500
ANSWER_MS = 3000
CLOSING_MS = 1000
"""So long a start waits for the place of a window that is just being closed."""
MAX_BYTES = 1 << 20
"""More than any command line; who sends more is not one of us."""
MAX_SOCKET_PATH = 90
"""Bytes. The shortest limit of the systems is 103, and Qt adds some letters while it makes the socket."""
ANSWER = b"taken\n"
ACTIVATION = ("XDG_ACTIVATION_TOKEN", "DESKTOP_STARTUP_ID")
"""By these a desktop knows that a person asked for the window, and lets it come to the front."""


def server_name() -> str:
    """The same for all starts of one person with one set of settings, and for nobody else: the path of a socket, or a name on Windows.

    Raises OSError if there is no folder that only this user may enter.
    """
    name = f"aedesk-{hashlib.sha256(str(config_dir()).encode()).hexdigest()[:16]}"
    if sys.platform == "win32":
        return f"{name}-{_secret()}"
    path = runtime_dir() / f"{name}.sock"
    if len(os.fsencode(path)) > MAX_SOCKET_PATH:
        path = Path(tempfile.gettempdir()) / f"aedesk-{os.getuid()}" / path.name
    return str(make_private(path.parent) / path.name)


def _secret() -> str:
    """A random text that is the same at every start, in a file that only this user may read."""
    path = make_private(state_dir()) / "window.key"
    with suppress(FileExistsError), open_private(path, "x") as file:
        file.write(secrets.token_hex(16))
    return path.read_text(encoding="utf-8").strip()


def hand_over(paths: Sequence[Path]) -> bool:
    """Give files to the window that runs already. False if there is none, or it does not answer."""
    socket = QLocalSocket()
    try:
        socket.connectToServer(server_name())
    except OSError:
        return False
    if not socket.waitForConnected(CONNECT_MS) or not peer_is_this_user(int(socket.socketDescriptor())):
        return False
    token = next((os.environ[name] for name in ACTIVATION if os.environ.get(name)), "")
    socket.write(json.dumps({"files": [str(path.absolute()) for path in paths], "token": token}).encode() + b"\n")
    taken = socket.waitForReadyRead(ANSWER_MS) and bytes(socket.readLine().data()) == ANSWER
    socket.abort()
    return taken


class Instance(QObject):
    """The one that listens.

    Signals:
        asked(paths, token): another start wants these files opened (perhaps none) and the window in front.
    """

    asked = Signal(object, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = QLockFile(str(state_dir() / "window.lock"))
        self._lock.setStaleLockTime(0)  # a window may be open for weeks: only that its process is gone counts
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._on_connection)

    def listen(self) -> bool:
        """Become the one. False if there is another, or if it is not possible, which costs only this comfort.

        Call it after ``hand_over`` has found nobody. What is left of a window that crashed is removed.
        """
        with suppress(OSError):  # then there is no lock either, and the socket alone has to do
            make_private(state_dir())
        if not self._lock.tryLock(CLOSING_MS) and self._lock.error() == QLockFile.LockError.LockFailedError:
            return False
        try:
            name = server_name()
        except OSError:
            return False
        QLocalServer.removeServer(name)
        return self._server.listen(name)

    @Slot()
    def leave(self) -> None:
        """Take no more files, because the window is being closed; the place is free after ``close``."""
        self._server.close()

    def close(self) -> None:
        self.leave()
        self._lock.unlock()

    @Slot()
    def _on_connection(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            if not peer_is_this_user(int(socket.socketDescriptor())):
                socket.abort()
                socket.deleteLater()
                continue
            socket.setReadBufferSize(MAX_BYTES)
            socket.disconnected.connect(socket.deleteLater)
            socket.readyRead.connect(self._on_bytes)
            if socket.bytesAvailable():
                self._read(socket)

    @Slot()
    def _on_bytes(self) -> None:
        socket = self.sender()
        if isinstance(socket, QLocalSocket):
            self._read(socket)

    def _read(self, socket: QLocalSocket) -> None:
        if not socket.canReadLine():
            if socket.bytesAvailable() >= MAX_BYTES:
                socket.abort()
            return
        try:
            message = parse_json(bytes(socket.readLine().data()))
            paths, token = [Path(name) for name in message["files"]], str(message["token"])
        except (ValueError, KeyError, TypeError):
            socket.abort()
            return
        socket.write(ANSWER)
        socket.flush()
        self.asked.emit(paths, token)
