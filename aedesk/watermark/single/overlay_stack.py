"""Uniform overlays on one picture: which overlay covers each pixel, and how much of the pixel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from aedesk.inpainting.mask_ops import dilate, erode
from aedesk.models.restoration.unblending import MIN_TRANSMISSION
from aedesk.watermark.single.overlay import UniformOverlay

Slices = tuple[slice, slice]
"""Rows and columns of a part of the picture."""
WHOLE: Slices = (slice(None), slice(None))

SOFT_EDGE_PX = 1
"""Width of the soft edge outside of a predicted mask."""
SHARED_EDGE_PX = 2
"""Default of ``OverlayStack.shared_edge_px``."""
_EPSILON = 1e-6


@dataclass(frozen=True)
class CoverSettings:
    """Settings for covers and soft edges. They were chosen by hand; no script fits them yet.

    Args:
        core_depth_px: depth inside of a mask from which pixels are fully covered.
        min_cover: share below which a pixel outside of the mask is not covered.
        max_soft_cover: largest share of a pixel outside of the mask; a pixel with more keeps its overlay.
        rounding: largest error of 8-bit rounding in [0, 1].
        full_cover: cover (of 255) from which a pixel is no soft edge.
        outline_px: depth of an overlay's outline that is measured again.
        prior_weight: weight of the predicted cover, as a squared colour distance (sum over channels) between overlay and background at
            which the measured cover counts as much.
        blur_px: sigma of the blur that removes noise from measured outlines.
        sharpening: candidate factors by which blurred outlines are made steeper again.
        min_contrast: squared colour distance added to the weights of measured covers.
    """

    core_depth_px: int = 6
    min_cover: float = 0.02
    max_soft_cover: float = 0.5
    rounding: float = 0.004
    full_cover: int = 245
    outline_px: int = 1
    prior_weight: float = 0.2
    blur_px: float = 0.7
    sharpening: tuple[float, ...] = tuple(np.arange(1.0, 2.6, 0.1))
    min_contrast: float = 0.02


SETTINGS = CoverSettings()


@dataclass
class OverlayStack:
    """Overlays on a picture; each pixel belongs to at most one.

    Args:
        index: (h, w) uint8, the number of a pixel's overlay, from 1; 0 for none.
        cover: (h, w) uint8, the share of the pixel that it covers, of 255.
        overlays: in the order of their numbers.
        shared_edge_px: distance from the border between two overlays within which a pixel may be a mixture of both.
    """

    index: NDArray[np.uint8]
    cover: NDArray[np.uint8]
    overlays: list[UniformOverlay] = field(default_factory=list)
    shared_edge_px: int = SHARED_EDGE_PX

    @classmethod
    def empty(cls, height: int, width: int) -> OverlayStack:
        return cls(np.zeros((height, width), np.uint8), np.zeros((height, width), np.uint8))

    def add(
        self, number: int, where: NDArray[np.bool_], alpha: NDArray[np.float32], marked: NDArray[np.float32], place: Slices = WHOLE
    ) -> NDArray[np.bool_]:
        """Covers a part of the picture with an overlay; returns the pixels (h, w) that it took.

        Of other overlays it takes soft edges only. No pixel is covered so much that its background would leave [0, 1].

        Args:
            number: of the overlay, from 1.
            where: (h, w), its predicted mask: fully covered except near the edges.
            alpha: (h, w), the predicted opacity.
            marked: (3, h, w), the part of the picture.
        """
        overlay = self.overlays[number - 1]
        cover = np.clip(alpha / overlay.alpha, 0, 1)
        cover[~where] = np.minimum(cover[~where], SETTINGS.max_soft_cover)
        cover[~dilate(where, SOFT_EDGE_PX)] = 0
        cover[erode(where, SETTINGS.core_depth_px)] = 1
        cover = np.minimum(cover, _max_possible_cover(marked, overlay))
        index, before = self.index[place], self.cover[place]
        own = index == number
        taken = where & (own | (before <= round(SETTINGS.max_soft_cover * 255)))
        taken |= (cover >= SETTINGS.min_cover) & (own | (index == 0))
        before[taken] = np.maximum(np.where(own, before, 0), np.rint(cover * 255))[taken]
        index[taken] = number
        return taken

    def alpha(self, place: Slices = WHOLE) -> NDArray[np.float32]:
        """(h, w), the opacity of each pixel: alpha times cover."""
        return self._plane([overlay.alpha for overlay in self.overlays], place)

    def premultiplied(self, place: Slices = WHOLE) -> NDArray[np.float32]:
        """(3, h, w), the premultiplied colour of each pixel."""
        return np.stack([self._plane([overlay.premultiplied[channel] for overlay in self.overlays], place) for channel in range(3)])

    def remove_from(self, marked: NDArray[np.float32], place: Slices = WHOLE) -> NDArray[np.float32]:
        """Returns a part (3, h, w) of the picture without the overlays; uncovered pixels keep every bit."""
        return np.asarray((marked - self.premultiplied(place)) / np.maximum(1 - self.alpha(place), MIN_TRANSMISSION), np.float32)

    def crop(self, place: Slices) -> OverlayStack:
        """Returns a view of a part of the picture."""
        return OverlayStack(self.index[place], self.cover[place], self.overlays, self.shared_edge_px)

    def soft_edges(self) -> NDArray[np.bool_]:
        """(h, w), pixels that are partly covered, lie on an outline, or may be a mixture of two overlays."""
        covered = self.index > 0
        result = covered & ((self.cover < SETTINGS.full_cover) | ~erode(covered, SETTINGS.outline_px))
        for _, _, where in self._shared_edges():
            result |= where
        return result

    def remove_with_background(
        self, marked: NDArray[np.float32], background: NDArray[np.float32], place: Slices = WHOLE
    ) -> NDArray[np.float32]:
        """As :meth:`remove_from`, with the covers of soft edges measured against an estimate of the background.

        Predicted covers of soft edges are off by 0.1 to 0.2, which leaves visible outlines. Per pixel, least squares gives the position
        of J between the background and the overlay's colour, the more precisely the more these differ.

        Args:
            marked: (3, h, w), the part of the picture.
            background: (3, h, w), the approximate picture without the overlays, inpainted from the surroundings.
        """
        index = self.index[place]
        max_alpha = np.array([0.0, *(overlay.alpha for overlay in self.overlays)], np.float32)[index]
        table = [(0.0, 0.0, 0.0), *(tuple(value / overlay.alpha for value in overlay.premultiplied) for overlay in self.overlays)]
        colour = np.moveaxis(np.array(table, np.float32)[index], 2, 0)
        difference = colour - background
        squared, product = (difference * difference).sum(0), ((marked - background) * difference).sum(0)
        # Weighted mean of the predicted alpha and of product / squared, which alone would be noise where overlay and background are alike.
        alpha = np.clip((SETTINGS.prior_weight * self.alpha(place) + product) / (SETTINGS.prior_weight + squared), 0, max_alpha)
        soft = self.crop(place).soft_edges()
        cover = _denoised_cover(
            np.where(soft, alpha / np.maximum(max_alpha, _EPSILON), self.cover[place] / np.float32(255)),
            np.sqrt(squared + SETTINGS.min_contrast),
            soft,
        )
        alpha = np.minimum(np.where(soft, cover * max_alpha, alpha), 1 - MIN_TRANSMISSION)
        result = np.asarray((marked - alpha * colour) / (1 - alpha), np.float32)
        for one, other, where in self.crop(place)._shared_edges():
            result[:, where] = _remove_mixture(marked[:, where], background[:, where], one, other)
        return result

    def _shared_edges(self) -> Iterator[tuple[UniformOverlay, UniformOverlay, NDArray[np.bool_]]]:
        """Yields pairs of overlays with the pixels (h, w) near their common border."""
        for (low, one), (high, other) in combinations(enumerate(self.overlays, 1), 2):
            near_both = dilate(self.index == low, self.shared_edge_px) & dilate(self.index == high, self.shared_edge_px)
            where = near_both & (self.index > 0)
            if where.any():
                yield one, other, where

    def _plane(self, values: list[float], place: Slices) -> NDArray[np.float32]:
        table = np.array([0.0, *values], np.float32) / np.float32(255)
        return np.asarray(table[self.index[place]] * self.cover[place], np.float32)


def _denoised_cover(cover: NDArray[np.float32], weight: NDArray[np.float32], soft: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Removes noise from the outlines of a cover (h, w): a weighted blur, then one steepness for all outlines that fits ``cover`` best."""
    total = ndimage.gaussian_filter(weight, SETTINGS.blur_px)
    smooth = ndimage.gaussian_filter(cover * weight, SETTINGS.blur_px) / np.maximum(total, _EPSILON) - 0.5
    smooth_soft, cover_soft, weight_soft = smooth[soft], cover[soft], weight[soft]

    def error(slope: float) -> float:
        return float((weight_soft * (np.clip(0.5 + slope * smooth_soft, 0, 1) - cover_soft) ** 2).sum())

    return np.asarray(np.clip(0.5 + min(SETTINGS.sharpening, key=error) * smooth, 0, 1), np.float32)


