"""The Train page in the window, with a scripted worker."""

from __future__ import annotations

import csv
import json
import math
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_client import FakeClient, play
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot
from whole_window import OpenProgram

from aedesk.core.events import Cancelled, Event, Failed, Finished, Preview, Progress, StepDone
from aedesk.core.specs import ModelInfo, TrainSpec
from aedesk.core.training_specs import DataSummary, DescribeSpec, InspectDataSpec, LayerSummary, ModelSummary
from aedesk.gui.dialogs import files
from aedesk.gui.panels.train import panel as panel_module
from aedesk.gui.panels.train.page import TrainPage
from aedesk.gui.panels.train.panel import TrainPanel
from aedesk.gui.panels.train.training_session import State
from aedesk.gui.shell.main_window import MainWindow
from aedesk.settings.places import runs_dir
from aedesk.training.recipes.presets import GOALS
from aedesk.training.recipes.recipe import load, parse
from aedesk.training.recipes.text import to_toml

SHEET = np.full((96, 192, 3), 120, np.uint8)
SUMMARY = ModelSummary((3, 64, 64), (LayerSummary("encoder", "Conv2d", (16, 8, 8), 1234),), (16, 8, 8), 4_300_000, 272_000, 12.0)


def worker(spec: Any, inputs: tuple[Any, ...]) -> Iterable[Event]:
    """The interactive worker: it looks at pictures and describes networks."""
    if isinstance(spec, InspectDataSpec):
        size = dict(smallest=(64, 48), largest=(640, 480), megapixels=12.0)
        yield Finished(DataSummary(40, 4, problems=("b.jpg is damaged.",), problem_count=3, sheet=SHEET, columns=4, **size))
    elif isinstance(spec, DescribeSpec):
        yield Finished(SUMMARY)
    else:
        yield from play(spec, inputs)


Open = Callable[..., tuple[MainWindow, TrainPanel, TrainPage]]


@pytest.fixture
def training() -> FakeClient:
    """The training worker: a run stays under way until the test says otherwise."""
    return FakeClient(hold=(TrainSpec,))


@pytest.fixture
def start(open_program: OpenProgram, training: FakeClient) -> Open:
    """``start(**settings)``: window, Train panel and its page, with the panel in front."""

    def open_window(**settings: object) -> tuple[MainWindow, TrainPanel, TrainPage]:
        running = open_program(client=FakeClient(worker), training=training, **{"panel": "train", **settings})
        panel = running.window.panel_stack.panel("train")
        assert isinstance(panel, TrainPanel)
        return running.window, panel, panel.page()

    return open_window


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    (tmp_path / "pictures").mkdir()
    return tmp_path / "pictures"


def press(qtbot: QtBot, window: MainWindow, name: str) -> None:
    button = window.findChild(QAbstractButton, name)
    assert button is not None
    assert button.isVisible(), name
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def words(window: MainWindow) -> str:
    label = window.findChild(QLabel, "trainState")
    assert label is not None
    return label.text()


def begin(qtbot: QtBot, start: Open, pictures: Path, training: FakeClient) -> tuple[MainWindow, TrainPanel, TrainPage, int]:
    window, panel, page = start()
    panel.draft.choose_pictures({"folder": str(pictures)})
    qtbot.waitUntil(lambda: window.findChild(QAbstractButton, "trainStart").isEnabled())
    press(qtbot, window, "trainStart")
    qtbot.waitUntil(lambda: bool(training.specs(TrainSpec)))
    return window, panel, page, training.submitted[-1][0]


def advance(qtbot: QtBot, training: FakeClient, panel: TrainPanel, job: int, step: int) -> None:
    training.say(
        (job, StepDone(step, {"loss": 1 / step, "kl": 0.1, "lr": 1e-3, "psnr": 30.0, "pictures_per_s": 50.0})),
        (job, StepDone(step, {"val_loss": 0.5, "val_psnr": 31.25, "val_noisy": 22.0})),
        (job, Progress(step, panel.session.run.steps, "steps")),
    )
    qtbot.waitUntil(lambda: panel.session.step == step)


def test_the_page_takes_the_pictures_place_and_offers_goals_first(qtbot: QtBot, start: Open) -> None:
    window, _, page = start()
    assert page.isVisible()
    assert not window.viewer.isVisible()
    for goal in GOALS:
        card = window.findChild(QAbstractButton, f"goal_{goal.name}")
        assert card.isVisible()
        assert (card.accessibleName(), card.accessibleDescription()) == (goal.title, goal.sentence)
    assert "Choose training pictures" in words(window)
    assert not window.findChild(QAbstractButton, "trainStart").isEnabled()


