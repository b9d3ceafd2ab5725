"""A folder of odd pictures goes through a command: every good one is right, every other one is explained, and nothing stops the batch."""

from __future__ import annotations

import io as streams
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from PIL import Image

from aedesk.imaging import io


def jpeg(pixels: np.ndarray) -> bytes:
    stream = streams.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG")
    return stream.getvalue()


def png(pixels: np.ndarray, *chunks: tuple[bytes, bytes]) -> bytes:
    encoded = bytes(imagecodecs.png_encode(pixels))
    extra = b"".join(struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks)
    return encoded[:33] + extra + encoded[33:]


def tiff(samples: np.ndarray, **options: Any) -> bytes:
    stream = streams.BytesIO()
    tifffile.imwrite(stream, samples, **options)
    return stream.getvalue()


def good_files(pixels: np.ndarray) -> dict[str, bytes]:
    gray, deep = pixels[:, :, 0], pixels.astype(np.uint16) * 257
    frames = np.stack([deep >> 4, deep >> 5])
    return {
        "animated.avif": bytes(imagecodecs.avif_encode(frames, bitspersample=12, level=90)),
        "deep.jp2": bytes(imagecodecs.jpeg2k_encode(deep, bitspersample=16, reversible=True, level=0)),
        "gamma.png": png(pixels, (b"gAMA", struct.pack(">I", 70_000))),
        "hdr.png": png(deep, (b"cICP", bytes((9, 16, 0, 1)))),
        "planar.tif": tiff(np.stack((gray, gray)), photometric="minisblack", planarconfig="separate", extrasamples=["unassalpha"]),
        "six_bits.tif": tiff(gray >> 2, photometric="minisblack", bitspersample=6),
        "transparency.png": png(pixels, (b"tRNS", b"\0")),
        "twelve_bits.jpg": bytes(imagecodecs.jpeg8_encode(deep >> 4, level=95, bitspersample=12)),
    }


def bad_files(pixels: np.ndarray) -> dict[str, tuple[bytes, str]]:
    return {
        "float.tif": (tiff(pixels.astype(np.float32), photometric="rgb"), "floating-point samples, which is not supported"),
        "lossless.jpg": (jpeg(pixels).replace(b"\xff\xc0", b"\xff\xc3"), "a lossless JPEG, which is not supported"),
        "half.png": (png(pixels)[:-200], "is damaged or incomplete"),
        "words.png": (b"words", "is not a picture"),
    }


def test_good_files_come_out_right_and_others_are_explained(
    aedesk: Callable[..., Any], make_pixels: Callable[..., np.ndarray], tmp_path: Path
) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    good, bad = good_files(make_pixels(40, 56)), bad_files(make_pixels(40, 56))
    for name, content in (*good.items(), *((name, content) for name, (content, _) in bad.items())):
        (source / name).write_bytes(content)
    done = aedesk("denoise", source, "-o", target, "--strength", 0, "--device", "cpu")
    assert done.code == 1
    assert f"{len(good)} of {len(good) + len(bad)} done" in done.err
    for name, (_, words) in bad.items():
        assert words in next(line for line in done.err.splitlines() if name in line)
    for name in good:
        expected = io.read(source / name)
        found = io.read(target / name) if (target / name).exists() else io.read((target / name).with_suffix(".png"))
        scale = 257 if found.bit_depth != expected.bit_depth else 1
        assert found.icc == expected.icc, name
        assert found.pixels.shape == expected.pixels.shape, name
        assert np.abs(found.pixels.astype(float) * scale - expected.pixels).mean() < (
            0.01 if name.endswith((".png", ".tif", ".jp2")) else 700
        ), name
        assert (found.alpha is None) == (expected.alpha is None), name
