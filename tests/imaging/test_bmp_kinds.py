"""BMP files with every header, bit fields of any layout, palettes and alpha."""

from __future__ import annotations

import io as streams
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sample_files import rgb
from sample_pictures import profile

from aedesk.core.errors import PictureError
from aedesk.imaging import io
from aedesk.imaging.picture import Picture

PLAIN, FIELDS, ALPHA_FIELDS = 0, 3, 6


def bmp(
    words: np.ndarray,
    bits: int,
    compression: int = PLAIN,
    masks: tuple[int, ...] = (),
    size: int = 40,
    palette: bytes = b"",
    more: bytes = b"",
) -> bytes:
    """A file of (H, W) pixel values, stored bottom up.

    Args:
        size: of the header; masks stand inside it from 52 on, behind it with 40.
        more: what a header of version 4 or 5 holds after its masks.
    """
    height, width = words.shape
    rows = b""
    for row in words[::-1]:
        packed = "".join(f"{int(value):0{bits}b}" for value in row) if bits < 8 else ""
        data = int(packed.ljust(-(-len(packed) // 8) * 8, "0"), 2).to_bytes(-(-len(packed) // 8), "big") if packed else b""
        data = data or b"".join(int(value).to_bytes(bits // 8, "little") for value in row)
        rows += data + bytes(-len(data) % 4)
    if size == 12:
        head = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        head = struct.pack("<IiiHHIIiiII", size, width, height, 1, bits, compression, len(rows), 3937, 3937, 0, 0)
        fields = struct.pack(f"<{len(masks)}I", *masks)
        head = (head + fields + more).ljust(size, b"\0") if size > 40 else head + fields
    start = 14 + len(head) + len(palette)
    return b"BM" + struct.pack("<IHHI", start + len(rows), 0, 0, start) + head + palette + rows


def read(tmp_path: Path, content: bytes) -> Picture:
    (tmp_path / "a.bmp").write_bytes(content)
    return io.read(tmp_path / "a.bmp")


def packed(levels: np.ndarray, masks: tuple[int, ...]) -> np.ndarray:
    """Levels (H, W, len(masks)), each of the bits that its mask has, put where the masks say."""
    words = np.zeros(levels.shape[:2], np.uint64)
    for at, mask in enumerate(masks):
        words |= levels[:, :, at].astype(np.uint64) << np.uint64((mask & -mask).bit_length() - 1 if mask else 0)
    return words


LAYOUTS = {
    "555": (16, (0x7C00, 0x3E0, 0x1F)),
    "565": (16, (0xF800, 0x7E0, 0x1F)),
    "4444": (16, (0xF00, 0xF0, 0xF, 0xF000)),
    "1555": (16, (0x7C00, 0x3E0, 0x1F, 0x8000)),
    "332": (16, (0xE0, 0x1C, 0x3)),
    "231 in the middle": (16, (0x300, 0xE0, 0x10)),
    "bgr": (32, (0xFF, 0xFF00, 0xFF0000)),
    "rgba": (32, (0xFF000000, 0xFF0000, 0xFF00, 0xFF)),
    "a2r10g10b10": (32, (0x3FF00000, 0xFFC00, 0x3FF, 0xC0000000)),
    "101110": (32, (0xFFE00000, 0x1FFC00, 0x3FF)),
    "7 8 16": (32, (0x7F, 0x7F80, 0x7FFF8000)),
}


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("size", [40, 52, 56, 108, 124])
def test_bit_fields_of_any_layout_are_stretched_to_the_full_range(tmp_path: Path, name: str, size: int) -> None:
    bits, masks = LAYOUTS[name]
    if len(masks) == 4 and size == 52:
        pytest.skip("this header has no alpha")
    tops = [(1 << mask.bit_count()) - 1 for mask in masks]
    levels = np.stack([np.random.default_rng(at).integers(0, top, (5, 7), endpoint=True) for at, top in enumerate(tops)], -1)
    compression = ALPHA_FIELDS if len(masks) == 4 and size == 40 else FIELDS
    found = read(tmp_path, bmp(packed(levels, masks), bits, compression, masks, size))
    full = 65535 if max(tops) > 255 else 255
    expected = np.stack([np.floor(levels[:, :, at] * full / top + 0.5) for at, top in enumerate(tops)], -1)
    assert found.bit_depth == (16 if full == 65535 else 8)
    assert np.abs(found.pixels - expected[:, :, :3]).max() <= (128 if full == 65535 and min(tops) <= 255 else 0)
    if len(masks) == 4:
        assert found.alpha is not None
        assert np.abs(found.alpha - expected[:, :, 3]).max() <= 128 * (full == 65535)
    assert found.dpi == (100.0, 100.0)


@pytest.mark.parametrize(("bits", "masks"), [(16, (0x7C00, 0x3E0, 0x1F)), (24, (0xFF0000, 0xFF00, 0xFF)), (32, (0xFF0000, 0xFF00, 0xFF))])
@pytest.mark.parametrize("size", [12, 40, 64, 124])
def test_pixels_without_bit_fields_have_the_usual_layout(tmp_path: Path, bits: int, masks: tuple[int, ...], size: int) -> None:
    top = 31 if bits == 16 else 255
    levels = np.random.default_rng(3).integers(0, top, (5, 7, 3), endpoint=True)
    found = read(tmp_path, bmp(packed(levels, masks), bits, size=size))
    assert found.alpha is None
    assert np.array_equal(found.pixels, np.floor(levels * 255 / top + 0.5))


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
@pytest.mark.parametrize("size", [12, 40])
def test_palettes_of_every_depth_are_applied(tmp_path: Path, bits: int, size: int) -> None:
    count = 1 << bits
    colours = np.random.default_rng(1).integers(0, 255, (count, 3), dtype=np.uint8)
    entries = b"".join(bytes(colour[::-1]) + (b"" if size == 12 else b"\0") for colour in colours)
    indices = np.random.default_rng(2).integers(0, count, (5, 11))
    found = read(tmp_path, bmp(indices, bits, size=size, palette=entries))
    assert np.array_equal(found.pixels, colours[indices])


def test_a_palette_that_the_offset_of_the_pixels_leaves_out_is_found(tmp_path: Path) -> None:
    colours = np.random.default_rng(1).integers(0, 255, (256, 3), dtype=np.uint8)
    indices = np.random.default_rng(2).integers(0, 256, (5, 12))
    content = bytearray(bmp(indices, 8, palette=b"".join(bytes(colour[::-1]) + b"\0" for colour in colours)))
    content[10:14] = struct.pack("<I", 54)
    assert np.array_equal(read(tmp_path, bytes(content)).pixels, colours[indices])


def test_a_gray_palette_gives_a_gray_picture_as_pillow_reads_it(tmp_path: Path) -> None:
    stream = streams.BytesIO()
    Image.fromarray(rgb()[:, :, 0]).save(stream, "BMP")
    found = read(tmp_path, stream.getvalue())
    assert np.array_equal(found.pixels, rgb()[:, :, :1])


def test_alpha_that_is_nowhere_set_is_none(tmp_path: Path) -> None:
    masks = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    levels = np.dstack((np.full((2, 2, 3), 9), np.zeros((2, 2))))
    found = read(tmp_path, bmp(packed(levels, masks), 32, FIELDS, masks, 108))
    assert found.alpha is None or (found.alpha == 255).all()
    assert (found.pixels == 9).all()


def test_a_top_down_picture_is_read(tmp_path: Path) -> None:
    levels = np.random.default_rng(3).integers(0, 255, (5, 7, 3))
    content = bytearray(bmp(packed(levels[::-1], (0xFF0000, 0xFF00, 0xFF)), 24))
    content[22:26] = struct.pack("<i", -5)
    assert np.array_equal(read(tmp_path, bytes(content)).pixels, levels)


def test_an_embedded_profile_is_kept(tmp_path: Path) -> None:
    icc = profile("Adobe RGB")
    content = bmp(
        np.zeros((2, 2)), 24, size=124, masks=(0, 0, 0, 0), more=b"DEBM" + bytes(48) + struct.pack("<III", 4, 138 - 14 + 16, len(icc))
    )
    assert read(tmp_path, content + icc).icc == icc


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (bmp(np.zeros((2, 2)), 32, 4), "holds a JPEG"),
        (bmp(np.zeros((2, 2)), 32, 5), "holds a PNG"),
        (bmp(np.zeros((2, 2)), 8, 3, size=64), "OS/2"),
        (bmp(np.zeros((2, 2)), 64), "64 bits per pixel"),
        (bmp(np.zeros((2, 2)), 16, FIELDS, (0xF0F, 0xF0, 0xF000)), "overlap or have gaps"),
        (bmp(np.zeros((2, 2)), 16, FIELDS, (0xF0, 0xF0, 0xF)), "overlap or have gaps"),
        (bmp(np.zeros((2, 2)), 16, FIELDS, (0, 0, 0)), "without colours"),
    ],
)
def test_other_kinds_are_not_supported_rather_than_damaged(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(PictureError, match=f"{words}.*not supported"):
        read(tmp_path, content)


def test_a_file_that_ends_too_early_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"damaged or incomplete .*pixels are missing"):
        read(tmp_path, bmp(np.zeros((20, 20)), 24)[:-10])
