"""Files and folders that are dropped on a widget."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData


def dropped_paths(mime: QMimeData) -> list[Path]:
    """Returns the local files and folders of a drag in order; web links are left out."""
    return [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
