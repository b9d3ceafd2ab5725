"""Every kind of file comes out as the same kind of picture: gray or RGB, 8 or 16 bits of full range, straight alpha."""

from __future__ import annotations

import io as streams
import os
import sys
import zlib
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms
from sample_files import HEIGHT, NAMES, WIDTH, rgb, sample_file
from sample_pictures import XMP, exif_block, exif_tags, picture, profile, smooth

from aedesk.core.errors import PictureError
from aedesk.imaging import io, pillow_reader
from aedesk.imaging.picture import Picture


def read(tmp_path: Path, name: str, content: bytes) -> Picture:
    (tmp_path / name).write_bytes(content)
    return io.read(tmp_path / name)


def saved(image: Image.Image, name: str, **options: Any) -> bytes:
    stream = streams.BytesIO()
    image.save(stream, name, **options)
    return stream.getvalue()


@pytest.mark.parametrize("name", [name for name in NAMES if not name.endswith(".dng")])
def test_probe_tells_what_read_gives(tmp_path: Path, name: str) -> None:
    found = read(tmp_path, name, sample_file(name))
    info = io.probe(tmp_path / name)
    assert (info.width, info.height, info.channels, info.bit_depth) == (found.width, found.height, found.channels, found.bit_depth)
    assert (info.format, info.has_alpha, info.dpi) == (found.source_format, found.alpha is not None, found.dpi)
    assert (info.has_icc, info.has_exif, info.has_xmp) == (found.icc is not None, found.exif is not None, found.xmp is not None)
    assert info.size_bytes == len(sample_file(name))
    assert info.frames == (2 if name == "animated.gif" else 1)
    assert {info.width, info.height} == {WIDTH, HEIGHT}


@pytest.mark.parametrize("name", ["rgb.png", "flat.tif", "rgb.bmp", "eight.jp2", "lossless.webp"])
def test_lossless_files_give_the_samples_that_went_in(tmp_path: Path, name: str) -> None:
    found = read(tmp_path, name, sample_file(name)).pixels
    expected = np.rot90(rgb(), -1) if name == "rgb.png" else rgb()
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("name", ["lzw.tif", "tiled.tif", "big.tif", "deep.jp2"])
def test_16_bit_files_of_other_programs_give_the_samples_that_went_in(tmp_path: Path, name: str) -> None:
    assert np.array_equal(read(tmp_path, name, sample_file(name)).pixels, rgb(16))


@pytest.mark.parametrize("bits", [10, 12])
@pytest.mark.parametrize("kind", ["avif", "jp2"])
def test_10_and_12_bits_become_the_full_range_of_16(tmp_path: Path, kind: str, bits: int) -> None:
    ramp = np.broadcast_to(np.linspace(0, (1 << bits) - 1, 64).astype(np.uint16), (64, 64)).copy()
    options = {"level": 100} if kind == "avif" else {"level": 0, "reversible": True}
    encode = imagecodecs.avif_encode if kind == "avif" else imagecodecs.jpeg2k_encode
    found = read(tmp_path, f"a.{kind}", bytes(encode(ramp, bitspersample=bits, **options)))
    assert found.bit_depth == 16
    assert (found.pixels.min(), found.pixels.max()) == (0, 65535)
    assert np.array_equal(found.pixels[:, :, 0], np.round(ramp / ((1 << bits) - 1) * 65535).astype(np.uint16))


def test_heic_of_8_and_10_bits_is_read_in_its_depth(tmp_path: Path) -> None:
    eight, ten = (read(tmp_path, name, sample_file(name)) for name in ("eight.heic", "ten.heic"))
    assert (eight.bit_depth, ten.bit_depth) == (8, 16)
    assert ten.pixels.max() > 65472  # 1023 << 6, where a shift would end
    assert eight.exif is not None
    assert exif_tags(eight.exif)["main", 0x010F] == "Maker & Sons"


