"""The learned codec: analysis and synthesis transforms around an entropy model; one network for all qualities.

The transforms are plain 3x3 convolutions with ReLU on an eighth and a sixteenth of the resolution, about 30 kMAC per pixel for both
directions together and 5 for the entropy model, sized for laptops without a GPU.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from aedesk.models.architectures import CodecConfig
from aedesk.models.autoencoder import Autoencoder
from aedesk.models.codec_entropy import EntropyModel
from aedesk.models.codec_transforms import FOLD, STRIDE, Analysis, Synthesis, spread_of
from aedesk.models.descriptor import Descriptor
from aedesk.models.quality import ANCHORS, BEST, SPACING

LMBDA = (0.001, 0.5)
"""Trade-off of quality 0 and of quality 100: bits per pixel that one 8-bit level squared of mean error is worth."""
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


def lmbda_of(quality: Tensor) -> Tensor:
    """The trade-off lambda of a quality from 0 to 100: bpp + lambda * mean squared error in 8-bit levels is minimised."""
    first, last = LMBDA
    result: Tensor = first * (last / first) ** (quality.double() / BEST)
    return result.float()


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
        config = self.config
        reach = FOLD + 2 * config.blocks[0] * FOLD + 2 * config.blocks[1] * STRIDE
        back = 2 * config.blocks[2] * STRIDE + (2 + 2 * config.blocks[3]) * FOLD
        kernels = [p for part in (self.g_a, self.g_s) for p in part.parameters() if p.ndim == 4]
        fine = sum(p.numel() for p in kernels if config.fine in p.shape[:2] and p.shape[2] == 3)
        coarse = sum(p.numel() for p in kernels) - fine
        return Descriptor(
            purpose="codec",
            channels=3,
            size_multiple=STRIDE,
            halo_px=-(-max(reach, back) // STRIDE) * STRIDE,
            conditions=("quality",),
            code_channels=config.latent,
            code_stride=STRIDE,
            kmac_per_px=(fine / FOLD**2 + coarse / STRIDE**2 + self.entropy.macs_per_px) / 1000,
        )

    def encode(self, picture: Tensor) -> Tensor:
        """The latent ``y`` of a middling quality, in units of the picture, not quantised."""
        return self.analyse(picture, self._middle(picture))

    def decode(self, code: Tensor) -> Tensor:
        return self.synthesise(code, self._middle(code)).clamp(0, 1)

    def forward(self, picture: Tensor, quality: Tensor | None = None) -> Tensor:  # type: ignore[override]
        """The picture as it comes back at a quality (one number for each picture; a middling one by itself), not clamped."""
        level = self._middle(picture) if quality is None else quality.flatten().expand(len(picture))
        return self.coded(picture, level).picture

    def analyse(self, picture: Tensor, quality: Tensor) -> Tensor:
        """``g_a`` at a quality (B,): the latent in units of the picture."""
        y: Tensor = self.g_a(picture, quality, self.entropy.unit(quality))
        return y

    def synthesise(self, y_hat: Tensor, quality: Tensor) -> Tensor:
        """``g_s`` at a quality (B,): the picture, not clamped."""
        picture: Tensor = self.g_s(y_hat, quality, self.entropy.unit(quality))
        return picture

    def coded(self, picture: Tensor, quality: Tensor) -> Coded:
        """Encode and decode for training, with estimated bits.

        Args:
            picture: (B, 3, H, W) in [0, 1], H and W multiples of 64.
            quality: (B,) whole numbers from 0 to 100.
        """
        y_hat, y_bits, z_bits = self.entropy(self.analyse(picture, quality), quality)
        return Coded(self.synthesise(y_hat, quality), y_bits, z_bits)

    @staticmethod
    def _middle(x: Tensor) -> Tensor:
        return torch.full((x.shape[0],), MIDDLE, device=x.device)
