"""Arithmetic that is the same everywhere: sums that no order can change."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from aedesk.core.errors import ModelError
from aedesk.models.codec.fixed_point import LARGEST, VALUE_BITS, FixedConv2d, FixedGroups, make_exact, settle_


def values(*shape: int, seed: int = 0) -> torch.Tensor:
    torch.manual_seed(seed)
    return settle_(torch.randn(*shape, dtype=torch.float64) * 20)


@pytest.mark.parametrize("groups", [1, 2])
def test_an_exact_layer_is_the_ordinary_one_up_to_rounding(groups: int) -> None:
    torch.manual_seed(1)
    layer = FixedConv2d(6, 6, groups)
    exact = make_exact(layer)
    x = values(2, 6, 5, 7)
    difference = (exact(x) - layer(x.float())).abs().max()
    assert difference < 6 * 9 * 60 * 2.0**-12
    reference = F.conv2d(x, exact.weight, exact.bias, padding=1, groups=groups)
    assert torch.equal(exact(x), settle_(reference))


def test_each_corner_has_the_matrix_of_its_group() -> None:
    layer = make_exact(FixedGroups(3, 2))
    x = values(4, 3, 2, 5, 1)
    for flip in range(4):
        found = layer(x, flip)
        for corner in range(4):
            assert torch.equal(found[corner], torch.einsum("oi,i...->o...", layer.weight[corner ^ flip], x[corner]))


@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_no_order_of_the_inputs_changes_a_bit(seed: int, channels: int) -> None:
    torch.manual_seed(seed)
    exact = make_exact(FixedConv2d(channels, 3))
    x = values(1, channels, 4, 4, seed=seed)
    order = torch.randperm(channels)
    shuffled = make_exact(FixedConv2d(channels, 3))
    shuffled.load_state_dict({"weight": exact.weight[:, order], "bias": exact.bias})
    assert torch.equal(exact(x), shuffled(x[:, order]))


def test_settled_values_are_multiples_within_bounds() -> None:
    x = settle_(torch.tensor([0.1, -1e9, 1e9, 3.0], dtype=torch.float64))
    assert (x * 2**VALUE_BITS % 1 == 0).all()
    assert x.abs().max() == LARGEST
    assert x[3] == 3


def test_training_is_not_rounded() -> None:
    x = torch.tensor([0.12345])
    assert settle_(x) is x


@pytest.mark.parametrize("kind", [FixedConv2d, FixedGroups])
def test_weights_that_are_too_large_to_be_exact_are_refused(kind: type[FixedConv2d | FixedGroups]) -> None:
    layer = kind(2, 2)
    with torch.no_grad():
        layer.weight.fill_(2.0**30)
    with pytest.raises(ModelError, match="too large for exact arithmetic"):
        make_exact(nn.Sequential(layer))
