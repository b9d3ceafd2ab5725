"""The real window with the real worker and a tiny codec: compress, export, open again, look at the latent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from small_codec import make_codec

from aedesk.gui.app import Application
from aedesk.gui.panels.compress.latent_page import LatentPage
from aedesk.gui.panels.compress.panel import CompressPanel
from aedesk.imaging.io import write
from aedesk.imaging.picture import Picture
from aedesk.settings.places import models_dir
from aedesk.settings.store import Settings

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
PATIENCE_MS = 120_000


def test_a_picture_is_compressed_exported_and_opened_again(
    qtbot: QtBot, tmp_path: Path, make_pixels: Callable[..., np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    models_dir().mkdir(parents=True)
    make_codec(models_dir())
    settings = Settings(tmp_path / "settings.json")
    settings["panel"], settings["compress_model"], settings["confirm_close"] = "compress", "tiny", False
    settings.save()
    picture = write(Picture(make_pixels(120, 170)), tmp_path / "a.png")
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    made = Application(app, [picture], settings_file=settings.path)
    try:
        made.show()
        panel, queue, library = made.window.panel_stack.panel("compress"), made.workspace.queue, made.workspace.library
        assert isinstance(panel, CompressPanel)
        qtbot.waitUntil(lambda: panel.live.current is not None, timeout=PATIENCE_MS)
        live = panel.live.current
        assert live is not None
        assert live.encoded.bits.shape == (-(-120 // live.encoded.stride_px), -(-170 // live.encoded.stride_px))
        target = tmp_path / "a.aed"
        monkeypatch.setattr("aedesk.gui.dialogs.files.choose_target", lambda *_: target)
        made.window.actions_by_name["export_aed"].trigger()
        qtbot.waitUntil(lambda: target.exists() and not queue.busy, timeout=PATIENCE_MS)
        assert target.read_bytes() == live.encoded.data
        made.window.commands.opener.open([target])
        qtbot.waitUntil(lambda: library.current is not None and library.current.path == target, timeout=PATIENCE_MS)
        document = library.current
        assert document is not None
        qtbot.waitUntil(lambda: document.source is not None, timeout=PATIENCE_MS)
        assert document.source is not None
        assert np.array_equal(document.source.pixels, live.encoded.decoded.pixels)
        made.window.findChild(QWidget, "compressShow_latent").click()
        page = made.window.findChild(LatentPage)
        qtbot.waitUntil(lambda: page.result is not None, timeout=PATIENCE_MS)
        assert page.result.symbols.shape[1:] == live.encoded.bits.shape
        assert page.result.bits.sum() == pytest.approx(live.encoded.bits.sum(), rel=1e-4)
    finally:
        made.window.close()
        made.end()
        made.window.deleteLater()
