"""Every command of the window is one row: it drives the menus, the tool bar, the shortcuts and the Help page."""

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
        name: the object name, and the key of its handler.
        text: as it stands in the menu, with its mnemonic.
        tip: one sentence, for the tool bar and the Help page.
        keys: shortcuts, the first one is shown.
        menu: where it stands; empty for none.
        icon: a name of ``widgets.icons``.
        gap: a line above it in the menu.
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
    ActionRow("save", "&Save as\u2026", "Save the result of this picture in a file", ("Ctrl+S",), "&File", "save", gap=True),
    ActionRow("save_all", "Save &all\u2026", "Save every result in a folder", ("Ctrl+Shift+S",), "&File", "save-all"),
    ActionRow(
        "export_aed",
        "&Export .aed\u2026",
        "Write the chosen pictures as small .aed files, as the Compress panel says",
        ("Ctrl+E",),
        "&File",
        "export",
    ),
    ActionRow(
        "close_picture", "&Close picture", "Take the selected pictures out of the library; their files stay", ("Ctrl+W",), "&File", gap=True
    ),
    ActionRow("quit", "&Quit", "Close the window", ("Ctrl+Q",), "&File", gap=True),
    ActionRow("undo", "&Undo", "Take back the last step of this picture", ("Ctrl+Z",), "&Edit", "undo"),
    ActionRow("redo", "&Redo", "Do the step again that was taken back", ("Ctrl+Y", "Ctrl+Shift+Z"), "&Edit", "redo"),
    ActionRow("settings", "&Settings\u2026", "Theme, defaults, quality, memory", ("Ctrl+,",), "&Edit", "settings", gap=True),
    ActionRow("mode_single", "&Single", "Show one version of the picture", ("Alt+1",), "&View", "single", checkable=True),
    ActionRow(
        "mode_split",
        "S&plit",
        "Show before and after on the two sides of a line that can be moved",
        ("Alt+2",),
        "&View",
        "split",
        checkable=True,
    ),
    ActionRow(
        "mode_side_by_side", "Side &by side", "Show before and after side by side", ("Alt+3",), "&View", "side-by-side", checkable=True
    ),
    ActionRow("mode_three_up", "&Three-up", "Show original, noisy and reconstructed", ("Alt+4",), "&View", "three-up", checkable=True),
    ActionRow("mode_difference", "&Difference", "Show what was changed, made visible", ("Alt+5",), "&View", "difference", checkable=True),
    ActionRow("fit", "&Fit to window", "Show the whole picture", ("Ctrl+0",), "&View", "zoom-fit", gap=True),
    ActionRow("actual", "&Actual pixels", "Show one pixel of the picture as one of the screen", ("Ctrl+1",), "&View", "zoom-100"),
    ActionRow("zoom_in", "Zoom &in", "Look closer", ("Ctrl++", "Ctrl+="), "&View", "zoom-in"),
    ActionRow("zoom_out", "Zoom &out", "Look from further away", ("Ctrl+-",), "&View", "zoom-out"),
    ActionRow("previous", "P&revious picture", "Look at the picture before this one", ("Alt+Left",), "&Picture"),
    ActionRow("next", "&Next picture", "Look at the picture after this one", ("Alt+Right",), "&Picture"),
    ActionRow(
        "run", "&Restore", "Do what the panel on the right says, with the chosen pictures", ("Ctrl+R", "F5"), "&Picture", "run", gap=True
    ),
    ActionRow("run_all", "Restore &all", "Do it with every picture in the library", ("Ctrl+Shift+R",), "&Picture"),
    ActionRow("cancel", "&Cancel", "Stop the jobs that run and wait", ("Esc",), "&Picture", "cancel"),
    ActionRow("clear_jobs", "Clear &finished jobs", "Take what is over off the list of jobs", (), "&Picture"),
    ActionRow(
        "reference",
        "Load re&ference\u2026",
        "Choose the clean original of this picture, for PSNR and SSIM",
        ("Ctrl+L",),
        "&Picture",
        gap=True,
    ),
    ActionRow("manual", "&Manual", "Open the manual at the page of this panel", ("F1",), "&Help", "help"),
    ActionRow("shortcuts", "&Keyboard and mouse", "List the keyboard shortcuts and mouse actions", ("Ctrl+F1",), "&Help"),
    ActionRow("show_log", "Open &log folder", "Show the file with the details of what happened", (), "&Help"),
    ActionRow("about", "&About aedesk", "Versions and licences", (), "&Help", gap=True),
)

MODES: Mapping[str, str] = {
    f"mode_{mode.replace('-', '_')}": mode for mode in ("single", "split", "side-by-side", "three-up", "difference")
}


def make_actions(window: QWidget, handlers: Mapping[str, Callable[[], object]]) -> dict[str, QAction]:
    """The window's actions by name; a row without a handler or a handler without a row is an error at start."""
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
