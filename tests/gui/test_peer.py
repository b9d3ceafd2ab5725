"""The system says who is at the other end of a socket."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from aedesk.gui.peer import peer_is_this_user, peer_uid

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes there have a secret name instead")


def test_this_user_is_recognised_and_the_socket_stays_open() -> None:
    one, other = socket.socketpair(socket.AF_UNIX)
    with one, other:
        assert peer_uid(one.fileno()) == os.getuid()
        assert peer_is_this_user(one.fileno())
        one.sendall(b"still open")
        assert other.recv(10) == b"still open"


@pytest.mark.skipif(sys.platform != "linux" or os.getuid() != 0, reason="only root can become somebody else")
def test_another_user_is_recognised() -> None:
    stranger = "import os, socket; os.setuid(12345); s = socket.socket(socket.AF_UNIX); s.connect('\\0aedesk-test'); s.recv(1)"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0aedesk-test")
        server.listen()
        process = subprocess.Popen([sys.executable, "-c", stranger])
        connection, _ = server.accept()
        with connection:
            assert peer_uid(connection.fileno()) == 12345
            assert not peer_is_this_user(connection.fileno())
        process.wait()


def test_a_descriptor_that_is_no_socket_is_nobodys() -> None:
    with open(os.devnull) as file:
        assert peer_uid(file.fileno()) == -1
