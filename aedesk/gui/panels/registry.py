"""The panels of the window, in their order."""

from __future__ import annotations

from dataclasses import dataclass

from aedesk.gui.panels.add_noise import AddNoisePanel
from aedesk.gui.panels.base import Panel
from aedesk.gui.panels.restore import RestorePanel


@dataclass(frozen=True)
class PanelEntry:
    name: str
    title: str
    make: type[Panel]


PANELS: tuple[PanelEntry, ...] = (
    PanelEntry("restore", "Restore", RestorePanel),
    PanelEntry("add_noise", "Add noise", AddNoisePanel),
)
