"""Measures codecs on a folder: bits per pixel of whole files, fidelity, time, and our BD-rates against the baselines."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import torch

from aedesk.analysis.codec import benchmark_codecs
from aedesk.analysis.codec.bd_rate import bd_rate
from aedesk.analysis.codec.benchmark_codecs import BenchmarkCodec, Pixels
from aedesk.core.cancel import CancelToken
from aedesk.core.codec_specs import EvaluateCodecSpec
from aedesk.core.errors import DataError
from aedesk.core.events import Event, Finished, Progress, Started
from aedesk.imaging.io import is_picture_path, read
from aedesk.imaging.metrics import WINDOW_PX, psnr, ssim
from aedesk.imaging.metrics_multiscale import MIN_EDGE_PX, both_ssims
from aedesk.imaging.samples import to_8_bit
from aedesk.models.inference.devices import resolve_device

Figures = dict[str, float | None]
LOSSLESS_DB = 100.0
"""PSNR of a lossless result, so that means stay finite."""
DIGITS = {"bpp": 5, "psnr": 4, "ssim": 5, "ms_ssim": 5, "encode_s": 5, "decode_s": 5}


def evaluate_codec(spec: EvaluateCodecSpec, cancel: CancelToken) -> Iterator[Event]:
    """Encodes and decodes every picture at every quality. Finished carries a JSON-able dict (see :class:`EvaluateCodecSpec`).

    Only pixels are coded, without metadata, transparency or preview. Each figure is the mean over the pictures (of PSNR in dB, as is
    customary), with equal weight for large and small ones. The first picture is coded once before timing starts.

    Raises DataError for an unusable folder, ModelError and DeviceError.
    """
    paths = _pictures(Path(spec.data), spec.limit)
    codecs = [benchmark_codecs.aed_codec(spec.model, spec.qualities, spec.preset, spec.device, cancel)]
    if spec.baselines:
        codecs += benchmark_codecs.baselines()
    figures: dict[tuple[str, float], list[Figures]] = {(codec.name, setting): [] for codec in codecs for setting in codec.settings}
    total = len(paths) * len(figures)
    yield Started(f"Evaluating {spec.model} on {Path(spec.data).name}", total, "files")
    done = 0
    for path in paths:
        pixels = read(path).pixels
        for codec in codecs:
            if path is paths[0]:
                codec.decode(codec.encode(pixels, codec.settings[0]), pixels.shape[2])
            for setting in codec.settings:
                cancel.check()
                found = measure(codec, setting, pixels)
                figures[codec.name, setting].append(found)
                done += 1
                yield Progress(done, total, "files", f"{path.name} {codec.name} {setting:g}: {found['bpp']:.3f} bpp {found['psnr']:.2f} dB")
    curves = [_curve(codec, figures) for codec in codecs]
    result = {
        "task": "codec",
        "model": Path(spec.model).stem,
        "data": Path(spec.data).name,
        "n": len(paths),
        "device": str(resolve_device(spec.device)),
        "threads": torch.get_num_threads(),
        "codecs": curves,
        "bd_rates": {other["name"]: _bd_rate(curves[0], other) for other in curves[1:]},
    }
    yield Finished(result, _summary(result))


def measure(codec: BenchmarkCodec, setting: float, pixels: Pixels) -> Figures:
    """Encodes and decodes one picture. SSIM and MS-SSIM are None for pictures that are too small for them."""
    started = time.perf_counter()
    data = codec.encode(pixels, setting)
    encoded = time.perf_counter()
    decoded = codec.decode(data, pixels.shape[2])
    ended = time.perf_counter()
    original = pixels if decoded.dtype == pixels.dtype else to_8_bit(pixels)
    decoded = np.broadcast_to(decoded, pixels.shape)  # an autoencoder with one channel gives gray
    similarity, multiscale = _similarities(original, decoded)
    return {
        "bpp": 8 * len(data) / (pixels.shape[0] * pixels.shape[1]),
        "psnr": min(psnr(original, decoded), LOSSLESS_DB),
        "ssim": similarity,
        "ms_ssim": multiscale,
        "encode_s": encoded - started,
        "decode_s": ended - encoded,
    }


def _similarities(original: Pixels, decoded: Pixels) -> tuple[float | None, float | None]:
    """Returns SSIM and MS-SSIM."""
    edge = min(original.shape[:2])
    if edge >= MIN_EDGE_PX:
        return both_ssims(original, decoded)
    return (ssim(original, decoded) if edge >= WINDOW_PX else None), None


def _pictures(folder: Path, limit: int | None) -> Sequence[Path]:
    if not folder.is_dir():
        raise DataError(f"The folder {folder} does not exist.", "Give a folder of pictures with --data.")
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and is_picture_path(path))
    if not paths:
        raise DataError(f"There are no pictures in {folder}.", "Choose another folder.")
    return paths[:limit]


def _curve(codec: BenchmarkCodec, figures: dict[tuple[str, float], list[Figures]]) -> dict[str, Any]:
    points = [{"setting": setting, **_means(figures[codec.name, setting])} for setting in codec.settings]
    return {"name": codec.name, "about": codec.about, "points": points}


def _means(rows: Sequence[Figures]) -> Figures:
    means: Figures = {}
    for name, digits in DIGITS.items():
        known = [value for row in rows if (value := row[name]) is not None]
        means[name] = round(fmean(known), digits) if known else None
    return means


def _bd_rate(ours: dict[str, Any], other: dict[str, Any]) -> dict[str, float] | None:
    mine, theirs = ([(point["bpp"], point["psnr"]) for point in curve["points"]] for curve in (ours, other))
    found = bd_rate(mine, theirs)
    return {name: round(value, 2) for name, value in asdict(found).items()} if found else None


def _summary(result: dict[str, Any]) -> str:
    points = result["codecs"][0]["points"]
    first, last = points[0], points[-1]
    span = f"{first['bpp']:.3f} bpp {first['psnr']:.2f} dB to {last['bpp']:.3f} bpp {last['psnr']:.2f} dB, {result['n']} pictures"
    against = [f"{name} {rate['percent']:+.1f} %" for name, rate in result["bd_rates"].items() if rate]
    return span + (f"; BD-rate against {', '.join(against)}" if against else "")
