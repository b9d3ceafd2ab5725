"""The Explore page with a scripted worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from explore_script import MODELS, play
from fake_client import CPU, FakeClient
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QApplication, QComboBox, QLabel, QPushButton, QSlider, QWidget
from pytestqt.qtbot import QtBot

from aedesk.core.events import Failed, Finished
from aedesk.core.explore_specs import (
    CodeSpec,
    DecodeSpec,
    FeaturesSpec,
    InterpolateSpec,
    MapSpec,
    PcaResult,
    PcaSpec,
    ProbeSpec,
    RankSpec,
    SampleSpec,
    UnpackSpec,
)
from aedesk.core.specs import DevicesSpec
from aedesk.gui.dialogs import explore, files
from aedesk.gui.panels.explore.code_view import CodeView
from aedesk.gui.panels.explore.map_view import MapView
from aedesk.gui.panels.explore.outliers_view import OutliersView
from aedesk.gui.panels.explore.panel import ExplorePanel
from aedesk.gui.panels.explore.pca_view import verdict
from aedesk.gui.panels.explore.probe_view import ConfusionMatrix
from aedesk.gui.widgets.viewer import CompareView
from aedesk.gui.workspace import Workspace
from aedesk.jobs.picture_reader import InlineReader
from aedesk.settings.store import Settings


@dataclass
class Page:
    qtbot: QtBot
    client: FakeClient
    workspace: Workspace
    panel: ExplorePanel
    whole: QWidget

    def find(self, kind: type, name: str) -> Any:
        found = self.whole.findChild(kind, name)
        assert found is not None, name
        return found

    def choose(self, what: str, model: str = "") -> None:
        if model:
            self.panel.models.setCurrentIndex(self.panel.models.findData(model))
        self.panel.activity_choice.setCurrentIndex(self.panel.activity_choice.findData(what))

    def view(self, what: str) -> Any:
        return self.panel.page().view(next(activity for activity in self.panel.activities if activity.name == what))

    def press(self, name: str = "exploreBegin") -> None:
        self.qtbot.mouseClick(self.find(QAbstractButton, name), Qt.MouseButton.LeftButton)

    def answer(self, what: str, folder: str = "") -> Any:
        """Ask and wait for the view's content."""
        self.choose(what)
        if folder:
            self.panel.folder.folder.setText(folder)
            self.panel.folder.changed.emit()
        self.press()
        view = self.view(what)
        self.qtbot.waitUntil(lambda: view.has_result)
        return view


Open = Callable[..., Page]


@pytest.fixture
def page(qtbot: QtBot) -> Iterator[Open]:
    """``page(script=..., hold=...)``: the panel and its middle side by side, in front, with the models known."""
    pages: list[Page] = []

    def make(script: Any = play, hold: tuple[type, ...] = (), models: int = len(MODELS), **settings: object) -> Page:
        client = FakeClient(script, hold)
        chosen = Settings()
        for key, value in settings.items():
            chosen[key] = value
        workspace = Workspace(chosen, lambda: client, FakeClient, make_reader=InlineReader)
        panel, whole = ExplorePanel(workspace, CompareView()), QWidget()
        qtbot.addWidget(whole)
        panel.setParent(whole)
        panel.page().setParent(whole)
        panel.setGeometry(800, 0, 300, 700)
        panel.page().setGeometry(0, 0, 800, 700)
        whole.resize(1100, 700)
        whole.show()
        workspace.bridge.start()
        qtbot.waitUntil(lambda: len(workspace.inventory.models) == models)
        panel.set_active(True)
        pages.append(Page(qtbot, client, workspace, panel, whole))
        return pages[-1]

    yield make
    for each in pages:
        each.panel.shutdown()
        each.panel.viewer.shutdown()
        each.workspace.shutdown()


def open_pictures(page: Page, *paths: Path) -> list:
    documents = page.workspace.library.add(paths)
    page.workspace.library.set_current(documents[0])
    return documents


def test_only_models_with_a_latent_are_offered(page: Open) -> None:
    models = page().panel.models
    assert [models.itemText(index) for index in range(models.count())] == ["Digits", "Photos"]


def test_without_such_a_model_the_page_says_how_to_get_one(page: Open) -> None:
    def none(spec: Any, inputs: tuple[Any, ...]) -> list:
        return [Finished((CPU,) if isinstance(spec, DevicesSpec) else MODELS[:1])]

    empty = page(none, models=1)
    assert (
        "Train one in the Train panel, for example with the goal Compress pictures like these" in empty.find(QLabel, "exploreEmpty").text()
    )
    assert empty.find(QLabel, "exploreEmpty").isVisible()
    assert not empty.panel.begin.isEnabled()


