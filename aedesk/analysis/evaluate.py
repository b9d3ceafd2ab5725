"""Measures a denoiser: PSNR and SSIM on a folder, under the literature's protocol, beside the classics in the same run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aedesk.analysis import peers
from aedesk.analysis.evaluation_set import samples
from aedesk.core.cancel import CancelToken
from aedesk.core.errors import DataError, SpecError
from aedesk.core.events import Event, Finished, Log, Progress, Started, StepDone
from aedesk.core.specs import EvaluateSpec
from aedesk.data.picture_tensors import has_equal_channels
from aedesk.imaging.metrics import psnr, ssim
from aedesk.imaging.tiling import Box
from aedesk.restoration.denoiser import Denoiser, load_denoiser


def evaluate(spec: EvaluateSpec, cancel: CancelToken) -> Iterator[Event]:
    """Measure a model on a folder. Finished carries a JSON-able dict; each picture gives a ``StepDone``.

    The noise level is told to the model unless ``auto`` is set or the folder holds pairs. With ``peers`` the dict has a list
    ``peers`` of the classics' figures; on pairs, where no noise level is known, each is given the best of several for the whole set.
    """
    if spec.task != "denoise":
        raise SpecError(f"The task {spec.task!r} cannot be evaluated.", "Choose denoise.")
    folder = Path(spec.data)
    count, pictures = samples(folder, spec.sigma, spec.seed, spec.limit)
    rivals = peers.available() if spec.peers else {}
    if spec.peers and not rivals:
        raise DataError("No other denoiser is installed to compare with.", "Install bm3d or opencv-python-headless.")
    yield Started(f"Evaluating {spec.model} on {folder.name}", count, "pictures")
    denoiser = load_denoiser(spec.model, spec.device, spec.precision)
    auto = spec.auto or spec.sigma is None
    ours: list[dict[str, float]] = []
    theirs: dict[tuple[str, float], list[dict[str, float]]] = {}
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
        for name, method in rivals.items():
            for sigma in peers.sigmas_to_try(spec.sigma):
                cancel.check()
                theirs.setdefault((name, sigma), []).append(_figures(method(sample.noisy, sigma), sample.clean))
        yield Progress(number, count, "pictures", f"{sample.name} {figures['psnr']:.2f} dB")
    result: dict[str, Any] = {
        "task": spec.task,
        "model": Path(spec.model).stem,
        "data": folder.name,
        "sigma": spec.sigma,
        "auto": auto,
        "n": count,
        **{key: round(fmean(f[key] for f in ours), 4) for key in ("psnr", "ssim", "psnr_noisy")},
        "sigma_used": None if denoiser.blind else round(fmean(f["level"] for f in ours), 2),
        "megapixels_per_s": round(megapixels / seconds, 3),
        "device": str(denoiser.device),
        "precision": denoiser.precision,
    }
    if spec.peers:
        result["peers"] = [_best(name, theirs) for name in rivals]
    for peer in result.get("peers", ()):
        yield Log(f"{peer['name']}: {peer['psnr']:.2f} dB, SSIM {peer['ssim']:.4f} at sigma {peer['sigma']:g}")
    yield Finished(result, f"{result['psnr']:.2f} dB, SSIM {result['ssim']:.4f} (noisy {result['psnr_noisy']:.2f} dB), {count} pictures")


def restore_floats(denoiser: Denoiser, noisy: NDArray, sigma: float | None, cancel: CancelToken) -> tuple[NDArray, float | None]:
    """Restore (H, W, 1 or 3) floats in units of [0, 1] without rounding; the result is clamped.

    Also the noise level that was used, None if the model finds the noise by itself.
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


def _best(name: str, figures: dict[tuple[str, float], list[dict[str, float]]]) -> dict[str, Any]:
    means = {
        sigma: {key: round(fmean(f[key] for f in rows), 4) for key in ("psnr", "ssim")}
        for (peer, sigma), rows in figures.items()
        if peer == name
    }
    sigma = max(means, key=lambda s: means[s]["psnr"])
    return {"name": name, "sigma": sigma, **means[sigma]}
