"""What names a person's pictures is for that person's eyes only."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from aedesk.settings.places import runtime_dir, state_dir
from aedesk.settings.private import is_private, make_private, open_private

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows keeps profiles apart by itself")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    assert mode(make_private(tmp_path / "a" / "b")) == 0o700
    assert is_private(tmp_path / "a" / "b")


def test_a_folder_that_others_could_enter_is_closed(tmp_path: Path) -> None:
    open_to_all = tmp_path / "open"
    open_to_all.mkdir(mode=0o755)
    assert not is_private(open_to_all)
    assert mode(make_private(open_to_all)) == 0o700


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o700)
    os.chown(theirs, 12345, 12345)
    assert not is_private(theirs)
    with pytest.raises(PermissionError, match="another user"):
        make_private(theirs)
    mine = tmp_path / "mine"
    mine.mkdir(mode=0o700)
    link = tmp_path / "link"
    link.symlink_to(mine)
    os.chown(link, 12345, 12345, follow_symlinks=False)
    with pytest.raises(PermissionError, match="another user"):
        make_private(link)


def test_a_private_file_is_for_its_owner_only_whether_it_is_new_or_not(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with open_private(path) as file:
        file.write("ö")
    assert (path.read_bytes(), mode(path)) == ("ö".encode(), 0o600)
    path.chmod(0o644)
    with open_private(path, "wb") as file:
        assert mode(path) == 0o600
        file.write(b"x")
    assert path.read_bytes() == b"x"


def test_sockets_lie_in_the_runtime_folder_if_nobody_else_may_enter_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(make_private(tmp_path / "run")))
    assert runtime_dir() == tmp_path / "run"
    for unfit in ("relative", "", str(tmp_path / "missing")):
        monkeypatch.setenv("XDG_RUNTIME_DIR", unfit)
        assert runtime_dir() == state_dir()
    (tmp_path / "open").mkdir(mode=0o755)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "open"))
    assert runtime_dir() == state_dir()
