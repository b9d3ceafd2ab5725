"""A mask over the picture, and a tool in the hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from viewer_look import at

from aedesk.gui.widgets.viewer import CompareView
from aedesk.gui.widgets.viewer.mask_layer import MaskLayer
from aedesk.gui.widgets.viewer.tool import Point
from aedesk.gui.widgets.viewer.transform import ViewTransform
from aedesk.imaging.masks import Box, empty_mask

GRAY = (120, 120, 120)


@pytest.fixture
def view(qtbot: QtBot) -> CompareView:
    """A gray picture of 300 x 200 that fills the window exactly, at 200 %."""
    made = CompareView()
    qtbot.addWidget(made)
    made.resize(600, 400)
    made.set_pictures(original=np.full((200, 300, 3), 120, np.uint8))
    made.show()
    qtbot.waitExposed(made)
    return made


def is_red(colour: tuple[int, int, int]) -> bool:
    return colour[0] > 150 and colour[1] < 90


def test_the_mask_reddens_what_is_marked_and_leaves_the_rest(view: CompareView) -> None:
    mask = empty_mask(300, 200)
    mask[100:110, 150:160] = 255
    view.set_mask_layer(MaskLayer(mask))
    assert is_red(at(view, 305, 205))
    assert at(view, 295, 205) == GRAY
    view.set_mask_layer(None)
    assert at(view, 305, 205) == GRAY


def test_the_picture_shows_through_half_of_a_soft_mask(view: CompareView) -> None:
    mask = empty_mask(300, 200)
    mask[:, :150], mask[:, 150:] = 255, 100
    view.set_mask_layer(MaskLayer(mask))
    full, soft = at(view, 200, 200), at(view, 400, 200)
    assert full[0] > soft[0] > 120


def test_a_mask_of_another_size_is_not_shown(view: CompareView) -> None:
    view.set_mask_layer(MaskLayer(np.full((100, 300), 255, np.uint8)))
    assert at(view, 300, 200) == GRAY


def test_the_difference_is_shown_without_the_mask(view: CompareView) -> None:
    pixels = np.full((200, 300, 3), 120, np.uint8)
    view.set_pictures(original=pixels, result=pixels.copy())
    view.set_mask_layer(MaskLayer(np.full((200, 300), 255, np.uint8)))
    view.set_mode("difference")
    assert at(view, 300, 200) == (0, 0, 0)


def test_a_line_of_one_pixel_is_seen_when_a_large_picture_fits_the_window(view: CompareView) -> None:
    view.set_pictures(original=np.full((4000, 6000, 3), 120, np.uint8))
    mask = empty_mask(6000, 4000)
    mask[:, 3001] = 255
    view.set_mask_layer(MaskLayer(mask))
    assert any(is_red(at(view, x, 200)) for x in range(297, 304))


class PaintWatch(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.rects: list[QRect] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QPaintEvent):
            self.rects.append(event.rect())
        return False


def test_a_small_change_of_the_mask_paints_a_small_part_of_the_window(view: CompareView, qtbot: QtBot) -> None:
    mask = empty_mask(300, 200)
    layer = MaskLayer(mask)
    view.set_mask_layer(layer)
    at(view, 0, 0)
    QApplication.processEvents()
    watch = PaintWatch()
    view.installEventFilter(watch)
    qtbot.wait(200)  # a busy machine paints the whole window once more, some time after it was shown
    watch.rects.clear()
    box = Box(40, 50, 44, 53)
    mask[box.slices] = 255
    layer.refresh(box)
    view.update_mask(box)
    qtbot.waitUntil(lambda: bool(watch.rects))
    assert all(rect.width() <= 20 and rect.height() <= 20 for rect in watch.rects)
    assert any(rect.contains(84, 104) for rect in watch.rects)
    view.removeEventFilter(watch)
    assert is_red(at(view, 84, 104))


@given(
    boxes=st.lists(st.tuples(st.integers(0, 700), st.integers(0, 500), st.integers(1, 80), st.integers(1, 80), st.booleans()), max_size=6),
    scale=st.sampled_from((0.1, 0.37, 1.0, 3.0)),
)
def test_a_mask_that_was_refreshed_in_parts_looks_like_one_made_at_once(
    boxes: list[tuple[int, int, int, int, bool]], scale: float, qapp: QApplication
) -> None:
    mask = empty_mask(701, 503)
    layer = MaskLayer(mask)
    for left, top, width, height, on in boxes:
        box = Box(left, top, left + width, top + height).within(mask)
        mask[box.slices] = 255 if on else 0
        layer.refresh(box)
    assert painted(layer, scale) == painted(MaskLayer(mask), scale)


def painted(layer: MaskLayer, scale: float) -> QImage:
    image = QImage(300, 200, QImage.Format.Format_RGB32)
    image.fill(QColor(*GRAY))
    view = ViewTransform()
    view.set_picture(*layer.size)
    view.set_pane(300, 200)
    view.zoom_to(scale)
    painter = QPainter(image)
    layer.paint(painter, view, QPoint(0, 0), image.rect())
    painter.end()
    return image


class Note:
    """A tool that only writes down what it is told."""

    def __init__(self, radius_px: float = 10.0) -> None:
        self.radius_px = radius_px
        self.outline: list[Point] = []
        self.calls: list[tuple[str, Point]] = []

    def press(self, at: Point, keys: Qt.KeyboardModifier) -> None:
        self.calls.append(("press", at))

    def drag(self, at: Point) -> None:
        self.calls.append(("drag", at))

    def release(self, at: Point) -> None:
        self.calls.append(("release", at))


def test_a_tool_receives_the_left_button_in_picture_pixels(view: CompareView, qtbot: QtBot) -> None:
    tool = Note()
    view.set_tool(tool)
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(100, 60))
    qtbot.mouseMove(view, QPoint(140, 80))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(140, 80))
    assert tool.calls == [("press", (50, 30)), ("drag", (70, 40)), ("release", (70, 40))]


def test_a_drag_goes_on_in_the_pane_where_it_began(view: CompareView, qtbot: QtBot) -> None:
    pixels = np.full((200, 300, 3), 120, np.uint8)
    view.set_pictures(original=pixels, result=pixels.copy())
    view.set_mode("side-by-side")
    tool = Note()
    view.set_tool(tool)
    first, second = (pane.rect for pane in view.panes())
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=first.center())
    qtbot.mouseMove(view, second.center())
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=second.center())
    (_, (x, y)), (_, (far_x, far_y)), _ = tool.calls
    assert 0 <= x <= 300
    assert (far_x > 300, far_y > 200).count(True) == 1  # beside or below, as the panes lie
    assert y == pytest.approx(far_y, abs=1) or x == pytest.approx(far_x, abs=1)


def test_with_a_tool_the_middle_button_moves_the_picture(view: CompareView, qtbot: QtBot) -> None:
    tool = Note()
    view.set_tool(tool)
    view.zoom_to(4.0)
    before = view.visible_region()
    qtbot.mousePress(view, Qt.MouseButton.MiddleButton, pos=QPoint(300, 200))
    qtbot.mouseMove(view, QPoint(260, 200))
    qtbot.mouseRelease(view, Qt.MouseButton.MiddleButton, pos=QPoint(260, 200))
    assert view.visible_region().left() == pytest.approx(before.left() + 10)
    assert tool.calls == []


def test_a_double_click_with_a_tool_does_not_zoom(view: CompareView, qtbot: QtBot) -> None:
    tool = Note()
    view.set_tool(tool)
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(100, 60))
    assert view.fitted
    assert ("press", (50, 30)) in tool.calls
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(100, 60))


def test_the_circle_of_the_brush_has_its_size_on_the_screen(view: CompareView, qtbot: QtBot) -> None:
    view.set_tool(Note(radius_px=20))
    qtbot.mouseMove(view, QPoint(300, 200))
    ground = at(view, 300, 200)
    ring = [x for x in range(300, 400) if at_row(view, x) != ground]
    assert ground == GRAY
    assert min(ring) == pytest.approx(340, abs=3)
    assert view.cursor().shape() == Qt.CursorShape.BlankCursor
    view.set_tool(None)
    assert at(view, 340, 200) == GRAY


def at_row(view: CompareView, x: int) -> tuple[int, int, int]:
    return at(view, x, 200)


def test_taking_the_tool_away_during_a_stroke_ends_the_stroke(view: CompareView, qtbot: QtBot) -> None:
    tool = Note()
    view.set_tool(tool)
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(100, 60))
    view.set_tool(None)
    assert tool.calls[-1][0] == "release"
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(100, 60))
    assert len(tool.calls) == 2


def test_the_outline_of_a_lasso_is_drawn_while_it_grows(view: CompareView, qtbot: QtBot) -> None:
    tool = Note(radius_px=0)
    view.set_tool(tool)
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(100, 60))
    tool.outline = [(50, 50), (100, 50), (100, 100), (50, 100)]
    qtbot.mouseMove(view, QPoint(200, 200))
    assert any(at(view, x, 200) != GRAY for x in range(196, 205))
    assert view.map_from_picture(QPointF(100, 100)) == QPointF(200, 200)
    tool.outline = []
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(200, 200))
    assert all(at(view, x, 150) == GRAY for x in range(196, 205))