def test_the_code_of_the_chosen_picture_shows_by_itself_and_follows_the_library(page: Open, make_file: Callable[..., Path]) -> None:
    opened = page()
    assert "Open a picture" in opened.find(QLabel, "exploreMissing").text()
    documents = open_pictures(opened, make_file("a.png", seed=1), make_file("b.png", seed=2))
    view: CodeView = opened.view("code")
    opened.qtbot.waitUntil(lambda: view.has_result)
    assert "10 values for 192 values of the picture, 19.2 : 1" in view.facts.text()
    assert "21.50 dB" in view.reconstruction.caption
    opened.workspace.library.set_current(documents[1])
    opened.qtbot.waitUntil(lambda: len(opened.client.specs(CodeSpec)) == 2)
    opened.choose("code", "photos")
    opened.qtbot.waitUntil(lambda: len(opened.client.specs(CodeSpec)) == 3)
    assert [spec.model for spec in opened.client.specs(CodeSpec)] == ["digits", "digits", "photos"]
    opened.qtbot.waitUntil(lambda: len(view.channels.grid) == 6)


def test_nothing_is_asked_while_another_panel_is_in_front(page: Open, make_file: Callable[..., Path]) -> None:
    opened = page()
    opened.panel.set_active(False)
    open_pictures(opened, make_file("a.png"))
    opened.workspace.loader.ensure(opened.workspace.library.current, lambda _: None)
    opened.qtbot.waitUntil(lambda: opened.workspace.library.current.source is not None)
    assert opened.client.specs(CodeSpec) == []
    opened.panel.set_active(True)
    opened.qtbot.waitUntil(lambda: len(opened.client.specs(CodeSpec)) == 1)


def shown_code(opened: Page, make_file: Callable[..., Path], model: str = "digits") -> CodeView:
    opened.choose("code", model)
    open_pictures(opened, make_file("a.png"))
    view: CodeView = opened.view("code")
    opened.qtbot.waitUntil(lambda: view.has_result)
    return view


def test_pulling_a_bar_decodes_and_reset_goes_back(page: Open, make_file: Callable[..., Path]) -> None:
    opened = page()
    view = shown_code(opened, make_file)
    bars = view.dense.bars
    before = bars.values.copy()
    place = QPointF(bars.width() / 2, 12).toPoint()
    opened.qtbot.mouseClick(bars, Qt.MouseButton.LeftButton, pos=place)
    opened.qtbot.waitUntil(lambda: "12.50 dB" in view.reconstruction.caption)
    assert bars.values[bars.current] > before[bars.current] + 1
    assert np.array_equal(np.delete(bars.values, bars.current), np.delete(before, bars.current))
    (_, _, (code, _)) = next(job for job in opened.client.submitted if isinstance(job[1], DecodeSpec))
    assert code is not bars.values
    opened.press("resetCode")
    assert np.array_equal(bars.values, before)
    assert not view.reset.isEnabled()


def test_the_code_can_be_changed_by_keys_and_by_the_slider(page: Open, make_file: Callable[..., Path]) -> None:
    opened = page()
    view = shown_code(opened, make_file)
    bars = view.dense.bars
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_PageDown):
        opened.qtbot.keyClick(bars, key)
    assert bars.current == 2
    assert view.dense.slider.value == pytest.approx(bars.values[2], abs=0.006)
    view.dense.slider.set_value(1.5)
    assert bars.values[2] == pytest.approx(1.5)
    assert "entry 3 of 10 is 1.50" in bars.accessibleDescription()


def test_a_channel_is_switched_off_and_keeps_its_setting(page: Open, make_file: Callable[..., Path]) -> None:
    opened = page()
    view = shown_code(opened, make_file, "photos")
    editor = view.channels
    opened.qtbot.keyClick(editor.grid, Qt.Key.Key_Right)
    editor.strength.set_value(0)
    assert not editor.code[1].any()
    assert editor.code[2].any()
    editor.grid.choose(4)
    assert editor.strength.value == 100
    editor.shift.set_value(1)
    assert editor.code[4].mean() > np.arange(24, 30).mean()
    editor.grid.choose(1)
    assert editor.strength.value == 0
    opened.qtbot.waitUntil(lambda: bool(opened.client.specs(DecodeSpec)))
    opened.press("resetCode")
    assert np.array_equal(editor.code.ravel(), np.arange(36))


