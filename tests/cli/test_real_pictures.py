"""``aedesk denoise`` with a shipped model on pictures as people have them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sample_pictures import profile

from aedesk.core.resources import resource_path
from aedesk.imaging import io
from aedesk.imaging.metrics import psnr
from aedesk.imaging.picture import Picture

Call = Callable[..., Any]

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def noisy() -> Picture:
    return io.read(resource_path("samples", "portrait_noisy.png"))


@pytest.fixture(scope="module")
def clean() -> Picture:
    return io.read(resource_path("samples", "portrait_clean.png"))


def test_a_sixteen_bit_tiff_keeps_its_depth_profile_and_resolution(aedesk: Call, noisy: Picture, clean: Picture, tmp_path: Path) -> None:
    deep = replace(noisy, pixels=noisy.pixels.astype(np.uint16) * 257, icc=profile("Display P3"), dpi=(600.0, 600.0))
    io.write(deep, tmp_path / "a.tif")
    before = io.read(tmp_path / "a.tif")
    assert aedesk("denoise", tmp_path / "a.tif", "-o", tmp_path / "b.tif", "--model", "denoise-gaussian").code == 0
    after = io.read(tmp_path / "b.tif")
    assert after.bit_depth == 16
    assert (after.icc, after.dpi, after.source_format) == (before.icc, before.dpi, "TIFF")
    assert before.icc == profile("Display P3")
    assert len(np.unique(after.pixels)) > 1000  # computed in 16 bit, not widened
    assert psnr(after.pixels, clean.pixels.astype(np.uint16) * 257) > psnr(noisy.pixels, clean.pixels) + 10


def test_a_gray_png_with_alpha_stays_one(aedesk: Call, noisy: Picture, tmp_path: Path) -> None:
    height, width = noisy.pixels.shape[:2]
    alpha = np.zeros((height, width), np.uint8)
    alpha[: height // 2] = 255
    gray = np.ascontiguousarray(noisy.pixels[:, :, 1:2])
    io.write(Picture(gray, alpha), tmp_path / "a.png")
    assert aedesk("denoise", tmp_path / "a.png", "-o", tmp_path / "b.png").code == 0
    after = io.read(tmp_path / "b.png")
    assert after.channels == 1
    assert after.alpha is not None
    assert np.array_equal(after.alpha, alpha)
    assert np.array_equal(after.pixels[alpha == 0], gray[alpha == 0])
    assert not np.array_equal(after.pixels[alpha == 255], gray[alpha == 255])


def test_a_rotated_photograph_comes_out_upright_with_its_camera_data(aedesk: Call, noisy: Picture, clean: Picture, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "A camera"  # "turn right to look at it", maker
    lying = Image.fromarray(np.ascontiguousarray(np.rot90(noisy.pixels)))
    lying.save(tmp_path / "a.jpg", exif=exif, quality=98, subsampling=0)
    assert aedesk("denoise", tmp_path / "a.jpg", "-o", tmp_path / "b.jpg").code == 0
    with Image.open(tmp_path / "b.jpg") as result:
        assert result.size == (noisy.width, noisy.height)
        assert result.getexif().get(0x0112, 1) == 1
        assert result.getexif()[0x010F] == "A camera"
        assert psnr(np.asarray(result), clean.pixels) > psnr(noisy.pixels, clean.pixels) + 8
