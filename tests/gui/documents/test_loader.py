"""Loading pictures and their references."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import crashing_reader
import numpy as np
import pytest
from fake_client import FakeClient
from pytestqt.qtbot import QtBot

from aedesk.core.errors import AedeskError, PictureError
from aedesk.gui.documents.loader import clean_partner, reference_for
from aedesk.gui.workspace import Workspace
from aedesk.imaging.picture import Picture
from aedesk.jobs.picture_reader import InlineReader, PictureReader
from aedesk.settings.store import Settings

Pixels = Callable[..., np.ndarray]


def test_a_clean_partner_is_found_by_its_name(make_file: Callable[..., Path]) -> None:
    clean, noisy = make_file("x_clean.png"), make_file("x_noisy.png")
    assert clean_partner(noisy) == clean
    assert clean_partner(clean) is None
    assert clean_partner(make_file("y_noisy.png")) is None


def test_a_reference_of_another_size_is_refused(make_file: Callable[..., Path], make_pixels: Pixels) -> None:
    with pytest.raises(PictureError, match="64\u00d748"):
        reference_for(Picture(make_pixels(48, 65)), make_file("a.png", 64, 48), InlineReader())


def test_a_picture_opens_with_the_partner_as_its_reference(
    make_file: Callable[..., Path], opened: Callable[..., list], workspace: Workspace
) -> None:
    make_file("x_clean.png")
    (document,) = opened(make_file("x_noisy.png", seed=1))
    assert document.step.reference is not None
    assert document.history.undo_title == ""


def test_loading_a_reference_is_a_step_that_can_be_undone(
    qtbot: QtBot, make_file: Callable[..., Path], opened: Callable[..., list], workspace: Workspace
) -> None:
    (document,) = opened(make_file("a.png"))
    errors: list[AedeskError] = []
    workspace.loader.set_reference(document, make_file("b.png", seed=1), errors.append)
    qtbot.waitUntil(lambda: document.step.reference is not None)
    assert document.history.undo_title == "Load reference"
    workspace.loader.set_reference(document, make_file("c.png", width=10), errors.append)
    qtbot.waitUntil(lambda: bool(errors))
    assert "c.png" in str(errors[0])


def test_a_source_that_was_let_go_is_read_again(
    qtbot: QtBot, make_file: Callable[..., Path], opened: Callable[..., list], workspace: Workspace
) -> None:
    (document,) = opened(make_file("a.png"))
    document.source = None
    workspace.loader.ensure(document, lambda _: None)
    qtbot.waitUntil(lambda: document.source is not None)


@pytest.mark.skipif(sys.platform == "win32", reason="the process is ended by a signal")
def test_a_file_on_which_a_decoder_crashes_costs_the_window_nothing_else(
    qtbot: QtBot, make_file: Callable[..., Path], client: FakeClient, training: FakeClient, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(crashing_reader.ALWAYS)
    workspace = Workspace(Settings(), lambda: client, lambda: training, make_reader=lambda: PictureReader(crashing_reader.serve))
    try:
        failing, good = workspace.library.add([bad, make_file("a.png")])
        errors: list[AedeskError] = []
        workspace.loader.ensure(failing, lambda _: None, errors.append)
        workspace.loader.ensure(good, lambda _: None)
        qtbot.waitUntil(lambda: bool(errors) and good.source is not None, timeout=60_000)
        assert "bad.png cannot be read" in str(errors[0])
        with pytest.raises(PictureError, match="stopped working"):
            workspace.thumbnail_reader.thumbnail(bad, 64)
        assert workspace.thumbnail_reader.thumbnail(make_file("b.png"), 32).shape[1] == 32
    finally:
        workspace.shutdown()
