""".aed files in the window: opened, damaged, refused, with thumbnails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compress_script import compress_play
from compress_window import Open
from PySide6.QtCore import Qt

from aedesk.core.codec_specs import DecompressSpec, LatentsSpec
from aedesk.core.events import Failed
from aedesk.gui.dialogs import files
from aedesk.gui.panels.compress.latent_page import LatentPage
from aedesk.imaging.io import read


def test_an_aed_file_opens_like_any_picture_and_can_be_saved_as_another_format(
    open_compress: Open, make_aed: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = open_compress(make_aed("a.aed"), panel="restore")
    opened.wait(lambda: opened.current is not None and opened.current.source is not None)
    assert (opened.current.source.width, opened.current.modified) == (64, False)
    monkeypatch.setattr(files, "choose_save_path", lambda _parent, suggested: suggested)
    assert opened.window.actions_by_name["save"].isEnabled()
    opened.window.actions_by_name["save"].trigger()
    opened.wait(lambda: "Saved" in opened.notification)
    assert np.array_equal(read(tmp_path / "a.png").pixels, opened.current.source.pixels)


def test_the_latent_of_an_aed_file_is_the_files_own(open_compress: Open, make_aed: Callable[..., Path]) -> None:
    path = make_aed("a.aed")
    opened = open_compress(path)
    opened.settle()
    opened.press("compressShow_latent")
    opened.wait(lambda: bool(opened.client.specs(LatentsSpec)))
    given = next(inputs[0] for _, spec, inputs in opened.client.submitted if isinstance(spec, LatentsSpec))
    assert given == path.read_bytes()
    opened.wait(lambda: opened.find(LatentPage, "latentPage").result is not None)


def test_a_damaged_file_is_shown_as_far_as_it_goes_and_reported_as_damaged(open_compress: Open, make_aed: Callable[..., Path]) -> None:
    opened = open_compress(make_aed("a.aed", more=b"damaged"), panel="restore")
    opened.wait(lambda: opened.current is not None and opened.current.source is not None)
    assert "a.aed is damaged: 1 part of the picture" in opened.notification
    assert opened.client.specs(DecompressSpec)[0].salvage


def test_a_file_that_the_worker_refuses_is_reported(open_compress: Open, make_aed: Callable[..., Path]) -> None:
    def script(spec: Any, inputs: tuple[Any, ...]) -> Any:
        if isinstance(spec, DecompressSpec):
            return [Failed("The model 0123456789abcdef that wrote this file is not here.", "Import it in Models.", "ModelError")]
        return compress_play(spec, inputs)

    opened = open_compress(make_aed("a.aed"), panel="restore", script=script)
    opened.wait(lambda: "Import it in Models" in opened.notification)
    assert opened.current.badge == "failed"


def test_aed_files_that_are_not_opened_get_a_thumbnail_too(
    open_compress: Open, make_aed: Callable[..., Path], make_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from aedesk.gui.shell.library import aed_thumbnails

    class Small:
        width = height = 10

        def chunk(self, _kind: str) -> None:
            return None

    monkeypatch.setattr(aed_thumbnails, "read_aed", lambda _data: Small())
    other = make_aed("b.aed", seed=4)
    opened = open_compress(make_file("a.png"), other, panel="restore")
    view = opened.window.library_view
    row = view.model().index(1, 0)
    opened.wait(lambda: (image := row.data(Qt.ItemDataRole.DecorationRole)) is not None and not image.isNull())
    assert opened.window.workspace.library.documents[1].source is None
