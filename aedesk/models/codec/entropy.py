"""The distribution of the codec's symbols, predicted from side information and from earlier symbols.

A mean-scale hyperprior (Minnen 2018) with context in four steps (``models.codec.context``). Everything that the distribution depends on is
computed in fixed point (``models.codec.fixed_point``), so that the decoder obtains the same one to the bit.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aedesk.models.architectures import CodecConfig
from aedesk.models.codec.context import (
    FLIPS,
    STEPS,
    ContextStep,
    by_group,
    groups_of,
    join_steps,
    pad_frame,
    pad_to_grid,
    split_steps,
)
from aedesk.models.codec.fixed_point import FixedConv2d, FixedGroups, settle_
from aedesk.models.codec.logistic import SCALE_COUNT, logistic_bits, logistic_tables, scale_index_of
from aedesk.models.codec.quality import ANCHORS, QualityTable, lmbda_of
from aedesk.models.codec.transforms import STRIDE

SCALE_INDEX_GAIN = 16
"""Scale indexes per unit of the network's output, so that weights of the usual size reach all of them."""
_LOUDNESS_ENTRIES = 1 << 12


def round_straight_through(x: Tensor) -> Tensor:
    """Rounds, with the gradient of the identity."""
    return x + (x.round() - x).detach()


@dataclass(frozen=True)
class Prediction:
    """What is predicted for the symbols of one step, (4, latent / 4, B, h / 2, w / 2).

    Args:
        mean: in picture units.
        scale_index: fractional index of the probability table.
        gain: quantiser steps per picture unit, (4, latent / 4, B, 1, 1).
    """

    mean: Tensor
    scale_index: Tensor
    gain: Tensor


