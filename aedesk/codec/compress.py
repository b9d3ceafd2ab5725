"""The service that makes .aed files."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from aedesk.codec.coders import coder
from aedesk.codec.learned.encoder import Encoded, Tick
from aedesk.codec.progress import followed
from aedesk.codec.rate_control import Trial, find_quality
from aedesk.core.cancel import CancelToken
from aedesk.core.codec_specs import CompressResult, CompressSpec
from aedesk.core.events import Event, Finished, Log, Started
from aedesk.core.resources import resource_path
from aedesk.formats.container import read_aed
from aedesk.imaging.metrics import psnr
from aedesk.imaging.picture import Picture
from aedesk.models.layers import interruptible
from aedesk.models.zoo import find_model
from aedesk.settings.places import models_dir


def compress(spec: CompressSpec, picture: Picture, cancel: CancelToken) -> Iterator[Event]:
    """Encode one picture. Finished carries a ``CompressResult``. Raises DeviceError, ModelError and FormatError."""
    yield Started("Compressing", picture.megapixels, "MP")
    begun = time.perf_counter()
    codec = coder(spec.model, spec.device)
    path = find_model(spec.model)
    embedded = path.read_bytes() if spec.embed_model else None
    if not spec.embed_model and path.resolve().parent not in (models_dir().resolve(), resource_path("models").resolve()):
        yield Log(f"{path.name} is not among the models of this program: the file can be opened once it is imported.", "warning")

    tried: list[int] = []

    def work(tell: Tick) -> tuple[Trial, Picture | None]:
        def tick(done: float, total: int) -> None:
            cancel.check()
            tell(done, total)

        def encode(quality: int) -> Encoded:
            tried.append(quality)
            return codec.encode(picture, quality, slow=spec.preset == "slow", costs=spec.preview, embedded=embedded, tick=tick)

        def decode(encoded: Encoded) -> Picture:
            return codec.decode(read_aed(encoded.data), tick=lambda *_: cancel.check()).picture

        chosen = find_quality(spec, picture.width * picture.height, encode, lambda encoded: fidelity(picture, decode(encoded)))
        return chosen, decode(chosen.encoded) if spec.preview else None

    with interruptible(cancel.check):
        chosen, decoded = yield from followed(work, picture.megapixels, lambda: f"quality {tried[-1]}")
    data = chosen.encoded.data
    result = CompressResult(
        data,
        chosen.quality,
        8 * len(data) / (picture.width * picture.height),
        time.perf_counter() - begun,
        str(codec.device),
        chosen.reached,
        decoded,
        None if decoded is None else fidelity(picture, decoded),
        chosen.encoded.bits if spec.preview else None,
        codec.stride_px,
    )
    yield Finished(
        result, f"quality {result.quality}, {len(data)} bytes, {result.bpp:.3f} bpp in {result.seconds:.1f} s on {result.device}"
    )


def fidelity(original: Picture, decoded: Picture) -> float:
    """PSNR in dB; what came back without colour is held against the colours."""
    return psnr(original.pixels, np.broadcast_to(decoded.pixels, original.pixels.shape))
