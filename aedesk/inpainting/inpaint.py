"""Inpaints what a mask covers on one picture."""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator, Iterator

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from aedesk.core.cancel import CancelToken
from aedesk.data.pictures.tensors import PixelSource, to_pixels
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box
from aedesk.inpainting.fill_plan import plan_fills
from aedesk.inpainting.mask_ops import Mask, blend_by_mask, crop_mask
from aedesk.inpainting.network import load_inpaint_network
from aedesk.inpainting.regions import find_regions, grow_box, split_box
from aedesk.models.inference.tiled_network import MaskSource

Progress = tuple[int, int]
"""Pixels done and pixels in all, of one call."""


class Inpainter:
    """Fills holes in one picture with a model that is loaded when it is first needed.

    Args:
        picture: gives the size, the depth and the alpha channel; fully transparent pixels keep their values.
        model: name or path.
        device, precision: as in ``EraseSpec``.
        cancel: polled during the work.

    ``pixels`` is the current state of the picture, (H, W, C), shared with the caller and changed in place; ``taken`` (H, W) uint8 is the
    weight of changed pixels, 255 for fully replaced ones.
    """

    def __init__(self, picture: Picture, model: str, device: str, precision: str, cancel: CancelToken) -> None:
        self._picture, self._cancel = picture, cancel
        self._load = functools.partial(load_inpaint_network, model, device, precision)
        self._size = (picture.width, picture.height)
        self.pixels = picture.pixels.copy()
        self.taken = np.zeros(picture.pixels.shape[:2], np.uint8)

    def change(self, part: Box, changed: NDArray, weight: Mask) -> None:
        """Blends new pixels (h, w, C) into a part by ``weight`` (h, w), 0 to 255."""
        place = part.slices
        if self._picture.alpha is not None:
            weight = np.where(self._picture.alpha[place] > 0, weight, 0).astype(np.uint8)
        blend_by_mask(self.pixels, changed, weight, part)
        np.maximum(self.taken[place], weight, out=self.taken[place])

    def fill(self, box: Box, holes: MaskSource, context_px: int, *, single_round: bool = False) -> Generator[Progress, None, NDArray]:
        """Yields progress; returns the pixels of a box, (h, w, C), with its holes filled. ``pixels`` is not changed."""
        filled = np.empty((box.height, box.width, self._picture.channels), self.pixels.dtype)

        def sink(core: Box, result: Tensor) -> None:
            filled[core.within(box).slices] = to_pixels(result, self._picture.channels, self.pixels.dtype)

        source = PixelSource(self.pixels, self._picture.alpha)
        yield from self._load().fill(source, self._size, box, holes, sink, self._cancel, context_px, single_round=single_round)
        return filled

    def fill_part(
        self, part: Box, hidden: NDArray[np.bool_], weight: Mask, also_unknown: Callable[[Box], NDArray[np.float32]] | None = None
    ) -> Generator[Progress, None, None]:
        """Fills the hidden pixels of a part in place; yields progress.

        Args:
            hidden: (h, w) of the part.
            weight: (h, w), how much of the filled picture hidden pixels take, of 255.
            also_unknown: mask of pixels anywhere that must not serve as context either; None for none.
        """
        for inner, context_px in plan_fills(hidden):
            box, place = inner.out_of(part), inner.slices
            filled = yield from self.fill(box, holes_of_part(part, hidden, also_unknown), context_px)
            self.change(box, filled, np.where(hidden[place], weight[place], 0).astype(np.uint8))


def holes_of_part(part: Box, hidden: NDArray[np.bool_], also_unknown: MaskSource | None = None) -> MaskSource:
    """Returns the mask of the hidden pixels (h, w) of a part, for any box; outside of the part that of ``also_unknown``."""

    def holes(outer: Box) -> NDArray[np.float32]:
        result = np.zeros((outer.height, outer.width), np.float32) if also_unknown is None else also_unknown(outer)
        top, left = max(outer.top, part.top), max(outer.left, part.left)
        bottom, right = min(outer.bottom, part.bottom), min(outer.right, part.right)
        own = hidden[top - part.top : bottom - part.top, left - part.left : right - part.left]
        result[top - outer.top : bottom - outer.top, left - outer.left : right - outer.left] = own
        return result

    return holes


def inpaint(inpainter: Inpainter, mask: Mask, margin_px: int) -> Iterator[Progress]:
    """Fills everything that a mask covers, in place; yields pixels done and pixels in all.

    Args:
        mask: (H, W); its values are the weights of the filled picture.
        margin_px: regions of the mask are extended by it before they are split into blocks.
    """
    height, width = mask.shape
    parts = [block for box in find_regions(mask) for block in split_box(grow_box(box, margin_px, width, height))]
    total_px, done_px = sum(part.area for part in parts), 0
    for part in parts:
        own = mask[part.slices]
        # Other holes must not serve as context, whether they have been filled or not.
        for done, _ in inpainter.fill_part(part, own > 0, own, functools.partial(crop_mask, mask)):
            yield done_px + done, total_px
        done_px += part.area
