"""One window per person: a second start hands its files over."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from pytestqt.qtbot import QtBot

from aedesk.gui.instance import ANSWER, Instance, hand_over, server_name

SECOND_START = """
import sys
from pathlib import Path
from aedesk.gui.instance import hand_over
sys.exit(0 if hand_over([Path(name) for name in sys.argv[1:]]) else 3)
"""

STRANGER = """
import os, socket, sys
os.setuid(12345)
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o777)
server.listen()
print("listening", flush=True)
connection, _ = server.accept()
print(connection.recv(1000))
"""

KILLED_WINDOW = """
from PySide6.QtCore import QCoreApplication
from aedesk.gui.instance import Instance
app = QCoreApplication([])
instance = Instance()
print(instance.listen(), flush=True)
app.exec()
"""


@pytest.fixture
def instance(qtbot: QtBot) -> Iterator[Instance]:
    made = Instance()
    assert made.listen()
    yield made
    made.close()


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2]), "XDG_ACTIVATION_TOKEN": "t0"}


def second_start(folder: Path, *names: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", SECOND_START, *names], cwd=folder, env=environment())


def reachable() -> bool:
    socket = QLocalSocket()
    socket.connectToServer(server_name())
    found = socket.waitForConnected(500)
    socket.abort()
    return found


def test_the_files_of_a_second_start_reach_the_window_with_their_whole_paths(qtbot: QtBot, instance: Instance, tmp_path: Path) -> None:
    asked: list[tuple[list[Path], str]] = []
    instance.asked.connect(lambda paths, token: asked.append((paths, token)))
    started = second_start(tmp_path, "a picture.png", "ä\n.aed")
    qtbot.waitUntil(lambda: started.poll() is not None, timeout=60_000)
    assert started.returncode == 0
    assert asked == [([tmp_path / "a picture.png", tmp_path / "ä\n.aed"], "t0")]


def test_alone_nobody_takes_the_files(qtbot: QtBot) -> None:
    assert not hand_over([Path("a.png")])


def test_who_does_not_answer_is_not_waited_for(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aedesk.gui.instance.ANSWER_MS", 50)
    silent = QLocalServer()
    assert silent.listen(server_name())
    assert not hand_over([Path("a.png")])
    silent.close()


@pytest.mark.skipif(os.name != "posix", reason="pipes have no folder")
def test_nobody_else_can_put_a_socket_in_the_windows_place(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in (os.environ["XDG_RUNTIME_DIR"], "/tmp", ""):
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        path = Path(server_name())
        assert path.is_absolute()
        assert path.parent.stat().st_mode & 0o077 == 0
        assert path.parent.stat().st_uid == os.getuid()
        assert len(os.fsencode(path)) < 100


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="only root can become somebody else")
def test_the_socket_of_another_account_gets_no_file_names(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = f"/tmp/aedesk-test-{os.getpid()}"
    monkeypatch.setattr("aedesk.gui.instance.server_name", lambda: path)
    stranger = subprocess.Popen([sys.executable, "-c", STRANGER, path], stdout=subprocess.PIPE)
    assert stranger.stdout is not None
    assert stranger.stdout.readline() == b"listening\n"
    assert not hand_over([Path("secret.png")])
    assert stranger.communicate()[0] == b"b''\n"
    Path(path).unlink()


def test_a_connection_of_another_account_is_closed(qtbot: QtBot, instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aedesk.gui.instance.peer_is_this_user", lambda descriptor: False)
    asked: list[object] = []
    instance.asked.connect(lambda paths, _token: asked.append(paths))
    other = QLocalSocket()
    other.connectToServer(server_name())
    other.write(b'{"files": ["a.png"], "token": ""}\n')
    qtbot.waitUntil(lambda: other.state() == QLocalSocket.LocalSocketState.UnconnectedState, timeout=60_000)
    assert asked == []


def test_what_a_crashed_window_left_does_not_stand_in_the_way(qtbot: QtBot) -> None:
    crashed = QLocalServer()
    assert crashed.listen(server_name())
    left = Path(crashed.fullServerName())
    if not left.exists():
        pytest.skip("only files outlive their process")
    left.rename(left.with_name("kept"))
    crashed.close()
    left.with_name("kept").rename(left)
    again = Instance()
    assert again.listen()
    again.close()


def test_a_window_that_is_only_busy_keeps_its_place(qtbot: QtBot, instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aedesk.gui.instance.CLOSING_MS", 0)
    beside = Instance()
    assert not beside.listen()
    beside.close()
    assert reachable()
    instance.close()
    assert beside.listen()
    beside.close()


def test_a_window_that_is_being_closed_takes_no_more_files(qtbot: QtBot, instance: Instance) -> None:
    assert reachable()
    instance.leave()
    assert not reachable()


def test_a_window_that_was_killed_leaves_its_place(qtbot: QtBot, tmp_path: Path) -> None:
    killed = subprocess.Popen([sys.executable, "-c", KILLED_WINDOW], env=environment(), stdout=subprocess.PIPE)
    assert killed.stdout is not None
    assert killed.stdout.readline() == b"True\n"
    killed.kill()
    killed.communicate()
    again = Instance()
    assert again.listen()
    again.close()


@pytest.mark.parametrize("message", [b"not json\n", b"[]\n", b'{"files": 3, "token": ""}\n', b"x" * (1 << 20)])
def test_a_stranger_is_shown_the_door_and_the_next_one_is_served(qtbot: QtBot, instance: Instance, message: bytes) -> None:
    asked: list[object] = []
    instance.asked.connect(lambda paths, _token: asked.append(paths))
    stranger = QLocalSocket()
    stranger.connectToServer(server_name())
    stranger.write(message)
    qtbot.waitUntil(lambda: stranger.state() == QLocalSocket.LocalSocketState.UnconnectedState, timeout=60_000)
    assert asked == []
    next_one = QLocalSocket()
    next_one.connectToServer(server_name())
    next_one.write(b'{"files": [], "token": ""}\n')
    qtbot.waitUntil(next_one.canReadLine, timeout=60_000)
    assert (bytes(next_one.readLine().data()), asked) == (ANSWER, [[]])
    next_one.abort()
