"""What was exported, and what is in the files."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QPushButton

from aedesk.gui.panels.explore.result_view import ResultView
from aedesk.gui.widgets.labels import WrappedLabel, quiet_label

CONTENTS = (
    "The .npz file holds the arrays features (one row per picture), files, classes and errors; "
    "numpy.load opens it. The .csv file holds the same as one line per picture."
)


class ExportView(ResultView):
    def __init__(self) -> None:
        super().__init__(
            "exportView",
            f"Choose a folder at the right and press Export: the codes of its pictures go into files for other programs.\n\n{CONTENTS}",
        )
        self._files: tuple[str, ...] = ()
        self.written = WrappedLabel(max_word=60)
        self.written.setObjectName("exportWritten")
        self.written.setProperty("heading", True)
        self.written.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.show_folder = QPushButton("&Show in the folder")
        self.show_folder.setObjectName("exportShow")
        about = quiet_label("exportAbout")
        about.setText(CONTENTS)
        row = QHBoxLayout()
        row.addWidget(self.show_folder)
        row.addStretch(1)
        self.column.addStretch(1)
        self.column.addWidget(self.written)
        self.column.addWidget(about)
        self.column.addLayout(row)
        self.column.addStretch(2)
        self.show_folder.clicked.connect(self._on_show)

    def fill(self, result: tuple[str, ...]) -> None:
        self._files = result
        self.written.setText("Written:\n" + "\n".join(result))

    @Slot()
    def _on_show(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(self._files[0]).parent)))
