"""The panels of the window in their order. Each is imported when it is created, so that the first paint waits for only one."""

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
        tip: its purpose, in a sentence.
        page: its page of the manual; empty for the one of its name.
    """

    name: str
    title: str
    load: Callable[[], type[Panel]]
    row: int = 0
    tip: str = ""
    page: str = ""


PANELS: tuple[PanelEntry, ...] = (
    PanelEntry("restore", "Restore", _restore, 0, "Remove noise from pictures"),
    PanelEntry("erase", "Erase", _erase, 0, "Remove watermarks, date stamps, scratches and other defects"),
    PanelEntry("compress", "Compress", _compress, 0, "Compress pictures to .aed files and compare the quality with other codecs"),
    PanelEntry("add_noise", "Add noise", _add_noise, 0, "Make noisy copies of clean pictures to test a model", page="restore"),
    PanelEntry("train", "Train", _train, 1, "Train an autoencoder on your own pictures"),
    PanelEntry("explore", "Explore", _explore, 1, "Inspect what a model has learned"),
    PanelEntry("models", "Models", _models, 1, "Manage, import and export models"),
)
