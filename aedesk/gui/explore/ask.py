"""The page's questions. Functions, so that tests can put another in their place."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget


def feature_file(parent: QWidget, suggested: Path) -> Path | None:
    """Where to write features. Whether files may be replaced is asked for all of them afterwards."""
    options = QFileDialog.Option.DontConfirmOverwrite
    name, _ = QFileDialog.getSaveFileName(parent, "Export features", str(suggested), "Features (*.npz *.csv)", options=options)
    return Path(name) if name else None


def replace_files(parent: QWidget, names: list[str]) -> bool:
    listed = "\n".join(names)
    answer = QMessageBox.question(parent, "Replace files?", f"There is already:\n{listed}\n\nReplace?")
    return answer == QMessageBox.StandardButton.Yes
