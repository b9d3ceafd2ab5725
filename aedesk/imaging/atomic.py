"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from aedesk.core.errors import PictureError


@contextmanager
def replacing(path: Path, overwrite: bool) -> Iterator[BinaryIO]:
    """A seekable file that takes the place of ``path`` when the block ends, and vanishes when it fails.

    It lies in the same folder under another name, because only there can it be renamed in one step. The mode of a file that is
    replaced is kept; a link is followed.

    Raises:
        PictureError: ``path`` exists and ``overwrite`` is false, before or after the block, or it is a folder.
    """
    path = Path(os.path.realpath(path))
    _check(path, overwrite)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem[:40]}-", suffix=f".part{path.suffix}")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
        _put(temporary, path, overwrite)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def _put(temporary: Path, path: Path, overwrite: bool) -> None:
    _check(path, overwrite)
    temporary.replace(path)


def _check(path: Path, overwrite: bool) -> None:
    if path.is_dir():
        raise PictureError(f"{path} is a folder.", "Give the name of a file in it.")
    if path.exists() and not overwrite:
        raise PictureError(f"{path} exists already.", "Choose another name, or allow it to be replaced.")


def _umask() -> int:
    """The process's mask; it can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
