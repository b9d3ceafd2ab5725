"""A mark as layers of ink over a picture: what of each pixel which ink takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from aedesk.inpainting.regions import dilated, eroded
from aedesk.models.unblending import MIN_TRANSMISSION
from aedesk.watermark.single.overlay import Ink

EDGE_PX = 1
"""How far soft edges reach beyond what the network says, ..."""
CORE_PX = 6
"""... and how deep they go into it."""
TRACE = 0.02
"""Cover below which a pixel is none of the mark."""
SOFT = 0.5
"""Largest cover of what is beyond the mask; of more than that a pixel stays with its ink."""
ROUNDING = 0.004
"""What rounding to 8 bits adds or takes away."""
SOFT_COVER = 245
"""Cover (of 255) below which a pixel belongs to a soft edge."""
SURE = 0.2
"""Squared distance of an ink's colour from what lies under it (sum over three channels) at which the cover that is measured between the two
counts as much as the one that a network said."""
RIM_PX = 1
"""How deep outlines reach into an ink."""
BLUR, STEEPER = 0.7, np.arange(1.0, 2.6, 0.1)
"""Sigma in pixels of the blur that takes noise out of outlines, and how much steeper they may have been before it."""
NOTHING = 0.02
"""Squared distance of colours that is as good as none."""
SHARED_PX = 2
"""How far from where one ink becomes another a pixel may be of both, unless said otherwise."""
FAINT = 1e-6

Place = tuple[slice, slice]
WHOLE: Place = (slice(None), slice(None))


@dataclass
class Layers:
    """Inks over a picture, each with pixels of its own.

    Args:
        which: (h, w) uint8, the number of the ink of a pixel, from 1; 0 where none is.
        cover: (h, w) uint8, the share of the pixel that it takes: 255 for all of it.
        inks: in the order of their numbers.
        shared_px: how far from where one ink becomes another a pixel may be of both.
    """

    which: NDArray[np.uint8]
    cover: NDArray[np.uint8]
    inks: list[Ink] = field(default_factory=list)
    shared_px: int = SHARED_PX

    @classmethod
    def none(cls, height: int, width: int) -> Layers:
        return cls(np.zeros((height, width), np.uint8), np.zeros((height, width), np.uint8))

    def put(
        self, number: int, where: NDArray[np.bool_], alpha: NDArray[np.float32], marked: NDArray[np.float32], place: Place = WHOLE
    ) -> NDArray[np.bool_]:
        """Lay an ink over a part of the picture; returns the pixels (h, w) that it took. Of other inks it takes nothing but soft edges, and
        it covers no pixel by more than leaves a possible one.

        Args:
            where: (h, w), what is of this ink: wholly, but near its edges.
            alpha: (h, w), what a network says of the opacity there.
            marked: (3, h, w), the part.
        """
        ink = self.inks[number - 1]
        cover = np.clip(alpha / ink.alpha, 0, 1)
        cover[~where] = np.minimum(cover[~where], SOFT)
        cover[~dilated(where, EDGE_PX)] = 0
        cover[eroded(where, CORE_PX)] = 1
        cover = np.minimum(cover, _possible(marked, ink))
        which, before = self.which[place], self.cover[place]
        own = which == number
        taken = (where & (own | (before <= round(SOFT * 255)))) | ((cover >= TRACE) & (own | (which == 0)))
        before[taken] = np.maximum(np.where(own, before, 0), np.rint(cover * 255))[taken]
        which[taken] = number
        return taken

    def alpha(self, place: Place = WHOLE) -> NDArray[np.float32]:
        """(h, w)."""
        return self._plane([ink.alpha for ink in self.inks], place)

    def light(self, place: Place = WHOLE) -> NDArray[np.float32]:
        """(3, h, w), alpha times the colour."""
        return np.stack([self._plane([ink.light[channel] for ink in self.inks], place) for channel in range(3)])

    def without(self, marked: NDArray[np.float32], place: Place = WHOLE) -> NDArray[np.float32]:
        """(3, h, w), a part of the picture with the inks taken off; what none covers keeps its bits."""
        return np.asarray((marked - self.light(place)) / np.maximum(1 - self.alpha(place), MIN_TRANSMISSION), np.float32)

    def part(self, place: Place) -> Layers:
        """What lies in a part of the picture."""
        return Layers(self.which[place], self.cover[place], self.inks, self.shared_px)

    def soft(self) -> NDArray[np.bool_]:
        """(h, w), the pixels that an ink covers in part or with another one, and those along its outlines."""
        inked = self.which > 0
        result = inked & ((self.cover < SOFT_COVER) | ~eroded(inked, RIM_PX))
        for _, _, where in self._shared():
            result |= where
        return result

    def _shared(self) -> Iterator[tuple[Ink, Ink, NDArray[np.bool_]]]:
        """Pairs of inks with the pixels, (h, w), where one ends and the other begins."""
        for (low, one), (high, other) in combinations(enumerate(self.inks, 1), 2):
            where = dilated(self.which == low, self.shared_px) & dilated(self.which == high, self.shared_px) & (self.which > 0)
            if where.any():
                yield one, other, where

    def without_edges(self, marked: NDArray[np.float32], filled: NDArray[np.float32], place: Place = WHOLE) -> NDArray[np.float32]:
        """As :meth:`without`, where it is known roughly what lies under the inks: how much they cover is measured again.

        What a network says of a soft edge is a tenth or two beside the truth, which leaves an outline. By least squares each pixel
        tells where it lies between the ink and what is under it, the better the more the two differ.

        Args:
            marked: (3, h, w), the part.
            filled: (3, h, w), about the picture without the inks, told from the surroundings.
        """
        which = self.which[place]
        most = np.array([0.0, *(ink.alpha for ink in self.inks)], np.float32)[which]
        colours = np.array([(0.0, 0.0, 0.0), *(tuple(light / ink.alpha for light in ink.light) for ink in self.inks)], np.float32)
        colour = np.moveaxis(colours[which], 2, 0)
        across = colour - filled
        square, along = (across * across).sum(0), ((marked - filled) * across).sum(0)
        # A weighted mean of what was said and of along / square, which alone would be noise where the two are alike.
        alpha = np.clip((SURE * self.alpha(place) + along) / (SURE + square), 0, most)
        soft = self.part(place).soft()
        cover = _without_noise(
            np.where(soft, alpha / np.maximum(most, FAINT), self.cover[place] / np.float32(255)), np.sqrt(square + NOTHING), soft
        )
        alpha = np.minimum(np.where(soft, cover * most, alpha), 1 - MIN_TRANSMISSION)
        result = np.asarray((marked - alpha * colour) / (1 - alpha), np.float32)
        for one, other, where in self.part(place)._shared():
            result[:, where] = _without_both(marked[:, where], filled[:, where], one, other)
        return result

    def _plane(self, values: list[float], place: Place) -> NDArray[np.float32]:
        table = np.array([0.0, *values], np.float32) / np.float32(255)
        return np.asarray(table[self.which[place]] * self.cover[place], np.float32)


def _without_noise(cover: NDArray[np.float32], trust: NDArray[np.float32], soft: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(h, w), a noisy cover with the noise taken out of its outlines: it is blurred, and made as steep again as all of them are."""
    weight = ndimage.gaussian_filter(trust, BLUR)
    smooth = ndimage.gaussian_filter(cover * trust, BLUR) / np.maximum(weight, FAINT) - 0.5
    some, told, trusted = smooth[soft], cover[soft], trust[soft]
    best = min(STEEPER, key=lambda slope: float((trusted * (np.clip(0.5 + slope * some, 0, 1) - told) ** 2).sum()))
    return np.asarray(np.clip(0.5 + best * smooth, 0, 1), np.float32)


