"""The real window trains with the real worker: for seconds, on tiny pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox
from pytestqt.qtbot import QtBot

from aedesk.gui.app import Application
from aedesk.gui.panels.train.panel import TrainPanel
from aedesk.gui.panels.train.training_session import State
from aedesk.gui.shell.main_window import MainWindow
from aedesk.imaging.io import write
from aedesk.imaging.picture import Picture
from aedesk.settings.store import Settings

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
PATIENCE_MS = 240_000
Start = Callable[[], MainWindow]


@pytest.fixture
def start(qtbot: QtBot, tmp_path: Path) -> Iterator[Start]:
    """``start()``: the window with real workers; each call is another start of the program with the same settings and home."""
    running: list[Application] = []
    file = tmp_path / "settings.json"
    written = Settings(file)
    written["first_start"] = False
    written["confirm_close"] = False
    written.save()

    def open_window() -> MainWindow:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        made = Application(app, settings_file=file)
        running.append(made)
        made.show()
        qtbot.waitUntil(lambda: bool(made.workspace.inventory.models), timeout=PATIENCE_MS)
        return made.window

    yield open_window
    for each in running:
        each.window.close()
        each.end()
        each.window.deleteLater()


@pytest.fixture
def folder(tmp_path: Path, make_pixels: Callable[..., np.ndarray]) -> Path:
    """Ten smooth pictures of 48 pixels."""
    (tmp_path / "pictures").mkdir()
    y, x = np.mgrid[0:48, 0:48] / 48
    for seed in range(10):
        random = np.random.default_rng(seed)
        planes = [np.sin(6 * random.random() * x + 6 * random.random() * y + random.random()) for _ in range(3)]
        pixels = np.round(127 + 100 * np.stack(planes, -1)).astype(np.uint8)
        write(Picture(pixels), tmp_path / "pictures" / f"{seed}.png")
    return tmp_path / "pictures"


def press(qtbot: QtBot, window: MainWindow, name: str) -> None:
    button = window.findChild(QAbstractButton, name)
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_a_denoiser_is_trained_paused_resumed_stopped_and_used_also_after_the_next_start(
    qtbot: QtBot, start: Start, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = start()
    press(qtbot, window, "panel_train")
    panel = window.panel
    assert isinstance(panel, TrainPanel)
    session, draft, page = panel.session, panel.draft, panel.page()
    draft.choose_family("denoising")
    monkeypatch.setattr("aedesk.gui.dialogs.files.choose_folder", lambda *_: folder)
    press(qtbot, window, "dataFolder")
    qtbot.waitUntil(lambda: page.data_box.summary is not None, timeout=PATIENCE_MS)
    assert page.data_box.summary.count == 10
    for path, value in {
        ("model", "widths"): [8, 8],
        ("model", "blocks"): [1, 1],
        ("stage", 0, "steps"): 100_000,
        ("stage", 0, "patch_px"): 16,
        ("stage", 0, "batch"): 4,
        ("train", "log_every"): 5,
        ("train", "validate_every"): 20,
        ("train", "preview_every"): 20,
    }.items():
        draft.set(path, value)
    press(qtbot, window, "trainStart")
    assert session.state is State.STARTING
    qtbot.waitUntil(lambda: session.step >= 40 and page.progress.sheet.image_size.width() > 0, timeout=PATIENCE_MS)
    assert session.state is State.RUNNING
    press(qtbot, window, "trainPause")
    qtbot.waitUntil(lambda: session.state is State.PAUSED, timeout=PATIENCE_MS)
    assert session.run is not None
    assert session.run.checkpoint.is_file()
    paused_at = session.step
    press(qtbot, window, "trainResume")
    qtbot.waitUntil(lambda: session.step > paused_at + 20, timeout=PATIENCE_MS)
    press(qtbot, window, "trainStop")
    qtbot.waitUntil(lambda: session.state is State.STOPPED, timeout=PATIENCE_MS)
    steps, _ = page.progress.losses.points("loss")
    assert np.array_equal(steps, np.unique(steps))
    press(qtbot, window, "useNow")
    models = window.findChild(QComboBox, "modelChoice")
    qtbot.waitUntil(lambda: models.currentData() == "my-denoising-autoencoder", timeout=PATIENCE_MS)
    assert "Restore now uses it" in window.banner.text
    window.close()
    again = start()
    models = again.findChild(QComboBox, "modelChoice")
    qtbot.waitUntil(lambda: models.currentData() == "my-denoising-autoencoder", timeout=PATIENCE_MS)
    picture = next(iter(folder.iterdir()))
    again.commands.opener.open([picture])
    qtbot.waitUntil(lambda: again.workspace.library.current is not None, timeout=PATIENCE_MS)
    press(qtbot, again, "panel_restore")
    again.actions_by_name["run"].trigger()
    document = again.workspace.library.current
    qtbot.waitUntil(lambda: document.step.restored is not None, timeout=PATIENCE_MS)


def test_a_run_that_was_cut_off_by_closing_the_window_is_offered_again(qtbot: QtBot, start: Start, folder: Path) -> None:
    window = start()
    window.panel_stack.choose("train")
    panel = window.panel
    assert isinstance(panel, TrainPanel)
    panel.draft.choose_family("undercomplete")
    panel.draft.choose_pictures({"folder": str(folder)})
    for path, value in {("model", "hidden"): [16], ("model", "code"): 4, ("stage", 0, "steps"): 100_000, ("train", "log_every"): 5}.items():
        panel.draft.set(path, value)
    panel.start()
    qtbot.waitUntil(lambda: panel.session.step >= 20, timeout=PATIENCE_MS)
    run = panel.session.run
    assert run is not None
    window.close()
    assert run.checkpoint.is_file()
    again = start()
    other = again.panel_stack.panel("train")
    assert isinstance(other, TrainPanel)
    qtbot.waitUntil(lambda: other.session.state is State.PAUSED, timeout=PATIENCE_MS)
    assert "was not finished" in again.banner.text
    offered_at = other.session.step
    assert offered_at >= 20
    again.panel_stack.choose("train")
    press(qtbot, again, "trainResume")
    qtbot.waitUntil(lambda: other.session.state is State.RUNNING and other.session.step > offered_at, timeout=PATIENCE_MS)
    other.session.stop()
    qtbot.waitUntil(lambda: other.session.state is State.STOPPED, timeout=PATIENCE_MS)
