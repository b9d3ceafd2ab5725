"""Opens and saves .aed with Pillow: ``import aedesk.codec.pillow_plugin`` is all that a program needs.

    image = Image.open("a.aed")                # size, mode and info at once, pixels when they are asked for
    image.save("b.aed", quality=70)            # or target_bpp=0.5, target_psnr=36, target_bytes=200_000; preset, model, device, embed_model

Neither importing this nor opening a file loads torch; the first pixels do. Images may be loaded and saved on several threads at once.

``info`` holds ``icc_profile``, ``exif`` (with ``Exif\\0\\0`` before it, as most of Pillow's plug-ins want it back), ``xmp``, ``dpi``, and
``bit_depth`` of the file. What an image has in ``info`` is saved unless another value is given; an EXIF orientation is carried out,
because .aed files are upright. Pillow has no mode for 16-bit colour, which comes out in 8 bits; 16-bit gray is ``I;16``.

Damage is an ``OSError``; with ``ImageFile.LOAD_TRUNCATED_IMAGES`` what is left is shown, lost tiles gray.
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
_OPTIONS = {field.name for field in fields(CompressSpec)} - {"preview"}


class AedImageFile(ImageFile.ImageFile):
    """An .aed file as Pillow sees it."""

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

    def load(self) -> Any:
        """Decode the pixels if that has not been done. Raises ``OSError``."""
        if self.tile:
            pixels = self._decode()
            if self.fp and self._exclusive_fp:
                self.fp.close()
            self.fp = BytesIO(pixels)
        return super().load()

    def load_seek(self, pos: int) -> None:
        """The decoded pixels begin where the stream does."""

    def verify(self) -> None:
        """Check every part's checksum without decoding. Raises ``OSError``."""
        if self._file.damaged:
            raise OSError(f"{len(self._file.damaged)} of {len(self._file.tiles)} tiles of this .aed file are damaged")
        super().verify()

    def _decode(self) -> bytes:
        from aedesk.codec.direct import decode

        deep = self.mode == _DEEP_GRAY
        try:
            picture = decode(self._data, DecompressSpec(16 if deep else 8, damaged=ImageFile.LOAD_TRUNCATED_IMAGES)).picture
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
    """Raises ``ValueError`` for options that make no sense, ``OSError`` for what cannot be encoded."""
    from aedesk.codec.direct import encode

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
        raise ValueError(f"the target cannot be reached: the nearest is {len(result.data)} bytes at quality {result.quality}")
    file.write(result.data)


def _picture(image: Image.Image) -> Picture:
    """An image of any mode with its metadata, those given to ``save`` first."""
    given = {**image.info, **image.encoderinfo}
    samples = np.asarray(_plain(image))
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


def _plain(image: Image.Image) -> Image.Image:
    """In one of the modes L, LA, RGB, RGBA and I;16."""
    if image.mode in ("L", "LA", "RGB", "RGBA", _DEEP_GRAY):
        return image
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert("L" if image.mode in _GRAY_MODES else "RGB")


Image.register_open(FORMAT, AedImageFile, _accept)
Image.register_save(FORMAT, _save)
Image.register_extension(FORMAT, SUFFIX)
Image.register_mime(FORMAT, MIME)
