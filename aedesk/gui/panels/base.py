"""What the window needs to know of a panel."""

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


class Done(Protocol):
    """Something that was done: its title after "Undo", and when, by ``history.next_serial``."""

    @property
    def title(self) -> str: ...
    @property
    def serial(self) -> int: ...


class UndoStack(Protocol):
    @property
    def to_undo(self) -> Done | None: ...
    @property
    def to_redo(self) -> Done | None: ...
    def undo(self) -> None: ...
    def redo(self) -> None: ...


def lay_out_with_foot(panel: QWidget, body: QWidget, foot: QLayout) -> None:
    """Put the parts of a panel below each other. In a low window the body scrolls, and the foot, with the buttons, stays in sight."""
    area = QScrollArea()
    area.setObjectName(f"{panel.objectName()}Body")
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidget(body)
    foot.setContentsMargins(16, 8, 16, 16)
    foot.setSpacing(8)  # it would take that of the layout around it
    whole = QVBoxLayout(panel)
    whole.setContentsMargins(0, 0, 0, 0)
    whole.setSpacing(0)
    whole.addWidget(area, 1)
    whole.addLayout(foot)


class Panel(QWidget):
    """One way of working on pictures.

    Signals:
        run_wanted, run_all_wanted: the panel's own buttons; the window answers with ``run``.
        reference_wanted: the person asks to choose a clean original.
        centre_changed: ``centre`` has another answer.
        versions_changed: ``versions`` has another answer.
        undo_changed: ``undo_stack`` has something else to undo or to redo.

    Attributes:
        captions, placeholders: what the viewer calls the versions while the panel is in front, where that is not the usual.
    """

    run_title = "Run"
    captions: ClassVar[Mapping[str, str]] = {}
    placeholders: ClassVar[Mapping[str, str]] = {}
    centre_changed = Signal()
    versions_changed = Signal()
    undo_changed = Signal()
    run_wanted = Signal()
    run_all_wanted = Signal()
    reference_wanted = Signal()

    def __init__(self, workspace: Workspace, viewer: CompareView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.workspace = workspace
        self.viewer = viewer

    def centre(self) -> QWidget | None:
        """What the middle of the window shows while this panel is in front; None for the picture viewer.

        Asked each time the panel comes to the front, and after ``centre_changed``: what is costly is made at the first time.
        While it is not None, what only makes sense for pictures (Run, zoom, view modes) is off.
        """
        return None

    def versions(self, document: Document) -> dict[str, Picture]:
        """What the viewer shows of a document while this panel is in front, by the viewer's names; only pictures of one size."""
        return versions(document)

    @property
    def undo_stack(self) -> UndoStack | None:
        """What the panel itself can undo while it is in front; by the time of each, Undo goes through this and the picture's steps."""
        return None

    def run(self, documents: list[Document]) -> None:
        """Queue this panel's work for these pictures. Never called for a panel with a centre of its own."""

    def shutdown(self) -> None:
        """The window is closed: end what only this panel has begun, such as threads and timers."""

    def set_counts(self, chosen: int, all_pictures: int) -> None:
        """How many pictures ``run_wanted`` and ``run_all_wanted`` would be about."""

    def set_active(self, active: bool) -> None:
        """The panel has come to the front or has left it."""

    def remember(self) -> None:
        """Write the choices into the settings."""

    def recall(self) -> None:
        """Take the choices from the settings, which a dialog may have changed."""
