"""What every family with a latent has in common."""

from __future__ import annotations

from torch import Tensor, nn

from aedesk.core.errors import ModelError
from aedesk.models.descriptor import Descriptor


class Autoencoder(nn.Module):
    """An encoder, a latent (the code) and a decoder.

    ::

        picture ─ encode ─ code ─ decode ─ reconstruction

    Pictures are (B, C, H, W) float, sRGB-encoded in [0, 1], with C = ``descriptor.channels`` and H and W as the descriptor allows.
    Codes are (B, code size) of a dense latent or (B, code channels, H / stride, W / stride) of a convolutional one.
    """

    @property
    def descriptor(self) -> Descriptor:
        raise NotImplementedError

    def encode(self, picture: Tensor) -> Tensor:
        """The code; of a probabilistic encoder its mean, so that the same picture always has the same code."""
        raise NotImplementedError

    def decode(self, code: Tensor) -> Tensor:
        """The picture of a code, in [0, 1]."""
        raise NotImplementedError

    def forward(self, picture: Tensor) -> Tensor:
        return self.decode(self.encode(picture))

    def prior(self, count: int) -> Tensor:
        """Draws from the prior over codes (torch's global random numbers), of a generative family.

        Raises :class:`ModelError` for a family whose codes have no prior.
        """
        raise ModelError(f"A {type(self).__name__} has no prior to sample from.", "Choose a variational or an adversarial autoencoder.")


def check_square(picture: Tensor, channels: int, size_px: int) -> None:
    """Raises :class:`ModelError` unless ``picture`` is (B, channels, size_px, size_px): what a network of one fixed size takes."""
    expected, found = (channels, size_px, size_px), tuple(picture.shape[1:])
    if found != expected:
        raise ModelError(
            f"This network takes {' x '.join(map(str, expected))} numbers, not {' x '.join(map(str, found))}.",
            f"Set patch_px = {size_px} in the stage, or the model's size_px to the patch.",
        )
