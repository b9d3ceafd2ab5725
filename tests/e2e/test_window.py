"""The real window with the real worker: restore the sample, cancel, and kill the worker in the middle."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from aedesk.core.resources import resource_path
from aedesk.gui.app import Application
from aedesk.gui.jobs.task_queue import TaskState
from aedesk.gui.shell.main_window import MainWindow
from aedesk.imaging.io import read, write
from aedesk.imaging.metrics import psnr
from aedesk.imaging.picture import Picture
from aedesk.jobs.client import WorkerClient
from aedesk.settings.store import Settings

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
PATIENCE_MS = 240_000
Start = Callable[..., tuple[MainWindow, WorkerClient]]


@pytest.fixture
def start(qtbot: QtBot, tmp_path: Path) -> Iterator[Start]:
    """``start(path)``: the window with that picture, and its client whose worker is ready."""
    running: list[Application] = []

    def open_window(path: Path) -> tuple[MainWindow, WorkerClient]:
        settings = Settings(tmp_path / "settings.json")
        settings["confirm_close"] = False
        settings.save()
        client = WorkerClient("interactive")
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        made = Application(app, [path], make_client=lambda: client, settings_file=settings.path)
        running.append(made)
        made.show()
        qtbot.waitUntil(lambda: bool(made.workspace.inventory.models) and len(made.workspace.inventory.devices) >= 1, timeout=PATIENCE_MS)
        qtbot.waitUntil(lambda: made.workspace.library.current is not None, timeout=PATIENCE_MS)
        return made.window, client

    yield open_window
    for each in running:
        each.window.close()
        each.end()
        each.window.deleteLater()


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Large enough to be interrupted: 6 megapixels."""
    pixels = np.random.default_rng(0).integers(0, 256, (2000, 3000, 3), np.uint8)
    return write(Picture(pixels), tmp_path / "large.png")


def test_the_sample_gets_nine_decibels_better_and_is_saved(
    qtbot: QtBot, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, _ = start(resource_path("samples", "portrait_noisy.png"))
    window.actions_by_name["run"].trigger()
    queue, library = window.workspace.queue, window.workspace.library
    qtbot.waitUntil(lambda: not queue.busy, timeout=PATIENCE_MS)
    assert [task.state for task in queue.tasks] == [TaskState.DONE]
    out = tmp_path / "out.png"
    monkeypatch.setattr("aedesk.gui.dialogs.files.choose_save_path", lambda *_: out)
    window.actions_by_name["save"].trigger()
    qtbot.waitUntil(out.exists, timeout=PATIENCE_MS)
    document = library.current
    assert document is not None
    qtbot.waitUntil(lambda: not document.modified)
    clean = read(resource_path("samples", "portrait_clean.png")).pixels
    noisy = read(resource_path("samples", "portrait_noisy.png")).pixels
    assert psnr(clean, read(out).pixels) > psnr(clean, noisy) + 9


def test_cancel_ends_the_job_and_the_worker_stays(qtbot: QtBot, start: Start, large: Path) -> None:
    window, client = start(large)
    worker = client.pid
    queue = window.workspace.queue
    window.actions_by_name["run"].trigger()
    qtbot.waitUntil(lambda: queue.running is not None and queue.running.job_id > 0, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: window.workspace.bridge.state == "busy", timeout=PATIENCE_MS)
    window.actions_by_name["cancel"].trigger()
    qtbot.waitUntil(lambda: not queue.busy, timeout=PATIENCE_MS)
    assert [task.state for task in queue.tasks] == [TaskState.CANCELLED]
    assert client.pid == worker


def test_a_worker_that_is_killed_costs_one_job_which_can_be_retried(qtbot: QtBot, start: Start, large: Path) -> None:
    window, client = start(large)
    queue = window.workspace.queue
    window.actions_by_name["run"].trigger()
    qtbot.waitUntil(lambda: window.workspace.bridge.state == "busy", timeout=PATIENCE_MS)
    worker = client.pid
    assert worker is not None
    os.kill(worker, signal.SIGKILL)
    qtbot.waitUntil(lambda: not queue.busy, timeout=PATIENCE_MS)
    (task,) = queue.tasks
    assert task.state is TaskState.FAILED
    assert "stopped unexpectedly" in window.banner.text
    sample = resource_path("samples", "portrait_noisy.png")
    task.document.source = read(sample)  # a small one in its place: the retry need not take minutes
    queue.retry(task.id)
    qtbot.waitUntil(lambda: not queue.busy, timeout=PATIENCE_MS)
    assert task.state is TaskState.DONE
    assert client.pid != worker
