"""Codecs to measure in one run, all from pixels to the bytes of a whole file and back: ours, and what people use today."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from aedesk.codec import coders
from aedesk.core.cancel import CancelToken
from aedesk.formats.container import read_aed
from aedesk.imaging import other_codecs
from aedesk.imaging.picture import Picture
from aedesk.imaging.samples import to_8_bit
from aedesk.models.layers import interruptible

Pixels = NDArray[Any]

_SETTINGS: dict[str, tuple[float, ...]] = {
    "JPEG": (10, 20, 30, 50, 70, 80, 90, 95),
    "WebP": (5, 15, 30, 50, 70, 80, 90, 95),
    "AVIF": (20, 30, 40, 50, 60, 70, 80, 90),
    "JPEG XL": (15, 25, 50, 68, 79, 88, 93, 97),
}
"""Qualities that reach from below 28 to above 38 dB on photographs."""
_ABOUT = {
    "JPEG": "Pillow, defaults (4:2:0)",
    "WebP": "Pillow, method 6",
    "AVIF": "Pillow, defaults",
    "JPEG XL": "imagecodecs, effort 7",
}


@dataclass(frozen=True)
class Contestant:
    """A codec with the settings to try, from small files to good ones.

    Args:
        encode: (H, W, 1 or 3) uint8 or uint16 and a setting to the bytes of a file.
        decode: the bytes and the number of channels to pixels, of the same type unless the codec has 8 bits only, and of that many
            channels unless it has no colour.
        about: library and options, for people.
    """

    name: str
    settings: tuple[float, ...]
    encode: Callable[[Pixels, float], bytes]
    decode: Callable[[bytes, int], Pixels]
    about: str = ""


def ours(model: str, qualities: tuple[int, ...], preset: str, device: str, cancel: CancelToken) -> Contestant:
    """The .aed codec, or the codes of any model with a latent.

    Files are decoded with the model itself, not with what is found by the id in them: it may be one that is still in training.
    """
    coder = coders.coder(model, device)

    def encode(pixels: Pixels, quality: float) -> bytes:
        with interruptible(cancel.check):
            slow = preset == "slow"
            return coder.encode(Picture(pixels), int(quality), slow=slow, costs=False, tick=lambda *_: cancel.check()).data

    def decode(data: bytes, channels: int) -> Pixels:
        with interruptible(cancel.check):
            return coder.decode(read_aed(data), tick=lambda *_: cancel.check()).picture.pixels

    return Contestant(Path(model).stem, qualities, encode, decode, f"aedesk, preset {preset}, {coder.device}")


def peers() -> tuple[Contestant, ...]:
    """JPEG, WebP, AVIF and JPEG XL, as far as they are there (see ``imaging.other_codecs``); 8 bits."""
    return tuple(_peer(name) for name in other_codecs.available())


def _peer(name: str) -> Contestant:
    def encode(pixels: Pixels, quality: float) -> bytes:
        return other_codecs.encode(name, to_8_bit(pixels), int(quality))

    def decode(data: bytes, channels: int) -> Pixels:
        return other_codecs.decode(name, data, channels)

    return Contestant(name, _SETTINGS[name], encode, decode, _ABOUT[name])
