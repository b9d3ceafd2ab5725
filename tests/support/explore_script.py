"""A worker that answers the requests of the Explore page with small made-up results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from fake_client import CPU

from aedesk.core.events import Event, Finished, Progress, Started
from aedesk.core.explore_specs import (
    CodeResult,
    CodeSpec,
    DecodeResult,
    DecodeSpec,
    FeaturesSpec,
    InterpolateSpec,
    InterpolationResult,
    MapResult,
    MapSpec,
    PcaResult,
    PcaSpec,
    ProbeResult,
    ProbeSpec,
    RankingResult,
    RankSpec,
    SampleSpec,
    SamplesResult,
)
from aedesk.core.specs import DevicesSpec, ModelInfo, ModelsSpec

MODELS = (
    ModelInfo("denoise-photo", "", "denoise", "Photographs", {"family": "unet"}),
    ModelInfo("digits", "", "autoencoder", "Digits", {"family": "variational", "description": "Handwritten digits."}),
    ModelInfo("photos", "", "autoencoder", "Photos", {"family": "convolutional", "recipe": {"data": {"fit": "crop"}}}),
)


def pictures(count: int, edge: int = 8, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, edge, edge, 3), dtype=np.uint8)


def play(spec: Any, inputs: tuple[Any, ...]) -> Iterable[Event]:
    """What a healthy worker says; the code of a picture tells its first value, so that tests see which one was taken."""
    yield Started("Exploring", None)
    if isinstance(spec, DevicesSpec):
        yield Finished((CPU,))
    elif isinstance(spec, ModelsSpec):
        yield Finished(MODELS)
    elif isinstance(spec, CodeSpec):
        yield Finished(code_result(spec.model == "photos", float(inputs[0].pixels[0, 0, 0])))
    elif isinstance(spec, DecodeSpec):
        code, original = inputs
        yield Finished(DecodeResult(np.full_like(original, np.clip(code.max() * 10, 0, 255)), original, 12.5, 0.001))
    elif isinstance(spec, InterpolateSpec):
        yield Finished(InterpolationResult(pictures(spec.frames), pictures(2), spec.path, "Squares."))
    elif isinstance(spec, SampleSpec):
        yield Finished(SamplesResult(pictures(spec.count, seed=spec.seed), spec.seed))
    else:
        yield from _about_folder(spec)


def code_result(convolutional: bool, first: float = 1.0) -> CodeResult:
    if convolutional:
        code = np.arange(6 * 2 * 3, dtype=np.float32).reshape(6, 2, 3)
        maps = (code * 7).astype(np.uint8)
    else:
        code, maps = np.linspace(-1, 1, 10, dtype=np.float32), None
        code[0] = first / 255
    one, two, three = pictures(3)
    return CodeResult(code, maps, one, two, three, 64.0, 21.5, code.size, 192, not convolutional, "The middle square.", 0.01)


def _about_folder(spec: Any) -> Iterator[Event]:
    yield Progress(1, 4, "pictures", "a.png")
    paths = tuple(f"{spec.folder}/{name}.png" for name in "abcd")
    errors = np.float32([1, 2, 3, 20])
    if isinstance(spec, MapSpec):
        points = np.float32([[0, 0], [1, 0], [0, 1], [1, 1]])
        yield Finished(MapResult(spec.method, points, paths, ("x", "x", "y", ""), errors, pictures(4), 0.5, "4 pictures."))
    elif isinstance(spec, RankSpec):
        yield Finished(RankingResult(paths[::-1], errors[::-1], pictures(3), pictures(3), pictures(3), 2.5, 1.5, "4 pictures."))
    elif isinstance(spec, PcaSpec):
        yield Finished(PcaResult((1, 2, 4, 8), (0.1, 0.05, 0.02, 0.01), 4, 0.01, 192, 0.02, 30, 10, "Patches."))
    elif isinstance(spec, ProbeSpec):
        yield Finished(ProbeResult(("x", "y"), np.array([[9, 1], [2, 8]]), 0.85, 0.7, 0.5, 10, 64, 60, 20, "4 pictures."))
    elif isinstance(spec, FeaturesSpec):
        yield Finished(spec.files)
