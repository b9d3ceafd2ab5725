"""The learned codec: analysis and synthesis transforms around an entropy model; one network for all qualities.

The analysis is a lapped transform, the synthesis its inverse and a U-Net: about 1 kMAC per pixel for the analysis, 25 for the synthesis and
4 for the entropy model, sized for laptops without a GPU.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from aedesk.models.architectures import CodecConfig
from aedesk.models.autoencoders.base import Autoencoder
from aedesk.models.codec.entropy import EntropyModel
from aedesk.models.codec.quality import ANCHORS, SPACING, lmbda_of
from aedesk.models.codec.transforms import FOLD, STRIDE, Analysis, Synthesis, spread_of
from aedesk.models.descriptor import Descriptor

DEFAULT_QUALITY = 50


@dataclass(frozen=True)
class Coded:
    """A batch encoded and decoded in training.

    Args:
        picture: (B, 3, H, W), not clamped.
        y_bits, z_bits: (B,) estimated bits of latent and side information.
    """

    picture: Tensor
    y_bits: Tensor
    z_bits: Tensor


class Codec(Autoencoder):
    """A transform codec with learned transforms and a learned entropy model.

    ::

        picture ─ g_a ─ y ─ entropy model ─ y_hat ─ g_s ─ picture

    Pictures are (B, 3, H, W) in [0, 1], H and W multiples of 16; latents are (B, latent, H / 16, W / 16) in picture units.
    """

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.config = config
        # The optimal step of a uniform quantiser at high rate: d(bits)/d(step) = -d(lambda * error)/d(step), with equal colour weights.
        anchors = torch.arange(ANCHORS) * SPACING
        gain = 255 * (lmbda_of(anchors) / 26).sqrt()
        self.g_a = Analysis(config)
        self.g_s = Synthesis(config)
        self.entropy = EntropyModel(config, gain, spread_of(config.latent))

    @property
    def descriptor(self) -> Descriptor:
        """Halo and operations of the whole codec; the halo is that of the synthesis, in multiples of 16 pixels."""
        config, levels = self.config, len(self.config.widths)
        coarsest = FOLD << (levels - 1)
        reach = STRIDE + 2 * FOLD + coarsest - 1  # overlap, head and tail, and the position of a pixel in a cell of the coarsest level
        macs = 2.0 * 3 * (config.latent + 2 * STRIDE) + 2 * 9 * 3 * config.widths[0] + config.latent * config.widths[-1] / STRIDE**2
        for level, (width, blocks) in enumerate(zip(config.widths, config.blocks, strict=True)):
            stride = FOLD << level
            convolutions = 2 * blocks * (1 if level in (0, levels - 1) else 2)
            reach += convolutions * stride
            macs += convolutions * 9 * width**2 / stride**2
            if level:
                macs += 2 * 4 * config.widths[level - 1] * width / stride**2
        return Descriptor(
            purpose="codec",
            channels=3,
            size_multiple=STRIDE,
            halo_px=-(-reach // STRIDE) * STRIDE,
            conditions=("quality",),
            code_channels=config.latent,
            code_stride=STRIDE,
            kmac_per_px=(macs + self.entropy.macs_per_px) / 1000,
        )

    def encode(self, picture: Tensor) -> Tensor:
        """Returns the latent ``y``, not quantised."""
        return self.analyse(picture)

    def decode(self, code: Tensor) -> Tensor:
        """Returns the picture of a latent at the default quality, clamped to [0, 1]."""
        return self.synthesise(code, self._default_quality(code)).clamp(0, 1)

    def forward(self, picture: Tensor, quality: Tensor | None = None) -> Tensor:  # type: ignore[override]
        """Returns the picture after encoding and decoding, not clamped. ``quality`` is one integer per picture, 50 by default."""
        qualities = self._default_quality(picture) if quality is None else quality.flatten().expand(len(picture))
        return self.coded(picture, qualities).picture

    def analyse(self, picture: Tensor) -> Tensor:
        """``g_a``: picture to latent."""
        y: Tensor = self.g_a(picture)
        return y

    def synthesise(self, y_hat: Tensor, quality: Tensor) -> Tensor:
        """``g_s`` at a quality (B,): latent to picture, not clamped."""
        picture: Tensor = self.g_s(y_hat, quality, self.entropy.unit(quality))
        return picture

    def synthesise_base(self, y_hat: Tensor) -> Tensor:
        """Returns the linear part of ``g_s``, not clamped: a softer picture at a twentieth of the operations."""
        picture: Tensor = self.g_s.base(y_hat)
        return picture

    def coded(self, picture: Tensor, quality: Tensor) -> Coded:
        """Encodes and decodes for training, with estimated bits.

        Args:
            picture: (B, 3, H, W) in [0, 1], H and W multiples of 16.
            quality: (B,) integers from 0 to 100.
        """
        y_hat, y_bits, z_bits = self.entropy(self.analyse(picture), quality)
        return Coded(self.synthesise(y_hat, quality), y_bits, z_bits)

    @staticmethod
    def _default_quality(x: Tensor) -> Tensor:
        return torch.full((x.shape[0],), DEFAULT_QUALITY, device=x.device)
