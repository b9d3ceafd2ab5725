"""Which parts of a picture to fill at a time, and with how much around them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from aedesk.imaging.tiling import Box
from aedesk.inpainting.regions import blocks, regions, tight
from aedesk.watermark.single.network import HALO_PX, NEAR_PX

THIN_PX = 12
"""Depth of a hole up to which it is thin: half its width."""
PIECE_PX = 256
"""Edge of the pieces that thin holes are filled in."""


def to_fill(hidden: NDArray[np.bool_]) -> list[tuple[Box, int]]:
    """Boxes that cover what is hidden, and the context that each takes (pixels): those that are least work together.

    What is thin, a scratch or specks, may be filled piece by piece, with little around it; pieces of something wide would not fit.
    """
    depth = ndimage.distance_transform_cdt(np.pad(hidden, 1))[1:-1, 1:-1]

    def with_context(box: Box) -> tuple[Box, int]:
        return box, NEAR_PX if depth[box.slices].max() <= THIN_PX else HALO_PX

    found: list[tuple[Box, int]] = []
    for box in regions(hidden):
        whole = with_context(box)
        pieces = [(tight(hidden, piece), NEAR_PX) for piece in blocks(box, PIECE_PX) if hidden[piece.slices].any()]
        found += min([whole], pieces, key=_work) if whole[1] == NEAR_PX else [whole]
    if not found:
        return []
    sides = [*zip(*(box for box, _ in found), strict=True)]
    return min(found, [with_context(Box(min(sides[0]), min(sides[1]), max(sides[2]), max(sides[3])))], key=_work)


def _work(boxes: Iterable[tuple[Box, int]]) -> int:
    """Pixels that a network looks at to fill boxes with their context."""
    return sum((box.width + 2 * halo_px) * (box.height + 2 * halo_px) for box, halo_px in boxes)
