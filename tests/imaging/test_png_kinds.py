"""PNG files with unusual chunks: what browsers, libpng and ExifTool make of them is what comes out."""

from __future__ import annotations

import io as streams
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sample_files import rgb
from sample_pictures import exif_block, exif_tags, profile

from aedesk.core.errors import PictureError
from aedesk.imaging import io
from aedesk.imaging.cicp import Cicp
from aedesk.imaging.display import to_display
from aedesk.imaging.picture import Picture


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def with_chunks(content: bytes, *chunks: bytes) -> bytes:
    return content[:33] + b"".join(chunks) + content[33:]


def png(samples: np.ndarray, mode: str | None = None) -> bytes:
    stream = streams.BytesIO()
    image = Image.fromarray(samples)
    (image.convert(mode) if mode else image).save(stream, "PNG")
    return stream.getvalue()


def read(tmp_path: Path, content: bytes) -> Picture:
    (tmp_path / "a.png").write_bytes(content)
    return io.read(tmp_path / "a.png")


def again(picture: Picture, path: Path) -> Picture:
    io.write(picture, path)
    return io.read(path)


def raw_profile(kind: str, data: bytes) -> bytes:
    text = f"\n{kind.lower()}\n{len(data):8}\n" + "\n".join(data.hex()[at : at + 72] for at in range(0, 2 * len(data), 72)) + "\n"
    return chunk(b"zTXt", f"Raw profile type {kind}".encode() + b"\0\0" + zlib.compress(text.encode()))


@pytest.mark.parametrize("kind", ["exif", "APP1"])
def test_exif_in_a_raw_profile_turns_the_picture_and_is_kept(tmp_path: Path, kind: str) -> None:
    found = read(tmp_path, with_chunks(png(rgb()), raw_profile(kind, b"Exif\0\0" + exif_block(6))))
    assert np.array_equal(found.pixels, np.rot90(rgb(), -1))
    assert found.exif is not None
    assert exif_tags(found.exif)["main", 0x010F] == "Maker & Sons"
    assert exif_tags(found.exif)["main", 0x0112] == 1


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
@pytest.mark.parametrize("written", ['<a tiff:Orientation="6"/>', "<tiff:Orientation>6</tiff:Orientation>"])
def test_an_orientation_that_only_xmp_tells_turns_the_picture(tmp_path: Path, suffix: str, written: str) -> None:
    packet = f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{written}</x:xmpmeta>'.encode()
    stored = Picture(np.repeat(np.repeat(rgb()[:4, :6], 8, axis=0), 8, axis=1), xmp=packet)
    found = again(stored, tmp_path / f"a{suffix}")
    assert found.pixels.shape[:2] == (48, 32)
    assert np.abs(found.pixels.astype(int) - np.rot90(stored.pixels, -1)).mean() < 12
    assert found.xmp == packet.replace(b"6", b"1")


def test_the_orientation_of_exif_goes_before_that_of_xmp(tmp_path: Path) -> None:
    packet = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a tiff:Orientation="6"/></x:xmpmeta>'
    found = again(Picture(rgb(), exif=exif_block(3), xmp=packet), tmp_path / "a.png")
    assert np.array_equal(found.pixels, rgb()[::-1, ::-1])


@pytest.mark.parametrize("gamma", [0.3, 0.55, 1.0])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_gamma_without_a_profile_is_shown_and_kept(tmp_path: Path, gamma: float, mode: str) -> None:
    content = with_chunks(png(np.full((4, 4, 3), 100, np.uint8), mode), chunk(b"gAMA", struct.pack(">I", round(gamma * 100_000))))
    light = (100 / 255) ** (1 / gamma)
    expected = 255 * (12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055)
    found = read(tmp_path, content)
    for picture in (found, again(found, tmp_path / "b.png"), again(found, tmp_path / "b.tif"), again(found, tmp_path / "b.webp")):
        assert np.abs(to_display(picture).astype(float) - expected).max() <= 4


