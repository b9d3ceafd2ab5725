"""Folders and files that only this user may read: sessions, crash reports, logs and sockets name the pictures of a person."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, Any

_FOLDER_MODE, _FILE_MODE = 0o700, 0o600
_POSIX = os.name == "posix"


def make_private(folder: Path) -> Path:
    """Make a folder that only this user may enter, or close one that is there already, and return it.

    On Windows folders below the profile belong to the user as it is. Raises OSError, also if the folder belongs to somebody else.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=_FOLDER_MODE)
    if _POSIX:
        if not _is_own(folder):
            raise PermissionError(f"{folder} belongs to another user")
        if folder.stat().st_mode & 0o077:
            folder.chmod(_FOLDER_MODE)
    return folder


def is_private(folder: Path) -> bool:
    """Whether a folder is there, belongs to this user, and nobody else may enter it."""
    try:
        return folder.is_dir() and (not _POSIX or (_is_own(folder) and not folder.stat().st_mode & 0o077))
    except OSError:
        return False


def open_private(path: Path, mode: str = "w") -> IO[Any]:
    """Open a file that only this user may read, as UTF-8 if it is text. One that is there already is closed to others. Raises OSError."""
    encoding = None if "b" in mode else "utf-8"
    file = open(path, mode, encoding=encoding, opener=_opener)  # noqa: SIM115 - it belongs to the caller
    if _POSIX:
        os.fchmod(file.fileno(), _FILE_MODE)
    return file


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags, _FILE_MODE)


def _is_own(folder: Path) -> bool:
    """Neither the folder nor a link that leads to it is another user's."""
    return folder.stat().st_uid == folder.lstat().st_uid == os.getuid()