def test_a_camera_raw_file_is_developed_to_16_bits(tmp_path: Path) -> None:
    pytest.importorskip("rawpy")
    found = read(tmp_path, "a.dng", sample_file("bayer.dng"))
    assert (found.width, found.height, found.channels, found.bit_depth, found.source_format) == (96, 64, 3, 16, "RAW")
    assert found.exif is not None
    assert exif_tags(found.exif)["main", 0x010F] == "Maker & Sons"


def test_without_the_library_for_raw_the_error_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rawpy", None)
    with pytest.raises(PictureError, match=r"a\.dng is a camera RAW file.*aedesk\[raw\]"):
        read(tmp_path, "a.dng", sample_file("bayer.dng"))


def test_a_palette_becomes_rgb_and_its_transparent_entry_alpha(tmp_path: Path) -> None:
    image = Image.fromarray(rgb()).quantize(16)
    opaque = read(tmp_path, "a.png", saved(image, "PNG"))
    assert opaque.alpha is None
    assert np.array_equal(opaque.pixels, np.asarray(image.convert("RGB")))
    for name in ("PNG", "GIF"):
        found = read(tmp_path, f"b.{name.lower()}", saved(image, name, transparency=3))
        visible = np.asarray(image) != 3
        assert found.alpha is not None
        assert np.array_equal(found.alpha > 0, visible)
        assert np.array_equal(found.pixels[visible], opaque.pixels[visible])


@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("TIFF", {}), ("TIFF", {"compression": "group4"})])
def test_one_bit_becomes_black_and_white(tmp_path: Path, kind: str, options: dict[str, Any]) -> None:
    image = Image.fromarray(rgb()).convert("1")
    found = read(tmp_path, "a", saved(image, kind, **options))
    assert np.array_equal(found.pixels[:, :, 0], np.where(np.asarray(image), 255, 0))


