"""The log file, the log in the window, and unexpected errors."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from aedesk.gui.diagnostics.log_setup import MAX_BYTES, Logging, install_exception_hooks

Pixels = Callable[..., np.ndarray]


def test_the_log_goes_into_a_file_and_into_the_window(qtbot: QtBot, tmp_path: Path) -> None:
    log = Logging(tmp_path / "deep" / "aedesk.log")
    log.start()
    try:
        with qtbot.waitSignal(log.relay.line) as heard:
            logging.getLogger("aedesk.test").warning("disk is %s", "full")
    finally:
        log.stop()
    assert heard.args == ["disk is full", "warning"]
    assert "disk is full" in log.path.read_text("utf-8")


def test_a_large_log_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "aedesk.log"
    path.write_bytes(b"x" * (MAX_BYTES + 1))
    log = Logging(path)
    log.start()
    log.stop()
    assert (tmp_path / "aedesk.old.log").stat().st_size == MAX_BYTES + 1


def test_an_unexpected_error_is_shown_as_a_sentence_and_its_traceback_goes_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []
    undo = install_exception_hooks(told.append)
    try:
        try:
            raise KeyError("secret detail")
        except KeyError:
            sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
    finally:
        undo()
    assert len(told) == 1
    assert "secret detail" not in told[0]
    assert "Traceback" not in told[0]
    assert "secret detail" in caplog.text
