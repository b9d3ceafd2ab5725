"""After a crash the pictures come back, with what was done to them; after a proper end there is nothing to come back."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_client import FakeClient
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtWidgets import QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from aedesk.gui import dialogs
from aedesk.gui.documents.history import Step
from aedesk.gui.documents.library import Document
from aedesk.gui.recovery.crash import CrashWatch, write_report
from aedesk.gui.recovery.record import Kept, Record, read_picture, read_record, write_picture, write_record
from aedesk.gui.recovery.recovery import Recovery, words
from aedesk.gui.workspace import Workspace
from aedesk.imaging.picture import Picture
from aedesk.jobs.picture_reader import InlineReader
from aedesk.settings.store import Settings

Opened = Callable[..., list[Document]]
PATIENCE_MS = 60_000  # for machines that are busy with something else


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


def work_on(qtbot: QtBot, workspace: Workspace, document: Document, state: Path) -> None:
    """Two steps, the second taken back; then the disk knows of them."""
    source = document.source
    assert source is not None
    dark, darker = source.with_pixels(source.pixels // 2), source.with_pixels(source.pixels // 4)
    workspace.library.push(document, Step("Add noise", noisy=dark, reference=source))
    workspace.library.push(document, Step("Restore", dark, source, darker, 12.5))
    workspace.library.undo(document)

    def written() -> bool:
        record = read_record(state / "session")
        return record is not None and any(len(kept.steps) == 3 and kept.at == 1 for kept in record.documents)

    qtbot.waitUntil(written, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: workspace.pool.idle, timeout=PATIENCE_MS)


def start_again(
    qtbot: QtBot, state: Path, window: QWidget, monkeypatch: pytest.MonkeyPatch, answer: bool
) -> tuple[Workspace, Recovery, list[Any]]:
    asked: list[Any] = []
    monkeypatch.setattr(dialogs, "ask_recovery", lambda *about: (asked.append(about), answer)[1])
    workspace = Workspace(Settings(), FakeClient, FakeClient, make_reader=InlineReader)
    recovery = Recovery(state, state / "aedesk.log")
    recovery.offer(workspace, window)
    return workspace, recovery, asked


def test_after_a_crash_pictures_steps_and_the_present_one_come_back(
    qtbot: QtBot, workspace: Workspace, opened: Opened, make_file: Any, state: Path, window: QWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Recovery(state, state / "aedesk.log")
    assert not first.offer(workspace, window)
    one, two = opened(make_file("a.png", 1200, 500), make_file("b.png", seed=1))
    work_on(qtbot, workspace, one, state)
    workspace.library.set_current(two)
    qtbot.waitUntil(lambda: (found := read_record(state / "session")) is not None and found.current == str(two.path), timeout=PATIENCE_MS)
    first.watch.stop()  # it is a crash: no end()

    again, recovery, asked = start_again(qtbot, state, window, monkeypatch, answer=True)
    text, restorable, report, _ = asked[0]
    assert "2 pictures were open, with 1 result" in text
    assert restorable
    assert report is not None
    assert "killed, or the power was cut" in report.read_text("utf-8")
    library = again.library
    assert [document.path for document in library.documents] == [one.path, two.path]
    assert library.current is not None
    assert library.current.path == two.path
    back = library.documents[0]
    qtbot.waitUntil(lambda: len(back.history.steps) == 3, timeout=PATIENCE_MS)
    assert [(step.title, step.sigma) for step in back.history.steps] == [(step.title, step.sigma) for step in one.history.steps]
    for mine, theirs in zip(back.history.steps, one.history.steps, strict=True):
        for name in ("noisy", "reference", "restored"):
            assert (getattr(mine, name) is None) == (getattr(theirs, name) is None)
            if getattr(mine, name) is not None:
                assert np.array_equal(getattr(mine, name).pixels, getattr(theirs, name).pixels)
    assert back.history.index == 1
    assert back.modified
    qtbot.waitUntil(
        lambda: (found := read_record(state / "session")) is not None and len(found.documents[0].steps) == 3, timeout=PATIENCE_MS
    )
    again.shutdown()
    recovery.end()
    assert [path.name for path in state.iterdir()] == ["crashes"]


def test_a_proper_end_leaves_nothing_to_restore(
    qtbot: QtBot, workspace: Workspace, opened: Opened, make_file: Any, state: Path, window: QWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    recovery = Recovery(state, state / "aedesk.log")
    recovery.offer(workspace, window)
    (one,) = opened(make_file("a.png"))
    work_on(qtbot, workspace, one, state)
    workspace.shutdown()
    recovery.end()
    assert list(state.iterdir()) == []
    again, recovery, asked = start_again(qtbot, state, window, monkeypatch, answer=True)
    assert asked == []
    again.shutdown()
    recovery.end()


def test_a_user_who_starts_fresh_is_not_asked_again(
    qtbot: QtBot, workspace: Workspace, opened: Opened, make_file: Any, state: Path, window: QWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Recovery(state, state / "aedesk.log")
    first.offer(workspace, window)
    (one,) = opened(make_file("a.png"))
    work_on(qtbot, workspace, one, state)
    first.watch.stop()
    again, second, asked = start_again(qtbot, state, window, monkeypatch, answer=False)
    assert len(asked) == 1
    assert again.library.documents == []
    second.watch.stop()  # a crash with nothing open
    again.shutdown()
    third_workspace, third, asked = start_again(qtbot, state, window, monkeypatch, answer=False)
    assert asked == []
    third_workspace.shutdown()
    third.end()


def test_a_result_that_the_crash_has_torn_costs_only_itself(
    qtbot: QtBot, workspace: Workspace, opened: Opened, make_file: Any, state: Path, window: QWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Recovery(state, state / "aedesk.log")
    first.offer(workspace, window)
    (one,) = opened(make_file("a.png"))
    work_on(qtbot, workspace, one, state)
    first.watch.stop()
    for path in (state / "session").glob("*.npz"):
        path.write_bytes(path.read_bytes()[:100])
    again, recovery, _ = start_again(qtbot, state, window, monkeypatch, answer=True)
    told: list[str] = []
    again.notified.connect(lambda text, level: told.append(text))
    qtbot.waitUntil(lambda: bool(told), timeout=PATIENCE_MS)
    assert "a.png" in told[0]
    assert len(again.library.documents) == 1
    again.shutdown()
    recovery.end()


def test_the_word_of_a_fatal_error_stands_in_the_report_of_the_next_start(tmp_path: Path, project: Path) -> None:
    code = """
