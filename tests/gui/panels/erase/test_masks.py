"""Masks in files, and one mask for all pictures of its size."""

from __future__ import annotations

from pathlib import Path

import pytest
from erase_script import GRAY
from erase_window import File, Open

from aedesk.core.erase_specs import EraseSpec
from aedesk.gui.dialogs import files
from aedesk.imaging.mask_files import load_mask, save_mask
from aedesk.imaging.masks import empty_mask


def test_a_mask_is_saved_and_loaded(open_erase: Open, marked_file: File, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = open_erase(marked_file("a.png"), erase_mode="paint")
    opened.drag((50, 60), (70, 60))
    assert opened.marked is not None
    painted = opened.marked.copy()
    target = tmp_path / "mine.png"
    monkeypatch.setattr(
        files, "choose_target", lambda _parent, _title, suggested, _kind: target if suggested.name == "a_mask.png" else None
    )
    opened.press("maskSave")
    opened.wait(lambda: "mine.png" in opened.notification)
    assert (load_mask(target, 100, 80) == painted).all()
    opened.press("maskClear")
    monkeypatch.setattr(files, "choose_mask", lambda *_: target)
    opened.press("maskLoad")
    opened.wait(lambda: opened.marked is not None)
    assert (opened.marked == painted).all()
    assert opened.window.actions_by_name["undo"].text() == "&Undo Load mask"


def test_a_mask_of_another_size_is_refused_in_words(
    open_erase: Open, marked_file: File, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = open_erase(marked_file("a.png"))
    other = save_mask(empty_mask(30, 20), tmp_path / "other.png")
    monkeypatch.setattr(files, "choose_mask", lambda *_: other)
    opened.press("maskLoad")
    opened.wait(lambda: "other.png has 30 x 20 pixels, the picture 100 x 80." in opened.notification)
    assert opened.marked is None


def test_one_mask_erases_in_all_pictures_of_its_size(open_erase: Open, marked_file: File) -> None:
    paths = [marked_file("a.png"), marked_file("b.png"), marked_file("small.png", 90, 70), marked_file("c.png")]
    opened = open_erase(*paths, erase_mode="paint", erase_brush_px=10)
    opened.press("maskOne")
    opened.drag((50, 60), (70, 60))
    opened.press("eraseAllButton")
    opened.wait(lambda: "3 of 3 pictures cleaned." in opened.notification)
    first, second, small, third = opened.library.documents
    for document in (first, second, third):
        assert (document.step.restored.pixels[60, 50:70] == GRAY).all()
    assert small.step.restored is None
    assert opened.masks_sent[0] is opened.masks_sent[1]


def test_pictures_of_another_size_are_reported_as_left_out(open_erase: Open, marked_file: File) -> None:
    opened = open_erase(marked_file("a.png"), marked_file("small.png", 90, 70), erase_mode="paint", hold=(EraseSpec,))
    opened.press("maskOne")
    opened.drag((50, 60), (70, 60))
    opened.press("eraseAllButton")
    opened.wait(lambda: "1 picture has no mask of the same size" in opened.notification)
    opened.client.release()
    opened.idle()


def test_without_one_for_all_each_picture_keeps_its_own_mask(open_erase: Open, marked_file: File) -> None:
    opened = open_erase(marked_file("a.png"), marked_file("b.png"), erase_mode="paint", erase_brush_px=10)
    opened.drag((50, 60), (70, 60))
    opened.set_current(1)
    assert opened.marked is None
    opened.drag((50, 40), (70, 40))
    opened.press("eraseAllButton")
    opened.wait(lambda: "2 of 2 pictures cleaned." in opened.notification)
    first, second = opened.library.documents
    assert (first.step.restored.pixels[60, 50:70] == GRAY).all()
    assert (second.step.restored.pixels[40, 50:70] == GRAY).all()
    assert not (second.step.restored.pixels[60, 50:70] == GRAY).all()
