"""The services that read .aed files."""

from __future__ import annotations

import time
from collections.abc import Iterator

from aedesk.codec.loading import codec_for
from aedesk.codec.picture_codec import Decoded, DecodeOptions, OnProgress
from aedesk.codec.progress import with_progress
from aedesk.core.cancel import CancelToken
from aedesk.core.codec_specs import DecompressResult, DecompressSpec, LatentsSpec
from aedesk.core.errors import SpecError
from aedesk.core.events import Event, Finished, Log, Started
from aedesk.formats.container import read_aed
from aedesk.imaging.tiling import Box
from aedesk.models.layers import interruptible


def decompress(spec: DecompressSpec, data: bytes, cancel: CancelToken) -> Iterator[Event]:
    """Decodes one file. Finished carries a ``DecompressResult``. Raises DeviceError, ModelError, FormatError and SpecError."""
    file = read_aed(data)
    region = _region(spec, file.width, file.height)
    yield Started("Decoding", region.area / 1e6, "MP")
    started = time.perf_counter()
    with interruptible(cancel.check):
        codec = codec_for(file, spec.device)
    options = DecodeOptions(spec.bit_depth, region, salvage=spec.salvage, fast=spec.fast)

    def work(on_progress: OnProgress) -> Decoded:
        return codec.decode(file, options, on_progress)

    with interruptible(cancel.check):
        decoded = yield from with_progress(work, region.area / 1e6, cancel)
    for left, top, width, height in decoded.lost:
        yield Log(f"The part of {width} x {height} pixels at ({left}, {top}) is damaged and shown in gray.", "warning")
    result = DecompressResult(decoded.picture, decoded.lost, time.perf_counter() - started, str(codec.device))
    yield Finished(result, f"{region.area / 1e6:.2f} MP in {result.seconds:.1f} s on {result.device}")


def latents(spec: LatentsSpec, data: bytes, cancel: CancelToken) -> Iterator[Event]:
    """Decodes the latent of one file. Finished carries a ``LatentsResult``. Raises DeviceError, ModelError and FormatError."""
    file = read_aed(data)
    yield Started("Reading the latent", file.width * file.height / 1e6, "MP")
    with interruptible(cancel.check):
        codec = codec_for(file, spec.device)
        result = codec.latents(file)
    channels, rows, columns = result.symbols.shape
    yield Finished(result, f"{channels} channels of {columns} x {rows} positions")


def _region(spec: DecompressSpec, width: int, height: int) -> Box:
    """The region to decode. Raises :class:`SpecError` if it does not lie in the picture."""
    if spec.region is None:
        return Box(0, 0, width, height)
    left, top, region_width, region_height = spec.region
    box = Box(left, top, left + region_width, top + region_height)
    if min(left, top) < 0 or min(box.width, box.height) < 1 or box.right > width or box.bottom > height:
        raise SpecError(f"The region {spec.region} exceeds the picture of {width} x {height} pixels.", "Choose a region inside it.")
    return box
