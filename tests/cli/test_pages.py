"""Files that hold several pictures: one of them by its number, or all of a TIFF file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from aedesk.imaging import io
from aedesk.imaging.picture import Picture

Call = Callable[..., object]


@pytest.fixture
def pages(tmp_path: Path, make_pixels: Callable[..., np.ndarray]) -> Path:
    path = tmp_path / "pages.tif"
    with tifffile.TiffWriter(path) as writer:
        for seed in range(3):
            writer.write(make_pixels(32, 40 + seed, seed=seed), photometric="rgb", description=f"page {seed + 1}")
    return path


def test_all_pages_of_a_tiff_file_are_restored(aedesk: Call, pages: Path, tmp_path: Path) -> None:
    done = aedesk("denoise", pages, "-o", tmp_path / "out.tif", "--page", "all", "--strength", 0, "--device", "cpu")
    assert done.code == 0, done.err
    assert "3 pages" in done.out
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        assert len(file.pages) == 3
        for index, page in enumerate(file.pages):
            assert np.array_equal(page.asarray(), io.read(pages, page=index).pixels)
            assert page.description == f"page {index + 1}"


def test_one_page_is_chosen_by_its_number(aedesk: Call, pages: Path, tmp_path: Path) -> None:
    done = aedesk("denoise", pages, "-o", tmp_path / "out.png", "--page", 2, "--strength", 0, "--device", "cpu")
    assert (done.code, done.err) == (0, "")
    assert np.array_equal(io.read(tmp_path / "out.png").pixels, io.read(pages, page=1).pixels)


def test_the_first_page_is_taken_with_one_notice(aedesk: Call, pages: Path, tmp_path: Path) -> None:
    done = aedesk("denoise", pages, "-o", tmp_path / "out.tif", "--strength", 0, "--device", "cpu")
    assert done.code == 0
    assert done.err == f"{pages}: Only the first of its 3 pictures was read.\n"


def test_a_page_that_is_not_there_and_a_format_for_one_picture_are_errors(aedesk: Call, pages: Path, tmp_path: Path) -> None:
    missing = aedesk("denoise", pages, "-o", tmp_path / "out.png", "--page", 4, "--device", "cpu")
    assert (missing.code, "has no page 4: it holds 3 pictures" in missing.err) == (1, True)
    single = aedesk("denoise", pages, "-o", tmp_path / "out.png", "--page", "all", "--device", "cpu")
    assert (single.code, "holds 3 pictures, and out.png can hold one" in single.err) == (1, True)
    assert not (tmp_path / "out.png").exists()
    assert aedesk("denoise", pages, "-o", tmp_path / "out.png", "--page", "0").code == 2


def test_a_frame_of_an_animation_is_chosen(tmp_path: Path) -> None:
    frames = [Image.new("L", (8, 8), value) for value in (0, 100, 200)]
    for name in ("a.gif", "a.webp"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], **({"lossless": True} if name == "a.webp" else {}))
        assert io.read(tmp_path / name, page=2).pixels.max() == 200


def test_what_a_format_does_not_keep_is_said(aedesk: Call, tmp_path: Path) -> None:
    io.write(Picture(np.zeros((32, 32, 3), np.uint16), text=(("Title", "words"),)), tmp_path / "a.png")
    done = aedesk("denoise", tmp_path / "a.png", "-o", tmp_path / "b.webp", "--strength", 0, "--device", "cpu")
    assert done.code == 0
    assert "b.webp: Its 16 bits per channel were reduced to 8 bits, as WebP has no more." in done.err
    assert "Its texts (Title) were left out" in done.err


def test_pages_with_profiles_and_captions_come_back(tmp_path: Path, make_pixels: Callable[..., np.ndarray]) -> None:
    caption = b"8BIM\4\4\0\0\0\0\0\5\x1c\2\5\0\0\0"
    pictures = [Picture(make_pixels(9, 11 + at, seed=at), dpi=(100.0 + at, 100.0), iptc=caption, xmp=b"<x:xmpmeta/>") for at in range(3)]
    io.write_pages(iter(pictures), tmp_path / "a.tif")
    for index, picture in enumerate(pictures):
        found = io.read(tmp_path / "a.tif", page=index)
        assert np.array_equal(found.pixels, picture.pixels)
        assert (found.dpi, found.iptc, found.xmp) == (picture.dpi, caption, b"<x:xmpmeta/>")
