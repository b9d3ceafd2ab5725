"""What the figures of a run are called, and on which plot they belong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

TITLES: Mapping[str, str] = {
    "loss": "training",
    "val_loss": "validation",
    "val_estimator": "estimator, validation",
    "psnr": "training",
    "val_psnr": "validation",
    "val_noisy": "before",
    "lr": "learning rate",
    "pictures_per_s": "pictures per second",
    "grad_norm": "gradient",
}
"""Names in the legend; every other term of a loss is called as the objective calls it."""


@dataclass(frozen=True)
class Side:
    """One choice of the second plot: ``label`` stands at its axis."""

    title: str
    label: str
    names: tuple[str, ...]
    log_y: bool = False


SIDES: tuple[Side, ...] = (
    Side("Quality (PSNR)", "PSNR (dB)", ("psnr", "val_psnr", "val_noisy")),
    Side("Learning rate", "learning rate", ("lr",)),
    Side("Speed", "pictures per second", ("pictures_per_s",)),
    Side("Gradient", "norm of the gradient", ("grad_norm",), log_y=True),
)
ASIDE = frozenset(name for side in SIDES for name in side.names)


def title(name: str) -> str:
    return TITLES.get(name, name.replace("_", " "))


def is_loss(name: str) -> bool:
    """Whether a figure belongs on the plot of losses: everything that is not one of the known others."""
    return name not in ASIDE and name != "step"
