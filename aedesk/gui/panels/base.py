"""What the window needs to know of a panel."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from aedesk.gui.state import Document
from aedesk.gui.widgets.viewer import CompareView
from aedesk.gui.workspace import Workspace


class Panel(QWidget):
    """One way of working on pictures.

    Signals:
        run_wanted, run_all_wanted: the panel's own buttons; the window answers with ``run``.
        reference_wanted: the person asks to choose a clean original.
    """

    run_title = "Run"
    run_wanted = Signal()
    run_all_wanted = Signal()
    reference_wanted = Signal()

    def __init__(self, workspace: Workspace, viewer: CompareView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.workspace = workspace
        self.viewer = viewer

    def run(self, documents: list[Document]) -> None:
        """Queue this panel's work for these pictures."""
        raise NotImplementedError

    def set_counts(self, chosen: int, all_pictures: int) -> None:
        """How many pictures ``run_wanted`` and ``run_all_wanted`` would be about."""

    def set_active(self, active: bool) -> None:
        """The panel's tab was chosen or left."""

    def remember(self) -> None:
        """Write the choices into the settings."""

    def recall(self) -> None:
        """Take the choices from the settings, which a dialog may have changed."""
