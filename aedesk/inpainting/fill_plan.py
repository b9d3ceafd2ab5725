"""Plans which boxes of a picture to inpaint at a time, and with how much context, so that the least is computed."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from aedesk.imaging.tiling import Box
from aedesk.inpainting.regions import find_regions, split_box, tight_box
from aedesk.models.inference.tiled_network import CONTEXT_PX, NARROW_CONTEXT_PX

THIN_DEPTH_PX = 12
"""Largest distance from a hole's edge (chessboard metric) at which the hole still counts as thin."""
PIECE_PX = 256
"""Edge of the pieces in which thin holes are filled."""


def plan_fills(hidden: NDArray[np.bool_]) -> list[tuple[Box, int]]:
    """Returns boxes that cover the hidden pixels, each with its context in pixels, chosen to minimise the pixels computed.

    Thin holes, such as scratches and specks, may be filled in pieces with little context. Wide holes are filled whole, because separately
    filled pieces would not match.

    Args:
        hidden: (h, w).
    """
    depth = ndimage.distance_transform_cdt(np.pad(hidden, 1))[1:-1, 1:-1]

    def with_context(box: Box) -> tuple[Box, int]:
        return box, NARROW_CONTEXT_PX if depth[box.slices].max() <= THIN_DEPTH_PX else CONTEXT_PX

    plan: list[tuple[Box, int]] = []
    for box in find_regions(hidden):
        whole = with_context(box)
        pieces = [(tight_box(hidden, piece), NARROW_CONTEXT_PX) for piece in split_box(box, PIECE_PX) if hidden[piece.slices].any()]
        plan += min([whole], pieces, key=_computed_px) if whole[1] == NARROW_CONTEXT_PX else [whole]
    if not plan:
        return []
    sides = [*zip(*(box for box, _ in plan), strict=True)]
    return min(plan, [with_context(Box(min(sides[0]), min(sides[1]), max(sides[2]), max(sides[3])))], key=_computed_px)


def _computed_px(boxes: Iterable[tuple[Box, int]]) -> int:
    """Pixels that the network processes for boxes with their context."""
    return sum((box.width + 2 * context_px) * (box.height + 2 * context_px) for box, context_px in boxes)
