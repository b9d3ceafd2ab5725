"""What can be explored: each activity asks one question, has parameters of its own and a view for the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from aedesk.core.explore_specs import ExploreSpec
from aedesk.gui.documents.library import Document
from aedesk.gui.panels.explore.result_view import ResultView
from aedesk.gui.widgets.inputs.forms import make_form
from aedesk.gui.workspace import Workspace


@dataclass(frozen=True)
class Common:
    """What the panel knows for every activity; ``edge_px`` and ``pooling`` are for folders."""

    model: str
    device: str
    fit: str
    folder: str
    limit: int
    edge_px: int
    pooling: str
    generative: bool


class Activity(QWidget):
    """The parameters of one activity.

    Attributes:
        name, title, about, button: for program and people; ``button`` is what begins it.
        uses_folder: asks about a folder; ``uses_features``: about codes as rows of numbers; ``uses_edge``: about squares of an edge
            that can be chosen.
        live: begins by itself when the picture or the model changes.

    Signals:
        changed: a parameter that the view's content depends on; a live activity begins again.
    """

    name = title = about = button = ""
    uses_folder = uses_features = uses_edge = live = False
    changed = Signal()

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.setObjectName(f"{self.name}Activity")
        self.workspace = workspace
        self.form = make_form(self)

    def missing(self, common: Common) -> str:
        """What the person has to do before this can begin; empty if nothing."""
        if self.uses_folder and not common.folder:
            return "Choose a folder of pictures."
        return ""

    def documents(self) -> list[Document]:
        """The open pictures that go with the request."""
        return []

    def spec(self, common: Common) -> ExploreSpec | None:
        """The request; None if the person was asked something and said no."""
        raise NotImplementedError

    def set_model(self, card: Mapping[str, Any]) -> None:
        """Another model was chosen: show the parameters that mean something for it."""

    def make_view(self) -> ResultView:
        raise NotImplementedError
