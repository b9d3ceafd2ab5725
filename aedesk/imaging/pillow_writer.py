"""Writes JPEG, WebP and AVIF through Pillow, in 8 bits; ``avif_writer`` has more.

JPEG is written without chroma subsampling (4:4:4), because a picture that was just restored should not lose colour detail again,
and WebP and AVIF keep the colours of transparent pixels. A transparent picture is laid on white for JPEG, as GIMP and
Photoshop do.
"""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
from PIL import Image

from aedesk.core.errors import PictureError
from aedesk.imaging import colour, jpeg_segments
from aedesk.imaging.exif import Exif, with_dpi
from aedesk.imaging.metadata_room import oversized
from aedesk.imaging.picture import Picture
from aedesk.imaging.samples import Pixels, on_white, to_8_bit


def write(picture: Picture, file: BinaryIO, name: str, quality: int) -> None:
    """Write as ``name`` ("JPEG", "WebP" or "AVIF") with ``quality`` 1 to 100; metadata go along."""
    {"JPEG": _write_jpeg, "WebP": _write_webp, "AVIF": _write_avif}[name](picture, file, quality)


def _write_jpeg(picture: Picture, file: BinaryIO, quality: int) -> None:
    for block, size in oversized(picture, "JPEG").items():
        what = f"The picture's {block.upper()} block of {size:,} bytes"
        raise PictureError(f"{what} does not fit into a JPEG file.", "Save it as PNG, TIFF, WebP or AVIF.")
    extra = {"exif": b"Exif\0\0" + picture.exif} if picture.exif else {}
    if picture.xmp:
        extra["xmp"] = picture.xmp
    extra["extra"] = jpeg_segments.extra(picture.iptc, [text for keyword, text in picture.text if keyword == "Comment"])
    dpi = {"dpi": tuple(max(1, min(65535, round(value))) for value in picture.dpi)} if picture.dpi else {}
    image = _image(picture.pixels if picture.alpha is None else on_white(to_8_bit(picture.pixels), to_8_bit(picture.alpha)))
    image.save(file, "JPEG", quality=quality, subsampling=0, icc_profile=picture.icc, **extra, **dpi)


def _write_webp(picture: Picture, file: BinaryIO, quality: int) -> None:
    image, icc = _rgb(picture)
    image.save(
        file, "WEBP", quality=quality, lossless=quality == 100, method=4, exact=True,
        icc_profile=icc, exif=with_dpi(picture.exif, picture.dpi) or b"", xmp=picture.xmp or b"",
    )  # fmt: skip


def _write_avif(picture: Picture, file: BinaryIO, quality: int) -> None:
    gray = picture.channels == 1 and picture.alpha is None
    image, icc = (_image(picture.pixels), picture.icc) if gray else _rgb(picture)
    exif = Exif.parse(with_dpi(picture.exif, picture.dpi))
    image.save(
        file, "AVIF", quality=quality, subsampling="4:0:0" if gray else "4:4:4",
        icc_profile=icc, exif=exif.without_orientation() if exif else b"", xmp=picture.xmp or b"",
    )  # fmt: skip


def _rgb(picture: Picture) -> tuple[Image.Image, bytes | None]:
    """As RGB with or without alpha, and its profile: WebP has no gray, and AVIF none with alpha.

    A gray profile does not fit RGB, so a gray picture that has one becomes sRGB.
    """
    if colour.colour_space(picture.icc) == "GRAY":
        convert = colour.to_srgb(picture.icc, "L") if picture.icc else None
        image, icc = _image(picture.pixels), None
        image = convert(image) if convert else image.convert("RGB")
    else:
        image, icc = _image(picture.pixels).convert("RGB"), picture.icc
    if picture.alpha is not None:
        image.putalpha(_image(picture.alpha[:, :, np.newaxis]))
    return image, icc


def _image(pixels: Pixels) -> Image.Image:
    """As a Pillow picture of the mode L or RGB."""
    stored = to_8_bit(pixels)
    return Image.fromarray(stored[:, :, 0] if stored.shape[2] == 1 else stored)
