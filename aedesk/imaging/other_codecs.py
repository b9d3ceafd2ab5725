"""JPEG, WebP, AVIF and JPEG XL as everybody uses them, in memory: what a picture would be at a size, or at a fidelity. Any thread.

They run with Pillow's defaults, but for WebP's slowest and best method; JPEG XL, which Pillow lacks, comes from imagecodecs (libjxl,
effort 7, its default). Profile and EXIF go into the files, so that a size is that of the same picture; transparency does not.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from PIL import Image, features

from aedesk.core.errors import SpecError
from aedesk.imaging.metrics import psnr
from aedesk.imaging.picture import Picture
from aedesk.imaging.samples import Pixels, to_8_bit

MAX_JPEG_SEGMENT = 65_000
"""A longer profile or EXIF block does not fit into one segment; the comparison then goes without it."""
MAX_TRIES = 9
BEST = 100

_OPTIONS: dict[str, dict[str, Any]] = {"JPEG": {}, "WebP": {"method": 6}, "AVIF": {}}


@dataclass(frozen=True, eq=False)
class Coded:
    """A picture as another codec gives it back.

    Args:
        codec: "JPEG", "WebP", "AVIF" or "JPEG XL".
        quality: 1 to 100 as the codec counts.
        size_bytes: of the whole file.
        picture: 8 bits, of the original's size, channels and profile.
        psnr: in dB over all samples, against the original in 8 bits.
    """

    codec: str
    quality: int
    size_bytes: int
    picture: Picture
    psnr: float

    @property
    def bpp(self) -> float:
        """Bits of the file per pixel."""
        return 8 * self.size_bytes / (self.picture.width * self.picture.height)


@cache
def available() -> tuple[str, ...]:
    """The codecs that this installation has."""
    import imagecodecs

    there = {"WebP": features.check("webp"), "AVIF": features.check("avif"), "JPEG XL": bool(imagecodecs.JPEGXL.available)}
    return ("JPEG", *(name for name, is_there in there.items() if is_there))


def encode(codec: str, pixels: Pixels, quality: int, **metadata: bytes) -> bytes:
    """A whole file.

    Args:
        pixels: (H, W, 1 or 3) uint8.
        metadata: ``icc_profile`` and ``exif``, for JPEG as far as they fit; JPEG XL gets none.

    Raises:
        SpecError: there is no such codec here.
        OSError, ValueError: the library cannot write this picture (too large for its format).
    """
    if codec not in available():
        raise SpecError(f"There is no codec {codec!r} here.", f"Known: {', '.join(available())}.")
    if codec == "JPEG XL":
        return _jpeg_xl(pixels, quality)
    image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    kept = {name: block for name, block in metadata.items() if codec != "JPEG" or len(block) < MAX_JPEG_SEGMENT}
    file = io.BytesIO()
    image.save(file, codec, quality=quality, **_OPTIONS[codec], **kept)
    return file.getvalue()


def decode(codec: str, data: bytes, channels: int) -> Pixels:
    """The (H, W, channels) uint8 pixels of what :func:`encode` has written."""
    if codec == "JPEG XL":
        import imagecodecs

        pixels: Pixels = imagecodecs.jpegxl_decode(data)
    else:
        with Image.open(io.BytesIO(data), formats=(codec,)) as image:
            pixels = np.asarray(image.convert("L" if channels == 1 else "RGB"))
    return pixels.reshape(*pixels.shape[:2], channels)


def code(codec: str, picture: Picture, quality: int) -> Coded:
    """Encode and decode. Raises as :func:`encode`."""
    original = to_8_bit(picture.pixels)
    blocks = {"icc_profile": picture.icc, "exif": picture.exif}
    data = encode(codec, original, quality, **{name: block for name, block in blocks.items() if block})
    pixels = decode(codec, data, picture.channels)
    return Coded(codec, quality, len(data), Picture(pixels, icc=picture.icc), psnr(original, pixels))


def nearest_in_size(codec: str, picture: Picture, size_bytes: int, stopped: Callable[[], bool] = lambda: False) -> Coded | None:
    """The quality whose file comes nearest to a size. None if ``stopped()`` became true between two tries."""
    return _search(codec, picture, lambda coded: math.log(coded.size_bytes), math.log(size_bytes), 0.035, 0.01, stopped)


def nearest_in_psnr(codec: str, picture: Picture, target_db: float, stopped: Callable[[], bool] = lambda: False) -> Coded | None:
    """The quality whose PSNR comes nearest to ``target_db``; as :func:`nearest_in_size`."""
    return _search(codec, picture, lambda coded: min(coded.psnr, 99.0), min(target_db, 99.0), 0.15, 0.03, stopped)


def _search(
    codec: str,
    picture: Picture,
    measure: Callable[[Coded], float],
    target: float,
    slope: float,
    enough: float,
    stopped: Callable[[], bool],
) -> Coded | None:
    """Go along the secant inside a bracket: some four tries, where halving takes seven. ``slope`` is the first guess, per quality."""
    tried: dict[int, Coded] = {}
    quality, low, high = 60, 1, BEST
    best: Coded | None = None
    while quality not in tried and len(tried) < MAX_TRIES:
        if stopped():
            return None
        coded = tried[quality] = code(codec, picture, quality)
        miss = measure(coded) - target
        if best is None or abs(miss) < abs(measure(best) - target):
            best = coded
        if abs(miss) <= enough:
            break
        low, high = (low, quality - 1) if miss > 0 else (quality + 1, high)
        if low > high:
            break
        slope = _slope(tried, measure, quality) or slope
        quality = min(max(quality - round(miss / slope), low), high)
    return best


def _slope(tried: dict[int, Coded], measure: Callable[[Coded], float], quality: int) -> float:
    """Per step of quality, from the latest try to its nearest neighbour; 0 if that says nothing."""
    others = [known for known in tried if known != quality]
    if not others:
        return 0.0
    other = min(others, key=lambda known: abs(known - quality))
    found = (measure(tried[quality]) - measure(tried[other])) / (quality - other)
    return max(found, 0.0)


def _jpeg_xl(pixels: Pixels, quality: int) -> bytes:
    """libjxl counts in distances, of which 1 cannot be told from the original by most people."""
    import imagecodecs

    distance = 0.1 + (BEST - quality) * 0.09 if quality >= 30 else 53 / 3000 * quality**2 - 23 / 20 * quality + 25
    return bytes(imagecodecs.jpegxl_encode(pixels, distance=min(distance, 25.0), effort=7))
