"""The result of an export."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QPushButton

from aedesk.gui.panels.explore.result_view import ResultView
from aedesk.gui.widgets.labels import WrappedLabel, quiet_label

CONTENTS = (
    "The .npz file contains the arrays features (one row per picture), files, classes and errors; "
    "open it with numpy.load. The .csv file contains the same with one line per picture."
)


class ExportView(ResultView):
    """Shows the files that were written."""

    def __init__(self) -> None:
        super().__init__(
            "exportView",
            f"Choose a folder on the right and press Export to write the codes of its pictures to files for other programs.\n\n{CONTENTS}",
        )
        self._files: tuple[str, ...] = ()
        self.written = WrappedLabel(max_word=60)
        self.written.setObjectName("exportWritten")
        self.written.setProperty("heading", True)
        self.written.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.show_folder = QPushButton("Sho&w in folder")
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
