"""Measuring how well damage is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from aedesk.analysis.repair.evaluate import evaluate_repair, tolerant_figures
from aedesk.cli.main import main
from aedesk.core.cancel import CancelToken
from aedesk.core.damage_specs import DAMAGE_KINDS, EvaluateRepairSpec
from aedesk.core.errors import DataError, SpecError
from aedesk.core.events import Finished
from aedesk.imaging.io import write
from aedesk.imaging.picture import Picture
from aedesk.models.families import FAMILIES
from aedesk.models.files.checkpoint import save_model

SMALL = {"widths": [8, 8, 8], "blocks": [1, 1, 1]}


@pytest.fixture
def blind_model(tmp_path: Path) -> Path:
    """A model to which every pixel is sound."""
    network = FAMILIES["damage-detection"].build(SMALL)
    with torch.no_grad():
        network.trunk.tail.bias[-4:] = 20  # type: ignore[union-attr,index,operator]
    card = {"name": "blind", "purpose": "find-damage", "family": "damage-detection", "architecture": SMALL}
    save_model(tmp_path / "blind.safetensors", network.state_dict(), card)
    return tmp_path / "blind.safetensors"


@pytest.fixture
def folder(tmp_path: Path, make_pixels: Callable[..., np.ndarray]) -> Path:
    place = tmp_path / "pictures"
    place.mkdir()
    for seed in range(2):
        write(Picture(make_pixels(90, 120, seed=seed)), place / f"{seed}.png")
    return place


def test_who_finds_nothing_has_no_recall_and_leaves_everything_alone(blind_model: Path, folder: Path) -> None:
    *_, end = evaluate_repair(EvaluateRepairSpec(str(folder), str(blind_model)), CancelToken())
    assert isinstance(end, Finished)
    for kind in DAMAGE_KINDS:
        assert end.result[kind] == {"f1": 0.0, "precision": 1.0, "recall": 0.0}
    assert end.result["undamaged"] == {"n": 4, "untouched": 1.0, "small": 1.0, "worst": 0.0, "mean": 0.0}
    assert end.result["n"] == 2
    json.dumps(end.result)


def test_the_command_prints_one_document_or_a_table(blind_model: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["evaluate", "repair", "--data", str(folder), "--model", str(blind_model), "--limit", "1", "--sensitivity", "0.6"]
    assert main([*command, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["task"] == "repair"
    assert document["sensitivity"] == 0.6
    assert document["n"] == 1
    assert main(command) == 0
    told = capsys.readouterr().out
    assert all(kind in told for kind in DAMAGE_KINDS)
    assert "100.0 % untouched" in told


def test_a_mask_may_be_off_by_one_pixel() -> None:
    truth = np.zeros((20, 20), bool)
    truth[10] = True
    assert tolerant_figures(np.roll(truth, 1, 0), truth)["f1"] == pytest.approx(1)
    assert tolerant_figures(np.roll(truth, 2, 0), truth) == {"f1": 0.0, "precision": 0.0, "recall": 0.0}
    half = truth.copy()
    half[:, 10:] = False
    assert tolerant_figures(half, truth) == pytest.approx({"f1": 2 * 0.55 / 1.55, "precision": 1.0, "recall": 0.55})


def test_a_folder_without_pictures_and_no_pictures_at_all_are_errors(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no pictures"):
        list(evaluate_repair(EvaluateRepairSpec(str(tmp_path)), CancelToken()))
    with pytest.raises(DataError, match="does not exist"):
        list(evaluate_repair(EvaluateRepairSpec(str(tmp_path / "none")), CancelToken()))
    with pytest.raises(SpecError, match="limit"):
        EvaluateRepairSpec(str(tmp_path), limit=0)
