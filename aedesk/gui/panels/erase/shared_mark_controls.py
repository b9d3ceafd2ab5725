"""The part of the panel for one mark on many pictures: whether the mark is known already."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from aedesk.core.shared_mark_specs import MIN_PICTURES
from aedesk.gui.dialogs import files
from aedesk.gui.widgets.labels import ElidedLabel
from aedesk.gui.workspace import Workspace

ABOUT = (
    f"Needs about 10 to 30 pictures, at least {MIN_PICTURES}, with the mark at the same place or as far from an edge. "
    "Choose them in the library, or open a folder. It works on the files as they are; the results go into a folder."
)


class SharedBox(QWidget):
    """``kept`` is the file of a mark that was found before; None to find it."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.setObjectName("sharedBox")
        self._workspace = workspace
        self.kept: Path | None = None
        about = QLabel(ABOUT)
        about.setObjectName("sharedAbout")
        about.setProperty("quiet", True)
        about.setWordWrap(True)
        self._use = QCheckBox("Use a mark that was &kept")
        self._use.setObjectName("sharedUseKept")
        self._use.setToolTip("Each mark that is found is kept as a PNG beside the results; with it, one picture is enough")
        self._choose = QPushButton("&Choose\N{HORIZONTAL ELLIPSIS}")
        self._choose.setObjectName("sharedChoose")
        self._choose.setToolTip("Choose the file of the mark")
        self._name = ElidedLabel()
        self._name.setObjectName("sharedName")
        row = QHBoxLayout()
        row.addWidget(self._choose)
        row.addWidget(self._name, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(about)
        column.addWidget(self._use)
        column.addLayout(row)
        self._use.toggled.connect(self._on_use)
        self._choose.clicked.connect(self._ask)
        self._show()

    @Slot(bool)
    def _on_use(self, on: bool) -> None:
        self.kept = None
        if on:
            self._ask()
        self._show()

    @Slot()
    def _ask(self) -> None:
        path = files.choose_mark(self, str(self._workspace.settings["last_folder"]))
        self.kept = path or self.kept
        self._use.setChecked(self.kept is not None)
        self._show()

    def _show(self) -> None:
        self._choose.setVisible(self.kept is not None)
        self._name.setText(self.kept.name if self.kept is not None else "")
