"""What a trained model says about itself: the card inside its file, and the same in words."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch

from aedesk.models.files.model_file import ModelFile
from aedesk.training.recipes.recipe import Recipe

PATHS = ("folder", "files", "noisy", "clean", "logos", "fonts", "damage_shapes")
"""Keys of [data] that name places on this machine. A card travels, so it has none of them."""


def make_card(
    recipe: Recipe,
    start: str,
    step: int,
    seconds: float,
    device: torch.device,
    precision: str,
    metrics: Mapping[str, float],
    pixels: int = 0,
) -> dict[str, Any]:
    """The card of ``models.files.card``, without its format.

    Args:
        start: the name of the model that the run began with.
        step, seconds, pixels: how many steps were done, how long they took, and how many pixels of patches were drawn for them.
    """
    table = {**recipe.table, "data": {k: v for k, v in dict(recipe.table.get("data", {})).items() if k not in PATHS}}
    if recipe.start:
        table["start"] = start
    return {
        "name": recipe.name,
        "title": recipe.title or recipe.name,
        "description": recipe.description,
        "purpose": recipe.purpose,
        "licence": recipe.licence,
        "family": recipe.family,
        "architecture": dict(recipe.architecture),
        "recipe": table,
        "data": recipe.data_note or recipe.data.dataset,
        "training": {
            "steps": step,
            "seconds": round(seconds),
            "pixels": pixels,
            "device": device.type,
            "processor": processor_name(device),
            "precision": precision,
            "torch": torch.__version__,
        },
        "metrics": {key: float(f"{value:.6g}") for key, value in metrics.items()},  # a mean squared error is small
    }


def processor_name(device: torch.device) -> str:
    """The name that the processor or the GPU gives itself."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()


def pixels_seen(stages: Iterable[Mapping[str, Any]], steps: int) -> int:
    """Pixels of the patches of the first ``steps`` steps of a recipe's stages (tables). A batch that is "auto" counts as 16."""
    return sum(part["steps"] * _batch(part) * part.get("patch_px", 64) ** 2 for part in first_steps(stages, steps))


def first_steps(stages: Iterable[Mapping[str, Any]], steps: int) -> list[dict[str, Any]]:
    """The stages (tables) of a recipe that make up its first ``steps`` steps; the last of them is shortened."""
    found: list[dict[str, Any]] = []
    for stage in stages:
        kept = min(stage["steps"], steps)
        if kept > 0:
            found.append({**stage, "steps": kept})
        steps -= kept
    return found


def merged(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The card of a model that began with the weights of ``before`` and was trained on as ``after`` tells.

    Steps, seconds and pixels add up, ``training.runs`` lists every run, and the recipe's stages follow each other. What else the cards say
    of the model is taken from the later one.
    """
    first, second = _history(before), _history(after)
    runs = [*first, *second]
    recipes = [before["recipe"], after["recipe"]]
    stages = [first_steps(recipe["stage"], card["training"]["steps"]) for recipe, card in zip(recipes, (before, after), strict=True)]
    recipe = {**after["recipe"], "stage": [*stages[0], *stages[1]], "seed": recipes[0].get("seed", 0)}
    recipe.pop("start", None)
    if "start" in recipes[0]:
        recipe["start"] = recipes[0]["start"]
    totals = {key: sum(run[key] for run in runs) for key in ("steps", "seconds", "pixels")}
    return {**after, "recipe": recipe, "training": {**after["training"], **totals, "runs": runs}}


def _history(card: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The runs of a card; older cards have one and do not tell its pixels."""
    training = card["training"]
    if "runs" in training:
        return list(training["runs"])
    return [{"pixels": pixels_seen(card["recipe"]["stage"], training["steps"]), **training}]


def _batch(stage: Mapping[str, Any]) -> int:
    batch = stage.get("batch", 16)
    return batch if isinstance(batch, int) else 16


def in_words(card: Mapping[str, Any], steps: int, pictures: int) -> str:
    """The card as a page of Markdown."""
    training, metrics = card["training"], card["metrics"]
    done = "It is finished" if training["steps"] >= steps else f"It stands at step {training['steps']} of {steps}"
    lines = [f"# {card['title']}", ""]
    if card["description"]:
        lines += [card["description"], ""]
    lines += [
        f"A model of the family `{card['family']}` for the purpose `{card['purpose']}`, made by `aedesk train` from the recipe "
        f"`{card['name']}` (`run.toml`). {done}, after {_duration(training['seconds'])} on {training['device']} "
        f"({training['processor']}) in {training['precision']} with torch {training['torch']}. It has seen "
        f"{training['pixels'] / 1e6:,.0f} megapixels.",
        "",
        f"Learned from {pictures} pictures{': ' + card['data'] if card['data'] else ''}. Licence: {card['licence'] or 'not stated'}.",
        "",
    ]
    if metrics:
        lines += ["On pictures that it never learned from:", "", "| figure | value |", "|---|---|"]
        lines += [f"| {_FIGURES.get(name, name)} | {value:.4g} |" for name, value in metrics.items()]
        lines.append("")
    architecture = ", ".join(f"{key} {value}" for key, value in card["architecture"].items())
    lines += [f"Architecture: {architecture or 'as the family has it'}.", ""]
    return "\n".join(lines)


_FIGURES = {
    "val_loss": "loss",
    "val_psnr": "PSNR of the reconstruction (dB)",
    "val_noisy": "PSNR of its input (dB)",
    "val_estimator": "relative error of the estimated noise level",
    "val_inside": "PSNR inside marks or holes (dB)",
    "val_f1": "F1 of the masks that are found",
}


def _duration(seconds: int) -> str:
    minutes, hours = seconds // 60, seconds // 3600
    if hours:
        return f"{hours} h {minutes % 60} min"
    return f"{minutes} min" if minutes else f"{seconds} s"


def page(model: ModelFile) -> str:
    """The page beside a model that ships, in Markdown: what it is, how it was trained, and the figures of its card."""
    card = model.card
    training, architecture = card["training"], ", ".join(f"{key} {value}" for key, value in card["architecture"].items())
    lines = [
        f"# {card['name']}",
        "",
        card["description"],
        "",
        f"- **Network**: `{card['family']}`, {model.parameters:,} parameters; {architecture or 'arguments as the family has them'}.",
        f"- **Data**: {card['data']}",
        f"- **Recipe**: `{card['name']}.toml`, {training['steps']:,} steps in {_duration(training['seconds'])}, "
        f"{training['pixels'] / 1e6:,.0f} megapixels.",
        f"- **Licence**: {card['licence']}.",
        "",
        "| run | steps | hours | megapixels | processor | precision |",
        "|---|---|---|---|---|---|",
    ]
    for number, run in enumerate(_history(card), 1):
        where = run.get("processor") or run["device"]
        figures = f"{run['steps']:,} | {run['seconds'] / 3600:.1f} | {run['pixels'] / 1e6:,.0f}"
        lines.append(f"| {number} | {figures} | {where} | {run['precision']} |")
    lines += ["", "## Measured", "", "| figure | value |", "|---|---|"]
    for name, value in card["metrics"].items():
        precise = f" ({value:.4g})" if abs(value) < 1 else ""
        lines.append(f"| {_FIGURES.get(name, name)} | {value:.2f}{precise} |")
    return "\n".join(lines) + "\n"