def test_without_torchvision_nothing_is_offered_that_needs_it(start: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aedesk.training.recipes.presets.find_spec", lambda _name: None)
    window, _, _ = start()
    for name in ("goal_digits", "dataNamed", "exploreSets"):
        assert window.findChild(QAbstractButton, name).isHidden()
    assert not window.findChild(QAbstractButton, "goal_photos").isHidden()


@pytest.mark.parametrize("goal", [goal.name for goal in GOALS])
def test_a_goal_makes_a_recipe_and_keeps_the_pictures_that_were_chosen(qtbot: QtBot, start: Open, pictures: Path, goal: str) -> None:
    window, panel, _ = start()
    panel.draft.choose_pictures({"folder": str(pictures)})
    press(qtbot, window, f"goal_{goal}")
    recipe = parse(panel.draft.table)
    assert (recipe.data.folder, recipe.data.dataset) == (("", "mnist") if goal == "digits" else (str(pictures), ""))
    assert panel.draft.goal == goal


def test_a_dropped_folder_is_counted_measured_and_shown(qtbot: QtBot, start: Open, pictures: Path) -> None:
    window, panel, page = start()
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(pictures))])
    drop = QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    page.data_box.dropEvent(drop)
    assert panel.draft.data["folder"] == str(pictures)
    facts = window.findChild(QLabel, "dataFacts")
    qtbot.waitUntil(lambda: "40 pictures" in facts.text())
    assert "4 for validation" in facts.text()
    assert window.findChild(QLabel, "dataProblems").text() == "b.jpg is damaged.\nand 2 more"
    assert page.findChild(QWidget, "dataSheet").image_size.width() == SHEET.shape[1]
    assert "40 pictures" in window.findChild(QLabel, "trainPictures").text()


def test_the_network_is_described_before_it_is_trained(qtbot: QtBot, start: Open) -> None:
    window, _, page = start()
    line = window.findChild(QLabel, "trainNetwork")
    qtbot.waitUntil(lambda: "4.3 million parameters" in line.text())
    assert "272 thousand MACs per pixel" in line.text()
    assert "1/12" in line.text()
    page.show_tab("network")
    table = page.findChild(QWidget, "modelLayers")
    assert [table.item(0, column).text() for column in range(4)] == ["encoder", "Conv2d", "16 × 8 × 8", "1,234"]


def test_a_run_says_in_words_what_it_does_and_draws_itself(qtbot: QtBot, start: Open, pictures: Path, training: FakeClient) -> None:
    window, panel, page, job = begin(qtbot, start, pictures, training)
    (spec,) = training.specs(TrainSpec)
    assert not spec.resume
    assert Path(spec.run_dir).parent == runs_dir()
    assert Path(spec.run_dir).name.startswith("my-photos-")
    assert words(window).startswith("Starting")
    assert page.progress.isVisible()
    for step in (10, 20, 30):
        advance(qtbot, training, panel, job, step)
    assert words(window) == f"Training step 30 of {panel.session.run.steps:,}"
    assert page.progress.losses.points("loss")[1].tolist() == [1 / 10, 1 / 20, 1 / 30]
    assert {"loss", "kl", "val_loss"} == set(page.progress.losses.names)
    assert {"lr", "psnr", "pictures_per_s", "val_psnr", "val_noisy"} == set(page.progress.side.names)
    assert window.findChild(QLabel, "figure_val_psnr").text() == "31.25 dB"
    assert window.findChild(QLabel, "figure_left").text() != "\N{EN DASH}"
    training.say((job, Preview(SHEET, "step 30")))
    qtbot.waitUntil(lambda: page.progress.sheet.image_size.width() == SHEET.shape[1])
    assert "step 30" in page.progress.sheet.accessibleDescription()
    training.say((job, Finished("x", "PSNR 31.25")))
    qtbot.waitUntil(lambda: panel.session.state is State.FINISHED)
    assert words(window) == "Finished after 30 steps: PSNR 31.25"


