"""The base class of activities, each of which has its parameters, its job and its view."""

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
class ExploreContext:
    """The settings that all activities share; ``edge_px`` and ``pooling`` are for folders."""

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
        name: identifier.
        title, about, button: label, description, and text of the button that starts it.
        uses_folder, uses_features, uses_edge: whether it processes a folder, codes as feature vectors, crops of a size to choose.
        live: starts by itself when the picture or the model changes.

    Signals:
        changed: a parameter that the view depends on; a live activity starts again.
    """

    name = title = about = button = ""
    uses_folder = uses_features = uses_edge = live = False
    changed = Signal()

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.setObjectName(f"{self.name}Activity")
        self.workspace = workspace
        self.form = make_form(self)

    def missing(self, context: ExploreContext) -> str:
        """Returns what the user has to do before this can start; empty if nothing."""
        if self.uses_folder and not context.folder:
            return "Choose a folder of pictures."
        return ""

    def documents(self) -> list[Document]:
        """Returns the open pictures that are inputs of the job."""
        return []

    def spec(self, context: ExploreContext) -> ExploreSpec | None:
        """Returns the spec of the job; None if the user has cancelled a dialog."""
        raise NotImplementedError

    def set_model(self, card: Mapping[str, Any]) -> None:
        """Shows the parameters that apply to a model."""

    def make_view(self) -> ResultView:
        """Creates the view of the results."""
        raise NotImplementedError
