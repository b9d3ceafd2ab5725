"""The dialogs of the Models panel, as functions that tests can replace."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QInputDialog, QLineEdit, QMessageBox, QWidget

from aedesk.gui.widgets.labels import elide_middle

SUFFIXES = (".safetensors", ".pth", ".pt", ".ckpt")


def choose_model_files(parent: QWidget, folder: str) -> list[Path]:
    """Returns model files to import; empty if the user cancels."""
    pattern = " ".join(f"*{suffix}" for suffix in SUFFIXES)
    names, _ = QFileDialog.getOpenFileNames(parent, "Import models", folder, f"Models ({pattern});;All files (*)")
    return [Path(name) for name in names]


def ask_title(parent: QWidget, before: str) -> str | None:
    """Returns the new title; None if the user cancels or does not change it."""
    title, agreed = QInputDialog.getText(parent, "Rename model", "Title", QLineEdit.EchoMode.Normal, before)
    return title if agreed and title.strip() and title != before else None


def ask_trash(parent: QWidget, title: str) -> bool:
    """Returns whether a model may be moved to the trash."""
    answer = QMessageBox.question(
        parent,
        "Move to the trash?",
        f"Move the model \N{LEFT DOUBLE QUOTATION MARK}{elide_middle(title, 60)}\N{RIGHT DOUBLE QUOTATION MARK} to the trash?",
    )
    return answer == QMessageBox.StandardButton.Yes
