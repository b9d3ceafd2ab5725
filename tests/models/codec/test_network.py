"""The learned codec's network, before and while it learns."""

from __future__ import annotations

import pytest
import torch

from aedesk.models.architectures import CodecConfig
from aedesk.models.codec.context import STEPS, corners, framed, interleaved, latent_of, neighbour, steps_of
from aedesk.models.codec.entropy import Prediction, worth_of
from aedesk.models.codec.logistic import LEVELS, logistic_bits, logistic_tables
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
    latent = Lapped(768, back=False).analyse(picture)
    assert torch.allclose(Lapped(768, back=True).synthesise(latent), picture, atol=1e-5)


def test_lapping_packs_a_smooth_signal_better_than_blocks_do() -> None:
    """The coding gain of a first-order process, for the count of coefficients that hold most: what the docstring of ``lapping`` says."""
    distance = (torch.arange(64)[:, None] - torch.arange(64)[None]).abs()
    covariance = 0.95 ** distance.double()
    n = torch.arange(STRIDE).double()
    cosine = torch.cos(torch.pi * (n[None] + 0.5) * n[:, None] / STRIDE) * (2 / STRIDE) ** 0.5
    cosine[0] /= 2**0.5
    there, back = Lapped(4, back=False), Lapped(4, back=True)

    def gain(before: torch.Tensor, after: torch.Tensor) -> float:
        edge = torch.eye(STRIDE // 2).double()
        first = torch.block_diag(*[cosine] * 4) @ torch.block_diag(edge, *[before.double()] * 3, edge)
        second = torch.block_diag(edge, *[after.double()] * 3, edge) @ torch.block_diag(*[cosine] * 4).T
        inner = slice(STRIDE, 2 * STRIDE)
        energy = (first @ covariance @ first.T).diagonal()[inner] * second.square().sum(0)[inner]
        return float(-10 * energy.log10().mean())

    with torch.no_grad():
        assert gain(torch.eye(STRIDE), torch.eye(STRIDE)) == pytest.approx(9.46, abs=0.005)
        assert gain(there.border, back.border) == pytest.approx(9.93, abs=0.005)


def test_a_new_codec_is_a_lapped_transform(network: Codec) -> None:
    picture = torch.rand(1, 3, 64, 64)
    y = network.analyse(picture)
    assert torch.allclose(y, network.g_a.linear.analyse(picture - 0.5))
    assert torch.allclose(network.synthesise(y, torch.tensor([50])), network.g_s.linear.synthesise(y) + 0.5)


def test_what_is_far_away_does_not_matter(network: Codec) -> None:
    for parameter in network.parameters():
        parameter.data.add_(0.05 * torch.randn_like(parameter))
    halo = network.descriptor.halo_px
    assert halo is not None
    quality = torch.tensor([30])
    picture = torch.rand(1, 3, 128, 64)
    changed = picture.clone()
    changed[:, :, :64] = 0
    assert torch.equal(network.analyse(picture)[:, :, -3:], network.analyse(changed)[:, :, -3:])  # what the encoder relies on
    latent = torch.rand(1, 24, 4 + halo // STRIDE + 1, 4)
    changed = latent.clone()
    changed[:, :, :4] = 0
    assert torch.equal(network.synthesise(latent, quality)[:, :, -STRIDE:], network.synthesise(changed, quality)[:, :, -STRIDE:])


def test_every_symbol_belongs_to_exactly_one_step() -> None:
    latent = torch.arange(2.0 * 24 * 4 * 8).reshape(2, 24, 4, 8)
    assert torch.equal(interleaved(corners(latent)), latent)
    assert torch.equal(latent_of(steps_of(latent)), latent)
    for step, part in enumerate(steps_of(latent)):
        channel = part.long() // 32 % 24
        for corner in range(4):
            assert set(channel[corner].unique().tolist()) == {c for c in range(24) if c % 4 == corner ^ (0, 3, 1, 2)[step]}


def test_neighbours_are_those_of_the_latent() -> None:
    latent = torch.rand(2, 3, 6, 4)
    wide = torch.nn.functional.pad(latent, (1, 1, 1, 1))
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            there = wide[:, :, 1 + dy : 7 + dy, 1 + dx : 5 + dx]
            found = torch.stack([neighbour(framed(corners(latent)), corner, dy, dx) for corner in range(4)])
            assert torch.equal(interleaved(found), there)


@pytest.mark.parametrize("step", range(STEPS))
def test_a_prediction_depends_only_on_what_was_decoded_before(network: Codec, step: int) -> None:
    """Otherwise a decoder could not follow."""
    torch.manual_seed(2)
    for parameter in network.entropy.context.parameters():
        parameter.data.normal_(0, 0.1)
    entropy, quality = network.entropy, torch.tensor([40])
    features = torch.randn(1, 8, 8, 4)

    def predictions(symbols: torch.Tensor) -> list[torch.Tensor]:
        walk, parts = entropy.predict(features, quality), steps_of(symbols)
        found = [next(walk)]
        for number in range(STEPS - 1):
            found.append(walk.send((parts[number], parts[number] * 0.1)))
        return [torch.cat((each.mean, each.level)) for each in found]

    symbols = torch.randint(-3, 4, (1, 24, 8, 4)).float()
    changed = latent_of([part + 5 * (number >= step) for number, part in enumerate(steps_of(symbols))])
    before, after = predictions(symbols), predictions(changed)
    assert torch.equal(before[step], after[step])
    if step + 1 < STEPS:
        assert not torch.equal(before[step + 1], after[step + 1])


def test_frugal_symbols_cost_less_than_rounded_ones(network: Codec) -> None:
    torch.manual_seed(4)
    residual, quality = 3 * torch.randn(4, 6, 1, 8, 8), torch.tensor([40])
    level = torch.full_like(residual, 25.0)
    prediction = Prediction(torch.zeros_like(residual), level, torch.full((4, 6, 1, 1, 1), 10.0))
    symbols, rounded = network.entropy.frugal(residual, prediction, quality), residual.round()
    worth = worth_of(prediction.gain, quality)

    def cost(found: torch.Tensor) -> torch.Tensor:
        return logistic_bits(found, level) + worth * (residual - found).square()

    assert (cost(symbols) <= cost(rounded)).all()
    assert (cost(symbols) < cost(rounded)).any()
    assert ((symbols == rounded) | (symbols == rounded - rounded.sign())).all()


def test_the_bits_of_all_integers_sum_to_one() -> None:
    level = torch.tensor([3.0, 20.0, 40.0])[:, None]
    bits = logistic_bits(torch.arange(-20_000, 20_001.0)[None] + 0.3, level)
    assert torch.allclose(torch.exp2(-bits).sum(1), torch.ones(3), atol=1e-4)


def test_a_surprise_has_a_finite_price_and_a_gradient() -> None:
    level = torch.tensor([-5.0], requires_grad=True)
    bits = logistic_bits(torch.tensor([30.0]), level)
    bits.backward()
    assert torch.isfinite(bits).all()
    assert level.grad is not None
    assert level.grad < 0


def test_the_first_tables_are_those_of_the_estimate() -> None:
    bits = torch.from_numpy(logistic_tables().bits)
    for level in (10, 30, 45):
        symbols = torch.arange(-12, 13)
        estimated = logistic_bits(symbols.double(), torch.tensor([float(level)]).double())
        likely = estimated < 14
        assert torch.allclose(bits[level, 255 + symbols][likely], estimated[likely], rtol=2e-3, atol=2e-3)
    assert logistic_tables().count == LEVELS


def test_a_quality_between_anchors_lies_between_them() -> None:
    table = QualityTable(torch.arange(11.0)[:, None])
    assert table(torch.tensor([0, 25, 99, 100])).flatten().tolist() == pytest.approx([0, 2.5, 9.9, 10])


def test_better_quality_weighs_the_error_more_and_has_smaller_steps(network: Codec) -> None:
    quality = torch.arange(101)
    assert (lmbda_of(quality).diff() > 0).all()
    assert (network.entropy.gain(quality)[:, 0, 0, 0].diff() > 0).all()


def test_rate_and_distortion_send_gradients_to_every_weight(network: Codec) -> None:
    torch.manual_seed(3)
    for parameter in network.parameters():
        parameter.data.add_(0.02 * torch.randn_like(parameter))
    coded = network.train().coded(torch.rand(2, 3, 64, 64), torch.tensor([15, 75]))
    (coded.y_bits.sum() + coded.z_bits.sum() + coded.picture.square().sum()).backward()
    silent = {name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()}
    assert not silent


def test_steps_of_the_quantiser_learn_from_the_beginning_in_both_directions() -> None:
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
