"""Requests about .aed files: frozen dataclasses as in ``core.specs``, for the services of ``codec``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from aedesk.core.errors import SpecError

PRESETS = ("normal", "slow")


@dataclass(frozen=True)
class CompressSpec:
    """Encode one picture as .aed. Inputs: one ``Picture``. Result: ``CompressResult``.

    Args:
        model: name of a shipped or user model, or the path of a model file: a codec, or any model with a latent.
        quality: 0 (smallest) to 100 (closest). Ignored when one of the targets is given.
        target_bpp: bits per pixel of the whole file that must not be exceeded, None for no such target. At most one target.
        target_psnr: PSNR in dB that must be reached.
        target_bytes: size of the whole file that must not be exceeded.
        preset: "normal", or "slow" for a picture nearer to the original in a file of about the same size, after many times the work.
        embed_model: put the decoder into the file, for sending it to somebody who does not have the model.
        preview: decode as well, and say what each position of the latent has cost.
        device: "auto", "cpu" or "cuda:N".
    """

    model: str = "codec-photo"
    quality: int = 50
    target_bpp: float | None = None
    target_psnr: float | None = None
    target_bytes: int | None = None
    preset: str = "normal"
    embed_model: bool = False
    preview: bool = False
    device: str = "auto"

    def __post_init__(self) -> None:
        _require(0 <= self.quality <= 100, f"quality is {self.quality}.", "Choose a whole number from 0 to 100.")
        _require(self.preset in PRESETS, f"preset is {self.preset!r}.", f"Choose one of {', '.join(PRESETS)}.")
        targets = {name: getattr(self, name) for name in ("target_bpp", "target_psnr", "target_bytes")}
        given = {name: value for name, value in targets.items() if value is not None}
        _require(len(given) <= 1, f"{' and '.join(given)} are given together.", "Choose one target.")
        for name, value in given.items():
            _require(value > 0, f"{name} is {value}.", "Choose a value above 0.")


@dataclass(frozen=True)
class CompressResult:
    """What a ``CompressSpec`` gives.

    Args:
        data: the .aed file.
        quality: the quality that was used (the one found, with a target).
        bpp: bits of the whole file per pixel of the picture.
        seconds: time of the encoding, the search for a target included.
        device: where it ran.
        reached: False if no quality reaches the target; ``data`` is then the nearest there is.
        decoded: the ``Picture`` that the file decodes to, with ``preview``.
        psnr: in dB between picture and decoded, over all samples, with ``preview``.
        bits: (rows, columns) float32, bits spent per position of the latent, with ``preview``.
        stride_px: pixels per position of the latent along one axis.
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
    """Decode one .aed file. Inputs: its ``bytes``. Result: ``DecompressResult``.

    Args:
        bit_depth: 8 or 16, None for the depth of the picture that was encoded.
        damaged: show what can be shown of a damaged file instead of failing; ``DecompressResult.lost`` says what is missing.
        region: (left, top, width, height) in pixels: decode only this part.
        device: "auto", "cpu" or "cuda:N".
    """

    bit_depth: int | None = None
    damaged: bool = False
    region: tuple[int, int, int, int] | None = None
    device: str = "auto"

    def __post_init__(self) -> None:
        _require(self.bit_depth in (None, 8, 16), f"bit_depth is {self.bit_depth}.", "Choose 8 or 16.")


@dataclass(frozen=True)
class DecompressResult:
    """What a ``DecompressSpec`` gives.

    Args:
        picture: the ``Picture`` (of the region's size, if one was asked for).
        lost: (left, top, width, height) in pixels of each tile that was damaged; gray in ``picture``.
        seconds: time of the decoding.
        device: where it ran.
    """

    picture: Any
    lost: tuple[tuple[int, int, int, int], ...] = ()
    seconds: float = 0.0
    device: str = "cpu"


@dataclass(frozen=True)
class LatentsSpec:
    """Read the latent of one .aed file, without making the picture. Inputs: its ``bytes``. Result: ``LatentsResult``."""

    device: str = "auto"


@dataclass(frozen=True)
class LatentsResult:
    """What a ``LatentsSpec`` gives.

    Args:
        symbols: (channels, rows, columns) int16: the coded integers.
        values: (channels, rows, columns) float32: the quantised latent ``y_hat`` they stand for.
        bits: (rows, columns) float32: bits spent per position.
        side_bits: bits of the side information ``z`` of the whole picture.
        stride_px: pixels per position along one axis.
    """

    symbols: Any
    values: Any
    bits: Any
    side_bits: float
    stride_px: int


@dataclass(frozen=True)
class EvaluateCodecSpec:
    """Measure a codec on a folder of pictures. Inputs: none. Result: a JSON-able dict.

    The dict holds ``codecs`` (ours first), each with ``name``, ``about`` and ``points`` (``setting``, ``bpp``, ``psnr``, ``ssim``,
    ``ms_ssim``, ``encode_s``, ``decode_s``: means over the pictures), and ``bd_rates``: by the other's name ``percent``, ``low_db`` and
    ``high_db``, or None where the curves do not meet.

    Args:
        data: a folder of pictures.
        model: as for ``CompressSpec``.
        qualities: the levels to measure, each 0 to 100.
        preset: as for ``CompressSpec``.
        peers: also run JPEG, WebP, AVIF and JPEG XL, as far as they are there.
        limit: use only so many pictures, None for all.
        device: "auto", "cpu" or "cuda:N".
    """

    data: str
    model: str = "codec-photo"
    qualities: tuple[int, ...] = tuple(range(0, 101, 10))
    preset: str = "normal"
    peers: bool = False
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
