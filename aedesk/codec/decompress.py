"""The services that read .aed files."""

from __future__ import annotations

import time
from collections.abc import Iterator

from aedesk.codec.coders import coder_of
from aedesk.codec.learned.decoder import Decoded
from aedesk.codec.learned.encoder import Tick
from aedesk.codec.progress import followed
from aedesk.core.cancel import CancelToken
from aedesk.core.codec_specs import DecompressResult, DecompressSpec, LatentsSpec
from aedesk.core.errors import SpecError
from aedesk.core.events import Event, Finished, Log, Started
from aedesk.formats.container import read_aed
from aedesk.imaging.tiling import Box
from aedesk.models.layers import interruptible


def decompress(spec: DecompressSpec, data: bytes, cancel: CancelToken) -> Iterator[Event]:
    """Decode one file. Finished carries a ``DecompressResult``. Raises DeviceError, ModelError, FormatError and SpecError."""
    file = read_aed(data)
    part = _part(spec, file.width, file.height)
    yield Started("Decoding", part.area / 1e6, "MP")
    begun = time.perf_counter()
    codec = coder_of(file, spec.device)

    def work(tell: Tick) -> Decoded:
        def tick(done: float, total: int) -> None:
            cancel.check()
            tell(done, total)

        return codec.decode(file, bit_depth=spec.bit_depth, part=part, damaged=spec.damaged, tick=tick)

    with interruptible(cancel.check):
        decoded = yield from followed(work, part.area / 1e6)
    for left, top, width, height in decoded.lost:
        yield Log(f"The part of {width} x {height} pixels at ({left}, {top}) is damaged and shown in gray.", "warning")
    result = DecompressResult(decoded.picture, decoded.lost, time.perf_counter() - begun, str(codec.device))
    yield Finished(result, f"{part.area / 1e6:.2f} MP in {result.seconds:.1f} s on {result.device}")


def latents(spec: LatentsSpec, data: bytes, cancel: CancelToken) -> Iterator[Event]:
    """Read the latent of one file. Finished carries a ``LatentsResult``. Raises DeviceError, ModelError and FormatError."""
    file = read_aed(data)
    yield Started("Reading the latent", file.width * file.height / 1e6, "MP")
    codec = coder_of(file, spec.device)
    with interruptible(cancel.check):
        result = codec.latents(file)
    yield Finished(result, f"{result.symbols.shape[0]} channels of {result.symbols.shape[2]} x {result.symbols.shape[1]} positions")


def _part(spec: DecompressSpec, width: int, height: int) -> Box:
    if spec.region is None:
        return Box(0, 0, width, height)
    left, top, across, down = spec.region
    box = Box(left, top, left + across, top + down)
    if min(left, top) < 0 or min(across, down) < 1 or box.right > width or box.bottom > height:
        raise SpecError(f"The region {spec.region} does not lie in the picture of {width} x {height} pixels.", "Choose one inside.")
    return box
