"""What a kill leaves behind is removed later; what is in use, young or somebody else's stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aedesk.core import leftovers
from aedesk.core.leftovers import MIN_AGE_S, remove_leftovers, scratch_folder
from aedesk.core.locks import lock
from aedesk.imaging.atomic import LEFTOVERS, replacing

KILLED = """
import os, signal, sys
from pathlib import Path
from aedesk.core.leftovers import scratch_folder
from aedesk.imaging.atomic import replacing
with scratch_folder(Path(sys.argv[1])) as folder, replacing(Path(sys.argv[1], "a.png"), overwrite=False) as file:
    (folder / "secret").write_text("x")
    file.write(b"half")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""
PART = ".0123456789ab.part.png"


@pytest.fixture(autouse=True)
def a_new_start() -> Iterator[None]:
    leftovers._searched.clear()
    yield
    leftovers._searched.clear()


def aged(path: Path) -> Path:
    past = time.time() - MIN_AGE_S - 1
    os.utime(path, (past, past), follow_symlinks=False)
    return path


def write(path: Path) -> Path:
    path.write_bytes(b"half a picture")
    return aged(path)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs Unix signals")
def test_what_a_killed_program_left_is_removed_when_something_is_written_there_again(tmp_path: Path, project: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], env={**os.environ, "PYTHONPATH": str(project)}, check=False)
    assert done.returncode == -signal.SIGKILL
    left = [aged(path) for path in tmp_path.iterdir()]
    assert len(left) == 2
    with scratch_folder(tmp_path), replacing(tmp_path / "a.png", overwrite=False) as file:
        file.write(b"whole")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_what_is_in_use_stays(tmp_path: Path) -> None:
    with write(tmp_path / PART).open("r+b") as owner:
        assert lock(owner)
        remove_leftovers(tmp_path, LEFTOVERS)
        assert (tmp_path / PART).exists()


def test_what_is_young_stays(tmp_path: Path) -> None:
    (tmp_path / PART).write_bytes(b"just begun")
    remove_leftovers(tmp_path, LEFTOVERS)
    assert (tmp_path / PART).exists()


def test_other_files_stay(tmp_path: Path) -> None:
    others = [write(tmp_path / name) for name in ("a.png", ".hidden.png", "movie.part", ".0123.part.png", "0123456789ab.part.png")]
    remove_leftovers(tmp_path, LEFTOVERS)
    assert all(path.exists() for path in others)


@pytest.mark.skipif(os.name != "posix", reason="Windows lets few make links")
def test_a_link_is_not_followed(tmp_path: Path) -> None:
    target = write(tmp_path / "precious.png")
    link = tmp_path / PART
    link.symlink_to(target)
    aged(link)
    remove_leftovers(tmp_path, LEFTOVERS)
    assert target.exists()


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="only root can give files away")
def test_files_of_another_user_stay(tmp_path: Path) -> None:
    theirs = write(tmp_path / PART)
    os.chown(theirs, 12345, 12345)
    remove_leftovers(tmp_path, LEFTOVERS)
    assert theirs.exists()


def test_a_scratch_folder_is_private_and_vanishes(tmp_path: Path) -> None:
    with scratch_folder(tmp_path) as folder:
        (folder / "a").write_text("x")
        if os.name == "posix":
            assert folder.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == []


def test_two_scratch_folders_live_side_by_side(tmp_path: Path) -> None:
    with scratch_folder(tmp_path) as one:
        aged(one)
        leftovers._searched.clear()
        with scratch_folder(tmp_path) as two:
            assert one.is_dir()
            assert two.is_dir()


def test_a_folder_that_is_not_there_has_no_leftovers(tmp_path: Path) -> None:
    remove_leftovers(tmp_path / "missing", LEFTOVERS)
