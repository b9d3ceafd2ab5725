"""The distribution of the codec's symbols, predicted from side information and from the symbols before.

A mean-scale hyperprior (Minnen 2018) with context in four steps: in each step a quarter of all symbols is coded, of every channel group
at another corner of each 2x2 square of positions, so that a group's second step sees its neighbours along the diagonals, the third those
along the sides, the fourth all eight (four-step context: Li 2023). All that the distribution depends on is computed from integers in fixed
point (``models.codec.fixed_point``), so the decoder finds the same one to the bit.
"""

from __future__ import annotations

import functools
from collections.abc import Generator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aedesk.models.architectures import CodecConfig
from aedesk.models.codec.context import (
    FLIPS,
    STEPS,
    corners,
    framed,
    groups_of,
    interleaved,
    latent_of,
    neighbour,
    of_quality,
    on_grid,
    steps_of,
    taps,
)
from aedesk.models.codec.fixed_point import FixedConv2d, FixedGroups, settle_
from aedesk.models.codec.logistic import LEVELS, level_of, logistic_bits, logistic_tables
from aedesk.models.codec.quality import ANCHORS, QualityTable, lmbda_of
from aedesk.models.codec.transforms import STRIDE

LEVEL_GAIN = 16
"""Levels per unit of the network's output, so that weights of the usual size reach all levels."""
MIXED = 4
"""Groups of the context steps' convolution, which in one group would take half of the time of coding."""
_LOUDEST = 1 << 12


def round_through(x: Tensor) -> Tensor:
    """Rounded, with the gradient of the identity."""
    return x + (x.round() - x).detach()


@dataclass(frozen=True)
class Prediction:
    """What is known of one step's symbols before they are decoded, (4, latent / 4, B, h / 2, w / 2).

    Args:
        mean: in units of the picture.
        level: which table, fractional.
        gain: steps of the quantiser per unit of the picture.
    """

    mean: Tensor
    level: Tensor
    gain: Tensor


class ContextStep(nn.Module):
    """Predicts mean and level of one step's symbols from the side information's features and from what has been decoded.

    ::

        features ─────── + ─ relu ─ conv 3x3 ─ relu ─ 1x1 ─ + ─ mean, level
        decoded ─┬─ 1x1 ─┘                                  │
                 └─────────── depthwise, neighbours ────────┘

    ``context`` channels carry what all latent channels say of each other; what a channel says of itself goes by the depthwise kernel.
    """

    def __init__(self, step: int, latent: int, context: int) -> None:
        super().__init__()
        self.step = step
        count = 2 * latent // STEPS
        self.enter = nn.ModuleList(FixedGroups(count, context) for _ in range(step))
        self.mix = FixedConv2d(context, context, MIXED)
        self.leave = FixedGroups(context, count)
        self.around = nn.ParameterList(torch.zeros(len(taps(step, earlier)), STEPS, count) for earlier in range(step))
        with torch.no_grad():
            self.leave.weight.zero_()

    def forward(self, features: Tensor, decoded: list[Tensor], frames: list[Tensor]) -> tuple[Tensor, Tensor]:
        """
        Args:
            features: (B, context, h, w).
            decoded: (4, latent / 2, B, h / 2, w / 2) of every step before.
            frames: the same, :func:`~aedesk.models.codec.context.framed`.
        """
        if decoded:
            entering = [enter(x, flip) for enter, x, flip in zip(self.enter, decoded, FLIPS, strict=False)]
            features = features + settle_(interleaved(functools.reduce(torch.add, entering)))
        x = F.relu(self.mix(F.relu(features)), inplace=True)
        with torch.autocast(x.device.type, enabled=False):  # a step of the quantiser is a thousandth of a large mean
            flip = FLIPS[self.step]
            total = self.leave(corners(x.to(features.dtype)), flip)
            found, learns = list(total.unbind()), torch.is_grad_enabled()
            add = torch.addcmul if learns else torch.Tensor.addcmul_
            for earlier, (kernel, frame) in enumerate(zip(self.around, frames, strict=True)):
                for weight, (dy, dx) in zip(kernel, taps(self.step, earlier), strict=True):
                    for corner, group in enumerate(groups_of(flip)):
                        there = neighbour(frame, corner, dy, dx)
                        found[corner] = add(found[corner], there, weight[group, :, None, None, None])
            mean, level = settle_(torch.stack(found) if learns else total).chunk(2, 1)
        return mean, level


