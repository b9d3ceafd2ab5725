"""Saving is all or nothing, and nothing is replaced without being told."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sample_pictures import picture

from aedesk.core.errors import PictureError
from aedesk.imaging import atomic, io, pillow_writer, png, tiff_writer
from aedesk.imaging.picture import Picture

SUFFIXES = (".png", ".tif", ".jpg", ".webp", ".avif")
WRITERS = {".png": png, ".tif": tiff_writer, ".jpg": pillow_writer, ".webp": pillow_writer, ".avif": pillow_writer}


def failing_with(error: BaseException) -> Callable[..., None]:
    def write(*_: Any) -> None:
        raise error

    return write


def test_write_gives_the_path(tmp_path: Path) -> None:
    assert io.write(picture(), str(tmp_path / "a.png")) == tmp_path / "a.png"


def test_a_file_that_exists_is_replaced_only_when_told(tmp_path: Path) -> None:
    path = io.write(picture(seed=1), tmp_path / "a.png")
    before = path.read_bytes()
    with pytest.raises(PictureError, match=r"a\.png exists already"):
        io.write(picture(seed=2), path)
    assert path.read_bytes() == before
    io.write(picture(seed=2), path, overwrite=True)
    assert np.array_equal(io.read(path).pixels, picture(seed=2).pixels)


def test_a_file_that_appears_while_writing_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.png"
    real = png.write

    def write(*arguments: Any) -> None:
        path.write_bytes(b"from somebody else")
        real(*arguments)

    monkeypatch.setattr(png, "write", write)
    with pytest.raises(PictureError, match="exists already"):
        io.write(picture(), path)
    assert path.read_bytes() == b"from somebody else"
    assert list(tmp_path.iterdir()) == [path]


def test_on_a_disk_without_links_nothing_is_replaced_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(*_: Any) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    path = io.write(picture(), tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(PictureError, match="exists already"):
        io.write(picture(), path)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full"),
        (PermissionError(errno.EACCES, "Permission denied"), "permission denied"),
        (MemoryError(), "too little memory"),
        (ValueError("image has wrong mode"), "image has wrong mode"),
    ],
)
def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, error: Exception, words: str
) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"old")
    monkeypatch.setattr(WRITERS[suffix], "write", failing_with(error))
    with pytest.raises(PictureError, match=words) as caught:
        io.write(picture(), path, overwrite=True)
    assert path.name in caught.value.message
    assert caught.value.hint
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interruption_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(png, "write", failing_with(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        io.write(picture(), tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="the folder does not exist"):
        io.write(picture(), tmp_path / "nowhere" / "a.png")
    (tmp_path / "b.png").mkdir()
    with pytest.raises(PictureError, match="is a folder"):
        io.write(picture(), tmp_path / "b.png", overwrite=True)


@pytest.mark.skipif(os.name == "nt", reason="modes and links of POSIX")
def test_mode_and_links_are_kept_when_a_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    path = io.write(picture(), tmp_path / "real" / "a.png")
    path.chmod(0o640)
    link = tmp_path / "link.png"
    link.symlink_to(path)
    io.write(picture(seed=3), link, overwrite=True)
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert np.array_equal(io.read(path).pixels, picture(seed=3).pixels)


@pytest.mark.skipif(os.name == "nt", reason="modes of POSIX")
def test_a_new_file_has_the_usual_mode(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    path = io.write(picture(), tmp_path / "a.png")
    assert path.stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize("name", ["a.heic", "a.gif", "a", "a.txt", "a.dng"])
def test_a_format_that_cannot_be_written_is_refused_with_those_that_can(tmp_path: Path, name: str) -> None:
    with pytest.raises(PictureError, match="not a format that can be written") as caught:
        io.write(picture(), tmp_path / name)
    assert all(suffix in caught.value.hint for suffix in (".jpg", ".png", ".tif", ".webp", ".avif"))


@pytest.mark.parametrize("quality", [0, 101])
def test_a_quality_out_of_range_is_refused(tmp_path: Path, quality: int) -> None:
    with pytest.raises(PictureError, match="from 1 to 100"):
        io.write(picture(), tmp_path / "a.jpg", quality=quality)


@pytest.mark.parametrize(("suffix", "width"), [(".webp", 16_384), (".jpg", 65_501), (".avif", 65_537)])
def test_a_picture_too_wide_for_a_format_is_refused_before_anything_is_written(tmp_path: Path, suffix: str, width: int) -> None:
    with pytest.raises(PictureError, match="too many for") as caught:
        io.write(Picture(np.zeros((1, width, 1), np.uint8)), tmp_path / f"a{suffix}")
    assert "PNG or TIFF" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("block", ["exif", "xmp"])
def test_metadata_too_large_for_jpeg_are_not_dropped_in_silence(tmp_path: Path, block: str) -> None:
    large = picture(**{block: b"II*\0\x08\0\0\0" + bytes(70_000)})
    with pytest.raises(PictureError, match="does not fit into a JPEG file") as caught:
        io.write(large, tmp_path / "a.jpg")
    assert "PNG" in caught.value.hint


def test_the_temporary_file_lies_beside_the_picture(tmp_path: Path) -> None:
    with atomic.replacing(tmp_path / "a.png", overwrite=False) as file:
        file.write(b"x")
        (beside,) = tmp_path.iterdir()
        assert beside.name != "a.png"
    assert (tmp_path / "a.png").read_bytes() == b"x"


def test_a_large_tiff_file_of_many_strips_comes_back(tmp_path: Path) -> None:
    large = picture(1500, 900, bits=16, alpha=True)
    found = io.read(io.write(large, tmp_path / "a.tif"))
    assert np.array_equal(found.pixels, large.pixels)
    assert np.array_equal(found.alpha, large.alpha)  # type: ignore[arg-type]
