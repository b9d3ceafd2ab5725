"""TIFF files of every layout that scanners, GIS programs and libtiff's own test collection contain."""

from __future__ import annotations

import io as streams
import struct
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms
from sample_files import rgb
from sample_pictures import smooth

from aedesk.core.errors import PictureError
from aedesk.imaging import io
from aedesk.imaging.picture import Picture

OFFSETS, COUNTS, TILE_OFFSETS, TILE_COUNTS = 273, 279, 324, 325


def read(tmp_path: Path, content: bytes) -> Picture:
    (tmp_path / "a.tif").write_bytes(content)
    return io.read(tmp_path / "a.tif")


def tiff(samples: np.ndarray, **options: Any) -> bytes:
    stream = streams.BytesIO()
    tifffile.imwrite(stream, samples, **options)
    return stream.getvalue()


def with_tag(content: bytes, number: int, values: list[int]) -> bytes:
    """The file with other values in a tag of the first page."""
    stream = streams.BytesIO(content)
    with tifffile.TiffFile(stream, mode="r+") as file:
        file.pages.first.tags[number].overwrite(values if len(values) > 1 else values[0])
    return stream.getvalue()


def renumbered(content: bytes, old: int, new: int) -> bytes:
    """The (little-endian, classic) file with one tag of its first page under another number."""
    (start,) = struct.unpack_from("<I", content, 4)
    (count,) = struct.unpack_from("<H", content, start)
    changed = bytearray(content)
    for at in range(start + 2, start + 2 + 12 * count, 12):
        if struct.unpack_from("<H", content, at)[0] == old:
            struct.pack_into("<H", changed, at, new)
    return bytes(changed)


