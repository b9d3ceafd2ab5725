"""Locks keep others out while their process lives, and not a moment longer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from aedesk.core.locks import FolderLock, lock

HOLDER = """
import sys
from pathlib import Path
from aedesk.core.locks import FolderLock
kept = FolderLock("run.lock")
print(kept.take(Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""


def holder(folder: Path, project: Path) -> subprocess.Popen[str]:
    started = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        env={**os.environ, "PYTHONPATH": str(project)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "None\n"
    return started


def test_a_locked_file_cannot_be_locked_again_until_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with path.open("wb") as first, path.open("r+b") as second:
        first.write(b"content")
        assert lock(first)
        assert not lock(second)
        first.close()
        assert lock(second)
        assert second.read() == b"content"


def test_the_holder_is_named_and_a_kill_frees_the_folder(tmp_path: Path, project: Path) -> None:
    process = holder(tmp_path, project)
    mine = FolderLock("run.lock")
    assert mine.take(tmp_path) == process.pid
    process.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
    process.communicate()
    assert mine.take(tmp_path) is None
    assert FolderLock("run.lock").take(tmp_path) == os.getpid()
    mine.release()
    assert list(tmp_path.iterdir()) == []


def test_a_lock_file_without_a_number_still_locks(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    path.write_text("not a number")
    with path.open("r+b") as other:
        assert lock(other)
        assert FolderLock("run.lock").take(tmp_path) == 0
    mine = FolderLock("run.lock")
    assert mine.take(tmp_path) is None
    mine.release()


def test_a_folder_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="missing"):
        FolderLock("run.lock").take(tmp_path / "missing")
