"""A network from a stranger takes no more memory than the file it came in."""

from __future__ import annotations

import pytest
import torch

from aedesk.core.errors import ModelError
from aedesk.models.families import FAMILIES
from aedesk.models.files.allocation import AllocationLimit

NETWORKS = {
    "undercomplete": {"size_px": 8, "hidden": [24], "code": 6},
    "convolutional": {"widths": [8, 12], "blocks": [1, 1], "code_channels": 5},
    "variational": {"size_px": 16, "code": 20, "body": "dense", "hidden": [40]},
    "codec": {"latent": 16, "hyper": 8, "context": 8, "widths": [8, 8, 8, 8], "blocks": [1, 1, 1, 1]},
}


@pytest.mark.parametrize("family", NETWORKS)
def test_a_network_of_the_size_of_its_file_is_built(family: str) -> None:
    count = sum(p.numel() for p in FAMILIES[family].build(NETWORKS[family]).parameters())
    with AllocationLimit(count + (1 << 20)):
        FAMILIES[family].build(NETWORKS[family])


@pytest.mark.parametrize("family", NETWORKS)
def test_a_larger_one_is_refused(family: str) -> None:
    count = sum(p.numel() for p in FAMILIES[family].build(NETWORKS[family]).parameters())
    with pytest.raises(ModelError, match="larger than its file"), AllocationLimit(count // 2):
        FAMILIES[family].build(NETWORKS[family])


def test_layers_of_gigabytes_are_refused_before_they_are_written() -> None:
    with pytest.raises(ModelError), AllocationLimit(1 << 24):
        FAMILIES["undercomplete"].build({"size_px": 64, "hidden": [1 << 16], "code": 6})  # 3 GB


def test_outside_there_is_no_limit() -> None:
    with AllocationLimit(10):
        pass
    assert torch.empty(100).numel() == 100