def test_of_many_wishes_while_one_is_decoded_only_the_last_is_sent(page: Open, make_file: Callable[..., Path]) -> None:
    opened = page(hold=(DecodeSpec,))
    view = shown_code(opened, make_file)
    for value in (0.1, 0.2, 0.3, 2.0):
        view.dense.slider.set_value(value)
    assert len(opened.client.specs(DecodeSpec)) == 1
    opened.client.release()
    opened.qtbot.waitUntil(lambda: len(opened.client.specs(DecodeSpec)) == 2)
    _, _, (code, _) = opened.client.submitted[-1]
    assert code[0] == pytest.approx(2.0)


def test_the_way_between_two_pictures_can_be_walked(page: Open, make_file: Callable[..., Path]) -> None:
    opened = page()
    opened.choose("interpolate")
    assert not opened.panel.begin.isEnabled()
    open_pictures(opened, make_file("a.png", seed=1), make_file("b.png", seed=2))
    opened.find(QComboBox, "interpolatePath").setCurrentIndex(1)
    view = opened.answer("interpolate")
    (spec,) = opened.client.specs(InterpolateSpec)
    assert (spec.frames, spec.path) == (9, "spherical")
    _, _, (first, second) = next(job for job in opened.client.submitted if isinstance(job[1], InterpolateSpec))
    assert not np.array_equal(first.pixels, second.pixels)
    assert view.slider.value() == 4
    opened.qtbot.keyClick(view.slider, Qt.Key.Key_Right)
    assert view.strip.current == 5
    opened.qtbot.keyClick(view.strip, Qt.Key.Key_Left)
    assert view.slider.value() == 4
    assert "50%" in view.step.caption


def test_the_great_circle_is_offered_for_a_gaussian_prior_only(page: Open) -> None:
    opened = page()
    box = opened.find(QComboBox, "interpolatePath")
    opened.choose("interpolate", "digits")
    assert box.findData("spherical") >= 0
    opened.choose("interpolate", "photos")
    assert box.findData("spherical") < 0


def test_new_samples_come_with_another_seed(page: Open) -> None:
    opened = page()
    opened.find(QAbstractSpinBox, "sampleCount").setValue(9)
    view = opened.answer("sample")
    assert len(view.grid) == 9
    opened.find(QAbstractSpinBox, "sampleSeed").setValue(5)
    opened.qtbot.waitUntil(lambda: not opened.panel._runner.busy)
    opened.press("newSamples")
    opened.qtbot.waitUntil(lambda: len(opened.client.specs(SampleSpec)) == 2)
    first, second = opened.client.specs(SampleSpec)
    assert (first.seed, first.count) == (0, 9)
    assert second.seed == opened.find(QAbstractSpinBox, "sampleSeed").value()
    opened.choose("sample", "photos")
    assert "variational or an adversarial" in opened.find(QLabel, "exploreMissing").text()
    assert not opened.panel.begin.isEnabled()


def test_points_of_the_map_show_their_picture_and_open_it(page: Open, make_file: Callable[..., Path], tmp_path: Path) -> None:
    make_file("b.png")
    opened = page()
    view: MapView = opened.answer("map", str(tmp_path))
    assert "50%" in view.facts.text()
    assert "no class" in view.legend.text()
    opened.qtbot.keyClick(view.scatter, Qt.Key.Key_Right)
    opened.qtbot.keyClick(view.scatter, Qt.Key.Key_Right)
    assert "b.png, class x" in view.about.text()
    assert not view.thumbnail.image.isNull()
    opened.qtbot.keyClick(view.scatter, Qt.Key.Key_Return)
    assert opened.workspace.library.current.path == tmp_path / "b.png"
    assert opened.panel.activity.name == "code"
    opened.qtbot.waitUntil(lambda: opened.view("code").has_result)


def test_the_mouse_over_a_point_chooses_it(page: Open, tmp_path: Path) -> None:
    opened = page()
    view: MapView = opened.answer("map", str(tmp_path))

    def over_the_point() -> bool:
        scene = view.scatter.getPlotItem().vb.mapViewToScene(QPointF(1, 0))
        for aside in (1, 0):  # a mouse that stands still tells nothing
            opened.qtbot.mouseMove(view.scatter.viewport(), view.scatter.mapFromScene(scene) + QPoint(aside, 0))
        return view.scatter.current == 1

    opened.qtbot.waitUntil(over_the_point)


def test_points_can_be_coloured_by_error(page: Open, tmp_path: Path) -> None:
    opened = page()
    view: MapView = opened.answer("map", str(tmp_path))
    by_class = [brush.color().name() for brush in view.scatter.items_shown.data["brush"]]
    view.by_error.setChecked(True)
    by_error = [brush.color().name() for brush in view.scatter.items_shown.data["brush"]]
    assert by_class[0] == by_class[1] != by_class[2]
    assert by_error[0] != by_error[3]
    assert "20.0 gray levels" in view.legend.text()


