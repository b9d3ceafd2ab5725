"""Small previews for files."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from aedesk.core.resources import resource_path
from aedesk.imaging import io
from aedesk.imaging.metrics import psnr
from aedesk.imaging.picture import Picture
from aedesk.imaging.preview import encode_preview, open_preview
from aedesk.imaging.thumbnails import small

Pixels = Callable[..., np.ndarray]


@pytest.fixture(scope="module")
def portrait() -> Picture:
    return io.read(resource_path("samples", "portrait_clean.png"))


@pytest.mark.parametrize("max_bytes", [1500, 4000, 20_000])
def test_a_preview_fits_its_limit_and_looks_like_the_picture(portrait: Picture, max_bytes: int) -> None:
    picture = portrait
    data = encode_preview(picture, max_bytes)
    assert data is not None
    assert len(data) <= max_bytes
    preview = open_preview(data)
    assert preview is not None
    assert psnr(small(picture, max(preview.size)), np.asarray(preview)) > 25


def test_a_larger_limit_gives_a_larger_preview(portrait: Picture) -> None:
    sizes = [len(encode_preview(portrait, limit) or b"") for limit in (1500, 3000, 20_000)]
    assert sizes[0] < sizes[1] < sizes[2]


def test_a_picture_that_fits_no_limit_has_no_preview(make_pixels: Pixels) -> None:
    assert encode_preview(Picture(make_pixels(256, 256)), 300) is None


def test_a_small_picture_keeps_its_size_and_transparency_becomes_white(make_pixels: Pixels) -> None:
    preview = open_preview(encode_preview(Picture(make_pixels(30, 40), np.zeros((30, 40), np.uint8)), 20_000) or b"")
    assert preview is not None
    assert (preview.size, preview.getextrema()) == ((40, 30), ((255, 255),) * 3)


def test_sixteen_bit_gray_becomes_an_eight_bit_preview(make_pixels: Pixels) -> None:
    preview = open_preview(encode_preview(Picture(make_pixels(30, 40, 1, np.uint16)), 20_000) or b"")
    assert preview is not None
    assert preview.mode == "RGB"


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[:60], lambda data: b"not a picture"])
def test_a_damaged_preview_is_none(damage: Callable[[bytes], bytes], make_pixels: Pixels) -> None:
    data = encode_preview(Picture(make_pixels(60, 90)), 50_000)
    assert data is not None
    assert open_preview(damage(data)) is None


def test_a_preview_below_the_wanted_size_is_none(make_pixels: Pixels) -> None:
    data = encode_preview(Picture(make_pixels(60, 90)), 50_000)
    assert data is not None
    assert open_preview(data, 90) is not None
    assert open_preview(data, 91) is None
