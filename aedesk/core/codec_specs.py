"""Requests about .aed files: frozen dataclasses as in ``core.specs``, for the services of ``codec`` and ``analysis.codec``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from aedesk.core.errors import SpecError

PRESETS = ("normal", "slow")
_TARGETS = ("target_bpp", "target_psnr", "target_bytes")


@dataclass(frozen=True)
class CompressSpec:
    """Encode one picture as .aed. Input: one ``Picture``. Result: ``CompressResult``.

    Args:
        model: name of a shipped or user model, or path of a model file: a codec, or any model with a latent.
        quality: 0 (smallest file) to 100 (best picture). Ignored when a target is given.
        target_bpp: upper limit for the bits per pixel of the whole file. At most one target may be given.
        target_psnr: lower limit for the PSNR in dB.
        target_bytes: upper limit for the size of the whole file.
        preset: "normal", or "slow": optimises the latent for this picture, at about twenty times the encoding time.
        embed_model: store the model in the file, for recipients who do not have it.
        embed_preview: store a small preview in files above 100 KB, at most 2 % of their size; file managers show it without the model.
        evaluate: also decode the file, and report the PSNR and the bits spent at each position of the latent.
        device: "auto", "cpu" or "cuda:N".

    Raises:
        SpecError: a value is out of range, or more than one target is given.
    """

    model: str = "codec-photo"
    quality: int = 50
    target_bpp: float | None = None
    target_psnr: float | None = None
    target_bytes: int | None = None
    preset: str = "normal"
    embed_model: bool = False
    embed_preview: bool = True
    evaluate: bool = False
    device: str = "auto"

    def __post_init__(self) -> None:
        _require(0 <= self.quality <= 100, f"quality is {self.quality}.", "Choose a whole number from 0 to 100.")
        _require(self.preset in PRESETS, f"preset is {self.preset!r}.", f"Choose one of {', '.join(PRESETS)}.")
        targets = {name: value for name in _TARGETS if (value := getattr(self, name)) is not None}
        _require(len(targets) <= 1, f"{' and '.join(targets)} are given together.", "Choose one target.")
        for name, value in targets.items():
            _require(value > 0, f"{name} is {value}.", "Choose a value above 0.")


@dataclass(frozen=True)
class CompressResult:
    """Result of a ``CompressSpec``.

    Args:
        data: the .aed file.
        quality: the quality used; with a target, the one found.
        bpp: bits of the whole file per pixel.
        seconds: encoding time, including the search for a target.
        device: where it ran.
        reached: False if no quality meets the target; ``data`` is then the closest file.
        decoded: the decoded ``Picture``; only with ``evaluate``.
        psnr: PSNR of ``decoded`` in dB over all samples; only with ``evaluate``.
        bits: (rows, columns) float32, bits per position of the latent; only with ``evaluate``.
        stride_px: pixels per position of the latent along each axis.
    """

    data: bytes = field(repr=False)
    quality: int = 50
    bpp: float = 0.0
    seconds: float = 0.0
    device: str = "cpu"
    reached: bool = True
    decoded: Any = None
    psnr: float | None = None
    bits: Any = None
    stride_px: int = 16


@dataclass(frozen=True)
class DecompressSpec:
    """Decode one .aed file. Input: its ``bytes``. Result: ``DecompressResult``.

    Args:
        bit_depth: 8 or 16; None for the depth of the original.
        salvage: decode the intact tiles of a damaged file instead of failing; ``DecompressResult.lost`` lists the others.
        region: (left, top, width, height) in pixels: decode only this part.
        fast: skip the refinement network of the learned codec: a slightly softer picture in a fraction of the time.
        device: "auto", "cpu" or "cuda:N".

    Raises:
        SpecError: the bit depth is neither 8 nor 16.
    """

    bit_depth: int | None = None
    salvage: bool = False
    region: tuple[int, int, int, int] | None = None
    fast: bool = False
    device: str = "auto"

    def __post_init__(self) -> None:
        _require(self.bit_depth in (None, 8, 16), f"bit_depth is {self.bit_depth}.", "Choose 8 or 16.")


@dataclass(frozen=True)
class DecompressResult:
    """Result of a ``DecompressSpec``.

    Args:
        picture: the decoded ``Picture``, of the size of the region if one was given.
        lost: (left, top, width, height) in pixels of each damaged tile; these are gray in ``picture``.
        seconds: decoding time.
        device: where it ran.
    """

    picture: Any
    lost: tuple[tuple[int, int, int, int], ...] = ()
    seconds: float = 0.0
    device: str = "cpu"


@dataclass(frozen=True)
class LatentsSpec:
    """Decode the latent of one .aed file without synthesising the picture. Input: its ``bytes``. Result: ``LatentsResult``."""

    device: str = "auto"


@dataclass(frozen=True)
class LatentsResult:
    """Result of a ``LatentsSpec``.

    Args:
        symbols: (channels, rows, columns) int16, the coded integers.
        values: (channels, rows, columns) float32, the quantised latent ``y_hat``.
        bits: (rows, columns) float32, bits per position.
        side_bits: bits of the side information ``z`` of the whole picture.
        stride_px: pixels per position along each axis.
    """

    symbols: Any
    values: Any
    bits: Any
    side_bits: float
    stride_px: int


@dataclass(frozen=True)
class EvaluateCodecSpec:
    """Measure a codec on a folder of pictures. No input. Result: a JSON-able dict.

    The dict has ``codecs`` (ours first), each with ``name``, ``about`` and ``points`` (``setting``, ``bpp``, ``psnr``, ``ssim``,
    ``ms_ssim``, ``encode_s``, ``decode_s``: means over the pictures), and ``bd_rates``: for each baseline ``percent``, ``low_db`` and
    ``high_db``, or None where the curves do not overlap.

    Args:
        data: a folder of pictures.
        model: as in ``CompressSpec``.
        qualities: qualities to measure, each 0 to 100.
        preset: as in ``CompressSpec``.
        baselines: also measure JPEG, WebP, AVIF and JPEG XL, where available.
        limit: use only the first pictures; None for all.
        device: "auto", "cpu" or "cuda:N".

    Raises:
        SpecError: a quality or the preset is out of range, or there is no quality.
    """

    data: str
    model: str = "codec-photo"
    qualities: tuple[int, ...] = tuple(range(0, 101, 10))
    preset: str = "normal"
    baselines: bool = False
    limit: int | None = None
    device: str = "auto"

    def __post_init__(self) -> None:
        _require(len(self.qualities) > 0, "There is no quality to measure.", "Give whole numbers from 0 to 100.")
        for quality in self.qualities:
            _require(0 <= quality <= 100, f"quality is {quality}.", "Choose whole numbers from 0 to 100.")
        _require(self.preset in PRESETS, f"preset is {self.preset!r}.", f"Choose one of {', '.join(PRESETS)}.")


def _require(condition: bool, message: str, hint: str) -> None:
    if not condition:
        raise SpecError(message, hint)