def test_the_outliers_are_named_and_can_be_opened(page: Open, make_file: Callable[..., Path], tmp_path: Path) -> None:
    make_file("d.png")
    opened = page()
    view: OutliersView = opened.answer("rank", str(tmp_path))
    model = view.table.model()
    assert (model.rowCount(), model.data(model.index(0, 3)), model.data(model.index(0, 4))) == (3, "d.png", "20.0   outlier")
    assert model.data(model.index(1, 4)) == "3.0"
    assert "The 3 largest errors of 4" in view.facts.text()
    assert "; 1 outlier." in view.facts.text()
    view.table.activated.emit(model.index(0, 0))
    assert opened.workspace.library.current.path == tmp_path / "d.png"


def test_the_comparison_says_what_the_network_is_worth(page: Open, tmp_path: Path) -> None:
    opened = page()
    view = opened.answer("pca", str(tmp_path))
    assert "20.00 dB, 3.01 dB more than principal components" in view.verdict.text()
    assert "PCA needs 8 components" in view.verdict.text()
    x, y = view._point.getData()
    assert (10 ** x[0], y[0]) == (pytest.approx(4), pytest.approx(20))
    worse = PcaResult((1, 4), (0.1, 0.02), 4, 0.04, 192, 0.02, 30, 10, "")
    assert "3.01 dB less" in verdict(worse)
    larger = PcaResult((1, 4), (0.1, 0.02), 400, 0.04, 192, None, 30, 10, "")
    assert "fewer than 400 principal components" in verdict(larger)


def test_the_probe_shows_accuracy_and_confusion(page: Open, tmp_path: Path) -> None:
    opened = page()
    view = opened.answer("probe", str(tmp_path))
    assert "85.0% accuracy with 10 values" in view.verdict.text()
    assert "70.0% with 64 raw pixels" in view.verdict.text()
    matrix = opened.find(ConfusionMatrix, "confusionMatrix")
    assert matrix.accessibleDescription() == "x: 9 of 10 correct; y: 8 of 10 correct"


@pytest.mark.parametrize("replace", [True, False])
def test_features_never_replace_a_file_unasked(page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replace: bool) -> None:
    opened = page()
    (tmp_path / "codes.csv").write_text("mine")
    asked: list[list[str]] = []
    monkeypatch.setattr(explore, "choose_feature_file", lambda *_: tmp_path / "codes.npz")
    monkeypatch.setattr(explore, "ask_replace_files", lambda _parent, names: asked.append(names) or replace)
    opened.choose("export")
    opened.panel.folder.folder.setText(str(tmp_path))
    opened.panel.folder.changed.emit()
    opened.press()
    assert asked == [[str(tmp_path / "codes.csv")]]
    specs = opened.client.specs(FeaturesSpec)
    if not replace:
        assert specs == []
        return
    assert specs[0].files == (str(tmp_path / "codes.npz"), str(tmp_path / "codes.csv"))
    assert specs[0].overwrite
    opened.qtbot.waitUntil(lambda: opened.view("export").has_result)
    assert "codes.npz" in opened.view("export").written.text()


