"""The panels of the window, in their order."""

from __future__ import annotations

from dataclasses import dataclass

from aedesk.gui.panels.add_noise import AddNoisePanel
from aedesk.gui.panels.base import Panel
from aedesk.gui.panels.compress import CompressPanel
from aedesk.gui.panels.erase import ErasePanel
from aedesk.gui.panels.explore import ExplorePanel
from aedesk.gui.panels.models import ModelsPanel
from aedesk.gui.panels.restore import RestorePanel
from aedesk.gui.panels.train import TrainPanel


@dataclass(frozen=True)
class PanelEntry:
    """One panel: ``row`` is that of the switch, 0 for pictures and 1 for models; ``tip`` says in a sentence what it is for."""

    name: str
    title: str
    make: type[Panel]
    row: int = 0
    tip: str = ""


PANELS: tuple[PanelEntry, ...] = (
    PanelEntry("restore", "Restore", RestorePanel, 0, "Take noise out of pictures"),
    PanelEntry("erase", "Erase", ErasePanel, 0, "Take marks, stamps, scratches and other things off pictures"),
    PanelEntry("compress", "Compress", CompressPanel, 0, "Make pictures into small .aed files, and see what that costs them"),
    PanelEntry("add_noise", "Add noise", AddNoisePanel, 0, "Make noisy copies of clean pictures, to try a model on"),
    PanelEntry("train", "Train", TrainPanel, 1, "Teach an autoencoder your own pictures"),
    PanelEntry("explore", "Explore", ExplorePanel, 1, "Look inside a model"),
    PanelEntry("models", "Models", ModelsPanel, 1, "Read about models, import and export them"),
)
