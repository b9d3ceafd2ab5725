"""A small denoiser learns from a large one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import SpecError
from aedesk.core.specs import TrainSpec
from aedesk.models.families import FAMILIES
from aedesk.models.files.card import read_card
from aedesk.models.files.checkpoint import load_model, save_model
from aedesk.training.distributed import Ranks
from aedesk.training.fit import fit
from aedesk.training.recipes.recipe import parse
from aedesk.training.run.state import Run

TEACHER = {"widths": [8, 12], "blocks": [1, 1], "estimator_width": 8}


@pytest.fixture
def teacher(tmp_path: Path) -> Path:
    """A network with random weights whose results differ visibly from its input."""
    torch.manual_seed(1)
    network = FAMILIES["unet"].build(TEACHER)
    with torch.no_grad():
        network.tail.weight.mul_(10)
    card = {"name": "teacher", "purpose": "denoise", "family": "unet", "architecture": TEACHER}
    return save_model(tmp_path / "teacher.safetensors", network.state_dict(), card, torch.float32)


def loss_of(recipe: dict[str, Any], noisy: torch.Tensor) -> tuple[Run, float]:
    run = Run(parse(recipe), Ranks(torch.device("cpu")))
    run.load_data(CancelToken())
    example = run.examples.draw(4, 16, 0)
    _, terms = run.objective(example, run.stages[0], torch.Generator().manual_seed(0))
    noisy.copy_(example.noisy)
    return run, float(terms["loss"])


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_the_target_is_a_mixture_of_the_clean_picture_and_the_teachers_result(recipe: dict[str, Any], teacher: Path, share: float) -> None:
    table = {**recipe, "objective": {"teacher": str(teacher), "teacher_weight": share}, "train": {"precision": "float32"}}
    run, loss = loss_of(table, noisy := torch.empty(4, 3, 16, 16))
    example = run.examples.draw(4, 16, 0)
    assert torch.equal(noisy, example.noisy)
    with torch.no_grad():
        taught = load_model(teacher)[0](example.noisy, example.level).clamp(0, 1)
        answer = (1 - share) * example.target + share * taught
        expected = float(F.l1_loss(run.network(example.noisy, example.level), answer))
    assert loss == pytest.approx(expected, rel=1e-4)


def test_the_teacher_is_neither_trained_nor_saved(recipe: dict[str, Any], teacher: Path, tmp_path: Path) -> None:
    before = teacher.read_bytes()
    table = {**recipe, "objective": {"teacher": str(teacher)}}
    list(fit(TrainSpec(table, str(tmp_path / "run"), device="cpu"), CancelToken()))
    assert teacher.read_bytes() == before
    network, card = load_model(tmp_path / "run" / "last.safetensors")
    assert card["family"] == "unet"
    assert not [name for name in network.state_dict() if "teacher" in name]


def test_a_teacher_of_another_kind_is_refused(recipe: dict[str, Any], tmp_path: Path) -> None:
    architecture = {**TEACHER, "channels": 1}
    network = FAMILIES["unet"].build(architecture)
    card = {"name": "gray", "purpose": "denoise", "family": "unet", "architecture": architecture}
    gray = save_model(tmp_path / "gray.safetensors", network.state_dict(), card)
    assert read_card(gray)["name"] == "gray"
    with pytest.raises(SpecError, match="another kind of model"):
        Run(parse({**recipe, "objective": {"teacher": str(gray)}}), Ranks(torch.device("cpu")))
