"""Pillow plug-in for .aed files; ``import aedesk.codec.pillow_plugin`` registers it.

    image = Image.open("a.aed")                # reads size, mode and info; pixels are decoded on first use
    image.draft(None, (800, 600))              # optional: decode fast, without the refinement network (Image.thumbnail does this)
    image.save("b.aed", quality=70)            # or target_bpp=0.5, target_psnr=36, target_bytes=200_000, and other fields of CompressSpec

Neither the import nor opening a file loads torch; decoding pixels does. Images may be loaded and saved on several threads at once.

``info`` holds ``icc_profile``, ``exif`` (with the prefix ``Exif\\0\\0``, as in most of Pillow's plug-ins), ``xmp``, ``dpi``, and the file's
``bit_depth``. Saving takes them from ``info`` unless given. An EXIF orientation is applied, because .aed files are upright. Pillow has no
mode for 16-bit colour, which is reduced to 8 bits; 16-bit gray is ``I;16``.

Damaged files raise ``OSError``; with ``ImageFile.LOAD_TRUNCATED_IMAGES`` intact tiles are decoded and damaged ones are gray.
"""

from __future__ import annotations

from dataclasses import fields
from io import BytesIO
from typing import IO, Any

import numpy as np
from PIL import Image, ImageFile

from aedesk.core.codec_specs import CompressSpec, DecompressSpec
from aedesk.core.errors import AedeskError, FormatError, SpecError
from aedesk.formats.aed_file import ALPHA, DPI, EXIF, ICC, MAGIC, SUFFIX, XMP, AedFile
from aedesk.formats.container import read_aed
from aedesk.imaging.colour import colour_space
from aedesk.imaging.exif import Exif, upright_xmp
from aedesk.imaging.orientation import upright
from aedesk.imaging.picture import Picture

FORMAT = "AED"
MIME = "image/x-aed"
_EXIF_PREFIX = b"Exif\0\0"
_DEEP_GRAY = "I;16"
_GRAY_MODES = ("1", "I", "I;16L", "I;16B", "I;16N", "F")
_DPI_UNIT = 1000  # SPEC.md
_OPTIONS = {field.name for field in fields(CompressSpec)} - {"evaluate"}


class AedImageFile(ImageFile.ImageFile):
    """An .aed file opened by Pillow."""

    format = FORMAT
    format_description = "aedesk learned compression"

    def _open(self) -> None:
        if self.fp is None:
            raise SyntaxError("no file")
        self._data = self.fp.read()
        try:
            self._file = read_aed(self._data)
        except FormatError as error:
            raise OSError(str(error)) from error
        self._size = (self._file.width, self._file.height)
        self._mode = _mode(self._file)
        self.info = _info(self._file)
        self.tile = [ImageFile._Tile("raw", (0, 0, *self.size), 0, self.mode)]
        self._fast = False

    def draft(self, mode: str | None, size: tuple[int, int] | None) -> tuple[str, tuple[int, int, float, float]] | None:
        """Decode without the refinement network if at most half of the resolution is wanted. The mode and the size stay.

        Returns the mode and the box of the whole image in pixels, or None if nothing changes, as ``JpegImageFile.draft`` does.
        """
        if size is None or not self.tile or 2 * max(size[0], 1) > self.width or 2 * max(size[1], 1) > self.height:
            return None
        self._fast = True
        return self.mode, (0, 0, float(self.width), float(self.height))

    def load(self) -> Any:
        """Decodes the pixels unless that has been done. Raises ``OSError``."""
        if self.tile:
            pixels = self._decode()
            if self.fp and self._exclusive_fp:
                self.fp.close()
            self.fp = BytesIO(pixels)
        return super().load()

    def load_seek(self, pos: int) -> None:
        """Does nothing: decoded pixels start at the beginning of the stream."""

    def verify(self) -> None:
        """Checks all checksums without decoding. Raises ``OSError``."""
        if self._file.damaged:
            raise OSError(f"{len(self._file.damaged)} of {len(self._file.tiles)} tiles of this .aed file are damaged")
        super().verify()

    def _decode(self) -> bytes:
        from aedesk.codec.api import decode

        deep = self.mode == _DEEP_GRAY
        try:
            spec = DecompressSpec(16 if deep else 8, salvage=ImageFile.LOAD_TRUNCATED_IMAGES, fast=self._fast)
            picture = decode(self._data, spec).picture
        except AedeskError as error:
            raise OSError(str(error)) from error
        samples = picture.pixels if picture.alpha is None else np.dstack((picture.pixels, picture.alpha))
        return bytes(samples.astype("<u2" if deep else np.uint8, copy=False).tobytes())


