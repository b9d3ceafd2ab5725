"""Locks on files that end with their process, however it ends, so that what a kill leaves behind can be told from what is in use."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

_OFFSET = 1 << 30  # beyond the content, because Windows bars others from reading locked bytes


def lock(file: IO[Any]) -> bool:
    """Lock an open, writable file until it is closed or its process ends.

    Returns False if it is open and locked already, here or in another process, or if its file system knows no locks.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            at = file.tell()
            file.seek(_OFFSET)
            try:
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            finally:
                file.seek(at)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


class FolderLock:
    """The right to work in a folder, for one process at a time.

    Args:
        name: of the file in the folder that carries the lock; it holds the number of the process for people.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._file: IO[str] | None = None

    def take(self, folder: os.PathLike[str]) -> int | None:
        """Take the lock. Returns None, or the number of the process that has it (0 if it is not known). Raises OSError."""
        path = Path(folder, self._name)
        while True:
            file = path.open("a+", encoding="ascii", errors="replace")
            if not lock(file):
                file.seek(0)
                holder = file.read(20).strip()
                file.close()
                return int(holder) if holder.isdecimal() else 0
            if path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat()):
                break
            file.close()  # whoever had it before has just removed the file
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._file = file
        return None

    def release(self) -> None:
        """Give the lock back; nothing happens if it is not held."""
        if self._file is not None:
            with suppress(OSError):
                Path(self._file.name).unlink()
            self._file.close()
            self._file = None
