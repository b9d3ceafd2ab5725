"""The mask editor without a window: undo in tiles, tools, and which mask belongs to which picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt

from aedesk.gui.documents.history import Step
from aedesk.gui.panels.erase.edited_mask import EditedMask
from aedesk.gui.panels.erase.mask_history import TileUndo
from aedesk.gui.panels.erase.masks import MaskStore
from aedesk.gui.panels.erase.tools import make_tools
from aedesk.gui.workspace import Workspace
from aedesk.imaging.masks import Box, empty_mask

PLAIN, SHIFT, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


# Undo


@given(
    st.lists(
        st.tuples(st.integers(0, 700), st.integers(0, 500), st.integers(1, 300), st.integers(1, 300), st.integers(0, 255)),
        min_size=1,
        max_size=6,
    )
)
def test_undoing_everything_and_redoing_everything_comes_by_every_state_again(changes: list[tuple[int, int, int, int, int]]) -> None:
    array = empty_mask(701, 503)
    undo = TileUndo(array)
    states = [array.copy()]
    for left, top, width, height, value in changes:
        box = Box(left, top, left + width, top + height).within(array)
        undo.begin("Paint")
        undo.touch(box)
        array[box.slices] = value
        if undo.commit():
            states.append(array.copy())
    for state in reversed(states[:-1]):
        before = array.copy()
        touched = undo.undo()
        assert (array == state).all()
        outside = np.ones(array.shape, bool)
        outside[touched.slices] = False
        assert (array == before)[outside].all()
    assert undo.to_undo is None
    for state in states[1:]:
        undo.redo()
        assert (array == state).all()
    assert undo.to_redo is None


def test_a_change_that_changes_nothing_is_no_step() -> None:
    undo = TileUndo(empty_mask(300, 300))
    undo.begin("Eraser")
    undo.touch(Box(0, 0, 50, 50))
    assert not undo.commit()
    assert undo.to_undo is None


def test_the_oldest_steps_are_forgotten_but_never_the_newest() -> None:
    array = empty_mask(256, 256)
    undo = TileUndo(array, limit_bytes=100_000)
    for value in (1, 2, 3):
        undo.begin(f"Step {value}")
        undo.touch(Box(0, 0, 256, 256))
        array[...] = np.random.default_rng(value).integers(0, 255, array.shape)
        undo.commit()
    assert undo.to_undo is not None
    assert undo.to_undo.title == "Step 3"
    undo.undo()
    undo.undo()
    assert undo.to_undo is None  # the tiles before the third and before the second step are 64 KiB each: both do not fit


def test_what_is_drawn_after_undoing_a_stroke_under_way_belongs_to_nothing(workspace: Workspace) -> None:
    mask = EditedMask(100, 80)
    mask.begin("Brush")
    mask.stroke((20, 20), (30, 20), 5, 255)
    mask.undo()
    mask.stroke((30, 20), (60, 20), 5, 255)
    mask.end()
    assert mask.empty
    mask.redo()
    assert mask.pixels[20, 25] == 255
    assert mask.pixels[20, 50] == 0


# Tools


@pytest.fixture
def pen() -> PenOn:
    return PenOn(EditedMask(100, 80))


class PenOn:
    """A pen that draws on a mask with a brush of ten pixels."""

    radius_px = 5.0

    def __init__(self, mask: EditedMask) -> None:
        self.mask = mask
        self.begin, self.end, self.polygon, self.rectangle = mask.begin, mask.end, mask.polygon, mask.rectangle

    def stroke(self, start: tuple[float, float], end: tuple[float, float], value: int) -> None:
        self.mask.stroke(start, end, self.radius_px, value)


def drag(pen: PenOn, name: str, *places: tuple[float, float], keys: Qt.KeyboardModifier = PLAIN) -> None:
    tool = make_tools(pen)[name]
    tool.press(places[0], keys)
    for place in places[1:]:
        tool.drag(place)
    tool.release(places[-1])


def test_a_stroke_has_no_gaps_however_fast_the_mouse_was(pen: PenOn) -> None:
    drag(pen, "brush", (10, 10), (80, 60))
    assert all(pen.mask.pixels[10 + round(50 * t), 10 + round(70 * t)] == 255 for t in np.linspace(0, 1, 30))
    assert pen.mask.to_undo is not None
    assert pen.mask.to_undo.title == "Brush"


def test_the_eraser_and_ctrl_with_the_brush_take_away(pen: PenOn) -> None:
    drag(pen, "rectangle", (0, 0), (100, 80))
    drag(pen, "eraser", (20, 20), (20, 20))
    drag(pen, "brush", (60, 40), (60, 40), keys=CTRL)
    assert (pen.mask.pixels[20, 20], pen.mask.pixels[40, 60], pen.mask.pixels[70, 90]) == (0, 0, 255)


def test_shift_draws_a_straight_line_from_the_last_stroke(pen: PenOn) -> None:
    brush = make_tools(pen)["brush"]
    for at, keys in (((10, 40), PLAIN), ((90, 40), SHIFT)):
        brush.press(at, keys)
        brush.release(at)
    assert (pen.mask.pixels[40, 10:90] == 255).all()
    pen.mask.undo()
    assert pen.mask.pixels[40, 50] == 0
    assert pen.mask.pixels[40, 10] == 255


def test_a_lasso_fills_what_it_went_round_and_with_ctrl_takes_it_away(pen: PenOn) -> None:
    round_it = ((10, 10), (60, 10), (60, 60), (10, 60))
    drag(pen, "lasso", *round_it)
    assert (pen.mask.pixels[10:60, 10:60] == 255).all()
    assert np.count_nonzero(pen.mask.pixels) == 2500
    drag(pen, "lasso", *round_it, keys=CTRL)
    assert pen.mask.empty


def test_a_click_with_lasso_or_rectangle_marks_nothing(pen: PenOn) -> None:
    for name in ("lasso", "rectangle"):
        drag(pen, name, (30, 30), (30, 30))
    assert pen.mask.untouched


# Which mask belongs to which picture


Opened = Callable[..., list]


def paint(mask: EditedMask | None) -> EditedMask:
    assert mask is not None
    mask.begin("Brush")
    mask.stroke((20, 20), (20, 20), 5, 255)
    mask.end()
    return mask


def test_each_picture_has_its_own_mask_until_one_is_for_all(workspace: Workspace, opened: Opened, make_file: Callable[..., Path]) -> None:
    first, second = opened(make_file("a.png"), make_file("b.png"))
    workspace.loader.ensure(second, lambda _: None)
    masks = MaskStore(workspace.library)
    mine = paint(masks.of(first))
    assert masks.known(second, (64, 48)) is None
    masks.set_one_for_all(True, first)
    assert masks.known(second, (64, 48)) is mine
    assert masks.known(second, (65, 48)) is None
    masks.set_one_for_all(False, first)
    assert masks.known(first, (64, 48)) is mine
    assert masks.known(second, (64, 48)) is None


def test_a_mask_that_nobody_used_is_let_go(workspace: Workspace, opened: Opened, make_file: Callable[..., Path]) -> None:
    (document,) = opened(make_file("a.png"))
    masks = MaskStore(workspace.library)
    unused = masks.of(document)
    masks.release(document)
    used = paint(masks.of(document))
    assert used is not unused
    masks.release(document)
    assert masks.of(document) is used


def test_a_mask_is_spent_by_the_step_it_made_and_counts_again_when_that_is_undone(
    workspace: Workspace, opened: Opened, make_file: Callable[..., Path]
) -> None:
    (document,) = opened(make_file("a.png"))
    masks = MaskStore(workspace.library)
    mask = paint(masks.of(document))
    assert not masks.is_applied(document, mask)
    workspace.library.push(document, Step("Erase", restored=document.source))
    masks.mark_applied(document, mask.revision)
    assert masks.is_applied(document, mask)
    workspace.library.undo(document)
    assert not masks.is_applied(document, mask)
    workspace.library.redo(document)
    assert masks.is_applied(document, mask)
    paint(mask)
    mask.begin("Eraser")
    mask.stroke((40, 40), (40, 40), 3, 255)
    mask.end()
    assert not masks.is_applied(document, mask)
    mask.undo()
    assert masks.is_applied(document, mask)
