"""Strength: how much of a restoration to take, for luminance and chrominance apart.

Colour noise is ugly and carries no detail, grain in the luminance often belongs to the picture; so the two have controls of their own.
The difference made by the restoration is split into its BT.601 luma, which is gray, and the rest, which is colour.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

LUMA = (0.299, 0.587, 0.114)
_STRIP_ROWS = 256


def blend(original: NDArray[Any], restored: NDArray[Any], strength: float, chroma_strength: float | None = None) -> NDArray[Any]:
    """``original`` moved towards ``restored``.

    Args:
        original: (H, W, 1 or 3), integer or float.
        restored: the same shape and type.
        strength: 0 gives the original's luminance, 1 the restored one.
        chroma_strength: the same for chrominance; None for the value of ``strength``.

    Returns:
        A new array of the same type; integers are rounded. Works in strips, so memory stays bounded.
    """
    chroma = strength if chroma_strength is None else chroma_strength
    if strength == chroma == 1:
        return restored.copy()
    if strength == chroma == 0:
        return original.copy()
    result = np.empty_like(original)
    for top in range(0, len(original), _STRIP_ROWS):
        rows = slice(top, top + _STRIP_ROWS)
        base = original[rows].astype(np.float32)
        change = restored[rows].astype(np.float32) - base
        luma = change @ np.asarray(LUMA, np.float32)[:, None] if original.shape[2] == 3 else change
        base += chroma * (change - luma) + strength * luma
        if np.issubdtype(original.dtype, np.integer):
            np.clip(np.rint(base, out=base), 0, np.iinfo(original.dtype).max, out=base)
        result[rows] = base
    return result
