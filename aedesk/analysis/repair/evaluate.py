"""Measures on a folder of clean pictures how well damage on prints is found, and whether sound prints are left alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from aedesk.core.cancel import CancelToken
from aedesk.core.damage_specs import DAMAGE_KINDS, EvaluateRepairSpec, FindDamageResult, FindDamageSpec
from aedesk.core.errors import DataError
from aedesk.core.events import Event, Finished, Progress, Started, StepDone
from aedesk.damage.find_damage import find_damage
from aedesk.data.pictures.pixels import training_pixels
from aedesk.data.print_damage.unseen_prints import unseen_print
from aedesk.imaging.io import is_picture_path, read
from aedesk.imaging.picture import Picture

TOLERANCE_PX = 1
"""How far a mask may be off: the edge of a crack has no exact place."""
SMALL_SHARE = 1e-3
"""Share of a sound picture that may be marked before it counts as badly treated."""

Figures = dict[str, float]


def evaluate_repair(spec: EvaluateRepairSpec, cancel: CancelToken) -> Iterator[Event]:
    """Measures a model on a folder. Every picture becomes an old print, damaged by one kind at a time. Finished carries a JSON-able dict::

        lines, specks, stains   f1, precision and recall of the mask with a tolerance of one pixel, means over the pictures
        undamaged               prints and originals without damage: n, untouched, the share in which nothing is marked; small, the share in
                                which at most a thousandth of the pixels is; worst and mean, shares of the pixels that are marked

    Raises :class:`DataError` if there is nothing to measure on.
    """
    paths = _pictures(Path(spec.data), spec.limit)
    yield Started(f"Evaluating {spec.model} on {Path(spec.data).name}", len(paths), "pictures")
    finding = FindDamageSpec(spec.model, spec.sensitivity, spec.device, spec.precision)
    rows: dict[str, list[Figures]] = {kind: [] for kind in DAMAGE_KINDS}
    marked: list[float] = []
    begun, device, precision = time.perf_counter(), "", ""
    for number, path in enumerate(paths, 1):
        pixels = training_pixels(read(path), 3)
        original = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255
        sound = [pixels]
        for kind in DAMAGE_KINDS:
            prints = unseen_print(original, kind, spec.seed * 1_000_003 + number)
            found = _found(finding, _pixels(prints.picture), cancel)
            device, precision = found.device, found.precision
            rows[kind].append(tolerant_figures(found.mask > 0, prints.mask[0].amax(0).numpy() > 0))
            if kind == DAMAGE_KINDS[0] and prints.undamaged is not None:
                sound.append(_pixels(prints.undamaged))
        marked += [_found(finding, each, cancel).area / each[:, :, 0].size for each in sound]
        yield StepDone(number, {**{f"f1_{kind}": rows[kind][-1]["f1"] for kind in DAMAGE_KINDS}, "marked": marked[-1]})
        yield Progress(number, len(paths), "pictures", path.name)
    result = {
        "task": "repair",
        "model": Path(spec.model).stem,
        "data": Path(spec.data).name,
        "n": len(paths),
        "sensitivity": spec.sensitivity,
        **{kind: {key: round(fmean(row[key] for row in rows[kind]), 4) for key in rows[kind][0]} for kind in DAMAGE_KINDS},
        "undamaged": {
            "n": len(marked),
            "untouched": round(fmean(share == 0 for share in marked), 4),
            "small": round(fmean(share <= SMALL_SHARE for share in marked), 4),
            "worst": round(max(marked), 6),
            "mean": round(fmean(marked), 6),
        },
        "seconds": round(time.perf_counter() - begun, 1),
        "device": device,
        "precision": precision,
    }
    yield Finished(result, _summary(result))


def tolerant_figures(guess: NDArray[np.bool_], truth: NDArray[np.bool_]) -> Figures:
    """Precision, recall and F1 of a mask; a pixel is right within ``TOLERANCE_PX``. An empty guess has a precision of 1."""
    near = np.ones((2 * TOLERANCE_PX + 1,) * 2, bool)
    precision = _share(guess, ndimage.binary_dilation(truth, near))
    recall = _share(truth, ndimage.binary_dilation(guess, near))
    return {"f1": 2 * precision * recall / max(precision + recall, 1e-9), "precision": precision, "recall": recall}


def _share(where: NDArray[np.bool_], right: NDArray[np.bool_]) -> float:
    return float(np.count_nonzero(where & right) / count) if (count := np.count_nonzero(where)) else 1.0


def _found(spec: FindDamageSpec, pixels: NDArray, cancel: CancelToken) -> FindDamageResult:
    result: FindDamageResult = next(e.result for e in find_damage(spec, Picture(pixels), cancel) if isinstance(e, Finished))
    return result


def _pixels(picture: Tensor) -> NDArray[np.uint8]:
    return np.ascontiguousarray((picture[0] * 255).round().byte().permute(1, 2, 0).numpy())


def _pictures(folder: Path, limit: int | None) -> list[Path]:
    if not folder.is_dir():
        raise DataError(f"The folder {folder} does not exist.", "Give a folder of pictures with --data.")
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and is_picture_path(path))
    if not paths:
        raise DataError(f"There are no pictures in {folder}.", "Choose another folder.")
    return paths[:limit]


def _summary(result: dict[str, Any]) -> str:
    kinds = ", ".join(f"{kind} F1 {result[kind]['f1']:.2f}" for kind in DAMAGE_KINDS)
    return f"{kinds}; {100 * result['undamaged']['untouched']:.0f} % of undamaged pictures untouched; {result['n']} pictures"
