"""Pictures as training wants them: (H, W, 1 or 3) uint8, whatever the file held; and their sizes made to fit."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from aedesk.imaging.picture import Picture
from aedesk.imaging.samples import on_white, to_8_bit

Pixels = NDArray[np.uint8]


def training_pixels(picture: Picture, channels: int) -> Pixels:
    """(H, W, channels) uint8 of a picture of any kind: 16 bits are rounded, what is transparent becomes white."""
    pixels = to_8_bit(picture.pixels)
    if picture.alpha is not None:
        pixels = on_white(pixels, to_8_bit(picture.alpha))
    return with_channels(pixels, channels)


def with_channels(pixels: Pixels, channels: int) -> Pixels:
    """(H, W, 1 or 3) as (H, W, channels): luma (BT.601) of a colour picture, three equal channels of a gray one."""
    if pixels.shape[2] == channels:
        return pixels
    if channels == 3:
        return np.repeat(pixels, 3, 2)
    return (pixels @ np.array([0.299, 0.587, 0.114], np.float32) + np.float32(0.5)).astype(np.uint8)[:, :, None]


def window(pixels: Pixels, max_bytes: int, name: str) -> Pixels:
    """``pixels`` itself, or a square window of it that takes ``max_bytes`` at most, at a place that depends on ``name`` alone."""
    height, width, channels = pixels.shape
    if pixels.nbytes <= max_bytes:
        return pixels
    edge = max(1, int((max_bytes / channels) ** 0.5))
    rows = min(height, max(edge, max_bytes // channels // width))
    columns = min(width, max(1, max_bytes // channels // rows))
    draw = zlib.crc32(name.encode())
    top, left = draw % (height - rows + 1), (draw >> 16) % (width - columns + 1)
    return pixels[top : top + rows, left : left + columns].copy()


def padded(pixels: Pixels, edge: int) -> Pixels:
    """Reflected at its right and lower sides until it is ``edge`` pixels wide and high; itself if it is already."""
    height, width = pixels.shape[:2]
    if min(height, width) >= edge:
        return pixels
    return np.pad(
        pixels, ((0, max(0, edge - height)), (0, max(0, edge - width)), (0, 0)), mode="reflect" if min(height, width) > 1 else "edge"
    )


def scaled(pixels: Pixels, edge: int) -> Pixels:
    """Made larger or smaller so that the short side is ``edge`` pixels (Lanczos). Any number of channels."""
    height, width, channels = pixels.shape
    if min(height, width) == edge:
        return pixels
    factor = edge / min(height, width)
    size = max(edge, round(width * factor)), max(edge, round(height * factor))
    planes = [np.asarray(Image.fromarray(pixels[:, :, c]).resize(size, Image.Resampling.LANCZOS)) for c in range(channels)]
    return np.stack(planes, 2)


def fitted(pixels: Pixels, edge: int, fit: str) -> Pixels:
    """At least ``edge`` pixels wide and high: scaled so that the short side is, or reflected where it is too small ("crop")."""
    return scaled(pixels, edge) if fit == "scale" else padded(pixels, edge)
