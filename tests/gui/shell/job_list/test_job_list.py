from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from aedesk.core.events import Cancelled, Failed, Finished, Log, Progress, Started
from aedesk.gui.shell.job_list import JobsModel, JobsView
from aedesk.gui.shell.job_list import model as jobs
from aedesk.gui.shell.job_list.rate import RateEstimator


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def model(qtbot: QtBot, clock: Clock) -> JobsModel:
    return JobsModel(clock=clock)


@pytest.fixture
def view(qtbot: QtBot) -> JobsView:
    made = JobsView()
    qtbot.addWidget(made)
    made.resize(700, 200)
    made.show()
    qtbot.waitExposed(made)
    return made


def row(model: JobsModel, number: int = 0) -> list[str]:
    return [str(model.index(number, column).data()) for column in range(jobs.ACTION)]


def test_a_job_waits_runs_and_is_done(model: JobsModel, clock: Clock) -> None:
    model.add(7, "Restore a.png")
    assert row(model) == ["Restore a.png", "", "", "", "waiting"]
    model.apply(7, Started("a.png", 12.0, "MP"))
    clock.now = 2.0
    model.apply(7, Progress(3.0, 12.0, "MP", "tile 3 of 12"))
    assert row(model) == ["Restore a.png", "25 %", "1.50 MP/s", "6 s", "running"]
    assert model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole) == "tile 3 of 12"
    clock.now = 8.0
    model.apply(7, Finished(summary="ok"))
    assert row(model) == ["Restore a.png", "100 %", "", "", "done in 8 s"]


def test_a_failure_says_what_and_what_to_do(model: JobsModel) -> None:
    model.add(1, "Restore a.png")
    model.apply(1, Failed("Not enough memory on cuda:0.", "Choose the CPU.", detail="Traceback"))
    assert row(model)[jobs.STATE] == "failed: Not enough memory on cuda:0. Choose the CPU."
    assert model.action(0) == "retry"


def test_an_unknown_total_shows_no_percentage_and_no_time_left(model: JobsModel, clock: Clock) -> None:
    model.add(1, "Scan")
    model.apply(1, Started("Scan"))
    clock.now = 1.0
    model.apply(1, Progress(10, None, "files"))
    assert row(model) == ["Scan", "", "10.0 files/s", "", "running"]


def test_events_of_unknown_jobs_and_log_lines_change_nothing(qtbot: QtBot, model: JobsModel) -> None:
    model.add(1, "a")
    with qtbot.assertNotEmitted(model.dataChanged):
        model.apply(99, Finished())
        model.apply(1, Log("hello"))


def test_actions_follow_the_state(model: JobsModel) -> None:
    model.add(1, "a")
    assert model.action(0) == "cancel"
    model.set_cancelling(1)
    assert (model.action(0), row(model)[jobs.STATE]) == ("", "cancelling")
    model.apply(1, Cancelled())
    assert (model.action(0), row(model)[jobs.STATE]) == ("retry", "cancelled")
    model.add(2, "b", retryable=False)
    model.apply(2, Cancelled())
    assert model.action(1) == ""


def test_finished_jobs_can_be_cleared_and_running_ones_stay(model: JobsModel) -> None:
    for job_id in range(4):
        model.add(job_id, f"job {job_id}")
    model.apply(0, Finished())
    model.apply(2, Cancelled())
    model.remove_finished()
    assert [row(model, number)[0] for number in range(model.rowCount())] == ["job 1", "job 3"]


def test_the_list_does_not_grow_without_end(model: JobsModel) -> None:
    for job_id in range(500):
        model.add(job_id, f"job {job_id}")
        model.apply(job_id, Finished())
    assert model.rowCount() == 200
    assert row(model, 199)[0] == "job 499"


def test_the_rate_is_that_of_the_last_seconds_and_starts_anew_after_a_retry(clock: Clock) -> None:
    rate = RateEstimator(clock)
    assert rate.per_second is None
    for second in range(60):
        clock.now = float(second)
        rate.add(second * (1.0 if second < 30 else 3.0))
    assert rate.per_second == pytest.approx(3.0, rel=0.1)
    rate.add(0.0)
    assert rate.per_second is None
    assert rate.seconds_left(10) is None


def click_action(qtbot: QtBot, view: JobsView, number: int) -> None:
    place: QPoint = view.visualRect(view.model().index(number, jobs.ACTION)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_the_button_of_a_row_cancels_and_tries_again(qtbot: QtBot, view: JobsView) -> None:
    view.add_job(5, "a")
    view.add_job(6, "b")
    with qtbot.waitSignal(view.cancel_requested) as seen:
        click_action(qtbot, view, 1)
    assert seen.args == [6]
    view.apply(5, Failed("no"))
    with qtbot.waitSignal(view.retry_requested) as seen:
        click_action(qtbot, view, 0)
    assert seen.args == [5]
    view.apply(6, Finished())
    with qtbot.assertNotEmitted(view.cancel_requested), qtbot.assertNotEmitted(view.retry_requested):
        click_action(qtbot, view, 1)


def test_keys_cancel_and_try_again(qtbot: QtBot, view: JobsView) -> None:
    view.add_job(5, "a")
    view.setCurrentIndex(view.model().index(0, 0))
    with qtbot.assertNotEmitted(view.retry_requested):
        qtbot.keyClick(view, Qt.Key.Key_R)
    with qtbot.waitSignal(view.cancel_requested):
        qtbot.keyClick(view, Qt.Key.Key_Delete)
    view.apply(5, Cancelled())
    with qtbot.waitSignal(view.retry_requested):
        qtbot.keyClick(view, Qt.Key.Key_R)


def test_a_thousand_jobs_make_no_widget(qtbot: QtBot, view: JobsView) -> None:
    before = len(view.findChildren(object))
    for job_id in range(1000):
        view.add_job(job_id, f"job {job_id}")
        view.apply(job_id, Progress(1, 2))
    view.grab()
    assert len(view.findChildren(object)) == before
    assert view.job_count == 1000
