"""A batch goes on past a file on which a decoder crashes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import crashing_reader
import numpy as np
import pytest

from aedesk.cli import reading
from aedesk.cli.main import main
from aedesk.imaging import io
from aedesk.imaging.picture import Picture
from aedesk.jobs.picture_reader import PictureReader

PictureMaker = Callable[..., np.ndarray]


@pytest.mark.skipif(sys.platform == "win32", reason="the process is ended by a signal")
def test_a_crash_costs_one_picture_of_a_batch(
    tmp_path: Path, make_pixels: PictureMaker, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a.png", "c.png"):
        io.write(Picture(make_pixels(32, 40)), tmp_path / "in" / name)
    (tmp_path / "in" / "b.png").write_bytes(crashing_reader.ALWAYS)
    monkeypatch.setattr(reading, "_readers", [PictureReader(crashing_reader.serve)])
    code = main(["denoise", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--device", "cpu"])
    told = capsys.readouterr()
    assert code == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.png", "c.png"]
    assert "b.png cannot be read: the decoder for this kind of file stopped working on it (SIGSEGV)" in told.err
    assert "2 of 3 done" in told.err


def test_what_reading_left_out_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from PIL import Image

    frames = [Image.new("L", (8, 8), value) for value in (0, 200)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    reading.read(tmp_path / "a.gif")
    reading.close()
    assert capsys.readouterr().err == f"{tmp_path / 'a.gif'}: Only the first of its 2 pictures was read.\n"