def test_pausing_cancels_and_resuming_goes_on_from_the_checkpoint(qtbot: QtBot, start: Open, pictures: Path, training: FakeClient) -> None:
    window, panel, page, job = begin(qtbot, start, pictures, training)
    for step in (10, 20, 30):
        advance(qtbot, training, panel, job, step)
    folder = panel.session.run.folder
    folder.mkdir(parents=True)
    (folder / "run.toml").write_text(to_toml(panel.session.run.recipe))
    training._held.clear()  # so that the test itself says when the job has ended
    press(qtbot, window, "trainPause")
    assert words(window).startswith("Pausing")
    assert training.cancelled == [job]
    training.say((job, Progress(20, None)), (job, Cancelled()))
    qtbot.waitUntil(lambda: panel.session.state is State.PAUSED)
    assert words(window).startswith("Paused at step 20 of")
    press(qtbot, window, "trainResume")
    qtbot.waitUntil(lambda: len(training.specs(TrainSpec)) == 2)
    again = training.specs(TrainSpec)[1]
    assert (again.resume, again.run_dir, again.recipe) == (True, str(folder), training.specs(TrainSpec)[0].recipe)
    assert page.progress.losses.points("loss")[0].tolist() == [10, 20]


def test_stopping_keeps_what_was_learned(qtbot: QtBot, start: Open, pictures: Path, training: FakeClient) -> None:
    window, panel, _, job = begin(qtbot, start, pictures, training)
    advance(qtbot, training, panel, job, 40)
    panel.session.run.folder.mkdir(parents=True)
    (panel.session.run.folder / "last.safetensors").write_bytes(b"weights")
    press(qtbot, window, "trainStop")
    qtbot.waitUntil(lambda: panel.session.state is State.STOPPED)
    assert words(window) == "Stopped at step 40. The model was saved."
    assert window.workspace.settings["train_run"] == ""
    assert window.findChild(QAbstractButton, "useNow").isVisible()
    assert window.findChild(QAbstractButton, "trainStart").isVisible()


def test_a_failure_says_why_and_what_to_do(qtbot: QtBot, start: Open, pictures: Path, training: FakeClient) -> None:
    window, panel, _, _ = begin(qtbot, start, pictures, training)
    training.fail_held(Failed("The loss is nan at step 30.", "Lower the learning rate.", "TrainingError", "Traceback: secret"))
    qtbot.waitUntil(lambda: panel.session.state is State.FAILED)
    assert words(window) == "Failed: The loss is nan at step 30. Lower the learning rate."
    assert window.findChild(QAbstractButton, "trainStart").isVisible()
    assert not window.findChild(QAbstractButton, "trainResume").isVisible()