@pytest.mark.parametrize("scale", [1, 256, 257])
def test_a_colour_map_may_hold_8_or_16_bit_values(tmp_path: Path, scale: int) -> None:
    indices = np.arange(256, dtype=np.uint8).reshape(16, 16)
    colours = np.stack([np.arange(256), np.arange(256)[::-1], np.arange(256) // 2]).astype(np.uint16)
    found = read(tmp_path, tiff(indices, photometric="palette", colormap=colours * scale))
    assert np.array_equal(found.pixels, colours.T[indices])


@pytest.mark.parametrize("bits", [8, 16])
def test_the_alpha_of_a_planar_gray_picture_is_kept(tmp_path: Path, bits: int) -> None:
    top = (1 << bits) - 1
    gray = np.full((20, 30), top // 4, f"u{bits // 8}")
    alpha = np.full((20, 30), top // 2, gray.dtype)
    content = tiff(np.stack((gray, alpha)), photometric="minisblack", planarconfig="separate", extrasamples=["assocalpha"])
    found = read(tmp_path, content)
    assert found.channels == 1
    assert found.alpha is not None
    assert (found.alpha == top // 2).all()
    assert np.abs(found.pixels.astype(int) - top // 2).max() <= 2


def uncompressed_gray(levels: np.ndarray, bits: int, order: str) -> bytes:
    """A TIFF file of one strip, built byte by byte."""
    if bits == 8 or bits == 16:
        packed = levels.astype(f"{order}u{bits // 8}").tobytes()
    else:
        packed = b"".join(imagecodecs.packints_encode(row, bits) for row in levels)
    height, width = levels.shape
    tags = ((256, 3, width), (257, 3, height), (258, 3, bits), (259, 3, 1), (262, 3, 1))
    tags += ((273, 4, 8), (277, 3, 1), (278, 3, height), (279, 4, len(packed)))
    table = b""
    for number, kind, value in tags:
        table += struct.pack(f"{order}HHI", number, kind, 1)
        table += struct.pack(f"{order}HH", value, 0) if kind == 3 else struct.pack(f"{order}I", value)
    packed += b"\0" * (len(packed) % 2)
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(f"{order}I", 8 + len(packed)) + packed + struct.pack(f"{order}H", len(tags)) + table + bytes(4)


@pytest.mark.parametrize("bits", range(1, 17))
@pytest.mark.parametrize("order", ["<", ">"])
def test_gray_of_every_number_of_bits_has_the_full_range(tmp_path: Path, bits: int, order: str) -> None:
    top, full = (1 << bits) - 1, 255 if bits <= 8 else 65535
    levels = np.tile(np.linspace(0, top, 23).round().astype(np.uint8 if bits <= 8 else np.uint16), (5, 1))
    found = read(tmp_path, uncompressed_gray(levels, bits, order))
    assert np.array_equal(found.pixels[:, :, 0], np.floor(levels.astype(float) * full / top + 0.5))


@pytest.mark.parametrize("compression", ["webp", "lerc", "zstd", "jpegxl", "lzma", "png", "jpeg2000"])
def test_modern_compressions_are_read(tmp_path: Path, compression: str) -> None:
    options = {"compressionargs": {"lossless": True}} if compression == "webp" else {}
    found = read(tmp_path, tiff(rgb(), photometric="rgb", compression=compression, **options))
    assert np.array_equal(found.pixels, rgb())


def test_jpeg_inside_tiff_is_read_as_libtiff_reads_it(tmp_path: Path) -> None:
    content = tiff(smooth(64, 64).pixels, photometric="ycbcr", compression="jpeg", compressionargs={"level": 95})
    with Image.open(streams.BytesIO(content)) as image:
        expected = np.asarray(image.convert("RGB"))
    assert np.abs(read(tmp_path, content).pixels.astype(int) - expected).max() <= 2


@pytest.mark.parametrize("bits", [8, 16])
def test_tiles_listed_under_the_tags_of_strips_are_read(tmp_path: Path, bits: int) -> None:
    content = tiff(rgb(bits), photometric="rgb", tile=(16, 16), compression="lzw")
    for old, new in ((TILE_OFFSETS, OFFSETS), (TILE_COUNTS, COUNTS)):
        content = renumbered(content, old, new)
    assert np.array_equal(read(tmp_path, content).pixels, rgb(bits))


@pytest.mark.parametrize("compression", [None, "lzw", "zlib", "packbits"])
@pytest.mark.parametrize("count", [0, 1_000_000])
def test_byte_counts_that_are_zero_or_too_large_are_put_right(tmp_path: Path, compression: str | None, count: int) -> None:
    content = tiff(rgb(), photometric="rgb", rowsperstrip=20, compression=compression, extratags=[(270, 2, 0, "x" * 50, True)])
    assert np.array_equal(read(tmp_path, with_tag(content, COUNTS, [count])).pixels, rgb())


@pytest.mark.parametrize("compression", [None, "lzw"])
@pytest.mark.parametrize("order", "<>")
def test_bigtiff_of_both_byte_orders_is_read(tmp_path: Path, compression: str | None, order: str) -> None:
    for bits in (8, 16):
        content = tiff(rgb(bits), photometric="rgb", bigtiff=True, byteorder=order, compression=compression)
        assert np.array_equal(read(tmp_path, content).pixels, rgb(bits))


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("planar", [False, True])
def test_cmyk_with_alpha_becomes_rgb_with_alpha(tmp_path: Path, bits: int, planar: bool) -> None:
    inks = np.asarray(Image.fromarray(smooth().pixels).convert("CMYK")).astype(np.uint16)
    alpha = np.broadcast_to(np.linspace(0, 255, 36).astype(np.uint16), (24, 36))
    stored = np.dstack((inks, alpha)) * (257 if bits == 16 else 1)
    stored = stored.astype(f"u{bits // 8}")
    options = {"planarconfig": "separate"} if planar else {"planarconfig": "contig"}
    samples = np.moveaxis(stored, -1, 0) if planar else stored
    found = read(tmp_path, tiff(samples, photometric="separated", extrasamples=["unassalpha"], **options))
    assert np.abs(found.pixels.astype(int) - smooth().pixels).max() <= 1
    assert found.alpha is not None
    assert np.array_equal(found.alpha, alpha)
    assert any("CMYK" in note for note in found.notes)


@pytest.mark.parametrize("photometric", [8, 9])
@pytest.mark.parametrize("with_alpha", [False, True])
def test_lab_in_both_encodings_becomes_srgb(tmp_path: Path, photometric: int, with_alpha: bool) -> None:
    lab = ImageCms.applyTransform(
        Image.fromarray(smooth().pixels),
        ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"),
    )
    assert lab is not None
    signed = np.frombuffer(lab.tobytes(), np.uint8).reshape(24, 36, 3)
    stored = signed if photometric == 8 else signed ^ np.uint8([0, 128, 128])
    if with_alpha:
        stored = np.dstack((stored, np.full((24, 36), 200, np.uint8)))
    content = with_tag(tiff(stored, photometric="rgb", **({"extrasamples": ["unassalpha"]} if with_alpha else {})), 262, [photometric])
    found = read(tmp_path, content)
    assert np.abs(found.pixels.astype(int) - smooth().pixels).mean() < 2
    assert (found.alpha is not None) == with_alpha
    assert found.alpha is None or (found.alpha == 200).all()


@pytest.mark.parametrize("compression", [None, "zlib", "lzw", "packbits"])
@pytest.mark.parametrize("bits", [8, 16])
def test_a_last_strip_may_hold_more_rows_than_are_left(tmp_path: Path, compression: str | None, bits: int) -> None:
    taller = np.concatenate((rgb(bits), rgb(bits)[:4]))
    content = with_tag(tiff(taller, photometric="rgb", rowsperstrip=8, compression=compression), 257, [20])
    assert np.array_equal(read(tmp_path, content).pixels, rgb(bits))


def test_a_broken_later_page_does_not_cost_the_first(tmp_path: Path) -> None:
    stream = streams.BytesIO()
    with tifffile.TiffWriter(stream) as writer:
        writer.write(rgb(), photometric="rgb")
        writer.write(rgb(), photometric="rgb", software="later")
    content = stream.getvalue()
    with tifffile.TiffFile(streams.BytesIO(content)) as file:
        at = file.pages[1].tags[258].offset
    broken = content[:at] + struct.pack("<HHII", 258, 3, 1, 77) + content[at + 12 :]
    found = read(tmp_path, broken)
    assert np.array_equal(found.pixels, rgb())
    assert any("2 pictures" in note for note in found.notes)


def test_each_page_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(rgb(), photometric="rgb")
        writer.write(rgb(16)[:9, :, 0], photometric="minisblack")
    assert np.array_equal(io.read(path, page=1).pixels[:, :, 0], rgb(16)[:9, :, 0])
    assert io.read(path, page=0).notes == ()
    with pytest.raises(PictureError, match=r"has no page 3: it holds 2 pictures"):
        io.read(path, page=2)


@pytest.mark.parametrize(
    ("number", "value", "words"),
    [(259, 34712 - 51, "compression Jbig"), (262, 32845, "LogLuv"), (262, 32803, "raw sensor data"), (258, 24, "24 bits")],
)
def test_other_kinds_are_not_supported_rather_than_damaged(tmp_path: Path, number: int, value: int, words: str) -> None:
    content = tiff(rgb()[:, :, 0], photometric="minisblack")
    with pytest.raises(PictureError, match=f"{words}.*not supported"):
        read(tmp_path, with_tag(content, number, [value]))
