"""What a network says about itself, so that no caller hard-codes it. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass

PURPOSES = ("autoencoder", "denoise", "codec", "inpaint", "erase", "find-damage")


@dataclass(frozen=True)
class Descriptor:
    """The contract of one network.

    Args:
        purpose: what it is for, one of ``PURPOSES``.
        channels: picture channels in and out; gray pictures are repeated to this number and averaged back.
        size_multiple: height and width of an input must be multiples of this (pixels).
        halo_px: how far an output pixel looks in each direction (pixels, a multiple of ``size_multiple``); None if it looks
            everywhere, in which case the network cannot be tiled.
        conditions: further inputs by name: "sigma" (a noise-level map), "quality", "hint" (where marks are) or "hole".
        code_channels: channels of the latent, None for a network without one that is meant to be stored.
        code_stride: pixels of the picture per latent position along one axis.
        kmac_per_px: thousands of multiply-accumulates per picture pixel.
        fixed_px: edge of the only (square) input that the network takes, None for any multiple of ``size_multiple``. Larger
            pictures are cut into such squares.
        generative: ``decode`` of a draw from the standard normal prior is a picture.
    """

    purpose: str
    channels: int
    size_multiple: int
    halo_px: int | None
    conditions: tuple[str, ...] = ()
    code_channels: int | None = None
    code_stride: int | None = None
    kmac_per_px: float | None = None
    fixed_px: int | None = None
    generative: bool = False

    @property
    def tileable(self) -> bool:
        return self.halo_px is not None

    def code_size(self, width: int, height: int) -> int | None:
        """Numbers in the latent of a ``width`` x ``height`` picture, None without a latent."""
        if self.code_channels is None or self.code_stride is None:
            return None
        return self.code_channels * -(-width // self.code_stride) * -(-height // self.code_stride)
