"""Descriptions of models in words: functions of a ``ModelInfo`` and its card, without widgets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from aedesk.core.formatting import format_bytes, format_count, format_duration
from aedesk.core.specs import ModelInfo
from aedesk.core.training_specs import ModelSummary

PURPOSES: Mapping[str, str] = {
    "denoise": "denoises",
    "autoencoder": "autoencoder",
    "codec": "compresses",
    "inpaint": "inpaints",
    "erase": "removes watermarks",
    "find-damage": "finds damage",
}
FAMILIES: Mapping[str, str] = {
    "unet": "U-Net: a convolutional denoising autoencoder with skip connections",
    "undercomplete": "Undercomplete: fully connected layers that narrow to a code",
    "stacked": "Stacked: trained layer by layer, then fine-tuned",
    "sparse": "Sparse: many hidden units, few of them active",
    "denoising": "Denoising: maps degraded pictures to clean ones",
    "convolutional": "Convolutional: strided convolutions down to a code and back",
    "variational": "Variational: a Gaussian code that can be sampled",
    "adversarial": "Adversarial: a discriminator shapes the code",
    "contractive": "Contractive: a code that is insensitive to small changes",
    "masked": "Masked: predicts hidden patches",
    "graph": "Graph-convolutional: combines similar patches across the picture",
    "unblending": "Un-blending: finds watermarks, recovers the picture below them and inpaints the rest",
    "inpainting": "Inpainting: a U-Net that refines a smooth fill of the hole",
    "damage-detection": "Damage detection: a U-Net that classifies the pixels of scans at several scales",
}
DATA_SETS: Mapping[str, str] = {
    "cbsd68": "CBSD68",
    "kodak24": "Kodak",
    "mcmaster18": "McMaster",
    "set12": "Set12 (gray)",
    "polyu_dev": "PolyU (real noise, one camera)",
    "polyu_dev2": "PolyU (real noise, two other cameras)",
}
METRICS: Mapping[str, str] = {
    "val_psnr": "Validation pictures, restored",
    "val_noisy": "Validation pictures, before",
    "val_loss": "Validation loss",
    "val_estimator": "Relative error of the estimated noise level",
    "val_inside": "Validation pictures, inside watermarks or holes",
    "val_f1": "F1 score of detected masks",
}
DECIBELS = ("psnr", "noisy", "_real", "_sigma", "val_inside")
_AT_QUALITY = re.compile(r"(?P<data>.+)_jpeg(?P<quality>\d+)")
_AT_SIGMA = re.compile(r"(?P<data>.+)_sigma(?P<sigma>\d+)(?P<auto>_auto)?")

Rows = list[tuple[str, str]]


def origin(model: ModelInfo) -> str:
    """Returns where the model comes from."""
    if model.origin == "shipped":
        return "shipped with aedesk"
    if model.problem:
        return "cannot be used"
    return "imported" if "imported" in model.card else "trained here"


def purpose(model: ModelInfo) -> str:
    """Returns what the model does."""
    return PURPOSES.get(model.purpose, model.purpose)


def sentence(*parts: str) -> str:
    """Joins parts with a dot and capitalizes the first letter."""
    text = " \N{MIDDLE DOT} ".join(part for part in parts if part)
    return text[:1].upper() + text[1:]


def network_rows(model: ModelInfo) -> Rows:
    """Returns family, arguments of the architecture and number of parameters."""
    card = model.card
    family, arguments = str(card.get("family", "")), dict(_table(card.get("architecture")))
    if family == "foreign":
        title = f"{arguments.pop('id', '?')} (another program)"
    else:
        title = FAMILIES.get(family, family)
    rows = [("Family", title)]
    rows += [(str(name).replace("_", " ").capitalize(), _value(value)) for name, value in arguments.items() if _value(value)]
    return [
        *rows,
        ("Parameters", f"{format_count(model.parameters)} ({model.parameters:,})" if model.parameters >= 1000 else str(model.parameters)),
    ]


def summary_rows(summary: ModelSummary | None) -> Rows:
    """Returns the operations per pixel, and the code size of an autoencoder, which the worker computes."""
    if summary is None:
        return []
    rows = [("Operations", f"{summary.macs_per_pixel / 1000:.3g} kMAC per pixel")]
    if summary.code and summary.compression:
        times = " \N{MULTIPLICATION SIGN} "
        code, given = (times.join(map(str, shape)) for shape in (summary.code, summary.input))
        less = "of its size" if summary.compression >= 1 else "times its size"
        share = f"1/{summary.compression:.3g}" if summary.compression >= 1 else f"{1 / summary.compression:.3g}"
        rows.append(("Code", f"{code} for an input of {given}: {share} {less}"))
    return rows


def training_rows(card: Mapping[str, Any]) -> Rows:
    """Returns steps, time and data of the training, or the original file of an imported model."""
    done, recipe = _table(card.get("training")), _table(card.get("recipe"))
    rows: Rows = []
    if "imported" in card:
        rows.append(("Imported from", str(_table(card["imported"]).get("file", "a file"))))
    if "steps" in done:
        rows.append(("Steps", f"{int(done['steps']):,}"))
    if "seconds" in done:
        time = format_duration(float(done["seconds"]))
        where = {"cpu": "the CPU", "cuda": "a GPU"}.get(str(done.get("device", "")), str(done.get("device", "")))
        precision = f", {done['precision']}" if "precision" in done else ""
        rows.append(("Time", f"{time} on {where}{precision}" if where else time))
    if card.get("data"):
        rows.append(("Training data", str(card["data"])))
    if recipe.get("start"):
        rows.append(("Initial weights", str(recipe["start"])))
    return rows


def file_rows(model: ModelInfo) -> Rows:
    """Returns name, file, size and licence."""
    rows = [("Name", model.name)] if not model.problem else []
    rows += [("File", model.path), ("Size", format_bytes(model.size_bytes))]
    if model.card:
        rows.append(("Licence", str(model.card.get("licence") or "not stated")))
    return rows


def measured_grid(card: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Returns header and rows of the PSNR by data set and noise level; both empty without measurements."""
    found: dict[str, dict[int, str]] = {}
    for name, value in _numbers(card.get("metrics")).items():
        if match := _AT_SIGMA.fullmatch(name):
            row = DATA_SETS.get(match["data"], match["data"]) + (" (estimated level)" if match["auto"] else "")
            found.setdefault(row, {})[int(match["sigma"])] = f"{value:.2f}"
    sigmas = sorted({sigma for values in found.values() for sigma in values})
    if not sigmas:
        return [], []
    body = [[row, *(values.get(sigma, "\N{EN DASH}") for sigma in sigmas)] for row, values in found.items()]
    return ["PSNR in dB", *(f"sigma {sigma}" for sigma in sigmas)], body


