"""The interface between the window and its panels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Protocol

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QLayout, QScrollArea, QVBoxLayout, QWidget

from aedesk.gui.documents.library import Document
from aedesk.gui.shell.presenter import versions
from aedesk.gui.widgets.viewer import CompareView
from aedesk.gui.workspace import Workspace
from aedesk.imaging.picture import Picture


class UndoableChange(Protocol):
    """A change with its title for the menu, and its place in time from ``history.next_serial``."""

    @property
    def title(self) -> str: ...
    @property
    def serial(self) -> int: ...


class UndoStack(Protocol):
    """The history of a panel's own changes."""

    @property
    def to_undo(self) -> UndoableChange | None: ...
    @property
    def to_redo(self) -> UndoableChange | None: ...
    def undo(self) -> None: ...
    def redo(self) -> None: ...


def lay_out_with_foot(panel: QWidget, body: QWidget, foot: QLayout) -> None:
    """Lays out a panel: the body scrolls in a low window, and the foot with the buttons stays visible."""
    area = QScrollArea()
    area.setObjectName(f"{panel.objectName()}Body")
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidget(body)
    foot.setContentsMargins(16, 8, 16, 16)
    foot.setSpacing(8)  # otherwise it inherits that of the outer layout
    whole = QVBoxLayout(panel)
    whole.setContentsMargins(0, 0, 0, 0)
    whole.setSpacing(0)
    whole.addWidget(area, 1)
    whole.addLayout(foot)


class Panel(QWidget):
    """Base class of the tools on the right.

    Signals:
        run_requested, run_all_requested: the panel's buttons were pressed; the window answers with ``run``.
        reference_requested: the user wants to choose a clean original.
        page_changed, versions_changed: ``page`` or ``versions`` returns something else now.
        undo_changed: ``undo_stack`` has changed.

    Attributes:
        captions, placeholders: the viewer's texts for versions while the panel is active, where they differ from the default.
    """

    run_title = "Run"
    captions: ClassVar[Mapping[str, str]] = {}
    placeholders: ClassVar[Mapping[str, str]] = {}
    page_changed = Signal()
    versions_changed = Signal()
    undo_changed = Signal()
    run_requested = Signal()
    run_all_requested = Signal()
    reference_requested = Signal()

    def __init__(self, workspace: Workspace, viewer: CompareView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.workspace = workspace
        self.viewer = viewer

    def page(self) -> QWidget | None:
        """Returns the widget for the middle of the window while this panel is active; None for the picture viewer.

        Called whenever the panel is activated and after ``page_changed``; expensive pages are created by the first call. With a page
        the commands for pictures (Run, zoom, view modes) are disabled.
        """
        return None

    def versions(self, document: Document) -> dict[str, Picture]:
        """Returns the pictures that the viewer shows of a document while this panel is active, by version; all of one size."""
        return versions(document)

    @property
    def undo_stack(self) -> UndoStack | None:
        """The panel's own history while it is active. Undo goes through it and the picture's steps in the order of time."""
        return None

    def run(self, documents: list[Document]) -> None:
        """Queues this panel's task for each of the pictures. Never called while the panel has a page."""

    def shutdown(self) -> None:
        """Ends threads and timers of the panel when the window is closed."""

    def set_counts(self, chosen: int, all_pictures: int) -> None:
        """Sets how many pictures ``run_requested`` and ``run_all_requested`` would process."""

    def set_active(self, active: bool) -> None:
        """Called when the panel is activated or deactivated."""

    def save_settings(self) -> None:
        """Writes the panel's choices into the settings."""

    def load_settings(self) -> None:
        """Reads the panel's choices from the settings, which a dialog may have changed."""