import os, signal, sys
from pathlib import Path
from aedesk.gui.recovery.crash import CrashWatch
CrashWatch(Path(sys.argv[1])).start()
os.kill(os.getpid(), signal.SIGSEGV)
"""
    environment = {"PYTHONPATH": str(project), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], env=environment, capture_output=True, check=False).returncode
    watch = CrashWatch(tmp_path)
    assert "Segmentation fault" in watch.left
    (tmp_path / "log").write_text("".join(f"line {number}\n" for number in range(1000)))
    report = write_report(tmp_path / "crashes", watch.left, "aedesk 0", tmp_path / "log")
    assert report is not None
    text = report.read_text("utf-8")
    assert "Segmentation fault" in text
    assert "line 999" in text
    assert "line 100\n" not in text
    watch.start()
    watch.stop()
    assert CrashWatch(tmp_path).left == ""


def test_a_folder_that_cannot_be_written_costs_nothing_but_the_report(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    watch = CrashWatch(tmp_path / "file")
    watch.start()
    watch.stop()
    assert write_report(tmp_path / "file", "", "", tmp_path / "log") is None


def test_a_record_comes_back_as_it_was_written(tmp_path: Path) -> None:
    steps = ({"values": {"title": "Open"}, "pictures": {}}, {"values": {"title": "é", "sigma": 2.5}, "pictures": {"restored": "1.npz"}})
    record = Record((Kept("/a/ä b.png", 1, True, steps), Kept("/c.aed")), "/c.aed")
    write_record(record, tmp_path)
    assert read_record(tmp_path) == record


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200) | st.just(b'{"version": 1, "current": "", "documents": [{"path": 3}]}'))
def test_no_damaged_record_is_an_error(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("record")
    (folder / "session.json").write_bytes(data)
    assert read_record(folder) in (None, Record())


def test_a_picture_comes_back_with_all_that_belongs_to_it(tmp_path: Path, make_pixels: Callable[..., np.ndarray]) -> None:
    pixels = make_pixels(20, 30, dtype=np.uint16)
    texts = (("Title", "Stra\u00dfe"), ("Comment", ""))
    picture = Picture(pixels, pixels[:, :, 0].copy(), b"icc", b"II*\0", b"<x/>", (300.0, 72.0), b"8BIM", texts)
    write_picture(picture, tmp_path / "1.npz")
    again = read_picture(tmp_path / "1.npz")
    assert np.array_equal(again.pixels, pixels)
    assert np.array_equal(again.alpha, picture.alpha)
    assert (again.icc, again.exif, again.xmp, again.dpi) == (picture.icc, picture.exif, picture.xmp, picture.dpi)
    assert (again.iptc, again.text) == (b"8BIM", texts)


def test_the_words_count_right() -> None:
    assert words(Record(), "") == "Nothing was open."
    assert words(Record((Kept("a"),)), "") == "1 picture was open."
    assert words(Record((Kept("a", 1, True), Kept("b", 1, True))), "run").startswith("2 pictures were open, with 2 results")
    assert "resume" in words(Record(), "run")


@pytest.mark.parametrize(("restorable", "press", "wanted"), [(True, "Restore", True), (True, "fresh", False), (False, "OK", False)])
def test_the_question_shows_the_report_and_gives_the_answer(
    qtbot: QtBot, window: QWidget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, restorable: bool, press: str, wanted: bool
) -> None:
    (tmp_path / "crash.txt").write_text("the whole story")
    seen: list[str] = []

    def answer(box: QMessageBox) -> int:
        seen.append(box.detailedText())
        next(button for button in box.findChildren(QPushButton) if press in button.text().replace("&", "")).click()
        return 0

    monkeypatch.setattr(QMessageBox, "exec", answer)
    assert dialogs.ask_recovery("1 picture was open.", restorable, tmp_path / "crash.txt", window) is wanted
    assert seen == ["the whole story"]


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps profiles apart by itself")
def test_what_is_kept_of_a_session_and_of_a_crash_is_for_its_owner_only(
    qtbot: QtBot, workspace: Workspace, opened: Opened, make_file: Any, state: Path, window: QWidget
) -> None:
    state.mkdir(mode=0o755)
    recovery = Recovery(state, state / "aedesk.log")
    recovery.offer(workspace, window)
    work_on(qtbot, workspace, opened(make_file("a.png"))[0], state)
    write_report(state / "crashes", "fatal", "program", state / "aedesk.log")
    kept = [path for path in state.rglob("*") if path.is_file()]
    assert {path.suffix for path in kept} == {".json", ".npz", ".txt"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (state, state / "session", state / "crashes")} == {0o700}
    workspace.shutdown()
    recovery.end()
