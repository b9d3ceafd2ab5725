"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from aedesk.core.errors import PictureError
from aedesk.core.leftovers import remove_leftovers
from aedesk.core.locks import lock

LEFTOVERS = r"\.[0-9a-f]{12}\.part(\.\w+)?"
"""Names of files that were being written."""


@contextmanager
def replacing(path: Path, overwrite: bool) -> Iterator[BinaryIO]:
    """A seekable file that takes the place of ``path`` when the block ends, and vanishes when it fails.

    It lies in the same folder under another name, because only there can it be renamed in one step; what a kill left there of such
    files is removed. A link is followed, and the mode
    of a file that is replaced is kept.

    Raises:
        PictureError: ``path`` is a folder, or exists (also if it only came to exist meanwhile) and ``overwrite`` is false.
    """
    target = Path(os.path.realpath(path))
    _check(target, overwrite)
    remove_leftovers(target.parent, LEFTOVERS)
    # Not tempfile: its files are for the owner only, and the umask cannot be read without changing it for all threads.
    temporary = target.with_name(f".{secrets.token_hex(6)}.part{target.suffix}")
    try:
        with temporary.open("xb") as file:
            lock(file)
            yield file
            file.flush()
            os.fsync(file.fileno())
        _put(temporary, target, overwrite)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def _put(temporary: Path, target: Path, overwrite: bool) -> None:
    if overwrite:
        with suppress(OSError):
            temporary.chmod(target.stat().st_mode & 0o777)
        temporary.replace(target)
        return
    try:
        os.link(temporary, target)  # the one way to rename that never replaces
    except FileExistsError:
        raise _exists(target) from None
    except (OSError, AttributeError):  # a file system without links
        _check(target, overwrite)
        temporary.replace(target)
    else:
        temporary.unlink()


def _check(target: Path, overwrite: bool) -> None:
    if target.is_dir():
        raise PictureError(f"{target} is a folder.", "Give the name of a file in it.")
    if target.exists() and not overwrite:
        raise _exists(target)


def _exists(target: Path) -> PictureError:
    return PictureError(f"{target} exists already.", "Choose another name, or allow it to be replaced.")
