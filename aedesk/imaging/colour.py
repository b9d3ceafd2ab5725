"""Colour profiles: what they are for, and the way to sRGB for pixels that have another model."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

from aedesk.imaging.samples import Pixels, strips

Conversion = Callable[[Image.Image], Image.Image]


def colour_space(icc: bytes | None) -> str:
    """Data colour space of a profile ("RGB", "GRAY", "CMYK", ...; ICC.1:2022, 7.2.6); empty without a usable one."""
    if icc is None or len(icc) < 128 or icc[36:40] != b"acsp":
        return ""
    return icc[16:20].decode("latin-1").strip()


@lru_cache(maxsize=16)
def to_srgb(icc: bytes, mode: str, out_mode: str = "RGB") -> Conversion | None:
    """A conversion of Pillow pictures of ``mode`` with the profile ``icc`` into sRGB, None if the profile cannot do that.

    The intent is relative colorimetric with black point compensation, as in Photoshop and GIMP.
    """
    try:
        transform = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(io.BytesIO(icc)), _srgb(), mode, out_mode,
            ImageCms.Intent.RELATIVE_COLORIMETRIC, ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )  # fmt: skip
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    return transform.apply


def cmyk_to_srgb(inks: Pixels, icc: bytes | None) -> Pixels:
    """(H, W, 4) uint8 (255 is full ink) to (H, W, 3) sRGB, by the profile if it is one of CMYK, otherwise by 1 - ink."""
    convert = to_srgb(icc, "CMYK") if icc is not None and colour_space(icc) == "CMYK" else None
    out = np.empty((*inks.shape[:2], 3), np.uint8)
    for rows in strips(*inks.shape[:2]):
        strip = Image.fromarray(np.ascontiguousarray(inks[rows]), "CMYK")
        out[rows] = np.asarray(convert(strip) if convert else strip.convert("RGB"))
    return out


@lru_cache(maxsize=1)
def lab_to_srgb() -> Conversion:
    """A conversion of Pillow pictures of the mode LAB into sRGB."""
    return ImageCms.buildTransform(ImageCms.createProfile("LAB"), _srgb(), "LAB", "RGB").apply


def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
