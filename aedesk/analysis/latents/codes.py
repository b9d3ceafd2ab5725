"""Look at one picture's code, change it, go from one to another, draw new ones."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aedesk.analysis.latents import heat
from aedesk.analysis.latents.framing import frame, from_pixels, square, to_pixels
from aedesk.analysis.latents.latent_model import load_latent_model
from aedesk.core.cancel import CancelToken
from aedesk.core.errors import ModelError
from aedesk.core.events import Event, Finished, Progress, Started
from aedesk.core.explore_specs import (
    CodeResult,
    CodeSpec,
    DecodeResult,
    DecodeSpec,
    InterpolateSpec,
    InterpolationResult,
    SampleSpec,
    SamplesResult,
)
from aedesk.imaging.picture import Picture

BATCH = 16


def encode(spec: CodeSpec, picture: Picture, cancel: CancelToken) -> Iterator[Event]:
    """A picture's code, its reconstruction and where that is wrong."""
    yield Started("Encoding", None)
    model = load_latent_model(spec.model, spec.device)
    cancel.check()
    given, note = frame(picture, model.descriptor, spec.fit, spec.max_edge_px)
    begun = time.perf_counter()
    code = model.encode(given)
    cancel.check()
    back = model.decode(code)
    seconds = time.perf_counter() - begun
    result = CodeResult(
        code=code[0].numpy(),
        maps=_maps(code[0]) if code.dim() == 4 else None,
        original=to_pixels(given)[0],
        reconstruction=to_pixels(back)[0],
        error=heat.heat_maps(given, back)[0],
        error_peak=heat.PEAK,
        psnr=heat.psnr(given, back),
        code_size=code[0].numel(),
        input_size=given[0].numel(),
        generative=model.descriptor.generative,
        note=note,
        seconds=seconds,
    )
    yield Finished(result, f"{result.code_size} numbers for {result.input_size}, {result.psnr:.2f} dB")


def decode(spec: DecodeSpec, code: NDArray[np.float32], original: NDArray[np.uint8], cancel: CancelToken) -> Iterator[Event]:
    """The picture of a code that was perhaps edited."""
    model = load_latent_model(spec.model, spec.device)
    begun = time.perf_counter()
    back = model.decode(torch.from_numpy(np.array(code, np.float32))[None])
    seconds = time.perf_counter() - begun
    cancel.check()
    before = from_pixels(original)[:, : back.shape[1]]
    yield Finished(DecodeResult(to_pixels(back)[0], heat.heat_maps(before, back)[0], heat.psnr(before, back), seconds))


def interpolate(spec: InterpolateSpec, first: Picture, second: Picture, cancel: CancelToken) -> Iterator[Event]:
    """Decode the codes on the way from one picture to another."""
    yield Started("Interpolating", spec.frames, "pictures")
    model = load_latent_model(spec.model, spec.device)
    if spec.path == "spherical" and not model.descriptor.generative:
        raise ModelError(f"The codes of {spec.model} have no Gaussian prior to go along.", "Choose the linear path.")
    (a, note), (b, _) = (square(picture, model.descriptor, spec.fit, spec.edge_px) for picture in (first, second))
    ends = model.encode(torch.cat([a, b]))
    way = torch.linspace(0, 1, spec.frames)
    between = spherical if spec.path == "spherical" else torch.lerp
    frames = []
    for start in range(0, spec.frames, BATCH):
        cancel.check()
        codes = torch.stack([between(ends[0], ends[1], at) for at in way[start : start + BATCH]])
        frames.append(to_pixels(model.decode(codes)))
        yield Progress(start + len(codes), spec.frames, "pictures")
    yield Finished(InterpolationResult(np.concatenate(frames), to_pixels(torch.cat([a, b])), spec.path, note), f"{spec.frames} pictures")


def spherical(a: Tensor, b: Tensor, at: Tensor) -> Tensor:
    """Interpolate on the great circle (White, "Sampling generative networks", 2016); linearly where there is none."""
    length = a.norm() * b.norm()
    angle = torch.arccos((a * b).sum().div(length.clamp(min=1e-12)).clamp(-1, 1))
    if float(torch.sin(angle)) < 1e-4:
        return torch.lerp(a, b, at)
    return (torch.sin((1 - at) * angle) * a + torch.sin(at * angle) * b) / torch.sin(angle)


def sample(spec: SampleSpec, cancel: CancelToken) -> Iterator[Event]:
    """Pictures of draws from the prior. Raises :class:`ModelError` for a model without one."""
    yield Started("Sampling", spec.count, "pictures")
    model = load_latent_model(spec.model, spec.device)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(spec.seed)
        codes = model.network.prior(spec.count)
    pictures = []
    for start in range(0, spec.count, BATCH):
        cancel.check()
        pictures.append(to_pixels(model.decode(codes[start : start + BATCH])))
        yield Progress(min(start + BATCH, spec.count), spec.count, "pictures")
    yield Finished(SamplesResult(np.concatenate(pictures), spec.seed), f"{spec.count} pictures")


def _maps(code: Tensor) -> NDArray[np.uint8]:
    """(C, h, w) to bytes, each channel over its own range; a constant channel is middle gray."""
    low, high = code.amin((1, 2), keepdim=True), code.amax((1, 2), keepdim=True)
    shares = torch.where(high > low, (code - low) / (high - low).clamp(min=1e-12), torch.tensor(0.5))
    levels: Any = shares.mul(255).round().to(torch.uint8).numpy()
    return np.ascontiguousarray(levels)
