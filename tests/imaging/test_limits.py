"""Files that promise more than they hold, or more than anybody wants, are refused before memory is taken for them."""

from __future__ import annotations

import struct
import tracemalloc
import zlib
from pathlib import Path

import pytest
import tifffile
from PIL import Image
from sample_files import rgb, sample_file

from aedesk.core.errors import PictureError
from aedesk.imaging import io, limits


def png_of(width: int, height: int, depth: int = 8, colour_type: int = 2, pixels: bytes = b"") -> bytes:
    content = b"\x89PNG\r\n\x1a\n"
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    for name, data in ((b"IHDR", header), (b"IDAT", zlib.compress(pixels)), (b"IEND", b"")):
        content += struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    return content


def bmp_of(width: int, height: int) -> bytes:
    return (
        b"BM" + struct.pack("<IHHI", 154, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0) + bytes(100)
    )


def gif_of(width: int, height: int) -> bytes:
    return (
        b"GIF89a"
        + struct.pack("<HHBBB", width, height, 0x80, 0, 0)
        + bytes(6)
        + b","
        + struct.pack("<HHHHB", 0, 0, width, height, 0)
        + b"\x02\x01\x4c\0;"
    )


def jpeg_of(width: int, height: int) -> bytes:
    content = bytearray(sample_file("baseline.jpg"))
    at = content.index(b"\xff\xc0")
    content[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(content)


def tiff_of(width: int, height: int, bits: int) -> bytes:
    tags = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, bits), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8), (277, 3, 1, 1)]
    tags += [(278, 4, 1, height), (279, 4, 1, 100)]
    return (
        b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(104)
    )


HUGE = {
    "a.png": png_of(100_000, 100_000),
    "b.png": png_of(2**31 - 1, 2**31 - 1, 16, 6),
    "a.bmp": bmp_of(60_000, 60_000),
    "a.gif": gif_of(65_535, 65_535),
    "a.jpg": jpeg_of(65_000, 65_000),
    "a.tif": tiff_of(100_000, 100_000, 8),
    "b.tif": tiff_of(2**32 - 1, 2**32 - 1, 16),
}
LYING = {
    "a.png": png_of(19_000, 20_000),
    "b.png": png_of(19_000, 20_000, 16, 6),
    "a.bmp": bmp_of(19_000, 20_000),
    "a.jpg": jpeg_of(19_000, 20_000),
    "a.tif": tiff_of(19_000, 20_000, 8),
    "b.tif": tiff_of(19_000, 20_000, 16),
}
EMPTY = {"a.png": png_of(0, 5), "b.png": png_of(5, 0), "a.bmp": bmp_of(0, 9), "a.tif": tiff_of(0, 7, 8), "b.tif": tiff_of(7, 0, 16)}


def error_of(tmp_path: Path, name: str, content: bytes) -> PictureError:
    (tmp_path / name).write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(PictureError) as caught:
            io.read(tmp_path / name)
        assert tracemalloc.get_traced_memory()[1] < 50 << 20
    finally:
        tracemalloc.stop()
    assert name in caught.value.message
    return caught.value


@pytest.mark.parametrize("name", HUGE)
def test_a_picture_above_the_limit_is_refused_before_it_is_decoded(tmp_path: Path, name: str) -> None:
    error = error_of(tmp_path, name, HUGE[name])
    assert "megapixels" in error.message or "its pixels" in error.message


@pytest.mark.parametrize("name", LYING)
def test_a_picture_whose_pixels_are_not_there_is_refused(tmp_path: Path, name: str) -> None:
    assert "damaged or incomplete" in error_of(tmp_path, name, LYING[name]).message


@pytest.mark.parametrize("name", EMPTY)
def test_a_picture_without_pixels_is_refused(tmp_path: Path, name: str) -> None:
    error_of(tmp_path, name, EMPTY[name])


def test_the_limit_can_be_chosen_and_is_exact(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(sample_file("rgb.png"))
    assert io.read(tmp_path / "a.png", max_pixels=560).megapixels == 560 / 1e6
    with pytest.raises(PictureError, match="the limit is 0 megapixels"):
        io.read(tmp_path / "a.png", max_pixels=559)


@pytest.mark.parametrize(
    "name", ["baseline.jpg", "lossy.webp", "eight.avif", "eight.heic", "eight.jp2", "animated.gif", "rgb.bmp", "lzw.tif", "fax.tif"]
)
def test_the_limit_holds_in_every_reader(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(sample_file(name))
    with pytest.raises(PictureError, match="Scale it down"):
        io.read(tmp_path / name, max_pixels=100)


def test_metadata_that_inflate_without_end_are_refused(tmp_path: Path) -> None:
    bomb = zlib.compress(bytes(70 << 20), 1)
    data = b"ICC profile\0\0" + bomb
    chunk = struct.pack(">I", len(data)) + b"iCCP" + data + struct.pack(">I", zlib.crc32(b"iCCP" + data))
    content = sample_file("palette.png")
    (tmp_path / "a.png").write_bytes(content[:33] + chunk + content[33:])
    with pytest.raises(PictureError, match="larger than 64 MiB"):
        io.read(tmp_path / "a.png")


def test_a_progressive_jpeg_of_too_many_scans_is_refused(tmp_path: Path) -> None:
    content = sample_file("progressive.jpg")
    at = content.index(b"\xff\xc2")
    wide = content[: at + 5] + struct.pack(">HH", 16_000, 16_000) + content[at + 9 :]
    scan = wide[wide.rindex(b"\xff\xda") : -2]
    (tmp_path / "a.jpg").write_bytes(wide[:-2] + scan * 200 + b"\xff\xd9" + bytes(300_000))
    with pytest.raises(PictureError, match="scans of 16000 x 16000"):
        io.read(tmp_path / "a.jpg")


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("compression", ["zlib", None])
def test_strips_that_are_missing_are_no_black_stripes(tmp_path: Path, bits: int, compression: str | None) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, rgb(bits), photometric="rgb", rowsperstrip=4, compression=compression)
    with tifffile.TiffFile(path, mode="r+") as file:
        sizes = list(file.pages.first.tags[279].value)
        file.pages.first.tags[279].overwrite([*sizes[:2], 0, *sizes[3:]])
    with pytest.raises(PictureError, match="parts of its pixels are missing"):
        io.read(path)


def test_a_height_beyond_the_strips_is_no_black_tail(tmp_path: Path) -> None:
    content = bytearray(sample_file("flat.tif"))
    at = content.index(struct.pack("<H", 257))  # height, 16 or 32 bits
    content[at : at + 12] = struct.pack("<HHII", 257, 4, 1, 8_000_000)
    (tmp_path / "a.tif").write_bytes(content)
    with pytest.raises(PictureError, match="parts of its pixels are missing"):
        io.read(tmp_path / "a.tif")


def test_a_file_too_large_to_hold_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_FILE_BYTES", 1000)
    (tmp_path / "a.bmp").write_bytes(sample_file("rgb.bmp"))
    with pytest.raises(PictureError, match="the limit is"):
        io.read(tmp_path / "a.bmp")


def test_pillows_own_limit_does_not_stop_large_pictures() -> None:
    assert Image.MAX_IMAGE_PIXELS is None
