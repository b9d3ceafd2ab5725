"""Files and folders that are dragged onto a widget."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData


def dropped_paths(mime: QMimeData) -> list[Path]:
    """The local files and folders of a drag, in the order given; links to the web are left out."""
    return [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
