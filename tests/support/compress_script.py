"""A worker that answers the requests of the Compress panel: WebP does the work, in a wrapper that is no real .aed file."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from fake_client import CPU, play
from PIL import Image

from aedesk.core.codec_specs import CompressResult, CompressSpec, DecompressResult, DecompressSpec, LatentsResult, LatentsSpec
from aedesk.core.events import Event, Failed, Finished, Progress, Started
from aedesk.core.specs import DevicesSpec, ModelInfo, ModelsSpec
from aedesk.imaging.metrics import psnr
from aedesk.imaging.picture import Picture
from aedesk.imaging.samples import to_8_bit

MAGIC = b"scripted"
STRIDE_PX = 16
MODELS = (
    ModelInfo("denoise-photo", "", "denoise", "Photographs", {"family": "unet"}),
    ModelInfo("photos", "", "autoencoder", "Own photos", {"family": "convolutional"}, size_bytes=1_000_000),
    ModelInfo("codec-photo", "", "codec", "Photographs, all rates", {"description": "One model for all qualities."}, size_bytes=9_800_000),
)


def encode(picture: Picture, quality: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(to_8_bit(np.broadcast_to(picture.pixels, (*picture.pixels.shape[:2], 3)))).save(file, "WEBP", quality=quality)
    return MAGIC + file.getvalue()


def decode(data: bytes) -> Picture:
    return Picture(np.asarray(Image.open(io.BytesIO(data[len(MAGIC) :])).convert("RGB")))


def compress_play(spec: Any, inputs: tuple[Any, ...]) -> Iterable[Event]:
    """What a healthy worker says."""
    if isinstance(spec, DevicesSpec):
        yield Finished((CPU,))
    elif isinstance(spec, ModelsSpec):
        yield Finished(MODELS)
    elif isinstance(spec, CompressSpec):
        yield Started("Compressing", 1.0, "MP")
        yield Progress(0.5, 1.0, "MP")
        yield Finished(compressed(spec, inputs[0]))
    elif isinstance(spec, DecompressSpec):
        yield from decompressed(inputs[0])
    elif isinstance(spec, LatentsSpec):
        yield Finished(latent(decode(inputs[0])))
    else:
        yield from play(spec, inputs)


def compressed(spec: CompressSpec, picture: Picture) -> CompressResult:
    """A target finds the best quality of a few; a PSNR of 60 is out of reach."""
    pixels = picture.width * picture.height
    files = {quality: encode(picture, quality) for quality in ((0, 25, 50, 75, 100) if targeted(spec) else (spec.quality,))}
    limit = spec.target_bytes if spec.target_bpp is None else spec.target_bpp * pixels / 8
    quality = max(files)
    if limit is not None:
        quality = max((known for known, data in files.items() if len(data) <= limit), default=0)
    data = files[quality] + (bytes(1000) if spec.embed_model else b"")
    decoded = picture.with_pixels(decode(data).pixels[:, :, : picture.channels].astype(picture.pixels.dtype))
    shown = spec.evaluate
    return CompressResult(
        data, quality, 8 * len(data) / pixels, 0.01, "cpu", spec.target_psnr != 60.0,
        decoded if shown else None, psnr(to_8_bit(picture.pixels), to_8_bit(decoded.pixels)) if shown else None,
        bits_of(picture, 8 * len(data)) if shown else None, STRIDE_PX,
    )  # fmt: skip


def targeted(spec: CompressSpec) -> bool:
    return (spec.target_bytes, spec.target_bpp, spec.target_psnr) != (None, None, None)


def decompressed(data: bytes) -> Iterator[Event]:
    if not data.startswith(MAGIC):
        yield Failed("This is no .aed file.", "Choose another.", "FormatError")
        return
    lost = ((0, 0, 64, 64),) if data.endswith(b"damaged") else ()
    yield Finished(DecompressResult(decode(data), lost, 0.01))


def bits_of(picture: Picture, total: float) -> np.ndarray:
    """More where the picture changes more."""
    rows, columns = -(-picture.height // STRIDE_PX), -(-picture.width // STRIDE_PX)
    padded = np.pad(
        picture.pixels[:, :, 0].astype(float),
        ((0, rows * STRIDE_PX - picture.height), (0, columns * STRIDE_PX - picture.width)),
        mode="edge",
    )
    spread = padded.reshape(rows, STRIDE_PX, columns, STRIDE_PX).std((1, 3)) + 0.5
    return (spread / spread.sum() * total).astype(np.float32)


def latent(picture: Picture) -> LatentsResult:
    bits = bits_of(picture, 8000.0)
    scales = 2.0 ** -np.arange(12)
    values = (bits / bits.max())[None] * 40 * scales[:, None, None] * np.where(np.arange(12) % 2, -1, 1)[:, None, None]
    return LatentsResult(np.rint(values).astype(np.int16), values.astype(np.float32), bits, 512.0, STRIDE_PX)
