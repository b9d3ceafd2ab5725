"""What a trained model says about itself: the card inside its file, and the same in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from aedesk.training.recipe import Recipe

PATHS = ("folder", "files", "noisy", "clean", "logos")
"""Keys of [data] that name places on this machine. A card travels, so it has none of them."""


def make_card(
    recipe: Recipe, start: str, step: int, seconds: float, device: torch.device, precision: str, metrics: Mapping[str, float]
) -> dict[str, Any]:
    """The card of ``models.card``, without its format; ``start`` is the name of the model that the run began with."""
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
            "device": device.type,
            "precision": precision,
            "torch": torch.__version__,
        },
        "metrics": {key: round(value, 4) for key, value in metrics.items()},
    }


def in_words(card: Mapping[str, Any], steps: int, pictures: int) -> str:
    """The card as a page of Markdown."""
    training, metrics = card["training"], card["metrics"]
    done = "It is finished" if training["steps"] >= steps else f"It stands at step {training['steps']} of {steps}"
    lines = [f"# {card['title']}", ""]
    if card["description"]:
        lines += [card["description"], ""]
    lines += [
        f"A model of the family `{card['family']}` for the purpose `{card['purpose']}`, made by `aedesk train` from the recipe "
        f"`{card['name']}` (`run.toml`). {done}, after {_duration(training['seconds'])} on {training['device']} in "
        f"{training['precision']} with torch {training['torch']}.",
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
