"""The same mark on many pictures, as one job on their files."""

from __future__ import annotations

from pathlib import Path

import pytest
from erase_window import File, Open

from aedesk.core.shared_mark_specs import SharedMarkSpec
from aedesk.gui.dialogs import files
from aedesk.gui.panels.erase.shared_mark import targets


def test_a_shared_mark_comes_off_the_files_of_a_folder_in_one_job(
    open_erase: Open, marked_file: File, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = open_erase(*(marked_file(f"{name}.png") for name in "abcde"), erase_mode="shared")
    out = tmp_path / "out"
    out.mkdir()
    (out / "a_restored.png").write_bytes(b"mine")
    monkeypatch.setattr(files, "choose_folder", lambda *_: out)
    opened.press("eraseAllButton")
    opened.wait(lambda: "4 of 5 pictures saved without the watermark" in opened.notification)
    assert "1 could not be read or do not have it: see the log." in opened.notification
    assert "About 14 would be enough." in opened.notification
    assert (out / "a_restored.png").read_bytes() == b"mine"
    assert sorted(path.name for path in out.glob("*_restored*")) == [
        "a_restored-2.png",
        "a_restored.png",
        "b_restored.png",
        "c_restored.png",
        "d_restored.png",
    ]
    (spec,) = opened.client.specs(SharedMarkSpec)
    assert spec.mark == str(out / "shared_mark.png")
    assert opened.current.step.restored is None


def test_too_few_pictures_for_a_shared_mark_are_reported_before_any_question(open_erase: Open, marked_file: File) -> None:
    opened = open_erase(marked_file("a.png"), erase_mode="shared")
    opened.press("eraseButton")
    assert "at least 4 pictures" in opened.notification
    assert opened.client.specs(SharedMarkSpec) == []


def test_with_a_kept_mark_one_picture_is_enough(
    open_erase: Open, marked_file: File, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = open_erase(marked_file("a.png"), erase_mode="shared")
    kept = tmp_path / "kept.png"
    monkeypatch.setattr(files, "choose_mark", lambda *_: kept)
    monkeypatch.setattr(files, "choose_folder", lambda *_: tmp_path)
    opened.press("sharedUseSaved")
    opened.press("eraseButton")
    opened.wait(lambda: bool(opened.client.specs(SharedMarkSpec)))
    assert opened.client.specs(SharedMarkSpec)[0].mark == str(kept)
    opened.idle()


def test_results_of_pictures_with_one_name_do_not_replace_each_other(tmp_path: Path) -> None:
    found = targets([tmp_path / "one" / "a.png", tmp_path / "two" / "a.png"], tmp_path, "_clean")
    assert [path.name for path in found] == ["a_clean.png", "a_clean-2.png"]


def test_the_mask_and_its_tools_rest_while_a_shared_mark_is_worked_on(open_erase: Open, marked_file: File) -> None:
    opened = open_erase(marked_file("a.png"), erase_mode="paint")
    opened.drag((50, 60), (70, 60))
    opened.press("eraseMode_shared")
    assert opened.window.viewer.mask_layer is None
    assert not opened.button("maskGrow").isVisible()
    opened.press("eraseMode_paint")
    assert opened.window.viewer.mask_layer is not None