class EntropyModel(nn.Module):
    """Side information and distributions of a latent.

    ::

        y ─ h_a ─ z ─ quantise ─ z_hat ─ h_s ─ features ─ four context steps ─ mean, scale index of every symbol

    Latents (B, latent, h, w) are in picture units; a symbol is the rounded ``(y - mean) * gain``. All methods except :meth:`forward`
    expect latents after :func:`pad_to_grid`.

    Args:
        gain: (ANCHORS,) quantiser steps per picture unit, before training.
        spread: (latent,) approximate standard deviation of each channel, in picture units.
    """

    # The names of parameters and buffers are part of the file format (SPEC.md, sections 4.1 to 4.3): ``level`` is an offset of the scale
    # index, ``loudness`` a table of logarithms.
    loudness: Tensor
    spread: Tensor
    tables: Tensor

    def __init__(self, config: CodecConfig, gain: Tensor, spread: Tensor) -> None:
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
        self.level = QualityTable(scale_index_of(0.5 * gain[:, None] * spread[None]).clamp(-8, SCALE_COUNT - 1), scale=64)
        self.context = nn.ModuleList(ContextStep(step, latent, context) for step in range(STEPS))
        self.register_buffer("loudness", (torch.log2(1.0 + torch.arange(_LOUDNESS_ENTRIES)) * 1024).round() / 1024)
        self.register_buffer("spread", spread)
        self.register_buffer("tables", torch.from_numpy(logistic_tables().frequencies.copy()))

    @property
    def macs_per_px(self) -> float:
        """Multiply-accumulates per picture pixel of one pass, including side information both ways."""
        kernels = {part: [p for p in part.parameters() if p.ndim == 4] for part in (self.h_a, self.h_s)}
        strides = [*zip(kernels[self.h_a], (1, 2, 4), strict=True), *zip(kernels[self.h_s], (4, 2), strict=True)]
        macs = sum(kernel.numel() / (STRIDE * stride) ** 2 for kernel, stride in strides)
        for part in self.context.modules():
            # Each corner, a quarter of all positions, uses one of the four matrices.
            if isinstance(part, FixedConv2d | FixedGroups):
                macs += part.weight.numel() / STRIDE**2 / (STEPS if isinstance(part, FixedGroups) else 1)
        return macs

    def unit(self, quality: Tensor) -> Tensor:
        """Returns (B, latent, 1, 1), the scale that normalises each channel: its spread plus one quantiser step. Not learned."""
        return (self.spread[:, None, None] + 1 / self.gain(quality)).detach()

    def side(self, y: Tensor, gain: Tensor) -> Tensor:
        """Returns the side information ``z`` (B, hyper, h / 4, w / 4), not quantised."""
        scaled = y * gain
        z: Tensor = self.h_a(scaled.sign() * torch.log2(1 + scaled.abs()))
        return z

    def features(self, z_hat: Tensor, quality: Tensor) -> Tensor:
        """Returns (B, context, h, w) from the quantised side information."""
        x = settle_(z_hat * 0.125)  # brings the integers into the range that freshly initialised convolutions expect
        for number, layer in enumerate(self.h_s):
            x = F.pixel_shuffle(F.relu(layer(x)) if number == 0 else layer(x), 2)
        return settle_(x + self.tint(quality))

    def predict(self, features: Tensor, quality: Tensor) -> Generator[Prediction, tuple[Tensor, Tensor], None]:
        """Yields the predictions of the four steps.

        After each step its symbols and its quantised latent must be sent in; both are 0 outside the picture.
        """
        gains, offsets, units = (by_group(table) for table in (self.gain(quality), self.level(quality), self.unit(quality)))
        decoded: list[Tensor] = []
        padded: list[Tensor] = []
        for step, network in enumerate(self.context):
            groups = groups_of(FLIPS[step])
            gain, offset, unit = gains[groups], offsets[groups], units[groups]
            mean, scale_index = network(features, decoded, padded)
            symbols, y_hat = yield Prediction(settle_(mean * unit), settle_(scale_index * SCALE_INDEX_GAIN + offset), gain)
            if step < STEPS - 1:
                decoded.append(torch.cat((settle_(y_hat / unit), self.log_magnitude(symbols)), 1))
                padded.append(pad_frame(decoded[-1]))

    def log_magnitude(self, symbols: Tensor) -> Tensor:
        """log2(1 + |symbol|), from a table because a logarithm may differ between machines."""
        return self.loudness.take(symbols.detach().abs().clamp(max=_LOUDNESS_ENTRIES - 1).long())

    def rdoq(self, residual: Tensor, prediction: Prediction, quality: Tensor) -> Tensor:
        """Quantises with rate-distortion optimisation: each residual is rounded, or rounded to the neighbour towards zero where the bits
        saved outweigh the added error.

        Args:
            residual: latent minus mean, in quantiser steps.
        """
        with torch.no_grad():
            large = residual.round()
            small = large - large.sign()
            saved = logistic_bits(large, prediction.scale_index) - logistic_bits(small, prediction.scale_index)
            added = bits_per_squared_error(prediction.gain, quality) * ((residual - small).square() - (residual - large).square())
            return small.where(saved > added, large)

    def forward(self, y: Tensor, quality: Tensor, *, rate_alone: bool = False) -> tuple[Tensor, Tensor, Tensor]:
        """Returns the quantised latent and the bits (B,) of symbols and side information, for training.

        Quantisation passes the gradient straight through. The rate is that of the actual symbols, from which scale indexes learn; means
        and gains learn from the rate with uniform noise in place of rounding (Minnen 2020), because the actual one is piecewise constant
        in them.

        Args:
            rate_alone: gains get no gradient: without the distortion, coarser quantisation always costs fewer bits.
        """
        height, width = y.shape[2:]
        y = pad_to_grid(y)
        gain = self.gain(quality)
        z = self.side(y, gain.detach() if rate_alone else gain).float()
        z_mean, z_index = self.z_mean(quality), self.z_level(quality)
        z_hat = round_straight_through(z - z_mean) + z_mean
        z_bits = logistic_bits(z + _noise(z) - z_mean, z_index.expand_as(z)).sum((1, 2, 3))
        sources = split_steps(y)
        decoded: list[Tensor] = []
        bits = torch.zeros_like(z_bits)
        predictions = self.predict(self.features(z_hat, quality), quality)
        prediction = next(predictions)
        while True:
            gain = prediction.gain.detach() if rate_alone else prediction.gain
            residual = (sources[len(decoded)] - prediction.mean) * gain
            symbols = residual + (self.rdoq(residual, prediction, quality) - residual).detach()
            decoded.append(prediction.mean + symbols / gain)
            smooth = logistic_bits(residual + _noise(residual), prediction.scale_index.detach())
            actual = logistic_bits(symbols.detach(), prediction.scale_index)
            bits = bits + (actual + smooth - smooth.detach()).sum((0, 1, 3, 4))
            try:
                prediction = predictions.send((symbols, decoded[-1]))
            except StopIteration:
                return join_steps(decoded)[:, :, :height, :width], bits, z_bits


def bits_per_squared_error(gain: Tensor, quality: Tensor) -> Tensor:
    """Returns the bits that a squared error of one quantiser step is worth: for ``gain`` (4, channels, B, 1, 1) and ``quality`` (B,)."""
    return (lmbda_of(quality) * 255**2 / 3)[:, None, None] / gain**2


def _noise(x: Tensor) -> Tensor:
    return torch.rand_like(x) - 0.5
