"""The learned codec's network, before and while it learns."""

from __future__ import annotations

import pytest
import torch

from aedesk.models.architectures import CodecConfig
from aedesk.models.codec import Codec, lmbda_of
from aedesk.models.codec_entropy import LEVELS, STEPS, logistic_bits, logistic_tables
from aedesk.models.codec_transforms import STRIDE, Blocks, cosine_basis
from aedesk.models.quality import QualityTable

SMALL = CodecConfig(latent=24, hyper=8, fine=8, coarse=8, blocks=(1, 1, 1, 1), context=8)


@pytest.fixture
def network() -> Codec:
    torch.manual_seed(0)
    return Codec(SMALL).eval()


def test_the_basis_is_orthonormal() -> None:
    basis = cosine_basis(768).flatten(1)
    assert torch.allclose(basis @ basis.T, torch.eye(768), atol=1e-5)


def test_the_linear_transform_of_all_components_is_its_own_inverse() -> None:
    picture = torch.rand(1, 3, 32, 48)
    blocks = Blocks(768)
    assert torch.allclose(blocks.synthesise(blocks.analyse(picture)), picture, atol=1e-5)


def test_a_new_codec_is_a_cosine_transform(network: Codec) -> None:
    picture = torch.rand(1, 3, 64, 64)
    quality = torch.tensor([50])
    y = network.analyse(picture, quality)
    assert torch.allclose(y, network.g_a.linear.analyse(picture - 0.5))
    assert torch.allclose(network.synthesise(y, quality), network.g_s.linear.synthesise(y) + 0.5)


def test_what_is_far_away_does_not_matter(network: Codec) -> None:
    for parameter in network.parameters():
        parameter.data.add_(0.05 * torch.randn_like(parameter))
    halo = network.descriptor.halo_px
    assert halo is not None
    quality = torch.tensor([30])
    picture = torch.rand(1, 3, 64 + halo + STRIDE, 64)
    changed = picture.clone()
    changed[:, :, :64] = 0
    assert torch.equal(network.analyse(picture, quality)[:, :, -1], network.analyse(changed, quality)[:, :, -1])
    latent = torch.rand(1, 24, 4 + halo // STRIDE + 1, 4)
    changed = latent.clone()
    changed[:, :, :4] = 0
    assert torch.equal(network.synthesise(latent, quality)[:, :, -STRIDE:], network.synthesise(changed, quality)[:, :, -STRIDE:])


def test_every_symbol_belongs_to_exactly_one_step(network: Codec) -> None:
    total = sum(network.entropy.mask(step, 5, 7) for step in range(STEPS))
    assert torch.equal(total, torch.ones(1, 24, 5, 7))


@pytest.mark.parametrize("step", range(STEPS))
def test_a_prediction_depends_only_on_what_was_decoded_before(network: Codec, step: int) -> None:
    """Otherwise a decoder could not follow."""
    torch.manual_seed(2)
    for parameter in network.entropy.context.parameters():
        parameter.data.normal_(0, 0.1)
    entropy, quality = network.entropy, torch.tensor([40])
    features = torch.randn(1, 8, 6, 6)

    def predictions(symbols: torch.Tensor) -> list[torch.Tensor]:
        walk = entropy.predict(features, quality)
        found = [next(walk)]
        for _ in range(STEPS - 1):
            found.append(walk.send((symbols, symbols * 0.1)))
        return [torch.cat((each.mean, each.level)) for each in found]

    symbols = torch.randint(-3, 4, (1, 24, 6, 6)).float()
    later = sum(entropy.mask(number, 6, 6) for number in range(step, STEPS))
    changed = torch.where(later > 0, symbols + 5, symbols)
    before, after = predictions(symbols), predictions(changed)
    assert torch.equal(before[step], after[step])
    if step + 1 < STEPS:
        assert not torch.equal(before[step + 1], after[step + 1])


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
    assert silent == {"entropy.context.0.enter.weight", "entropy.context.0.around.weight"}  # before the first step nothing is decoded


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
