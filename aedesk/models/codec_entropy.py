"""The distribution of the codec's symbols, predicted from side information and from the symbols before.

A mean-scale hyperprior (Minnen 2018) with context in four steps: in each step a quarter of all symbols is coded, of every channel group
at another corner of each 2x2 square of positions, so that the later three see neighbours on all sides (four-step context: Li 2023). All
that the distribution depends on is computed from integers in fixed point (``models.fixed_point``), so the decoder finds the same one to
the bit.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aedesk.entropy.tables import TOTAL, Tables
from aedesk.models.architectures import CodecConfig
from aedesk.models.codec_transforms import STRIDE
from aedesk.models.fixed_point import FixedConv2d, settle
from aedesk.models.quality import ANCHORS, QualityTable

STEPS = 4
REACH = 255
LEVELS = 64
"""Probability tables, over symbols up to +-REACH; level 0 means a symbol that is surely zero."""
FINEST = 0.05
OCTAVES = 0.18
"""Level i stands for a logistic distribution of scale FINEST * 2**(i * OCTAVES), in steps of the quantiser."""
LEVEL_GAIN = 16
"""Levels per unit of the network's output, so that weights of the usual size reach all levels."""
HYPER_STRIDE = 4
_LOUDEST = 1 << 12
_CORNER_STEP = ((0, 2), (3, 1))


def level_of(scale: Tensor) -> Tensor:
    """The (fractional) level of a logistic distribution's scale."""
    return torch.log2(scale / FINEST) / OCTAVES


def logistic_bits(distance: Tensor, level: Tensor) -> Tensor:
    """Bits of the integer bin around ``distance`` from the mean, under the logistic distribution of ``level`` (fractional)."""
    # Below level 0 the slope is kept, gently: a symbol that is not zero must be able to raise its level again.
    scale = FINEST * torch.exp2(OCTAVES * F.leaky_relu(level, 0.02).clamp(max=LEVELS - 1.0))
    distance, inverse = distance.abs(), 1 / scale
    # sigmoid(a) - sigmoid(b) = sigmoid(a) sigmoid(-b) (1 - exp(b - a)): stable however far the tail.
    log = F.logsigmoid((0.5 - distance) * inverse) + F.logsigmoid((0.5 + distance) * inverse) + torch.log1p(-torch.exp(-inverse))
    return log * (-1 / math.log(2))


@functools.cache
def logistic_tables() -> Tables:
    """The probability tables of all levels before they are fitted to what a codec's symbols really are."""
    scale = FINEST * 2.0 ** (OCTAVES * np.arange(LEVELS)[:, None])
    edges = 1 / (1 + np.exp(-np.clip((np.arange(-REACH, REACH + 2) - 0.5) / scale, -500, 500)))
    inside = np.diff(edges, axis=1)
    pmf = np.concatenate((inside, np.clip(1 - inside.sum(1, keepdims=True), 0, 1)), axis=1)
    pmf[0] = np.arange(2 * REACH + 2) == REACH
    frequencies = Tables.fit(pmf).frequencies.copy()
    frequencies[0] = pmf[0] * TOTAL
    return Tables(frequencies)


def round_through(x: Tensor) -> Tensor:
    """Rounded, with the gradient of the identity."""
    return x + (x.round() - x).detach()


@dataclass(frozen=True)
class Prediction:
    """What is known of one step's symbols before they are decoded: ``mean`` in units of the picture, ``level``, and which they are."""

    mean: Tensor
    level: Tensor
    mask: Tensor


class ContextStep(nn.Module):
    """Predicts mean and level of all symbols from the side information's features and what has been decoded.

    ::

        features ─────── + ─ relu ─ conv 3x3 ─ relu ─ conv ─ + ─ mean, level
        decoded ─┬─ conv ┘                                   │
                 └───────────── depthwise 3x3 ───────────────┘

    The last convolution carries ``context`` channels to every latent channel; what a channel says of itself goes by the depthwise one.
    """

    def __init__(self, latent: int, context: int) -> None:
        super().__init__()
        self.enter = FixedConv2d(2 * latent, context)
        self.mix = FixedConv2d(context, context, 3)
        self.leave = FixedConv2d(context, 2 * latent)
        self.around = FixedConv2d(2 * latent, 2 * latent, 3, groups=2 * latent)
        with torch.no_grad():
            for part in (self.leave, self.around):
                part.weight.zero_()
                assert part.bias is not None
                part.bias.zero_()

    def forward(self, features: Tensor, decoded: Tensor) -> tuple[Tensor, Tensor]:
        x = F.relu(self.mix(F.relu(self.enter(decoded) + features)))
        mean, level = settle(self.leave(x) + self.around(decoded)).chunk(2, 1)
        return mean, level


