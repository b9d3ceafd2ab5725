"""Evaluates erasing on clean pictures: removal of synthetic watermarks of each kind, pictures without one, and inpainting of holes."""

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
from torch import Tensor

from aedesk.analysis.erase import baselines as erase_baselines
from aedesk.core.cancel import CancelToken
from aedesk.core.erase_specs import EraseResult, EraseSpec, EvaluateEraseSpec, FindMarkSpec
from aedesk.core.errors import DataError
from aedesk.core.events import Event, Finished, Progress, Started, StepDone
from aedesk.data.holes.shapes import HoleBank
from aedesk.data.watermarks.bank import logo_files
from aedesk.data.watermarks.fonts import font_files
from aedesk.data.watermarks.held_out import KINDS, blend_over_pixels, held_out_watermark
from aedesk.data.watermarks.sampling import VISIBLE_ALPHA
from aedesk.imaging.blend import LUMA
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
REMOVED_DB = 3.0
"""Gain inside a watermark from which it counts as removed."""
SEPIA = (1.07, 1.0, 0.82)
TONES = ("colour", "gray", "sepia")
"""Clean pictures as they are, and made gray and sepia."""
HOLE_COUNT, HOLE_SEED = 64, 1_000_003

Figures = dict[str, float]


def evaluate_erase(spec: EvaluateEraseSpec, cancel: CancelToken) -> Iterator[Event]:
    """Evaluates two models on a folder of pictures. Finished carries a JSON-serialisable dict::

        automatic   per kind of watermark and alpha: removed, the share of watermarks with a gain of 3 dB or more inside; PSNR of the
                    watermarked (psnr_marked) and the restored picture (psnr), of both inside the true mask (psnr_marked_inside,
                    psnr_inside), F1 of the mask (f1), and the fraction of the picture under the watermark (coverage)
        clean       per tone (colour, gray, sepia): mean and smallest PSNR (psnr, psnr_least), fractions of pictures without any change
                    (untouched) and above 50 dB
        brush       PSNR inside inpainted holes (psnr_inside); the same for OpenCV's methods (baselines); gain in dB over the better of them

    PSNR is in dB; figures are means over the pictures. Raises :class:`DataError` if there are no pictures.
    """
    paths = _pictures(Path(spec.data), spec.limit)
    baselines = erase_baselines.available() if spec.baselines else {}
    if spec.baselines and not baselines:
        raise DataError("The baselines need OpenCV, which is not installed.", "Install opencv-python-headless.")
    yield Started(f"Evaluating {spec.model} and {spec.inpaint_model} on {Path(spec.data).name}", len(paths), "pictures")
    logos = logo_files(spec.logos) if spec.logos else []
    fonts = font_files(spec.fonts) if spec.fonts else ()
    holes = HoleBank(HOLE_COUNT, HOLE_SEED)
    marked: dict[tuple[str, float], list[Figures]] = {(kind, alpha): [] for kind in KINDS for alpha in spec.alphas}
    clean: dict[str, list[Figures]] = {tone: [] for tone in TONES}
    filled: list[Figures] = []
    begun, device, precision = time.perf_counter(), "", ""
    for number, path in enumerate(paths, 1):
        pixels = to_8_bit(read(path).pixels)
        height, width = pixels.shape[:2]
        for kind, alpha in marked:
            # The same mark at every alpha.
            mark = held_out_watermark(kind, height, width, alpha, Random(f"{spec.seed}/{number}/{kind}"), logos, fonts)
            found, done = _automatic(spec, pixels, mark, cancel)
            marked[kind, alpha].append(found)
            device, precision = done.device, done.precision
            yield StepDone(number, {"alpha": alpha, **found})
        for tone in TONES:
            toned = _toned(pixels, tone)
            same = _result(erase(_erase_spec(spec), Picture(toned), None, cancel)).picture.pixels
            clean[tone].append({"psnr": min(psnr(same, toned), MAX_PSNR_DB), "untouched": float(np.array_equal(same, toned))})
        hole = holes.draw(1, height, width, torch.Generator().manual_seed(spec.seed + number))[0, 0].numpy() > 0
        filled.append(_brush(spec, pixels, hole, baselines, cancel))
        yield StepDone(number, {**filled[-1], "clean": clean["colour"][-1]["psnr"]})
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
        "automatic": [
            {"kind": kind, "alpha": alpha, **{key: _mean(rows, key) for key in rows[0]}} for (kind, alpha), rows in marked.items()
        ],
        "clean": [
            {
                "tone": tone,
                "psnr": _mean(rows, "psnr"),
                "psnr_least": round(min(row["psnr"] for row in rows), 4),
                "untouched": _mean(rows, "untouched"),
                "above_50_db": round(fmean(row["psnr"] >= UNCHANGED_DB for row in rows), 4),
            }
            for tone, rows in clean.items()
        ],
        "brush": brush,
        "seconds": round(time.perf_counter() - begun, 1),
        "device": device,
        "precision": precision,
    }
    yield Finished(result, _summary(result))


def _automatic(spec: EvaluateEraseSpec, pixels: NDArray, mark: tuple[Tensor, Tensor], cancel: CancelToken) -> tuple[Figures, EraseResult]:
    premultiplied, cover = mark
    truth = cover[0, 0].numpy() > VISIBLE_ALPHA
    marked = Picture(blend_over_pixels(pixels, premultiplied, cover))
    mask = _result(find_mark(FindMarkSpec(spec.model, device=spec.device, precision=spec.precision), marked, cancel)).mask
    result: EraseResult = _result(erase(_erase_spec(spec), marked, mask, cancel))
    guess = mask > 0
    hit_px, guess_px, truth_px = (int(np.count_nonzero(where)) for where in (guess & truth, guess, truth))
    f1 = 2 * hit_px / max(guess_px + truth_px, 1)
    restored = result.picture.pixels
    before, after = (_inside(each, pixels, truth) for each in (marked.pixels, restored))
    return {
        "removed": float(after >= before + REMOVED_DB),
        "psnr_marked": psnr(marked.pixels, pixels),
        "psnr": min(psnr(restored, pixels), MAX_PSNR_DB),
        "psnr_marked_inside": before,
        "psnr_inside": after,
        "f1": f1,
        "coverage": float(truth.mean()),
    }, result


def _toned(pixels: NDArray, tone: str) -> NDArray:
    """The (H, W, C) uint8 pixels as they are, gray or sepia; a gray picture of one channel cannot become sepia and stays."""
    if tone == "colour" or pixels.shape[2] != 3:
        return pixels
    gray = pixels.astype(np.float32) @ np.asarray(LUMA, np.float32)
    tint = SEPIA if tone == "sepia" else (1.0, 1.0, 1.0)
    return np.rint(np.clip(gray[:, :, None] * np.asarray(tint, np.float32), 0, 255)).astype(np.uint8)


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
    marks = (f"{row['kind']} at {row['alpha']:g} {100 * row['removed']:.0f} %" for row in result["automatic"])
    clean = (f"{row['tone']} {100 * row['untouched']:.0f} %" for row in result["clean"])
    holes = f"holes {result['brush']['psnr_inside']:.1f} dB inside"
    return f"removed: {', '.join(marks)}; untouched: {', '.join(clean)}; {holes}; {result['n']} pictures"
