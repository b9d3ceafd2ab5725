"""The dialogs for files and folders, as functions that tests can replace."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QInputDialog, QMessageBox, QWidget

from aedesk.formats.aed_file import SUFFIX
from aedesk.gui.widgets.labels import elide_middle
from aedesk.imaging.formats import READABLE, WRITABLE

NAME = 60
"""Characters of a file name that a question shows."""

_NAMES = {
    ".png": "PNG",
    ".tif": "TIFF",
    ".jpg": "JPEG",
    ".webp": "WebP",
    ".avif": "AVIF",
}


def choose_pictures(parent: QWidget, folder: str) -> list[Path]:
    """Returns pictures to open; empty if the user cancels."""
    pattern = " ".join(f"*{suffix} *{suffix.upper()}" for suffix in sorted({*READABLE, SUFFIX}))
    names, _ = QFileDialog.getOpenFileNames(parent, "Open pictures", folder, f"Pictures ({pattern});;All files (*)")
    return [Path(name) for name in names]


def choose_folder(parent: QWidget, title: str, folder: str) -> Path | None:
    """Returns a folder; None if the user cancels."""
    name = QFileDialog.getExistingDirectory(parent, title, folder)
    return Path(name) if name else None


def choose_reference(parent: QWidget, folder: str) -> Path | None:
    """Returns a clean original; None if the user cancels."""
    pattern = " ".join(f"*{suffix} *{suffix.upper()}" for suffix in sorted(READABLE))
    name, _ = QFileDialog.getOpenFileName(parent, "Load reference", folder, f"Pictures ({pattern});;All files (*)")
    return Path(name) if name else None


def choose_mask(parent: QWidget, folder: str) -> Path | None:
    """Returns a mask file; None if the user cancels."""
    pattern = " ".join(f"*{suffix} *{suffix.upper()}" for suffix in sorted(READABLE))
    name, _ = QFileDialog.getOpenFileName(parent, "Load mask", folder, f"Pictures ({pattern});;All files (*)")
    return Path(name) if name else None


def choose_mark(parent: QWidget, folder: str) -> Path | None:
    """Returns the file of a saved watermark; None if the user cancels."""
    name, _ = QFileDialog.getOpenFileName(parent, "Choose a saved watermark", folder, "Watermarks (*.png)")
    return Path(name) if name else None


def choose_one(parent: QWidget, title: str, label: str, choices: Sequence[str], chosen: str) -> str:
    """Returns one of ``choices``; empty if the user cancels."""
    at = choices.index(chosen) if chosen in choices else 0
    text, agreed = QInputDialog.getItem(parent, title, label, list(choices), at, False)
    return str(text) if agreed else ""


def choose_recipe(parent: QWidget, folder: str) -> Path | None:
    """Returns a recipe file; None if the user cancels."""
    name, _ = QFileDialog.getOpenFileName(parent, "Open recipe", folder, "Recipes (*.toml);;All files (*)")
    return Path(name) if name else None


def choose_target(parent: QWidget, title: str, suggested: Path, kind: str) -> Path | None:
    """Returns where to save a file of one ``kind``, such as "CSV"; a missing suffix is added. None if the user cancels."""
    suffix = suggested.suffix
    name, _ = QFileDialog.getSaveFileName(parent, title, str(suggested), f"{kind} (*{suffix})")
    if not name:
        return None
    path = Path(name)
    if path.suffix:
        return path
    completed = path.with_name(path.name + suffix)
    return None if completed.exists() and not ask_replace(parent, completed) else completed


def choose_save_path(parent: QWidget, suggested: Path) -> Path | None:
    """Returns where to save a picture, None if the user cancels. The suffix selects the format."""
    filters = [f"{name} (*{suffix})" for suffix, name in _NAMES.items() if suffix in WRITABLE]
    chosen = next((text for text in filters if f"*{suggested.suffix.lower()}" in text), filters[0])
    name, picked = QFileDialog.getSaveFileName(parent, "Save as", str(suggested), ";;".join(filters), chosen)
    if not name:
        return None
    path = Path(name)
    if path.suffix.lower() in WRITABLE:
        return path
    completed = path.with_name(path.name + next(suffix for suffix in _NAMES if f"*{suffix}" in picked))
    if completed.exists() and not ask_replace(parent, completed):  # the dialog has asked about the name without the suffix only
        return None
    return completed


def ask_replace(parent: QWidget, path: Path) -> bool:
    """Returns whether an existing file may be replaced."""
    answer = QMessageBox.question(
        parent,
        "Replace the file?",
        f"{elide_middle(path.name, NAME)} already exists in {elide_middle(str(path.parent), NAME)}. Replace it?",
    )
    return answer == QMessageBox.StandardButton.Yes


def ask_unsaved(parent: QWidget, names: list[str]) -> str:
    """Asks about unsaved results. Returns "save", "discard" or "cancel"."""
    box = QMessageBox(parent)
    box.setObjectName("unsavedQuestion")
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle("Unsaved results")
    what = elide_middle(names[0], NAME) if len(names) == 1 else f"{len(names)} pictures"
    box.setText(f"The result of {what} is not saved." if len(names) == 1 else f"The results of {what} are not saved.")
    box.setInformativeText("Unsaved results will be lost.")
    save = box.addButton("&Save\u2026", QMessageBox.ButtonRole.AcceptRole)
    discard = box.addButton("&Discard", QMessageBox.ButtonRole.DestructiveRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(save)
    box.exec()
    clicked = box.clickedButton()
    box.deleteLater()
    return "save" if clicked is save else "discard" if clicked is discard else "cancel"
