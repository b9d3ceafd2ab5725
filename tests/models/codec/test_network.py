"""The network of the learned codec, before and during training."""

from __future__ import annotations

import pytest
import torch

from aedesk.models.architectures import CodecConfig
from aedesk.models.codec.context import STEPS, corners, join_corners, join_steps, neighbour, pad_frame, split_steps
from aedesk.models.codec.entropy import Prediction, bits_per_squared_error
from aedesk.models.codec.logistic import SCALE_COUNT, logistic_bits, logistic_tables
from aedesk.models.codec.network import Codec
from aedesk.models.codec.quality import QualityTable, lmbda_of
from aedesk.models.codec.transforms import STRIDE, Lapped, cosine_basis

SMALL = CodecConfig(latent=24, hyper=8, context=8, widths=(8, 8, 8, 8), blocks=(1, 1, 1, 1))


@pytest.fixture
def network() -> Codec:
    torch.manual_seed(0)
    return Codec(SMALL).eval()


def test_the_basis_is_orthonormal() -> None:
    basis = cosine_basis(768).flatten(1)
    assert torch.allclose(basis @ basis.T, torch.eye(768), atol=1e-5)


@pytest.mark.parametrize("shape", [(16, 16), (32, 48), (16, 64)])
def test_the_linear_transform_of_all_components_has_an_inverse(shape: tuple[int, int]) -> None:
    picture = torch.rand(1, 3, *shape)
    latent = Lapped(768, inverse=False).analyse(picture)
    assert torch.allclose(Lapped(768, inverse=True).synthesise(latent), picture, atol=1e-5)


