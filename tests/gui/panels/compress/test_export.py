"""Exporting from the Compress panel, one picture and many."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from compress_script import decode
from compress_window import Open
from PySide6.QtWidgets import QWidget

from aedesk.gui.dialogs import files


def test_one_picture_is_exported_under_the_name_that_is_chosen(
    open_compress: Open, make_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = open_compress(make_file("a.png"), compress_quality=70)
    opened.settle()
    asked: list[Path] = []
    monkeypatch.setattr(files, "choose_target", lambda _parent, _title, suggested, _kind: asked.append(suggested) or tmp_path / "out.aed")
    opened.press("compressSlow")
    opened.press("compressButton")
    opened.wait(lambda: "Saved" in opened.notification)
    assert asked == [tmp_path / "a.aed"]
    spec = opened.specs[-1]
    assert (spec.quality, spec.preset, spec.evaluate) == (70, "slow", False)
    decoded = decode((tmp_path / "out.aed").read_bytes())
    assert decoded.pixels.shape == opened.current.source.pixels.shape
    assert "quality 70" in opened.notification
    assert opened.window.workspace.queue.tasks[0].state == "done"


def test_export_is_in_the_tool_bar_whatever_panel_is_in_front(
    open_compress: Open, make_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = open_compress(make_file("a.png"), panel="restore")
    opened.wait(lambda: opened.current is not None and opened.current.source is not None)
    monkeypatch.setattr(files, "choose_target", lambda *_: tmp_path / "out.aed")
    opened.press("tool_export_aed")
    opened.wait((tmp_path / "out.aed").exists)
    opened.wait(lambda: not opened.window.workspace.queue.busy)


def test_a_batch_with_a_target_goes_into_a_folder_and_says_what_it_saved(
    open_compress: Open, make_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "b.png"
    broken.write_text("this is no picture")
    taken = tmp_path / "out" / "a.aed"
    taken.parent.mkdir()
    taken.write_bytes(b"mine")
    opened = open_compress(make_file("a.png"), broken, make_file("c.png", seed=3), compress_target="bpp")
    opened.find(QWidget, "compressBpp").setValue(2.5)
    monkeypatch.setattr(files, "choose_folder", lambda *_: taken.parent)
    opened.press("compressAllButton")
    opened.wait(lambda: "saved in" in opened.notification)
    assert {path.name for path in taken.parent.iterdir()} == {"a.aed", "a-2.aed", "c.aed"}
    assert taken.read_bytes() == b"mine"
    assert "2 pictures saved" in opened.notification
    assert "1 could not be compressed" in opened.notification
    assert [spec.target_bpp for spec in opened.specs if not spec.evaluate] == [2.5, 2.5]


def test_a_target_that_no_quality_reaches_is_named_after_the_export(
    open_compress: Open, make_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = open_compress(make_file("a.png"), compress_target="psnr")
    opened.find(QWidget, "compressPsnr").setValue(60.0)
    monkeypatch.setattr(files, "choose_target", lambda *_: tmp_path / "a.aed")
    opened.press("compressButton")
    opened.wait(lambda: "cannot be reached" in opened.notification)
