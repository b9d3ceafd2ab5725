"""Codecs to measure in one run, all from pixels to the bytes of a whole file and back: ours, and what people use today.

The others run as Pillow runs them for everybody, with its defaults but for WebP's slowest and best method. JPEG XL, which Pillow lacks,
comes from imagecodecs (libjxl, effort 7, its default).
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, features

from aedesk.codec import coders
from aedesk.core.cancel import CancelToken
from aedesk.formats.container import read_aed
from aedesk.imaging.picture import Picture
from aedesk.imaging.samples import to_8_bit
from aedesk.models.layers import interruptible

Pixels = NDArray[Any]


@dataclass(frozen=True)
class Contestant:
    """A codec with the settings to try, from small files to good ones.

    Args:
        encode: (H, W, 1 or 3) uint8 or uint16 and a setting to the bytes of a file.
        decode: the bytes to pixels of the same shape; of the same type unless the codec has 8 bits only.
        about: library and options, for people.
    """

    name: str
    settings: tuple[float, ...]
    encode: Callable[[Pixels, float], bytes]
    decode: Callable[[bytes], Pixels]
    about: str = ""


def ours(model: str, qualities: tuple[int, ...], preset: str, device: str, cancel: CancelToken) -> Contestant:
    """The .aed codec, or the codes of any model with a latent.

    Files are decoded with the model itself, not with what is found by the id in them: it may be one that is still in training.
    """
    coder = coders.coder(model, device)

    def encode(pixels: Pixels, quality: float) -> bytes:
        with interruptible(cancel.check):
            return coder.encode(Picture(pixels), int(quality), slow=preset == "slow", tick=lambda *_: cancel.check()).data

    def decode(data: bytes) -> Pixels:
        with interruptible(cancel.check):
            return coder.decode(read_aed(data), tick=lambda *_: cancel.check()).picture.pixels

    return Contestant(Path(model).stem, qualities, encode, decode, f"aedesk, preset {preset}, {coder.device}")


def peers() -> tuple[Contestant, ...]:
    """JPEG, WebP, AVIF and JPEG XL, as far as they are there."""
    found = [_pillow("jpeg", "JPEG", (10, 20, 30, 50, 70, 80, 90, 95), "defaults (4:2:0)")]
    if features.check("webp"):
        found.append(_pillow("webp", "WEBP", (5, 15, 30, 50, 70, 80, 90, 95), "method 6", method=6))
    if features.check("avif"):
        found.append(_pillow("avif", "AVIF", (20, 30, 40, 50, 60, 70, 80, 90), "defaults"))
    return (*found, *_jpeg_xl())


def _pillow(name: str, form: str, settings: tuple[float, ...], about: str, **options: Any) -> Contestant:
    def encode(pixels: Pixels, quality: float) -> bytes:
        shown = to_8_bit(pixels)
        file = io.BytesIO()
        Image.fromarray(shown[:, :, 0] if shown.shape[2] == 1 else shown).save(file, form, quality=int(quality), **options)
        return file.getvalue()

    def decode(data: bytes) -> Pixels:
        with Image.open(io.BytesIO(data), formats=(form,)) as image:
            pixels = np.asarray(image)
        return pixels.reshape(*pixels.shape[:2], -1)

    return Contestant(name, settings, encode, decode, f"Pillow, {about}")


def _jpeg_xl() -> tuple[Contestant, ...]:
    """Its settings are distances: 1 cannot be told from the original by most people, larger is smaller."""
    import imagecodecs

    if not imagecodecs.JPEGXL.available:
        return ()

    def encode(pixels: Pixels, distance: float) -> bytes:
        return bytes(imagecodecs.jpegxl_encode(pixels, distance=distance, effort=7))

    def decode(data: bytes) -> Pixels:
        pixels: Pixels = imagecodecs.jpegxl_decode(data)
        return pixels.reshape(*pixels.shape[:2], -1)

    return (Contestant("jpeg-xl", (11.0, 7.0, 4.5, 3.0, 2.0, 1.2, 0.7, 0.4), encode, decode, "imagecodecs, effort 7"),)
