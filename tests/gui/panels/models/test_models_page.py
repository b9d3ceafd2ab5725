"""The Models page with a scripted worker: what is listed, what can be read, what can be done and what not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_client import FakeClient, play
from PySide6.QtCore import QMimeData, QPointF, QStandardPaths, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget
from pytestqt.qtbot import QtBot

from aedesk.core.events import Event, Failed, Finished
from aedesk.core.model_specs import ExportOnnxSpec, ImportModelSpec, OnnxExport
from aedesk.core.specs import ModelInfo, ModelsSpec
from aedesk.core.training_specs import DescribeSpec, ModelSummary
from aedesk.gui.dialogs import files, models
from aedesk.gui.panels.models import panel as panel_module
from aedesk.gui.panels.models.page import ModelsPage
from aedesk.gui.panels.models.panel import ModelsPanel
from aedesk.gui.widgets.viewer import CompareView
from aedesk.gui.workspace import Workspace
from aedesk.models.files.card import read_card
from aedesk.models.files.library import adopt
from aedesk.models.files.model_file import copy_with_card, read_model_file
from aedesk.models.files.zoo import SHIPPED, find_model, own_info
from aedesk.settings.places import models_dir, runs_dir


def script(spec: Any, inputs: tuple[Any, ...]) -> Iterator[Event]:
    """A worker that imports what the library takes, and refuses the rest."""
    if isinstance(spec, ImportModelSpec):
        if Path(spec.path).suffix != ".safetensors":
            yield Failed(f"{Path(spec.path).name} hides code.", "Ask for the weights.")
        else:
            yield Finished(adopt(Path(spec.path), spec.title))
    elif isinstance(spec, ExportOnnxSpec):
        yield Finished(OnnxExport((spec.path,), 2e-6, True, 8))
    elif isinstance(spec, DescribeSpec):
        yield Finished(ModelSummary((3, 64, 64), code=(16, 8, 8), parameters=7, macs_per_pixel=12_345, compression=12.0))
    else:
        yield from play(spec, inputs)


@pytest.fixture
def client() -> FakeClient:
    return FakeClient(script)


@pytest.fixture
def own() -> Callable[..., ModelInfo]:
    """``own(title, **card)``: a model of one's own."""

    def make(title: str, trained: bool = False, **card: Any) -> ModelInfo:
        info = adopt(find_model(SHIPPED[0]), title, trained=trained)
        path = Path(info.path)
        copy_with_card(path, path, {**read_model_file(path).card, **card}, overwrite=True)
        return own_info(path)

    return make


@pytest.fixture
def panel(qtbot: QtBot, workspace: Workspace) -> Iterator[ModelsPanel]:
    viewer = CompareView()
    qtbot.addWidget(viewer)
    made = ModelsPanel(workspace, viewer)
    qtbot.addWidget(made)
    qtbot.addWidget(made.page())
    made.show()
    made.page().resize(800, 600)
    made.page().show()
    yield made
    viewer.shutdown()


def page_of(qtbot: QtBot, panel: ModelsPanel, own: int = 0, choose: str = "") -> ModelsPage:
    """The page once it lists the shipped models and ``own`` of the person's, with the one of the path ``choose`` in front."""
    panel.set_active(True)
    page = panel.page()
    qtbot.waitUntil(lambda: len(page.list.models) == len(SHIPPED) + own)
    if choose:
        page.list.show_models(page.list.models, choose)
    return page


def text(widget: QWidget, name: str) -> str:
    label = widget.findChild(QLabel, name)
    assert label is not None
    return "" if label.isHidden() else label.text()


def button(panel: ModelsPanel, name: str) -> QAbstractButton:
    found = panel.findChild(QAbstractButton, name)
    assert found is not None
    return found


def press(qtbot: QtBot, panel: ModelsPanel, name: str) -> None:
    assert button(panel, name).isEnabled()
    qtbot.mouseClick(button(panel, name), Qt.MouseButton.LeftButton)


def told(workspace: Workspace) -> list[tuple[str, str]]:
    lines: list[tuple[str, str]] = []
    workspace.notified.connect(lambda words, level: lines.append((level, words)))
    return lines


def test_without_models_of_ones_own_the_shipped_ones_are_there_and_a_hint_says_how_to_get_more(qtbot: QtBot, panel: ModelsPanel) -> None:
    page = page_of(qtbot, panel)
    assert [model.name for model in page.list.models] == list(SHIPPED)
    rows = [page.list.model().index(row, 0).data() for row in range(page.list.model().rowCount())]
    assert rows[-2:] == ["Your models", "None yet. Train a model, or drop a model file here."]
    assert page.current is not None
    assert page.current.name == SHIPPED[0]


