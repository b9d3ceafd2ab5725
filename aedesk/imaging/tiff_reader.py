"""Reads TIFF 6.0 and BigTIFF through tifffile and imagecodecs.

Only what these do not decode goes through Pillow (libtiff): JPEG in the style of before 1995, YCbCr without JPEG, ThunderScan and
NeXT. ``imagecodecs.tiff_decode`` (libtiff, too) was the alternative for all; it prints to the terminal and knows fewer compressions.
"""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np

from aedesk.imaging import iptc, tiff_colour, tiff_tags
from aedesk.imaging.exif import Exif, dpi_of, stored_orientation
from aedesk.imaging.failures import CONVERT, Unsupported
from aedesk.imaging.header import Header
from aedesk.imaging.limits import check_size
from aedesk.imaging.pillow_reader import PillowReader
from aedesk.imaging.samples import Pixels
from aedesk.imaging.tags import Directory, Tag, TagFile
from aedesk.imaging.tiff_layout import Layout

_pillow = PillowReader("TIFF")
_PILLOWS = (tiff_tags.OLD_JPEG, 32809, 32766)
_JPEG = (7, 34892, 33007)
_TOO_MUCH = ("INSUFFICIENT_SPACE", "OUTPUT_TOO_SMALL")
_END_OF_JPEG = b"\xff\xd9"


def header(path: Path, page: int = 0) -> Header:
    directory, order, frames = _directory(path, page)
    check_size(path, int(directory.number(tiff_tags.WIDTH)), int(directory.number(tiff_tags.HEIGHT)), max_pixels=2**62)
    layout = Layout.of(directory)
    exif = Exif.of_tiff(order, directory)
    icc = directory.tags[tiff_tags.ICC].value if tiff_tags.ICC in directory.tags else None
    xmp = directory.tags[tiff_tags.XMP].value if tiff_tags.XMP in directory.tags else None
    found = Header(
        format="TIFF",
        width=layout.width,
        height=layout.height,
        channels=layout.channels,
        has_alpha=layout.alpha is not None,
        bit_depth=layout.bit_depth,
        orientation=stored_orientation(Exif(b"", order, directory), xmp),
        icc=None if layout.photometric in (tiff_tags.CMYK, tiff_tags.CIELAB, tiff_tags.ICCLAB) else icc,
        exif=exif.block if exif else None,
        xmp=xmp,
        dpi=dpi_of(directory),
        iptc=_resources(directory),
        frames=frames,
        page=page,
        notes=_notes(layout),
    )
    if _is_for_pillow(layout):
        shallow = _pillow.header(path, page)
        # Pillow turns TIFF files by itself.
        return replace(
            found, width=shallow.width, height=shallow.height, channels=shallow.channels, has_alpha=shallow.has_alpha, orientation=1
        )
    return found


def samples(path: Path, header: Header) -> Pixels:
    directory, _, _ = _directory(path, header.page)
    layout = Layout.of(directory)
    if layout.compression != tiff_tags.OLD_JPEG:  # which keeps its pixels elsewhere
        offsets, sizes = layout.segments(path.stat().st_size)
    if _is_for_pillow(layout):
        return _pillow.samples(path, header)
    if layout.compression in _JPEG:
        _check_jpeg_ends(path, offsets, sizes)
    try:
        stored = _decoded(path, header.page, layout, offsets, sizes)
    except RuntimeError as error:
        if layout.tiled or not any(words in str(error) for words in _TOO_MUCH):
            raise
        # The last strip holds more rows than are left, for which imagecodecs has no room.
        stored = _decoded(_of_whole_strips(path, layout, directory), header.page, layout, offsets, sizes)[: layout.height]
    return tiff_colour.converted(stored, layout, directory)


def _directory(path: Path, page: int) -> tuple[Directory, str, int]:
    """One page's tags, the byte order and the number of pages."""
    with path.open("rb") as stream:
        file = TagFile(stream)
        return file.directory(page), file.order, file.count_directories()


def _resources(directory: Directory) -> bytes | None:
    """IPTC from Photoshop's resources, or from the tag that holds it alone."""
    found = (iptc.resources(directory.tags[tag].value) for tag in (tiff_tags.PHOTOSHOP, tiff_tags.IPTC) if tag in directory.tags)
    return next((resources for resources in found if resources), None)


def _is_for_pillow(layout: Layout) -> bool:
    ycc = layout.photometric == tiff_tags.YCBCR and layout.compression not in _JPEG
    return layout.compression in _PILLOWS or (ycc and layout.bits == 8)


def _notes(layout: Layout) -> tuple[str, ...]:
    notes = []
    if layout.photometric == tiff_tags.CMYK:
        notes.append("CMYK was converted to 8-bit sRGB.")
    if layout.photometric in (tiff_tags.CIELAB, tiff_tags.ICCLAB):
        notes.append("Lab was converted to 8-bit sRGB.")
    if len(layout.extra) > (layout.alpha is not None):
        notes.append("Extra channels that are not transparency were left out.")
    return tuple(notes)


def _decoded(path: Path | BytesIO, page: int, layout: Layout, offsets: tuple[int, ...], sizes: tuple[int, ...]) -> Pixels:
    """(H, W, samples) as stored, uint8 or uint16; JPEG comes as RGB.

    Raises:
        Unsupported: the compression is not known.
    """
    import tifffile

    try:
        known = layout.compression == 1 or bool(tifffile.TIFF.DECOMPRESSORS[layout.compression])
    except KeyError:
        known = False
    if not known:
        raise Unsupported(f"a TIFF with compression {_name(layout.compression)}", CONVERT)
    with tifffile.TiffFile(path) as file:
        stored = file.pages[page]
        stored.dataoffsets, stored.databytecounts = offsets, sizes
        array = stored.asarray(squeeze=False, maxworkers=1)
    if array.dtype == bool or array.dtype.itemsize == 1:
        array = array.view(np.uint8)
    elif array.dtype.itemsize == 2:
        array = array.view(np.dtype("u2").newbyteorder(array.dtype.byteorder)).astype(np.uint16, copy=False)
    else:
        raise ValueError(f"its samples have {array.dtype.itemsize} bytes")
    planes, _, height, width, interleaved = array.shape
    array = array[:, 0]
    return np.moveaxis(array[..., 0], 0, -1) if planes > 1 else array.reshape(height, width, interleaved)


def _of_whole_strips(path: Path, layout: Layout, directory: Directory) -> BytesIO:
    """The file with its height rounded up to whole strips."""
    tag = directory.tags[tiff_tags.HEIGHT]
    height = Tag.of(tag.order, tag.type, -(-layout.height // layout.rows) * layout.rows).value
    content = bytearray(path.read_bytes())
    content[tag.position : tag.position + len(height)] = height
    return BytesIO(content)


def _check_jpeg_ends(path: Path, offsets: tuple[int, ...], sizes: tuple[int, ...]) -> None:
    """libjpeg fills what is missing of a truncated strip with gray."""
    last = max(range(len(offsets)), key=offsets.__getitem__)
    with path.open("rb") as file:
        file.seek(max(offsets[last], offsets[last] + sizes[last] - 64))
        if _END_OF_JPEG not in file.read(64):
            raise ValueError("parts of its pixels are missing")


def _name(compression: int) -> str:
    import tifffile

    try:
        return tifffile.COMPRESSION(compression).name.replace("_", " ").title()
    except ValueError:
        return str(compression)
