"""Saved runs are read whatever their files contain."""

from __future__ import annotations

from pathlib import Path

import pytest

from aedesk.core.errors import SpecError
from aedesk.gui.panels.train.saved_runs import read_curves, read_run


def test_lines_of_the_log_that_are_no_figures_are_passed_over(tmp_path: Path) -> None:
    good = ['{"step": 1, "loss": 0.5}', '{"step": 2, "loss": 0.25, "note": "x"}', '{"step": 3, "loss": NaN}']
    bad = ["[" * 100_000, "[1]", "3", '{"loss": 1}', '{"step": "x"}', '{"step": 1e999, "loss": 1}', '{"st']
    bad.append('{"step": 4, "loss": 1' + "0" * 400 + "}")
    (tmp_path / "metrics.jsonl").write_bytes(b"\xff\xfe\n" + "\n".join(bad[:4] + good + bad[4:]).encode())
    steps, values = read_curves(tmp_path / "metrics.jsonl")["loss"]
    assert (steps, values[:2]) == ([1, 2, 3], [0.5, 0.25])


@pytest.mark.parametrize("content", [b"a = " + b"[" * 900 + b"]" * 900, b'name = "\xff"', b"stage = 3"])
def test_a_run_without_a_recipe_is_an_error_in_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "run.toml").write_bytes(content)
    with pytest.raises(SpecError):
        read_run(tmp_path)
