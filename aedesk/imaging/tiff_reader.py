"""Reads TIFF 6.0 and BigTIFF.

Pillow (libtiff) takes files of up to 8 bits in all their variety (fax, JPEG, CMYK, palettes, Lab); tifffile with imagecodecs takes
those of 9 to 16 bits, which Pillow cannot hold in colour.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from PIL import Image

from aedesk.core.errors import PictureError
from aedesk.imaging import colour, tiff_tags
from aedesk.imaging.exif import Exif, dpi_of, orientation_of
from aedesk.imaging.header import Header
from aedesk.imaging.limits import check_size
from aedesk.imaging.pillow_reader import PillowReader, samples_of
from aedesk.imaging.samples import Pixels, divide_by_alpha, full_range, to_8_bit
from aedesk.imaging.tags import Directory, TagFile

_pillow = PillowReader("TIFF")
_LARGEST_RATIOS = {1: 1, 5: 4096, 8: 1032, 32946: 1032, 32773: 64}
"""How much each compression can shrink: none, LZW (strings of at most 4096 for a code), deflate (two numbers), PackBits."""


def header(path: Path) -> Header:
    main, order, frames = _main(path)
    width, height = int(main.number(tiff_tags.WIDTH)), int(main.number(tiff_tags.HEIGHT))
    check_size(path, width, height)
    bits = _bits(path, main)
    exif = Exif.of_tiff(order, main)
    photometric = main.number(tiff_tags.PHOTOMETRIC, tiff_tags.GRAY)
    has_alpha = bool(_alpha_kind(main))
    if bits <= 8:
        shallow = _pillow.header(path)
        width, height, channels, has_alpha = shallow.width, shallow.height, shallow.channels, shallow.has_alpha
        icc, orientation = shallow.icc, 1  # Pillow turns TIFF files by itself
    elif photometric in (tiff_tags.GRAY_INVERTED, tiff_tags.GRAY, tiff_tags.RGB, tiff_tags.CMYK):
        channels = 1 if photometric in (tiff_tags.GRAY_INVERTED, tiff_tags.GRAY) else 3
        icc = main.tags[tiff_tags.ICC].value if tiff_tags.ICC in main.tags and photometric != tiff_tags.CMYK else None
        orientation = orientation_of(main)
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
    if main.number(tiff_tags.COMPRESSION, 1) != tiff_tags.OLD_JPEG:  # which keeps its pixels elsewhere
        _check_segments(path, main)
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
        divide_by_alpha(deep)
    return deep


def _main(path: Path) -> tuple[Directory, str, int]:
    """First directory, byte order and number of pages."""
    with path.open("rb") as stream:
        file = TagFile(stream)
        return file.directory(), file.order, file.count_directories()


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


def _check_segments(path: Path, main: Directory) -> None:
    """Pillow and tifffile leave the place of strips and tiles that are missing black; here they are damage.

    Raises:
        ValueError: a strip or tile is missing, empty or reaches beyond the file.
    """
    tiled = tiff_tags.TILE_OFFSETS in main.tags
    offsets_tag, sizes_tag = (tiff_tags.TILE_OFFSETS, tiff_tags.TILE_SIZES) if tiled else (tiff_tags.STRIP_OFFSETS, tiff_tags.STRIP_SIZES)
    width, height = main.number(tiff_tags.WIDTH), main.number(tiff_tags.HEIGHT)
    rows = min(main.number(tiff_tags.TILE_HEIGHT if tiled else tiff_tags.ROWS_PER_STRIP, height), height)
    columns = main.number(tiff_tags.TILE_WIDTH) if tiled else width
    if rows < 1 or columns < 1:
        raise ValueError("its strips or tiles have no size")
    planes = main.number(tiff_tags.SAMPLES_PER_PIXEL, 1) if main.number(tiff_tags.PLANAR, 1) == 2 else 1
    end = path.stat().st_size
    offsets, sizes = main.numbers(offsets_tag), main.numbers(sizes_tag)
    present = sum(sizes) if sizes else end  # very old files have no sizes
    sizes = sizes or (1,) * len(offsets)
    complete = len(offsets) == len(sizes) == math.ceil(height / rows) * math.ceil(width / columns) * planes
    inside = all(size > 0 and 0 < offset <= end - size for offset, size in zip(offsets, sizes, strict=False))
    samples = 1.5 if main.number(tiff_tags.PHOTOMETRIC) == tiff_tags.YCBCR else main.number(tiff_tags.SAMPLES_PER_PIXEL, 1)
    raw = width * height * samples * main.number(tiff_tags.BITS, 1) / 8
    if not complete or not inside or raw > present * _LARGEST_RATIOS.get(int(main.number(tiff_tags.COMPRESSION, 1)), math.inf):
        raise ValueError("parts of its pixels are missing")


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
