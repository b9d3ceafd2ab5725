"""A watermark, or a part of one, of one colour and one opacity: J = alpha W + (1 - alpha) I with constant alpha and W."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SAME_OVERLAY_TOLERANCE = 0.05
"""Largest difference of alpha or premultiplied colour at which the network's prediction for two overlays is practically the same."""


@dataclass(frozen=True)
class UniformOverlay:
    """One colour and one opacity.

    Args:
        premultiplied: alpha W per channel, each in [0, alpha].
        alpha: opacity in [0, 1].
        residual: mean colour difference across the overlay's edges after removal; see :mod:`~aedesk.watermark.single.overlay_fit`.
        contrast: the same before removal.
    """

    premultiplied: tuple[float, float, float]
    alpha: float
    residual: float = 0.0
    contrast: float = 1.0

    def is_close_to(self, other: UniformOverlay) -> bool:
        """Whether alpha and premultiplied colour differ by less than ``SAME_OVERLAY_TOLERANCE``."""
        mine, theirs = np.array((*self.premultiplied, self.alpha)), np.array((*other.premultiplied, other.alpha))
        return bool(np.abs(mine - theirs).max() < SAME_OVERLAY_TOLERANCE)

    def remove_from(self, marked: NDArray[np.float32]) -> NDArray[np.float32]:
        """Returns the picture under fully covered pixels (3, ...), not clipped: outside of [0, 1] the overlay cannot have been there."""
        premultiplied = np.asarray(self.premultiplied, np.float32).reshape(3, *(1,) * (marked.ndim - 1))
        return np.asarray((marked - premultiplied) / np.float32(1 - self.alpha), np.float32)
