"""The page's questions. Functions, so that tests can put another in their place."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget


def feature_file(parent: QWidget, suggested: Path) -> Path | None:
    """Where to write features. Whether files may be replaced is asked for all of them afterwards."""
    options = QFileDialog.Option.DontConfirmOverwrite
    name, _ = QFileDialog.getSaveFileName(parent, "Export features", str(suggested), "Features (*.npz *.csv)", options=options)
    return Path(name) if name else None


def download(parent: QWidget, title: str, folder: Path) -> bool | None:
    """Whether a set may be fetched if it is not on this computer; None for not at all."""
    box = QMessageBox(parent)
    box.setObjectName("downloadQuestion")
    box.setWindowTitle(title)
    box.setText(f"Pictures of {title} will be put into {folder}.")
    box.setInformativeText("May the set be downloaded if it is not on this computer? It is some ten to some hundred megabytes.")
    yes = box.addButton("&Download if need be", QMessageBox.ButtonRole.AcceptRole)
    no = box.addButton("&Only from this computer", QMessageBox.ButtonRole.DestructiveRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.exec()
    clicked = box.clickedButton()
    box.deleteLater()
    return True if clicked is yes else False if clicked is no else None


def replace_files(parent: QWidget, names: list[str]) -> bool:
    listed = "\n".join(names)
    answer = QMessageBox.question(parent, "Replace files?", f"There is already:\n{listed}\n\nReplace?")
    return answer == QMessageBox.StandardButton.Yes
