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

from aedesk.gui.instance import Instance, hand_over, server_name

SECOND_START = """
import sys
from pathlib import Path
from aedesk.gui.instance import hand_over
sys.exit(0 if hand_over([Path(name) for name in sys.argv[1:]]) else 3)
"""


@pytest.fixture
def instance(qtbot: QtBot) -> Iterator[Instance]:
    made = Instance()
    assert made.listen()
    yield made
    made.close()


def second_start(folder: Path, *names: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2]), "XDG_ACTIVATION_TOKEN": "t0"}
    return subprocess.Popen([sys.executable, "-c", SECOND_START, *names], cwd=folder, env=environment)


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


@pytest.mark.parametrize("message", [b"not json\n", b"[]\n", b'{"files": 3, "token": ""}\n', b"x" * (1 << 20)])
def test_a_stranger_is_shown_the_door_and_the_next_one_is_served(qtbot: QtBot, instance: Instance, tmp_path: Path, message: bytes) -> None:
    asked: list[object] = []
    instance.asked.connect(lambda paths, _token: asked.append(paths))
    stranger = QLocalSocket()
    stranger.connectToServer(server_name())
    stranger.write(message)
    qtbot.waitUntil(lambda: stranger.state() == QLocalSocket.LocalSocketState.UnconnectedState)
    assert asked == []
    started = second_start(tmp_path)
    qtbot.waitUntil(lambda: started.poll() is not None, timeout=60_000)
    assert (started.returncode, asked) == (0, [[]])
