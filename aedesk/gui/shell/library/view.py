"""The view of the library: the open pictures as thumbnails."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QPersistentModelIndex, QPoint, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPalette,
)
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

from aedesk.gui.shell.library.delegate import THUMBNAIL_PX, LibraryDelegate
from aedesk.gui.shell.library.model import LibraryModel, PathRole
from aedesk.gui.shell.library.thumbnails import Thumbnailer, ThumbnailLoader
from aedesk.gui.widgets.drops import dropped_paths
from aedesk.gui.widgets.viewer.painting import qimage

EMPTY_MESSAGE = "Drop pictures or folders here"


class LibraryView(QListView):
    """A list of pictures, identified by their paths, which need not exist.

    Args:
        thumbnailer: (path, edge_px) -> (h, w, 3) uint8, called on a background thread; it may raise.

    Signals:
        current_path_changed(object): the current Path, or None.
        selected_paths_changed(list[Path]): the selection has changed.
        files_dropped(list[Path]): files or folders were dropped.
        remove_requested(list[Path]): Delete was pressed.
        menu_requested(list[Path], QPoint): right click or menu key; the point is in global pixels.
    """

    current_path_changed = Signal(object)
    selected_paths_changed = Signal(list)
    files_dropped = Signal(list)
    remove_requested = Signal(list)
    menu_requested = Signal(list, QPoint)

    def __init__(self, thumbnailer: Thumbnailer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("libraryView")
        self.setAccessibleName("Library")
        self.setAccessibleDescription("Open pictures. Delete removes the selected ones from the list, not from the disk.")
        self._loader = ThumbnailLoader(thumbnailer, round(THUMBNAIL_PX * self.devicePixelRatioF()), self)
        self._model = LibraryModel(self._loader, self)
        self.setModel(self._model)
        self.setItemDelegate(LibraryDelegate(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setSpacing(2)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.viewport().setAcceptDrops(True)  # Movement.Static has turned it off
        self.setDefaultDropAction(Qt.DropAction.CopyAction)

    # The interface of the window

    @property
    def paths(self) -> list[Path]:
        """All paths in the order of the list."""
        return self._model.paths

    @property
    def current_path(self) -> Path | None:
        """The current path; None if there is none."""
        index = self.currentIndex()
        return index.data(PathRole) if index.isValid() else None

    @property
    def selected_paths(self) -> list[Path]:
        """The selected paths in the order of the list."""
        return [index.data(PathRole) for index in sorted(self.selectedIndexes(), key=QModelIndex.row)]

    def add_paths(self, paths: Iterable[Path]) -> list[Path]:
        """Appends pictures without selecting them. Returns those that are new."""
        return self._model.add(paths)

    def remove_paths(self, paths: Iterable[Path]) -> None:
        """Removes pictures; a neighbour of the current one becomes current."""
        self._model.remove(paths)

    def set_current(self, path: Path) -> None:
        """Selects one picture and scrolls to it."""
        row = self._model.row_of(path)
        if row is not None:
            index = self._model.index(row)
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
            self.scrollTo(index)

    def set_badge(self, path: Path, badge: str, *, percent: int = 0, text: str = "") -> None:
        """Sets the badge "working" (with ``percent``), "done", "failed" (``text`` is the error), "modified" or "" (none)."""
        self._model.set_badge(path, badge, percent=percent, text=text)

    def set_thumbnail(self, path: Path, pixels: np.ndarray | None) -> None:
        """Sets an (h, w, 3 or 4) uint8 thumbnail; None reads the file again."""
        self._model.set_thumbnail(path, None if pixels is None else qimage(pixels))

    def shutdown(self) -> None:
        """Ends the thread now; otherwise it ends when the widget is destroyed."""
        self._loader.stop()

    # Internals

    def sizeHint(self) -> QSize:
        return QSize(THUMBNAIL_PX + 48, 400)

    def minimumSizeHint(self) -> QSize:
        return QSize(THUMBNAIL_PX + 40, 160)

    def currentChanged(self, current: QModelIndex | QPersistentModelIndex, previous: QModelIndex | QPersistentModelIndex) -> None:
        super().currentChanged(current, previous)
        self.current_path_changed.emit(current.data(PathRole) if current.isValid() else None)

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        super().selectionChanged(selected, deselected)
        self.selected_paths_changed.emit(self.selected_paths)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.selected_paths:
            self.remove_requested.emit(self.selected_paths)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.selected_paths:
            self.menu_requested.emit(self.selected_paths, event.globalPos())

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.source() is not self and dropped_paths(event.mimeData()):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if event.source() is not self:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.files_dropped.emit(dropped_paths(event.mimeData()))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._model.rowCount():
            painter = QPainter(self.viewport())
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            room = self.viewport().rect().adjusted(16, 16, -16, -16)
            painter.drawText(room, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), EMPTY_MESSAGE)
            painter.end()
