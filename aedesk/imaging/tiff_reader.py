"""Reads TIFF 6.0 and BigTIFF.

Pillow (libtiff) takes files of up to 8 bits in all their variety (fax, JPEG, CMYK, palettes, Lab); tifffile with imagecodecs takes
those of 9 to 16 bits, which Pillow cannot hold in colour.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from aedesk.core.errors import PictureError
from aedesk.imaging import colour, tags, tiff_tags
from aedesk.imaging.exif import RESOLUTION_UNIT, X_RESOLUTION, Y_RESOLUTION, Exif, dpi_of
from aedesk.imaging.header import Header
from aedesk.imaging.limits import check_size
from aedesk.imaging.picture import Pixels, full_range, to_8_bit
from aedesk.imaging.pillow_reader import PillowReader, samples_of
from aedesk.imaging.tags import Directory, TagFile

_STRIP_ROWS = 256
_MAX_PAGES = 1000
_pillow = PillowReader("TIFF")


def header(path: Path) -> Header:
    main, order, frames = _main(path)
    width, height = int(main.number(tiff_tags.WIDTH)), int(main.number(tiff_tags.HEIGHT))
    check_size(path, width, height)
    bits = _bits(path, main)
    exif = _exif(order, main)
    photometric = main.number(tiff_tags.PHOTOMETRIC, tiff_tags.GRAY)
    has_alpha = bool(_alpha_kind(main))
    if bits <= 8:
        shallow = _pillow.header(path)
        width, height, channels, has_alpha = shallow.width, shallow.height, shallow.channels, shallow.has_alpha
        icc, orientation = shallow.icc, 1  # Pillow turns TIFF files by itself
    elif photometric in (tiff_tags.GRAY_INVERTED, tiff_tags.GRAY, tiff_tags.RGB, tiff_tags.CMYK):
        channels = 1 if photometric in (tiff_tags.GRAY_INVERTED, tiff_tags.GRAY) else 3
        icc = main.tags[tiff_tags.ICC].value if tiff_tags.ICC in main.tags and photometric != tiff_tags.CMYK else None
        orientation = exif.orientation if exif else int(main.number(0x0112, 1))
    else:
        raise PictureError(f"{path} has {bits} bits per sample in a colour model that cannot be read.", "Save it as RGB first.")
    return Header(
        format="TIFF",
        width=width,
        height=height,
        channels=channels,
        has_alpha=has_alpha,
        bit_depth=16 if bits > 8 and photometric != tiff_tags.CMYK else 8,
        orientation=orientation,
        icc=icc,
        exif=exif.block if exif else None,
        xmp=main.tags[tiff_tags.XMP].value if tiff_tags.XMP in main.tags else None,
        dpi=dpi_of(main),
        frames=frames,
    )


def samples(path: Path, header: Header) -> Pixels:
    main, _, _ = _main(path)
    bits = _bits(path, main)
    if bits <= 8:
        return _pillow.samples(path, header)
    deep = _deep_samples(path, bits)
    photometric = main.number(tiff_tags.PHOTOMETRIC, tiff_tags.GRAY)
    if photometric == tiff_tags.CMYK:
        return _cmyk_to_srgb(deep, main)
    deep = deep[:, :, : header.channels + header.has_alpha]
    if photometric == tiff_tags.GRAY_INVERTED:
        np.subtract(65535, deep[:, :, :1], out=deep[:, :, :1])
    if _alpha_kind(main) == tiff_tags.ASSOCIATED:
        _divide_by_alpha(deep)
    return deep


def _main(path: Path) -> tuple[Directory, str, int]:
    """First directory, byte order and number of pages."""
    with path.open("rb") as stream:
        file = TagFile(stream)
        main = file.directory()
        seen = {file.first_offset}
        offset = main.next_offset
        while offset and offset not in seen and len(seen) < _MAX_PAGES:
            seen.add(offset)
            try:
                offset = file.directory(offset).next_offset
            except ValueError:
                break
        return main, file.order, len(seen)


def _bits(path: Path, main: Directory) -> int:
    """Bits per sample, 1 to 16.

    Raises:
        PictureError: signed or floating-point samples, or ones of more than 16 bits.
    """
    kind, bits = int(main.number(tiff_tags.SAMPLE_FORMAT, tiff_tags.UNSIGNED)), int(main.number(tiff_tags.BITS, 1))
    advice = "Save it with 8 or 16 bits per channel first."
    if kind == tiff_tags.FLOAT:
        raise PictureError(f"{path} has floating-point samples, which cannot be read.", advice)
    if kind == tiff_tags.SIGNED:
        raise PictureError(f"{path} has signed samples, which cannot be read.", advice)
    if not 1 <= bits <= 16:
        raise PictureError(f"{path} has {bits} bits per sample, which cannot be read.", advice)
    return bits


def _alpha_kind(main: Directory) -> int:
    """ExtraSamples of the first channel after the colours: ASSOCIATED, STRAIGHT, or 0 for no alpha (none, or a mask)."""
    kind = int(main.number(tiff_tags.EXTRA_SAMPLES))
    return kind if kind in (tiff_tags.ASSOCIATED, tiff_tags.STRAIGHT) and main.number(tiff_tags.PHOTOMETRIC) != tiff_tags.CMYK else 0


def _exif(order: str, main: Directory) -> Exif | None:
    """The tags that describe the picture as an EXIF block; None if there is no more than a resolution."""
    resolution = {X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT}
    kept = {number: tag for number, tag in main.tags.items() if number not in tiff_tags.STRUCTURE and tag.type <= 13}
    if not main.below and not kept.keys() - resolution - {0x0112}:
        return None
    return Exif.parse(tags.pack(order, Directory(kept, main.below)))


def _deep_samples(path: Path, bits: int) -> Pixels:
    """(H, W, S) uint16 of full range, as stored."""
    import tifffile

    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        stored = page.asarray(maxworkers=1)
        planes_first = page.planarconfig == 2 and page.samplesperpixel > 1
    if stored.dtype != np.uint16:
        raise ValueError(f"its samples are {stored.dtype}")
    if planes_first:
        stored = np.moveaxis(stored, 0, -1)
    if stored.ndim == 2:
        stored = stored[:, :, np.newaxis]
    return full_range(stored, bits)


def _cmyk_to_srgb(inks: Pixels, main: Directory) -> Pixels:
    """8-bit sRGB: the conversion of Pillow and Little CMS has 8 bits per ink."""
    image = Image.fromarray(to_8_bit(np.ascontiguousarray(inks[:, :, :4])), "CMYK")
    if tiff_tags.ICC in main.tags and colour.colour_space(main.tags[tiff_tags.ICC].value) == "CMYK":
        image.info["icc_profile"] = main.tags[tiff_tags.ICC].value
    return samples_of(image)


def _divide_by_alpha(deep: Pixels) -> None:
    """Premultiplied to straight, in place."""
    for top in range(0, deep.shape[0], _STRIP_ROWS):
        strip = deep[top : top + _STRIP_ROWS]
        alpha = strip[:, :, -1:].astype(np.uint32)
        straight = (strip[:, :, :-1].astype(np.uint32) * 65535 + alpha // 2) // np.maximum(alpha, 1)
        strip[:, :, :-1] = np.minimum(straight, 65535)
