"""``aedesk thumbnail``, as called by file managers."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import played_codec
import pytest
from aed_files import FILES
from PIL import Image

from aedesk.formats.aed_file import PREVIEW, Chunk
from aedesk.formats.container import write_aed
from aedesk.imaging import io as pictures
from aedesk.imaging.picture import Picture
from aedesk.jobs.services import DEFAULT_SERVICES

Call = Callable[..., Any]


@pytest.fixture(autouse=True)
def played(monkeypatch: pytest.MonkeyPatch) -> None:
    for spec, service in played_codec.SERVICES.items():
        monkeypatch.setitem(DEFAULT_SERVICES, spec, service)  # type: ignore[arg-type]


def with_preview(jpeg: bytes) -> bytes:
    file = replace(next(iter(FILES.values())), width=1600, height=1200, tile_px=64 * 25, tiles=(b"not decoded",))
    return write_aed(replace(file, chunks=(Chunk(PREVIEW, jpeg),), damaged=frozenset()))


def red_jpeg(width: int, height: int) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (width, height), (200, 30, 30)).save(written, "JPEG")
    return written.getvalue()


def test_a_picture_becomes_a_png_of_the_requested_size_whatever_the_name(aedesk: Call, make_pixels: Call, tmp_path: Path) -> None:
    pictures.write(Picture(make_pixels(300, 600)), tmp_path / "a.jpg")
    (tmp_path / "out").write_text("of the last time")
    assert aedesk("thumbnail", tmp_path / "a.jpg", "-o", tmp_path / "out", "--size", 128).code == 0
    with Image.open(tmp_path / "out") as image:
        assert (image.format, image.size) == ("PNG", (128, 64))


def test_the_preview_in_a_file_is_used_without_decoding(aedesk: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DEFAULT_SERVICES, "DecompressSpec", "nowhere:nothing")  # type: ignore[arg-type]
    (tmp_path / "a.aed").write_bytes(with_preview(red_jpeg(320, 240)))
    assert aedesk("thumbnail", tmp_path / "a.aed", "-o", tmp_path / "a.png").code == 0
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (256, 192)
        assert np.abs(np.asarray(image).astype(int) - (200, 30, 30)).max() < 8


@pytest.mark.parametrize("preview", [b"no jpeg", red_jpeg(100, 75), red_jpeg(5000, 10)])
def test_a_damaged_or_unsuitable_preview_is_ignored(aedesk: Call, tmp_path: Path, preview: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DEFAULT_SERVICES, "DecompressSpec", "nowhere:nothing")  # decoding the file fails
    (tmp_path / "a.aed").write_bytes(with_preview(preview))
    assert aedesk("thumbnail", tmp_path / "a.aed", "-o", tmp_path / "a.png").code == 1
    assert not (tmp_path / "a.png").exists()


def test_a_file_without_preview_is_decoded(aedesk: Call, make_pixels: Call, tmp_path: Path) -> None:
    pictures.write(Picture(make_pixels(96, 64)), tmp_path / "a.png")
    assert aedesk("encode", tmp_path / "a.png", "-o", tmp_path / "a.aed").code == 0
    assert aedesk("thumbnail", tmp_path / "a.aed", "-o", tmp_path / "thumb.png", "--size", 48).code == 0
    with Image.open(tmp_path / "thumb.png") as image:
        assert image.size == (32, 48)


def test_a_damaged_file_is_an_error_and_nothing_is_written(aedesk: Call, tmp_path: Path) -> None:
    (tmp_path / "a.aed").write_bytes(with_preview(red_jpeg(320, 240))[:40])
    done = aedesk("thumbnail", tmp_path / "a.aed", "-o", tmp_path / "a.png")
    assert done.code == 1
    assert "damaged" in done.err
    assert not (tmp_path / "a.png").exists()
