"""From the samples that a TIFF page stores to gray or RGB with straight alpha."""

from __future__ import annotations

import numpy as np
from PIL import Image

from aedesk.imaging import colour, tiff_tags
from aedesk.imaging.samples import Pixels, divide_by_alpha, scaled, strips, to_8_bit
from aedesk.imaging.tags import Directory
from aedesk.imaging.tiff_layout import Layout

_SIGN_OF_A_AND_B = np.array([0, 128, 128], np.uint8)


def converted(stored: Pixels, layout: Layout, page: Directory) -> Pixels:
    """(H, W, samples) as stored to (H, W, 1 or 3, plus 1 with alpha), uint8 or uint16 of full range."""
    if layout.photometric == tiff_tags.PALETTE:
        colours = _palette(page, layout.bits)[np.minimum(stored[:, :, 0], (1 << layout.bits) - 1)]
        extra = scaled(stored[:, :, 1:], layout.bits)
        stored = np.concatenate((stored[:, :, :1].astype(extra.dtype), extra), axis=2)
    else:
        stored = scaled(stored, layout.bits)
        colours = _colours(stored[:, :, : layout.colours], layout, page)
    if layout.alpha is None:
        return np.ascontiguousarray(colours)
    alpha = stored[:, :, layout.alpha]
    whole = np.dstack((colours, to_8_bit(alpha) if colours.dtype == np.uint8 else alpha))
    if layout.premultiplied:
        divide_by_alpha(whole)
    return whole


def _colours(samples: Pixels, layout: Layout, page: Directory) -> Pixels:
    match layout.photometric:
        case tiff_tags.GRAY_INVERTED:
            inverted: Pixels = np.iinfo(samples.dtype).max - samples
            return inverted
        case tiff_tags.CMYK:
            icc = page.tags[tiff_tags.ICC].value if tiff_tags.ICC in page.tags else None
            return colour.cmyk_to_srgb(to_8_bit(samples), icc)
        case tiff_tags.CIELAB | tiff_tags.ICCLAB:
            lab = to_8_bit(samples) if samples.dtype == np.uint8 else (samples >> 8).astype(np.uint8)
            return _lab(lab if layout.photometric == tiff_tags.CIELAB else lab ^ _SIGN_OF_A_AND_B)
    return samples


def _palette(page: Directory, bits: int) -> Pixels:
    """(2 ** bits, 3) uint8. Entries have 16 bits, but some programs write 8 (libtiff tells them apart in the same way)."""
    table: Pixels = np.array(page.numbers(tiff_tags.COLOUR_MAP), np.uint32)
    if len(table) < 3 << bits:
        raise ValueError("its colour map is too short")
    table = table[: 3 << bits].reshape(3, -1).T
    if table.max() >= 256:
        table = table >> 8 if not (table & 255).any() else (table + 128) // 257
    colours: Pixels = table.astype(np.uint8)
    return colours


def _lab(samples: Pixels) -> Pixels:
    """(H, W, 3) uint8 with a* and b* as two's complement, as CIELab stores them (ICCLab adds 128), to sRGB."""
    convert = colour.lab_to_srgb()
    out = np.empty_like(samples)
    for rows in strips(*samples.shape[:2]):
        strip = np.ascontiguousarray(samples[rows])
        image = Image.frombytes("LAB", (strip.shape[1], strip.shape[0]), strip.tobytes())
        out[rows] = np.asarray(convert(image))
    return out
