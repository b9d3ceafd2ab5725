"""Temporary files and folders that vanish even after a kill: at the latest when the program next works in the same place."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from aedesk.core.locks import lock

MIN_AGE_S = 60
"""Younger ones are left alone: they may be about to be locked, or renamed."""
_SCRATCH = "aedesk-scratch-"
_LOCK = ".lock"
_searched: set[tuple[Path, str]] = set()
_searching = threading.Lock()


@contextmanager
def scratch_folder(parent: Path | None = None) -> Iterator[Path]:
    """A new folder for this user only that is removed at the end, or after a kill by the next one in the same place.

    Args:
        parent: where it is made; None for the system's folder of temporary files. Raises OSError if it cannot be written.
    """
    parent = Path(tempfile.gettempdir()) if parent is None else parent
    remove_leftovers(parent, rf"{_SCRATCH}.*")
    folder = Path(tempfile.mkdtemp(dir=parent, prefix=_SCRATCH))
    try:
        with (folder / _LOCK).open("w") as owner:
            lock(owner)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_leftovers(folder: Path, pattern: str) -> None:
    """Remove the files and scratch folders in ``folder`` whose names match and whose process is gone; once per process and folder.

    What is locked (``core.locks``), younger than a minute or another user's is in use, or none of ours.
    """
    with _searching:
        if (folder, pattern) in _searched:
            return
        _searched.add((folder, pattern))
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if re.fullmatch(pattern, entry.name):
                with suppress(OSError):
                    _remove_unowned(Path(entry.path))


def _remove_unowned(path: Path) -> None:
    found = path.lstat()
    if time.time() - found.st_mtime < MIN_AGE_S or (os.name == "posix" and found.st_uid != os.getuid()) or path.is_symlink():
        return
    owner = path / _LOCK if path.is_dir() else path
    if owner.exists():
        with owner.open("r+b") as file:
            if not lock(file):
                return
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
