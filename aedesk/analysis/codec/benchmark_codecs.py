"""The codecs to compare: ours and the common formats, each from pixels to the bytes of a whole file and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from aedesk.codec.loading import load_codec
from aedesk.codec.picture_codec import EncodeOptions
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
"""Qualities that span from below 28 to above 38 dB on photographs."""
_ABOUT = {
    "JPEG": "Pillow, defaults (4:2:0)",
    "WebP": "Pillow, method 6",
    "AVIF": "Pillow, defaults",
    "JPEG XL": "imagecodecs, effort 7",
}


@dataclass(frozen=True)
class BenchmarkCodec:
    """A codec and the settings to measure, in order of rising quality.

    Args:
        encode: pixels (H, W, 1 or 3) uint8 or uint16 and a setting to the bytes of a file.
        decode: bytes and number of channels to pixels; uint8 if the codec has only 8 bits, one channel if it has no colour.
        about: library and options, for display.
    """

    name: str
    settings: tuple[float, ...]
    encode: Callable[[Pixels, float], bytes]
    decode: Callable[[bytes, int], Pixels]
    about: str = ""


def aed_codec(model: str, qualities: tuple[int, ...], preset: str, device: str, cancel: CancelToken) -> BenchmarkCodec:
    """Returns the .aed codec with a model; files have no preview, as those of the baselines have none.

    Files are decoded with the given model, not looked up by the id in the file: it may still be in training and not installed.
    """
    codec = load_codec(model, device)

    def encode(pixels: Pixels, quality: float) -> bytes:
        options = EncodeOptions(int(quality), slow=preset == "slow", embed_preview=False)
        with interruptible(cancel.check):
            return codec.encode(Picture(pixels), options, lambda *_: cancel.check()).data

    def decode(data: bytes, channels: int) -> Pixels:
        with interruptible(cancel.check):
            return codec.decode(read_aed(data), on_progress=lambda *_: cancel.check()).picture.pixels

    return BenchmarkCodec(Path(model).stem, qualities, encode, decode, f"aedesk, preset {preset}, {codec.device}")


def baselines() -> tuple[BenchmarkCodec, ...]:
    """Returns JPEG, WebP, AVIF and JPEG XL, where available (see ``imaging.other_codecs``); 8 bits."""
    return tuple(_baseline(name) for name in other_codecs.available())


def _baseline(name: str) -> BenchmarkCodec:
    def encode(pixels: Pixels, quality: float) -> bytes:
        return other_codecs.encode(name, to_8_bit(pixels), int(quality))

    def decode(data: bytes, channels: int) -> Pixels:
        return other_codecs.decode(name, data, channels)

    return BenchmarkCodec(name, _SETTINGS[name], encode, decode, _ABOUT[name])
