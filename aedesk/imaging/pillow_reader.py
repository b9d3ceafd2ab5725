"""Reads what Pillow reads well: 8-bit JPEG, WebP, GIF, BMP, 8-bit AVIF and a few old kinds of TIFF."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile

from aedesk.imaging import colour
from aedesk.imaging.colour import Conversion
from aedesk.imaging.exif import Exif, stored_orientation
from aedesk.imaging.header import Header
from aedesk.imaging.samples import Pixels, strips

# The limit of this program is checked by it, in limits.py, before Pillow allocates; Pillow's own is too low for 100 megapixels.
Image.MAX_IMAGE_PIXELS = None
ImageFile.LOAD_TRUNCATED_IMAGES = False

_NAMES = {"JPEG": ("JPEG", "MPO"), "WebP": ("WEBP",), "JPEG 2000": ("JPEG2000",), "BMP": ("BMP", "DIB")}

MAX_COUNTED_PX = 1 << 24
"""A small file may declare a canvas of any size; above this one its pictures are not counted, which would decode them all."""


@dataclass(frozen=True)
class PillowReader:
    """Reader (see ``header.Reader``) of one format, and of no other that Pillow might see in the file.

    Args:
        format: as in ``Picture.source_format``.
    """

    format: str

    @contextmanager
    def open(self, path: Path, page: int = 0) -> Iterator[Image.Image]:
        """One picture of the file as Pillow sees it, not yet decoded.

        Pillow gets a stream, not the name: by name it maps uncompressed files into memory, and maps those wrongly that are TIFF and lie on
        their side (seen in Pillow 13.0).
        """
        with path.open("rb") as file, Image.open(file, formats=_NAMES.get(self.format, (self.format,))) as image:
            if page:
                image.seek(page)
            yield image

    def header(self, path: Path, page: int = 0) -> Header:
        frames, notes = self._frames(path)
        with self.open(path, page) as image:
            bands, has_alpha, _ = _target(image)
            exif = Exif.parse(image.info.get("exif"))
            icc = image.info.get("icc_profile") or None
            xmp = _xmp(image)
            if image.mode in ("CMYK", "LAB"):
                notes = (*notes, f"{'Lab' if image.mode == 'LAB' else 'CMYK'} was converted to 8-bit sRGB.")
            return Header(
                format=self.format,
                width=image.width,
                height=image.height,
                channels=bands,
                has_alpha=has_alpha,
                bit_depth=8,
                orientation=stored_orientation(exif, xmp),
                icc=None if image.mode in ("CMYK", "LAB") else icc,
                exif=exif.block if exif else None,
                xmp=xmp,
                dpi=_dpi(image) or (exif.dpi if exif else None),
                text=_comment(image) if self.format == "GIF" else (),
                frames=frames,
                page=page,
                notes=notes,
            )

    def samples(self, path: Path, header: Header) -> Pixels:
        with self.open(path, header.page) as image:
            image.load()
            return samples_of(image)

    def _frames(self, path: Path) -> tuple[int, tuple[str, ...]]:
        """The number of pictures, 1 for large animations, and notes about them.

        Pillow decodes each picture to count them. Damage in a later one is no reason to refuse the first.
        """
        with self.open(path) as image:
            try:
                if image.width * image.height > MAX_COUNTED_PX:
                    animated = getattr(image, "is_animated", False)
                    return 1, ("Only the first picture of this animation was read.",) if animated else ()
                return getattr(image, "n_frames", 1), ()
            except Exception:
                return max(1, image.tell()), ("What follows the first picture of the file is damaged.",)


def samples_of(image: Image.Image) -> Pixels:
    """(H, W, 1 to 4) uint8 samples of a loaded picture of any 8-bit mode; CMYK and Lab become sRGB.

    Strip by strip, because a conversion of the whole would hold the picture a third and fourth time.
    """
    bands, has_alpha, convert = _target(image)
    out = np.empty((image.height, image.width, bands + has_alpha), np.uint8)
    for rows in strips(image.height, image.width):
        strip = image.crop((0, rows.start, image.width, rows.stop))
        out[rows] = np.asarray(convert(strip)).reshape(strip.height, strip.width, -1)
    return out


def _target(image: Image.Image) -> tuple[int, bool, Conversion]:
    """Colour channels, alpha and the conversion for a mode of Pillow's.

    Raises:
        ValueError: samples of more than 8 bits, which other readers take care of.
    """
    mode = image.mode
    if mode in ("I", "F") or mode.startswith("I;"):
        raise ValueError(f"samples of the kind {mode} are not supported here")
    if mode == "CMYK":
        icc = image.info.get("icc_profile")
        convert = colour.to_srgb(icc, "CMYK") if colour.colour_space(icc) == "CMYK" else None
        return 3, False, convert or _mode("RGB")
    if mode == "LAB":
        return 3, False, colour.lab_to_srgb()
    if image.has_transparency_data:
        return (1, True, _mode("LA")) if mode in ("1", "L", "LA", "La") else (3, True, _mode("RGBA"))
    return (1, False, _mode("L")) if mode in ("1", "L") else (3, False, _mode("RGB"))


def _mode(name: str) -> Conversion:
    return lambda image: image if image.mode == name else image.convert(name)


def _dpi(image: Image.Image) -> tuple[float, float] | None:
    dpi = image.info.get("dpi")
    if dpi is None or len(dpi) != 2:
        return None
    x, y = float(dpi[0]), float(dpi[1])
    return (x, y) if 0 < x < 1e6 and 0 < y < 1e6 else None


def _comment(image: Image.Image) -> tuple[tuple[str, str], ...]:
    comment = image.info.get("comment", b"")
    return (("Comment", comment.decode("utf-8", "replace")),) if comment else ()


def _xmp(image: Image.Image) -> bytes | None:
    xmp = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    return xmp.encode() if isinstance(xmp, str) else xmp or None
