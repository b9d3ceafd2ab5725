"""The service that writes .aed files."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from aedesk.codec.loading import load_codec
from aedesk.codec.picture_codec import Encoded, EncodeOptions, OnProgress
from aedesk.codec.progress import with_progress
from aedesk.codec.rate_control import Trial, find_quality
from aedesk.core.cancel import CancelToken
from aedesk.core.codec_specs import CompressResult, CompressSpec
from aedesk.core.events import Event, Finished, Log, Started
from aedesk.core.resources import resource_path
from aedesk.formats.container import TOO_LARGE, read_aed
from aedesk.formats.limits import DEFAULT_LIMITS, check_size
from aedesk.imaging.metrics import psnr
from aedesk.imaging.picture import Picture
from aedesk.models.files.zoo import find_model
from aedesk.models.layers import interruptible
from aedesk.settings.places import models_dir


def compress(spec: CompressSpec, picture: Picture, cancel: CancelToken) -> Iterator[Event]:
    """Encodes one picture. Finished carries a ``CompressResult``. Raises DeviceError, ModelError and FormatError."""
    check_size(picture.width, picture.height, DEFAULT_LIMITS, "This picture has", TOO_LARGE)
    yield Started("Compressing", picture.megapixels, "MP")
    started = time.perf_counter()
    with interruptible(cancel.check):
        codec = load_codec(spec.model, spec.device)
    path = find_model(spec.model)
    if not spec.embed_model and path.resolve().parent not in (models_dir().resolve(), resource_path("models").resolve()):
        yield Log(f"{path.name} is not an installed model: the file cannot be opened until it is imported.", "warning")
    model_file = path.read_bytes() if spec.embed_model else None
    pixels = picture.width * picture.height
    tried: list[int] = []

    def work(on_progress: OnProgress) -> tuple[Trial, Picture | None]:
        def encode(quality: int) -> Encoded:
            tried.append(quality)
            options = EncodeOptions(
                quality,
                slow=spec.preset == "slow",
                count_bits=spec.evaluate,
                embed_preview=spec.embed_preview,
                model_file=model_file,
            )
            return codec.encode(picture, options, on_progress)

        def decode(encoded: Encoded) -> Picture:
            return codec.decode(read_aed(encoded.data), on_progress=lambda *_: cancel.check()).picture

        trial = find_quality(spec, pixels, encode, lambda encoded: _psnr(picture, decode(encoded)))
        return trial, decode(trial.encoded) if spec.evaluate else None

    with interruptible(cancel.check):
        trial, decoded = yield from with_progress(work, picture.megapixels, cancel, lambda: f"quality {tried[-1]}")
    data = trial.encoded.data
    result = CompressResult(
        data,
        trial.quality,
        8 * len(data) / pixels,
        time.perf_counter() - started,
        str(codec.device),
        trial.reached,
        decoded,
        None if decoded is None else _psnr(picture, decoded),
        trial.encoded.bits if spec.evaluate else None,
        codec.stride_px,
    )
    yield Finished(
        result, f"quality {result.quality}, {len(data)} bytes, {result.bpp:.3f} bpp in {result.seconds:.1f} s on {result.device}"
    )


def _psnr(original: Picture, decoded: Picture) -> float:
    """PSNR in dB; a gray result is compared with each colour channel."""
    return psnr(original.pixels, np.broadcast_to(decoded.pixels, original.pixels.shape))
