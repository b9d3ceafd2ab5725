"""The controls for the same watermark on many pictures: whether to use a saved one."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from aedesk.core.shared_mark_specs import MIN_PICTURES
from aedesk.gui.dialogs import files
from aedesk.gui.widgets.labels import ElidedLabel
from aedesk.gui.workspace import Workspace

ABOUT = (
    f"Takes 10 to 30 pictures, at least {MIN_PICTURES}, with the watermark at the same position or distance from an edge. "
    "Select them in the library, or open a folder. The original files are processed, and the results are saved in a folder."
)


class SharedMarkControls(QWidget):
    """``saved_mark`` is the file of a saved watermark; None to estimate it from the pictures."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.setObjectName("sharedMarkControls")
        self._workspace = workspace
        self.saved_mark: Path | None = None
        about = QLabel(ABOUT)
        about.setObjectName("sharedAbout")
        about.setProperty("quiet", True)
        about.setWordWrap(True)
        self._use = QCheckBox("Use a saved water&mark")
        self._use.setObjectName("sharedUseSaved")
        self._use.setToolTip("Every estimated watermark is saved as a PNG next to the results; with it, a single picture is enough")
        self._choose = QPushButton("&Choose\N{HORIZONTAL ELLIPSIS}")
        self._choose.setObjectName("sharedChoose")
        self._choose.setToolTip("Choose the file of the watermark")
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
        self.saved_mark = None
        if on:
            self._ask()
        self._show()

    @Slot()
    def _ask(self) -> None:
        path = files.choose_mark(self, str(self._workspace.settings["last_folder"]))
        self.saved_mark = path or self.saved_mark
        self._use.setChecked(self.saved_mark is not None)
        self._show()

    def _show(self) -> None:
        self._choose.setVisible(self.saved_mark is not None)
        self._name.setText(self.saved_mark.name if self.saved_mark is not None else "")
