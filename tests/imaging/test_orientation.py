"""Pictures come in upright, alpha too, and say so."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps
from sample_pictures import exif_block, exif_tags, picture

from aedesk.imaging import io, png
from aedesk.imaging.exif import Exif
from aedesk.imaging.picture import Picture
from aedesk.imaging.thumbnails import thumbnail

ORIENTATION = 0x0112


def upright_by_pillow(samples: np.ndarray, orientation: int) -> np.ndarray:
    """What an independent program makes of it."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    image = Image.fromarray(samples)
    image.info["exif"] = exif.tobytes()
    return np.asarray(ImageOps.exif_transpose(image))


def written_by_pillow(path: Path, orientation: int, order: str) -> np.ndarray:
    samples = np.dstack((picture(20, 30).pixels, np.arange(600, dtype=np.uint16).reshape(20, 30).astype(np.uint8)))
    if path.suffix == ".jpg":
        samples = samples[:, :, :3]
    options = {".jpg": {"quality": 100, "subsampling": 0}, ".webp": {"lossless": True, "exact": True}}.get(path.suffix, {})
    Image.fromarray(samples).save(path, exif=b"Exif\0\0" + exif_block(orientation, order), **options)
    return samples


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("suffix", "order"), [(".png", "<"), (".jpg", ">"), (".webp", "<"), (".tif", "<")])
def test_every_orientation_is_applied_to_pixels_and_alpha_and_reset(tmp_path: Path, suffix: str, order: str, orientation: int) -> None:
    path = tmp_path / f"turned{suffix}"
    stored = written_by_pillow(path, orientation, order)
    if suffix == ".tif":
        with Image.open(path) as image:
            assert image.getexif().get(ORIENTATION, 1) == orientation
    found = io.read(path)
    expected = upright_by_pillow(stored, orientation)
    assert found.pixels.shape == expected[:, :, :3].shape
    assert np.abs(found.pixels.astype(int) - expected[:, :, :3]).max() <= (12 if suffix == ".jpg" else 0)
    if found.alpha is not None:
        assert np.array_equal(found.alpha, expected[:, :, 3])
    assert found.exif is not None
    assert exif_tags(found.exif)["main", ORIENTATION] == 1
    assert exif_tags(found.exif)["main", 0x010F] == "Maker & Sons"
    info = io.probe(path)
    assert (info.width, info.height) == (found.width, found.height)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_16_bit_files_are_turned_as_well(tmp_path: Path, orientation: int) -> None:
    stored = picture(11, 17, bits=16, alpha=True).with_pixels(picture(11, 17, bits=16).pixels)
    with (tmp_path / "deep.png").open("wb") as file:
        png.write(Picture(stored.pixels, stored.alpha, exif=exif_block(orientation)), file)
    assert stored.alpha is not None
    tifffile.imwrite(
        tmp_path / "deep.tif",
        np.dstack((stored.pixels, stored.alpha)),
        photometric="rgb",
        extrasamples=["unassalpha"],
        extratags=[(ORIENTATION, 3, 1, orientation, True)],
    )
    expected = upright_by_pillow(np.arange(11 * 17, dtype=np.int32).reshape(11, 17), orientation).astype(int)
    for name in ("deep.png", "deep.tif"):
        found = io.read(tmp_path / name)
        assert np.array_equal(found.pixels, stored.pixels.reshape(-1, 3)[expected])
        assert found.alpha is not None
        assert np.array_equal(found.alpha, stored.alpha.reshape(-1)[expected])


@pytest.mark.parametrize("orientation", [3, 6])
def test_avif_is_turned(tmp_path: Path, orientation: int) -> None:
    ramp = np.zeros((32, 48, 3), np.uint8)
    ramp[:8, :8] = 255
    Image.fromarray(ramp).save(tmp_path / "turned.avif", quality=95, exif=b"Exif\0\0" + exif_block(orientation))
    found = io.read(tmp_path / "turned.avif")
    expected = upright_by_pillow(ramp, orientation)
    assert np.abs(found.pixels.astype(int) - expected).mean() < 3


def test_resolutions_are_swapped_when_a_picture_is_turned_by_a_right_angle(tmp_path: Path) -> None:
    with (tmp_path / "a.png").open("wb") as file:
        png.write(Picture(picture().pixels, exif=exif_block(6), dpi=(300.0, 150.0)), file)
    assert io.read(tmp_path / "a.png").dpi == pytest.approx((150.0, 300.0), abs=0.02)


@pytest.mark.parametrize("written", ['tiff:Orientation="6"', "tiff:Orientation = '6'", "<tiff:Orientation>6</tiff:Orientation>"])
def test_the_orientation_in_xmp_is_reset_too(tmp_path: Path, written: str) -> None:
    packet = f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{written}<a tiff:ImageWidth="66"/></x:xmpmeta>'.encode()
    with (tmp_path / "a.png").open("wb") as file:
        png.write(Picture(picture().pixels, exif=exif_block(6), xmp=packet), file)
    assert io.read(tmp_path / "a.png").xmp == packet.replace(b"6", b"1", 1)


def test_resetting_the_orientation_changes_no_other_byte() -> None:
    for order in "<>":
        block = exif_block(6, order)
        exif = Exif.parse(block)
        assert exif is not None
        assert exif.orientation == 6
        upright = exif.upright()
        assert sum(a != b for a, b in zip(block, upright, strict=True)) == 1
        assert Exif.parse(upright).orientation == 1  # type: ignore[union-attr]


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_is_none(value: int) -> None:
    block = exif_block(6).replace(struct.pack("<HHIH", ORIENTATION, 3, 1, 6), struct.pack("<HHIH", ORIENTATION, 3, 1, value))
    exif = Exif.parse(block)
    assert exif is not None
    assert exif.orientation == 1


def test_thumbnails_are_upright(tmp_path: Path) -> None:
    stored = written_by_pillow(tmp_path / "a.jpg", 6, "<")
    assert stored.shape[:2] == (20, 30)
    assert thumbnail(tmp_path / "a.jpg", 30).shape == (30, 20, 3)
