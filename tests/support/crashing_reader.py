"""A reading process whose decoders crash on certain files, for tests."""

from __future__ import annotations

import os
import signal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from aedesk.jobs import picture_reader

ALWAYS = b"crash"
"""A file that begins like this ends the process."""
SECOND = b"spoiled"
"""A file that begins like this ends the process, if that has read another file before: its memory is corrupt by then."""

_answer = picture_reader._answer


def serve(connection: Connection, prefix: str) -> None:
    read: list[Path] = []

    def answer(what: str, path: Path, *arguments: Any) -> object:
        start = path.read_bytes()[:16] if path.exists() else b""
        if start.startswith(ALWAYS) or (start.startswith(SECOND) and read):
            os.kill(os.getpid(), signal.SIGSEGV)
        read.append(path)
        return _answer(what, path, *arguments)

    picture_reader._answer = answer
    picture_reader.serve(connection, prefix)
