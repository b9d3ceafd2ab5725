"""The Compress panel's choices: which models, what is remembered, what things are called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from compress_script import MODELS, compress_play
from compress_window import Open
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QSlider, QWidget

from aedesk.core.events import Finished
from aedesk.core.specs import ModelInfo, ModelsSpec
from aedesk.gui.widgets.pictures.picture_box import PictureBox
from aedesk.gui.widgets.pictures.picture_grid import PictureGrid
from aedesk.gui.widgets.plots.scatter_plot import Plot
from aedesk.settings.store import Settings


def test_the_choices_are_remembered(open_compress: Open, make_file: Callable[..., Path], tmp_path: Path) -> None:
    opened = open_compress(make_file("a.png"))
    opened.settle()
    opened.choose("compressModel", "photos")
    opened.choose("compressOther", "WebP")
    opened.choose("compressBy", "psnr")
    opened.find(QWidget, "compressQuality").set_value(33)
    opened.window.close()
    again = Settings(tmp_path / "config" / "settings.json")
    assert [again[f"compress_{key}"] for key in ("model", "other", "by", "quality")] == ["photos", "WebP", "psnr", 33]


def test_every_control_of_the_panel_and_its_pages_has_names(open_compress: Open, make_file: Callable[..., Path]) -> None:
    opened = open_compress(make_file("a.png"), compress_other="JPEG", compress_bit_costs=True)
    opened.settle()
    for page in ("curves", "latent"):
        opened.press(f"compressShow_{page}")
    roots = [opened.panel, opened.find(QWidget, "curvesPage"), opened.find(QWidget, "latentPage")]
    kinds = (QAbstractButton, QComboBox, QAbstractSpinBox, QSlider, PictureGrid, PictureBox, Plot)
    controls = [widget for root in roots for kind in kinds for widget in root.findChildren(kind)]
    shown = [widget for widget in controls if not widget.objectName().startswith("qt_")]
    assert len(shown) > 20
    assert [widget for widget in shown if not widget.objectName() or not (widget.accessibleName() or getattr(widget, "text", str)())] == []


def test_codecs_and_models_with_a_latent_are_offered(open_compress: Open, make_file: Callable[..., Path]) -> None:
    models = open_compress(make_file("a.png")).find(QComboBox, "compressModel")
    assert [models.itemText(index) for index in range(models.count())] == ["Photographs, all rates", "Own photos"]
    assert models.currentData() == "codec-photo"


def test_a_codec_that_was_chosen_elsewhere_is_used_as_soon_as_it_is_known(open_compress: Open, make_file: Callable[..., Path]) -> None:
    known = [MODELS]

    def script(spec: Any, inputs: tuple[Any, ...]) -> Any:
        return [Finished(known[0])] if isinstance(spec, ModelsSpec) else compress_play(spec, inputs)

    opened = open_compress(make_file("a.png"), script=script)
    opened.settle()
    inventory = opened.window.workspace.inventory
    inventory.choose_codec("fresh")
    assert opened.panel.spec().model == "codec-photo"
    known[0] = (*MODELS, ModelInfo("fresh", "", "codec", "A fresh one", {}))
    inventory.refresh()
    opened.wait(lambda: opened.panel.live.current is not None and opened.panel.live.current.request.spec.model == "fresh")