class EntropyModel(nn.Module):
    """Side information and distributions of a latent.

    ::

        y ─ h_a ─ z ─ quantise ─ z_hat ─ h_s ─ features ─ four context steps ─ mean, level of every symbol

    Latents (B, latent, h, w) are in units of the picture; a symbol is about ``(y - mean) * gain``. All but :meth:`forward` take them
    :func:`on_grid`.
    """

    loudness: Tensor
    spread: Tensor
    tables: Tensor

    def __init__(self, config: CodecConfig, gain: Tensor, spread: Tensor) -> None:
        """
        Args:
            gain: (ANCHORS,) how many steps of the quantiser one unit of the picture is, before training.
            spread: (latent,) about the standard deviation of every channel, in units of the picture.
        """
        super().__init__()
        latent, hyper, context = config.latent, config.hyper, config.context
        self.config = config
        self.gain = QualityTable(gain[:, None].expand(-1, latent), relative=True)
        self.h_a = nn.Sequential(
            nn.Conv2d(latent, 96, 1),
            nn.ReLU(),
            nn.Conv2d(96, 96, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(96, hyper, 3, stride=2, padding=1),
        )
        self.z_mean = QualityTable(torch.zeros(ANCHORS, hyper), scale=8)
        self.z_level = QualityTable(torch.full((ANCHORS, hyper), 20.0), scale=64)
        self.h_s = nn.ModuleList((FixedConv2d(hyper, 4 * 48), FixedConv2d(48, 4 * context)))
        self.tint = QualityTable(torch.zeros(ANCHORS, context))
        self.level = QualityTable(level_of(0.5 * gain[:, None] * spread[None]).clamp(-8, LEVELS - 1), scale=64)
        self.context = nn.ModuleList(ContextStep(step, latent, context) for step in range(STEPS))
        self.register_buffer("loudness", (torch.log2(1.0 + torch.arange(_LOUDEST)) * 1024).round() / 1024)
        self.register_buffer("spread", spread)
        self.register_buffer("tables", torch.from_numpy(logistic_tables().frequencies.copy()))

    @property
    def macs_per_px(self) -> float:
        """Multiply-accumulates per picture pixel of one pass, side information both ways included."""
        kernels = {part: [p for p in part.parameters() if p.ndim == 4] for part in (self.h_a, self.h_s)}
        places = [*zip(kernels[self.h_a], (1, 2, 4), strict=True), *zip(kernels[self.h_s], (4, 2), strict=True)]
        found = sum(kernel.numel() / (STRIDE * times) ** 2 for kernel, times in places)
        for part in self.context.modules():
            # Every corner, a quarter of all positions, has one of the four groups' matrices.
            if isinstance(part, FixedConv2d | FixedGroups):
                found += part.weight.numel() / STRIDE**2 / (STEPS if isinstance(part, FixedGroups) else 1)
        return found

    def unit(self, quality: Tensor) -> Tensor:
        """(B, latent, 1, 1): about what the values of a quantised channel differ by, its spread or a step if that is more. Not learned."""
        return (self.spread[:, None, None] + 1 / self.gain(quality)).detach()

    def side(self, y: Tensor, gain: Tensor) -> Tensor:
        """``z`` (B, hyper, h / 4, w / 4), not quantised."""
        loud = y * gain
        z: Tensor = self.h_a(loud.sign() * torch.log2(1 + loud.abs()))
        return z

    def features(self, z_hat: Tensor, quality: Tensor) -> Tensor:
        """(B, context, h, w) of the quantised side information."""
        x = settle_(z_hat * 0.125)  # its integers are larger than what a fresh convolution takes well
        for number, layer in enumerate(self.h_s):
            x = F.pixel_shuffle(F.relu(layer(x)) if number == 0 else layer(x), 2)
        return settle_(x + self.tint(quality))

    def predict(self, features: Tensor, quality: Tensor) -> Generator[Prediction, tuple[Tensor, Tensor], None]:
        """The four steps. After each, its symbols and its quantised latent must be sent in; both are 0 beyond a picture's edge."""
        gains, rests, units = (of_quality(table) for table in (self.gain(quality), self.level(quality), self.unit(quality)))
        decoded: list[Tensor] = []
        frames: list[Tensor] = []
        for step, network in enumerate(self.context):
            flip = FLIPS[step]
            gain, rest, unit = gains[groups_of(flip)], rests[groups_of(flip)], units[groups_of(flip)]
            mean, level = network(features, decoded, frames)
            symbols, y_hat = yield Prediction(settle_(mean * unit), settle_(level * LEVEL_GAIN + rest), gain)
            if step < STEPS - 1:
                decoded.append(torch.cat((settle_(y_hat / unit), self.loud(symbols)), 1))
                frames.append(framed(decoded[-1]))

    def loud(self, symbols: Tensor) -> Tensor:
        """log2(1 + |symbol|), from a table, for a logarithm may differ by machine."""
        return self.loudness.take(symbols.detach().abs().clamp(max=_LOUDEST - 1).long())

    def frugal(self, residual: Tensor, prediction: Prediction, quality: Tensor) -> Tensor:
        """Symbols for what is left of the latent after the mean, in steps of the quantiser: each rounded, or its neighbour towards zero if
        that saves more bits than the error it adds is worth (rate-distortion optimised quantisation).
        """
        with torch.no_grad():
            large = residual.round()
            small = large - large.sign()
            saved = logistic_bits(large, prediction.level) - logistic_bits(small, prediction.level)
            added = worth_of(prediction.gain, quality) * ((residual - small).square() - (residual - large).square())
            return small.where(saved > added, large)

    def forward(self, y: Tensor, quality: Tensor, *, rate_alone: bool = False) -> tuple[Tensor, Tensor, Tensor]:
        """For training: the quantised latent and the bits (B,) of symbols and side information.

        With ``rate_alone`` the quantiser's step does not learn: a coarser one always costs fewer bits. Rounding lets the gradient through
        for what is decoded. The rate is that of the true symbols, and levels learn from it; means and steps learn from the rate with
        uniform noise in place of rounding (Minnen 2020), for the true one does not change with them but in jumps.
        """
        height, width = y.shape[2:]
        y = on_grid(y)
        gain = self.gain(quality)
        z = self.side(y, gain.detach() if rate_alone else gain).float()
        z_mean, z_level = self.z_mean(quality), self.z_level(quality)
        z_hat = round_through(z - z_mean) + z_mean
        z_bits = logistic_bits(z + _noise(z) - z_mean, z_level.expand_as(z)).sum((1, 2, 3))
        parts = steps_of(y)
        found: list[Tensor] = []
        bits = torch.zeros_like(z_bits)
        walk = self.predict(self.features(z_hat, quality), quality)
        prediction = next(walk)
        while True:
            gain = prediction.gain.detach() if rate_alone else prediction.gain
            residual = (parts[len(found)] - prediction.mean) * gain
            symbols = residual + (self.frugal(residual, prediction, quality) - residual).detach()
            found.append(prediction.mean + symbols / gain)
            smooth = logistic_bits(residual + _noise(residual), prediction.level.detach())
            true = logistic_bits(symbols.detach(), prediction.level)
            bits = bits + (true + smooth - smooth.detach()).sum((0, 1, 3, 4))
            try:
                prediction = walk.send((symbols, found[-1]))
            except StopIteration:
                return latent_of(found)[:, :, :height, :width], bits, z_bits


def worth_of(gain: Tensor, quality: Tensor) -> Tensor:
    """Bits that a squared error of one step of the quantiser is worth: ``gain`` (4, channels, B, 1, 1), for a ``quality`` (B,)."""
    return (lmbda_of(quality) * 255**2 / 3)[:, None, None] / gain**2


def _noise(x: Tensor) -> Tensor:
    return torch.rand_like(x) - 0.5
