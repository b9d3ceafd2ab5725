"""JPEG 2000 with profiles, channel definitions, palettes and subsampled chroma comes out as OpenJPEG's reference decoder shows it."""

from __future__ import annotations

import struct
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from PIL import Image
from sample_files import HEIGHT, WIDTH, rgb
from sample_pictures import profile

from aedesk.core.errors import PictureError
from aedesk.imaging import io
from aedesk.imaging.picture import Picture


def codestream(samples: np.ndarray, bits: int = 8) -> bytes:
    return bytes(imagecodecs.jpeg2k_encode(samples, codecformat="j2k", bitspersample=bits, reversible=True, level=0, mct=False))


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def jp2(samples: np.ndarray, *boxes: bytes, bits: int = 8, space: int | None = 16) -> bytes:
    """A JP2 file with the given boxes in its header, beside those that must be there."""
    height, width, *rest = samples.shape
    head = box(b"ihdr", struct.pack(">IIHBBBB", height, width, rest[0] if rest else 1, bits - 1, 7, 0, 0))
    if space is not None:
        head += box(b"colr", b"\1\0\0" + struct.pack(">I", space))
    start = box(b"jP  ", b"\r\n\x87\n") + box(b"ftyp", b"jp2 \0\0\0\0jp2 ")
    return start + box(b"jp2h", head + b"".join(boxes)) + box(b"jp2c", codestream(samples, bits))


def definitions(*entries: tuple[int, int, int]) -> bytes:
    """Channel, type (0 colour, 1 opacity, 2 premultiplied opacity), association."""
    return box(b"cdef", struct.pack(">H", len(entries)) + b"".join(struct.pack(">HHH", *entry) for entry in entries))


def subsampled_jp2(ycc: np.ndarray) -> bytes:
    """A JP2 file in sYCC with chroma of half the size.

    No encoder at hand writes one. But without wavelet levels a tile is one packet per component, one after the other, so the packets
    of three pictures of one component make a picture of three.
    """
    height, width = ycc.shape[:2]
    planes = [ycc[:, :, 0], ycc[::2, ::2, 1], ycc[::2, ::2, 2]]
    streams = [
        bytes(imagecodecs.jpeg2k_encode(np.ascontiguousarray(plane), codecformat="j2k", reversible=True, level=0, resolutions=1))
        for plane in planes
    ]
    packets = b"".join(stream[stream.index(b"\xff\x93") + 2 : stream.rindex(b"\xff\xd9")] for stream in streams)
    size = struct.pack(">HIIIIIIIIH", 0, width, height, 0, 0, width, height, 0, 0, 3) + bytes([7, 1, 1, 7, 2, 2, 7, 2, 2])
    head = b"\xff\x4f\xff\x51" + struct.pack(">H", 2 + len(size)) + size
    coding = b"".join(segment(streams[0], marker) for marker in (b"\xff\x52", b"\xff\x5c"))
    tile = b"\xff\x90" + struct.pack(">HHIBB", 10, 0, 14 + len(packets), 0, 1) + b"\xff\x93" + packets
    content = jp2(ycc, space=18)
    return content[: content.index(b"jp2c") - 4] + box(b"jp2c", head + coding + tile + b"\xff\xd9")


def segment(stream: bytes, marker: bytes) -> bytes:
    """One marker segment of a codestream."""
    at = stream.index(marker)
    return stream[at : at + 2 + int.from_bytes(stream[at + 2 : at + 4], "big")]


def read(tmp_path: Path, content: bytes) -> Picture:
    (tmp_path / "a.jp2").write_bytes(content)
    return io.read(tmp_path / "a.jp2")


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_a_profile_is_kept_and_not_applied(tmp_path: Path, bits: int) -> None:
    samples = rgb() if bits == 8 else rgb(16) >> (16 - bits)
    found = read(tmp_path, jp2(samples, box(b"colr", b"\2\0\0" + profile("Adobe RGB")), bits=bits, space=None))
    top, full = (1 << bits) - 1, 255 if bits == 8 else 65535
    assert found.icc == profile("Adobe RGB")
    assert np.array_equal(found.pixels, np.floor(samples.astype(float) * full / top + 0.5))