def test_what_concerns_a_folder_needs_one_and_it_can_be_chosen(page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = page()
    for what in ("map", "rank", "pca", "probe", "export"):
        opened.choose(what)
        assert opened.find(QLabel, "exploreMissing").text() == "Choose a folder of pictures."
        assert not opened.panel.begin.isEnabled()
    monkeypatch.setattr(files, "choose_folder", lambda *_: tmp_path)
    opened.press("exploreBrowse")
    assert opened.panel.begin.isEnabled()
    assert opened.panel.folder.folder.text() == str(tmp_path)


def test_a_classic_set_becomes_the_folder(page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def script(spec: Any, inputs: tuple[Any, ...]) -> Any:
        return [Finished(spec.folder)] if isinstance(spec, UnpackSpec) else play(spec, inputs)

    opened = page(script)
    opened.choose("probe")
    monkeypatch.setattr(explore, "ask_download", lambda *_: None)
    mnist = opened.panel.folder.sets.menu().actions()[0]
    mnist.trigger()
    assert opened.client.specs(UnpackSpec) == []
    monkeypatch.setattr(explore, "ask_download", lambda *_: False)
    mnist.trigger()
    opened.qtbot.waitUntil(lambda: opened.panel.folder.folder.text().endswith("mnist"))
    (spec,) = opened.client.specs(UnpackSpec)
    assert (spec.dataset, spec.download) == ("mnist", False)
    assert opened.panel.begin.isEnabled()


def test_the_parameters_of_the_panel_go_into_the_request(page: Open, tmp_path: Path) -> None:
    opened = page()
    opened.choose("map", "photos")
    opened.find(QAbstractSpinBox, "exploreLimit").setValue(300)
    opened.find(QAbstractSpinBox, "exploreEdge").setValue(96)
    opened.panel.folder.pooling.setCurrentIndex(1)
    opened.find(QComboBox, "mapMethod").setCurrentIndex(1)
    opened.panel.fit.setCurrentIndex(1)
    opened.answer("map", str(tmp_path))
    (spec,) = opened.client.specs(MapSpec)
    assert spec == MapSpec("photos", "auto", "crop", str(tmp_path), 300, 96, "mean", "tsne")


@pytest.mark.parametrize(("what", "kind"), [("map", MapSpec), ("rank", RankSpec), ("pca", PcaSpec), ("probe", ProbeSpec)])
def test_long_work_shows_how_far_it_is_and_can_be_cancelled(page: Open, tmp_path: Path, what: str, kind: type) -> None:
    opened = page(hold=(kind,))
    opened.choose(what)
    opened.panel.folder.folder.setText(str(tmp_path))
    opened.panel.folder.changed.emit()
    opened.press()
    cancel = opened.find(QPushButton, "exploreCancel")
    opened.qtbot.waitUntil(cancel.isVisible)
    opened.qtbot.waitUntil(lambda: "1 of 2" in opened.find(QWidget, "exploreBusy").text)
    opened.press("exploreCancel")
    assert not cancel.isVisible()
    assert len(opened.client.cancelled) == 1
    assert not opened.view(what).has_result


def test_a_failure_is_told_and_the_last_result_stays(page: Open, tmp_path: Path) -> None:
    fails = False

    def script(spec: Any, inputs: tuple[Any, ...]) -> Any:
        if fails and isinstance(spec, RankSpec):
            return [Failed("There are no pictures in x.", "Choose another folder.")]
        return play(spec, inputs)

    opened = page(script)
    told: list[tuple[str, str]] = []
    opened.workspace.notified.connect(lambda text, level: told.append((text, level)))
    view = opened.answer("rank", str(tmp_path))
    fails = True
    opened.press()
    opened.qtbot.waitUntil(lambda: bool(told))
    assert told == [("There are no pictures in x. Choose another folder.", "error")]
    assert view.has_result


def test_another_model_empties_the_views(page: Open, tmp_path: Path) -> None:
    opened = page()
    view = opened.answer("rank", str(tmp_path))
    opened.choose("rank", "photos")
    assert not view.has_result


def test_what_was_chosen_is_remembered(page: Open, tmp_path: Path) -> None:
    opened = page(explore_model="photos", explore_activity="map", explore_folder=str(tmp_path))
    assert opened.panel.model is not None
    assert opened.panel.model.name == "photos"
    assert opened.panel.activity.name == "map"
    assert opened.panel.begin.isEnabled()
    opened.choose("probe", "digits")
    opened.panel.save_settings()
    settings = opened.workspace.settings
    assert (settings["explore_model"], settings["explore_activity"], settings["explore_folder"]) == ("digits", "probe", str(tmp_path))


def test_every_control_of_the_page_has_names_and_is_reached_by_tab(page: Open, make_file: Callable[..., Path], tmp_path: Path) -> None:
    opened = page()
    shown_code(opened, make_file)
    for what in ("map", "rank", "pca", "probe", "sample"):
        opened.answer(what, str(tmp_path))
    open_pictures(opened, make_file("b.png", seed=1), make_file("c.png", seed=2))
    opened.answer("interpolate")
    kinds = (QAbstractButton, QComboBox, QAbstractSpinBox, QSlider)
    controls = [each for kind in kinds for each in opened.whole.findChildren(kind) if not each.objectName().startswith("qt_")]
    own = [each for each in controls if each.metaObject().className() not in ("QTableCornerButton",)]
    assert len(own) > 30
    assert [each for each in own if not each.objectName() or not (each.accessibleName() or getattr(each, "text", str)())] == []
    opened.panel.models.setFocus()
    seen = set()
    for _ in range(40):
        widget = QApplication.focusWidget()
        assert widget is not None
        seen.add(widget.objectName())
        opened.qtbot.keyClick(widget, Qt.Key.Key_Tab)
    assert {
        "exploreModel",
        "exploreActivity",
        "interpolateFirst",
        "exploreFit",
        "exploreBegin",
        "interpolationSlider",
        "interpolationStrip",
    } <= seen
