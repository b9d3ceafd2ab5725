"""Writes JPEG, WebP and AVIF through Pillow, in 8 bits.

JPEG is written without chroma subsampling (4:4:4), because a picture that was just restored should not lose colour detail again,
and WebP and AVIF keep the colours of transparent pixels. A transparent picture is laid on white for JPEG, as GIMP and Photoshop do.
"""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
from PIL import Image

from aedesk.core.errors import PictureError
from aedesk.imaging import colour
from aedesk.imaging.exif import Exif, with_dpi
from aedesk.imaging.picture import Picture, Pixels, to_8_bit

_LARGEST_SEGMENT = 65_533
_STRIP_ROWS = 256


def write(picture: Picture, file: BinaryIO, name: str, quality: int) -> None:
    """Write as ``name`` ("JPEG", "WebP" or "AVIF") with ``quality`` 1 to 100; metadata go along."""
    {"JPEG": _write_jpeg, "WebP": _write_webp, "AVIF": _write_avif}[name](picture, file, quality)


def _write_jpeg(picture: Picture, file: BinaryIO, quality: int) -> None:
    for what, block, overhead in (("EXIF", picture.exif, 6), ("XMP", picture.xmp, 29)):
        if block and len(block) + overhead > _LARGEST_SEGMENT:
            raise PictureError(
                f"The picture's {what} block of {len(block)} bytes does not fit into a JPEG file.", "Save it as PNG, TIFF, WebP or AVIF."
            )
    extra = {"exif": b"Exif\0\0" + picture.exif} if picture.exif else {}
    if picture.xmp:
        extra["xmp"] = picture.xmp
    dpi = {"dpi": tuple(max(1, min(65535, round(value))) for value in picture.dpi)} if picture.dpi else {}
    image = _image(picture.pixels if picture.alpha is None else _on_white(picture.pixels, picture.alpha))
    image.save(file, "JPEG", quality=quality, subsampling=0, icc_profile=picture.icc, **extra, **dpi)


def _write_webp(picture: Picture, file: BinaryIO, quality: int) -> None:
    image, icc = _rgb_for_webp(picture)
    image.save(
        file, "WEBP", quality=quality, lossless=quality == 100, method=4, exact=True,
        icc_profile=icc, exif=with_dpi(picture.exif, picture.dpi) or b"", xmp=picture.xmp or b"",
    )  # fmt: skip


def _write_avif(picture: Picture, file: BinaryIO, quality: int) -> None:
    exif = Exif.parse(with_dpi(picture.exif, picture.dpi))
    image = _image(picture.pixels, picture.alpha)
    subsampling = "4:0:0" if picture.channels == 1 else "4:4:4"
    image.save(
        file, "AVIF", quality=quality, subsampling=subsampling,
        icc_profile=picture.icc, exif=exif.without_orientation() if exif else b"", xmp=picture.xmp or b"",
    )  # fmt: skip


def _image(pixels: Pixels, alpha: Pixels | None = None) -> Image.Image:
    """As a Pillow picture of the mode L, LA, RGB or RGBA."""
    stored = to_8_bit(pixels)
    if alpha is not None:
        stored = np.dstack((stored, to_8_bit(alpha)))
    return Image.fromarray(stored[:, :, 0] if stored.shape[2] == 1 else stored)


def _rgb_for_webp(picture: Picture) -> tuple[Image.Image, bytes | None]:
    """WebP has no gray: a gray picture becomes RGB, and one with a gray profile, which would not fit, becomes sRGB."""
    image = _image(picture.pixels, picture.alpha)
    if colour.colour_space(picture.icc) != "GRAY":
        return image, picture.icc
    convert = colour.to_srgb(picture.icc, "L") if picture.icc else None
    if convert is None:
        return image, None
    converted = convert(_image(picture.pixels))
    if picture.alpha is not None:
        converted.putalpha(_image(picture.alpha[:, :, np.newaxis]))
    return converted, None


def _on_white(pixels: Pixels, alpha: Pixels) -> Pixels:
    """Composite over white, with the samples as they are encoded, like the programs named above; uint8."""
    pixels, alpha = to_8_bit(pixels), to_8_bit(alpha)
    out = np.empty_like(pixels)
    for top in range(0, pixels.shape[0], _STRIP_ROWS):
        rows = slice(top, top + _STRIP_ROWS)
        cover = alpha[rows, :, np.newaxis].astype(np.uint32)
        out[rows] = (pixels[rows] * cover + 255 * (255 - cover) + 127) // 255
    return out
