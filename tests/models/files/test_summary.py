"""The summary of a network says what the network is, for every family."""

from __future__ import annotations

import pytest
import torch

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import AedeskError
from aedesk.core.events import Finished
from aedesk.core.training_specs import DescribeSpec, ModelSummary
from aedesk.jobs.services import resolve
from aedesk.models.architectures import ARCHITECTURES
from aedesk.models.families import FAMILIES


def describe(spec: DescribeSpec) -> ModelSummary:
    *_, last = resolve(spec)(spec, CancelToken())
    assert isinstance(last, Finished)
    assert isinstance(last.result, ModelSummary)
    return last.result


@pytest.mark.parametrize("family", list(ARCHITECTURES))
def test_every_family_is_described_as_it_describes_itself(family: str) -> None:
    network = FAMILIES[family].build({})
    contract = network.descriptor
    found = describe(DescribeSpec({"family": family}, 64))
    edge = contract.fixed_px or max(64, contract.size_multiple)
    assert found.input == (contract.channels, edge, edge)
    assert found.parameters == sum(p.numel() for p in network.parameters())
    # Two ways of counting: by formula in the descriptor, by running in the summary.
    # The codec's lapping filters nothing at the edges of a picture, which the formula does not know.
    assert found.macs_per_pixel == pytest.approx(1000 * contract.kmac_per_px, rel=2e-3 if family == "codec" else 1e-6)
    if contract.code_channels is not None:
        code = contract.code_size(edge, edge)
        assert torch.Size(found.code).numel() == code
        assert found.compression == pytest.approx(contract.channels * edge**2 / code)
    else:
        assert found.code == ()
        assert found.compression is None


def test_rows_come_in_the_order_of_the_layers_with_their_shapes() -> None:
    model = {"family": "variational", "size_px": 16, "widths": [8, 12], "code": 5}
    layers = describe(DescribeSpec(model)).layers
    with_weights = [(row.kind, row.output, row.parameters) for row in layers if row.parameters]
    assert with_weights == [
        ("Conv2d", (8, 8, 8), 3 * 8 * 16 + 8),
        ("Conv2d", (12, 4, 4), 8 * 12 * 16 + 12),
        ("Linear", (10,), 192 * 10 + 10),
        ("Linear", (192,), 5 * 192 + 192),
        ("ConvTranspose2d", (8, 8, 8), 12 * 8 * 16 + 8),
        ("ConvTranspose2d", (3, 16, 16), 8 * 3 * 16 + 3),
    ]
    assert len({row.name for row in layers}) == len(layers)


def test_a_patch_is_rounded_up_to_what_the_network_takes() -> None:
    assert describe(DescribeSpec({"family": "convolutional", "widths": [8, 8, 8], "blocks": [0, 0, 0]}, 33)).input == (3, 40, 40)


def test_describing_draws_no_random_numbers_from_a_run() -> None:
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    describe(DescribeSpec({"family": "contractive"}))
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("model", [{}, {"family": "none"}, {"family": "masked", "heads": 5}, {"family": "graph", "colour": 1}])
def test_a_wrong_table_is_an_error_with_a_hint(model: dict[str, object]) -> None:
    with pytest.raises(AedeskError) as caught:
        describe(DescribeSpec(model))
    assert caught.value.hint


def test_a_patch_without_pixels_is_an_error() -> None:
    with pytest.raises(AedeskError, match="patch_px"):
        describe(DescribeSpec({"family": "unet"}, 0))
