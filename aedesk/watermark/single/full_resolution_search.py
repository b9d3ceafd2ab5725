"""Locates at full resolution the watermarks that were found on a downscaled picture."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aedesk.core.cancel import CancelToken
from aedesk.core.events import Event
from aedesk.data.pictures.tensors import PixelSource
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box
from aedesk.inpainting.mask_ops import Mask, crop_mask, dilate, erode
from aedesk.inpainting.regions import find_regions, grow_box, split_box
from aedesk.watermark.single.boundary_graph_cut import logit_difference, refine_boundary
from aedesk.watermark.single.component_groups import uncovered_groups
from aedesk.watermark.single.extraction_thresholds import EXTRACTION
from aedesk.watermark.single.network import EraseNetwork, PredictionMap, opacity_bytes, relay_progress
from aedesk.watermark.single.overlay import UniformOverlay
from aedesk.watermark.single.overlay_stack import OverlayStack
from aedesk.watermark.single.plausibility import refit_overlay


@dataclass(frozen=True)
class LocateSettings:
    """Chosen by hand; no script fits them yet.

    Args:
        margin_px: margin around a region at full resolution.
        search_px: distance, in pixels of the downscaled picture, by which a watermark may exceed what was found there.
    """

    margin_px: int = 8
    search_px: int = 2


SETTINGS = LocateSettings()


def locate_at_full_resolution(
    network: EraseNetwork,
    picture: Picture,
    small_mask: NDArray[np.bool_],
    small_stack: OverlayStack,
    factor: int,
    limit: float,
    max_overlay_fraction: float,
    cancel: CancelToken,
) -> Generator[Event, None, tuple[Mask, Mask, OverlayStack]]:
    """Yields Progress; returns mask and alpha, (H, W) uint8, and the overlays at full resolution.

    Args:
        small_mask, small_stack: what was found on the downscaled picture, (H // factor, W // factor).
        limit: log-odds from which a pixel belongs to a watermark.
        max_overlay_fraction: a group of which overlays cover more belongs to them; the rest of it is no watermark.
    """
    work = _FullResolution(network, picture, small_mask, small_stack, factor, limit, max_overlay_fraction, cancel)
    height, width = work.mask.shape
    parts = [grow_box(block, SETTINGS.margin_px, width, height) for box in find_regions(work.hint) for block in split_box(box)]
    # An overlay is refitted in the first part that contains it, so that all parts use the same values. Large parts come first.
    for part in sorted(parts, key=lambda part: part.area, reverse=True):
        yield from work.process(part)
    return work.mask, work.alpha, work.stack


class _FullResolution:
    """The state of one picture."""

    def __init__(
        self,
        network: EraseNetwork,
        picture: Picture,
        small_mask: NDArray[np.bool_],
        small_stack: OverlayStack,
        factor: int,
        limit: float,
        max_overlay_fraction: float,
        cancel: CancelToken,
    ) -> None:
        self.network, self.factor, self.limit, self.cancel = network, factor, limit, cancel
        self.small_mask, self.small_stack, self.max_overlay_fraction = small_mask, small_stack, max_overlay_fraction
        self.size = (picture.width, picture.height)
        self.source = PixelSource(picture.pixels, picture.alpha)
        self.search_px = SETTINGS.search_px * factor
        shape = (picture.height, picture.width)
        self.mask, self.alpha = (np.zeros(shape, np.uint8) for _ in range(2))
        self.stack = OverlayStack.empty(*shape)
        self.stack.overlays = list(small_stack.overlays)
        self.stack.shared_edge_px = self.search_px
        self.hint = _upsampled(dilate(small_mask, SETTINGS.search_px), factor, (0, 0), shape)
        self.without_overlay = _upsampled(small_mask & (small_stack.index == 0), factor, (0, 0), shape)
        self.refitted: set[int] = set()

    def process(self, part: Box) -> Generator[Event, None, None]:
        """Looks in a part for each overlay that was found near it, and then for the other watermarks."""
        place, factor = part.slices, self.factor
        small = (slice(part.top // factor, part.bottom // factor + 1), slice(part.left // factor, part.right // factor + 1))
        numbers = np.unique(self.small_stack.index[small][self.small_mask[small]])
        covered = np.zeros((part.height, part.width), bool)
        logits: dict[int, NDArray[np.float32]] = {}
        for number in numbers[::-1].tolist():
            if number:
                overlay = self.stack.overlays[number - 1]
                prediction = yield from self._predict(part, overlay)
                own = _upsampled(self.small_stack.index[small] == number, factor, (part.top % factor, part.left % factor), covered.shape)
                found = (prediction.logit > self.limit) & self.hint[place]
                # The network sees less of a large watermark at full resolution than in the downscaled picture.
                found = (found & dilate(own, self.search_px)) | erode(own, factor)
                self._add(number, part, prediction, found, covered)
                covered |= found
                logits[number] = prediction.logit
            else:  # comes last: what belongs to no overlay
                join_px = EXTRACTION.join_px * factor
                others = uncovered_groups(self.without_overlay[place], covered, self.max_overlay_fraction, join_px)
                where = dilate(others, self.search_px)
                if not where.any():
                    continue
                prediction = yield from self._predict(part, None)
                found = (prediction.logit > self.limit) & where
            self.mask[place] |= found.view(np.uint8) * np.uint8(255)
            np.maximum(self.alpha[place], opacity_bytes(prediction.alpha) * found, out=self.alpha[place])
        if len(logits) == 2:
            refine_boundary(self.source(part).numpy(), self.stack.crop(place), logit_difference(logits[1], logits[2]), self.search_px)

    def _add(self, number: int, part: Box, prediction: PredictionMap, found: NDArray[np.bool_], covered: NDArray[np.bool_]) -> None:
        marked = self.source(part).numpy()
        if number not in self.refitted:
            self.refitted.add(number)
            background = (prediction.logit < EXTRACTION.background_logit) & ~covered
            self.stack.overlays[number - 1] = refit_overlay(self.stack.overlays[number - 1], marked, found, background)
        self.stack.add(number, found, prediction.alpha, marked, part.slices)

    def _predict(self, part: Box, overlay: UniformOverlay | None) -> Generator[Event, None, PredictionMap]:
        def hint(outer: Box) -> NDArray[np.float32]:
            return crop_mask(self.hint, outer)

        steps = self.network.predict(self.source, self.size, part, self.cancel, hint, overlay)
        return (yield from relay_progress(steps, "locating watermarks"))


def _upsampled(mask: NDArray[np.bool_], factor: int, start: tuple[int, int], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """A mask enlarged by ``factor``, cropped to ``shape`` from row and column ``start`` on; False beyond its end."""
    result = np.zeros(shape, bool)
    large = np.repeat(np.repeat(mask, factor, 0), factor, 1)[start[0] :, start[1] :][: shape[0], : shape[1]]
    result[: large.shape[0], : large.shape[1]] = large
    return result
