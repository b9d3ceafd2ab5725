"""The table of the window's commands, from which menus, tool bar, shortcuts and the Help page are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from aedesk.gui.widgets.style import icons


@dataclass(frozen=True)
class ActionRow:
    """One command.

    Args:
        name: object name, and key of its handler.
        text: menu text with its mnemonic.
        tip: one sentence for the tool bar and the Help page.
        keys: shortcuts, of which the first is shown.
        menu: title of its menu; empty for none.
        icon: a name of ``widgets.style.icons``.
        gap: a separator above it in the menu.
    """

    name: str
    text: str
    tip: str
    keys: tuple[str, ...] = ()
    menu: str = ""
    icon: str = ""
    gap: bool = False
    checkable: bool = False


MENUS = ("&File", "&Edit", "&View", "&Picture", "&Help")

ROWS: tuple[ActionRow, ...] = (
    ActionRow("open", "&Open\u2026", "Open pictures", ("Ctrl+O",), "&File", "open"),
    ActionRow(
        "open_folder", "Open &folder\u2026", "Open all pictures in a folder and the folders inside it", ("Ctrl+Shift+O",), "&File", "folder"
    ),
    ActionRow("save", "&Save as\u2026", "Save the result of this picture", ("Ctrl+S",), "&File", "save", gap=True),
    ActionRow("save_all", "Save &all\u2026", "Save all results in a folder", ("Ctrl+Shift+S",), "&File", "save-all"),
    ActionRow(
        "export_aed",
        "&Export .aed\u2026",
        "Export the selected pictures as .aed files with the settings of the Compress panel",
        ("Ctrl+E",),
        "&File",
        "export",
    ),
    ActionRow(
        "close_picture",
        "&Close picture",
        "Remove the selected pictures from the library; their files are kept",
        ("Ctrl+W",),
        "&File",
        gap=True,
    ),
    ActionRow("quit", "&Quit", "Close the window", ("Ctrl+Q",), "&File", gap=True),
    ActionRow("undo", "&Undo", "Undo the last edit of this picture", ("Ctrl+Z",), "&Edit", "undo"),
    ActionRow("redo", "&Redo", "Redo the edit that was undone", ("Ctrl+Y", "Ctrl+Shift+Z"), "&Edit", "redo"),
    ActionRow("settings", "&Settings\u2026", "Change theme, defaults, quality and memory", ("Ctrl+,",), "&Edit", "settings", gap=True),
    ActionRow("mode_single", "&Single", "Show one version of the picture", ("Alt+1",), "&View", "single", checkable=True),
    ActionRow(
        "mode_split",
        "S&plit",
        "Show before and after on the two sides of a movable line",
        ("Alt+2",),
        "&View",
        "split",
        checkable=True,
    ),
    ActionRow(
        "mode_side_by_side", "Side &by side", "Show before and after side by side", ("Alt+3",), "&View", "side-by-side", checkable=True
    ),
    ActionRow(
        "mode_three_views",
        "&Three views",
        "Show the original, the noisy copy and the result",
        ("Alt+4",),
        "&View",
        "three-views",
        checkable=True,
    ),
    ActionRow("mode_difference", "&Difference", "Show the amplified difference", ("Alt+5",), "&View", "difference", checkable=True),
    ActionRow("fit", "&Fit to window", "Show the whole picture", ("Ctrl+0",), "&View", "zoom-fit", gap=True),
    ActionRow("actual", "&Actual pixels", "Show one picture pixel per screen pixel", ("Ctrl+1",), "&View", "zoom-100"),
    ActionRow("zoom_in", "Zoom &in", "Zoom in", ("Ctrl++", "Ctrl+="), "&View", "zoom-in"),
    ActionRow("zoom_out", "Zoom &out", "Zoom out", ("Ctrl+-",), "&View", "zoom-out"),
    ActionRow("previous", "P&revious picture", "Show the previous picture", ("Alt+Left",), "&Picture"),
    ActionRow("next", "&Next picture", "Show the next picture", ("Alt+Right",), "&Picture"),
    ActionRow("run", "&Restore", "Run the tool on the right on the selected pictures", ("Ctrl+R", "F5"), "&Picture", "run", gap=True),
    ActionRow("run_all", "Restore &all", "Run the tool on all pictures in the library", ("Ctrl+Shift+R",), "&Picture"),
    ActionRow("cancel", "&Cancel", "Cancel the running and waiting jobs", ("Esc",), "&Picture", "cancel"),
    ActionRow("clear_jobs", "Clear &finished jobs", "Remove finished jobs from the list", (), "&Picture"),
    ActionRow(
        "reference",
        "Load re&ference\u2026",
        "Choose the clean original of this picture to compute PSNR and SSIM",
        ("Ctrl+L",),
        "&Picture",
        gap=True,
    ),
    ActionRow("manual", "&Manual", "Open the manual at the page of this panel", ("F1",), "&Help", "help"),
    ActionRow("shortcuts", "&Keyboard and mouse", "List the keyboard shortcuts and mouse actions", ("Ctrl+F1",), "&Help"),
    ActionRow("show_log", "Open &log folder", "Open the folder that contains the log file", (), "&Help"),
    ActionRow("about", "&About aedesk", "Show versions and licences", (), "&Help", gap=True),
)

MODES: Mapping[str, str] = {
    f"mode_{mode.replace('-', '_')}": mode for mode in ("single", "split", "side-by-side", "three-views", "difference")
}


def make_actions(window: QWidget, handlers: Mapping[str, Callable[[], object]]) -> dict[str, QAction]:
    """Returns the window's actions by name. Raises KeyError if a row has no handler or a handler no row."""
    unknown = set(handlers) ^ {row.name for row in ROWS}
    if unknown:
        raise KeyError(f"actions and handlers do not match: {', '.join(sorted(unknown))}")
    actions = {}
    for row in ROWS:
        action = QAction(row.text, window)
        action.setObjectName(f"action_{row.name}")
        action.setShortcuts([QKeySequence(keys) for keys in row.keys])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        shown = f" ({action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)})" if row.keys else ""
        action.setToolTip(row.tip + shown)
        action.setStatusTip(row.tip)
        if row.icon:
            action.setIcon(icons.icon(row.icon))
        action.setCheckable(row.checkable)
        action.triggered.connect(_without_argument(handlers[row.name]))
        window.addAction(action)
        actions[row.name] = action
    return actions


def _without_argument(handler: Callable[[], object]) -> Callable[[bool], None]:
    def triggered(_checked: bool = False) -> None:
        handler()

    return triggered
