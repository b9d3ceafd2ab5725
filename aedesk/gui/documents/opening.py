"""Opens files and folders."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from aedesk.gui.documents.aed_files import is_openable
from aedesk.gui.workspace import Workspace

MAX_RECENT = 12


class Opener(QObject):
    """Searches folders off the window's thread, adds their pictures to the library and makes the first one current."""

    recent_changed = Signal()

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace

    def open(self, paths: Iterable[Path], *, remember: bool = True) -> None:
        """Opens files and folders. A given file is opened whatever its suffix; in folders only pictures are.

        Args:
            remember: add them to the recent files.
        """
        named = [path.absolute() for path in paths]
        if any(path.is_dir() for path in named):
            self._workspace.pool.run(lambda: find_pictures(named), lambda found: self._add(named, found, remember))
        else:
            self._add(named, named, remember)

    def _add(self, named: list[Path], found: list[Path], remember: bool) -> None:
        if not found:
            names = ", ".join(path.name for path in named)
            self._workspace.notify(f"There are no pictures in {names}.", "warning")
            return
        documents = self._workspace.library.add(found)
        self._workspace.library.set_current(documents[0])
        if remember:
            self._remember(named)

    def _remember(self, named: list[Path]) -> None:
        settings = self._workspace.settings
        first = named[0]
        settings["last_folder"] = str(first if first.is_dir() else first.parent)
        files = [str(path) for path in named]
        settings["recent_files"] = (files + [known for known in settings["recent_files"] if known not in files])[:MAX_RECENT]
        self.recent_changed.emit()


def find_pictures(paths: Iterable[Path]) -> list[Path]:
    """Returns the files among ``paths`` and the pictures inside its folders at any depth, sorted by name.

    Links to folders are not followed; hidden files and folders are skipped.
    """
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        for folder, folders, files in os.walk(path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            inside = (Path(folder) / name for name in sorted(files) if not name.startswith("."))
            found.extend(file for file in inside if is_openable(file))
    return found
