"""The one representation of a picture inside the program."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from aedesk.core.errors import PictureError
from aedesk.imaging.cicp import Cicp, cicp_of
from aedesk.imaging.samples import Pixels


@dataclass(frozen=True, eq=False, repr=False)
class Picture:
    """Pixels, straight alpha and everything else a file said about them.

    Args:
        pixels: (H, W, 1) gray or (H, W, 3) RGB, uint8 or uint16, encoded as ``icc`` says (sRGB without one), C-contiguous,
            already turned the way it is looked at.
        alpha: (H, W) of the same type, 0 transparent; never multiplied into the pixels. None if the picture is opaque.
        icc: colour profile of ``pixels``; if the file was signalled by CICP, a profile that holds it (see ``cicp``).
        exif: TIFF structure without the ``Exif\\0\\0`` prefix; its orientation tag, if there is one, says 1.
        xmp: XMP packet (XML).
        dpi: horizontal and vertical pixels per inch.
        iptc: IPTC-IIM and other Photoshop image resources (a sequence of "8BIM" blocks), as JPEG's APP13 segment holds them.
        text: (keyword, text) pairs: PNG's text chunks; the comment of a JPEG or GIF file has the keyword "Comment".
        source_format: "JPEG", "PNG", ...; empty for a picture that was made here.
        notes: what reading the file left out or changed, in sentences for the user ("Only the first of 12 frames was read.").

    Raises:
        PictureError: shapes or types do not fit.
    """

    pixels: Pixels
    alpha: Pixels | None = None
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    iptc: bytes | None = None
    text: tuple[tuple[str, str], ...] = ()
    source_format: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        pixels, alpha = self.pixels, self.alpha
        if pixels.ndim != 3 or pixels.shape[2] not in (1, 3) or 0 in pixels.shape:
            raise PictureError(f"A picture has the shape (height, width, 1 or 3), not {pixels.shape}.")
        if pixels.dtype not in (np.uint8, np.uint16):
            raise PictureError(f"A picture holds uint8 or uint16 samples, not {pixels.dtype}.")
        if alpha is not None and (alpha.shape != pixels.shape[:2] or alpha.dtype != pixels.dtype):
            raise PictureError(f"The alpha channel, {alpha.dtype} {alpha.shape}, does not fit the pixels, {pixels.dtype} {pixels.shape}.")
        object.__setattr__(self, "pixels", np.ascontiguousarray(pixels))
        if alpha is not None:
            object.__setattr__(self, "alpha", np.ascontiguousarray(alpha))

    def __repr__(self) -> str:
        kept = ", ".join(name for name in ("alpha", "icc", "exif", "xmp", "dpi") if getattr(self, name) is not None)
        model = "gray" if self.channels == 1 else "RGB"
        return f"<Picture {self.width} x {self.height} {model} {self.bit_depth} bit{' with ' + kept if kept else ''}>"

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    @property
    def channels(self) -> int:
        """1 (gray) or 3 (RGB), alpha not counted."""
        return int(self.pixels.shape[2])

    @property
    def bit_depth(self) -> int:
        """8 or 16."""
        return int(self.pixels.dtype.itemsize) * 8

    @property
    def cicp(self) -> Cicp | None:
        """The code points for colour in the profile, such as BT.2020 with PQ; None if it has none."""
        return cicp_of(self.icc)

    @property
    def megapixels(self) -> float:
        return self.width * self.height / 1e6

    def with_pixels(self, pixels: Pixels, alpha: Pixels | Literal["keep"] | None = "keep") -> Picture:
        """The same metadata with other samples.

        Raises:
            PictureError: the alpha channel, the old one too, does not fit the pixels.
        """
        return replace(self, pixels=pixels, alpha=self.alpha if isinstance(alpha, str) else alpha)

    def crop(self, left: int, top: int, width: int, height: int) -> Picture:
        """The rectangle as a picture of its own (a copy), metadata kept.

        Raises:
            PictureError: the rectangle is empty or leaves the picture.
        """
        if left < 0 or top < 0 or width < 1 or height < 1 or left + width > self.width or top + height > self.height:
            raise PictureError(
                f"The region {width} x {height} at ({left}, {top}) does not lie inside the picture of {self.width} x {self.height}."
            )
        rows, columns = slice(top, top + height), slice(left, left + width)
        alpha = None if self.alpha is None else self.alpha[rows, columns].copy()
        return replace(self, pixels=self.pixels[rows, columns].copy(), alpha=alpha)
