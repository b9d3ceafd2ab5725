"""The denoising service. The result has the input's bit depth and metadata."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import SpecError
from aedesk.core.events import Event, Finished, Log, Progress, Started
from aedesk.core.specs import DenoiseResult, DenoiseSpec
from aedesk.data.pictures.tensors import PixelSource, has_equal_channels, to_pixels
from aedesk.denoising.denoiser import load_denoiser
from aedesk.imaging.blend import blend
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box
from aedesk.models.layers import interruptible


def denoise(spec: DenoiseSpec, picture: Picture, cancel: CancelToken) -> Iterator[Event]:
    """Denoises one picture. Finished carries a ``DenoiseResult``.

    Fully transparent pixels keep their values. A gray picture stored as RGB stays gray. Raises DeviceError, ModelError and SpecError.
    """
    size = (picture.width, picture.height)
    part = _part(spec, *size)
    yield Started("Restoring", part.area / 1e6, "MP")
    begun = time.perf_counter()
    with interruptible(cancel.check):
        denoiser = load_denoiser(spec.model, spec.device, spec.precision)
    source = PixelSource(picture.pixels, picture.alpha)
    level = denoiser.level(spec.sigma, source, size, part, cancel)
    sigma = None if denoiser.blind else level.mean
    if sigma is not None and spec.sigma is None:
        yield Log(f"Estimated noise level: {sigma:.1f}.")
    if sigma is None and spec.sigma is not None:
        yield Log(f"The model {spec.model} finds the noise by itself: the noise level {spec.sigma:g} has no effect.", "warning")
    output = np.empty((part.height, part.width, picture.channels), picture.pixels.dtype)
    # Decided by the whole picture, so that a part of it is restored as the whole would be.
    channels = 1 if has_equal_channels(picture.pixels) else picture.channels

    def sink(core: Box, result: Tensor) -> None:
        original = picture.pixels[core.top : core.bottom, core.left : core.right, :channels]
        place = core.within(part)
        restored = to_pixels(result, channels, output.dtype)
        output[place.top : place.bottom, place.left : place.right] = blend(original, restored, spec.strength, spec.chroma_strength)

    for done, total in denoiser.restore(level, source, sink, size, tile_px=spec.tile_px, part=part, cancel=cancel):
        yield Progress(done / 1e6, total / 1e6, "MP")
    original = picture if spec.region is None else picture.crop(part.left, part.top, part.width, part.height)
    if original.alpha is not None:
        _keep_transparent(output, original.pixels, original.alpha)
    seconds = time.perf_counter() - begun
    result = DenoiseResult(original.with_pixels(output), sigma, str(denoiser.device), denoiser.precision, seconds)
    told = "" if sigma is None else f"noise level {sigma:.1f}, "
    yield Finished(result, f"{told}{part.area / 1e6:.2f} MP in {seconds:.1f} s on {denoiser.device}, {result.precision}")


def _part(spec: DenoiseSpec, width: int, height: int) -> Box:
    if spec.region is None:
        return Box(0, 0, width, height)
    left, top, region_width, region_height = spec.region
    box = Box(left, top, left + region_width, top + region_height)
    if left < 0 or top < 0 or region_width < 1 or region_height < 1 or box.right > width or box.bottom > height:
        raise SpecError(f"The region {spec.region} does not lie in the picture of {width} x {height} pixels.", "Choose one inside.")
    return box


def _keep_transparent(output: NDArray, original: NDArray, alpha: NDArray) -> None:
    hidden = alpha == 0
    output[hidden] = original[hidden]