def test_chromaticities_without_a_profile_are_shown_and_kept(tmp_path: Path) -> None:
    adobe = (0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
    chunks = chunk(b"gAMA", struct.pack(">I", 45475)), chunk(b"cHRM", struct.pack(">8I", *(round(value * 100_000) for value in adobe)))
    found = read(tmp_path, with_chunks(png(rgb()), *chunks))
    expected = to_display(Picture(rgb(), icc=profile("Adobe RGB"))).astype(int)
    assert np.abs(to_display(found).astype(int) - expected).max() <= 3
    assert np.abs(to_display(again(found, tmp_path / "b.png")).astype(int) - expected).max() <= 3


def test_the_values_of_srgb_need_no_profile(tmp_path: Path) -> None:
    gamma = chunk(b"gAMA", struct.pack(">I", 45455))
    points = chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000))
    assert read(tmp_path, with_chunks(png(rgb()), gamma)).icc is None
    assert read(tmp_path, with_chunks(png(rgb()), gamma, points)).icc is None
    assert read(tmp_path, with_chunks(png(rgb()), chunk(b"sRGB", b"\0"), chunk(b"gAMA", struct.pack(">I", 100_000)))).icc is None


@pytest.mark.parametrize("points", [(0,) * 8, (31270, 32900) * 4, (2**32 - 1,) * 8])
def test_chromaticities_that_make_no_sense_are_left_out(tmp_path: Path, points: tuple[int, ...]) -> None:
    found = read(tmp_path, with_chunks(png(rgb()), chunk(b"cHRM", struct.pack(">8I", *points))))
    assert found.icc is None
    assert np.array_equal(found.pixels, rgb())


def test_code_points_go_before_a_profile_and_come_back(tmp_path: Path) -> None:
    icc = chunk(b"iCCP", b"x\0\0" + zlib.compress(profile("Adobe RGB")))
    found = read(tmp_path, with_chunks(png(rgb()), chunk(b"cICP", bytes((9, 16, 0, 1))), icc))
    assert found.cicp == Cicp(9, 16)
    assert again(found, tmp_path / "b.png").cicp == Cicp(9, 16)
    assert b"cICP\x09\x10\x00\x01" in (tmp_path / "b.png").read_bytes()


def test_narrow_range_becomes_full_range(tmp_path: Path) -> None:
    found = read(tmp_path, with_chunks(png(np.array([[[16, 126, 235]]], np.uint8)), chunk(b"cICP", bytes((12, 13, 0, 0)))))
    assert found.pixels.tolist() == [[[0, 128, 255]]]


@pytest.mark.parametrize(("mode", "data"), [("L", b"\0\1\2"), ("RGB", b"\0\1"), ("LA", b"\0\1"), ("RGBA", b"\0\1\0\1\0\1"), ("RGB", b"")])
def test_an_unusable_transparency_chunk_is_ignored(tmp_path: Path, mode: str, data: bytes) -> None:
    image = Image.fromarray(rgb()).convert(mode)
    found = read(tmp_path, with_chunks(png(rgb(), mode), chunk(b"tRNS", data)))
    assert (found.alpha is not None) == mode.endswith("A")
    assert np.array_equal(found.pixels, np.asarray(image.convert("L" if found.channels == 1 else "RGB")).reshape(found.pixels.shape))


def test_transparency_of_a_palette_may_be_too_long_or_too_early(tmp_path: Path) -> None:
    image = Image.fromarray(rgb()).quantize(16)
    stream = streams.BytesIO()
    image.save(stream, "PNG")
    content = stream.getvalue()
    expected = np.asarray(image.convert("RGB"))
    early = read(tmp_path, with_chunks(content, chunk(b"tRNS", b"\0\0")))
    assert early.alpha is None
    assert np.array_equal(early.pixels, expected)
    at = content.index(b"IDAT") - 4
    long = read(tmp_path, content[:at] + chunk(b"tRNS", bytes(300)) + content[at:])
    assert long.alpha is None
    assert np.array_equal(long.pixels, expected)


def test_a_damaged_palette_is_damage(tmp_path: Path) -> None:
    stream = streams.BytesIO()
    Image.fromarray(rgb()).quantize(16).save(stream, "PNG")
    content = bytearray(stream.getvalue())
    content[content.index(b"PLTE") + 5] ^= 1
    with pytest.raises(PictureError, match=r"damaged or incomplete .*checksum of its PLTE"):
        read(tmp_path, bytes(content))


