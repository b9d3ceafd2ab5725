"""What the Models page asks the person. Functions, so that tests can put another in their place."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QInputDialog, QLineEdit, QMessageBox, QWidget

from aedesk.gui.widgets.labels import elide_middle

SUFFIXES = (".safetensors", ".pth", ".pt", ".ckpt")


def choose_model_files(parent: QWidget, folder: str) -> list[Path]:
    pattern = " ".join(f"*{suffix}" for suffix in SUFFIXES)
    names, _ = QFileDialog.getOpenFileNames(parent, "Import models", folder, f"Models ({pattern});;All files (*)")
    return [Path(name) for name in names]


def ask_title(parent: QWidget, before: str) -> str | None:
    """The new title, or None if the person thought better of it."""
    title, agreed = QInputDialog.getText(parent, "Rename the model", "Title", QLineEdit.EchoMode.Normal, before)
    return title if agreed and title.strip() and title != before else None


def ask_trash(parent: QWidget, title: str) -> bool:
    answer = QMessageBox.question(
        parent,
        "Move to the trash?",
        f"Move the model \N{LEFT DOUBLE QUOTATION MARK}{elide_middle(title, 60)}\N{RIGHT DOUBLE QUOTATION MARK} to the trash?",
    )
    return answer == QMessageBox.StandardButton.Yes
