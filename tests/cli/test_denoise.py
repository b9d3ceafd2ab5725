from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aedesk.imaging import io

Call = Callable[..., Any]


def test_one_picture_becomes_one_file(aedesk: Call, model: Path, make_file: Call, tmp_path: Path) -> None:
    source = make_file(tmp_path / "a.png", dtype=np.uint16)
    done = aedesk("denoise", source, "-o", tmp_path / "b.tif", "--model", model, "--sigma", 20)
    assert (done.code, done.err) == (0, "")
    assert f"{source} -> {tmp_path / 'b.tif'}" in done.out
    result, original = io.read(tmp_path / "b.tif"), io.read(source)
    assert result.pixels.shape == original.pixels.shape
    assert result.bit_depth == 16
    assert not np.array_equal(result.pixels, original.pixels)


def test_a_strength_of_zero_returns_the_input(aedesk: Call, model: Path, make_file: Call, tmp_path: Path) -> None:
    source = make_file(tmp_path / "a.png")
    assert aedesk("denoise", source, "-o", tmp_path / "b.png", "--model", model, "--strength", 0).code == 0
    assert np.array_equal(io.read(tmp_path / "b.png").pixels, io.read(source).pixels)


def test_a_batch_goes_on_past_bad_files_and_explains_each(aedesk: Call, model: Path, make_file: Call, tmp_path: Path) -> None:
    for name in ("in/a.png", "in/sub/b.jpg", "in/sub/c.bmp"):
        make_file(tmp_path / name)
    whole = make_file(tmp_path / "in" / "cut.png", 400, 400).read_bytes()
    (tmp_path / "in" / "cut.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "in" / "text.jpg").write_text("no picture")
    done = aedesk("denoise", tmp_path / "in", tmp_path / "missing.png", "-o", tmp_path / "out", "--model", model)
    assert done.code == 1
    written = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.*"))
    assert written == ["a.png", "sub/b.jpg", "sub/c.png"]
    for bad in ("cut.png", "text.jpg", "missing.png"):
        assert sum(bad in line for line in done.err.splitlines()) == 1
    assert "3 of 6 done, 3 failed." in done.err


def test_nothing_is_overwritten_unless_told(aedesk: Call, model: Path, make_file: Call, tmp_path: Path) -> None:
    source, taken = make_file(tmp_path / "a.png"), make_file(tmp_path / "b.png", seed=1)
    before = taken.read_bytes()
    done = aedesk("denoise", source, "-o", taken, "--model", model)
    assert done.code == 1
    assert "--overwrite" in done.err
    assert taken.read_bytes() == before
    assert aedesk("denoise", source, "-o", taken, "--model", model, "--overwrite").code == 0
    assert taken.read_bytes() != before


def test_an_input_is_not_replaced_by_its_own_result_unless_told(aedesk: Call, model: Path, make_file: Call, tmp_path: Path) -> None:
    source = make_file(tmp_path / "a.png")
    before = source.read_bytes()
    assert aedesk("denoise", tmp_path, "-o", tmp_path, "--model", model).code == 1
    assert source.read_bytes() == before
    assert aedesk("denoise", tmp_path, "-o", tmp_path, "--model", model, "--overwrite").code == 0
    assert source.read_bytes() != before


@pytest.mark.parametrize(
    "options",
    [
        ["--sigma", "101"],
        ["--sigma", "nan"],
        ["--sigma", "loud"],
        ["--strength", "1.5"],
        ["--tile", "3"],
        ["--device", "tpu"],
        ["--device", "cuda:99"],
        ["--model", "no-such-model"],
        ["--unknown"],
        ["--over"],
    ],
)
def test_bad_options_are_bad_usage_and_write_nothing(
    aedesk: Call, model: Path, make_file: Call, tmp_path: Path, options: list[str]
) -> None:
    source = make_file(tmp_path / "a.png")
    default = [] if "--model" in options else ["--model", model]
    done = aedesk("denoise", source, "-o", tmp_path / "b.png", *default, *options)
    assert done.code == 2
    assert done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "b.png").exists()


def test_a_damaged_model_is_told_once_and_not_for_every_picture(aedesk: Call, make_file: Call, tmp_path: Path) -> None:
    for name in "abc":
        make_file(tmp_path / "in" / f"{name}.png")
    (tmp_path / "m.safetensors").write_bytes(b"nonsense" * 10)
    done = aedesk("denoise", tmp_path / "in", "-o", tmp_path / "out", "--model", tmp_path / "m.safetensors")
    assert done.code == 2
    assert len(done.err.splitlines()) == 1


def test_a_folder_that_cannot_be_made_fails_that_picture(aedesk: Call, model: Path, make_file: Call, tmp_path: Path) -> None:
    source = make_file(tmp_path / "a.png")
    (tmp_path / "file").write_text("in the way")
    done = aedesk("denoise", source, "-o", tmp_path / "file" / "b.png", "--model", model)
    assert done.code == 1
    assert "cannot be made" in done.err


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every file name is text")
def test_a_file_name_that_is_no_text_is_no_obstacle(model: Path, make_file: Call, tmp_path: Path, program: Call) -> None:
    folder = tmp_path / "in"
    make_file(folder / "a.png").rename(folder / os.fsdecode(b"\xff\xe9.png"))
    (folder / os.fsdecode(b"bad\xff.png")).write_bytes(b"no picture")
    done = program("denoise", folder, "-o", tmp_path / "out", "--model", model, "--sigma", 10)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert len(list((tmp_path / "out").iterdir())) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_batch_stops_cleanly_and_its_bar_was_on_the_terminal(
    model: Path, make_file: Call, tmp_path: Path, project: Path, number: int, code: int
) -> None:
    import pty

    for name in "ab":
        make_file(tmp_path / "in" / f"{name}.jpg", 1000, 1200)
    arguments = ["denoise", tmp_path / "in", "-o", tmp_path / "out", "--model", model, "--tile", "16", "--sigma", "20"]
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "aedesk", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(project), "COLUMNS": "100"},
        stdout=subprocess.PIPE,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        shown = b""
        while b"%" not in shown:
            shown += os.read(ours, 4096)
        process.send_signal(number)
        assert process.stdout is not None
        out = process.stdout.read()
        try:
            while more := os.read(ours, 4096):
                shown += more
        except OSError:  # the other end is closed
            pass
        os.close(ours)
        assert process.wait(30) == code
    text = shown.decode()
    assert "[1/2] a.jpg  [" in text
    assert "MP/s" in text or "ETA" not in text
    assert "Interrupted." in text
    assert "Traceback" not in text
    assert out == b""
    assert not list((tmp_path / "out").glob("*"))
