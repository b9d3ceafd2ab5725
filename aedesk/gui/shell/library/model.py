"""The list model of the library: path, thumbnail and badge of each picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractListModel, QMimeData, QModelIndex, QPersistentModelIndex, Qt, QUrl, Slot
from PySide6.QtGui import QImage

from aedesk.gui.shell.library.thumbnails import ThumbnailLoader

NONE, WORKING, DONE, FAILED, MODIFIED = "", "working", "done", "failed", "modified"
BADGES = (NONE, WORKING, DONE, FAILED, MODIFIED)
PathRole = Qt.ItemDataRole.UserRole
BadgeRole = Qt.ItemDataRole.UserRole + 1
PercentRole = Qt.ItemDataRole.UserRole + 2

_WORDS = {NONE: "", WORKING: "working", DONE: "restored", FAILED: "failed", MODIFIED: "not saved yet"}
Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


@dataclass
class _Entry:
    path: Path
    badge: str = NONE
    percent: int = 0
    text: str = ""
    thumbnail: QImage | None = None  # set by the program; others are in the loader's cache


class LibraryModel(QAbstractListModel):
    """Pictures in the order in which they were added; each path occurs once."""

    def __init__(self, loader: ThumbnailLoader, parent: Any = None) -> None:
        super().__init__(parent)
        self._loader = loader
        self._loader.loaded.connect(self._loaded)
        self._entries: list[_Entry] = []
        self._rows: dict[Path, int] = {}
        self._rows_valid = True

    # The interface of Qt

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        entry = self._entries[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return entry.path.name
            case Qt.ItemDataRole.DecorationRole:
                return entry.thumbnail or self._loader.get(entry.path)
            case Qt.ItemDataRole.ToolTipRole:
                return "\n".join(filter(None, [str(entry.path), entry.text or _WORDS[entry.badge].capitalize()]))
            case Qt.ItemDataRole.AccessibleTextRole:
                progress = f" {entry.percent} %" if entry.badge == WORKING else ""
                return ", ".join(filter(None, [entry.path.name, _WORDS[entry.badge] + progress]))
            case _ if role == PathRole:
                return entry.path
            case _ if role == BadgeRole:
                return entry.badge
            case _ if role == PercentRole:
                return entry.percent
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsDragEnabled | Qt.ItemFlag.ItemNeverHasChildren

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """Returns the files of the pictures for drag and drop."""
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(self._entries[index.row()].path)) for index in indexes])
        return mime

    # The interface of the window

    @property
    def paths(self) -> list[Path]:
        """All paths in the order of the list."""
        return [entry.path for entry in self._entries]

    def row_of(self, path: Path) -> int | None:
        """Returns the row of a path; None if it is not in the list."""
        return self._row_table().get(path)

    def add(self, paths: Iterable[Path]) -> list[Path]:
        """Appends pictures. Returns those that are new."""
        rows = self._row_table()
        fresh = [path for path in dict.fromkeys(paths) if path not in rows]
        if fresh:
            first = len(self._entries)
            self.beginInsertRows(QModelIndex(), first, first + len(fresh) - 1)
            self._entries += map(_Entry, fresh)
            rows.update({path: first + i for i, path in enumerate(fresh)})
            self.endInsertRows()
        return fresh

    def remove(self, paths: Iterable[Path]) -> None:
        """Removes pictures; unknown paths are ignored."""
        rows = self._row_table()
        for row in sorted((rows[path] for path in set(paths) if path in rows), reverse=True):
            self.beginRemoveRows(QModelIndex(), row, row)
            self._loader.forget(self._entries.pop(row).path)
            self._rows_valid = False
            self.endRemoveRows()

    def set_badge(self, path: Path, badge: str, *, percent: int = 0, text: str = "") -> None:
        """Sets the badge of a picture.

        Args:
            badge: one of ``BADGES``; "" removes it.
            percent: progress that is shown with "working".
            text: error message for the tooltip.
        """
        if badge not in BADGES:
            raise ValueError(f"there is no badge {badge!r}")
        row = self.row_of(path)
        if row is not None and (entry := self._entries[row]) and (entry.badge, entry.percent, entry.text) != (badge, percent, text):
            entry.badge, entry.percent, entry.text = badge, percent, text
            self._changed(row)

    def set_thumbnail(self, path: Path, image: QImage | None) -> None:
        """Sets a thumbnail, for example of the result; None loads it from the file again."""
        row = self.row_of(path)
        if row is not None:
            self._entries[row].thumbnail = image
            if image is None:
                self._loader.forget(path)
            self._changed(row)

    def _row_table(self) -> dict[Path, int]:
        if not self._rows_valid:  # rebuilt on demand, only once after many removals
            self._rows = {entry.path: row for row, entry in enumerate(self._entries)}
            self._rows_valid = True
        return self._rows

    def _changed(self, row: int) -> None:
        index = self.index(row)
        self.dataChanged.emit(index, index)

    @Slot(object)
    def _loaded(self, path: Path) -> None:
        row = self.row_of(path)
        if row is not None:  # it may have been removed while it was read
            self._changed(row)
