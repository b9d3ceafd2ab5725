"""The viewer of the window: a canvas with mouse, wheel, touch pad, keyboard and drag and drop."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, Signal, Slot
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QGestureEvent, QPinchGesture, QWidget

from aedesk.gui.widgets.drops import dropped_paths
from aedesk.gui.widgets.inputs.sliders import LabeledSlider
from aedesk.gui.widgets.viewer import chrome
from aedesk.gui.widgets.viewer import layers as names
from aedesk.gui.widgets.viewer.canvas import Canvas
from aedesk.gui.widgets.viewer.pair_menu import pair_menu
from aedesk.gui.widgets.viewer.panes import Pane, split_x
from aedesk.gui.widgets.viewer.tool import Tool

_ARROW_STEP_PX = 64
BLANK_FROM_PX = 4
"""From this radius on the tool's circle replaces the cursor; a smaller one would be hard to find."""
_BY_KEYBOARD = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)
_ARROWS = {
    Qt.Key.Key_Left: QPointF(1, 0),
    Qt.Key.Key_Right: QPointF(-1, 0),
    Qt.Key.Key_Up: QPointF(0, 1),
    Qt.Key.Key_Down: QPointF(0, -1),
}


class CompareView(Canvas):
    """Up to three versions of a picture, linked in zoom and pan.

    Mouse: wheel zooms around the cursor, drag pans, double click toggles fit and 100 %, the split handle and the preview box
    can be dragged, a click on a caption chooses its version. Touch pad: two fingers pan, pinch or Ctrl and two fingers
    zoom. Keys: + - zoom, 0 fit, 1 100 %, arrows pan, Ctrl and arrows move the split, Space (held) shows the version before,
    L (held) shows a loupe, the menu key chooses versions. A tool uses the left button; the middle button still pans.

    Signals:
        hovered(x, y): the picture pixel under the cursor, or (-1, -1).
        preview_box_moved(QRect): the preview box is being dragged; picture pixels.
        files_dropped(list[Path]): files or folders were dropped.
        loupe_toggled(bool): the loupe was shown or hidden.
    """

    hovered = Signal(int, int)
    preview_box_moved = Signal(QRect)
    files_dropped = Signal(list)
    loupe_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compareView")
        self.setAccessibleName("Picture viewer")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAcceptDrops(True)
        self.grabGesture(Qt.GestureType.PinchGesture)
        self._drag = ""
        self._tool: Tool | None = None
        self._tool_pane = 0
        self._last = QPointF()
        self._box_grip = QPointF()
        self._mouse: QPoint | None = None
        self._loupe_on = self._loupe_held = False
        self._gain_slider = LabeledSlider("Amplify", 1, 32, self.gain, unit="×", decimals=0, parent=self)
        self._gain_slider.setObjectName("differenceGain")
        self._gain_slider.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._gain_slider.setContentsMargins(14, 6, 8, 6)
        self._gain_slider.value_changed.connect(self.set_gain)
        self._gain_slider.hide()
        self.mode_changed.connect(self._show_gain)

    # Loupe

    @property
    def loupe(self) -> bool:
        """Whether the loupe is shown."""
        return self._loupe_on or self._loupe_held

    def set_loupe(self, on: bool) -> None:
        """Shows the loupe at the cursor until it is turned off (the L key shows it while it is held)."""
        self._loupe_on = on
        self._loupe_changed()

    def _loupe_changed(self) -> None:
        if self.loupe and self._mouse is None:
            self._loupe_at = self.rect().center()
        else:
            self._loupe_at = self._mouse if self.loupe else None
        self.loupe_toggled.emit(self.loupe)
        self.update()

    # Tool

    def set_tool(self, tool: Tool | None) -> None:
        """Sets the tool of the left button; None pans."""
        if self._drag == "tool" and tool is not self._tool:
            self._end_tool(self._last)
        self._tool = tool
        self.refresh_tool()

    def refresh_tool(self) -> None:
        """Updates the display after a change of the tool's size or outline."""
        tool, ring = self._tool, None
        at = self._mouse
        if tool is not None and tool.radius_px and at is not None and (self._drag == "tool" or self._target(QPointF(at)) == "tool"):
            ring = QPointF(at), tool.radius_px * self.scale / self.devicePixelRatioF()
        self._show_ring(ring)
        self._show_outline(self._tool_pane, tool.outline if tool is not None else ())
        if not self._drag:
            self._show_cursor()

    def _begin_tool(self, tool: Tool, position: QPointF, keys: Qt.KeyboardModifier) -> None:
        panes = self.panes()
        self._tool_pane = panes.index(self._pane_at(position))
        tool.press(self._tool_place(position), keys)
        self.refresh_tool()

    def _end_tool(self, position: QPointF) -> None:
        self._drag = ""
        if self._tool is not None:
            self._tool.release(self._tool_place(position))
        self.refresh_tool()

    def _tool_place(self, position: QPointF) -> tuple[float, float]:
        """Returns picture coordinates relative to the pane in which the drag began, which it may leave."""
        pane: Pane = self.panes()[self._tool_pane]
        inside = (position - QPointF(pane.rect.topLeft())) * self.devicePixelRatioF()
        return self._view.to_picture(inside.x(), inside.y())

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._drag == "tool":
            return None
        if event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton) or not self._content.present:
            return super().mousePressEvent(event)
        self._last = event.position()
        if self._target(self._last) == "caption":
            self._open_pair_menu(self._last.toPoint())
            return None
        self._drag = self._target(self._last) if event.button() == Qt.MouseButton.LeftButton else "pan"
        if self._drag == "box" and self._box is not None:
            self._box_grip = self.map_to_picture(self._last) - QPointF(self._box.topLeft())
        if self._drag == "tool" and self._tool is not None:
            self._begin_tool(self._tool, self._last, event.modifiers())
        self._show_cursor(pressed=True)
        return None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        position = event.position()
        moved, self._last = position - self._last, position
        if self._drag == "pan":
            self.pan(moved.x(), moved.y())
        elif self._drag == "split":
            self.set_split(position.x() / max(1, self.width()))
        elif self._drag == "box":
            self._move_box(position)
        elif self._drag == "tool" and self._tool is not None:
            self._tool.drag(self._tool_place(position))
        self._mouse = position.toPoint()
        if self._tool is not None:
            self.refresh_tool()
        elif not self._drag:
            self._show_cursor()
        if self.loupe:
            self._loupe_at = self._mouse
            self.update()
        self._hover(position)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._drag == "tool":
            if event.button() == Qt.MouseButton.LeftButton:
                self._end_tool(event.position())
            return
        self._drag = ""
        self._show_cursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if self._target(event.position()) == "tool":
            self.mousePressEvent(event)
        elif self._target(event.position()) == "split":
            self.set_split(0.5)
        elif self.fitted and not math.isclose(self.scale, 1.0):
            self.zoom_to(1.0, event.position())
        else:
            self.fit()

    def leaveEvent(self, event: QEvent) -> None:
        self._mouse = None
        if not self._drag:
            self._loupe_at = None
            self.update()
        self._show_ring(None)
        self.hovered.emit(-1, -1)

    def wheelEvent(self, event: QWheelEvent) -> None:
        pixels, angle = event.pixelDelta(), event.angleDelta()
        zooming = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        touch_pad = not pixels.isNull() and event.phase() != Qt.ScrollPhase.NoScrollPhase
        if touch_pad and not zooming:
            self.pan(pixels.x(), pixels.y())
        else:
            steps = angle.y() / 120 if angle.y() else pixels.y() / 60
            self.zoom_to(self.scale * 2 ** (steps / 2), event.position())
        self.refresh_tool()
        self._hover(event.position())
        event.accept()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self.zoom_to(self.scale * (1 + event.value()), event.position())
            return True
        if isinstance(event, QGestureEvent):
            pinch = event.gesture(Qt.GestureType.PinchGesture)
            if isinstance(pinch, QPinchGesture):
                self.zoom_to(self.scale * pinch.scaleFactor(), self.mapFromGlobal(pinch.centerPoint()))
                return True
        return super().event(event)

    # Keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_in()
        elif key == Qt.Key.Key_Minus:
            self.zoom_out()
        elif key == Qt.Key.Key_0:
            self.fit()
        elif key == Qt.Key.Key_1:
            self.zoom_100()
        elif key in _ARROWS and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_split(self.split - 0.02 * _ARROWS[key].x())
        elif key in _ARROWS:
            step = _ARROWS[key] * _ARROW_STEP_PX
            self.pan(step.x(), step.y())
        elif key == Qt.Key.Key_Space:
            self.set_peek(True)
        elif key == Qt.Key.Key_L:
            self._hold_loupe(True)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.isAutoRepeat():
            return
        if event.key() == Qt.Key.Key_Space:
            self.set_peek(False)
        elif event.key() == Qt.Key.Key_L:
            self._hold_loupe(False)
        else:
            super().keyReleaseEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Draws a focus frame if the focus came by keyboard."""
        self._focus_frame = event.reason() in _BY_KEYBOARD
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Ends the state of held keys, whose release would go elsewhere."""
        self.set_peek(False)
        self._hold_loupe(False)
        self._focus_frame = False
        self.update()

    def _hold_loupe(self, held: bool) -> None:
        if held != self._loupe_held:
            self._loupe_held = held
            self._loupe_changed()

    # Choice of versions

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Opens the choice of versions for the pane under the cursor, also by the menu key."""
        self._open_pair_menu(event.pos())

    def _caption_at(self, point: QPoint) -> int | None:
        """Returns the pane whose caption is at ``point`` and offers a choice."""
        return next((index for plate, index in self._plates if plate.contains(point) and len(self._pair_choices(index)) > 1), None)

    def _open_pair_menu(self, point: QPoint) -> None:
        side = self._caption_at(point)
        if side is None:
            side = self.panes().index(self._pane_at(QPointF(point)))
        offered = self._pair_choices(side)
        if len(offered) > 1:
            pair_menu(self, offered, self.pair, lambda pair: self.set_pair(*pair)).popup(self.mapToGlobal(point))

    # Drag and drop

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_paths(event.mimeData()):
            self._dropping = True
            self.update()
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._dropping = False
        self.update()

    def dropEvent(self, event: QDropEvent) -> None:
        self._dropping = False
        self.update()
        event.acceptProposedAction()
        self.files_dropped.emit(dropped_paths(event.mimeData()))

    # Internals

    def _target(self, position: QPointF) -> str:
        """Returns the target of a press at this point: "caption", "split", "box", "tool" or "pan"."""
        if self._caption_at(position.toPoint()) is not None:
            return "caption"
        panes = self.panes()
        splitting = len(panes) == 2 and panes[0].rect == panes[1].rect
        if splitting and abs(position.x() - split_x(self.rect(), self.split)) <= chrome.HANDLE_REACH_PX:
            return "split"
        if self._box is not None and QRectF(self._box).contains(self.map_to_picture(position)):
            return "box"
        return "pan" if self._tool is None else "tool"

    def _move_box(self, position: QPointF) -> None:
        if self._box is None:
            return
        corner = self.map_to_picture(position) - self._box_grip
        width, height = self._content.size
        box = QRect(self._box)
        box.moveTo(
            min(max(0, round(corner.x())), max(0, width - box.width())),
            min(max(0, round(corner.y())), max(0, height - box.height())),
        )
        if box != self._box:
            self.set_preview_box(box)
            self.preview_box_moved.emit(box)

    def _hover(self, position: QPointF) -> None:
        point = self.map_to_picture(position)
        x, y = math.floor(point.x()), math.floor(point.y())
        width, height = self._content.size
        inside = 0 <= x < width and 0 <= y < height
        self.hovered.emit(*((x, y) if inside else (-1, -1)))

    def _show_cursor(self, pressed: bool = False) -> None:
        target = self._target(self._last) if self._content.present else ""
        if target == "split":
            self.setCursor(Qt.CursorShape.SplitHCursor)
        elif target == "box":
            self.setCursor(Qt.CursorShape.SizeAllCursor)
        elif target == "caption":
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        elif target == "tool":
            self.setCursor(
                Qt.CursorShape.BlankCursor if self._ring is not None and self._ring[1] >= BLANK_FROM_PX else Qt.CursorShape.CrossCursor
            )
        elif target == "pan" and not self.fitted:
            self.setCursor(Qt.CursorShape.ClosedHandCursor if pressed else Qt.CursorShape.OpenHandCursor)
        else:
            self.unsetCursor()

    @Slot(str)
    def _show_gain(self, mode: str) -> None:
        self._gain_slider.setVisible(mode == names.DIFFERENCE)
        self._place_gain()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_gain()

    def _place_gain(self) -> None:
        hint = self._gain_slider.sizeHint()
        width = min(max(hint.width(), 320), self.width() - 40)
        self._gain_slider.setGeometry((self.width() - width) // 2, self.height() - hint.height() - 16, width, hint.height())
