"""The controls for the mask: tools, brush, edges and files."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QGridLayout, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from aedesk.gui.panels.erase.mask_editor import MAX_BRUSH_PX, MIN_BRUSH_PX, MaskEditor
from aedesk.gui.panels.erase.mask_files import MaskFiles
from aedesk.gui.panels.erase.tools import TOOLS
from aedesk.gui.widgets.inputs.forms import number
from aedesk.gui.widgets.inputs.sliders import LabeledSlider
from aedesk.gui.widgets.style.icons import icon

_ICON_PX = 20
_MAX_EDGE_PX = 64
_MIN_RANGE_PX = 100


class MaskControls(QWidget):
    """Shows the state of the editor and passes commands to it."""

    def __init__(self, editor: MaskEditor, mask_files: MaskFiles, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("maskControls")
        self._editor = editor
        self._covered = QLabel()
        self._covered.setObjectName("maskCovered")
        self._covered.setProperty("quiet", True)
        self._group = QButtonGroup(self)
        self._size = LabeledSlider("Brush", MIN_BRUSH_PX, MAX_BRUSH_PX, editor.brush_px, unit="px")
        self._size.setObjectName("brushSize")
        self._size.setToolTip("Diameter of brush and eraser in picture pixels; [ and ] change it")
        self._edge = number("maskEdge", "Width for Grow, Shrink and Feather", 1, _MAX_EDGE_PX, 4, " px")
        self._edge.setToolTip("Width for Grow, Shrink and Feather, in pixels")
        self._show = QCheckBox("Sho&w")
        self._show.setObjectName("maskShow")
        self._show.setAccessibleName("Show the mask")
        self._show.setToolTip("Show what will be erased in red")
        self._show.setChecked(True)
        self._one = QCheckBox("Same mask for &other pictures of this size")
        self._one.setObjectName("maskOne")
        self._one.setToolTip("For a date stamp or watermark at the same position in all pictures")
        edge, press = self._edge, self._button
        self._whole = [
            press("&Grow", "maskGrow", "Expand the mask on all sides", lambda: editor.grow(edge.value())),
            press("Shri&nk", "maskShrink", "Contract the mask on all sides", lambda: editor.shrink(edge.value())),
            press(
                "Feather",
                "maskFeather",
                "Soften the edge of the mask so that the repair blends in",
                lambda: editor.feather(edge.value()),
            ),
            press("&Clear", "maskClear", "Remove the mask", editor.clear),
            press("&Save\N{HORIZONTAL ELLIPSIS}", "maskSave", "Save the mask as a PNG file", mask_files.save),
        ]
        self._always = [
            press("Inver&t", "maskInvert", "Swap erased and kept parts", editor.invert),
            press("&Load\N{HORIZONTAL ELLIPSIS}", "maskLoad", "Load the mask from a picture file; white is erased", mask_files.load),
        ]
        self._lay_out()
        self._size.value_changed.connect(editor.set_brush_px)
        self._group.buttonToggled.connect(self._on_tool)
        self._show.toggled.connect(editor.set_visible)
        self._one.toggled.connect(editor.set_one_for_all)
        editor.brush_changed.connect(self._size.set_value)
        editor.shown.connect(self._on_shown)
        editor.changed.connect(self._refresh)
        for key, slot in (("[", editor.smaller_brush), ("]", editor.larger_brush)):
            QShortcut(QKeySequence(key), self, slot)
        self._refresh()

    @property
    def one_for_all(self) -> QCheckBox:
        """The check box for one mask for all pictures of a size."""
        return self._one

    def _lay_out(self) -> None:
        heading = QLabel("Mask")
        heading.setProperty("heading", True)
        top = QHBoxLayout()
        top.addWidget(heading)
        top.addSpacing(8)
        top.addWidget(self._covered)
        top.addStretch(1)
        top.addWidget(self._show)
        tools = QHBoxLayout()
        tools.setSpacing(4)
        for entry in TOOLS:
            button = QToolButton()
            button.setObjectName(f"maskTool_{entry.name}")
            button.setText(entry.title)
            button.setIcon(icon(entry.icon))
            button.setIconSize(QSize(_ICON_PX, _ICON_PX))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            button.setAccessibleName(entry.title)
            button.setToolTip(entry.tip)
            button.setCheckable(True)
            button.setProperty("segment", True)
            button.setProperty("compact", True)
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            policy = button.sizePolicy()
            policy.setHorizontalPolicy(policy.Policy.Expanding)
            button.setSizePolicy(policy)
            button.setChecked(entry.name == self._editor.tool)
            self._group.addButton(button)
            tools.addWidget(button, 1)
        grid = QGridLayout()
        grid.setSpacing(4)
        grow, shrink, feather, clear, save = self._whole
        invert, load = self._always
        rows: tuple[tuple[QWidget, ...], ...] = ((grow, shrink, feather, self._edge), (invert, clear, load, save))
        for row, widgets in enumerate(rows):
            for column, widget in enumerate(widgets):
                grid.addWidget(widget, row, column)
                grid.setColumnStretch(column, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(6)
        whole.addLayout(top)
        whole.addLayout(tools)
        whole.addWidget(self._size)
        whole.addLayout(grid)
        whole.addWidget(self._one)

    def _button(self, text: str, name: str, tip: str, pressed: Callable[[], None]) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setToolTip(tip)
        button.setProperty("compact", True)
        button.clicked.connect(lambda _checked=False: pressed())
        return button

    @Slot(QToolButton, bool)
    def _on_tool(self, button: QToolButton, checked: bool) -> None:
        if checked:
            self._editor.set_tool(button.objectName().removeprefix("maskTool_"))

    @Slot()
    def _on_shown(self) -> None:
        with QSignalBlocker(self._show):
            self._show.setChecked(True)

    @Slot()
    def _refresh(self) -> None:
        mask, marked = self._editor.mask, self._editor.marked
        if mask is not None:
            self._size.set_range(MIN_BRUSH_PX, min(max(max(mask.size) // 8, _MIN_RANGE_PX, self._editor.brush_px), MAX_BRUSH_PX))
        for button in self._whole:
            button.setEnabled(mask is not None and not mask.empty)
        for button in self._always:
            button.setEnabled(mask is not None)
        if marked is not None:
            self._covered.setText(format_share(self._editor.share))
        else:
            self._covered.setText("empty" if mask is None or mask.empty else "already erased")


def format_share(share: float) -> str:
    """Returns the marked share of the picture, 0 to 1, in per cent."""
    per_cent = 100 * share
    digits = 0 if per_cent >= 10 else 1 if per_cent >= 1 else 2
    return f"{per_cent:.{digits}f} % of the picture" if per_cent >= 0.01 else "below 0.01 % of the picture"