def measured_rows(card: Mapping[str, Any]) -> Rows:
    """Returns all other metrics with their units."""
    rows = []
    for name, value in _numbers(card.get("metrics")).items():
        if _AT_SIGMA.fullmatch(name):
            continue
        decibels = any(part in name for part in DECIBELS)
        if match := _AT_QUALITY.fullmatch(name):
            title, decibels = f"{DATA_SETS.get(match['data'], match['data'])}, JPEG quality {match['quality']}", True
        elif name.endswith("_real"):
            data = name.removesuffix("_real")
            title = DATA_SETS.get(data, data.replace("_", " "))
        else:
            title = METRICS.get(name) or name.replace("_", " ").capitalize()
        rows.append((title, f"{value:.2f} dB" if decibels else f"{value:.4g}"))
    return rows


def headline(card: Mapping[str, Any]) -> str:
    """Returns the PSNR or its gain on the validation pictures; empty if it was not measured."""
    numbers = _numbers(card.get("metrics"))
    if "val_psnr" in numbers and "val_noisy" in numbers:
        return f"{numbers['val_psnr'] - numbers['val_noisy']:+.1f} dB"
    return f"{numbers['val_psnr']:.1f} dB" if "val_psnr" in numbers else ""


def _table(value: Any) -> Mapping[str, Any]:
    """Returns the value if it is a mapping, else an empty one: cards may contain anything."""
    return value if isinstance(value, Mapping) else {}


def _numbers(value: Any) -> dict[str, float]:
    return {str(k): float(v) for k, v in _table(value).items() if isinstance(v, int | float) and not isinstance(v, bool)}


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " \N{MIDDLE DOT} ".join(map(str, value))
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
