"""Where a mark hides the pictures: the same there in all of them, and cut off from its surroundings by steps that all have.

The regression of ``mark_sums`` says nothing inside, where no picture differs from another, and little at the edge, where the pictures' own
differences pass for noise. Their spread says it at once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, label, maximum_filter

from aedesk.core.cancel import CancelToken
from aedesk.imaging.blend import LUMA
from aedesk.watermark.collection.common_gradients import LEAST_SIGNIFICANCE, find_traces
from aedesk.watermark.collection.gradient_stats import Array
from aedesk.watermark.collection.poisson_estimate import LEAST_TRANSMISSION, Fields

LEAST_COUNT = 6
"""Pictures from which their spread is worth something."""
_SPREAD = 0.15
"""Of the pictures' own spread: what shines through an alpha of 0.85."""
_TYPICAL = 0.75
"""Quantile of the spread on the whole that is the pictures' own; a mark may take less than so much of the box."""
_EDGE = 0.5
"""Share of an area's edge that must be sharp: a common step, behind which pictures differ. A sky that all pictures have ends slowly."""
_DIFFERENT, _NEAR_PX = 0.6, 2
_LEAST_PIXELS = 12
_AROUND = np.ones((3, 3))


def with_opaque_parts(stack: Array, fields: Fields, cancel: CancelToken) -> Fields:
    """The fields, opaque where the stack (K, C, h, w) shows it."""
    hidden = opaque_parts(stack, cancel)
    if not hidden.any():
        return fields
    transmission, colour = fields.transmission.copy(), fields.colour.copy()
    transmission[hidden] = LEAST_TRANSMISSION
    colour[:, hidden] = (1 - LEAST_TRANSMISSION) * np.median(stack[:, :, hidden], axis=0)
    return Fields(transmission, colour)


def opaque_parts(stack: Array, cancel: CancelToken) -> NDArray[np.bool_]:
    """(h, w): where the pictures of a stack are hidden, and next to it, where their edges are smoothed."""
    nowhere = np.zeros(stack.shape[2:], bool)
    if len(stack) < LEAST_COUNT:
        return nowhere
    gray = np.tensordot(stack, np.asarray(LUMA if stack.shape[1] == 3 else (1.0,), np.float32), (1, 0))
    spread = np.median(np.abs(gray - np.median(gray, axis=0)), axis=0)
    own = np.quantile(spread, _TYPICAL)
    same = spread < _SPREAD * own
    if not same.any():
        return nowhere
    sharp = binary_dilation(find_traces(gray, cancel).significance > LEAST_SIGNIFICANCE)
    sharp &= maximum_filter(spread, 2 * _NEAR_PX + 1) > _DIFFERENT * own
    labels, count = label(same, structure=_AROUND)
    edge = same & binary_dilation(~same)
    sizes, edges, sharply = (np.bincount(labels[where], minlength=count + 1) for where in (same, edge, edge & sharp))
    keep = (sizes >= _LEAST_PIXELS) & (sharply > _EDGE * edges)
    keep[0] = False
    return np.asarray(binary_dilation(keep[labels], structure=_AROUND))
