"""The main window: creates its parts, connects them, and dispatches the actions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QTimer, QUrl, Signal, Slot
from PySide6.QtGui import QCloseEvent, QDesktopServices, QDragEnterEvent, QDropEvent, QPaintEvent
from PySide6.QtWidgets import QApplication, QMainWindow

from aedesk.gui import dialogs
from aedesk.gui.diagnostics.log_setup import LogRelay
from aedesk.gui.documents.library import Document
from aedesk.gui.panels.base import Panel
from aedesk.gui.panels.registry import PANELS, PanelEntry
from aedesk.gui.shell.bars.device_selector import DeviceSelector
from aedesk.gui.shell.bars.status_bar import StatusBar
from aedesk.gui.shell.bars.tool_bar import fill_menus, fill_recent, fill_tool_bar
from aedesk.gui.shell.bars.view_bar import ViewBar
from aedesk.gui.shell.central_area import CentralArea
from aedesk.gui.shell.commands import undo_order
from aedesk.gui.shell.commands.availability import refresh_actions
from aedesk.gui.shell.commands.file_commands import FileCommands
from aedesk.gui.shell.commands.table import MODES, make_actions
from aedesk.gui.shell.docks import add_docks
from aedesk.gui.shell.job_list import JobsView
from aedesk.gui.shell.job_list.binding import JobListBinding
from aedesk.gui.shell.library import LibraryView
from aedesk.gui.shell.library.aed_thumbnails import AedThumbnails
from aedesk.gui.shell.library.binding import LibraryBinding
from aedesk.gui.shell.log_view import LogView
from aedesk.gui.shell.messages import Messages
from aedesk.gui.shell.panel_stack import PanelStack
from aedesk.gui.shell.presenter import Presenter
from aedesk.gui.shell.window_layout import initial_size, restore_window_layout, save_window_layout
from aedesk.gui.widgets.banner import Banner
from aedesk.gui.widgets.drops import dropped_paths
from aedesk.gui.widgets.style import theme
from aedesk.gui.widgets.viewer import CompareView
from aedesk.gui.workspace import Workspace

MAX_CLOSE_S = 3.0


class MainWindow(QMainWindow):
    """Signals:
    first_painted: the window is on the screen.
    ready: all panels exist; slow work may start.
    closing: the user has closed the window; running work is ended next.
    ended: the window is closed and nothing runs any more.
    """

    first_painted = Signal()
    ready = Signal()
    closing = Signal()
    ended = Signal()

    def __init__(self, workspace: Workspace, log: LogRelay | None = None, log_path: Path | None = None) -> None:
        super().__init__()
        self.setObjectName("mainWindow")
        self.setWindowTitle("aedesk")
        self.setAcceptDrops(True)
        self.resize(initial_size(self.screen().availableSize()))
        self.workspace = workspace
        self._log_path = log_path
        self._painted = self._closing = False
        settings = workspace.settings
        self.viewer = CompareView()
        self.library_view = LibraryView(workspace.thumbnail_reader.thumbnail)
        self.jobs_view = JobsView()
        self.log_view = LogView()
        self.banner = Banner()
        self.commands = FileCommands(workspace, self)
        self.presenter = Presenter(workspace, self.viewer, self)
        self.library = LibraryBinding(workspace, self.library_view, self)
        self._aed_thumbnails = AedThumbnails(workspace, self.library_view, self)
        self.jobs = JobListBinding(workspace, self.jobs_view, self)
        self._messages = Messages(workspace, self.banner, self.log_view, log, self)
        self.actions_by_name = make_actions(self, self._handlers())
        self.view_bar = ViewBar(self.viewer, self.actions_by_name, settings["view_mode"])
        self.panel_stack = PanelStack(PANELS, self._make_panel)
        self._lay_out()
        self.setStatusBar(StatusBar(workspace, self.viewer, self))
        self._connect()
        self._restore_layout()
        self._refresh()
        self.viewer.setFocus()

    @property
    def panel(self) -> Panel:
        """The active panel, which Run applies to."""
        return self.panel_stack.current

    def _handlers(self) -> dict[str, Callable[[], object]]:
        commands = self.commands
        modes: dict[str, Callable[[], object]] = {name: partial(self._choose_mode, mode) for name, mode in MODES.items()}
        return modes | {
            "open": commands.open,
            "open_folder": commands.open_folder,
            "save": commands.save,
            "save_all": commands.save_all,
            "export_aed": lambda: self.panel_stack.panel("compress").run(self._chosen()),
            "close_picture": lambda: commands.close_documents(self._chosen()),
            "quit": self.close,
            "undo": self._undo,
            "redo": self._redo,
            "settings": self._edit_settings,
            "fit": self.viewer.fit,
            "actual": self.viewer.zoom_100,
            "zoom_in": self.viewer.zoom_in,
            "zoom_out": self.viewer.zoom_out,
            "previous": partial(self.workspace.library.move_current, -1),
            "next": partial(self.workspace.library.move_current, 1),
            "run": self._run,
            "run_all": self._run_all,
            "cancel": self.workspace.queue.cancel_all,
            "clear_jobs": self.jobs.clear_over,
            "reference": commands.load_reference,
            "manual": lambda: self._show_manual(self.panel_stack.page),
            "shortcuts": lambda: self._show_manual("shortcuts"),
            "show_log": self._show_log,
            "about": lambda: dialogs.show_about(self.workspace.inventory.devices, self),
        }

    def _lay_out(self) -> None:
        self._central_area = CentralArea(self.banner, [self.view_bar, self.viewer])
        self.setCentralWidget(self._central_area)
        self._docks = add_docks(self, self.library_view, self.panel_stack, self.jobs_view, self.log_view)
        fill_tool_bar(self, self.actions_by_name, DeviceSelector(self.workspace))
        self._recent_menu = fill_menus(self, self.actions_by_name, [dock.toggleViewAction() for dock in self._docks])

    def _connect(self) -> None:
        workspace = self.workspace
        workspace.library.current_changed.connect(self._refresh)
        workspace.library.changed.connect(self._refresh)
        workspace.library.removed.connect(self._refresh)
        workspace.library.added.connect(self._refresh)
        workspace.queue.busy_changed.connect(self._refresh)
        self.library_view.selected_paths_changed.connect(self._refresh)
        self.library_view.files_dropped.connect(self.commands.opener.open)
        self.viewer.files_dropped.connect(self.commands.opener.open)
        self.commands.opener.recent_changed.connect(self._fill_recent)
        self.panel_stack.changed.connect(self._on_panel)
        self.panel_stack.help_wanted.connect(self._show_manual)
        self._fill_recent()

    @Slot(str)
    def _show_manual(self, page: str) -> None:
        dialogs.show_manual(page, self)

    def _make_panel(self, entry: PanelEntry) -> Panel:
        panel = entry.load()(self.workspace, self.viewer)
        panel.run_requested.connect(self._run)
        panel.run_all_requested.connect(self._run_all)
        panel.reference_requested.connect(self.commands.load_reference)
        panel.page_changed.connect(self._on_page)
        panel.versions_changed.connect(self._on_versions)
        panel.undo_changed.connect(self._refresh)
        return panel

    # Actions

    def _chosen(self) -> list[Document]:
        """The selected pictures, or the current one."""
        current = self.workspace.library.current
        return self.library.selected or ([current] if current is not None else [])

    @Slot()
    def _run(self) -> None:
        self.panel.run(self._chosen())

    @Slot()
    def _run_all(self) -> None:
        self.panel.run(self.workspace.library.documents)

    def _choose_mode(self, mode: str) -> None:
        self.view_bar.choose(mode)

    def _undo(self) -> None:
        undo_order.undo(self.panel.undo_stack, self.workspace.library)

    def _redo(self) -> None:
        undo_order.redo(self.panel.undo_stack, self.workspace.library)

    def _edit_settings(self) -> None:
        inventory = self.workspace.inventory
        choices = {
            "model": [(model.name, model.title or model.name) for model in inventory.models if model.purpose == "denoise"],
            "device": [(device.name, device.label) for device in inventory.devices],
        }
        before = inventory.device
        for panel in self.panel_stack.created:
            panel.save_settings()
        if dialogs.edit_settings(self.workspace.settings, choices, self):
            app = QApplication.instance()
            if isinstance(app, QApplication):
                theme.apply(app, self.workspace.settings["theme"])
            for panel in self.panel_stack.created:
                panel.load_settings()
            if inventory.device != before:
                inventory.device_changed.emit(inventory.device)
            self._save_settings()

    def _show_log(self) -> None:
        if self._log_path is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._log_path.parent)))

    # Updates

    @Slot()
    def _refresh(self, _about: object = None) -> None:
        library, chosen = self.workspace.library, self._chosen()
        document, documents = library.current, library.documents
        busy, picture_shown = self.workspace.queue.busy, self._central_area.shows_picture
        refresh_actions(self.actions_by_name, library, chosen, self.panel, busy, picture_shown)
        self.panel.set_counts(len(chosen), len(documents))
        self.setWindowTitle("aedesk" if document is None else f"{document.name}[*] \N{EN DASH} aedesk")
        self.setWindowModified(any(each.modified for each in documents))

    @Slot(str)
    def _on_panel(self, _name: str) -> None:
        self._central_area.show_for(self.panel)
        self.view_bar.set_names(self.panel.captions)
        self.presenter.present_by(self.panel.versions)
        for panel in sorted(self.panel_stack.created, key=lambda panel: panel is self.panel):  # the one that leaves goes first
            panel.set_active(panel is self.panel)
        self.viewer.set_texts(self.panel.captions, self.panel.placeholders)
        self._refresh()

    @Slot()
    def _on_page(self) -> None:
        if self.sender() is self.panel:
            self._central_area.show_for(self.panel)
            self._refresh()

    @Slot()
    def _on_versions(self) -> None:
        if self.sender() is self.panel:
            self.presenter.refresh()

    @Slot()
    def _fill_recent(self) -> None:
        fill_recent(self._recent_menu, self.workspace.settings["recent_files"], lambda path: self.commands.opener.open([path]))

    # Layout, first paint, drag and drop, closing

    def _restore_layout(self) -> None:
        restore_window_layout(self, self.workspace.settings)
        self.panel_stack.choose(self.workspace.settings["panel"])
        self._on_panel(self.panel_stack.name)

    def _save_settings(self) -> None:
        settings = self.workspace.settings
        save_window_layout(self, settings)
        for panel in self.panel_stack.created:
            panel.save_settings()
        settings["view_mode"] = self.viewer.mode
        settings["panel"] = self.panel_stack.name
        try:
            settings.save()
        except OSError as error:
            self.workspace.notify(f"The settings could not be saved: {error.strerror or error}.", "warning")

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self.first_painted.emit)
            QTimer.singleShot(0, self._make_panels)

    @Slot()
    def _make_panels(self) -> None:
        """Creates the panels one at a time, so that the window stays responsive."""
        if self._closing:
            return
        if self.panel_stack.create_next():
            QTimer.singleShot(0, self._make_panels)
        else:
            self.ready.emit()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_paths(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.commands.opener.open(dropped_paths(event.mimeData()))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Asks about unsaved results, then hides the window at once and ends what runs, within a time limit."""
        if not self._closing:
            event.ignore()
            self.commands.before_quit(self._end)
            return
        event.accept()

    def _end(self) -> None:
        self._closing = True
        self.closing.emit()
        self._save_settings()
        self.hide()
        self.panel.set_active(False)
        for panel in self.panel_stack.created:
            panel.shutdown()
        self.workspace.shutdown(MAX_CLOSE_S)
        self.viewer.shutdown()
        self.library_view.shutdown()
        self.close()
        self.ended.emit()
