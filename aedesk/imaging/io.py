"""Files to pictures and back.

``read``, ``write`` and ``probe`` are all that the rest of the program knows about files. They raise nothing but
:class:`PictureError`, they never write half a file, and they may run on any thread.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import cast

from aedesk.core.errors import PictureError
from aedesk.imaging import colour, failures, formats, limits
from aedesk.imaging.atomic import replacing
from aedesk.imaging.exif import Exif, upright_xmp
from aedesk.imaging.formats import READABLE, WRITABLE, is_picture_path
from aedesk.imaging.header import Header, Reader
from aedesk.imaging.limits import MAX_PIXELS
from aedesk.imaging.orientation import upright, upright_size
from aedesk.imaging.picture import Picture
from aedesk.imaging.pillow_reader import PillowReader
from aedesk.imaging.samples import Pixels

__all__ = ["READABLE", "WRITABLE", "PictureInfo", "is_picture_path", "probe", "read", "write", "write_pages"]

_READERS = {
    "JPEG": "jpeg_reader",
    "BMP": "bmp_reader",
    "PNG": "png",
    "TIFF": "tiff_reader",
    "AVIF": "avif_reader",
    "JPEG 2000": "jpeg2000_reader",
    "HEIC": "heic_reader",
    "RAW": "raw_reader",
}


@dataclass(frozen=True)
class PictureInfo:
    """What a picture file holds, found without decoding it.

    Args:
        width, height: in pixels, the way the picture is looked at.
        channels: 1 (gray) or 3 (RGB) after reading, alpha not counted.
        bit_depth: 8 or 16 after reading.
        frames: pictures in the file; only the first is read.
    """

    path: Path
    format: str
    width: int
    height: int
    channels: int
    bit_depth: int
    has_alpha: bool
    has_icc: bool
    has_exif: bool
    has_xmp: bool
    dpi: tuple[float, float] | None
    frames: int
    size_bytes: int


def read(path: str | Path, *, page: int | None = None, max_pixels: int = MAX_PIXELS) -> Picture:
    """Read one picture of a file, upright, with all its metadata.

    Args:
        page: which picture of a file that holds several, from 0; None for the first, with a note that there are others.

    Raises:
        PictureError: the file cannot be read, is damaged, is no picture, has no such page or is larger than ``max_pixels``.
    """
    path = Path(path)
    with failures.reading(path):
        reader, header = _header(path, max_pixels, page or 0)
        if page is None and header.frames > 1:
            header = replace(header, notes=(*header.notes, f"Only the first of its {header.frames} pictures was read."))
        return _picture(header, reader.samples(path, header))


def probe(path: str | Path) -> PictureInfo:
    """Describe a file without decoding its pixels. Damage in the pixels is not found.

    Raises:
        PictureError: as for :func:`read`, but there is no limit on the size.
    """
    path = Path(path)
    with failures.reading(path):
        _, header = _header(path, max_pixels=2**62)
        width, height = upright_size(header.width, header.height, header.orientation)
        return PictureInfo(
            path, header.format, width, height, header.channels, header.bit_depth, header.has_alpha, header.icc is not None,
            header.exif is not None, header.xmp is not None, header.dpi, header.frames, path.stat().st_size,
        )  # fmt: skip


def write(picture: Picture, path: str | Path, *, quality: int = 95, overwrite: bool = False) -> Path:
    """Write a picture in the format of the suffix, whole or not at all.

    PNG and TIFF keep everything; :func:`losses` tells what the others do not. JPEG and WebP have 8 bits, AVIF up to 12: deeper samples
    are rounded. JPEG has no alpha: the picture is laid on white.

    Args:
        quality: 1 to 100 for JPEG, WebP and AVIF; 100 is lossless in WebP.
        overwrite: replace a file that is there.

    Raises:
        PictureError: the file exists and ``overwrite`` is false, the format cannot hold the picture, or writing failed.
    """
    path = Path(path)
    form = formats.format_for_writing(path)
    if not 1 <= quality <= 100:
        raise PictureError(f"{path} cannot be written with the quality {quality}.", "Choose a value from 1 to 100.")
    if max(picture.width, picture.height) > form.max_edge_px:
        raise PictureError(
            f"{path} cannot be written: {picture.width} x {picture.height} pixels are too many for {form.name}, "
            f"whose edges end at {form.max_edge_px}.",
            "Save it as PNG or TIFF.",
        )
    with failures.writing(path), replacing(path, overwrite) as file:
        if form.name == "TIFF":
            from aedesk.imaging import tiff_writer

            tiff_writer.write([picture], file)
        elif form.name == "PNG":
            from aedesk.imaging import png

            png.write(picture, file)
        elif form.name == "AVIF" and picture.bit_depth == 16:
            from aedesk.imaging import avif_writer

            avif_writer.write(picture, file, quality)
        else:
            from aedesk.imaging import pillow_writer

            pillow_writer.write(picture, file, form.name, quality)
    return path


def write_pages(pictures: Iterable[Picture], path: str | Path, *, overwrite: bool = False) -> Path:
    """Write pictures as the pages of one TIFF file, one after the other as they come, whole or not at all.

    Raises:
        PictureError: the suffix is not that of TIFF, the file exists and ``overwrite`` is false, or writing failed.
    """
    from aedesk.imaging import tiff_writer

    path = Path(path)
    if formats.format_for_writing(path).name != "TIFF":
        raise PictureError(f"{path} cannot hold several pages.", "Give the name of a TIFF file.")
    with failures.writing(path), replacing(path, overwrite) as file:
        tiff_writer.write(pictures, file)
    return path


def _header(path: Path, max_pixels: int, page: int = 0) -> tuple[Reader, Header]:
    limits.check_file(path)
    with path.open("rb") as file:
        head = file.read(formats.HEAD_BYTES)
    reader = _reader(formats.identify(path, head))
    header = reader.header(path)
    if page:
        if not 0 < page < header.frames:
            count = "one picture" if header.frames == 1 else f"{header.frames} pictures"
            raise PictureError(f"{path} has no page {page + 1}: it holds {count}.", "Choose another page.")
        header = reader.header(path, page)
    limits.check_size(path, header.width, header.height, max_pixels)
    return reader, header


def _reader(name: str) -> Reader:
    """Each is imported when its first file comes, because some bring libraries that take long to load."""
    if name in _READERS:
        return cast(Reader, import_module(f"aedesk.imaging.{_READERS[name]}"))
    return PillowReader(name)


def _picture(header: Header, samples: Pixels) -> Picture:
    """Samples turned upright and parted into colour and alpha, with the metadata saying so."""
    expected = (header.height, header.width, header.channels + header.has_alpha)
    if samples.shape != expected:
        raise ValueError(f"its header promises {expected}, its data are {samples.shape}")
    samples = upright(samples, header.orientation)
    # A profile of another colour model says nothing about these pixels (an RGB profile still does about gray ones).
    fitting = ("RGB", "GRAY") if header.channels == 1 else ("RGB",)
    exif = Exif.parse(header.exif)
    return Picture(
        pixels=samples[:, :, : header.channels],
        alpha=samples[:, :, header.channels] if header.has_alpha else None,
        icc=header.icc if colour.colour_space(header.icc) in fitting else None,
        exif=exif.upright() if exif else None,
        xmp=upright_xmp(header.xmp),
        dpi=upright_size(*header.dpi, header.orientation) if header.dpi else None,
        iptc=header.iptc,
        text=header.text,
        source_format=header.format,
        notes=header.notes,
    )
