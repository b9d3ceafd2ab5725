"""Training data are summarised before a training."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from aedesk.core.cancel import CancelToken, JobCancelled
from aedesk.core.errors import DataError
from aedesk.core.events import Finished
from aedesk.core.training_specs import DataSummary, InspectDataSpec
from aedesk.data.pictures.inspection import inspect_data
from aedesk.imaging.io import write
from aedesk.imaging.picture import Picture


def summary(data: dict[str, object], **more: int) -> DataSummary:
    *_, last = inspect_data(InspectDataSpec(data, **more), CancelToken())
    assert isinstance(last, Finished)
    assert isinstance(last.result, DataSummary)
    return last.result


def test_a_folder_is_counted_measured_and_shown(tmp_path: Path, write_flat: Callable[..., Path]) -> None:
    for number, edge in enumerate((16, 64, 32)):
        write_flat(tmp_path / ("cats" if number else "dogs") / f"{number}.png", 40 * number + 40, edge, 2 * edge)
    write(Picture(np.full((20, 20, 1), 200, np.uint8)), tmp_path / "gray.png")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    found = summary({"folder": str(tmp_path)}, samples=4, sample_px=16)
    assert (found.count, found.held_out, found.pairs, found.gray) == (4, 1, False, 1)
    assert (found.smallest, found.median, found.largest) == ((20, 20), (64, 32), (128, 64))
    assert found.megapixels == pytest.approx((16 * 32 + 64 * 128 + 32 * 64 + 400) / 1e6)
    assert found.classes == ("cats", "dogs")
    assert found.problem_count == 1
    assert "broken.png" in found.problems[0]
    assert found.sheet.dtype == np.uint8
    assert found.sheet.shape == (32, 32, 3)
    assert sorted({int(found.sheet[y, x, 0]) for y in (8, 24) for x in (8, 24)}) == [40, 80, 120, 200]


def test_a_pair_is_shown_half_noisy_and_half_clean(tmp_path: Path, write_flat: Callable[..., Path]) -> None:
    write_flat(tmp_path / "a_real.png", 10, 32, 32)
    write_flat(tmp_path / "a_mean.png", 90, 32, 32)
    write_flat(tmp_path / "b_real.png", 10, 32, 32)
    write_flat(tmp_path / "b_mean.png", 90, 16, 32)
    data = {"folder": str(tmp_path), "noisy_suffix": "_real", "clean_suffix": "_mean", "targets": "pairs"}
    found = summary(data, sample_px=16)
    assert (found.count, found.pairs, found.columns) == (1, True, 1)
    assert [int(found.sheet[8, x, 0]) for x in (2, 13)] == [10, 90]
    assert any("differ in size" in problem for problem in found.problems)


def test_many_problems_are_counted_and_the_first_are_listed(tmp_path: Path, write_flat: Callable[..., Path]) -> None:
    write_flat(tmp_path / "good.png", 1)
    for number in range(30):
        (tmp_path / f"{number}.jpg").write_bytes(b"\xff\xd8\xff damaged")
    found = summary({"folder": str(tmp_path)})
    assert found.count == 1
    assert found.problem_count == 31  # and that there is one picture only
    assert len(found.problems) == 20


def test_inspection_can_be_cancelled_and_needs_a_folder(folder: Path, tmp_path: Path) -> None:
    event = threading.Event()
    events = inspect_data(InspectDataSpec({"folder": str(folder)}), CancelToken(event))
    next(events)
    event.set()
    with pytest.raises(JobCancelled):
        list(events)
    with pytest.raises(DataError, match="missing"):
        summary({"folder": str(tmp_path / "missing")})
