"""Names of the metrics of a run, and the plots that show them."""

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
"""Names in the legend; other loss terms are named by the objective."""


@dataclass(frozen=True)
class SidePlot:
    """One choice of the second plot; ``label`` is that of its axis."""

    title: str
    label: str
    names: tuple[str, ...]
    log_y: bool = False


SIDE_PLOTS: tuple[SidePlot, ...] = (
    SidePlot("Quality (PSNR)", "PSNR (dB)", ("psnr", "val_psnr", "val_noisy")),
    SidePlot("Learning rate", "learning rate", ("lr",)),
    SidePlot("Speed", "pictures per second", ("pictures_per_s",)),
    SidePlot("Gradient", "gradient norm", ("grad_norm",), log_y=True),
)
SIDE_CURVES = frozenset(name for side in SIDE_PLOTS for name in side.names)


def title(name: str) -> str:
    """Returns the name of a metric in the legend."""
    return TITLES.get(name, name.replace("_", " "))


def is_loss(name: str) -> bool:
    """Returns whether a metric belongs on the loss plot, as all unknown ones do."""
    return name not in SIDE_CURVES and name != "step"