def test_a_shipped_model_can_be_read_about_but_neither_renamed_nor_deleted_and_the_panel_says_why(qtbot: QtBot, panel: ModelsPanel) -> None:
    page = page_of(qtbot, panel)
    assert text(page, "modelTitle") == "Photographs"
    metrics = read_card(find_model(SHIPPED[0]))["metrics"]
    assert f"{metrics['polyu_dev_real']:.2f} dB" in text(page, "model_measured")
    assert "Kodak, JPEG quality 10" in text(page, "model_measured")
    assert f"{metrics['kodak24_jpeg10']:.2f} dB" in text(page, "model_measured")
    assert "591 freely licensed photographs" in text(page, "model_training")
    assert "U-Net" in text(page, "model_network")
    assert "Apache-2.0" in text(page, "model_file")
    assert text(panel, "whyNot") == "Models shipped with aedesk cannot be renamed or deleted."
    for name in ("renameModel", "trashModel"):
        assert not button(panel, name).isEnabled()
        assert button(panel, name).toolTip() == text(panel, "whyNot")
    assert button(panel, "exportOnnx").isEnabled()


def test_benchmark_figures_stand_in_a_table_by_noise_level(qtbot: QtBot, panel: ModelsPanel) -> None:
    path = find_model("denoise-gaussian")
    page = page_of(qtbot, panel, choose=str(path))
    words = text(page, "model_measured")
    figure = f"{read_card(path)['metrics']['cbsd68_sigma25']:.2f}"
    for part in ("sigma 15", "sigma 50", "CBSD68 (estimated level)", figure, "Set12 (gray)"):
        assert part in words


def test_the_worker_adds_what_the_network_costs(qtbot: QtBot, panel: ModelsPanel, client: FakeClient) -> None:
    page = page_of(qtbot, panel)
    qtbot.waitUntil(lambda: "12.3 kMAC per pixel" in text(page, "model_network"))
    assert "1/12 of its size" in text(page, "model_network")
    assert client.specs(DescribeSpec)[-1].model["family"] == "unet"


def test_a_file_that_cannot_be_used_is_shown_with_its_problem_and_can_only_be_deleted(qtbot: QtBot, panel: ModelsPanel) -> None:
    models_dir().mkdir(parents=True)
    path = models_dir() / "broken.safetensors"
    path.write_text("this is a text, whatever its name says")
    page = page_of(qtbot, panel, 1, choose=str(path))
    assert "broken.safetensors is not a model file" in text(page, "modelProblem")
    enabled = [name for name in ("renameModel", "exportOnnx", "showModel", "trashModel") if button(panel, name).isEnabled()]
    assert enabled == ["showModel", "trashModel"]
    assert button(panel, "useModel").isHidden()


def test_a_card_with_nonsense_in_it_is_shown_all_the_same(qtbot: QtBot, panel: ModelsPanel, own: Callable[..., ModelInfo]) -> None:
    info = own("Odd", metrics=["x"], training=7, recipe="none", data={"a": 1}, description=None, imported=3, run=["..", "x"])
    page = page_of(qtbot, panel, 1, choose=info.path)
    assert text(page, "modelTitle") == "Odd"
    assert text(page, "model_measured") == ""


def test_markup_in_a_card_is_text(qtbot: QtBot, panel: ModelsPanel, own: Callable[..., ModelInfo]) -> None:
    info = own("<b>bold</b>", licence="<img src='x'>", description="<i>d</i>")
    page = page_of(qtbot, panel, 1, choose=info.path)
    assert "&lt;img" in text(page, "model_file")
    for name in ("modelTitle", "modelDescription"):
        label = page.findChild(QLabel, name)
        assert label is not None
        assert label.textFormat() == Qt.TextFormat.PlainText


def test_the_curves_of_a_known_run_are_drawn_and_go_with_the_model(qtbot: QtBot, panel: ModelsPanel) -> None:
    run = runs_dir() / "kitchen"
    run.mkdir(parents=True)
    (run / "best.safetensors").write_bytes(find_model(SHIPPED[0]).read_bytes())
    (run / "metrics.jsonl").write_text(
        "".join(json.dumps({"step": s, "loss": 1 / s, "val_loss": 2 / s, "lr": 1}) + "\n" for s in (1, 2, 3))
    )
    info = adopt(run / "best.safetensors", "Kitchen", trained=True)
    page = page_of(qtbot, panel, 1, choose=info.path)
    qtbot.waitUntil(lambda: page.card.plot is not None)
    assert page.card.plot is not None
    assert page.card.plot.names == ["loss", "val_loss"]
    assert "trained here" in text(panel, "chosenModelAbout")
    page.list.show_models(page.list.models, str(find_model(SHIPPED[0])))
    assert page.card.plot is None


