"""One small file of every kind that is read, made by the libraries themselves and not by the code under test."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from typing import Any

import imagecodecs
import numpy as np
import pillow_heif
import tifffile
from PIL import Image
from sample_pictures import XMP, exif_block, picture, profile

HEIGHT, WIDTH = 20, 28


def rgb(bits: int = 8) -> np.ndarray:
    return picture(HEIGHT, WIDTH, bits=bits, seed=1).pixels


def _pillow(samples: np.ndarray, name: str, mode: str | None = None, **options: Any) -> bytes:
    stream = io.BytesIO()
    image = Image.fromarray(samples)
    (image.convert(mode) if mode else image).save(stream, name, **options)
    return stream.getvalue()


def _metadata() -> dict[str, Any]:
    return {"exif": b"Exif\0\0" + exif_block(6), "icc_profile": profile("Display P3"), "xmp": XMP}


def _tiff(samples: np.ndarray, **options: Any) -> bytes:
    stream = io.BytesIO()
    tifffile.imwrite(stream, samples, **options)
    return stream.getvalue()


def _heif(mode: str, samples: np.ndarray) -> bytes:
    stream = io.BytesIO()
    pillow_heif.from_bytes(mode, (WIDTH, HEIGHT), samples.tobytes()).save(stream, quality=90, exif=exif_block(1))
    return stream.getvalue()


def _gif() -> bytes:
    frame = Image.fromarray(rgb()).quantize(16)
    stream = io.BytesIO()
    frame.save(stream, "GIF", save_all=True, append_images=[frame.rotate(90)], transparency=3)
    return stream.getvalue()


def _dng() -> bytes:
    """A tiny raw picture: a Bayer pattern with the tags that DNG 1.4 asks for."""
    mosaic = np.random.default_rng(0).integers(500, 4000, (64, 96), dtype=np.uint16)
    return _tiff(
        mosaic,
        photometric=32803,
        extratags=[
            (271, 2, 0, "Maker & Sons", True),
            (272, 2, 0, "Model", True),
            (33421, 3, 2, (2, 2), True),
            (33422, 1, 4, bytes((0, 1, 1, 2)), True),
            (50706, 1, 4, bytes((1, 4, 0, 0)), True),
            (50707, 1, 4, bytes((1, 1, 0, 0)), True),
            (50708, 2, 0, "Maker Model", True),
            (50714, 3, 1, 500, True),
            (50717, 4, 1, 4095, True),
            (50721, 10, 9, (1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1), True),
            (50728, 5, 3, (1, 2, 1, 1, 2, 3), True),
            (50778, 3, 1, 21, True),
        ],
    )


_MAKERS: dict[str, Callable[[], bytes]] = {
    "baseline.jpg": lambda: _pillow(rgb(), "JPEG", quality=90, **_metadata()),
    "progressive.jpg": lambda: _pillow(rgb(), "JPEG", progressive=True),
    "cmyk.jpg": lambda: _pillow(rgb(), "JPEG", "CMYK"),
    "rgb.png": lambda: _pillow(rgb(), "PNG", exif=b"Exif\0\0" + exif_block(6), icc_profile=profile("sRGB")),
    "palette.png": lambda: _pillow(rgb(), "PNG", "P"),
    "deep.png": lambda: bytes(imagecodecs.png_encode(picture(HEIGHT, WIDTH, bits=16, alpha=True).pixels)),
    "flat.tif": lambda: _pillow(rgb(), "TIFF", exif=b"Exif\0\0" + exif_block(1)),
    "lzw.tif": lambda: _tiff(rgb(16), photometric="rgb", compression="lzw", predictor=True, rowsperstrip=4),
    "tiled.tif": lambda: _tiff(rgb(16), photometric="rgb", compression="zlib", tile=(16, 16), byteorder=">"),
    "big.tif": lambda: _tiff(rgb(16), photometric="rgb", bigtiff=True),
    "fax.tif": lambda: _pillow(rgb(), "TIFF", "1", compression="group4"),
    "lossy.webp": lambda: _pillow(rgb(), "WEBP", quality=80, **_metadata()),
    "lossless.webp": lambda: _pillow(np.dstack((rgb(), rgb()[:, :, 0])), "WEBP", lossless=True, exact=True),
    "eight.avif": lambda: _pillow(rgb(), "AVIF", quality=60, **_metadata()),
    "ten.avif": lambda: bytes(imagecodecs.avif_encode(rgb(16) >> 6, bitspersample=10, level=80)),
    "eight.jp2": lambda: _pillow(rgb(), "JPEG2000"),
    "deep.jp2": lambda: bytes(imagecodecs.jpeg2k_encode(rgb(16), bitspersample=16, reversible=True, level=0)),
    "eight.heic": lambda: _heif("RGB", rgb()),
    "ten.heic": lambda: _heif("RGB;16", rgb(16)),
    "animated.gif": _gif,
    "rgb.bmp": lambda: _pillow(rgb(), "BMP"),
    "bayer.dng": _dng,
}
NAMES = tuple(_MAKERS)


@cache
def sample_file(name: str) -> bytes:
    """The content of one of ``NAMES``."""
    return _MAKERS[name]()
