"""The window that does by itself what a person does first, with a scripted worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_client import FakeClient, play
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from aedesk.core.events import Failed
from aedesk.core.specs import DenoiseSpec
from aedesk.gui.app import Application
from aedesk.gui.diagnostics.smoke_test import SmokeTest
from aedesk.imaging.io import read

Run = Callable[..., SmokeTest]


@pytest.fixture
def smoke_test(qtbot: QtBot, tmp_path: Path) -> Iterator[Run]:
    """``smoke_test(picture, target, client)``: the smoke_test, once its window has closed."""
    running: list[Application] = []

    def run(picture: Path, target: Path, client: FakeClient) -> SmokeTest:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        made = Application(
            app, [picture], make_client=lambda: client, make_training_client=FakeClient, settings_file=tmp_path / "config" / "settings.json"
        )
        running.append(made)
        smoke_test = SmokeTest(made.window, target, made)
        with qtbot.waitSignal(made.window.ended, timeout=120_000):
            made.show()
        return smoke_test

    yield run
    for each in running:
        each.end()
        each.window.deleteLater()


def test_it_restores_saves_and_closes_and_says_so(smoke_test: Run, make_file: Any, tmp_path: Path, capsys: Any) -> None:
    picture = make_file("a.png")
    smoke_test = smoke_test(picture, tmp_path / "out.png", FakeClient())
    assert smoke_test.problem == ""
    assert (read(tmp_path / "out.png").pixels == read(picture).pixels // 2).all()
    assert capsys.readouterr().out.split() == ["window", "picture", "ready", "restored", "saved"]


def test_a_picture_that_cannot_be_read_ends_it_with_the_reason(smoke_test: Run, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG and no more")
    smoke_test = smoke_test(tmp_path / "a.png", tmp_path / "out.png", FakeClient())
    assert "a.png" in smoke_test.problem
    assert not (tmp_path / "out.png").exists()


def test_a_worker_that_fails_ends_it_with_the_reason(smoke_test: Run, make_file: Any, tmp_path: Path) -> None:
    def broken(spec: Any, inputs: tuple[Any, ...]) -> Any:
        if isinstance(spec, DenoiseSpec):
            return iter([Failed("The model is missing.", "Install it again.", "ModelError")])
        return play(spec, inputs)

    smoke_test = smoke_test(make_file("a.png"), tmp_path / "out.png", FakeClient(broken))
    assert "The model is missing." in smoke_test.problem
