from __future__ import annotations

import pytest

from aedesk.cli.console import ProgressBar, clock, describe, table
from aedesk.core.events import Progress


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (65, "1:05"), (3700, "1:01:40")])
def test_times_are_written_as_on_a_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_a_progress_line_has_share_rate_and_remaining_time() -> None:
    text = describe("a.png", Progress(6, 12, "MP", "tile 3"), gained=6, seconds=3)
    assert text == "a.png  [############............]  50%  6/12 MP  2 MP/s  ETA 0:03  tile 3"


def test_progress_of_unknown_size_has_no_share_and_no_remaining_time() -> None:
    assert describe("a", Progress(5, None, "steps"), gained=5, seconds=2) == "a  5 steps  2.5 steps/s"


def test_the_bar_is_silent_when_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    bar = ProgressBar("x")
    bar.update(Progress(1, 2))
    bar.clear()
    assert capsys.readouterr().err == ""


def test_the_rate_of_a_resumed_run_counts_only_what_this_session_did(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "120")
    now = [100.0]
    monkeypatch.setattr("aedesk.cli.console.time.monotonic", lambda: now[0])
    bar = ProgressBar("run")
    bar.update(Progress(1000, 2000, "steps"))
    now[0] += 10
    bar.update(Progress(1020, 2000, "steps"))
    assert "2 steps/s  ETA 8:10" in capsys.readouterr().err


def test_tables_align_their_columns() -> None:
    assert table([("a", 1), ("long", 22)], head=("n", "v")) == "n     v\n----  --\na     1\nlong  22"