def _without_both(marked: NDArray[np.float32], filled: NDArray[np.float32], one: Ink, other: Ink) -> NDArray[np.float32]:
    """(3, n), pixels without two inks that share them. Arguments as of :meth:`Layers.without_edges`, (3, n)."""
    here, there = (np.array([*ink.light, ink.alpha], np.float32)[:, None] for ink in (one, other))
    # What a share s of the other ink changes: marked = here + s (there - here) + (1 - alpha) filled.
    change = there[:3] - here[:3] - (there[3:] - here[3:]) * filled
    rest = marked - here[:3] - (1 - here[3:]) * filled
    share = np.clip((rest * change).sum(0) / np.maximum((change * change).sum(0), FAINT), 0, 1)
    both = here + share * (there - here)
    return np.asarray((marked - both[:3]) / np.maximum(1 - both[3:], MIN_TRANSMISSION), np.float32)


def _possible(marked: NDArray[np.float32], ink: Ink) -> NDArray[np.float32]:
    """(h, w), the largest cover by which nothing becomes darker than black or lighter than white."""
    most = np.ones(marked.shape[1:], np.float32)
    for plane, light in zip(marked, ink.light, strict=True):
        for room, share in ((plane, light), (1 - plane, ink.alpha - light)):
            if share > ROUNDING:
                np.minimum(most, (room + ROUNDING) / share, out=most)
    return most.astype(np.float32, copy=False)
