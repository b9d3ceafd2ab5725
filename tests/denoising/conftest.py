from __future__ import annotations

from pathlib import Path

import pytest
import torch

from aedesk.models.families import FAMILIES
from aedesk.models.files.checkpoint import save_model


@pytest.fixture(params=["global", "local"])
def tiny_model(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A small network with random weights, which changes pictures visibly; both kinds of noise estimate."""
    torch.manual_seed(3)
    architecture = {"widths": [8, 12], "blocks": [1, 1], "estimator_width": 8, "estimate": request.param}
    network = FAMILIES["unet"].build(architecture)
    with torch.no_grad():
        network.tail.weight.mul_(10)
    card = {"name": "tiny", "purpose": "denoise", "family": "unet", "architecture": architecture}
    return save_model(tmp_path / "tiny.safetensors", network.state_dict(), card, torch.float32)