def interlaced(samples: np.ndarray) -> bytes:
    """Adam7, each pass without filters; 8 or 16 bits, gray, RGB or with alpha."""
    height, width = samples.shape[:2]
    channels = samples.shape[2]
    rows = b""
    for x, y, dx, dy in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)):
        part = samples[y::dy, x::dx].astype(samples.dtype.newbyteorder(">"))
        rows += b"".join(b"\0" + row.tobytes() for row in part) if part.size else b""
    colour_type = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    head = struct.pack(">IIBBBBB", width, height, 8 * samples.itemsize, colour_type, 0, 0, 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (5, 2), (3, 3), (20, 28)])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_interlaced_pictures_of_every_size_are_put_together(tmp_path: Path, shape: tuple[int, int], bits: int, channels: int) -> None:
    stored = np.random.default_rng(1).integers(0, 1 << bits, (*shape, channels)).astype(f"u{bits // 8}")
    found = read(tmp_path, interlaced(stored))
    colours = 1 if channels < 3 else 3
    assert np.array_equal(found.pixels, stored[:, :, :colours])
    assert channels % 2 or np.array_equal(found.alpha, stored[:, :, -1])


def test_an_interlaced_palette_of_few_bits_is_read_as_pillow_reads_it(tmp_path: Path) -> None:
    indices = np.arange(77, dtype=np.uint8).reshape(7, 11) % 4
    rows = b""
    for x, y, dx, dy in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)):
        for row in indices[y::dy, x::dx]:
            bits = "".join(f"{value:02b}" for value in row)
            rows += b"\0" + int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 11, 7, 2, 3, 0, 0, 1))
    palette = chunk(b"PLTE", bytes(range(12))) + chunk(b"tRNS", bytes((255, 0, 255)))
    content = b"\x89PNG\r\n\x1a\n" + head + palette + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    with Image.open(streams.BytesIO(content)) as image:
        expected = np.asarray(image.convert("RGBA"))
    found = read(tmp_path, content)
    assert np.array_equal(np.dstack((found.pixels, found.alpha)), expected)  # type: ignore[arg-type]


def test_an_interlaced_picture_that_ends_too_early_is_damaged(tmp_path: Path) -> None:
    content = interlaced(rgb())
    at = content.index(b"IDAT")
    short = content[: at - 4] + chunk(b"IDAT", zlib.compress(bytes(500))) + chunk(b"IEND", b"")
    with pytest.raises(PictureError, match="parts of its pixels are missing"):
        read(tmp_path, short)


def test_reading_an_interlaced_picture_prints_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(interlaced(rgb()))
    code = f"from aedesk.imaging import io; io.read({str(tmp_path / 'a.png')!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.parametrize("name", [b"tEXt", b"zTXt", b"iTXt"])
def test_texts_are_kept(tmp_path: Path, name: bytes) -> None:
    words = "Strasse" if name == b"tEXt" else "Straße"
    encoded = words.encode("utf-8" if name == b"iTXt" else "latin-1")
    data = {b"tEXt": encoded, b"zTXt": b"\0" + zlib.compress(encoded), b"iTXt": b"\0\0de\0\0" + encoded}[name]
    found = read(tmp_path, with_chunks(png(rgb()), chunk(name, b"Title\0" + data)))
    assert found.text == (("Title", words),)
    assert again(found, tmp_path / "b.png").text == found.text


def test_texts_of_every_script_come_back(tmp_path: Path) -> None:
    texts = (("Title", "山水"), ("Author", "José"), ("Comment", "two\nlines"))
    assert again(Picture(rgb(), text=texts), tmp_path / "a.png").text == texts


def test_a_damaged_text_is_left_out(tmp_path: Path) -> None:
    found = read(
        tmp_path, with_chunks(png(rgb()), chunk(b"zTXt", b"Title\0\0nonsense"), chunk(b"iTXt", b"Title\0"), chunk(b"tEXt", b"A\0b"))
    )
    assert found.text == (("A", "b"),)
