"""What is written comes back: samples bit for bit where the format can, metadata wherever it has a place."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sample_pictures import PROFILE_NAMES, XMP, exif_block, exif_tags, picture, profile, same_samples, smooth

from aedesk.imaging import io
from aedesk.imaging.picture import Picture

LOSSLESS = (".png", ".tif")
ALL = (*LOSSLESS, ".jpg", ".webp", ".avif")


def there_and_back(original: Picture, suffix: str, quality: int = 95) -> Picture:
    with tempfile.TemporaryDirectory() as folder:
        return io.read(io.write(original, Path(folder) / f"picture{suffix}", quality=quality))


@st.composite
def pictures(draw: st.DrawFn) -> Picture:
    channels = draw(st.sampled_from((1, 3)))
    fitting = ["Gray", None] if channels == 1 else [*PROFILE_NAMES[:-1], None]
    name = draw(st.sampled_from(fitting))
    dpi = st.floats(1, 5000).map(lambda value: round(value, 1))
    return picture(
        draw(st.integers(1, 40)),
        draw(st.integers(1, 40)),
        channels,
        draw(st.sampled_from((8, 16))),
        draw(st.booleans()),
        draw(st.integers(0, 99)),
        icc=profile(name) if name else None,
        exif=exif_block(1, draw(st.sampled_from("<>"))) if draw(st.booleans()) else None,
        xmp=XMP if draw(st.booleans()) else None,
        dpi=draw(st.one_of(st.none(), st.tuples(dpi, dpi))),
    )


@given(original=pictures(), suffix=st.sampled_from(LOSSLESS))
@settings(max_examples=60)
def test_png_and_tiff_keep_every_sample_of_every_kind_of_picture(original: Picture, suffix: str) -> None:
    assert same_samples(there_and_back(original, suffix), original)


@given(original=pictures(), suffix=st.sampled_from(ALL))
@example(picture(9, 7, 1, icc=profile("Gray"), exif=exif_block(), xmp=XMP, dpi=(300.0, 300.0)), ".avif")
@settings(max_examples=60)
def test_metadata_survive_every_format(original: Picture, suffix: str) -> None:
    found = there_and_back(original, suffix)
    assert found.xmp == original.xmp
    # WebP has no gray, AVIF none with alpha: there a gray profile is applied instead.
    applied = original.channels == 1 and (
        suffix == ".webp" or (suffix == ".avif" and original.alpha is not None and original.bit_depth == 8)
    )
    assert found.icc == (None if applied else original.icc)
    if original.exif:
        expected = exif_tags(original.exif)
        if suffix == ".avif":
            expected.pop(("main", 0x0112), None)  # AVIF turns pictures by means of its own
        assert found.exif is not None
        assert expected.items() <= exif_tags(found.exif).items()
    if original.dpi:
        assert found.dpi == pytest.approx(original.dpi, abs=0.51 if suffix == ".jpg" else 0.02)  # JFIF counts in whole numbers
    elif not original.exif:
        assert found.dpi is None
        assert found.exif is None


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_an_exif_block_is_copied_byte_for_byte(suffix: str, order: str) -> None:
    block = exif_block(1, order, dpi=240)
    assert there_and_back(picture(exif=block, dpi=(240.0, 240.0)), suffix).exif == block


@given(seed=st.integers(0, 99), alpha=st.booleans(), channels=st.sampled_from((1, 3)))
@settings(max_examples=25)
def test_webp_of_quality_100_keeps_every_sample_also_the_colours_of_transparent_pixels(seed: int, alpha: bool, channels: int) -> None:
    original = picture(17, 23, channels, 8, alpha, seed)
    found = there_and_back(original, ".webp", quality=100)
    assert np.array_equal(found.pixels, np.broadcast_to(original.pixels, found.pixels.shape))
    assert (found.alpha is None) == (original.alpha is None)
    assert original.alpha is None or np.array_equal(found.alpha, original.alpha)


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".avif"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("bits", [8, 16])
def test_lossy_formats_stay_close_to_the_picture(suffix: str, channels: int, bits: int) -> None:
    original = smooth(channels=channels, bits=bits)
    found = there_and_back(original, suffix)
    assert found.bit_depth == (16 if suffix == ".avif" and bits == 16 else 8)
    differences = found.pixels / (1 if found.bit_depth == 8 else 257) - original.pixels / (1 if bits == 8 else 257)
    assert np.abs(differences).max() < 12  # WebP has half the colour resolution


@pytest.mark.parametrize("suffix", [".webp", ".avif"])
def test_lossy_formats_keep_alpha_exactly_or_nearly(suffix: str) -> None:
    original = smooth()
    cover = np.full((24, 36), 255, np.uint8)
    cover[:, :18] = 0
    found = there_and_back(original.with_pixels(original.pixels, cover), suffix)
    assert found.alpha is not None
    assert np.abs(found.alpha.astype(int) - cover).max() <= 2
    # Straight alpha: what is transparent still has its colour.
    assert np.abs(found.pixels.astype(int) - original.pixels).max() < 12


def test_16_bit_samples_are_rounded_to_the_nearest_of_8_bits() -> None:
    ramp = np.arange(65536, dtype=np.uint16).reshape(256, 256, 1)
    found = there_and_back(Picture(ramp), ".webp", quality=100)
    assert np.array_equal(found.pixels[:, :, :1], np.round(ramp / 257).astype(np.uint8))


def test_jpeg_lays_a_transparent_picture_on_white() -> None:
    pixels = np.zeros((16, 16, 3), np.uint8)
    found = there_and_back(Picture(pixels, np.full((16, 16), 102, np.uint8)), ".jpg")
    assert found.alpha is None
    assert np.abs(found.pixels.astype(int) - 153).max() <= 1


def test_jpeg_keeps_full_colour_resolution() -> None:
    stripes = np.zeros((32, 32, 3), np.uint8)
    stripes[:, ::2, 0] = 255
    stripes[:, 1::2, 2] = 255
    found = there_and_back(Picture(stripes), ".jpg")
    assert np.abs(found.pixels.astype(int) - stripes).max() < 12


def test_higher_quality_means_a_nearer_picture() -> None:
    original = picture(64, 64, seed=5)
    for suffix in (".jpg", ".webp", ".avif"):
        errors = [np.abs(there_and_back(original, suffix, quality).pixels.astype(int) - original.pixels).mean() for quality in (20, 60, 95)]
        assert errors[0] > errors[1] > errors[2]
