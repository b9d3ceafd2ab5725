"""The architecture arguments of every family: frozen dataclasses that check themselves. No torch, so that a window can offer them."""

from __future__ import annotations

from dataclasses import dataclass

from aedesk.core.errors import ModelError
from aedesk.core.registry import Registry


@dataclass(frozen=True)
class UNetConfig:
    """Architecture arguments of the U-Net (``models.unet``).

    Args:
        channels: picture channels.
        widths: feature channels per level, finest first.
        blocks: residual blocks per level: in the encoder and again in the decoder; the last level has them once.
        unshuffle: edge of the square of pixels that is folded into channels at the entrance (1, 2 or 4).
        estimator_width: feature channels of the noise estimator.
        estimate: "global" if the noise level of *auto* is one number per picture, "local" if it is a map.
    """

    channels: int = 3
    widths: tuple[int, ...] = (64, 128, 256)
    blocks: tuple[int, ...] = (2, 2, 2)
    unshuffle: int = 2
    estimator_width: int = 32
    estimate: str = "global"

    def __post_init__(self) -> None:
        if not self.widths or len(self.widths) != len(self.blocks) or min(*self.widths, *self.blocks) < 1:
            raise ModelError(f"UNet widths {self.widths} and blocks {self.blocks} do not fit.", "Give a positive number of each per level.")
        if self.unshuffle not in (1, 2, 4):
            raise ModelError(f"UNet unshuffle is {self.unshuffle}.", "Choose 1, 2 or 4.")
        if self.estimate not in ("global", "local"):
            raise ModelError(f"UNet estimate is {self.estimate!r}.", "Choose global or local.")


ARCHITECTURES: Registry[type] = Registry("model family")
ARCHITECTURES.add("unet", UNetConfig)
