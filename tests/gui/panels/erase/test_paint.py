"""I paint it: strokes, their undo, and what they erase."""

from __future__ import annotations

import numpy as np
from erase_script import GRAY
from erase_window import MARK, File, Open
from PySide6.QtWidgets import QLabel

from aedesk.core.erase_specs import EraseSpec
from aedesk.core.specs import DenoiseSpec


def test_only_what_was_painted_is_erased(open_erase: Open, marked_file: File) -> None:
    opened = open_erase(marked_file("a.png"), erase_mode="paint", erase_brush_px=10)
    assert not opened.button("eraseButton").isEnabled()
    opened.drag((50, 60), (70, 60))
    opened.press("eraseButton")
    opened.wait(lambda: opened.current.step.restored is not None)
    before, after = opened.current.source.pixels, opened.current.step.restored.pixels
    assert (after[60, 50:70] == GRAY).all()
    assert (before == after)[opened.masks_sent[0] == 0].all()
    assert (after[MARK] == 255).all()


def test_what_is_painted_over_is_filled_unless_it_is_said_to_be_see_through(open_erase: Open, marked_file: File) -> None:
    opened = open_erase(marked_file("a.png"), erase_mode="paint", erase_brush_px=10)
    for see_through in (False, True):
        opened.button("eraseSeeThrough").setChecked(see_through)
        opened.drag((50, 60), (70, 60))
        opened.press("eraseButton")
        opened.idle()
    opened.press("eraseMode_find")
    opened.press("eraseButton")
    opened.idle()
    assert [spec.method for spec in opened.specs] == ["inpaint", "auto", "auto"]


def test_the_mask_that_was_sent_is_not_changed_by_painting_on(open_erase: Open, marked_file: File) -> None:
    opened = open_erase(marked_file("a.png"), erase_mode="paint", erase_brush_px=10, hold=(EraseSpec,))
    opened.drag((50, 60), (70, 60))
    opened.press("eraseButton")
    opened.wait(lambda: bool(opened.specs))
    sent = opened.masks_sent[0]
    assert sent is not None
    count = np.count_nonzero(sent)
    opened.drag((20, 60), (30, 60))
    assert np.count_nonzero(sent) == count
    opened.client.release()
    opened.wait(lambda: opened.current.step.restored is not None)
    assert opened.marked is not None  # the new stroke still waits to be erased


def test_a_second_stroke_is_erased_from_the_result_of_the_first(open_erase: Open, marked_file: File) -> None:
    opened = open_erase(marked_file("a.png"), erase_mode="paint", erase_brush_px=10)
    for y in (40, 60):
        opened.drag((50, y), (70, y))
        opened.press("eraseButton")
        opened.idle()
        assert opened.marked is None
    after = opened.current.step.restored.pixels
    assert (after[40, 50:70] == GRAY).all()
    assert (after[60, 50:70] == GRAY).all()
    assert opened.masks_sent[1] is not None
    assert not opened.masks_sent[1][40].any()


def test_undo_goes_back_through_erasing_and_strokes_in_the_order_of_time(open_erase: Open, marked_file: File) -> None:
    opened = open_erase(marked_file("a.png"), erase_mode="paint", erase_brush_px=10)
    undo, redo = opened.window.actions_by_name["undo"], opened.window.actions_by_name["redo"]
    assert not undo.isEnabled()
    opened.drag((50, 60), (70, 60))
    opened.press("eraseButton")
    opened.idle()
    opened.drag((50, 40), (70, 40))
    titles = []
    while undo.isEnabled():
        titles.append(undo.text())
        undo.trigger()
    assert titles == ["&Undo Brush", "&Undo Erase", "&Undo Brush"]
    assert opened.current.step.restored is None
    assert opened.marked is None
    redo.trigger()
    assert opened.marked is not None
    assert opened.marked[60, 60]
    redo.trigger()
    assert opened.current.step.restored is not None
    assert opened.marked is None
    redo.trigger()
    assert opened.marked is not None
    assert opened.marked[40, 60]
    assert not opened.marked[60, 60]
    assert not redo.isEnabled()


