"""Evaluates erasing on clean pictures: removal of synthetic watermarks, pictures without a watermark, and inpainting of holes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from statistics import fmean
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from aedesk.analysis import erase_baselines
from aedesk.core.cancel import CancelToken
from aedesk.core.erase_specs import EraseResult, EraseSpec, EvaluateEraseSpec, FindMarkSpec
from aedesk.core.errors import DataError
from aedesk.core.events import Event, Finished, Progress, Started, StepDone
from aedesk.data.holes.shapes import HoleBank
from aedesk.data.watermarks.held_out import blend_over_pixels, held_out_watermark
from aedesk.data.watermarks.sampling import VISIBLE_ALPHA, held_out_logos
from aedesk.imaging.io import is_picture_path, read
from aedesk.imaging.metrics import psnr
from aedesk.imaging.picture import Picture
from aedesk.imaging.samples import to_8_bit
from aedesk.watermark.single.erase import erase
from aedesk.watermark.single.find import find_mark

MAX_PSNR_DB = 100.0
"""PSNR of identical pictures, so that means stay finite."""
UNCHANGED_DB = 50.0
"""PSNR from which a clean picture counts as practically unchanged."""
HOLE_COUNT, HOLE_SEED = 64, 1_000_003

Figures = dict[str, float]


def evaluate_erase(spec: EvaluateEraseSpec, cancel: CancelToken) -> Iterator[Event]:
    """Evaluates two models on a folder of pictures. Finished carries a JSON-serialisable dict::

        automatic   per alpha: PSNR of the watermarked (psnr_marked) and of the restored picture (psnr), PSNR of the restored picture inside
                    the true mask (psnr_inside), F1 of the mask (f1), and the fraction of the picture under the watermark (coverage)
        clean       mean and smallest PSNR (psnr, psnr_least), fractions of pictures without any change (untouched) and above 50 dB
        brush       PSNR inside inpainted holes (psnr_inside); the same for OpenCV's methods (baselines); gain in dB over the better of them

    PSNR is in dB; figures are means over the pictures. Raises :class:`DataError` if there are no pictures.
    """
    paths = _pictures(Path(spec.data), spec.limit)
    baselines = erase_baselines.available() if spec.baselines else {}
    if spec.baselines and not baselines:
        raise DataError("The baselines need OpenCV, which is not installed.", "Install opencv-python-headless.")
    yield Started(f"Evaluating {spec.model} and {spec.inpaint_model} on {Path(spec.data).name}", len(paths), "pictures")
    logos = held_out_logos(spec.logos)
    holes = HoleBank(HOLE_COUNT, HOLE_SEED)
    marked: dict[float, list[Figures]] = {alpha: [] for alpha in spec.alphas}
    clean: list[Figures] = []
    filled: list[Figures] = []
    begun, device, precision = time.perf_counter(), "", ""
    for number, path in enumerate(paths, 1):
        pixels = to_8_bit(read(path).pixels)
        height, width = pixels.shape[:2]
        for alpha in spec.alphas:
            found, done = _automatic(spec, pixels, alpha, Random(spec.seed * 1_000_003 + number), logos, cancel)
            marked[alpha].append(found)
            device, precision = done.device, done.precision
            yield StepDone(number, {"alpha": alpha, **found})
        same = _result(erase(_erase_spec(spec), Picture(pixels), None, cancel)).picture.pixels
        clean.append({"psnr": min(psnr(same, pixels), MAX_PSNR_DB), "untouched": float(np.array_equal(same, pixels))})
        hole = holes.draw(1, height, width, torch.Generator().manual_seed(spec.seed + number))[0, 0].numpy() > 0
        filled.append(_brush(spec, pixels, hole, baselines, cancel))
        yield StepDone(number, {**filled[-1], "clean": clean[-1]["psnr"]})
        yield Progress(number, len(paths), "pictures", path.name)
    brush: dict[str, Any] = {"psnr_inside": _mean(filled, "inpainted")}
    if baselines:
        brush["baselines"] = [{"name": name, "psnr_inside": _mean(filled, name)} for name in baselines]
        brush["gain"] = round(brush["psnr_inside"] - max(row["psnr_inside"] for row in brush["baselines"]), 4)
    result = {
        "task": "erase",
        "model": Path(spec.model).stem,
        "inpaint_model": Path(spec.inpaint_model).stem,
        "data": Path(spec.data).name,
        "n": len(paths),
        "automatic": [{"alpha": alpha, **{key: _mean(rows, key) for key in rows[0]}} for alpha, rows in marked.items()],
        "clean": {
            "psnr": _mean(clean, "psnr"),
            "psnr_least": round(min(row["psnr"] for row in clean), 4),
            "untouched": _mean(clean, "untouched"),
            "above_50_db": round(fmean(row["psnr"] >= UNCHANGED_DB for row in clean), 4),
        },
        "brush": brush,
        "seconds": round(time.perf_counter() - begun, 1),
        "device": device,
        "precision": precision,
    }
    yield Finished(result, _summary(result))


def _automatic(
    spec: EvaluateEraseSpec, pixels: NDArray, alpha: float, rng: Random, logos: list[Path], cancel: CancelToken
) -> tuple[Figures, EraseResult]:
    premultiplied, cover = held_out_watermark(pixels.shape[0], pixels.shape[1], alpha, rng, logos)
    truth = cover[0, 0].numpy() > VISIBLE_ALPHA
    marked = Picture(blend_over_pixels(pixels, premultiplied, cover))
    mask = _result(find_mark(FindMarkSpec(spec.model, device=spec.device, precision=spec.precision), marked, cancel)).mask
    result: EraseResult = _result(erase(_erase_spec(spec), marked, mask, cancel))
    guess = mask > 0
    hit_px, guess_px, truth_px = (int(np.count_nonzero(where)) for where in (guess & truth, guess, truth))
    f1 = 2 * hit_px / max(guess_px + truth_px, 1)
    restored = result.picture.pixels
    return {
        "psnr_marked": psnr(marked.pixels, pixels),
        "psnr": min(psnr(restored, pixels), MAX_PSNR_DB),
        "psnr_inside": _inside(restored, pixels, truth),
        "f1": f1,
        "coverage": float(truth.mean()),
    }, result


def _brush(
    spec: EvaluateEraseSpec, pixels: NDArray, hole: NDArray, baselines: dict[str, erase_baselines.Inpainter], cancel: CancelToken
) -> Figures:
    damaged = np.where(hole[:, :, None], np.uint8(255), pixels)
    inpainted = _result(erase(_erase_spec(spec, "inpaint"), Picture(damaged), hole, cancel)).picture.pixels
    figures = {"inpainted": _inside(inpainted, pixels, hole)}
    for name, method in baselines.items():
        cancel.check()
        figures[name] = _inside(method(damaged, hole), pixels, hole)
    return figures


def _erase_spec(spec: EvaluateEraseSpec, method: str = "auto") -> EraseSpec:
    return EraseSpec(spec.model, spec.inpaint_model, method, device=spec.device, precision=spec.precision)


def _result(events: Iterator[Event]) -> Any:
    """Runs a service to its end and returns its result."""
    return next(event.result for event in events if isinstance(event, Finished))


def _inside(restored: NDArray, original: NDArray, where: NDArray) -> float:
    if not where.any():
        return MAX_PSNR_DB
    return min(psnr(restored[where][None], original[where][None]), MAX_PSNR_DB)


def _mean(rows: list[Figures], key: str) -> float:
    return round(fmean(row[key] for row in rows), 4)


def _pictures(folder: Path, limit: int | None) -> list[Path]:
    if not folder.is_dir():
        raise DataError(f"The folder {folder} does not exist.", "Give a folder of pictures with --data.")
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and is_picture_path(path))
    if not paths:
        raise DataError(f"There are no pictures in {folder}.", "Choose another folder.")
    return paths[:limit]


def _summary(result: dict[str, Any]) -> str:
    watermarks = (
        f"alpha {row['alpha']:g}: {row['psnr_marked']:.1f} to {row['psnr']:.1f} dB, F1 {row['f1']:.2f}" for row in result["automatic"]
    )
    clean, brush = result["clean"]["psnr"], result["brush"]["psnr_inside"]
    return f"{', '.join(watermarks)}; clean pictures {clean:.1f} dB; holes {brush:.1f} dB inside; {result['n']} pictures"
