"""Who is at the other end of a local socket, asked of the system."""

from __future__ import annotations

import os
import socket
import struct
import sys

_DARWIN_SOL_LOCAL, _DARWIN_LOCAL_PEERCRED = 0, 1
_DARWIN_XUCRED = "=II h 16I"  # version, uid, number of groups, groups (sys/ucred.h); only the first two are used


def peer_is_this_user(descriptor: int) -> bool:
    """Whether the process at the other end of a connected Unix socket runs under this user's account.

    Args:
        descriptor: of the socket; it stays open.

    On Windows, whose pipes have no such question, always True: there the name of the pipe is a secret.
    """
    if sys.platform == "win32":
        return True
    return peer_uid(descriptor) == os.getuid()


def peer_uid(descriptor: int) -> int:
    """The user at the other end of a connected Unix socket; -1 if the system does not say."""
    if sys.platform == "win32":
        return -1
    try:
        with socket.socket(fileno=os.dup(descriptor)) as other:
            if sys.platform == "darwin":
                data = other.getsockopt(_DARWIN_SOL_LOCAL, _DARWIN_LOCAL_PEERCRED, struct.calcsize(_DARWIN_XUCRED))
                return int(struct.unpack_from("=II", data)[1])
            if not hasattr(socket, "SO_PEERCRED"):
                return -1
            _pid, uid, _gid = struct.unpack("3i", other.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
            return int(uid)
    except OSError:
        return -1