def test_use_now_takes_the_model_into_the_lists_and_restore_chooses_it(
    qtbot: QtBot, start: Open, pictures: Path, training: FakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, panel, _, job = begin(qtbot, start, pictures, training)
    folder = panel.session.run.folder
    folder.mkdir(parents=True)
    for name in ("last", "best"):
        (folder / f"{name}.safetensors").write_bytes(b"weights")
    asked: list[tuple[Path, str, bool]] = []

    def adopt(path: Path, title: str, *, trained: bool) -> ModelInfo:
        asked.append((path, title, trained))
        return ModelInfo("my-photos", "", "denoise", "My photos")

    monkeypatch.setattr(panel_module, "adopt", adopt)
    training.say((job, Finished("x", "")))
    qtbot.waitUntil(lambda: panel.session.state is State.FINISHED)
    press(qtbot, window, "useNow")
    qtbot.waitUntil(lambda: window.workspace.settings["model"] == "my-photos")
    assert asked == [(folder / "best.safetensors", "My photos", True)]
    assert "Restore now uses it" in window.banner.text
    window.workspace.inventory.models = (*window.workspace.inventory.models, ModelInfo("my-photos", "", "denoise", "My photos"))
    window.workspace.inventory.models_changed.emit()
    assert window.panel_stack.panel("restore").spec().model == "my-photos"


def test_an_unfinished_run_is_offered_with_its_curves(qtbot: QtBot, start: Open, training: FakeClient, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    table = {"name": "old", "title": "Old", "purpose": "denoise", "model": {"family": "unet"}, "stage": [{"steps": 500}]}
    (folder / "run.toml").write_text(to_toml(table))
    lines = [json.dumps({"step": step, "loss": 1 / step}) for step in (10, 20)]
    (folder / "metrics.jsonl").write_text("\n".join(lines) + '\n{"step": 30, "lo')
    window, panel, page = start(train_run=str(folder))
    qtbot.waitUntil(lambda: panel.session.state is State.PAUSED)
    assert words(window) == "Paused at step 20 of 500"
    assert "Old was not finished" in window.banner.text
    assert page.progress.losses.points("loss")[0].tolist() == [10, 20]
    press(qtbot, window, "trainResume")
    qtbot.waitUntil(lambda: bool(training.specs(TrainSpec)))
    assert (training.specs(TrainSpec)[0].resume, training.specs(TrainSpec)[0].run_dir) == (True, str(folder))


def test_the_form_shows_the_recipe_and_writes_it(qtbot: QtBot, start: Open) -> None:
    _, panel, page = start()
    panel.draft.choose_family("sparse")
    before = panel.draft.text()
    page.show_tab("settings")
    form = page.form
    assert form.row(("objective", "target")).field.text() == "0.05"
    assert panel.draft.text() == before
    field = form.row(("train", "lr")).field
    field.clear()
    qtbot.keyClicks(field, "2e-4")
    assert panel.draft.get(("train", "lr")) == 2e-4
    panel.draft.set(("model", "code"), 333)
    assert form.row(("model", "code")).field.text() == "333"
    parse(panel.draft.table)


def test_wrong_values_are_marked_with_the_reason_and_cannot_be_started(
    qtbot: QtBot, start: Open, pictures: Path, training: FakeClient
) -> None:
    window, panel, page = start()
    panel.draft.choose_family("undercomplete")
    panel.draft.choose_pictures({"folder": str(pictures)})
    page.show_tab("settings")
    for path, text, reason in (
        (("train", "lr"), "fast", "'fast' is not a number."),
        (("train", "ema"), "1", "Choose 0 to less than 1."),
        (("model", "code"), "100000", "Choose 1 to 65536 units."),
    ):
        field = page.form.row(path).field
        kept = field.text()
        field.selectAll()
        qtbot.keyClicks(field, text)
        qtbot.waitUntil(lambda field=field: bool(field.property("wrong")))
        explained = page.form.findChild(QLabel, f"{field.objectName()}_help")
        assert reason in explained.text()
        qtbot.waitUntil(lambda: not window.findChild(QAbstractButton, "trainStart").isEnabled())
        panel.start()
        assert training.specs(TrainSpec) == []
        field.selectAll()
        qtbot.keyClicks(field, kept)
        qtbot.waitUntil(lambda field=field: not field.property("wrong"))
    qtbot.waitUntil(lambda: window.findChild(QAbstractButton, "trainStart").isEnabled())


def test_another_chain_brings_its_own_settings(qtbot: QtBot, start: Open) -> None:
    _, panel, page = start()
    page.show_tab("settings")
    panel.draft.set(("degradation", "chain"), "listed")
    qtbot.waitUntil(lambda: page.form.findChild(QLineEdit, "knob_degradation_salt_pepper") is not None)
    field = page.form.row(("degradation", "salt-pepper")).field
    qtbot.keyClicks(field, "1 to 10")
    assert panel.draft.table["degradation"] == {"chain": "listed", "gaussian": [0, 50], "salt-pepper": [1, 10]}
    parse(panel.draft.table)


def test_a_recipe_is_saved_and_opened_again(qtbot: QtBot, start: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    window, panel, page = start()
    panel.draft.choose_family("contractive")
    panel.draft.set(("objective", "weight"), 0.25)
    table = panel.draft.table
    monkeypatch.setattr(files, "choose_target", lambda *_: tmp_path / "mine.toml")
    page.show_tab("settings")
    press(qtbot, window, "recipeSave")
    assert load(tmp_path / "mine.toml") == tomllib.loads(to_toml(table))
    panel.draft.choose_goal("photos")
    monkeypatch.setattr(files, "choose_recipe", lambda *_: tmp_path / "mine.toml")
    press(qtbot, window, "recipeOpen")
    assert panel.draft.family == "contractive"
    assert panel.draft.get(("objective", "weight")) == 0.25
    (tmp_path / "mine.toml").write_text("name = ")
    press(qtbot, window, "recipeOpen")
    assert "mine.toml" in window.banner.text
    assert panel.draft.table == tomllib.loads(to_toml(table))


def test_choices_are_there_again_at_the_next_start(qtbot: QtBot, start: Open, pictures: Path) -> None:
    window, panel, page = start()
    panel.draft.choose_goal("compress")
    panel.draft.choose_pictures({"folder": str(pictures)})
    panel.draft.set(("train", "lr"), 3e-4)
    page.progress.findChild(QWidget, "smoothing").set_value(40)
    window.close()
    _, again, page = start()
    assert (again.draft.goal, again.draft.data["folder"], again.draft.get(("train", "lr"))) == ("compress", str(pictures), 3e-4)
    assert page.progress.smoothing == 0.4


def test_curves_are_exported_as_csv_and_png(
    qtbot: QtBot, start: Open, pictures: Path, training: FakeClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, panel, page, job = begin(qtbot, start, pictures, training)
    advance(qtbot, training, panel, job, 10)
    training.say((job, StepDone(20, {"loss": math.nan})))
    qtbot.waitUntil(lambda: panel.session.step == 20)
    for suffix in ("csv", "png"):
        target = tmp_path / f"curves.{suffix}"
        monkeypatch.setattr(files, "choose_target", lambda *_, target=target: target)
        next(action for action in page.progress.export.menu().actions() if action.objectName() == f"export_{suffix}").trigger()
        qtbot.waitUntil(target.exists)
    rows = list(csv.DictReader((tmp_path / "curves.csv").read_text().splitlines()))
    assert [row["step"] for row in rows] == ["10", "20"]
    assert (rows[0]["loss"], rows[0]["val_psnr"], rows[1]["loss"]) == ("0.1", "31.25", "")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_an_earlier_run_is_laid_under_the_curves(qtbot: QtBot, start: Open, pictures: Path, training: FakeClient) -> None:
    old = runs_dir() / "old-20250101-000000"
    old.mkdir(parents=True)
    (old / "run.toml").write_text("")
    (old / "metrics.jsonl").write_text('{"step": 10, "loss": 0.5}\n{"step": 20, "loss": 0.25}\n')
    _, _, page, _ = begin(qtbot, start, pictures, training)
    qtbot.waitUntil(lambda: page._known == [old])
    menu = page.progress.compare.menu()
    menu.aboutToShow.emit()
    (action,) = menu.actions()
    action.trigger()
    items = page.progress.losses.getPlotItem().listDataItems
    qtbot.waitUntil(lambda: any(item.name() == f"{old.name}: training" for item in items()))
    menu.aboutToShow.emit()
    menu.actions()[0].trigger()
    qtbot.waitUntil(lambda: not any((item.name() or "").startswith(old.name) for item in items()))


def test_a_term_of_the_loss_can_be_hidden(qtbot: QtBot, start: Open, pictures: Path, training: FakeClient) -> None:
    _, panel, page, job = begin(qtbot, start, pictures, training)
    advance(qtbot, training, panel, job, 10)
    page.progress.terms.menu().aboutToShow.emit()
    action = next(action for action in page.progress.terms.menu().actions() if action.objectName() == "term_kl")
    assert action.isChecked()
    action.trigger()
    assert not page.progress.losses.is_shown("kl")
    assert page.progress.losses.is_shown("loss")


def test_the_worker_is_started_with_the_first_run_only(qtbot: QtBot, start: Open, pictures: Path, training: FakeClient) -> None:
    window, panel, _ = start()
    assert not window.workspace.training._thread.isRunning()
    panel.draft.choose_pictures({"folder": str(pictures)})
    panel.start()
    assert window.workspace.training._thread.isRunning()


def test_closing_while_training_leaves_the_run_to_be_resumed(qtbot: QtBot, start: Open, pictures: Path, training: FakeClient) -> None:
    window, panel, _, _ = begin(qtbot, start, pictures, training)
    folder = panel.session.run.folder
    window.close()
    assert training.closed
    assert window.workspace.settings["train_run"] == str(folder)


def test_every_control_of_the_page_has_a_name(qtbot: QtBot, start: Open) -> None:
    _, panel, page = start()
    page.show_tab("settings")
    controls = [widget for kind in (QAbstractButton, QLineEdit) for root in (panel, page) for widget in root.findChildren(kind)]
    nameless = [
        widget
        for widget in controls
        if not widget.objectName().startswith("qt_")
        and (not widget.objectName() or not (widget.accessibleName() or getattr(widget, "text", str)()))
        and widget.isVisible()
    ]
    assert nameless == []
    assert len(controls) > 40
