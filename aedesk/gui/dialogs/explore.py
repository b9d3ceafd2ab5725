"""The dialogs of Explore, as functions that tests can replace."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget


def choose_feature_file(parent: QWidget, suggested: Path) -> Path | None:
    """Returns the file for features. Replacing is confirmed later for all files together."""
    options = QFileDialog.Option.DontConfirmOverwrite
    name, _ = QFileDialog.getSaveFileName(parent, "Export features", str(suggested), "Features (*.npz *.csv)", options=options)
    return Path(name) if name else None


def ask_download(parent: QWidget, title: str, folder: Path) -> bool | None:
    """Returns whether a data set may be downloaded if it is not on this computer; None if the user cancels."""
    box = QMessageBox(parent)
    box.setObjectName("downloadQuestion")
    box.setWindowTitle(title)
    box.setText(f"The pictures of {title} will be unpacked to {folder}.")
    box.setInformativeText("Download the data set if it is not on this computer? It has between 10 MB and a few hundred MB.")
    yes = box.addButton("&Download if necessary", QMessageBox.ButtonRole.AcceptRole)
    no = box.addButton("&Do not download", QMessageBox.ButtonRole.DestructiveRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.exec()
    clicked = box.clickedButton()
    box.deleteLater()
    return True if clicked is yes else False if clicked is no else None


def ask_replace_files(parent: QWidget, names: list[str]) -> bool:
    """Returns whether existing files may be replaced."""
    listed = "\n".join(names)
    answer = QMessageBox.question(parent, "Replace files?", f"These files already exist:\n{listed}\n\nReplace them?")
    return answer == QMessageBox.StandardButton.Yes
