"""Pixels for the screen: 8-bit sRGB of a picture or of a part of it. May run on any thread."""

from __future__ import annotations

import numpy as np
from PIL import Image

from aedesk.imaging import colour
from aedesk.imaging.picture import Picture
from aedesk.imaging.samples import Pixels, strips, to_8_bit


def to_display(picture: Picture, max_edge_px: int | None = None, region: tuple[int, int, int, int] | None = None) -> Pixels:
    """A picture as a screen shows it: profile converted to sRGB, 16 bits rounded to 8.

    Args:
        max_edge_px: longest edge of the result; a larger picture is averaged down, a smaller one stays as it is.
        region: (left, top, width, height) in pixels of the picture, None for all of it.

    Returns:
        (H, W, 3) or, with alpha, (H, W, 4) uint8, straight alpha, C-contiguous.

    Raises:
        PictureError: the region does not lie inside the picture.
    """
    if region is not None:
        picture = picture.crop(*region)
    samples = to_8_bit(picture.pixels)
    alpha = None if picture.alpha is None else to_8_bit(picture.alpha)
    if max_edge_px is not None and max(picture.width, picture.height) > max_edge_px:
        scale = max_edge_px / max(picture.width, picture.height)
        size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        samples, alpha = _averaged(samples, alpha, size)
    return _srgb(samples, alpha, picture.icc)


def _averaged(samples: Pixels, alpha: Pixels | None, size: tuple[int, int]) -> tuple[Pixels, Pixels | None]:
    """Box averages; weighted by alpha, so that invisible colours do not bleed into visible ones."""
    stored = samples if alpha is None else np.dstack((samples, alpha))
    # Pillow multiplies by alpha and divides again when it resizes LA and RGBA.
    small = np.asarray(_image(stored).resize(size, Image.Resampling.BOX))
    small = small.reshape(size[1], size[0], -1)
    return (small, None) if alpha is None else (small[:, :, :-1], small[:, :, -1])


def _srgb(samples: Pixels, alpha: Pixels | None, icc: bytes | None) -> Pixels:
    height, width, channels = samples.shape
    out = np.empty((height, width, 3 if alpha is None else 4), np.uint8)
    if alpha is not None:
        out[:, :, 3] = alpha
    mode = "L" if colour.colour_space(icc) == "GRAY" else "RGB"
    convert = colour.to_srgb(icc, mode) if icc and (mode == "RGB" or channels == 1) else None
    for rows in strips(height, width):
        strip = samples[rows]
        if convert is not None:
            # A gray picture with an RGB profile (not allowed, but often met) is three equal channels.
            image = _image(strip)
            strip = np.asarray(convert(image if image.mode == mode else image.convert(mode)))
        out[rows, :, :3] = strip
    return out


def _image(samples: Pixels) -> Image.Image:
    samples = np.ascontiguousarray(samples)
    return Image.fromarray(samples[:, :, 0] if samples.shape[2] == 1 else samples)