def _accept(prefix: bytes) -> bool:
    return prefix.startswith(MAGIC)


def _mode(file: AedFile) -> str:
    has_alpha = file.chunk(ALPHA) is not None
    if file.channels == 1 and file.bit_depth == 16 and not has_alpha:
        return _DEEP_GRAY
    return ("L" if file.channels == 1 else "RGB") + "A" * has_alpha


def _info(file: AedFile) -> dict[str | tuple[int, int], Any]:
    found: dict[str | tuple[int, int], Any] = {"bit_depth": file.bit_depth}
    if icc := file.chunk(ICC):
        found["icc_profile"] = icc
    if exif := file.chunk(EXIF):
        found["exif"] = _EXIF_PREFIX + exif
    if xmp := file.chunk(XMP):
        found["xmp"] = xmp
    if dpi := file.chunk(DPI):
        found["dpi"] = tuple(int.from_bytes(half, "little") / _DPI_UNIT for half in (dpi[:4], dpi[4:8]))
    return found


def _save(image: Image.Image, file: IO[bytes], filename: str | bytes) -> None:
    """Raises ``ValueError`` for invalid options or a target out of reach, ``OSError`` if encoding fails."""
    from aedesk.codec.api import encode

    options = {name: value for name, value in image.encoderinfo.items() if name in _OPTIONS}
    try:
        spec = CompressSpec(**options)
    except (SpecError, TypeError) as error:
        raise ValueError(str(error)) from error
    try:
        result = encode(_picture(image), spec)
    except AedeskError as error:
        raise OSError(str(error)) from error
    if not result.reached:
        raise ValueError(f"the target cannot be reached: the closest file has {len(result.data)} bytes at quality {result.quality}")
    file.write(result.data)


def _picture(image: Image.Image) -> Picture:
    """Returns an image of any mode with its metadata; options of ``save`` take precedence over ``info``."""
    given = {**image.info, **image.encoderinfo}
    samples = np.asarray(_to_supported_mode(image))
    samples = samples.reshape(*samples.shape[:2], -1)
    block = given.get("exif")
    if isinstance(block, Image.Exif):
        block = block.tobytes() if len(block) else None
    exif = Exif.parse(block)
    if exif:
        samples = upright(samples, exif.orientation)
    channels = 1 if samples.shape[2] < 3 else 3
    icc = given.get("icc_profile")
    fitting = ("RGB", "GRAY") if channels == 1 else ("RGB",)
    xmp = given.get("xmp")
    return Picture(
        samples[:, :, :channels],
        samples[:, :, channels] if samples.shape[2] > channels else None,
        icc=icc if colour_space(icc) in fitting else None,
        exif=exif.upright() if exif else None,
        xmp=upright_xmp(xmp.encode() if isinstance(xmp, str) else xmp),
        dpi=_dpi(given.get("dpi")),
    )


def _dpi(value: Any) -> tuple[float, float] | None:
    if not value:
        return None
    x, y = (float(part) for part in value)
    return (x, y) if x > 0 and y > 0 else None


def _to_supported_mode(image: Image.Image) -> Image.Image:
    """Converts to one of the modes L, LA, RGB, RGBA and I;16."""
    if image.mode in ("L", "LA", "RGB", "RGBA", _DEEP_GRAY):
        return image
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert("L" if image.mode in _GRAY_MODES else "RGB")


Image.register_open(FORMAT, AedImageFile, _accept)
Image.register_save(FORMAT, _save)
Image.register_extension(FORMAT, SUFFIX)
Image.register_mime(FORMAT, MIME)
