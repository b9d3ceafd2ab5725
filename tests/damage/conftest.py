from __future__ import annotations

from pathlib import Path

import pytest
import torch

from aedesk.models.families import FAMILIES
from aedesk.models.files.checkpoint import save_model

SMALL = {"widths": [8, 8, 8], "blocks": [1, 1, 1]}


@pytest.fixture(scope="session")
def bright_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model to which every bright pixel is a line, made by a few steps of training."""
    torch.manual_seed(0)
    network = FAMILIES["damage-detection"].build(SMALL)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    for _ in range(80):
        picture = torch.nn.functional.interpolate(torch.rand(4, 1, 12, 12), scale_factor=4).expand(-1, 3, -1, -1)
        loss = torch.zeros(())
        for logits in network.logits_at_scales(picture):  # type: ignore[operator]
            bright = torch.nn.functional.adaptive_max_pool2d(picture[:, 0], logits.shape[2:]) > 0.7
            loss = loss + torch.nn.functional.cross_entropy(logits, torch.where(bright, 0, 3))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    path = tmp_path_factory.mktemp("models") / "bright.safetensors"
    card = {"name": "bright", "purpose": "find-damage", "family": "damage-detection", "architecture": SMALL}
    save_model(path, network.state_dict(), card)
    return path
