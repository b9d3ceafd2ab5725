"""The learned codec: analysis and synthesis transforms around an entropy model; one network for all qualities.

A lapped transform there, the same and a U-Net back: about 1 kMAC per pixel for the way there, 25 for the way back and 4 for the entropy
model, sized for laptops without a GPU.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from aedesk.models.architectures import CodecConfig
from aedesk.models.autoencoder import Autoencoder
from aedesk.models.codec.entropy import EntropyModel
from aedesk.models.codec.quality import ANCHORS, SPACING, lmbda_of
from aedesk.models.codec.transforms import FOLD, STRIDE, Analysis, Synthesis, spread_of
from aedesk.models.descriptor import Descriptor

MIDDLE = 50


@dataclass(frozen=True)
class Coded:
    """A batch after encoding and decoding in training.

    Args:
        picture: (B, 3, H, W), not clamped.
        y_bits, z_bits: (B,) estimated bits of the latent and of the side information.
    """

    picture: Tensor
    y_bits: Tensor
    z_bits: Tensor


class Codec(Autoencoder):
    """A transform codec with learned transforms and entropy model.

    ::

        picture ─ g_a ─ y ─ entropy model ─ y_hat ─ g_s ─ picture
    """

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.config = config
        # The best step of a uniform quantiser at high rate: d(bits)/d(step) = -d(lambda * error)/d(step), for three colours at one weight.
        anchors = torch.arange(ANCHORS) * SPACING
        gain = 255 * (lmbda_of(anchors) / 26).sqrt()
        self.g_a = Analysis(config)
        self.g_s = Synthesis(config)
        self.entropy = EntropyModel(config, gain, spread_of(config.latent))

    @property
    def descriptor(self) -> Descriptor:
        config, levels = self.config, len(self.config.widths)
        coarsest = FOLD << (levels - 1)
        reach = STRIDE + 2 * FOLD + coarsest - 1  # lapping, head and tail, and where in a cell of the coarsest level a pixel lies
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
        """The latent ``y``, in units of the picture, not quantised."""
        return self.analyse(picture)

    def decode(self, code: Tensor) -> Tensor:
        return self.synthesise(code, self._middle(code)).clamp(0, 1)

    def forward(self, picture: Tensor, quality: Tensor | None = None) -> Tensor:  # type: ignore[override]
        """The picture as it comes back at a quality (one number for each picture; a middling one by itself), not clamped."""
        level = self._middle(picture) if quality is None else quality.flatten().expand(len(picture))
        return self.coded(picture, level).picture

    def analyse(self, picture: Tensor) -> Tensor:
        """``g_a``: the latent in units of the picture."""
        y: Tensor = self.g_a(picture)
        return y

    def synthesise(self, y_hat: Tensor, quality: Tensor) -> Tensor:
        """``g_s`` at a quality (B,): the picture, not clamped."""
        picture: Tensor = self.g_s(y_hat, quality, self.entropy.unit(quality))
        return picture

    def coded(self, picture: Tensor, quality: Tensor) -> Coded:
        """Encode and decode for training, with estimated bits.

        Args:
            picture: (B, 3, H, W) in [0, 1], H and W multiples of 16.
            quality: (B,) whole numbers from 0 to 100.
        """
        y_hat, y_bits, z_bits = self.entropy(self.analyse(picture), quality)
        return Coded(self.synthesise(y_hat, quality), y_bits, z_bits)

    @staticmethod
    def _middle(x: Tensor) -> Tensor:
        return torch.full((x.shape[0],), MIDDLE, device=x.device)
