"""Standard streams: pictures through them, and what happens when they are full, closed or written to by strangers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aedesk.cli.console import printable, table
from aedesk.imaging import io
from aedesk.imaging.picture import Picture

Call = Callable[..., Any]
Run = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def run(project: Path, model: Path) -> Run:
    """Runs ``aedesk denoise`` in a process of its own, on bytes."""

    def call(*arguments: object, **options: Any) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "aedesk", "denoise", *map(str, arguments), "--model", str(model), "--sigma", "20"]
        kept = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        return subprocess.run(command, env={**os.environ, "PYTHONPATH": str(project)}, timeout=300, check=False, **kept)

    return call


def test_a_picture_goes_from_standard_input_to_standard_output(run: Run, make_file: Call, tmp_path: Path) -> None:
    source = make_file(tmp_path / "a.png")
    assert run(source, "-o", tmp_path / "b.png").returncode == 0
    done = run("-", "-o", "-", "--format", "png", input=source.read_bytes())
    assert done.returncode == 0, done.stderr
    (tmp_path / "c.png").write_bytes(done.stdout)
    assert np.array_equal(io.read(tmp_path / "c.png").pixels, io.read(tmp_path / "b.png").pixels)
    assert done.stderr.startswith(b"standard input: ")
    assert not list(tmp_path.glob("-*"))


def test_standard_input_that_is_no_picture_is_named(run: Run) -> None:
    done = run("-", "-o", "-", "--format", "png", input=b"no picture")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"standard input" in done.stderr
    assert b"scratch" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_standard_output_costs_the_list_and_not_the_batch(run: Run, make_file: Call, tmp_path: Path) -> None:
    for name in "abc":
        make_file(tmp_path / "in" / f"{name}.png")
    with Path("/dev/full").open("wb") as full:
        done = run(tmp_path / "in", "-o", tmp_path / "out", stdout=full)
    assert done.returncode == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.png", "b.png", "c.png"]
    assert done.stderr.decode().splitlines() == ["aedesk: The results cannot be printed: No space left on device. The command continues."]


@pytest.mark.skipif(os.name != "posix", reason="pipes break in another way")
def test_a_closed_pipe_costs_the_list_and_not_the_batch(run: Run, make_file: Call, tmp_path: Path) -> None:
    for name in "ab":
        make_file(tmp_path / "in" / f"{name}.png")
    reading, writing = os.pipe()
    os.close(reading)
    done = run(tmp_path / "in", "-o", tmp_path / "out", stdout=writing)
    os.close(writing)
    assert done.returncode == 1
    assert len(list((tmp_path / "out").iterdir())) == 2
    assert len(done.stderr.decode().splitlines()) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_picture_that_does_not_fit_standard_output_is_an_error(run: Run, make_file: Call, tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = run(make_file(tmp_path / "a.png"), "-o", "-", "--format", "png", stdout=full)
    assert done.returncode == 1
    assert b"Standard output cannot be written: No space left on device." in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="Windows does not let go of a current folder")
def test_a_current_folder_that_is_gone_is_said(tmp_path: Path, project: Path) -> None:
    code = (
        "import os, sys; os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone'); "
        "from aedesk.cli.main import main; sys.exit(main(['denoise', 'a.png', '-o', 'b.png']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == "aedesk: The current folder no longer exists. Change to another one.\n"


def test_what_is_done_already_is_skipped_when_that_is_asked_for(aedesk: Call, model: Path, make_file: Call, tmp_path: Path) -> None:
    for name in "ab":
        make_file(tmp_path / "in" / f"{name}.png")
    again = ("denoise", tmp_path / "in", "-o", tmp_path / "out", "--model", model)
    assert aedesk(*again).code == 0
    assert aedesk(*again).code == 1
    (tmp_path / "out" / "b.png").unlink()
    before = (tmp_path / "out" / "a.png").read_bytes()
    done = aedesk(*again, "--skip-existing")
    assert done.code == 0
    assert f"{tmp_path / 'in' / 'a.png'}: skipped, {tmp_path / 'out' / 'a.png'} exists already." in done.err
    assert "1 of 2 done, 1 skipped." in done.err
    assert (tmp_path / "out" / "a.png").read_bytes() == before
    assert (tmp_path / "out" / "b.png").exists()
    assert aedesk(*again, "--skip-existing").code == 0
    assert aedesk(*again, "--skip-existing", "--overwrite").code == 2


def test_two_pictures_of_one_name_are_both_done(aedesk: Call, model: Path, make_file: Call, tmp_path: Path) -> None:
    for name in ("in/a.png", "in/a.bmp"):
        make_file(tmp_path / name)
    assert aedesk("denoise", tmp_path / "in", "-o", tmp_path / "out", "--model", model).code == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.bmp.png", "a.png"]


def test_metadata_without_room_is_told_and_left_out_when_that_is_asked_for(
    aedesk: Call, model: Path, make_pixels: Call, tmp_path: Path
) -> None:
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + b" " * 200_000 + b"</x:xmpmeta>"
    io.write(Picture(make_pixels(40, 40), xmp=xmp), tmp_path / "a.png")
    command = ("denoise", tmp_path / "a.png", "-o", tmp_path / "b.jpg", "--model", model)
    done = aedesk(*command)
    assert done.code == 1
    assert "JPEG has no room for the picture's XMP block of 200,0" in done.err
    assert "--drop-metadata" in done.err
    done = aedesk(*command, "--drop-metadata")
    assert done.code == 0
    assert "which is left out" in done.err
    assert io.read(tmp_path / "b.jpg").xmp is None


@pytest.mark.parametrize("size", ["abc", "0", "5000", "1.5"])
def test_a_size_that_is_none_is_explained(aedesk: Call, make_file: Call, tmp_path: Path, size: str) -> None:
    done = aedesk("thumbnail", make_file(tmp_path / "a.png"), "-o", tmp_path / "b.png", "--size", size)
    assert done.code == 2
    assert f"'{size}' is not a whole number from 1 to 4096" in done.err


def test_control_characters_are_escaped_wherever_they_are_printed() -> None:
    assert printable("a\x1b[31mred\x9b2J\u202eevil\x7f\ud800\n\tb ö 写") == "a\\x1b[31mred\\x9b2J\\u202eevil\\x7f\\ud800\n\tb ö 写"
    assert table([("a\x1b]0;title\x07", "one\ntwo")]) == "a\\x1b]0;title\\x07  one two"
