"""What the screen shows: 8-bit sRGB, whatever the picture's depth and profile."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sample_files import NAMES, sample_file
from sample_pictures import PRIMARIES, picture, profile, smooth

from aedesk.core.errors import PictureError
from aedesk.imaging import io
from aedesk.imaging.display import to_display
from aedesk.imaging.picture import Picture
from aedesk.imaging.thumbnails import thumbnail


def flat(*colour: int, icc: str | None = None) -> Picture:
    pixels = np.broadcast_to(np.array(colour, np.uint8), (8, 9, len(colour))).copy()
    return Picture(pixels, icc=profile(icc) if icc else None)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("alpha", [False, True])
def test_without_a_profile_the_samples_are_shown_as_they_are(bits: int, channels: int, alpha: bool) -> None:
    original = picture(30, 40, channels, bits, alpha)
    shown = to_display(original)
    scale = 1 if bits == 8 else 257
    assert shown.shape == (30, 40, 4 if alpha else 3)
    assert shown.dtype == np.uint8
    assert shown.flags.c_contiguous
    assert np.array_equal(shown[:, :, :3], np.broadcast_to(np.round(original.pixels / scale), (30, 40, 3)).astype(np.uint8))
    if original.alpha is not None:
        assert np.array_equal(shown[:, :, 3], np.round(original.alpha / scale).astype(np.uint8))


def test_srgb_profiles_change_nothing_visible() -> None:
    original = smooth()
    shown = to_display(Picture(original.pixels, icc=profile("sRGB")))
    assert np.abs(shown.astype(int) - original.pixels).max() <= 2


def in_srgb(name: str, colour: tuple[int, ...]) -> np.ndarray:
    """The colour by the book: to linear light, to XYZ, to linear sRGB, clipped, encoded."""
    encoded = np.array(colour) / 255
    linear = encoded**2.199 if name == "Adobe RGB" else np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    light = np.clip(np.linalg.solve(np.array(PRIMARIES["sRGB"]).T, np.array(PRIMARIES[name]).T @ linear), 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055) * 255


@pytest.mark.parametrize("name", ["Display P3", "Adobe RGB"])
@pytest.mark.parametrize("stored", [(200, 100, 50), (60, 120, 180), (128, 128, 128), (255, 0, 0), (250, 250, 250)])
def test_wide_gamuts_are_converted_to_srgb(name: str, stored: tuple[int, ...]) -> None:
    assert np.abs(to_display(flat(*stored, icc=name))[0, 0] - in_srgb(name, stored)).max() <= 3


def test_a_gray_profile_is_applied_to_gray_pictures() -> None:
    shown = to_display(flat(64, icc="Gray"))[0, 0]
    assert len(set(shown.tolist())) == 1
    assert abs(int(shown[0]) - round(255 * (1.055 * ((64 / 255) ** 2.2) ** (1 / 2.4) - 0.055))) <= 1


def test_a_gray_picture_with_an_rgb_profile_is_shown_through_it() -> None:
    assert np.abs(to_display(flat(90, icc="sRGB")).astype(int) - 90).max() <= 2


@pytest.mark.parametrize("icc", [b"", b"no profile at all", bytes(128) + b"acsp" * 40, profile("sRGB")[:200]])
def test_a_broken_profile_is_ignored(icc: bytes) -> None:
    original = picture(12, 12)
    assert np.array_equal(to_display(Picture(original.pixels, icc=icc)), original.pixels)


def test_a_region_is_the_part_of_the_whole() -> None:
    original = picture(50, 60, alpha=True, icc=profile("Display P3"))
    assert np.array_equal(to_display(original, region=(5, 7, 30, 20)), to_display(original)[7:27, 5:35])
    with pytest.raises(PictureError, match="does not lie inside"):
        to_display(original, region=(40, 0, 30, 20))


@pytest.mark.parametrize(
    ("size", "limit", "expected"), [((100, 50), 20, (20, 10)), ((50, 100), 20, (10, 20)), ((10, 5), 20, (10, 5)), ((1000, 2), 20, (20, 1))]
)
def test_large_pictures_are_averaged_down_to_the_limit(size: tuple[int, int], limit: int, expected: tuple[int, int]) -> None:
    shown = to_display(smooth(size[1], size[0]), max_edge_px=limit)
    assert shown.shape[1::-1] == expected
    assert abs(shown.mean() - smooth(size[1], size[0]).pixels.mean()) < 3


def test_invisible_colours_do_not_bleed_into_visible_ones() -> None:
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[:, ::2] = (200, 10, 10)
    pixels[:, 1::2] = (0, 255, 0)
    cover = np.zeros((64, 64), np.uint8)
    cover[:, ::2] = 255
    shown = to_display(Picture(pixels, cover), max_edge_px=16)
    assert np.abs(shown[:, :, :3].astype(int) - (200, 10, 10)).max() <= 2


@pytest.mark.parametrize("name", [name for name in NAMES if not name.endswith(".dng")])
def test_thumbnails_of_every_format_look_like_the_picture(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(sample_file(name))
    small = thumbnail(tmp_path / name, 10)
    assert small.dtype == np.uint8
    assert small.shape[2] == 3
    assert max(small.shape) == 10
    assert small.flags.c_contiguous
    shown = to_display(io.read(tmp_path / name), 10)
    if shown.shape[2] == 3:
        assert np.abs(small.mean((0, 1)) - shown.mean((0, 1))).max() < 6


def test_a_large_jpeg_is_reduced_while_it_is_decoded(tmp_path: Path) -> None:
    original = smooth(1200, 1600)
    path = io.write(original, tmp_path / "a.jpg")
    small = thumbnail(path, 100)
    assert small.shape == (75, 100, 3)
    assert np.abs(small.astype(int) - to_display(original, 100)).max() <= 6


def test_thumbnails_of_transparent_pictures_lie_on_white(tmp_path: Path) -> None:
    path = io.write(Picture(np.zeros((40, 40, 3), np.uint8), np.zeros((40, 40), np.uint8)), tmp_path / "a.png")
    assert (thumbnail(path, 20) == 255).all()
