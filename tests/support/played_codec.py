"""A codec that is played: services for the specs of .aed files that keep the pixels whole, in real containers, without any model."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from aedesk.core.cancel import CancelToken
from aedesk.core.codec_specs import CompressResult, CompressSpec, DecompressResult, DecompressSpec, EvaluateCodecSpec
from aedesk.core.errors import FormatError
from aedesk.core.events import Event, Finished, Log, Progress, Started
from aedesk.formats.aed_file import ALPHA, DPI, EXIF, ICC, XMP, AedFile, Chunk
from aedesk.formats.container import read_aed, write_aed
from aedesk.imaging.metrics import psnr
from aedesk.imaging.picture import Picture

MODEL_ID = b"played.."
SERVICES = {
    "CompressSpec": "played_codec:compress",
    "DecompressSpec": "played_codec:decompress",
    "EvaluateCodecSpec": "played_codec:evaluate_codec",
}
SMALLEST = 3
"""The quality that the targets are said to be met with, if at all."""


def compress(spec: CompressSpec, picture: Picture, cancel: CancelToken) -> Iterator[Event]:
    """Quality 100 keeps everything; below, samples become multiples of ``100 - quality``."""
    yield Started("encoding", 1)
    cancel.check()
    targeted = spec.target_bpp or spec.target_psnr or spec.target_bytes
    quality = SMALLEST if targeted else spec.quality
    step = max(1, 100 - quality)
    pixels = (picture.pixels // step * step).astype(picture.pixels.dtype)
    alpha = None if picture.alpha is None else picture.alpha.tobytes()
    dpi = picture.dpi and b"".join(round(1000 * value).to_bytes(4, "little") for value in picture.dpi)
    kept = {ICC: picture.icc, EXIF: picture.exif, XMP: picture.xmp, ALPHA: alpha, DPI: dpi}
    file = AedFile(
        width=picture.width,
        height=picture.height,
        channels=picture.channels,
        bit_depth=picture.bit_depth,
        model_id=MODEL_ID,
        kind="codec",
        quality=quality,
        tile_px=2048,
        tiles=(zlib.compress(pixels.tobytes()),),
        chunks=tuple(Chunk(kind, data) for kind, data in kept.items() if data),
    )
    data = write_aed(file)
    reached = spec.target_bytes is None or len(data) <= spec.target_bytes
    decoded = picture.with_pixels(pixels)
    shown = {"decoded": decoded, "psnr": min(psnr(picture.pixels, pixels), 100.0)} if spec.evaluate else {}
    yield Progress(1, 1)
    yield Finished(CompressResult(data, quality, 8 * len(data) / (picture.width * picture.height), 0.25, "cpu", reached, **shown))


def decompress(spec: DecompressSpec, data: bytes, cancel: CancelToken) -> Iterator[Event]:
    yield Started("decoding", 1)
    file = read_aed(data)
    if file.damaged and len(file.damaged) == len(file.tiles) and spec.salvage:
        raise FormatError("Nothing of this picture is left.")
    if file.damaged and not spec.salvage:
        raise FormatError("A tile of this .aed file is damaged.", "Show what is left of it.")
    dtype = np.dtype(f"u{file.bit_depth // 8}")
    shape = (file.height, file.width, file.channels)
    pixels = np.full(shape, np.iinfo(dtype).max // 2, dtype) if file.damaged else np.frombuffer(zlib.decompress(file.tiles[0]), dtype)
    alpha = file.chunk(ALPHA)
    opacity = None if alpha is None else np.frombuffer(alpha, dtype).reshape(shape[:2])
    picture = Picture(pixels.reshape(shape), opacity, icc=file.chunk(ICC), exif=file.chunk(EXIF), xmp=file.chunk(XMP))
    if spec.bit_depth == 8 and file.bit_depth == 16:
        picture = picture.with_pixels((picture.pixels >> 8).astype(np.uint8))
    if spec.bit_depth == 16 and file.bit_depth == 8:
        picture = picture.with_pixels(picture.pixels.astype(np.uint16) * 257)
    lost = tuple(file.rectangle(tile) for tile in sorted(file.damaged))
    for left, top, width, height in lost:
        yield Log(f"The part of {width} x {height} pixels at ({left}, {top}) is damaged and shown in gray.", "warning")
    yield Finished(DecompressResult(replace(picture, source_format="AED"), lost, 0.125, "cpu"))


def encode(picture: Picture, spec: CompressSpec = CompressSpec(), cancel: CancelToken | None = None) -> CompressResult:
    """As ``codec.api.encode``."""
    *_, end = compress(spec, picture, CancelToken())
    return end.result  # type: ignore[attr-defined]


def decode(data: bytes, spec: DecompressSpec = DecompressSpec(), cancel: CancelToken | None = None) -> DecompressResult:
    """As ``codec.api.decode``."""
    *_, end = decompress(spec, data, CancelToken())
    return end.result  # type: ignore[attr-defined]


def evaluate_codec(spec: EvaluateCodecSpec, cancel: CancelToken) -> Iterator[Event]:
    """Two codecs, of which the second takes twice the bits."""
    figures = {"ssim": 0.9, "ms_ssim": None, "encode_s": 0.1, "decode_s": 0.05}
    ours = [{"setting": quality, "bpp": 0.1 + quality / 50, "psnr": 27 + quality / 6, **figures} for quality in spec.qualities]
    theirs = [{**point, "bpp": 2 * point["bpp"]} for point in ours]
    curves = [{"name": spec.model, "about": "", "points": ours}, {"name": "other", "about": "", "points": theirs}]
    rates = {"other": {"percent": -50.0, "low_db": 28.0, "high_db": 38.0}, "far": None}
    shared = {"task": "codec", "model": spec.model, "data": "folder", "n": 2, "device": spec.device, "threads": 1}
    yield Finished({**shared, "codecs": curves[: 1 + spec.baselines], "bd_rates": rates if spec.baselines else {}})