def _remove_mixture(
    marked: NDArray[np.float32], background: NDArray[np.float32], one: UniformOverlay, other: UniformOverlay
) -> NDArray[np.float32]:
    """Removes from pixels (3, n) the mixture of two overlays that fits ``background`` (3, n) best."""
    first, second = (np.array([*overlay.premultiplied, overlay.alpha], np.float32)[:, None] for overlay in (one, other))
    # With the share s of the second overlay: marked = first + s (second - first) + (1 - alpha) background.
    change = second[:3] - first[:3] - (second[3:] - first[3:]) * background
    rest = marked - first[:3] - (1 - first[3:]) * background
    share = np.clip((rest * change).sum(0) / np.maximum((change * change).sum(0), _EPSILON), 0, 1)
    mixture = first + share * (second - first)
    return np.asarray((marked - mixture[:3]) / np.maximum(1 - mixture[3:], MIN_TRANSMISSION), np.float32)


def _max_possible_cover(marked: NDArray[np.float32], overlay: UniformOverlay) -> NDArray[np.float32]:
    """(h, w), the largest cover with which the background stays in [0, 1]."""
    limit = np.ones(marked.shape[1:], np.float32)
    for plane, value in zip(marked, overlay.premultiplied, strict=True):
        for room, share in ((plane, value), (1 - plane, overlay.alpha - value)):
            if share > SETTINGS.rounding:
                np.minimum(limit, (room + SETTINGS.rounding) / share, out=limit)
    return limit.astype(np.float32, copy=False)
