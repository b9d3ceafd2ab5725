"""The whole window with a scripted worker."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_client import CPU, GPU, FakeClient, play
from PySide6.QtCore import QEvent, QMimeData, QObject, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QSlider,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot
from whole_window import OpenProgram

from aedesk.core.events import Failed, Finished
from aedesk.core.specs import AddNoiseSpec, DenoiseSpec, DevicesSpec
from aedesk.gui.app import Application
from aedesk.gui.dialogs import files
from aedesk.gui.jobs.task_queue import Task
from aedesk.gui.panels.registry import PANELS
from aedesk.gui.shell.commands.table import ROWS
from aedesk.gui.shell.main_window import MainWindow
from aedesk.imaging.io import read
from aedesk.jobs.events import WorkerState
from aedesk.settings.store import Settings

Open = Callable[..., MainWindow]


@pytest.fixture
def start(qtbot: QtBot, open_program: OpenProgram) -> Open:
    """``start(paths, client=..., **settings)``: a window on the screen whose pictures are shown."""

    def open_window(*paths: Path, client: FakeClient, training: FakeClient | None = None, **settings: object) -> MainWindow:
        running = open_program(*paths, client=client, training=training, **settings)
        library = running.workspace.library
        if paths:
            qtbot.waitUntil(lambda: library.current is not None and library.current.source is not None)
        qtbot.waitUntil(lambda: bool(running.workspace.inventory.models))
        return running.window

    return open_window


def press(qtbot: QtBot, window: MainWindow, name: str) -> None:
    button = window.findChild(QAbstractButton, name)
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def current(window: MainWindow):
    return window.workspace.library.current


def test_the_first_start_shows_the_noisy_sample_and_one_click_restores_it(qtbot: QtBot, start: Open, client: FakeClient) -> None:
    window = start(client=client, first_start=True)
    qtbot.waitUntil(lambda: current(window) is not None and current(window).source is not None)
    assert current(window).name == "portrait_noisy.png"
    press(qtbot, window, "restoreButton")
    qtbot.waitUntil(lambda: current(window).step.restored is not None)
    figures = window.findChild(QLabel, "figures")
    qtbot.waitUntil(lambda: "PSNR" in figures.text() and "SSIM" in figures.text(), timeout=10_000)


def test_the_window_and_everything_it_imports_keep_torch_out(project: Path, home: Path) -> None:
    code = (
        "import sys; from PySide6.QtWidgets import QApplication\n"
        "from aedesk.gui.app import Application; from fake_client import FakeClient\n"
        "app = QApplication([]); made = Application(app, make_client=FakeClient, make_training_client=FakeClient)\n"
        "made.show(); app.processEvents(); made.window.close()\n"
        "made.end(); print(sorted(name for name in sys.modules if name.partition('.')[0] in ('torch', 'safetensors')))"
    )
    path = os.pathsep.join([str(project), str(project / "tests" / "support")])
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


def test_restoring_uses_the_choices_of_the_panel(qtbot: QtBot, start: Open, client: FakeClient, make_file: Callable[..., Path]) -> None:
    window = start(make_file("a.png"), client=client, noise_auto=False, noise_sigma=17, strength=0.5, model="denoise-gaussian")
    press(qtbot, window, "restoreButton")
    qtbot.waitUntil(lambda: current(window).step.restored is not None)
    (spec,) = client.specs(DenoiseSpec)
    assert (spec.model, spec.sigma, spec.strength, spec.chroma_strength, spec.device) == ("denoise-gaussian", 17, 0.5, None, "auto")
    assert window.findChild(QLabel, "sigmaFound").text() == "Restored with noise level 17.0"


def test_a_batch_goes_on_past_a_picture_that_cannot_be_read(
    qtbot: QtBot, start: Open, client: FakeClient, make_file: Callable[..., Path], tmp_path: Path
) -> None:
    broken = tmp_path / "b.png"
    broken.write_text("this is no picture")
    window = start(make_file("a.png"), broken, make_file("c.png"), client=client)
    press(qtbot, window, "restoreAllButton")
    qtbot.waitUntil(lambda: not window.workspace.queue.busy)
    a, b, c = window.workspace.library.documents
    assert a.step.restored is not None
    assert c.step.restored is not None
    assert (b.badge, "b.png" in b.problem) == ("failed", True)
    assert "b.png" in window.banner.text


def test_undo_and_redo_go_through_the_steps(qtbot: QtBot, start: Open, client: FakeClient, make_file: Callable[..., Path]) -> None:
    window = start(make_file("a.png"), client=client)
    window.actions_by_name["run"].trigger()
    qtbot.waitUntil(lambda: current(window).step.restored is not None)
    assert window.actions_by_name["undo"].text() == "&Undo Restore"
    window.actions_by_name["undo"].trigger()
    assert current(window).step.restored is None
    assert not window.actions_by_name["undo"].isEnabled()
    window.actions_by_name["redo"].trigger()
    assert current(window).step.restored is not None


def test_adding_noise_makes_the_opened_picture_the_reference(
    qtbot: QtBot, start: Open, client: FakeClient, make_file: Callable[..., Path]
) -> None:
    window = start(make_file("a.png"), client=client, panel="add_noise")
    press(qtbot, window, "addNoiseButton")
    qtbot.waitUntil(lambda: current(window).step.noisy is not None)
    assert current(window).step.reference is current(window).source
    (spec,) = client.specs(AddNoiseSpec)
    assert (spec.kind, spec.level, spec.seed) == ("gaussian", 25, 0)
    qtbot.waitUntil(lambda: "PSNR" in window.findChild(QLabel, "noiseFigures").text())
    window.panel_stack.panel("restore").run([current(window)])
    qtbot.waitUntil(lambda: current(window).step.restored is not None)
    assert (client.submitted[-1][2][0] is current(window).step.noisy) is True


def test_every_kind_of_noise_has_its_own_level(qtbot: QtBot, start: Open, client: FakeClient, make_file: Callable[..., Path]) -> None:
    window = start(make_file("a.png"), client=client, panel="add_noise")
    kinds = window.findChild(QComboBox, "noiseKind")
    for index in range(kinds.count()):
        kinds.setCurrentIndex(index)
        window.actions_by_name["run"].trigger()
    qtbot.waitUntil(lambda: not window.workspace.queue.busy)
    used = [(spec.kind, spec.level) for spec in client.specs(AddNoiseSpec)]
    assert used == [("gaussian", 25), ("poisson-gaussian", 25), ("salt-pepper", 5), ("speckle", 25), ("jpeg", 20)]


def test_the_start_opens_one_window_and_the_panels_follow_it(start: Open, client: FakeClient) -> None:
    shown: list[str] = []

    class Watcher(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
                shown.append(watched.objectName())
            return False

    watcher = Watcher()
    QApplication.instance().installEventFilter(watcher)
    try:
        window = start(client=client)
    finally:
        QApplication.instance().removeEventFilter(watcher)
    assert shown == ["mainWindow"]
    assert len(window.panel_stack.created) == len(PANELS)
    assert window.isActiveWindow()


def test_cancel_stops_what_runs_and_what_waits(qtbot: QtBot, start: Open, make_file: Callable[..., Path]) -> None:
    client = FakeClient(hold=(DenoiseSpec,))
    window = start(make_file("a.png"), make_file("b.png"), client=client)
    window.actions_by_name["run_all"].trigger()
    qtbot.waitUntil(lambda: bool(client.specs(DenoiseSpec)))
    qtbot.keyClick(window.viewer, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.workspace.queue.busy)
    assert [task.state for task in window.workspace.queue.tasks] == ["cancelled", "cancelled"]
    assert len(client.specs(DenoiseSpec)) == 1


def test_a_job_that_the_worker_took_down_with_it_says_so_and_can_be_retried(
    qtbot: QtBot, start: Open, make_file: Callable[..., Path]
) -> None:
    client = FakeClient(hold=(DenoiseSpec,))
    window = start(make_file("a.png"), client=client)
    window.actions_by_name["run"].trigger()
    qtbot.waitUntil(lambda: bool(client.specs(DenoiseSpec)))
    client.fail_held(Failed("The worker process stopped unexpectedly.", "Try again.", "JobError", "Traceback: secret"))
    qtbot.waitUntil(lambda: not window.workspace.queue.busy)
    assert "stopped unexpectedly" in window.banner.text
    assert "Traceback" not in window.banner.text
    assert current(window).badge == "failed"
    client.hold = ()
    press(qtbot, window, "bannerAction")
    qtbot.waitUntil(lambda: current(window).step.restored is not None)
    assert current(window).badge == "done"


def test_a_gpu_that_disappears_gives_way_to_the_cpu_and_the_work_goes_on(qtbot: QtBot, start: Open, make_file: Callable[..., Path]) -> None:
    def script(spec: object, inputs: tuple):
        if isinstance(spec, DevicesSpec):
            return [Finished((CPU, GPU))]
        if isinstance(spec, DenoiseSpec) and spec.device == "cuda:0":
            return [Failed("The device cuda:0 is not there.", "Choose another.", "DeviceError")]
        return play(spec, inputs)

    client = FakeClient(script)
    window = start(make_file("a.png"), client=client, device="cuda:0")
    devices = window.findChild(QComboBox, "deviceChoice")
    qtbot.waitUntil(lambda: devices.findText("NVIDIA H200, 100 GiB free") >= 0)
    assert devices.currentData() == "cuda:0"
    window.actions_by_name["run"].trigger()
    qtbot.waitUntil(lambda: current(window).step.restored is not None)
    assert [spec.device for spec in client.specs(DenoiseSpec)] == ["cuda:0", "cpu"]
    assert devices.currentData() == "cpu"
    assert "CPU" in window.banner.text


def test_a_remembered_device_that_is_gone_gives_way_to_auto(qtbot: QtBot, start: Open, client: FakeClient) -> None:
    window = start(client=client, device="cuda:7")
    qtbot.waitUntil(lambda: window.workspace.inventory.device == "auto")
    assert "cuda:7" in window.banner.text


def test_save_writes_the_result_with_the_suffix_that_says_the_format(
    qtbot: QtBot, start: Open, client: FakeClient, make_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = start(make_file("a.png"), client=client)
    window.actions_by_name["run"].trigger()
    qtbot.waitUntil(lambda: current(window).modified)
    asked: list[Path] = []

    def answer(_parent: QWidget, suggested: Path) -> Path:
        asked.append(suggested)
        return tmp_path / "out.tif"

    monkeypatch.setattr(files, "choose_save_path", answer)
    window.actions_by_name["save"].trigger()
    qtbot.waitUntil(lambda: not current(window).modified)
    assert asked == [tmp_path / "a_restored.png"]
    assert read(tmp_path / "out.tif").source_format == "TIFF"


def test_save_all_never_replaces_a_file(
    qtbot: QtBot, start: Open, client: FakeClient, make_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = make_file("a_restored.png", width=8, height=8)
    before = there.read_bytes()
    window = start(make_file("a.png"), make_file("b.png"), client=client)
    window.actions_by_name["run_all"].trigger()
    qtbot.waitUntil(lambda: not window.workspace.queue.busy)
    monkeypatch.setattr(files, "choose_folder", lambda *_: tmp_path)
    window.actions_by_name["save_all"].trigger()
    qtbot.waitUntil(lambda: not any(document.modified for document in window.workspace.library.documents))
    assert there.read_bytes() == before
    assert {path.name for path in tmp_path.glob("*_restored*")} == {"a_restored.png", "a_restored-2.png", "b_restored.png"}


@pytest.mark.parametrize(("answer", "closed"), [("cancel", False), ("discard", True)])
def test_closing_with_unsaved_results_asks_first(
    qtbot: QtBot,
    start: Open,
    client: FakeClient,
    make_file: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    closed: bool,
) -> None:
    window = start(make_file("a.png"), client=client, confirm_close=True)
    window.actions_by_name["run"].trigger()
    qtbot.waitUntil(lambda: current(window).modified)
    asked: list[list[str]] = []
    monkeypatch.setattr(files, "ask_unsaved", lambda _parent, names: asked.append(names) or answer)
    window.close()
    assert asked == [["a.png"]]
    assert client.closed is closed
    assert window.isVisible() is not closed
    monkeypatch.setattr(files, "ask_unsaved", lambda *_: "discard")


def test_closing_while_a_job_runs_cancels_it_and_ends_the_worker(qtbot: QtBot, start: Open, make_file: Callable[..., Path]) -> None:
    client = FakeClient(hold=(DenoiseSpec,))
    window = start(make_file("a.png"), client=client)
    window.actions_by_name["run"].trigger()
    qtbot.waitUntil(lambda: bool(client.specs(DenoiseSpec)))
    window.close()
    assert client.closed
    assert not window.isVisible()


def test_a_folder_that_is_dropped_is_opened_with_the_folders_inside(
    qtbot: QtBot, start: Open, client: FakeClient, make_file: Callable[..., Path], tmp_path: Path
) -> None:
    window = start(client=client)
    (tmp_path / "in" / "deep").mkdir(parents=True)
    make_file("in/b.png")
    make_file("in/deep/a.png")
    (tmp_path / "in" / "notes.txt").write_text("no picture")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "in"))])
    drop = QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    window.dropEvent(drop)
    qtbot.waitUntil(lambda: len(window.library_view.paths) == 2)
    assert {path.name for path in window.library_view.paths} == {"a.png", "b.png"}
    assert window.workspace.settings["recent_files"] == (str(tmp_path / "in"),)


def test_the_keys_switch_the_view_modes(qtbot: QtBot, start: Open, client: FakeClient, make_file: Callable[..., Path]) -> None:
    window = start(make_file("a.png"), client=client)
    for key, mode in zip("12345", ("single", "split", "side-by-side", "three-views", "difference"), strict=True):
        qtbot.keyClick(window.viewer, key, Qt.KeyboardModifier.AltModifier)
        assert window.viewer.mode == mode
        assert window.actions_by_name[f"mode_{mode.replace('-', '_')}"].isChecked()


def test_what_was_chosen_is_remembered_for_the_next_start(
    qtbot: QtBot, start: Open, make_file: Callable[..., Path], tmp_path: Path
) -> None:
    window = start(make_file("a.png"), client=FakeClient())
    window.actions_by_name["mode_difference"].trigger()
    window.findChild(QAbstractButton, "noiseManual").click()
    window.findChild(QComboBox, "modelChoice").setCurrentIndex(1)
    window.close()
    again = Settings(tmp_path / "config" / "settings.json")
    assert (again["view_mode"], again["noise_auto"], again["model"]) == ("difference", False, "denoise-gaussian")
    assert again["window_layout"] != ""
    assert again["recent_files"] == (str(tmp_path / "a.png"),)


def test_the_model_list_shows_denoisers_only(qtbot: QtBot, start: Open, client: FakeClient) -> None:
    window = start(client=client)
    models = window.findChild(QComboBox, "modelChoice")
    assert [models.itemText(index) for index in range(models.count())] == ["Photographs", "Gaussian noise"]


def test_moving_the_strength_needs_no_network(qtbot: QtBot, start: Open, client: FakeClient, make_file: Callable[..., Path]) -> None:
    window = start(make_file("a.png", 600, 400), client=client, preview=True)
    panel = window.panel_stack.panel("restore")
    with qtbot.waitSignal(panel.preview.shown, timeout=5000):
        pass
    qtbot.waitUntil(lambda: window.workspace.pool.idle)
    asked = len(client.specs(DenoiseSpec))
    assert all(spec.region is not None and spec.strength == 1 for spec in client.specs(DenoiseSpec))
    with qtbot.waitSignal(panel.preview.shown, timeout=5000):
        window.findChild(QWidget, "strength").set_value(40)
    assert len(client.specs(DenoiseSpec)) == asked
    assert window.viewer.preview_box is not None


def test_a_newer_preview_wins_over_one_that_is_under_way(qtbot: QtBot, start: Open, make_file: Callable[..., Path]) -> None:
    client = FakeClient(hold=(DenoiseSpec,))
    window = start(make_file("a.png", 600, 400), client=client, preview=True, noise_auto=False)
    qtbot.waitUntil(lambda: len(client.specs(DenoiseSpec)) == 1)
    for sigma in (10, 20, 30):
        window.findChild(QWidget, "sigma").set_value(sigma)
    qtbot.waitUntil(lambda: len(client.specs(DenoiseSpec)) == 2)
    assert client.specs(DenoiseSpec)[-1].sigma == 30
    assert client.cancelled
    window.findChild(QAbstractButton, "previewRegion").setChecked(False)
    assert window.viewer.preview_box is None


def test_settings_that_could_not_be_read_are_reported(qtbot: QtBot, client: FakeClient, tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text("{")
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    made = Application(app, [Path("missing.png")], make_client=lambda: client, make_training_client=FakeClient, settings_file=file)
    made.show()
    qtbot.waitUntil(lambda: "settings.damaged.json" in made.window.log_view.text)
    made.window.close()
    made.end()
    made.window.deleteLater()


def test_every_control_has_an_accessible_name_and_an_object_name(qtbot: QtBot, start: Open, client: FakeClient) -> None:
    window = start(client=client)
    controls = [
        widget
        for kind in (QAbstractButton, QComboBox, QAbstractSpinBox, QSlider)
        for widget in window.findChildren(kind)
        if not widget.objectName().startswith("qt_") and widget.isVisible()
    ]
    assert len(controls) > 20
    nameless = [widget for widget in controls if not widget.objectName() or not (widget.accessibleName() or getattr(widget, "text", str)())]
    assert nameless == []


def test_a_panel_with_a_page_replaces_the_picture_and_disables_its_commands(
    qtbot: QtBot, start: Open, client: FakeClient, make_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    window = start(make_file("a.png"), client=client)
    page = QWidget()
    monkeypatch.setattr(window.panel_stack.panel("add_noise"), "page", lambda: page)
    assert window.viewer.isVisible()
    press(qtbot, window, "panel_add_noise")
    assert (page.isVisible(), window.viewer.isVisible(), window.view_bar.isVisible()) == (True, False, False)
    pictures_only = [window.actions_by_name[name] for name in ("run", "run_all", "zoom_in", "mode_split", "actual")]
    assert not any(action.isEnabled() for action in pictures_only)
    press(qtbot, window, "panel_restore")
    assert window.viewer.isVisible()
    assert all(action.isEnabled() for action in pictures_only)


def test_the_arrow_keys_choose_the_panel_and_it_is_remembered(qtbot: QtBot, start: Open, client: FakeClient, tmp_path: Path) -> None:
    window = start(client=client)
    first = window.findChild(QAbstractButton, "panel_restore")
    first.setFocus()
    qtbot.keyClick(first, Qt.Key.Key_Right)
    assert window.panel is window.panel_stack.panel("erase")
    window.close()
    assert Settings(tmp_path / "config" / "settings.json")["panel"] == "erase"


def test_closing_ends_the_training_lane_too_and_gives_it_time_for_its_checkpoint(
    qtbot: QtBot, start: Open, client: FakeClient, training: FakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = start(client=client, training=training)
    window.workspace.training.submit(DevicesSpec())
    training.say((0, WorkerState("busy")))
    qtbot.waitUntil(lambda: window.workspace.training.state == "busy")
    allowed: list[float] = []
    close = training.close
    monkeypatch.setattr(training, "close", lambda timeout_s: (allowed.append(timeout_s), close(timeout_s)))
    window.close()
    assert allowed == [30.0]
    assert training.closed


def test_no_two_actions_share_a_key() -> None:
    keys = [key for row in ROWS for key in row.keys]
    assert len(keys) == len(set(keys))
    assert len({row.name for row in ROWS}) == len(ROWS)


def test_tab_goes_from_control_to_control(qtbot: QtBot, start: Open, client: FakeClient, make_file: Callable[..., Path]) -> None:
    window = start(make_file("a.png"), client=client, noise_auto=False)
    window.activateWindow()
    window.findChild(QComboBox, "modelChoice").setFocus()
    seen = []
    for _ in range(40):
        widget = QApplication.focusWidget()
        assert widget is not None
        seen.append(widget)
        qtbot.keyClick(widget, Qt.Key.Key_Tab)
        if QApplication.focusWidget() is seen[0]:
            break
    names = {widget.objectName() for widget in seen} | {widget.parentWidget().objectName() for widget in seen}
    wanted = {"modelChoice", "noiseAuto", "sigma", "strength", "restoreButton", "compareView", "libraryView", "jobsView", "deviceChoice"}
    assert wanted <= names
    assert not any(isinstance(widget, QLineEdit) for widget in seen)
    assert window.findChild(QPushButton, "restoreAllButton") in seen


@pytest.mark.parametrize("panel", ["restore", "erase", "compress", "add_noise", "train", "explore", "models"])
def test_a_file_name_of_any_length_does_not_widen_the_window(
    start: Open, qtbot: QtBot, client: FakeClient, make_file: Callable[..., Path], panel: str
) -> None:
    name = "holiday-" * 23 + ".png"
    window = start(make_file("a.png"), client=client, panel=panel)
    narrow = window.minimumSizeHint().width()
    window.commands.opener.open([make_file(name)])
    qtbot.waitUntil(lambda: window.workspace.library.current.name == name and window.workspace.library.current.source is not None)
    window.workspace.notify(f"Saved {name}.", "info")
    assert window.banner.text == f"Saved {name}."
    assert window.minimumSizeHint().width() == narrow
    window.workspace.queue.add(Task(f"Restore {name}", window.workspace.library.current, DenoiseSpec(), lambda _: None))
    assert name in window.banner.text
    assert window.minimumSizeHint().width() == narrow


def test_the_window_fits_a_screen_of_1024_by_700_pixels_with_every_panel(start: Open, client: FakeClient) -> None:
    window = start(client=client)
    for entry in PANELS:
        window.panel_stack.choose(entry.name)
        smallest = window.minimumSizeHint()
        assert (smallest.width() <= 1024, smallest.height() <= 700) == (True, True), (entry.name, smallest)


def test_the_view_modes_are_icons_in_a_narrow_window_and_names_in_a_wide_one(start: Open, qtbot: QtBot, client: FakeClient) -> None:
    window = start(client=client)
    button = window.findChild(QToolButton, "button_mode_split")
    for width, style in ((1000, Qt.ToolButtonStyle.ToolButtonIconOnly), (1600, Qt.ToolButtonStyle.ToolButtonTextOnly)):
        window.resize(width, 700)
        qtbot.waitUntil(lambda style=style: button.toolButtonStyle() == style)


def mnemonics(*roots: QWidget) -> dict[str, list[str]]:
    """Texts by their mnemonic, of all visible buttons and labels that open with Alt and a letter."""
    found: dict[str, list[str]] = {}
    for root in roots:
        for widget in root.findChildren(QWidget):
            plain = isinstance(widget, QAbstractButton) or (isinstance(widget, QLabel) and widget.buddy() is not None)
            letter = re.search(r"&(\w)", widget.text()) if plain and widget.isVisible() else None
            if letter is not None:
                found.setdefault(letter[1].lower(), []).append(widget.text())
    return found


@pytest.mark.parametrize("panel", [entry.name for entry in PANELS])
def test_no_two_visible_controls_and_menus_share_a_mnemonic(
    start: Open, client: FakeClient, make_file: Callable[..., Path], panel: str
) -> None:
    window = start(make_file("a.png"), client=client, panel=panel)
    front = window.panel
    switches = [button for button in front.findChildren(QRadioButton) if button.objectName().startswith("eraseMode_")]
    for switch in [None, *switches]:
        if switch is not None:
            switch.setChecked(True)
        found = mnemonics(*filter(None, (front, front.page(), window.findChild(QWidget, "toolBar"))))
        for action in window.menuBar().actions():
            found.setdefault(action.text()[action.text().index("&") + 1].lower(), []).append(action.text())
        assert {letter: texts for letter, texts in found.items() if len(texts) > 1} == {}
