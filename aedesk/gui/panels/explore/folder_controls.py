"""The controls for a folder: which one, how many pictures, and how they are passed to the network."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from aedesk.gui.dialogs import files
from aedesk.gui.widgets.inputs.forms import add_row, combo, make_form, number
from aedesk.training.recipes.presets import has_classic_sets

SET_TITLES = {"mnist": "MNIST (digits)", "fashion-mnist": "Fashion-MNIST", "cifar10": "CIFAR-10", "flowers102": "Flowers102"}


class FolderControls(QWidget):
    """Signals:
    changed: another folder was chosen.
    set_requested(str): a standard data set was chosen.
    """

    changed = Signal()
    set_requested = Signal(str)

    def __init__(self, folder: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("folderControls")
        self.folder = QLineEdit(folder)
        self.folder.setObjectName("exploreFolder")
        self.folder.setAccessibleName("Folder of pictures")
        self.folder.setPlaceholderText("Folder of pictures")
        self.folder.setMinimumWidth(60)
        self.browse = QPushButton("&Choose\N{HORIZONTAL ELLIPSIS}")
        self.browse.setObjectName("exploreBrowse")
        self.browse.setToolTip("Choose a folder of pictures; its subfolders are included")
        self.sets = QToolButton()
        self.sets.setObjectName("exploreSets")
        self.sets.setText("&Standard data set")
        self.sets.setToolTip("Unpack a standard data set to a folder with one subfolder per class")
        self.sets.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.sets.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        menu = QMenu(self.sets)
        menu.setObjectName("exploreSetsMenu")
        for name, title in SET_TITLES.items():
            menu.addAction(title).setData(name)
        self.sets.setMenu(menu)
        if not has_classic_sets():
            self.sets.hide()
        self.limit = number("exploreLimit", "Maximum number of pictures", 10, 20_000, 1000)
        self.limit.setSingleStep(100)
        self.limit.setToolTip("From a larger folder, evenly spaced pictures are taken")
        self.edge = number("exploreEdge", "Crop size", 16, 512, 64)
        self.edge.setSuffix(" px")
        self.edge.setSingleStep(16)
        self.edge.setToolTip("Every picture is cropped to a square and scaled to this size, so that all codes have the same size")
        self.pooling = combo("explorePooling", "Features")
        self.pooling.addItem("The whole code", "whole")
        self.pooling.addItem("Mean of each channel", "mean")
        self.pooling.setToolTip("The mean of each channel ignores positions: it is shorter and often separates classes better")
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.folder, 1)
        row.addWidget(self.browse)
        self._form = make_form()
        add_row(self._form, "M&ax. pictures", self.limit)
        add_row(self._form, "Crop si&ze", self.edge)
        add_row(self._form, "Fea&tures", self.pooling)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self.sets)
        column.addLayout(self._form)
        self.browse.clicked.connect(self._on_browse)
        self.folder.editingFinished.connect(self.changed)
        menu.triggered.connect(self._on_set)

    def set_kind(self, edge: bool, features: bool) -> None:
        """Shows the rows that apply to the activity and the model."""
        self._form.setRowVisible(self.edge, edge)
        self._form.setRowVisible(self.pooling, features)

    def set_folder(self, folder: str) -> None:
        """Chooses a folder."""
        self.folder.setText(folder)
        self.changed.emit()

    @Slot(QAction)
    def _on_set(self, action: QAction) -> None:
        self.set_requested.emit(action.data())

    @Slot()
    def _on_browse(self) -> None:
        path = files.choose_folder(self, "Choose a folder of pictures", self.folder.text())
        if path is not None:
            self.set_folder(str(path))
