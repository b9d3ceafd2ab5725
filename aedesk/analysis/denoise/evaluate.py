"""Evaluation of denoisers: PSNR and SSIM on a folder by the protocol of the literature, next to classic methods in the same run."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aedesk.analysis.denoise import baselines as denoise_baselines
from aedesk.analysis.denoise.evaluation_set import Sample, samples
from aedesk.core.cancel import CancelToken
from aedesk.core.errors import DataError
from aedesk.core.events import Event, Finished, Log, Progress, Started, StepDone
from aedesk.core.specs import EvaluateDenoiseSpec
from aedesk.data.pictures.tensors import has_equal_channels
from aedesk.denoising.denoiser import Denoiser, load_denoiser
from aedesk.imaging.metrics import psnr, ssim
from aedesk.imaging.tiling import Box


def evaluate_denoise(spec: EvaluateDenoiseSpec, cancel: CancelToken) -> Iterator[Event]:
    """Measures a model on a folder. Finished carries a JSON-able dict; each picture gives a ``StepDone``.

    With ``baselines`` the dict has a list of the classic methods' figures. Where no noise level is known, each of them gets the level that
    is best for each picture, which no user would know: an upper bound.
    """
    folder = Path(spec.data)
    count, pictures = samples(folder, spec)
    methods = denoise_baselines.available() if spec.baselines else {}
    if spec.baselines and not methods:
        raise DataError("No other denoiser is installed to compare with.", "Install bm3d or opencv-python-headless.")
    yield Started(f"Evaluating {spec.model} on {folder.name}", count, "pictures")
    denoiser = load_denoiser(spec.model, spec.device, spec.precision)
    auto = spec.auto or spec.sigma is None
    ours: list[dict[str, float]] = []
    theirs: dict[str, list[dict[str, float]]] = {name: [] for name in methods}
    seconds = megapixels = 0.0
    for number, sample in enumerate(pictures, 1):
        begun = time.perf_counter()
        restored, level = restore_floats(denoiser, sample.noisy, None if auto else spec.sigma, cancel)
        seconds += time.perf_counter() - begun
        megapixels += restored.shape[0] * restored.shape[1] / 1e6
        figures = {**_figures(restored, sample.clean), "psnr_noisy": psnr(sample.noisy, sample.clean, 1.0)}
        if level is not None:
            figures["level"] = level
        ours.append(figures)
        yield StepDone(number, figures)
        for name, method in methods.items():
            theirs[name].append(_best_of(method, denoise_baselines.sigmas_to_try(spec.sigma), sample, cancel))
        yield Progress(number, count, "pictures", f"{sample.name} {figures['psnr']:.2f} dB")
    result: dict[str, Any] = {
        "task": "denoise",
        "model": Path(spec.model).stem,
        "data": folder.name,
        "sigma": spec.sigma,
        "jpeg": spec.jpeg,
        "auto": auto,
        "n": count,
        **_means(ours, "psnr", "ssim", "psnr_noisy"),
        "sigma_used": None if denoiser.blind else round(fmean(f["level"] for f in ours), 2),
        "megapixels_per_s": round(megapixels / seconds, 3),
        "device": str(denoiser.device),
        "precision": denoiser.precision,
    }
    if spec.baselines:
        result["baselines"] = [{"name": name, **_means(rows, "psnr", "ssim", "sigma")} for name, rows in theirs.items()]
    for baseline in result.get("baselines", ()):
        yield Log(f"{baseline['name']}: {baseline['psnr']:.2f} dB, SSIM {baseline['ssim']:.4f} at a mean sigma of {baseline['sigma']:g}")
    yield Finished(result, f"{result['psnr']:.2f} dB, SSIM {result['ssim']:.4f} (noisy {result['psnr_noisy']:.2f} dB), {count} pictures")


def restore_floats(denoiser: Denoiser, noisy: NDArray, sigma: float | None, cancel: CancelToken) -> tuple[NDArray, float | None]:
    """Restores (H, W, 1 or 3) floats in [0, 1] without rounding; the result is clamped.

    Returns also the noise level that was used, None for a model that takes none.
    """
    height, width = noisy.shape[:2]
    gray = has_equal_channels(noisy)
    picture = torch.from_numpy(noisy).permute(2, 0, 1).expand(3, -1, -1)
    output = np.empty_like(noisy)

    def source(box: Box) -> Tensor:
        rows = torch.arange(box.top, box.bottom).clamp(max=height - 1)
        columns = torch.arange(box.left, box.right).clamp(max=width - 1)
        return picture[:, rows][:, :, columns]

    def sink(core: Box, result: Tensor) -> None:
        if gray:
            result = result.mean(0, keepdim=True)
        output[core.top : core.bottom, core.left : core.right] = result.clamp(0, 1).permute(1, 2, 0).numpy()

    whole = Box(0, 0, width, height)
    level = denoiser.level(sigma, source, (width, height), whole, cancel)
    for _ in denoiser.restore(level, source, sink, (width, height), cancel=cancel):
        pass
    return output, None if denoiser.blind else level.mean


def _figures(restored: NDArray, clean: NDArray) -> dict[str, float]:
    restored = np.clip(restored, 0, 1).astype(np.float32)
    return {"psnr": psnr(restored, clean, 1.0), "ssim": ssim(restored, clean, 1.0)}


def _best_of(method: denoise_baselines.Denoiser, sigmas: Sequence[float], sample: Sample, cancel: CancelToken) -> dict[str, float]:
    """Figures of the noise level with the highest PSNR."""
    tried = []
    for sigma in sigmas:
        cancel.check()
        tried.append({**_figures(method(sample.noisy, sigma), sample.clean), "sigma": sigma})
    return max(tried, key=lambda figures: figures["psnr"])


def _means(rows: Sequence[Mapping[str, float]], *keys: str) -> dict[str, float]:
    return {key: round(fmean(row[key] for row in rows), 4) for key in keys}