def test_importing_shows_the_new_model_and_tells_the_other_panels(
    qtbot: QtBot, panel: ModelsPanel, workspace: Workspace, client: FakeClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "theirs.safetensors"
    file.write_bytes(find_model(SHIPPED[1]).read_bytes())
    monkeypatch.setattr(models, "choose_model_files", lambda parent, folder: [file])
    page, lines = page_of(qtbot, panel), told(workspace)
    press(qtbot, panel, "importModel")
    qtbot.waitUntil(lambda: len(page.list.models) == len(SHIPPED) + 1)
    assert page.current is not None
    assert (page.current.title, page.current.origin) == ("Gaussian noise (benchmark)", "own")
    assert "imported" in text(panel, "chosenModelAbout")
    assert lines == [("info", "Gaussian noise (benchmark) was added to your models.")]
    assert client.specs(ModelsSpec)


def test_of_several_dropped_files_a_refused_one_is_told_and_the_others_come_in(
    qtbot: QtBot, panel: ModelsPanel, workspace: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "evil.pth").write_bytes(b"\x80")
    (tmp_path / "good.safetensors").write_bytes(find_model(SHIPPED[0]).read_bytes())
    page, lines = page_of(qtbot, panel), told(workspace)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / name)) for name in ("evil.pth", "good.safetensors")])
    action, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    page.dragEnterEvent(QDragEnterEvent(QPointF(50, 50).toPoint(), action, mime, left, none))
    assert text(page, "modelsDrop") == "Drop to import"
    page.dropEvent(QDropEvent(QPointF(50, 50), action, mime, left, none))
    qtbot.waitUntil(lambda: len(page.list.models) == len(SHIPPED) + 1)
    assert [level for level, _ in lines] == ["error", "info"]
    assert lines[0][1] == "evil.pth hides code. Ask for the weights."
    assert text(page, "modelsDrop") == ""


def test_an_import_can_be_cancelled(qtbot: QtBot, panel: ModelsPanel, client: FakeClient, tmp_path: Path) -> None:
    client.hold = (ImportModelSpec,)
    page_of(qtbot, panel)
    panel.import_files([tmp_path / "a.safetensors", tmp_path / "b.safetensors"])
    assert not button(panel, "modelsCancel").isHidden()
    press(qtbot, panel, "modelsCancel")
    qtbot.waitUntil(lambda: button(panel, "modelsCancel").isHidden())
    assert [spec.path for spec in client.specs(ImportModelSpec)] == [str(tmp_path / "a.safetensors")]


def test_renaming_keeps_the_choice_here_and_in_restore(
    qtbot: QtBot, panel: ModelsPanel, workspace: Workspace, own: Callable[..., ModelInfo], monkeypatch: pytest.MonkeyPatch
) -> None:
    info = own("Old")
    workspace.settings["model"] = info.name
    monkeypatch.setattr(models, "ask_title", lambda parent, before: f"New {before}")
    page = page_of(qtbot, panel, 1, choose=info.path)
    press(qtbot, panel, "renameModel")
    qtbot.waitUntil(lambda: page.current is not None and page.current.title == "New Old")
    assert workspace.settings["model"] == "new-old"
    assert sorted(path.name for path in models_dir().iterdir()) == ["new-old.safetensors"]