@pytest.mark.parametrize("depth", [2, 4])
def test_gray_of_2_and_4_bits_has_the_full_range(tmp_path: Path, depth: int) -> None:
    found = read(tmp_path, "a.png", saved(Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16)).convert("P"), "PNG", bits=8))
    assert found.pixels.max() == 255
    levels = np.tile(np.arange(1 << depth, dtype=np.uint8), (4, 1))
    stream = streams.BytesIO()
    tifffile.imwrite(stream, levels, photometric="minisblack", bitspersample=depth)
    assert set(np.unique(read(tmp_path, "a.tif", stream.getvalue()).pixels)) == {at * 255 // ((1 << depth) - 1) for at in range(1 << depth)}


def test_gray_with_alpha_stays_gray(tmp_path: Path) -> None:
    image = Image.fromarray(rgb()).convert("LA")
    found = read(tmp_path, "a.png", saved(image, "PNG"))
    assert found.channels == 1
    assert found.alpha is not None


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_without_a_profile_becomes_rgb(tmp_path: Path, kind: str) -> None:
    original = Image.fromarray(smooth().pixels)
    found = read(tmp_path, "a", saved(original.convert("CMYK"), kind, **({"quality": 100} if kind == "JPEG" else {})))
    assert found.channels == 3
    assert np.abs(found.pixels.astype(int) - np.asarray(original)).max() <= 8


def test_a_profile_that_does_not_fit_the_colour_model_is_dropped(tmp_path: Path) -> None:
    assert read(tmp_path, "a.jpg", saved(Image.fromarray(rgb()), "JPEG", icc_profile=profile("Gray"))).icc is None
    assert read(tmp_path, "b.jpg", saved(Image.fromarray(rgb()).convert("CMYK"), "JPEG", icc_profile=profile("sRGB"))).icc is None
    assert read(tmp_path, "c.jpg", saved(Image.fromarray(rgb()).convert("L"), "JPEG", icc_profile=profile("sRGB"))).icc == profile("sRGB")


def test_lab_becomes_srgb(tmp_path: Path) -> None:
    lab = ImageCms.applyTransform(
        Image.fromarray(smooth().pixels),
        ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"),
    )
    assert lab is not None
    found = read(tmp_path, "a.tif", saved(lab, "TIFF"))
    assert np.abs(found.pixels.astype(int) - smooth().pixels).mean() < 2  # Lab of 8 bits is coarse


TIFF_KINDS: tuple[dict[str, Any], ...] = (
    {"compression": "lzw", "predictor": True},
    {"compression": "zlib"},
    {"compression": "packbits"},
    {"compression": "zstd"},
    {"planarconfig": "separate"},
    {"tile": (16, 16), "compression": "lzw"},
    {"byteorder": ">"},
)


@pytest.mark.parametrize("options", TIFF_KINDS, ids=str)
@pytest.mark.parametrize("bits", [8, 16])
def test_the_tiff_files_of_scanners_and_other_programs_are_read(tmp_path: Path, options: dict[str, Any], bits: int) -> None:
    samples = np.moveaxis(rgb(bits), -1, 0) if "planarconfig" in options else rgb(bits)
    tifffile.imwrite(tmp_path / "a.tif", samples, photometric="rgb", **options)
    assert np.array_equal(io.read(tmp_path / "a.tif").pixels, rgb(bits))


def test_the_first_page_of_a_tiff_file_is_read(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.stack((rgb(16), rgb(16) // 2, rgb(16) // 3)), photometric="rgb")
    assert np.array_equal(io.read(tmp_path / "a.tif").pixels, rgb(16))
    assert io.probe(tmp_path / "a.tif").frames == 3


def test_inverted_gray_is_turned_over(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", rgb(16)[:, :, 0], photometric="miniswhite")
    assert np.array_equal(io.read(tmp_path / "a.tif").pixels[:, :, 0], 65535 - rgb(16)[:, :, 0])


@pytest.mark.parametrize("bits", [8, 16])
def test_premultiplied_alpha_is_divided_out(tmp_path: Path, bits: int) -> None:
    top = (1 << bits) - 1
    colours = smooth(bits=bits).pixels
    cover = np.broadcast_to(np.linspace(top // 2, top, 36).astype(colours.dtype), (24, 36))
    multiplied = np.round(colours.astype(float) * cover[:, :, np.newaxis] / top).astype(colours.dtype)
    tifffile.imwrite(tmp_path / "a.tif", np.dstack((multiplied, cover)), photometric="rgb", extrasamples=["assocalpha"])
    found = io.read(tmp_path / "a.tif")
    assert found.alpha is not None
    assert np.array_equal(found.alpha, cover)
    assert np.abs(found.pixels.astype(int) - colours).max() <= 2


@pytest.mark.parametrize(
    ("kind", "words"), [(np.float32, "floating-point"), (np.float16, "floating-point"), (np.int16, "signed"), (np.uint32, "32 bits")]
)
def test_samples_that_cannot_be_kept_are_refused_in_words(tmp_path: Path, kind: type, words: str) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((9, 9, 3), kind), photometric="rgb")
    with pytest.raises(PictureError, match=words) as caught:
        io.read(tmp_path / "a.tif")
    assert "8 or 16 bits" in caught.value.hint


def test_metadata_of_jpeg_2000_are_found(tmp_path: Path) -> None:
    def box(kind: bytes, data: bytes) -> bytes:
        return (8 + len(data)).to_bytes(4, "big") + kind + data

    content = sample_file("eight.jp2")
    exif = box(b"uuid", b"JpgTiffExif->JP2" + exif_block(1))
    xmp = box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + XMP)
    at = content.index(b"jp2c") - 4
    found = read(tmp_path, "a.jp2", content[:at] + exif + xmp + content[at:])
    assert found.xmp == XMP
    assert found.exif == exif_block(1)
    assert np.array_equal(found.pixels, rgb())


def test_the_content_counts_and_not_the_name(tmp_path: Path) -> None:
    assert read(tmp_path, "a.png", sample_file("baseline.jpg")).source_format == "JPEG"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.png", b"just some words\n", "It seems to be a text file"),
        ("a.jpg", b"", "is empty"),
        ("a.tif", b"\x01\x02\x03\x04" * 9, "is not a picture"),
        ("a.mp4", b"\0\0\0\x18ftypisom\0\0\2\0isomiso2", "a video or another media file"),
        ("a.dng", b"nothing of the kind", "is damaged or incomplete|not installed"),
    ],
)
def test_a_file_that_is_no_picture_is_named_and_explained(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    with pytest.raises(PictureError, match=words) as caught:
        read(tmp_path, name, content)
    assert str(tmp_path / name) in caught.value.message
    assert caught.value.hint


def test_what_is_no_file_is_named_and_explained(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="does not exist"):
        io.read(tmp_path / "missing.png")
    with pytest.raises(PictureError, match="is a folder"):
        io.read(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.png")
        with pytest.raises(PictureError, match="a device or a pipe"):
            io.read(tmp_path / "pipe.png")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(13, "Permission denied"), "permission denied"),
        (MemoryError(), "more memory"),
        (KeyError("x"), r"is damaged or incomplete\. Copy"),
        (ValueError("cannot identify image file <_io.BufferedReader name='x'>"), r"\(cannot identify image file\)\. Copy"),
        (ValueError("<tifffile.TiffPage 0 @8> is corrupt"), r"\(is corrupt\)\. Copy"),
        (RuntimeError("Unsupported feature: Unsupported codec"), r"of a kind that is not supported \("),
        (NotImplementedError("chroma"), "of a kind that is not supported"),
        (OSError(b"Input/output error"), r"\(Input/output error\)"),
    ],
)
def test_every_failure_of_a_library_is_told_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    (tmp_path / "a.png").write_bytes(sample_file("rgb.png"))
    monkeypatch.setattr(imagecodecs, "png_decode", fail)
    with pytest.raises(PictureError, match=words) as caught:
        io.read(tmp_path / "a.png")
    assert caught.value.__cause__ is error


def test_picture_paths_are_known_by_their_suffix() -> None:
    assert io.is_picture_path("HOLIDAY.JPG")
    assert io.is_picture_path(Path("a/b.heic"))
    assert not io.is_picture_path("notes.txt")
    assert io.WRITABLE < io.READABLE


def test_a_transparent_colour_of_a_deep_png_becomes_alpha(tmp_path: Path) -> None:
    original = picture(6, 6, bits=16).pixels
    encoded = bytes(imagecodecs.png_encode(original))
    key = b"tRNS" + original[2, 3].astype(">u2").tobytes()
    chunk = len(key[4:]).to_bytes(4, "big") + key + zlib.crc32(key).to_bytes(4, "big")
    found = read(tmp_path, "a.png", encoded[:33] + chunk + encoded[33:])
    assert found.alpha is not None
    assert found.alpha[2, 3] == 0
    assert (found.alpha == 65535).sum() == 35
    assert np.array_equal(found.pixels, original)


def test_a_gif_whose_later_frames_are_broken_gives_its_first(tmp_path: Path) -> None:
    frames = [Image.fromarray(np.full((40, 40), value, np.uint8)) for value in (50, 150, 250)]
    whole = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    second = whole.index(b"\x21\xf9\x04", whole.index(b"\x2c"))
    for content in (whole[: second + 20], whole[: second + 8] + b"\x2c\xff" * 9 + whole[second + 30 :]):
        found = read(tmp_path, "a.gif", content)
        assert (found.pixels == 50).all()
        assert found.notes
    assert read(tmp_path, "a.gif", whole).notes == ("Only the first of its 3 pictures was read.",)


def test_the_pictures_of_a_large_animation_are_not_decoded_to_count_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = [Image.new("L", (64, 64), 50 * number) for number in range(5)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert io.probe(tmp_path / "a.gif").frames == 5
    monkeypatch.setattr(pillow_reader, "MAX_COUNTED_PX", 1000)
    picture = io.read(tmp_path / "a.gif")
    assert picture.notes == ("Only the first picture of this animation was read.",)
    assert io.probe(tmp_path / "a.gif").frames == 1