@pytest.mark.parametrize("bits", [8, 16])
def test_channels_are_put_in_the_order_that_is_defined(tmp_path: Path, bits: int) -> None:
    samples = rgb(bits)
    found = read(tmp_path, jp2(np.ascontiguousarray(samples[:, :, ::-1]), definitions((0, 0, 3), (1, 0, 2), (2, 0, 1)), bits=bits))
    assert np.array_equal(found.pixels, samples)


def test_opacity_may_come_first_and_be_premultiplied(tmp_path: Path) -> None:
    alpha = np.full((HEIGHT, WIDTH), 128, np.uint8)
    colours = (rgb().astype(int) * 128 // 255).astype(np.uint8)
    entries = definitions((0, 2, 0), (1, 0, 1), (2, 0, 2), (3, 0, 3))
    found = read(tmp_path, jp2(np.dstack((alpha, colours)), entries))
    assert found.alpha is not None
    assert (found.alpha == 128).all()
    assert np.abs(found.pixels.astype(int) - rgb()).max() <= 2


@pytest.mark.parametrize("shape", [(16, 16), (33, 33), (17, 40)])
def test_chroma_of_half_the_size_is_enlarged_for_odd_sizes_too(tmp_path: Path, shape: tuple[int, int]) -> None:
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]]
    colours = np.stack((x * 255 / shape[1], y * 255 / shape[0], (x + y) * 127 / max(shape)), -1).astype(np.uint8)
    found = read(tmp_path, subsampled_jp2(np.asarray(Image.fromarray(colours).convert("YCbCr"))))
    assert found.pixels.shape == (*shape, 3)
    assert np.abs(found.pixels.astype(int) - colours).max() < 16


@pytest.mark.parametrize("bits", [1, 4, 8])
def test_a_palette_is_applied(tmp_path: Path, bits: int) -> None:
    count = 1 << bits
    colours = np.random.default_rng(1).integers(0, 255, (count, 3), dtype=np.uint8)
    indices = np.random.default_rng(2).integers(0, count, (HEIGHT, WIDTH), dtype=np.uint8)
    palette = box(b"pclr", struct.pack(">HB", count, 3) + bytes([7, 7, 7]) + colours.tobytes())
    mapping = box(b"cmap", b"".join(struct.pack(">HBB", 0, 1, column) for column in range(3)))
    found = read(tmp_path, jp2(indices, palette, mapping, bits=bits))
    assert np.array_equal(found.pixels, colours[indices])


@pytest.mark.parametrize("bits", [1, 2, 4, 7])
def test_few_bits_have_the_full_range(tmp_path: Path, bits: int) -> None:
    levels = np.tile(np.arange(1 << bits, dtype=np.uint8), (16, 16))[:, :16]
    found = read(tmp_path, jp2(levels, bits=bits, space=17))
    top = (1 << bits) - 1
    assert np.array_equal(found.pixels[:, :, 0], (levels.astype(int) * 255 + top // 2) // top)


def test_signed_samples_have_their_zero_in_the_middle(tmp_path: Path) -> None:
    signed = (rgb().astype(int) - 128).astype(np.int8)
    content = bytes(imagecodecs.jpeg2k_encode(signed, codecformat="j2k", reversible=True, level=0))
    (tmp_path / "a.j2k").write_bytes(content)
    assert np.array_equal(io.read(tmp_path / "a.j2k").pixels, rgb())


def test_cmyk_becomes_rgb(tmp_path: Path) -> None:
    inks = np.asarray(Image.fromarray(rgb()).convert("CMYK"))
    found = read(tmp_path, jp2(inks, space=12))
    assert np.array_equal(found.pixels, np.asarray(Image.fromarray(inks, "CMYK").convert("RGB")))
    assert any("CMYK" in note for note in found.notes)


def test_a_colour_space_that_cannot_be_converted_is_not_called_damage(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="colour space CIELab, which is not supported"):
        read(tmp_path, jp2(rgb(), space=14))