def test_the_keys_of_the_list_rename_and_delete(
    qtbot: QtBot, panel: ModelsPanel, own: Callable[..., ModelInfo], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(models, "ask_title", lambda parent, before: asked.append("title"))
    monkeypatch.setattr(models, "ask_trash", lambda parent, title: asked.append("trash"))
    page = page_of(qtbot, panel, 1, choose=own("Mine").path)
    page.activateWindow()
    page.list.setFocus()
    qtbot.waitUntil(page.list.hasFocus)
    for key in (Qt.Key.Key_F2, Qt.Key.Key_Delete):
        qtbot.keyClick(page.list, key)
    assert asked == ["title", "trash"]
    page.list.show_models(page.list.models, str(find_model(SHIPPED[0])))
    qtbot.keyClick(page.list, Qt.Key.Key_Delete)
    assert asked == ["title", "trash"]


def test_deleting_moves_the_file_to_the_trash_and_chooses_another_model(
    qtbot: QtBot, panel: ModelsPanel, workspace: Workspace, own: Callable[..., ModelInfo], monkeypatch: pytest.MonkeyPatch
) -> None:
    trash = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericDataLocation))
    trash.mkdir(parents=True)  # Qt's test mode has one of its own
    info = own("Mine")
    monkeypatch.setattr(models, "ask_trash", lambda parent, title: True)
    page, lines = page_of(qtbot, panel, 1, choose=info.path), told(workspace)
    press(qtbot, panel, "trashModel")
    qtbot.waitUntil(lambda: len(page.list.models) == len(SHIPPED))
    assert not Path(info.path).exists()
    assert [path.name for path in trash.rglob("*.safetensors")] == ["mine.safetensors"]
    assert lines == [("info", "Mine was moved to the trash.")]
    assert page.current is not None


def test_a_trash_that_refuses_is_told_and_nothing_is_lost(
    qtbot: QtBot, panel: ModelsPanel, workspace: Workspace, own: Callable[..., ModelInfo], monkeypatch: pytest.MonkeyPatch
) -> None:
    info = own("Mine")
    monkeypatch.setattr(models, "ask_trash", lambda parent, title: True)
    monkeypatch.setattr(panel_module, "move_to_trash", lambda path: False)
    page_of(qtbot, panel, 1, choose=info.path)
    lines = told(workspace)
    press(qtbot, panel, "trashModel")
    assert lines[0][0] == "error"
    assert Path(info.path).exists()


def test_exporting_asks_where_and_tells_how_exact_it_is(
    qtbot: QtBot, panel: ModelsPanel, workspace: Workspace, client: FakeClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "choose_target", lambda parent, title, suggested, kind: tmp_path / suggested.name)
    page_of(qtbot, panel)
    lines = told(workspace)
    press(qtbot, panel, "exportOnnx")
    qtbot.waitUntil(lambda: bool(lines))
    assert client.specs(ExportOnnxSpec) == [ExportOnnxSpec("denoise-photo", str(tmp_path / "denoise-photo.onnx"))]
    assert lines == [("info", "Saved denoise-photo.onnx. The output differs from aedesk's by at most 2e-06.")]


def test_a_denoiser_can_be_put_to_use_in_restore(
    qtbot: QtBot, panel: ModelsPanel, workspace: Workspace, own: Callable[..., ModelInfo]
) -> None:
    info = own("Mine")
    page_of(qtbot, panel, 1, choose=info.path)
    press(qtbot, panel, "useModel")
    assert workspace.settings["model"] == info.name
    assert button(panel, "useModel").text() == "In use in Restore"
    assert not button(panel, "useModel").isEnabled()


def test_a_codec_can_be_put_to_use_in_compress(
    qtbot: QtBot, panel: ModelsPanel, workspace: Workspace, own: Callable[..., ModelInfo]
) -> None:
    info = own("Mine", purpose="codec", family="codec")
    page_of(qtbot, panel, 1, choose=info.path)
    with qtbot.waitSignal(workspace.inventory.codec_chosen) as chosen:
        press(qtbot, panel, "useModel")
    assert chosen.args == [info.name]
    assert (workspace.settings["compress_model"], workspace.settings["model"]) == (info.name, "denoise-photo")
    assert button(panel, "useModel").text() == "In use in Compress"


def test_the_folder_of_a_model_can_be_opened(qtbot: QtBot, panel: ModelsPanel, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    page_of(qtbot, panel)
    press(qtbot, panel, "showModel")
    assert opened == [str(find_model(SHIPPED[0]).parent)]


def test_everything_on_the_page_has_a_name_for_those_who_cannot_see_it(qtbot: QtBot, panel: ModelsPanel) -> None:
    page = page_of(qtbot, panel)
    assert page.list.accessibleName() == "Models"
    spoken = page.list.currentIndex().data(Qt.ItemDataRole.AccessibleTextRole)
    metrics = read_card(find_model(SHIPPED[0]))["metrics"]
    gain = metrics["val_psnr"] - metrics["val_noisy"]
    assert spoken == f"Photographs: Denoises \N{MIDDLE DOT} +{gain:.1f} dB"
    for each in panel.findChildren(QAbstractButton):
        assert each.objectName()
        assert each.accessibleName()
        assert each.focusPolicy() & Qt.FocusPolicy.TabFocus