def test_in_another_panel_undo_leaves_the_mask_alone(open_erase: Open, marked_file: File) -> None:
    opened = open_erase(marked_file("a.png"), erase_mode="paint")
    opened.drag((50, 60), (70, 60))
    opened.press("panel_restore")
    assert not opened.window.actions_by_name["undo"].isEnabled()
    assert opened.window.viewer.mask_layer is None
    opened.press("panel_erase")
    assert opened.window.actions_by_name["undo"].isEnabled()
    assert opened.window.viewer.mask_layer is not None


def test_the_left_button_moves_the_picture_again_in_other_panels(open_erase: Open, marked_file: File) -> None:
    opened = open_erase(marked_file("a.png"), erase_mode="paint")
    opened.press("panel_restore")
    opened.drag((50, 60), (70, 60))
    opened.press("panel_erase")
    assert opened.marked is None


def test_what_was_erased_stays_erased_when_the_picture_is_restored(open_erase: Open, marked_file: File) -> None:
    opened = open_erase(marked_file("a.png"))
    opened.press("eraseButton")
    opened.wait(lambda: opened.current.step.restored is not None)
    erased = opened.current.step.restored
    opened.press("panel_restore")
    opened.press("restoreButton")
    opened.wait(lambda: opened.current.step.title == "Restore")
    given = [inputs[0] for _, spec, inputs in opened.client.submitted if isinstance(spec, DenoiseSpec)][-1]
    assert (given.pixels == erased.pixels).all()
    assert (opened.current.step.restored.pixels[MARK] == GRAY // 2).all()
    assert opened.current.base is opened.current.source


def test_the_brackets_change_the_brush_and_the_circle(open_erase: Open, marked_file: File) -> None:
    opened = open_erase(marked_file("a.png"), erase_brush_px=40)
    viewer = opened.window.viewer
    viewer.setFocus()
    opened.qtbot.keyClick(viewer, "]")
    assert opened.panel.editor.brush_px == 50
    opened.qtbot.keyClick(viewer, "[")
    opened.qtbot.keyClick(viewer, "[")
    assert opened.panel.editor.brush_px == 32
    opened.panel.editor.set_brush_px(2)
    for _ in range(3):
        opened.qtbot.keyClick(viewer, "[")
    assert opened.panel.editor.brush_px == 1


def test_the_mask_grows_shrinks_softens_turns_round_and_is_cleared(open_erase: Open, marked_file: File) -> None:
    opened = open_erase(marked_file("a.png"), erase_mode="paint")
    opened.press("maskTool_rectangle")
    opened.drag((40, 40), (60, 60))

    def area() -> int:
        return int(np.count_nonzero(opened.panel.editor.mask.pixels)) if opened.panel.editor.mask is not None else -1

    first = area()
    opened.press("maskGrow")
    grown = area()
    assert grown > first
    opened.press("maskShrink")
    assert area() == first
    opened.press("maskFeather")
    mask = opened.panel.editor.mask
    assert mask is not None
    assert len(np.unique(mask.pixels)) > 3
    opened.press("maskInvert")
    assert mask.pixels[0, 0] == 255
    assert mask.pixels[50, 50] == 0
    opened.press("maskClear")
    assert opened.marked is None
    assert opened.find(QLabel, "maskCovered").text() == "empty"
    for _ in range(5):
        opened.window.actions_by_name["undo"].trigger()
    assert area() == first


def test_the_eraser_and_the_lasso_work_on_the_picture(open_erase: Open, marked_file: File) -> None:
    opened = open_erase(marked_file("a.png"), erase_mode="paint", erase_brush_px=8)
    opened.press("maskTool_lasso")
    opened.drag((20, 20), (80, 20), (80, 70), (20, 70))
    assert opened.marked is not None
    assert opened.marked[45, 50]
    opened.press("maskTool_eraser")
    opened.drag((50, 45), (50, 45))
    assert not opened.marked[45, 50]
    assert opened.marked[25, 25]


def test_painting_shows_a_hidden_mask_again(open_erase: Open, marked_file: File) -> None:
    opened = open_erase(marked_file("a.png"), erase_mode="paint")
    opened.drag((50, 60), (70, 60))
    opened.press("maskShow")
    assert opened.window.viewer.mask_layer is None
    opened.drag((50, 40), (70, 40))
    assert opened.window.viewer.mask_layer is not None
    assert opened.button("maskShow").isChecked()
