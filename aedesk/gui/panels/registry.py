"""The panels of the window, in their order. Each is imported when it is made, so that the first paint waits for one of them only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aedesk.gui.panels.base import Panel


def _restore() -> type[Panel]:
    from aedesk.gui.panels.restore.panel import RestorePanel

    return RestorePanel


def _erase() -> type[Panel]:
    from aedesk.gui.panels.erase.panel import ErasePanel

    return ErasePanel


def _compress() -> type[Panel]:
    from aedesk.gui.panels.compress.panel import CompressPanel

    return CompressPanel


def _add_noise() -> type[Panel]:
    from aedesk.gui.panels.add_noise.panel import AddNoisePanel

    return AddNoisePanel


def _train() -> type[Panel]:
    from aedesk.gui.panels.train.panel import TrainPanel

    return TrainPanel


def _explore() -> type[Panel]:
    from aedesk.gui.panels.explore.panel import ExplorePanel

    return ExplorePanel


def _models() -> type[Panel]:
    from aedesk.gui.panels.models.panel import ModelsPanel

    return ModelsPanel


@dataclass(frozen=True)
class PanelEntry:
    """One panel.

    Args:
        row: of the switch, 0 for pictures and 1 for models.
        tip: what it is for, in a sentence.
        page: its page of the manual; empty for the one of its name.
    """

    name: str
    title: str
    load: Callable[[], type[Panel]]
    row: int = 0
    tip: str = ""
    page: str = ""


PANELS: tuple[PanelEntry, ...] = (
    PanelEntry("restore", "Restore", _restore, 0, "Take noise out of pictures"),
    PanelEntry("erase", "Erase", _erase, 0, "Take marks, stamps, scratches and other things off pictures"),
    PanelEntry("compress", "Compress", _compress, 0, "Make pictures into small .aed files, and see what that costs them"),
    PanelEntry("add_noise", "Add noise", _add_noise, 0, "Make noisy copies of clean pictures, to try a model on", page="restore"),
    PanelEntry("train", "Train", _train, 1, "Teach an autoencoder your own pictures"),
    PanelEntry("explore", "Explore", _explore, 1, "Look inside a model"),
    PanelEntry("models", "Models", _models, 1, "Read about models, import and export them"),
)
