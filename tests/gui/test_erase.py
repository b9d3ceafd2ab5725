"""The Erase panel in the whole window, with a scripted worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from erase_script import GRAY, erase_play
from fake_client import FakeClient
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QApplication, QComboBox, QFrame, QLabel, QSlider
from pytestqt.qtbot import QtBot

from aedesk.core.erase_specs import EraseSpec, FindMarkSpec
from aedesk.core.events import Failed
from aedesk.core.shared_mark_specs import SharedMarkSpec
from aedesk.core.specs import DenoiseSpec
from aedesk.gui.app import Application
from aedesk.gui.dialogs import files
from aedesk.gui.erase.shared import targets
from aedesk.gui.main_window import MainWindow
from aedesk.gui.panels.erase import ErasePanel
from aedesk.imaging.io import read, write
from aedesk.imaging.mask_files import load_mask, save_mask
from aedesk.imaging.masks import empty_mask
from aedesk.imaging.picture import Picture
from aedesk.settings.store import Settings

MARK = (slice(10, 20), slice(30, 60))
"""Rows and columns of the white mark on the pictures."""


@dataclass
class Studio:
    """The window with Erase in front."""

    qtbot: QtBot
    client: FakeClient
    window: MainWindow
    running: Application = field(repr=False)

    @property
    def panel(self) -> ErasePanel:
        panel = self.window.panels["erase"]
        assert isinstance(panel, ErasePanel)
        return panel

    @property
    def library(self) -> Any:
        return self.window.workspace.library

    @property
    def current(self) -> Any:
        return self.library.current

    @property
    def told(self) -> str:
        return self.window.banner.text

    @property
    def marked(self) -> np.ndarray | None:
        return self.panel.editor.marked

    @property
    def specs(self) -> list[EraseSpec]:
        return self.client.specs(EraseSpec)

    @property
    def masks_sent(self) -> list[np.ndarray | None]:
        return [inputs[1] for _, spec, inputs in self.client.submitted if isinstance(spec, EraseSpec)]

    def find(self, kind: type, name: str) -> Any:
        found = self.window.findChild(kind, name)
        assert found is not None, name
        return found

    def button(self, name: str) -> QAbstractButton:
        button: QAbstractButton = self.find(QAbstractButton, name)
        return button

    def press(self, name: str) -> None:
        assert self.button(name).isEnabled(), name
        self.button(name).click()

    def look_at(self, index: int) -> None:
        document = self.library.documents[index]
        self.library.look_at(document)
        self.qtbot.waitUntil(lambda: document.source is not None and self.panel.editor.mask is not None)

    def drag(self, *places: tuple[float, float], keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """With the left button, in pixels of the picture."""
        viewer = self.window.viewer
        self.qtbot.waitUntil(lambda: viewer.picture_size != (0, 0))
        points = [viewer.map_from_picture(QPointF(*place)).toPoint() for place in places]
        self.qtbot.mousePress(viewer, Qt.MouseButton.LeftButton, keys, points[0])
        for point in points[1:]:
            self.qtbot.mouseMove(viewer, point)
        self.qtbot.mouseRelease(viewer, Qt.MouseButton.LeftButton, keys, points[-1])

    def wait(self, true: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(true, timeout=8000)

    def idle(self) -> None:
        self.wait(lambda: not self.window.workspace.queue.busy and self.window.workspace.pool.idle)


Open = Callable[..., Studio]


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path) -> Iterator[Open]:
    opened: list[Application] = []

    def open_window(*paths: Path, script: Any = erase_play, hold: tuple[type, ...] = (), **settings: object) -> Studio:
        file = tmp_path / "config" / "settings.json"
        written = Settings(file)
        for key, value in {"first_start": False, "confirm_close": False, "panel": "erase", "view_mode": "single", **settings}.items():
            written[key] = value
        written.save()
        app, client = QApplication.instance(), FakeClient(script, hold)
        assert isinstance(app, QApplication)
        made = Application(app, paths, make_client=lambda: client, make_training_client=FakeClient, settings_file=file)
        opened.append(made)
        with qtbot.waitSignal(made.window.first_painted):
            made.show()
        found = Studio(qtbot, client, made.window, made)
        if paths:
            found.wait(lambda: found.current is not None and found.current.source is not None)
        return found

    yield open_window
    for each in opened:
        if each.window.isVisible():
            each.window.close()
        each.end()
        each.window.deleteLater()


@pytest.fixture
def marked_file(tmp_path: Path, make_pixels: Callable[..., np.ndarray]) -> Callable[..., Path]:
    """A picture with a white mark that the scripted worker finds, or without one."""

    def make(name: str, width: int = 100, height: int = 80, *, mark: bool = True) -> Path:
        pixels = np.minimum(make_pixels(height, width), 240).astype(np.uint8)
        if mark:
            pixels[MARK] = 255
        return write(Picture(pixels), tmp_path / name)

    return make


File = Callable[..., Path]


# Find it for me


def test_a_mark_is_found_shown_corrected_and_erased(studio: Open, marked_file: File) -> None:
    opened = studio(marked_file("a.png"))
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


def test_erasing_without_looking_first_lets_the_worker_find_the_mark(studio: Open, marked_file: File) -> None:
    opened = studio(marked_file("a.png"), erase_sensitivity=0.8)
    opened.press("eraseButton")
    opened.wait(lambda: opened.current.step.restored is not None)
    assert opened.masks_sent == [None]
    assert opened.specs[0].sensitivity == 0.8
    assert opened.current.history.undo_title == "Erase"


def test_a_picture_without_a_mark_stays_as_it_is_and_the_person_is_told(studio: Open, marked_file: File) -> None:
    opened = studio(marked_file("plain.png", mark=False))
    opened.press("eraseButton")
    opened.wait(lambda: "No mark was found on plain.png" in opened.told)
    assert opened.current.step.restored is None
    assert opened.current.history.undo_title == ""
    opened.window.banner.dismiss()
    opened.press("findMarkButton")
    opened.wait(lambda: "No mark was found on plain.png" in opened.told)
    assert opened.button("findMarkButton").isEnabled()
    assert opened.marked is None


def test_a_search_can_be_cancelled_and_begun_again(studio: Open, marked_file: File) -> None:
    opened = studio(marked_file("a.png"), hold=(FindMarkSpec,))
    opened.press("findMarkButton")
    opened.wait(lambda: opened.window.actions_by_name["cancel"].isEnabled())
    assert not opened.button("findMarkButton").isEnabled()
    opened.window.actions_by_name["cancel"].trigger()
    opened.wait(lambda: opened.button("findMarkButton").isEnabled())
    assert opened.marked is None


def test_what_was_found_goes_to_the_picture_on_which_it_was_looked_for(studio: Open, marked_file: File) -> None:
    opened = studio(marked_file("a.png"), marked_file("b.png"), hold=(FindMarkSpec,))
    opened.press("findMarkButton")
    opened.wait(lambda: bool(opened.client.specs(FindMarkSpec)))
    opened.look_at(1)
    opened.client.release()
    opened.idle()
    assert opened.marked is None
    opened.look_at(0)
    assert opened.marked is not None


def test_every_picture_is_searched_and_erased_in_one_go(studio: Open, marked_file: File) -> None:
    opened = studio(marked_file("a.png"), marked_file("b.png"), marked_file("plain.png", mark=False))
    opened.press("eraseAllButton")
    opened.wait(lambda: "Erased in 2 of 3 pictures." in opened.told)
    assert "No mark was found on plain.png." in opened.told
    first, second, plain = opened.library.documents
    assert first.step.restored is not None
    assert second.step.restored is not None
    assert plain.step.restored is None


def test_a_batch_that_is_cancelled_keeps_what_was_done(studio: Open, marked_file: File) -> None:
    opened = studio(marked_file("a.png"), marked_file("b.png"), hold=(EraseSpec,))
    opened.press("eraseAllButton")
    opened.wait(lambda: len(opened.specs) == 1)
    opened.client.release()
    opened.wait(lambda: len(opened.specs) == 2)
    opened.window.actions_by_name["cancel"].trigger()
    opened.wait(lambda: "Erased in 1 of 2 pictures. 1 cancelled." in opened.told)
    first, second = opened.library.documents
    assert first.step.restored is not None
    assert second.step.restored is None


def test_a_failure_says_what_and_can_be_tried_again(studio: Open, marked_file: File) -> None:
    opened = studio(marked_file("a.png"), hold=(EraseSpec,))
    opened.press("eraseButton")
    opened.wait(lambda: bool(opened.specs))
    opened.client.fail_held(Failed("There is no model erase-mark.", "Train one first.", "ModelError"))
    opened.wait(lambda: "There is no model erase-mark. Train one first." in opened.told)
    opened.press("bannerAction")
    opened.wait(lambda: len(opened.specs) == 2)
    opened.client.release()
    opened.wait(lambda: opened.current.step.restored is not None)


# I paint it


def test_only_what_was_painted_is_erased(studio: Open, marked_file: File) -> None:
    opened = studio(marked_file("a.png"), erase_way="paint", erase_brush_px=10)
    assert not opened.button("eraseButton").isEnabled()
    opened.drag((50, 60), (70, 60))
    opened.press("eraseButton")
    opened.wait(lambda: opened.current.step.restored is not None)
    before, after = opened.current.source.pixels, opened.current.step.restored.pixels
    assert (after[60, 50:70] == GRAY).all()
    assert (before == after)[opened.masks_sent[0] == 0].all()
    assert (after[MARK] == 255).all()


def test_what_is_painted_over_is_filled_unless_it_is_said_to_be_see_through(studio: Open, marked_file: File) -> None:
    opened = studio(marked_file("a.png"), erase_way="paint", erase_brush_px=10)
    for see_through in (False, True):
        opened.button("eraseSeeThrough").setChecked(see_through)
        opened.drag((50, 60), (70, 60))
        opened.press("eraseButton")
        opened.idle()
    opened.press("eraseWay_find")
    opened.press("eraseButton")
    opened.idle()
    assert [spec.method for spec in opened.specs] == ["inpaint", "auto", "auto"]


def test_the_mask_that_was_sent_is_not_changed_by_painting_on(studio: Open, marked_file: File) -> None:
    opened = studio(marked_file("a.png"), erase_way="paint", erase_brush_px=10, hold=(EraseSpec,))
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


def test_a_second_stroke_is_erased_from_the_result_of_the_first(studio: Open, marked_file: File) -> None:
    opened = studio(marked_file("a.png"), erase_way="paint", erase_brush_px=10)
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


def test_undo_goes_back_through_erasing_and_strokes_in_the_order_of_time(studio: Open, marked_file: File) -> None:
    opened = studio(marked_file("a.png"), erase_way="paint", erase_brush_px=10)
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


def test_in_another_panel_undo_leaves_the_mask_alone(studio: Open, marked_file: File) -> None:
    opened = studio(marked_file("a.png"), erase_way="paint")
    opened.drag((50, 60), (70, 60))
    opened.press("panel_restore")
    assert not opened.window.actions_by_name["undo"].isEnabled()
    assert opened.window.viewer.mask_layer is None
    opened.press("panel_erase")
    assert opened.window.actions_by_name["undo"].isEnabled()
    assert opened.window.viewer.mask_layer is not None


def test_the_left_button_moves_the_picture_again_in_other_panels(studio: Open, marked_file: File) -> None:
    opened = studio(marked_file("a.png"), erase_way="paint")
    opened.press("panel_restore")
    opened.drag((50, 60), (70, 60))
    opened.press("panel_erase")
    assert opened.marked is None


def test_what_was_erased_stays_erased_when_the_picture_is_restored(studio: Open, marked_file: File) -> None:
    opened = studio(marked_file("a.png"))
    opened.press("eraseButton")
    opened.wait(lambda: opened.current.step.restored is not None)
    erased = opened.current.step.restored
    opened.press("panel_restore")
    opened.press("restoreButton")
    opened.wait(lambda: opened.current.step.title == "Restore")
    given = [inputs[0] for _, spec, inputs in opened.client.submitted if isinstance(spec, DenoiseSpec)][-1]
    assert (given.pixels == erased.pixels).all()
    assert (opened.current.step.restored.pixels[MARK] == GRAY // 2).all()
    assert opened.current.given is opened.current.source


def test_the_brackets_change_the_brush_and_the_circle(studio: Open, marked_file: File) -> None:
    opened = studio(marked_file("a.png"), erase_brush_px=40)
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


def test_the_mask_grows_shrinks_softens_turns_round_and_is_cleared(studio: Open, marked_file: File) -> None:
    opened = studio(marked_file("a.png"), erase_way="paint")
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


def test_the_eraser_and_the_lasso_work_on_the_picture(studio: Open, marked_file: File) -> None:
    opened = studio(marked_file("a.png"), erase_way="paint", erase_brush_px=8)
    opened.press("maskTool_lasso")
    opened.drag((20, 20), (80, 20), (80, 70), (20, 70))
    assert opened.marked is not None
    assert opened.marked[45, 50]
    opened.press("maskTool_eraser")
    opened.drag((50, 45), (50, 45))
    assert not opened.marked[45, 50]
    assert opened.marked[25, 25]


def test_painting_shows_a_hidden_mask_again(studio: Open, marked_file: File) -> None:
    opened = studio(marked_file("a.png"), erase_way="paint")
    opened.drag((50, 60), (70, 60))
    opened.press("maskShow")
    assert opened.window.viewer.mask_layer is None
    opened.drag((50, 40), (70, 40))
    assert opened.window.viewer.mask_layer is not None
    assert opened.button("maskShow").isChecked()


# Masks in files, and one for all


def test_a_mask_is_saved_and_loaded(studio: Open, marked_file: File, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = studio(marked_file("a.png"), erase_way="paint")
    opened.drag((50, 60), (70, 60))
    assert opened.marked is not None
    painted = opened.marked.copy()
    target = tmp_path / "mine.png"
    monkeypatch.setattr(
        files, "choose_target", lambda _parent, _title, suggested, _kind: target if suggested.name == "a_mask.png" else None
    )
    opened.press("maskSave")
    opened.wait(lambda: "mine.png" in opened.told)
    assert (load_mask(target, 100, 80) == painted).all()
    opened.press("maskClear")
    monkeypatch.setattr(files, "choose_mask", lambda *_: target)
    opened.press("maskLoad")
    opened.wait(lambda: opened.marked is not None)
    assert (opened.marked == painted).all()
    assert opened.window.actions_by_name["undo"].text() == "&Undo Load mask"


def test_a_mask_of_another_size_is_refused_in_words(
    studio: Open, marked_file: File, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = studio(marked_file("a.png"))
    other = save_mask(empty_mask(30, 20), tmp_path / "other.png")
    monkeypatch.setattr(files, "choose_mask", lambda *_: other)
    opened.press("maskLoad")
    opened.wait(lambda: "other.png has 30 x 20 pixels, the picture 100 x 80." in opened.told)
    assert opened.marked is None


def test_one_mask_erases_in_all_pictures_of_its_size(studio: Open, marked_file: File) -> None:
    paths = [marked_file("a.png"), marked_file("b.png"), marked_file("small.png", 90, 70), marked_file("c.png")]
    opened = studio(*paths, erase_way="paint", erase_brush_px=10)
    opened.press("maskOne")
    opened.drag((50, 60), (70, 60))
    opened.press("eraseAllButton")
    opened.wait(lambda: "Erased in 3 of 3 pictures." in opened.told)
    first, second, small, third = opened.library.documents
    for document in (first, second, third):
        assert (document.step.restored.pixels[60, 50:70] == GRAY).all()
    assert small.step.restored is None
    assert opened.masks_sent[0] is opened.masks_sent[1]


def test_pictures_of_another_size_are_said_to_be_left_out(studio: Open, marked_file: File) -> None:
    opened = studio(marked_file("a.png"), marked_file("small.png", 90, 70), erase_way="paint", hold=(EraseSpec,))
    opened.press("maskOne")
    opened.drag((50, 60), (70, 60))
    opened.press("eraseAllButton")
    opened.wait(lambda: "1 picture has no mask of the same size" in opened.told)
    opened.client.release()
    opened.idle()


def test_without_one_for_all_each_picture_keeps_its_own_mask(studio: Open, marked_file: File) -> None:
    opened = studio(marked_file("a.png"), marked_file("b.png"), erase_way="paint", erase_brush_px=10)
    opened.drag((50, 60), (70, 60))
    opened.look_at(1)
    assert opened.marked is None
    opened.drag((50, 40), (70, 40))
    opened.press("eraseAllButton")
    opened.wait(lambda: "Erased in 2 of 2 pictures." in opened.told)
    first, second = opened.library.documents
    assert (first.step.restored.pixels[60, 50:70] == GRAY).all()
    assert (second.step.restored.pixels[40, 50:70] == GRAY).all()
    assert not (second.step.restored.pixels[60, 50:70] == GRAY).all()


# The same mark on many pictures


def test_a_shared_mark_comes_off_the_files_of_a_folder_in_one_job(
    studio: Open, marked_file: File, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = studio(*(marked_file(f"{name}.png") for name in "abcde"), erase_way="shared")
    out = tmp_path / "out"
    out.mkdir()
    (out / "a_restored.png").write_bytes(b"mine")
    monkeypatch.setattr(files, "choose_folder", lambda *_: out)
    opened.press("eraseAllButton")
    opened.wait(lambda: "4 of 5 pictures saved without the mark" in opened.told)
    assert "1 could not be read, or do not carry it: see the log." in opened.told
    assert "About 14 would be enough." in opened.told
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


def test_too_few_pictures_for_a_shared_mark_are_told_before_anything_is_asked(studio: Open, marked_file: File) -> None:
    opened = studio(marked_file("a.png"), erase_way="shared")
    opened.press("eraseButton")
    assert "at least 4 pictures" in opened.told
    assert opened.client.specs(SharedMarkSpec) == []


def test_with_a_kept_mark_one_picture_is_enough(studio: Open, marked_file: File, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = studio(marked_file("a.png"), erase_way="shared")
    kept = tmp_path / "kept.png"
    monkeypatch.setattr(files, "choose_mark", lambda *_: kept)
    monkeypatch.setattr(files, "choose_folder", lambda *_: tmp_path)
    opened.press("sharedUseKept")
    opened.press("eraseButton")
    opened.wait(lambda: bool(opened.client.specs(SharedMarkSpec)))
    assert opened.client.specs(SharedMarkSpec)[0].mark == str(kept)
    opened.idle()


def test_results_of_pictures_with_one_name_do_not_replace_each_other(tmp_path: Path) -> None:
    found = targets([tmp_path / "one" / "a.png", tmp_path / "two" / "a.png"], tmp_path, "_clean")
    assert [path.name for path in found] == ["a_clean.png", "a_clean-2.png"]


def test_the_mask_and_its_tools_rest_while_a_shared_mark_is_worked_on(studio: Open, marked_file: File) -> None:
    opened = studio(marked_file("a.png"), erase_way="paint")
    opened.drag((50, 60), (70, 60))
    opened.press("eraseWay_shared")
    assert opened.window.viewer.mask_layer is None
    assert not opened.button("maskGrow").isVisible()
    opened.press("eraseWay_paint")
    assert opened.window.viewer.mask_layer is not None


# The panel


def test_the_notice_is_shown_until_it_was_read_and_never_again(studio: Open, marked_file: File, tmp_path: Path) -> None:
    opened = studio(marked_file("a.png"))
    notice = opened.find(QFrame, "eraseNotice")
    assert notice.isVisible()
    assert "own or may edit" in opened.find(QLabel, "eraseNoticeText").text()
    opened.press("eraseNoticeRead")
    assert not notice.isVisible()
    opened.window.close()
    assert Settings(tmp_path / "config" / "settings.json")["erase_notice_read"] is True


def test_a_read_notice_is_not_shown(studio: Open, marked_file: File) -> None:
    assert not studio(marked_file("a.png"), erase_notice_read=True).find(QFrame, "eraseNotice").isVisible()


def test_the_choices_are_remembered(studio: Open, marked_file: File, tmp_path: Path) -> None:
    opened = studio(marked_file("a.png"))
    opened.press("eraseWay_paint")
    opened.press("maskOne")
    opened.press("eraseSeeThrough")
    opened.panel.editor.set_brush_px(17)
    opened.window.close()
    settings = Settings(tmp_path / "config" / "settings.json")
    assert (settings["erase_way"], settings["erase_one_mask"], settings["erase_brush_px"]) == ("paint", True, 17)
    assert settings["erase_see_through"]


def test_an_empty_window_offers_nothing_to_erase(studio: Open) -> None:
    opened = studio()
    for name in ("findMarkButton", "eraseButton", "eraseAllButton", "maskInvert", "maskLoad", "maskSave", "maskGrow"):
        assert not opened.button(name).isEnabled(), name


def test_every_control_of_the_panel_has_names_and_words(studio: Open, marked_file: File) -> None:
    opened = studio(marked_file("a.png"))
    controls = [
        widget
        for kind in (QAbstractButton, QComboBox, QAbstractSpinBox, QSlider)
        for widget in opened.panel.findChildren(kind)
        if not widget.objectName().startswith("qt_")
    ]
    assert len(controls) > 15
    for widget in controls:
        assert widget.objectName(), widget
        assert widget.accessibleName() or widget.text(), widget.objectName()
        parent = widget.parentWidget()
        assert widget.toolTip() or (parent is not None and parent.toolTip()), widget.objectName()


def test_tab_reaches_every_part_of_the_panel(studio: Open, marked_file: File) -> None:
    opened = studio(marked_file("a.png"))
    opened.drag((50, 60), (70, 60))
    opened.window.activateWindow()
    opened.button("findMarkButton").setFocus()
    seen = set()
    for _ in range(60):
        widget = QApplication.focusWidget()
        assert widget is not None
        seen |= {widget.objectName(), widget.parentWidget().objectName()}
        opened.qtbot.keyClick(widget, Qt.Key.Key_Tab)
    wanted = {"maskTool_brush", "brushSize", "maskGrow", "maskEdge", "maskInvert", "maskLoad", "maskSave", "maskShow", "maskOne"}
    assert wanted | {"eraseButton", "eraseAllButton", "eraseWay_find", "eraseSensitivity", "compareView"} <= seen


def test_the_result_is_saved_like_any_other(studio: Open, marked_file: File, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = studio(marked_file("a.png"))
    opened.press("eraseButton")
    opened.wait(lambda: opened.current.step.restored is not None)
    target = tmp_path / "clean.png"
    monkeypatch.setattr(files, "choose_save_path", lambda *_: target)
    opened.window.actions_by_name["save"].trigger()
    opened.wait(lambda: target.exists() and not opened.current.modified)
    assert (read(target).pixels[MARK] == GRAY).all()


def test_the_whole_way_works_at_another_zoom(studio: Open, marked_file: File) -> None:
    opened = studio(marked_file("a.png"), erase_way="paint", erase_brush_px=4)
    opened.qtbot.waitUntil(lambda: opened.window.viewer.picture_size != (0, 0))
    opened.window.viewer.zoom_to(16.0)
    region = opened.window.viewer.visible_region()
    x, y = region.center().x(), region.center().y()
    opened.drag((x, y), (x + 6, y))
    assert opened.marked is not None
    assert opened.marked[int(y), int(x) : int(x) + 6].all()
    assert np.count_nonzero(opened.marked) < 80