def test_the_lapped_transform_has_the_coding_gain_its_docstring_states() -> None:
    """For a first-order process of correlation 0.95; the blocks alone as reference."""
    distance = (torch.arange(64)[:, None] - torch.arange(64)[None]).abs()
    covariance = 0.95 ** distance.double()
    n = torch.arange(STRIDE).double()
    cosine = torch.cos(torch.pi * (n[None] + 0.5) * n[:, None] / STRIDE) * (2 / STRIDE) ** 0.5
    cosine[0] /= 2**0.5
    forward, inverse = Lapped(4, inverse=False), Lapped(4, inverse=True)

    def gain(before: torch.Tensor, after: torch.Tensor) -> float:
        edge = torch.eye(STRIDE // 2).double()
        first = torch.block_diag(*[cosine] * 4) @ torch.block_diag(edge, *[before.double()] * 3, edge)
        second = torch.block_diag(edge, *[after.double()] * 3, edge) @ torch.block_diag(*[cosine] * 4).T
        inner = slice(STRIDE, 2 * STRIDE)
        energy = (first @ covariance @ first.T).diagonal()[inner] * second.square().sum(0)[inner]
        return float(-10 * energy.log10().mean())

    with torch.no_grad():
        assert gain(torch.eye(STRIDE), torch.eye(STRIDE)) == pytest.approx(9.46, abs=0.005)
        assert gain(forward.border, inverse.border) == pytest.approx(9.93, abs=0.005)


def test_a_new_codec_is_a_lapped_transform(network: Codec) -> None:
    picture = torch.rand(1, 3, 64, 64)
    y = network.analyse(picture)
    assert torch.allclose(y, network.g_a.linear.analyse(picture - 0.5))
    assert torch.allclose(network.synthesise(y, torch.tensor([50])), network.g_s.linear.synthesise(y) + 0.5)


def test_the_base_is_the_lapped_transform_alone(network: Codec) -> None:
    for parameter in network.parameters():
        parameter.data.add_(0.05 * torch.randn_like(parameter))
    y = torch.rand(1, 24, 4, 4)
    assert torch.equal(network.synthesise_base(y), network.g_s.linear.synthesise(y) + 0.5)
    assert not torch.allclose(network.synthesise_base(y), network.synthesise(y, torch.tensor([50])), atol=1e-3)


def test_pixels_beyond_the_halo_have_no_influence(network: Codec) -> None:
    for parameter in network.parameters():
        parameter.data.add_(0.05 * torch.randn_like(parameter))
    halo = network.descriptor.halo_px
    assert halo is not None
    quality = torch.tensor([30])
    picture = torch.rand(1, 3, 128, 64)
    changed = picture.clone()
    changed[:, :, :64] = 0
    assert torch.equal(network.analyse(picture)[:, :, -3:], network.analyse(changed)[:, :, -3:])  # the encoder relies on this
    latent = torch.rand(1, 24, 4 + halo // STRIDE + 1, 4)
    changed = latent.clone()
    changed[:, :, :4] = 0
    assert torch.equal(network.synthesise(latent, quality)[:, :, -STRIDE:], network.synthesise(changed, quality)[:, :, -STRIDE:])


def test_each_symbol_belongs_to_exactly_one_step() -> None:
    latent = torch.arange(2.0 * 24 * 4 * 8).reshape(2, 24, 4, 8)
    assert torch.equal(join_corners(corners(latent)), latent)
    assert torch.equal(join_steps(split_steps(latent)), latent)
    for step, part in enumerate(split_steps(latent)):
        channel = part.long() // 32 % 24
        for corner in range(4):
            assert set(channel[corner].unique().tolist()) == {c for c in range(24) if c % 4 == corner ^ (0, 3, 1, 2)[step]}


def test_neighbours_are_those_of_the_latent() -> None:
    latent = torch.rand(2, 3, 6, 4)
    wide = torch.nn.functional.pad(latent, (1, 1, 1, 1))
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            expected = wide[:, :, 1 + dy : 7 + dy, 1 + dx : 5 + dx]
            found = torch.stack([neighbour(pad_frame(corners(latent)), corner, dy, dx) for corner in range(4)])
            assert torch.equal(join_corners(found), expected)


@pytest.mark.parametrize("step", range(STEPS))
def test_a_prediction_depends_only_on_earlier_steps(network: Codec, step: int) -> None:
    """Otherwise the decoder could not compute it."""
    torch.manual_seed(2)
    for parameter in network.entropy.context.parameters():
        parameter.data.normal_(0, 0.1)
    entropy, quality = network.entropy, torch.tensor([40])
    features = torch.randn(1, 8, 8, 4)

    def predictions(symbols: torch.Tensor) -> list[torch.Tensor]:
        walk, parts = entropy.predict(features, quality), split_steps(symbols)
        found = [next(walk)]
        for number in range(STEPS - 1):
            found.append(walk.send((parts[number], parts[number] * 0.1)))
        return [torch.cat((each.mean, each.scale_index)) for each in found]

    symbols = torch.randint(-3, 4, (1, 24, 8, 4)).float()
    changed = join_steps([part + 5 * (number >= step) for number, part in enumerate(split_steps(symbols))])
    before, after = predictions(symbols), predictions(changed)
    assert torch.equal(before[step], after[step])
    if step + 1 < STEPS:
        assert not torch.equal(before[step + 1], after[step + 1])


def test_rdoq_symbols_cost_less_than_rounded_ones(network: Codec) -> None:
    torch.manual_seed(4)
    residual, quality = 3 * torch.randn(4, 6, 1, 8, 8), torch.tensor([40])
    scale_index = torch.full_like(residual, 25.0)
    prediction = Prediction(torch.zeros_like(residual), scale_index, torch.full((4, 6, 1, 1, 1), 10.0))
    symbols, rounded = network.entropy.rdoq(residual, prediction, quality), residual.round()
    worth = bits_per_squared_error(prediction.gain, quality)

    def cost(found: torch.Tensor) -> torch.Tensor:
        return logistic_bits(found, scale_index) + worth * (residual - found).square()

    assert (cost(symbols) <= cost(rounded)).all()
    assert (cost(symbols) < cost(rounded)).any()
    assert ((symbols == rounded) | (symbols == rounded - rounded.sign())).all()


def test_the_bits_of_all_integers_sum_to_one() -> None:
    scale_index = torch.tensor([3.0, 20.0, 40.0])[:, None]
    bits = logistic_bits(torch.arange(-20_000, 20_001.0)[None] + 0.3, scale_index)
    assert torch.allclose(torch.exp2(-bits).sum(1), torch.ones(3), atol=1e-4)


def test_an_improbable_symbol_has_finite_bits_and_a_gradient() -> None:
    scale_index = torch.tensor([-5.0], requires_grad=True)
    bits = logistic_bits(torch.tensor([30.0]), scale_index)
    bits.backward()
    assert torch.isfinite(bits).all()
    assert scale_index.grad is not None
    assert scale_index.grad < 0


def test_the_initial_tables_agree_with_the_estimated_bits() -> None:
    bits = torch.from_numpy(logistic_tables().bits)
    for index in (10, 30, 45):
        symbols = torch.arange(-12, 13)
        estimated = logistic_bits(symbols.double(), torch.tensor([float(index)]).double())
        likely = estimated < 14
        assert torch.allclose(bits[index, 255 + symbols][likely], estimated[likely], rtol=2e-3, atol=2e-3)
    assert logistic_tables().count == SCALE_COUNT


def test_qualities_between_anchors_are_interpolated() -> None:
    table = QualityTable(torch.arange(11.0)[:, None])
    assert table(torch.tensor([0, 25, 99, 100])).flatten().tolist() == pytest.approx([0, 2.5, 9.9, 10])


def test_a_higher_quality_weights_the_error_more_and_has_smaller_steps(network: Codec) -> None:
    quality = torch.arange(101)
    assert (lmbda_of(quality).diff() > 0).all()
    assert (network.entropy.gain(quality)[:, 0, 0, 0].diff() > 0).all()


def test_every_weight_gets_a_gradient_from_rate_and_distortion(network: Codec) -> None:
    torch.manual_seed(3)
    for parameter in network.parameters():
        parameter.data.add_(0.02 * torch.randn_like(parameter))
    coded = network.train().coded(torch.rand(2, 3, 64, 64), torch.tensor([15, 75]))
    (coded.y_bits.sum() + coded.z_bits.sum() + coded.picture.square().sum()).backward()
    without = {name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()}
    assert not without


def test_quantiser_steps_get_gradients_in_both_directions_from_the_start() -> None:
    for slope in (1, -1):
        table = QualityTable(torch.full((11, 1), 3.0), relative=True)
        (slope * table(torch.tensor([35]))).sum().backward()
        assert table.change.grad is not None
        assert (table.change.grad[3:5] * slope > 0).all()
    with torch.no_grad():
        table.change.fill_(1)
        grown = table(torch.tensor([35])).item()
        table.change.fill_(-1)
    assert (grown, table(torch.tensor([35])).item()) == (6, 1.5)
