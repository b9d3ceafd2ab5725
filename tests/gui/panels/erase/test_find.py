"""Find it for me: what is found is shown, corrected and erased."""

from __future__ import annotations

import numpy as np
from erase_script import GRAY
from erase_window import MARK, File, Open

from aedesk.core.erase_specs import EraseSpec, FindMarkSpec
from aedesk.core.events import Failed


def test_a_mark_is_found_shown_corrected_and_erased(open_erase: Open, marked_file: File) -> None:
    opened = open_erase(marked_file("a.png"))
    opened.press("findMarkButton")
    opened.wait(lambda: opened.marked is not None)
    found = opened.marked
    assert found is not None
    assert found[MARK].all()
    assert np.count_nonzero(found) == 300
    assert opened.window.viewer.mask_layer is not None
    opened.panel.editor.set_brush_px(12)
    opened.drag((70, 60), (80, 60))
    opened.press("eraseButton")
    opened.wait(lambda: opened.current.step.restored is not None)
    before, after = opened.current.source.pixels, opened.current.step.restored.pixels
    assert (after[MARK] == GRAY).all()
    assert (after[60, 70:80] == GRAY).all()
    untouched = opened.masks_sent[0] == 0
    assert (before == after)[untouched].all()


def test_erasing_without_looking_first_lets_the_worker_find_the_mark(open_erase: Open, marked_file: File) -> None:
    opened = open_erase(marked_file("a.png"), erase_sensitivity=0.8)
    opened.press("eraseButton")
    opened.wait(lambda: opened.current.step.restored is not None)
    assert opened.masks_sent == [None]
    assert opened.specs[0].sensitivity == 0.8
    assert opened.current.history.undo_title == "Erase"


def test_a_picture_without_a_mark_stays_as_it_is_and_the_user_is_informed(open_erase: Open, marked_file: File) -> None:
    opened = open_erase(marked_file("plain.png", mark=False))
    opened.press("eraseButton")
    opened.wait(lambda: "No watermark was found in plain.png" in opened.notification)
    assert opened.current.step.restored is None
    assert opened.current.history.undo_title == ""
    opened.window.banner.dismiss()
    opened.press("findMarkButton")
    opened.wait(lambda: "No watermark was found in plain.png" in opened.notification)
    assert opened.button("findMarkButton").isEnabled()
    assert opened.marked is None


def test_a_search_can_be_cancelled_and_begun_again(open_erase: Open, marked_file: File) -> None:
    opened = open_erase(marked_file("a.png"), hold=(FindMarkSpec,))
    opened.press("findMarkButton")
    opened.wait(lambda: opened.window.actions_by_name["cancel"].isEnabled())
    assert not opened.button("findMarkButton").isEnabled()
    opened.window.actions_by_name["cancel"].trigger()
    opened.wait(lambda: opened.button("findMarkButton").isEnabled())
    assert opened.marked is None


def test_what_was_found_goes_to_the_picture_on_which_it_was_looked_for(open_erase: Open, marked_file: File) -> None:
    opened = open_erase(marked_file("a.png"), marked_file("b.png"), hold=(FindMarkSpec,))
    opened.press("findMarkButton")
    opened.wait(lambda: bool(opened.client.specs(FindMarkSpec)))
    opened.set_current(1)
    opened.client.release()
    opened.idle()
    assert opened.marked is None
    opened.set_current(0)
    assert opened.marked is not None


def test_every_picture_is_searched_and_erased_in_one_go(open_erase: Open, marked_file: File) -> None:
    opened = open_erase(marked_file("a.png"), marked_file("b.png"), marked_file("plain.png", mark=False))
    opened.press("eraseAllButton")
    opened.wait(lambda: "2 of 3 pictures cleaned." in opened.notification)
    assert "No watermark was found in plain.png." in opened.notification
    first, second, plain = opened.library.documents
    assert first.step.restored is not None
    assert second.step.restored is not None
    assert plain.step.restored is None


def test_a_batch_that_is_cancelled_keeps_what_was_done(open_erase: Open, marked_file: File) -> None:
    opened = open_erase(marked_file("a.png"), marked_file("b.png"), hold=(EraseSpec,))
    opened.press("eraseAllButton")
    opened.wait(lambda: len(opened.specs) == 1)
    opened.client.release()
    opened.wait(lambda: len(opened.specs) == 2)
    opened.window.actions_by_name["cancel"].trigger()
    opened.wait(lambda: "1 of 2 pictures cleaned. 1 cancelled." in opened.notification)
    first, second = opened.library.documents
    assert first.step.restored is not None
    assert second.step.restored is None


def test_a_failure_says_what_and_can_be_tried_again(open_erase: Open, marked_file: File) -> None:
    opened = open_erase(marked_file("a.png"), hold=(EraseSpec,))
    opened.press("eraseButton")
    opened.wait(lambda: bool(opened.specs))
    opened.client.fail_held(Failed("There is no model erase-mark.", "Train one first.", "ModelError"))
    opened.wait(lambda: "There is no model erase-mark. Train one first." in opened.notification)
    opened.press("bannerAction")
    opened.wait(lambda: len(opened.specs) == 2)
    opened.client.release()
    opened.wait(lambda: opened.current.step.restored is not None)