class EntropyModel(nn.Module):
    """Side information and distributions of a latent.

    ::

        y ─ h_a ─ z ─ quantise ─ z_hat ─ h_s ─ features ─ four context steps ─ mean, level of every symbol

    Latents (B, latent, h, w) are in units of the picture; a symbol is ``round((y - mean) * gain)``.
    """

    loudness: Tensor
    spread: Tensor
    steps: Tensor
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
        self.h_s = nn.ModuleList((FixedConv2d(hyper, 4 * 48, 3), FixedConv2d(48, 4 * context, 3)))
        self.tint = QualityTable(torch.zeros(ANCHORS, context))
        self.level = QualityTable(level_of(0.5 * gain[:, None] * spread[None]).clamp(-8, LEVELS - 1), scale=64)
        self.context = nn.ModuleList(ContextStep(latent, context) for _ in range(STEPS))
        self.register_buffer("loudness", (torch.log2(1.0 + torch.arange(_LOUDEST)) * 1024).round() / 1024)
        self.register_buffer("spread", spread)
        self.register_buffer("tables", torch.from_numpy(logistic_tables().frequencies.copy()))
        self.register_buffer("steps", _steps(latent), persistent=False)

    @property
    def macs_per_px(self) -> float:
        """Multiply-accumulates per picture pixel of one pass, side information both ways included."""
        kernels = {part: [p for p in part.parameters() if p.ndim == 4] for part in (self.h_a, self.h_s, self.context)}
        places = [*zip(kernels[self.h_a], (1, 2, 4), strict=True), *zip(kernels[self.h_s], (4, 2), strict=True)]
        places += [(kernel, 1) for kernel in kernels[self.context]]
        return sum(kernel.numel() / (STRIDE * times) ** 2 for kernel, times in places)

    def unit(self, quality: Tensor) -> Tensor:
        """(B, latent, 1, 1): about what the values of a quantised channel differ by, its spread or a step if that is more. Not learned."""
        return (self.spread[:, None, None] + 1 / self.gain(quality)).detach()

    def side(self, y: Tensor, gain: Tensor) -> Tensor:
        """``z`` (B, hyper, h / 4, w / 4, rounded up), not quantised."""
        loud = y * gain
        height, width = (-(-edge // HYPER_STRIDE) * HYPER_STRIDE for edge in y.shape[2:])
        padded = F.pad(loud, (0, width - y.shape[3], 0, height - y.shape[2]))
        z: Tensor = self.h_a(padded.sign() * torch.log2(1 + padded.abs()))
        return z

    def features(self, z_hat: Tensor, quality: Tensor, height: int, width: int) -> Tensor:
        """(B, context, height, width) of the quantised side information."""
        x = settle(z_hat * 0.125)  # its integers are larger than what a fresh convolution takes well
        for number, layer in enumerate(self.h_s):
            x = F.pixel_shuffle(F.relu(layer(x)) if number == 0 else layer(x), 2)
        return settle(x[:, :, :height, :width] + self.tint(quality))

    def predict(self, features: Tensor, quality: Tensor) -> Generator[Prediction, tuple[Tensor, Tensor], None]:
        """The four steps. After each, the symbols (B, latent, h, w) and the quantised latent must be sent in."""
        decoded = features.new_zeros(features.shape[0], 2 * self.config.latent, *features.shape[2:])
        rest, unit = self.level(quality), self.unit(quality)
        for step, network in enumerate(self.context):
            mask = self.mask(step, *features.shape[2:])
            mean, level = network(features, decoded)
            symbols, y_hat = yield Prediction(settle(mean * unit), settle(level * LEVEL_GAIN + rest), mask)
            decoded = decoded + torch.cat((settle(y_hat / unit), self.loud(symbols)), 1) * mask.repeat(1, 2, 1, 1)

    def loud(self, symbols: Tensor) -> Tensor:
        """log2(1 + |symbol|), from a table, for a logarithm may differ by machine."""
        return self.loudness[symbols.detach().abs().clamp(max=_LOUDEST - 1).long()]

    def mask(self, step: int, height: int, width: int) -> Tensor:
        """(1, latent, height, width): 1 where symbols belong to ``step``."""
        own = (self.steps == step).to(self.loudness.dtype)
        return own.repeat(1, 1, -(-height // 2), -(-width // 2))[:, :, :height, :width]

    def forward(self, y: Tensor, quality: Tensor, *, rate_alone: bool = False) -> tuple[Tensor, Tensor, Tensor]:
        """For training: the quantised latent and the bits (B,) of symbols and side information.

        With ``rate_alone`` the quantiser's step does not learn: a coarser one always costs fewer bits. Rounding lets the gradient through
        for what is decoded, and is replaced by uniform noise for the rate (Minnen 2020).
        """
        gain = self.gain(quality).detach() if rate_alone else self.gain(quality)
        z = self.side(y, gain)
        z_mean, z_level = self.z_mean(quality), self.z_level(quality)
        z_hat = round_through(z - z_mean) + z_mean
        z_bits = logistic_bits(z + _noise(z) - z_mean, z_level.expand_as(z)).sum((1, 2, 3))
        loud, noise = y * gain, _noise(y)
        result, bits = torch.zeros_like(y), torch.zeros_like(z_bits)
        steps = self.predict(self.features(z_hat, quality, *y.shape[2:]), quality)
        prediction = next(steps)
        while True:
            residual = loud - prediction.mean * gain
            symbols = round_through(residual)
            y_hat = prediction.mean + symbols / gain
            result = result + y_hat * prediction.mask
            bits = bits + (logistic_bits(residual + noise, prediction.level) * prediction.mask).sum((1, 2, 3))
            try:
                prediction = steps.send((symbols, y_hat))
            except StopIteration:
                return result, bits, z_bits


def _noise(x: Tensor) -> Tensor:
    return torch.rand_like(x) - 0.5


def _steps(latent: int) -> Tensor:
    """(1, latent, 2, 2): in which step each channel is coded at each corner."""
    corners = torch.tensor(_CORNER_STEP)
    return ((corners[None] + torch.arange(latent)[:, None, None]) % STEPS)[None]
